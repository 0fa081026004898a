"""What was asked of a registry and what it said: operations, the commands sent for them, its poll messages."""

import secrets
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from domains.models.people import Person
from domains.models.registrations import Domain
from domains.models.registries import Registry
from domains.sentences import Sentence

REFERENCE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: nothing in it is read as something else.


def new_reference() -> str:
    """A name for a request that is short enough to read aloud and long enough (50 bits) never to repeat."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(10))


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

    class Precheck(models.TextChoices):
        """What was known of the change before it was sent. ACCEPTED: it takes the domain off the internet, and the
        person wants it. UNKNOWN: nobody could be asked."""

        FINE = "FINE", _("Nothing speaks against it")
        WORKS = "WORKS", _("Works, with a warning")
        OUTAGE = "OUTAGE", _("Would take the domain off the internet")
        ACCEPTED = "ACCEPTED", _("An outage was accepted")
        UNKNOWN = "UNKNOWN", _("Not checked")

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
    said = models.JSONField(default=dict, blank=True, editable=False)  # The message as template and parameters.
    registry_words = models.TextField(_("registry's words"), blank=True)
    result_code = models.PositiveSmallIntegerField(_("result code"), null=True, blank=True)
    closed_by = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("closed by")
    )
    closed_because = models.CharField(_("closed because"), max_length=500, blank=True)
    precheck = models.CharField(_("checked before sending"), max_length=8, choices=Precheck, blank=True)
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
            models.Index(fields=["finished_at"], name="operation_by_finished"),
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
        return f"{self.reference}: {self.title}"

    @property
    def title(self) -> str:
        """What was asked for, with the key's tag: Add key 2371."""
        if "key_tag" not in self.subject:
            return str(self.get_type_display())
        title = gettext("Add key %(tag)s") if self.type == self.Type.ADD_DNSSEC else gettext("Delete key %(tag)s")
        return title % {"tag": self.subject["key_tag"]}

    @property
    def is_open(self) -> bool:
        """Whether it has no outcome yet."""
        return self.status in self.OPEN

    @property
    def sentence(self) -> str:
        """The message in the language of who reads it; in English where only that was kept."""
        return str(Sentence(**self.said)) if self.said else self.message

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
    sv_trid = models.CharField(_("server transaction id"), max_length=255, blank=True)
    code = models.PositiveSmallIntegerField(_("code"), null=True, blank=True)
    message = models.TextField(_("message"), blank=True)
    duration_ms = models.PositiveIntegerField(_("milliseconds"), null=True, blank=True)
    sent = models.TextField(_("frame sent"), blank=True, help_text=_("Without passwords."))
    received = models.TextField(_("frame received"), blank=True, help_text=_("Without passwords."))

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
    message_id = models.CharField(_("message id"), max_length=255)
    queued_at = models.DateTimeField(_("queued"))
    text = models.TextField(_("text"), blank=True)
    domain_name = models.CharField(_("domain"), max_length=255, blank=True)
    accepted = models.BooleanField(_("accepted"), null=True, blank=True)
    cl_trid = models.CharField(_("client transaction id"), max_length=255, blank=True)
    sv_trid = models.CharField(_("server transaction id"), max_length=255, blank=True)
    operation = models.ForeignKey(
        Operation, models.PROTECT, null=True, blank=True, related_name="poll_messages", verbose_name=_("operation")
    )
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    handled_at = models.DateTimeField(_("handled"), null=True, blank=True)

    class Meta:
        verbose_name = _("poll message")
        verbose_name_plural = _("poll messages")
        indexes = [
            models.Index(fields=["received_at"], condition=Q(handled_at__isnull=True), name="poll_message_unhandled")
        ]
        constraints = [
            models.UniqueConstraint(fields=["registry", "message_id", "queued_at"], name="one_row_per_poll_message")
        ]

    def __str__(self) -> str:
        return f"{self.registry_id}/{self.message_id}"
