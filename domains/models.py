"""What the registrar knows: people, registries, TLDs, domains, what was asked of a registry, and the mails about it.

What must never be false stands here as a constraint; status columns are written in operations.py and delivery.py only.
"""

import secrets
from typing import Any, ClassVar, Self

import idna
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from domains import sealing

REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: nothing in it is read as something else.


def new_reference() -> str:
    """A name for a request that is short enough to read aloud and long enough (50 bits) never to repeat."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(10))


class PersonManager(BaseUserManager["Person"]):
    """Makes people; the address is the login and kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """A new person who signs in with this address."""
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """A new person who may do everything in the admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "Person":
        """The person with this address, whatever its case."""
        return self.get(email=(username or "").strip().lower())


class Person(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in: a domain owner, or staff."""

    email = models.EmailField(_("email"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    language = models.CharField(_("language"), max_length=16, default="en")
    preferences = models.JSONField(_("preferences"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May enter the admin."))
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [models.UniqueConstraint(Lower("email"), name="one_person_per_address")]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        """The name, or the address where no name is known."""
        return self.name or self.email

    def get_short_name(self) -> str:
        """As get_full_name: names have no parts here."""
        return self.get_full_name()


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
    updated_at = models.DateTimeField(_("updated"), default=timezone.now)
    looked_at = models.DateTimeField(_("compared with the registry"), default=timezone.now, editable=False)

    objects: ClassVar[Any] = DomainQuerySet.as_manager()

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        indexes = [
            models.Index(fields=["looked_at"], name="domain_by_looked_at"),
            models.Index(fields=["owner", "name"], name="domain_by_owner_name"),
            models.Index(fields=["owner", "expires_on", "name"], name="domain_by_owner_expiry"),
            models.Index(fields=["owner", "dnssec_status", "name"], name="domain_by_owner_dnssec"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["ACTIVE", "LEFT"]), name="domain_state_is_known"),
            models.CheckConstraint(
                condition=Q(
                    dnssec_status__in=["NOT_SUPPORTED", "NOT_CONFIGURED", "CONFIGURED", "CHANGING", "ATTENTION"]
                ),
                name="domain_dnssec_status_is_known",
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


class OperationQuerySet(models.QuerySet["Operation"]):
    """Operations, and who may see which."""

    def visible_to(self, person: Any) -> Self:
        """The operations on domains this person may see."""
        return self.filter(domain__owner=person) if person.is_authenticated else self.none()

    def open(self) -> Self:
        """Those that have no outcome yet."""
        return self.filter(status__in=Operation.OPEN)


class Operation(models.Model):
    """A request to a registry and its life (docs/architecture.md).

    `subject` is a snapshot: the key's row may be gone.
    """

    class Type(models.TextChoices):
        """What was asked for, in the words of the Route 53 API."""

        ADD_DNSSEC = "ADD_DNSSEC", _("Add key")
        REMOVE_DNSSEC = "REMOVE_DNSSEC", _("Delete key")

    class Status(models.TextChoices):
        """FAILED: the registry refused, or nothing was sent. ERROR: sent, and we could not find out."""

        SUBMITTED = "SUBMITTED", _("Submitted")
        IN_PROGRESS = "IN_PROGRESS", _("In progress")
        SUCCESSFUL = "SUCCESSFUL", _("Successful")
        FAILED = "FAILED", _("Failed")
        ERROR = "ERROR", _("Error")

    OPEN: ClassVar[list[str]] = ["SUBMITTED", "IN_PROGRESS"]

    reference = models.CharField(_("request"), max_length=10, unique=True, default=new_reference, editable=False)
    domain = models.ForeignKey(Domain, models.PROTECT, related_name="operations", verbose_name=_("domain"))
    type = models.CharField(_("type"), max_length=16, choices=Type)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.SUBMITTED)
    subject = models.JSONField(_("key"), default=dict)
    requested_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("requested by")
    )
    retry_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="retries", verbose_name=_("repeats")
    )
    submitted_at = models.DateTimeField(_("submitted"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    message = models.TextField(_("message"), blank=True, help_text=_("The sentence that page and mail give."))
    registry_words = models.TextField(_("registry's words"), blank=True)
    result_code = models.PositiveSmallIntegerField(_("result code"), null=True, blank=True)
    closed_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("closed by")
    )
    closed_because = models.CharField(_("closed because"), max_length=500, blank=True)
    # Its life between the two: who works on it, when it is due, what has been sent.
    next_attempt_at = models.DateTimeField(_("due"), default=timezone.now)
    attempts_made = models.PositiveIntegerField(_("attempts"), default=0)
    claim_token = models.UUIDField(_("claim"), null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(_("lease"), null=True, blank=True, editable=False)
    update_sent_at = models.DateTimeField(_("change sent"), null=True, blank=True, editable=False)
    pending_since = models.DateTimeField(_("registry decides since"), null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)

    objects: ClassVar[Any] = OperationQuerySet.as_manager()

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        permissions = [("act_on_operation", "Can try operations again and give them up")]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], condition=Q(status__in=["SUBMITTED", "IN_PROGRESS"]), name="operation_due"
            ),
            models.Index(fields=["domain", "-id"], name="operation_by_domain"),
            models.Index(fields=["status", "-id"], name="operation_by_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["domain"],
                condition=Q(status__in=["SUBMITTED", "IN_PROGRESS"]),
                name="one_open_operation_per_domain",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["SUBMITTED", "IN_PROGRESS", "SUCCESSFUL", "FAILED", "ERROR"]),
                name="operation_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(type__in=["ADD_DNSSEC", "REMOVE_DNSSEC"]), name="operation_type_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["SUBMITTED", "IN_PROGRESS"], finished_at__isnull=True)
                | Q(status__in=["SUCCESSFUL", "FAILED", "ERROR"], finished_at__isnull=False),
                name="operation_is_finished_when_closed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.type} {self.domain_id}"

    @property
    def is_open(self) -> bool:
        """Whether it has no outcome yet."""
        return self.status in self.OPEN

    @property
    def can_be_cancelled(self) -> bool:
        """Whether nothing of it has been sent to the registry yet."""
        return self.is_open and self.update_sent_at is None


class Attempt(models.Model):
    """One command of an operation, written before it is sent and completed with the answer."""

    operation = models.ForeignKey(Operation, models.CASCADE, related_name="attempts", verbose_name=_("operation"))
    command = models.CharField(_("command"), max_length=32)
    cl_trid = models.CharField(_("client transaction id"), max_length=64, unique=True)
    sent_at = models.DateTimeField(_("sent"), default=timezone.now)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    sv_trid = models.CharField(_("server transaction id"), max_length=64, blank=True)
    code = models.PositiveSmallIntegerField(_("code"), null=True, blank=True)
    message = models.TextField(_("message"), blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["id"]
        indexes = [models.Index(fields=["sv_trid"], name="attempt_by_sv_trid")]

    def __str__(self) -> str:
        return self.cl_trid


class PollMessage(models.Model):
    """A message from a registry's queue: stored and committed before it is acknowledged (RFC 5730 section 2.9.2.3)."""

    registry = models.ForeignKey(Registry, models.PROTECT, related_name="poll_messages", verbose_name=_("registry"))
    message_id = models.CharField(_("message id"), max_length=64)
    queued_at = models.DateTimeField(_("queued"))
    text = models.TextField(_("text"), blank=True)
    domain_name = models.CharField(_("domain"), max_length=255, blank=True)
    accepted = models.BooleanField(_("accepted"), null=True, blank=True)
    cl_trid = models.CharField(_("client transaction id"), max_length=64, blank=True)
    sv_trid = models.CharField(_("server transaction id"), max_length=64, blank=True)
    operation = models.ForeignKey(
        Operation, models.PROTECT, null=True, blank=True, related_name="poll_messages", verbose_name=_("operation")
    )
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)

    class Meta:
        verbose_name = _("poll message")
        verbose_name_plural = _("poll messages")
        constraints = [
            models.UniqueConstraint(fields=["registry", "message_id", "queued_at"], name="one_row_per_poll_message")
        ]

    def __str__(self) -> str:
        return f"{self.registry_id}/{self.message_id}"


class OutgoingEmailQuerySet(models.QuerySet["OutgoingEmail"]):
    """Mails, and who may see which."""

    def visible_to(self, person: Any) -> Self:
        """The mails about domains this person may see."""
        return self.filter(operation__domain__owner=person) if person.is_authenticated else self.none()


class OutgoingEmail(models.Model):
    """A mail promised in the transaction of its outcome; sent at least once under one Message-ID."""

    class Kind(models.TextChoices):
        """Which of the outcomes it tells."""

        ADDED = "added", _("Key added")
        NOT_ADDED = "not_added", _("Key not added")
        DELETED = "deleted", _("Key deleted")
        NOT_DELETED = "not_deleted", _("Key not deleted")

    class Status(models.TextChoices):
        """UNDELIVERABLE: no address, or refused for good."""

        WAITING = "WAITING", _("Waiting")
        SENT = "SENT", _("Sent")
        UNDELIVERABLE = "UNDELIVERABLE", _("Undeliverable")

    operation = models.ForeignKey(Operation, models.PROTECT, related_name="mails", verbose_name=_("operation"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Operation.Status)
    resend_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="resends", verbose_name=_("repeats")
    )
    requested_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("requested by")
    )
    recipient = models.EmailField(_("recipient"), max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"))
    message_id = models.CharField(_("Message-ID"), max_length=255, unique=True)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.WAITING)
    created_at = models.DateTimeField(_("promised"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    next_attempt_at = models.DateTimeField(_("due"), default=timezone.now)
    attempts_made = models.PositiveIntegerField(_("attempts"), default=0)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    claim_token = models.UUIDField(_("claim"), null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(_("lease"), null=True, blank=True, editable=False)

    objects: ClassVar[Any] = OutgoingEmailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        permissions = [("send_mail_again", "Can send mails again")]
        indexes = [models.Index(fields=["next_attempt_at"], condition=Q(status="WAITING"), name="mail_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "outcome"], condition=Q(resend_of__isnull=True), name="one_mail_per_outcome"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["WAITING", "SENT", "UNDELIVERABLE"]), name="mail_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(status="SENT", sent_at__isnull=False) | (~Q(status="SENT") & Q(sent_at__isnull=True)),
                name="mail_sent_has_a_time",
            ),
            models.CheckConstraint(condition=~Q(resend_of=F("id")), name="mail_repeats_another"),
        ]

    def __str__(self) -> str:
        return self.message_id
