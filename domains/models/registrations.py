"""What is registered: domains with their contacts and name servers."""

from typing import Any, ClassVar, Self

import idna
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from domains.models.people import Person
from domains.models.registries import Tld


class Contact(models.Model):
    """A registrant, administrative, technical or billing contact."""

    name = models.CharField(_("name"), max_length=255, blank=True)
    organization = models.CharField(_("organization"), max_length=255, blank=True)
    email = models.EmailField(_("email"), max_length=254, blank=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")

    def __str__(self) -> str:
        return self.name or self.organization or self.email or f"#{self.pk}"


class DomainQuerySet(models.QuerySet["Domain"]):
    """Domains, and who may see which."""

    def visible_to(self, person: Any) -> Self:
        """The domains this person may see and change: the own ones. Nobody's for somebody who is not signed in."""
        return self.filter(owner=person) if person.is_authenticated else self.none()


class Domain(models.Model):
    """A registered domain. `name` is the A-label form in lower case, without a trailing dot."""

    class State(models.TextChoices):
        """Whether the domain is still ours."""

        ACTIVE = "ACTIVE", _("Active")
        LEFT = "LEFT", _("Left")

    class DnssecStatus(models.TextChoices):
        """What the list shows; written by whoever changes keys, with `dnssec_keys`."""

        NOT_SUPPORTED = "NOT_SUPPORTED", _("Not supported")
        NOT_CONFIGURED = "NOT_CONFIGURED", _("Not configured")
        CONFIGURED = "CONFIGURED", _("Configured")
        CHANGING = "CHANGING", _("Change in progress")
        ATTENTION = "ATTENTION", _("Needs attention")

    class Health(models.TextChoices):
        """What a look into the DNS shows; sorted by their values, what is to be seen to comes first.

        FAULTY: the domain is secure, but something about it is not as it should be. UNKNOWN: not checked yet, or it
        could not be.
        """

        BROKEN = "BROKEN", _("Broken")
        FAULTY = "FAULTY", _("Warning")
        INSECURE = "INSECURE", _("Not protected")
        SECURE = "SECURE", _("Secure")
        UNKNOWN = "UNKNOWN", _("Not known")

    name = models.CharField(_("name"), max_length=253, unique=True)
    unicode_name = models.CharField(_("name in Unicode"), max_length=253, editable=False)
    tld = models.ForeignKey(Tld, models.PROTECT, related_name="domains", verbose_name=_("TLD"))
    owner = models.ForeignKey(Person, models.PROTECT, related_name="domains", verbose_name=_("owner"))
    registrant = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("registrant")
    )
    admin = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("admin contact")
    )
    tech = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("tech contact")
    )
    billing = models.ForeignKey(
        Contact, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("billing contact")
    )
    registered_on = models.DateField(_("registered on"), null=True, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    statuses = models.JSONField(_("EPP statuses"), default=list, blank=True)
    auto_renew = models.BooleanField(_("auto renew"), default=True)
    transfer_lock = models.BooleanField(_("transfer lock"), default=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ACTIVE)
    dnssec_status = models.CharField(
        _("DNSSEC status"), max_length=16, choices=DnssecStatus, default=DnssecStatus.NOT_CONFIGURED
    )
    dnssec_keys = models.PositiveSmallIntegerField(_("keys"), default=0)
    health = models.CharField(_("health"), max_length=8, choices=Health, default=Health.UNKNOWN, editable=False)
    health_since = models.DateTimeField(_("in this health since"), null=True, blank=True, editable=False)
    checked_at = models.DateTimeField(_("checked in the DNS"), null=True, blank=True, editable=False)
    # When it is checked next without being asked for; null: never, for it has no keys.
    watch_at = models.DateTimeField(_("next check in the DNS"), null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(_("updated"), default=timezone.now)
    looked_at = models.DateTimeField(_("compared with the registry"), default=timezone.now, editable=False)
    # What the first look finds is learnt; what a later one finds otherwise has been changed. Until then it is null.
    known_since = models.DateTimeField(_("the registry's record known since"), null=True, blank=True, editable=False)
    looking_since = models.DateTimeField(_("being compared since"), null=True, blank=True, editable=False)

    objects: ClassVar[Any] = DomainQuerySet.as_manager()

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        indexes = [
            models.Index(fields=["looked_at"], name="domain_by_looked_at"),
            models.Index(fields=["owner", "name"], name="domain_by_owner_name"),
            models.Index(fields=["owner", "expires_on", "name"], name="domain_by_owner_expiry"),
            models.Index(fields=["owner", "dnssec_status", "name"], name="domain_by_owner_dnssec"),
            models.Index(fields=["owner", "health", "name"], name="domain_by_owner_health"),
            models.Index(fields=["health_since"], condition=Q(health="BROKEN"), name="domain_broken"),
            models.Index(fields=["watch_at"], name="domain_by_watch_at"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["ACTIVE", "LEFT"]), name="domain_state_is_known"),
            models.CheckConstraint(
                condition=Q(
                    dnssec_status__in=["NOT_SUPPORTED", "NOT_CONFIGURED", "CONFIGURED", "CHANGING", "ATTENTION"]
                ),
                name="domain_dnssec_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(health__in=["BROKEN", "FAULTY", "INSECURE", "SECURE", "UNKNOWN"]),
                name="domain_health_is_known",
            ),
            models.CheckConstraint(condition=Q(name=Lower("name")), name="domain_name_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the readable form beside the A-label form, so that a search finds both."""
        self.unicode_name = to_unicode(self.name)
        super().save(*args, **kwargs)

    @property
    def is_idn(self) -> bool:
        """Whether the name reads differently in its two forms."""
        return self.unicode_name != self.name


def to_unicode(name: str) -> str:
    """The U-label form of an A-label name; the name itself where a label is none."""
    try:
        return idna.decode(name)
    except idna.IDNAError:
        return name


class Nameserver(models.Model):
    """A name server of a domain, with addresses where the parent needs glue."""

    domain = models.ForeignKey(Domain, models.CASCADE, related_name="nameservers", verbose_name=_("domain"))
    name = models.CharField(_("name"), max_length=253)
    addresses = models.JSONField(_("addresses"), default=list, blank=True)

    class Meta:
        verbose_name = _("name server")
        verbose_name_plural = _("name servers")
        constraints = [models.UniqueConstraint(fields=["domain", "name"], name="one_nameserver_per_name")]

    def __str__(self) -> str:
        return self.name
