"""The keys of a domain, as the registry holds them or is being asked to."""

import hashlib
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from domains.models import Domain, Operation, Person

RUN_LASTS = timedelta(seconds=30)  # A check that has no result by then is nobody's any more.
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


class Publication(models.Model):
    """
    How a successful change arrives at the servers of the parent zone: the key's DS record is on all of them, or on none
    any more.

    `look_at` is when to look next; None when there is no more to look for. While a look is under way it is the end of
    its lease. `seen_at` is when it was first seen to have
    arrived everywhere, and stays empty where looking ended without. At the last look `arrived` of `servers` had it.
    The TTLs are the longest that were seen from before the change on: of the DS records, of their absence, and of the
    zone's keys.
    """

    operation = models.OneToOneField(Operation, models.CASCADE, related_name="publication", verbose_name=_("operation"))
    began_at = models.DateTimeField(_("began"), default=timezone.now)
    look_at = models.DateTimeField(_("next look"), null=True, blank=True, default=timezone.now)
    lease_until = models.DateTimeField(_("lease"), null=True, blank=True, editable=False)
    looked_at = models.DateTimeField(_("last look"), null=True, blank=True)
    looks = models.PositiveIntegerField(_("looks"), default=0)
    arrived = models.PositiveSmallIntegerField(_("servers with it"), default=0)
    servers = models.PositiveSmallIntegerField(_("servers that answered"), default=0)
    seen_at = models.DateTimeField(_("seen everywhere"), null=True, blank=True)
    ds_ttl = models.PositiveIntegerField(_("TTL of the DS records"), null=True, blank=True)
    negative_ttl = models.PositiveIntegerField(_("TTL of their absence"), null=True, blank=True)
    key_ttl = models.PositiveIntegerField(_("TTL of the zone's keys"), null=True, blank=True)

    class Meta:
        verbose_name = _("publication of a change")
        verbose_name_plural = _("publications of changes")
        indexes = [
            models.Index(fields=["look_at"], condition=Q(look_at__isnull=False), name="publication_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(seen_at__isnull=True) | Q(look_at__isnull=True), name="what_was_seen_is_not_looked_for"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation_id} {self.arrived}/{self.servers}"


class Sighting(models.Model):
    """
    Since when all servers that answer show a record: a DS record at the parent, or a key that signs the zone's keys.

    `record` is TAG ALGORITHM TYPE HEX; a key's is that of its SHA-256 DS record.
    """

    class Kind(models.TextChoices):
        """Where the record stands."""

        DS = "DS", _("at the parent")
        KEY = "KEY", _("in the zone")

    domain = models.ForeignKey(Domain, models.CASCADE, related_name="sightings", verbose_name=_("domain"))
    kind = models.CharField(_("kind"), max_length=3, choices=Kind)
    record = models.CharField(_("record"), max_length=160)
    since = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("sighting")
        verbose_name_plural = _("sightings")
        constraints = [
            models.UniqueConstraint(fields=["domain", "kind", "record"], name="a_record_is_sighted_once"),
            models.CheckConstraint(condition=Q(kind__in=["DS", "KEY"]), name="sighting_kind_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.record}"


class ConditionQuerySet(models.QuerySet["Condition"]):
    """What the watch over the domains sees."""

    def open(self) -> Self:
        """Those that have not ended."""
        return self.filter(ended_at__isnull=True)


class Condition(models.Model):
    """
    Something about a domain in the DNS that its owner should know, from when it was first seen to when it was over.

    `marks` tell what it is about: the DS records, or the time at which signatures end; `findings` is what the last
    check said of it, as kept_chains writes it. `seen` and `missed` count the checks in a row that showed it, and that
    did not; `told` counts the mails about it, and `over` how many of these were followed by the word that it is over.
    """

    class Kind(models.TextChoices):
        """In this order a mail tells them: the worst first."""

        BROKEN = "BROKEN", _("Broken")
        EXPIRING = "EXPIRING", _("Signature ends soon")
        MISMATCH = "MISMATCH", _("Key gone from the zone")
        UNPUBLISHED = "UNPUBLISHED", _("Not published as recorded")

    domain = models.ForeignKey(Domain, models.CASCADE, related_name="conditions", verbose_name=_("domain"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    marks = models.JSONField(_("about"), default=list, blank=True)
    findings = models.JSONField(_("findings"), default=list, blank=True)
    since = models.DateTimeField(_("since"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    seen = models.PositiveIntegerField(_("times seen"), default=0)
    missed = models.PositiveSmallIntegerField(_("times not seen"), default=0)
    told = models.PositiveSmallIntegerField(_("times told"), default=0)
    told_at = models.DateTimeField(_("last told"), null=True, blank=True)
    over = models.PositiveSmallIntegerField(_("told that it is over"), default=0)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects: ClassVar[Any] = ConditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        indexes = [models.Index(fields=["ended_at"], name="condition_by_end")]
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "kind"],
                condition=Q(ended_at__isnull=True),
                name="one_open_condition_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["BROKEN", "EXPIRING", "MISMATCH", "UNPUBLISHED"]), name="condition_kind_is_known"
            ),
            models.CheckConstraint(condition=Q(told__lte=2), name="condition_is_told_twice_at_most"),
            models.CheckConstraint(condition=Q(over__lte=models.F("told")), name="condition_is_over_once_told"),
        ]

    def __str__(self) -> str:
        return f"{self.domain_id} {self.kind}"


def candidate_key(candidate: list[str] | None) -> str:
    """A short form of a DS set that equal sets have in common; empty for the chain as it is."""
    return "" if candidate is None else hashlib.sha256("\n".join(sorted(candidate)).encode()).hexdigest()
