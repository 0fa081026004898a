"""The keys of a domain, as the registry holds them or is being asked to."""

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
