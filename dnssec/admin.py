"""Support's view of the keys, and its actions on requests and mails: try again, give up, send again.

They call the functions that the console's own pages call; a refusal's sentence becomes a message.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dnssec import operations
from dnssec.algorithms import label
from dnssec.mail import mail_again
from dnssec.models import DelegationSigner
from domains import outbox
from domains.admin import (
    AttemptInline,
    DomainAdmin,
    HistoryInline,
    LookOnly,
    OutgoingEmailInline,
    PollMessageInline,
    SupportAdmin,
)
from domains.errors import RegistrarError
from domains.models import Domain, Operation, OutgoingEmail


class ReasonForm(forms.Form):
    """Why a request is given up."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("It is kept with the request and told to the registrant."),
    )


class KeyInline(HistoryInline):
    """The keys on their domain's page."""

    model = DelegationSigner
    fields = ("key_tag", "flags", "algorithm", "state", "state_since", "fingerprint")
    readonly_fields = fields


@admin.register(Domain)
class DomainWithKeysAdmin(DomainAdmin):
    """Domains with their keys; a number in the search is a key tag too."""

    inlines = (KeyInline, *DomainAdmin.inlines)

    def matches(self, text: str) -> Q:
        """By name, by address, or by key tag."""
        found = super().matches(text)
        if text.isascii() and text.isdigit() and len(text) <= 5:
            tagged = DelegationSigner.objects.filter(key_tag=int(text)).values("domain")
            found |= Q(pk__in=tagged)
        return found


@admin.register(DelegationSigner)
class DelegationSignerAdmin(LookOnly, SupportAdmin):
    """Every key of every domain."""

    list_display = ("key_tag", "domain", "flags", "algorithm_label", "state", "state_since")
    list_filter = ("state", "algorithm", "flags")
    list_select_related = ("domain",)
    search_fields = ("=key_tag", "domain__name", "domain__unicode_name", "fingerprint")
    ordering = ("-pk",)

    @admin.display(description=gettext_lazy("algorithm"), ordering="algorithm")
    def algorithm_label(self, key: DelegationSigner) -> str:
        """Number and mnemonic."""
        return label(key.algorithm)


@admin.register(Operation)
class OperationAdmin(LookOnly, SupportAdmin):
    """Requests with their history, and what support may do about them."""

    list_display = (
        "reference",
        "domain",
        "type",
        "key_tag",
        "status",
        "submitted_at",
        "finished_at",
        "requested_by",
        "message",
    )
    list_filter = ("status", "type", "submitted_at")
    list_select_related = ("domain", "requested_by")
    search_fields = ("=reference", "domain__name", "domain__unicode_name", "=requested_by__email")
    search_help_text = gettext_lazy("A request, a domain, a person's address, a key tag, or a transaction id.")
    ordering = ("-pk",)
    inlines = (AttemptInline, OutgoingEmailInline, PollMessageInline)
    actions = ("try_again", "give_up")

    @admin.display(description=gettext_lazy("key tag"))
    def key_tag(self, operation: Operation) -> str:
        """The tag of the key it is about."""
        return str(operation.subject.get("key_tag", ""))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """As the search fields say; a transaction id or a key tag finds its requests too."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        text = search_term.replace("\0", "").strip()
        if text:
            of_command = Q(attempts__cl_trid=text) | Q(attempts__sv_trid=text)
            more = Operation.objects.filter(of_command)
            if text.isascii() and text.isdigit() and len(text) <= 5:
                more |= Operation.objects.filter(subject__key_tag=int(text))
            found = queryset.filter(Q(pk__in=found.values("pk")) | Q(pk__in=more.values("pk")))
        return found, duplicates

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether the person may act on requests."""
        return request.user.has_perm("domains.act_on_operation")

    @admin.action(description=gettext_lazy("Try again"), permissions=["act"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """A new request for each chosen one that failed."""
        for operation in queryset.select_related("domain__tld"):
            try:
                new = operations.try_again(operation, requested_by=request.user)  # type: ignore[arg-type]
            except RegistrarError as error:
                self.message_user(request, f"{operation.reference}: {error.sentence}", messages.ERROR)
            else:
                _note(request, operation, f"Tried again as {new.reference}.")
                self.message_user(
                    request,
                    _("%(old)s is tried again as %(new)s.") % {"old": operation.reference, "new": new.reference},
                    messages.SUCCESS,
                )

    @admin.action(description=gettext_lazy("Give up"), permissions=["act"])
    def give_up(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Ask for the reason first; then let the workers look once more and end each chosen request."""
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "title": _("Give up"),
                "opts": self.opts,
                "form": form,
                "chosen": queryset.select_related("domain"),
            }
            return render(request, "admin/domains/operation/give_up.html", context)
        for operation in queryset:
            try:
                operations.give_up(operation, requested_by=request.user, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]
            except RegistrarError as error:
                self.message_user(request, f"{operation.reference}: {error.sentence}", messages.ERROR)
            else:
                _note(request, operation, f"Given up: {form.cleaned_data['reason']}")
                self.message_user(
                    request,
                    _("%(reference)s ends as soon as the registry has been looked at once more.")
                    % {"reference": operation.reference},
                    messages.SUCCESS,
                )
        return None


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(LookOnly, SupportAdmin):
    """Mails that were promised, and which went out."""

    list_display = ("subject", "recipient", "kind", "status", "operation", "created_at", "sent_at", "attempts_made")
    list_filter = ("status", "kind", "created_at")
    list_select_related = ("operation",)
    search_fields = ("=recipient", "=message_id", "=operation__reference", "operation__domain__name")
    ordering = ("-pk",)
    actions = ("send_again",)

    def has_again_permission(self, request: HttpRequest) -> bool:
        """Whether the person may send mails again."""
        return request.user.has_perm("domains.send_mail_again")

    @admin.action(description=gettext_lazy("Send again"), permissions=["again"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Each chosen mail once more, to the registrant's present address."""
        chosen = list(queryset.select_related("operation__domain__registrant"))
        for mail in chosen:
            with transaction.atomic():
                outbox.promise(mail_again(mail, requested_by=request.user))  # type: ignore[arg-type]
                _note(request, mail, "Sent again.")
        self.message_user(
            request,
            ngettext("%(count)d mail is sent again.", "%(count)d mails are sent again.", len(chosen))
            % {"count": len(chosen)},
            messages.SUCCESS,
        )


def _note(request: HttpRequest, row: Operation | OutgoingEmail, what: str) -> None:
    """Who did it stands in the row's history."""
    LogEntry.objects.log_actions(request.user.pk or 0, [row], CHANGE, what, single_object=True)
