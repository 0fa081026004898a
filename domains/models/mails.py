"""The mails that were promised."""

from typing import Any, ClassVar, Self, cast

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from domains.models.people import Person
from domains.models.registrations import Domain
from domains.models.requests import Operation


class OutgoingEmailQuerySet(models.QuerySet["OutgoingEmail"]):
    """Mails, and who may see which."""

    def visible_to(self, person: Any) -> Self:
        """The mails about domains this person may see."""
        own = Q(operation__domain__owner=person) | Q(domain__owner=person)
        return self.filter(own) if person.is_authenticated else self.none()


class OutgoingEmail(models.Model):
    """
    A mail promised in the transaction of what it tells; sent at least once under one Message-ID.

    It is about an operation's outcome, or, without one, about a domain that was changed at the registry or seen to be
    in trouble. One tells it, to the registrant or, of trouble, to the owner; what repeats it, or is its copy for
    somebody else, names it in `resend_of`.
    """

    class Kind(models.TextChoices):
        """Which of the outcomes it tells; CHANGED: the registry holds what nobody asked for here. WARNED, RECOVERED:
        what the watch over the domain saw begin or end."""

        ADDED = "added", _("Key added")
        NOT_ADDED = "not_added", _("Key not added")
        DELETED = "deleted", _("Key deleted")
        NOT_DELETED = "not_deleted", _("Key not deleted")
        CHANGED = "changed", _("Changed at the registry")
        WARNED = "warned", _("Warning")
        RECOVERED = "recovered", _("All well again")

    class Status(models.TextChoices):
        """UNDELIVERABLE: no address, or refused for good."""

        WAITING = "WAITING", _("Waiting")
        SENT = "SENT", _("Sent")
        UNDELIVERABLE = "UNDELIVERABLE", _("Undeliverable")

    operation = models.ForeignKey(
        Operation, models.PROTECT, null=True, blank=True, related_name="mails", verbose_name=_("operation")
    )
    domain = models.ForeignKey(
        Domain, models.PROTECT, null=True, blank=True, related_name="mails", verbose_name=_("domain")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Operation.Status, blank=True)
    resend_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="resends", verbose_name=_("repeats")
    )
    is_copy = models.BooleanField(_("copy"), default=False, help_text=_("For somebody else who is to know."))
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
        indexes = [
            models.Index(fields=["next_attempt_at"], condition=Q(status="WAITING"), name="mail_due"),
            models.Index(fields=["id"], condition=Q(status="UNDELIVERABLE"), name="mail_undeliverable"),
        ]
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
            models.UniqueConstraint(fields=["resend_of"], condition=Q(is_copy=True), name="one_copy_per_mail"),
            models.CheckConstraint(condition=Q(is_copy=False) | Q(resend_of__isnull=False), name="mail_copies_another"),
            models.CheckConstraint(
                condition=Q(operation__isnull=False, domain__isnull=True)
                | Q(operation__isnull=True, domain__isnull=False),
                name="mail_is_about_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return self.message_id

    def about(self) -> Domain:
        """The domain that it is about."""
        return self.operation.domain if self.operation else cast(Domain, self.domain)
