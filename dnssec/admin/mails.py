"""Mails about outcomes: whether they got away, and once more."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dnssec import operations
from domains.desk import LIST_AND_PAGE, ActsOnly, Question
from domains.middleware import PersonRequest
from domains.models import OutgoingEmail


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(ActsOnly):
    """Mails about outcomes: whether they got away, and once more."""

    list_display = (
        *("created_at", "about", "kind", "recipient", "is_copy"),
        *("status", "attempts_made", "sent_at", "last_error"),
    )
    list_filter = ("status", "kind", "outcome", "is_copy", ("resend_of", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("operation__domain", "domain")
    search_fields = ("recipient", "operation__reference", "operation__domain__name", "domain__name", "message_id")
    ordering = ("-pk",)
    actions = ("send_again",)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("operation", "domain", "kind", "outcome", "recipient", "subject", "text", "message_id")}),
        (
            gettext_lazy("Delivery"),
            {"fields": ("status", "created_at", "sent_at", "next_attempt_at", "attempts_made", "last_error")},
        ),
        (gettext_lazy("Copied or sent again"), {"fields": ("is_copy", "resend_of", "requested_by")}),
    )

    @admin.display(description=gettext_lazy("domain"), ordering=Coalesce("operation__domain__name", "domain__name"))
    def about(self, mail: OutgoingEmail) -> str:
        """The domain that it is about."""
        return mail.about().name

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Who may send again."""
        return request.user.has_perm("domains.send_mail_again")

    @admin.action(permissions=["send"], description=gettext_lazy("Send again…"), location=LIST_AND_PAGE)
    def send_again(self, request: PersonRequest, queryset: QuerySet[OutgoingEmail]) -> HttpResponseBase | None:
        """Promise the same text anew, to the registrant's present address, or a copy to the person whom it went to."""
        rows = list(queryset.select_related("operation__domain__registrant", "domain__registrant"))
        question = Question(
            title=ngettext("Send this mail again?", "Send these mails again?", len(rows)),
            text=_(
                "The same text goes out once more: to the address that the registrant has now, and a copy to the person"
                " whom it went to."
            ),
            kept=_("Kept in the log of the mail."),
            button=_("Send again"),
            about=[(reverse("admin:domains_outgoingemail_change", args=[row.pk]), row.subject) for row in rows],
            back=reverse("admin:domains_outgoingemail_changelist"),
        )

        def act(mail: OutgoingEmail, reason: str) -> str:
            with transaction.atomic():
                again = operations.send_mail_again(mail, requested_by=request.user)
                self.log_change(request, mail, _("Sent again: %(reason)s") % {"reason": reason})
            return _("Sent again to %(address)s.") % {"address": again.recipient}

        return self.with_reason(request, rows, question, act)

    def called(self, row: OutgoingEmail) -> str:
        """A mail, by the request or the domain that it is about."""
        if row.operation:
            return _("Request %(reference)s") % {"reference": row.operation.reference}
        return _("Domain %(name)s") % {"name": row.about().name}
