"""The keys of a domain, as the registry holds them or is being asked to."""

import hashlib
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from domains.models import Domain, Person

LONGEST_NOTE = 200  # Characters: a line or two, as "made by the new name server, in use from May".


class DelegationSignerQuerySet(models.QuerySet["DelegationSigner"]):
    """Keys, and who may see which."""

    def visible_to(self, person: Any) -> Self:
        """The keys of the domains this person may see."""
        return self.filter(domain__owner=person) if person.is_authenticated else self.none()


class DelegationSigner(models.Model):
    """
    A public key put on a domain. May be known by its DS alone: a DS registry gives no public key.

    `ds` maps digest types to upper-case digests: computed where the key is known, else as the registry lists them.
    `fingerprint` is TAG-ALGORITHM-TYPE-DIGEST of the SHA-256 digest, or of the only one known.
    `added_by` asked for it here; nobody did where it was found at the registry. `note` is the owner's own: no registry
    gets it.
    """

    class State(models.TextChoices):
        """UNCONFIRMED: a change was sent and the registry could not be asked what became of it."""

        ADDING = "ADDING", _("Adding")
        PRESENT = "PRESENT", _("Present")
        REMOVING = "REMOVING", _("Deleting")
        UNCONFIRMED = "UNCONFIRMED", _("Unconfirmed")

    domain = models.ForeignKey(Domain, models.CASCADE, related_name="keys", verbose_name=_("domain"))
    fingerprint = models.CharField(_("fingerprint"), max_length=160)
    state = models.CharField(_("state"), max_length=12, choices=State)
    flags = models.PositiveIntegerField(_("flags"), null=True, blank=True)
    algorithm = models.PositiveSmallIntegerField(_("algorithm"))
    key_tag = models.PositiveIntegerField(_("key tag"))
    public_key = models.TextField(_("public key"), blank=True, help_text=_("Base64; empty where only the DS is known."))
    ds = models.JSONField(_("DS"), default=dict)
    note = models.CharField(_("note"), max_length=LONGEST_NOTE, blank=True)
    added_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("added by")
    )
    created_at = models.DateTimeField(_("known since"), default=timezone.now)
    state_since = models.DateTimeField(_("in this state since"), default=timezone.now)

    objects: ClassVar[Any] = DelegationSignerQuerySet.as_manager()

    class Meta:
        verbose_name = _("key")
        verbose_name_plural = _("keys")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["domain", "fingerprint"], name="no_key_twice_on_a_domain"),
            models.CheckConstraint(
                condition=Q(state__in=["ADDING", "PRESENT", "REMOVING", "UNCONFIRMED"]), name="key_state_is_known"
            ),
            models.CheckConstraint(condition=Q(key_tag__lte=65535), name="key_tag_is_16_bit"),
        ]

    def __str__(self) -> str:
        return f"{self.key_tag}/{self.algorithm}"


class DelegationCheckQuerySet(models.QuerySet["DelegationCheck"]):
    """Checks of chains of trust."""

    def of(self, domain: Domain, candidate: list[str] | None) -> Self:
        """The checks of a domain as it is (None), or with these DS records."""
        return self.filter(domain=domain, candidate_key=candidate_key(candidate))


class DelegationCheck(models.Model):
    """
    A check of a domain's chain of trust: as it is, or as it would be with other DS records at the parent.

    `candidate` are those records as TAG ALGORITHM TYPE HEX, sorted; None for the chain as it is. There is no result
    while `checked_at` is null. `chain` is the chain that was judged, `findings` what comes with the change, both as
    kept_chains writes them; `effect` is what the change would do (effects.Effect).
    """

    domain = models.ForeignKey(Domain, models.CASCADE, related_name="checks", verbose_name=_("domain"))
    candidate = models.JSONField(_("DS records"), null=True, blank=True)
    candidate_key = models.CharField(max_length=64, blank=True, editable=False)
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    checked_at = models.DateTimeField(_("checked"), null=True, blank=True)
    verdict = models.CharField(_("verdict"), max_length=16, blank=True)
    effect = models.CharField(_("effect"), max_length=8, blank=True)
    findings = models.JSONField(_("findings"), default=list, blank=True)
    chain = models.JSONField(_("chain"), default=dict, blank=True)

    objects: ClassVar[Any] = DelegationCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("check of a chain of trust")
        verbose_name_plural = _("checks of chains of trust")
        indexes = [
            models.Index(fields=["domain", "candidate_key", "-id"], name="check_by_domain"),
            models.Index(fields=["asked_at"], name="check_by_asked_at"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "candidate_key"],
                condition=Q(checked_at__isnull=True),
                name="one_check_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.domain_id} {self.verdict or 'open'}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the short form of the candidate that rows are found by."""
        self.candidate_key = candidate_key(self.candidate)
        super().save(*args, **kwargs)


def candidate_key(candidate: list[str] | None) -> str:
    """A short form of a DS set that equal sets have in common; empty for the chain as it is."""
    return "" if candidate is None else hashlib.sha256("\n".join(sorted(candidate)).encode()).hexdigest()
