"""The far side: registries, and the TLDs they keep."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from domains import sealing


class Registry(models.Model):
    """One EPP service. Without a host of its own it is the demo's mock registry."""

    class Interface(models.TextChoices):
        """What a registry takes for DNSSEC: RFC 5910 section 4 allows one of the two."""

        DS = "ds", _("DS data")
        KEY = "key", _("key data")

    name = models.SlugField(_("name"), max_length=64, unique=True)
    interface = models.CharField(_("interface"), max_length=3, choices=Interface)
    registrar_id = models.CharField(_("registrar id"), max_length=16, help_text=_("Our client id at this registry."))
    sealed_password = models.TextField(_("sealed password"), blank=True, editable=False)
    host = models.CharField(_("host"), max_length=253, blank=True, help_text=_("Empty: the demo's mock registry."))
    port = models.PositiveIntegerField(_("port"), null=True, blank=True)
    ca = models.CharField(
        _("CA file"), max_length=500, blank=True, help_text=_("PEM file that vouches for the server.")
    )
    cert = models.CharField(_("certificate file"), max_length=500, blank=True, help_text=_("Our client certificate."))
    key = models.CharField(_("key file"), max_length=500, blank=True, help_text=_("The key of our client certificate."))
    session_limit = models.PositiveSmallIntegerField(_("session limit"), default=10)
    next_poll_at = models.DateTimeField(_("next poll"), default=timezone.now)
    last_answer_at = models.DateTimeField(_("last answer"), null=True, blank=True, editable=False)
    last_failure_at = models.DateTimeField(_("last failure"), null=True, blank=True, editable=False)
    last_failure = models.CharField(_("what failed"), max_length=300, blank=True, editable=False)
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0, editable=False)
    retry_at = models.DateTimeField(_("not tried before"), null=True, blank=True, editable=False)
    poll_lease_until = models.DateTimeField(_("polled by somebody until"), null=True, blank=True, editable=False)
    needs_staff = models.CharField(_("needs staff"), max_length=300, blank=True, editable=False)
    closed_until = models.DateTimeField(_("logins pause until"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("registry")
        verbose_name_plural = _("registries")
        constraints = [
            models.CheckConstraint(condition=Q(interface__in=["ds", "key"]), name="registry_interface_is_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def set_password(self, password: str) -> None:
        """Keep the EPP password, sealed with the console's secret key."""
        self.sealed_password = sealing.seal(password)

    def open_password(self) -> str:
        """The EPP password in clear, for the login alone. Raises sealing.CannotUnseal."""
        return sealing.unseal(self.sealed_password)


class Tld(models.Model):
    """A top-level domain (or other public suffix) and what its registry allows.

    Starts from dated data, editable by staff.
    """

    name = models.CharField(_("name"), max_length=253, unique=True, help_text=_("A-label form, without a leading dot."))
    registry = models.ForeignKey(
        Registry, models.PROTECT, null=True, blank=True, related_name="tlds", verbose_name=_("registry")
    )
    dnssec = models.BooleanField(_("DNSSEC"), default=True)
    max_keys = models.PositiveSmallIntegerField(_("key limit"), default=4)
    algorithms = models.JSONField(_("algorithms"), null=True, blank=True, help_text=_("Empty: every algorithm in use."))
    as_of = models.DateField(_("as of"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("TLD")
        verbose_name_plural = _("TLDs")
        ordering = ["name"]

    def __str__(self) -> str:
        return f".{self.name}"
