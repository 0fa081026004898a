"""What support sees of keys and can do about requests and mails: try again, give up, send again."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dnssec import operations
from dnssec.algorithms import label
from dnssec.mail import mail_again
from dnssec.models import DelegationSigner
from dnssec.outcomes import show_status
from domains import admin as rooms
from domains import outbox
from domains.errors import ReasonNeeded, RegistrarError
from domains.listing import search_text
from domains.middleware import PersonRequest
from domains.models import Domain, Operation, OutgoingEmail

LIST_AND_PAGE = (admin.ActionLocation.CHANGE_LIST, admin.ActionLocation.CHANGE_FORM)


class ActsOnly(rooms.LookOnly, rooms.ConsoleAdmin):
    """Rows that are never saved from a form, so that whatever is posted on a page of theirs is an action."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Run the action outside the transaction that the admin would open: actions are durable ones of their own."""
        if request.method != "POST" or object_id is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_view_permission(request, row):
            raise PermissionDenied
        response = self.response_action(
            request,
            self.get_queryset(request).filter(pk=row.pk),
            action_location=admin.ActionLocation.CHANGE_FORM,
        )
        return response or redirect(request.get_full_path())


class GiveUpForm(forms.Form):
    """Why support ends a request."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60, "class": "vLargeTextField"}),
        help_text=gettext_lazy("Kept with the request and shown to the owner."),
        error_messages={"required": ReasonNeeded.default},
    )


@admin.register(Operation)
class OperationAdmin(ActsOnly, rooms.OperationAdmin):
    """Requests, with their keys, and what can be done about those that got nowhere."""

    list_display = (
        "reference",
        "domain",
        "type",
        "key_tag",
        "status",
        "submitted_at",
        "updated_at",
        "requested_by",
        "message",
    )
    readonly_fields = ("key",)
    actions = ("try_again", "give_up")

    def get_fieldsets(self, request: HttpRequest, obj: Operation | None = None) -> Any:
        """The key in words in place of its snapshot."""
        return [
            (title, {"fields": ["key" if field == "subject" else field for field in options["fields"]]})
            for title, options in self.fieldsets
        ]

    @admin.display(description=gettext_lazy("key tag"))
    def key_tag(self, operation: Operation) -> int | None:
        """The tag of the key that it is about."""
        return operation.subject.get("key_tag")

    @admin.display(description=gettext_lazy("key"))
    def key(self, operation: Operation) -> str:
        """The snapshot of the key, a line each."""
        subject = operation.subject
        lines = [f"{name}: {subject[name]}" for name in ("key_tag", "flags", "public_key") if subject.get(name)]
        lines += [label(subject["algorithm"])] if "algorithm" in subject else []
        return "\n".join(lines + [f"DS {kind}: {digest}" for kind, digest in subject.get("ds", {}).items()])

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Operation], search_term: str
    ) -> tuple[QuerySet[Operation], bool]:
        """Key tags too."""
        found, doubles = super().get_search_results(request, queryset, search_term)
        if (tag := _key_tag(search_term)) is not None:
            found |= queryset.filter(subject__key_tag=tag)
        return found, doubles

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Who may try again and give up."""
        return request.user.has_perm("domains.act_on_operation")

    @admin.action(permissions=["act"], description=gettext_lazy("Try again"), location=LIST_AND_PAGE)
    def try_again(self, request: PersonRequest, queryset: QuerySet[Operation]) -> None:
        """Ask once more for what failed: a new request that names the old one."""
        for operation in queryset.select_related("domain"):
            try:
                repeat = operations.try_again(operation, requested_by=request.user)
            except RegistrarError as error:
                self._refuse(request, operation, error)
            else:
                sentence = _("Tried again as request %(reference)s.") % {"reference": repeat.reference}
                self.log_change(request, operation, sentence)
                self.message_user(request, f"{operation.reference}: {sentence}", messages.SUCCESS)

    @admin.action(permissions=["act"], description=gettext_lazy("Give up…"), location=LIST_AND_PAGE)
    def give_up(self, request: PersonRequest, queryset: QuerySet[Operation]) -> HttpResponseBase | None:
        """End what gets nowhere, once a reason is given: the worker looks at the registry a last time."""
        form = GiveUpForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            return self._ask_for_reason(request, queryset, form)
        reason = form.cleaned_data["reason"]
        for operation in queryset.select_related("domain"):
            try:
                operations.give_up(operation, requested_by=request.user, reason=reason)
            except RegistrarError as error:
                self._refuse(request, operation, error)
            else:
                self.log_change(request, operation, _("Asked to be given up: %(reason)s") % {"reason": reason})
                sentence = _("The registry is looked at once more, then the request ends.")
                self.message_user(request, f"{operation.reference}: {sentence}", messages.SUCCESS)
        return None

    def _ask_for_reason(
        self, request: PersonRequest, queryset: QuerySet[Operation], form: GiveUpForm
    ) -> TemplateResponse:
        rows = list(queryset.select_related("domain"))
        # The page sends the same action to the same address once more, now with a reason.
        name = next(name for name in ("CHANGE_FORM-action", "action") if name in request.POST)
        context = {
            **self.admin_site.each_context(request),
            "title": ngettext("Give up this request?", "Give up these requests?", len(rows)),
            "opts": self.opts,
            "media": self.media,
            "operations": rows,
            "form": form,
            "hidden": [(name, "give_up"), *((ACTION_CHECKBOX_NAME, row.pk) for row in rows)],
        }
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]  # The admin's own way to say so.
        return TemplateResponse(request, "admin/domains/operation/give_up.html", context)

    def _refuse(self, request: HttpRequest, operation: Operation, error: RegistrarError) -> None:
        self.message_user(request, f"{operation.reference}: {error.sentence}", messages.ERROR)


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(ActsOnly, rooms.OutgoingEmailAdmin):
    """Mails, which can be sent once more."""

    actions = ("send_again",)

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Who may send again."""
        return request.user.has_perm("domains.send_mail_again")

    @admin.action(permissions=["send"], description=gettext_lazy("Send again"), location=LIST_AND_PAGE)
    def send_again(self, request: PersonRequest, queryset: QuerySet[OutgoingEmail]) -> HttpResponse | None:
        """Promise the same text anew, to the registrant's present address."""
        waiting = OutgoingEmail.Status.WAITING
        for mail in queryset.select_related("operation__domain__registrant"):
            reference = mail.operation.reference
            if mail.status == waiting or mail.resends.filter(status=waiting).exists():
                self.message_user(request, f"{reference}: {_('This mail is on its way already.')}", messages.ERROR)
                continue
            again = mail_again(mail, requested_by=request.user)
            if not again.recipient:
                sentence = _("The domain has no registrant address, so there is nobody to send this mail to.")
                self.message_user(request, f"{reference}: {sentence}", messages.ERROR)
                continue
            sentence = _("Sent again to %(address)s.") % {"address": again.recipient}
            with transaction.atomic():
                outbox.promise(again)
                self.log_change(request, mail, sentence)
            self.message_user(request, f"{reference}: {sentence}", messages.SUCCESS)
        return None


@admin.register(DelegationSigner)
class DelegationSignerAdmin(rooms.LookOnly, rooms.ConsoleAdmin):
    """Every key on every domain."""

    list_display = ("key_tag", "domain", "algorithm_name", "flags", "state", "state_since", "created_at")
    list_filter = ("state", "algorithm", "flags", ("domain__tld", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("domain",)
    search_fields = ("key_tag__exact", "domain__name", "domain__unicode_name", "fingerprint")

    @admin.display(description=gettext_lazy("algorithm"), ordering="algorithm")
    def algorithm_name(self, signer: DelegationSigner) -> str:
        """Number and mnemonic."""
        return label(signer.algorithm)


class KeyInline(rooms.LookOnly, rooms.ConsoleInline):
    """A domain's keys."""

    model = DelegationSigner
    fields = ("key_tag", "flags", "algorithm_name", "state", "state_since", "digest")
    readonly_fields = fields
    show_change_link = True

    @admin.display(description=gettext_lazy("algorithm"))
    def algorithm_name(self, signer: DelegationSigner) -> str:
        """Number and mnemonic."""
        return label(signer.algorithm)

    @admin.display(description=gettext_lazy("digest"))
    def digest(self, signer: DelegationSigner) -> str:
        """The DS digest that the key is known by: SHA-256, or the only one there is."""
        return signer.fingerprint.rpartition("-")[2]


@admin.register(Domain)
class DomainAdmin(rooms.DomainAdmin):
    """Domains with their keys."""

    inlines: Sequence[type[rooms.ConsoleInline]] = (KeyInline, *rooms.DomainAdmin.inlines)
    search_help_text = gettext_lazy("Name in either form, email of owner or registrant, key tag")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Domain], search_term: str
    ) -> tuple[QuerySet[Domain], bool]:
        """Key tags too."""
        found, doubles = super().get_search_results(request, queryset, search_term)
        if (tag := _key_tag(search_term)) is not None:
            found |= queryset.filter(pk__in=DelegationSigner.objects.filter(key_tag=tag).values("domain"))
        return found, doubles

    def save_model(self, request: HttpRequest, obj: Domain, form: Any, change: bool) -> None:
        """A new domain's DNSSEC status depends on its TLD."""
        super().save_model(request, obj, form, change)
        if not change:
            show_status(obj)


def _key_tag(term: str) -> int | None:
    """The key tag that a search means; None when it means something else."""
    text = search_text(term)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 5 else None
