"""What support sees of domains, keys, requests and mails, and can do about them: try again, give up, send again."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dnssec import operations
from dnssec.algorithms import label
from dnssec.mail import mail_again
from dnssec.models import DelegationSigner
from dnssec.outcomes import show_status
from domains import outbox, timeline
from domains.admin import (
    ConsoleAdmin,
    ConsoleInline,
    DomainForm,
    LookOnly,
    NameserverInline,
)
from domains.conversation import exchanges
from domains.errors import ReasonNeeded, RegistrarError
from domains.listing import search_text
from domains.middleware import PersonRequest
from domains.models import Attempt, Domain, Operation, OutgoingEmail, PollMessage

LIST_AND_PAGE = (admin.ActionLocation.CHANGE_LIST, admin.ActionLocation.CHANGE_FORM)


class ActsOnly(LookOnly, ConsoleAdmin):
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
            request, self.get_queryset(request).filter(pk=row.pk), action_location=admin.ActionLocation.CHANGE_FORM
        )
        return response or redirect(request.get_full_path())


class KeyInline(LookOnly, ConsoleInline):
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


class OperationInline(LookOnly, ConsoleInline):
    """What was asked for on a domain, newest first."""

    model = Operation
    fields = ("reference", "type", "status", "submitted_at", "finished_at", "message")
    readonly_fields = fields
    ordering = ("-pk",)
    show_change_link = True


@admin.register(Domain)
class DomainAdmin(ConsoleAdmin):
    """Domains by name, in either form, by the addresses of owner and registrant, and by key tag."""

    form = DomainForm
    list_display = ("name", "unicode_name", "tld", "owner", "dnssec_status", "dnssec_keys", "state", "expires_on")
    list_filter = (
        "dnssec_status",
        "state",
        ("tld", admin.RelatedOnlyFieldListFilter),
        ("registrant", admin.EmptyFieldListFilter),
        "expires_on",
    )
    list_select_related = ("tld", "owner")
    search_fields = ("name", "unicode_name", "owner__email", "registrant__email")
    search_help_text = gettext_lazy("Name in either form, email of owner or registrant, key tag")
    autocomplete_fields = ("owner", "tld", "registrant", "admin", "tech", "billing")
    ordering = ("name",)
    inlines = (KeyInline, NameserverInline, OperationInline)
    readonly_fields = (
        "unicode_name",
        "state",
        "statuses",
        "dnssec_status",
        "dnssec_keys",
        "updated_at",
        "looked_at",
        "registrant_email",
    )
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("name", "unicode_name", "tld", "owner", "state", "dnssec_status", "dnssec_keys")}),
        (gettext_lazy("Contacts"), {"fields": ("registrant", "registrant_email", "admin", "tech", "billing")}),
        (
            gettext_lazy("Registration"),
            {"fields": ("registered_on", "expires_on", "auto_renew", "transfer_lock", "statuses")},
        ),
        (gettext_lazy("Seen"), {"fields": ("updated_at", "looked_at")}),
    )

    @admin.display(description=gettext_lazy("registrant's email"))
    def registrant_email(self, domain: Domain) -> str:
        """Where the mails about outcomes go."""
        return domain.registrant.email if domain.registrant else ""

    def get_readonly_fields(self, request: HttpRequest, obj: Domain | None = None) -> tuple[str, ...]:
        """A domain keeps its name."""
        return (*self.readonly_fields, "name", "tld") if obj else self.readonly_fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Domain], search_term: str
    ) -> tuple[QuerySet[Domain], bool]:
        """As anybody types a name: in capitals, decomposed, or with a last dot. A number may be a key tag."""
        found, doubles = super().get_search_results(request, queryset, search_text(search_term))
        if (tag := _key_tag(search_term)) is not None:
            found |= queryset.filter(pk__in=DelegationSigner.objects.filter(key_tag=tag).values("domain"))
        return found, doubles

    def save_model(self, request: HttpRequest, obj: Domain, form: Any, change: bool) -> None:
        """Save what was changed and nothing else, for workers write the rest. A new domain gets its DNSSEC status."""
        obj.updated_at = timezone.now()
        obj.save(update_fields=[*form.changed_data, "updated_at"] if change else None)
        if not change:
            show_status(obj)


@admin.register(DelegationSigner)
class DelegationSignerAdmin(LookOnly, ConsoleAdmin):
    """Every key on every domain."""

    list_display = ("key_tag", "domain", "algorithm_name", "flags", "state", "state_since", "created_at")
    list_filter = ("state", "algorithm", "flags", ("domain__tld", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("domain",)
    search_fields = ("key_tag__exact", "domain__name", "domain__unicode_name", "fingerprint")

    @admin.display(description=gettext_lazy("algorithm"), ordering="algorithm")
    def algorithm_name(self, signer: DelegationSigner) -> str:
        """Number and mnemonic."""
        return label(signer.algorithm)


class SlowFilter(admin.SimpleListFilter):
    """Open operations that take longer than they should."""

    title = gettext_lazy("slowness")
    parameter_name = "slow"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The two ways to be slow."""
        return [("registry", _("The registry decides for over a day")), ("retried", _("Tried more than once"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """Only those, newest first as ever."""
        if self.value() == "registry":
            since = timezone.now() - timedelta(seconds=settings.PENDING_IS_LONG)
            return queryset.open().filter(pending_since__lte=since)
        if self.value() == "retried":
            return queryset.open().filter(pending_since=None, attempts_made__gt=1)
        return queryset


class GiveUpForm(forms.Form):
    """Why support ends a request."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=gettext_lazy("Kept with the request and shown to the owner."),
        error_messages={"required": ReasonNeeded.default},
    )


@admin.register(Operation)
class OperationAdmin(ActsOnly):
    """Requests to registries with all that came of them, and what can be done about those that got nowhere."""

    list_display = ("reference", "domain", "type", "key_tag", "status", "submitted_at", "updated_at", "requested_by")
    list_filter = ("status", SlowFilter, "type", ("domain__tld", admin.RelatedOnlyFieldListFilter), "submitted_at")
    list_select_related = ("domain", "requested_by")
    search_fields = ("reference", "domain__name", "domain__unicode_name")
    search_help_text = gettext_lazy("Reference, domain, client or server transaction id, key tag")
    ordering = ("-pk",)
    actions = ("try_again", "give_up")
    readonly_fields = ("key",)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("reference", "domain", "type", "status", "message", "registry_words", "result_code")}),
        (gettext_lazy("Key"), {"fields": ("key",)}),
        (gettext_lazy("Asked for"), {"fields": ("requested_by", "submitted_at", "retry_of")}),
        (gettext_lazy("Ended"), {"fields": ("finished_at", "closed_by", "closed_because")}),
        (
            gettext_lazy("Work"),
            {
                "fields": (
                    "updated_at",
                    "next_attempt_at",
                    "attempts_made",
                    "lease_until",
                    "update_sent_at",
                    "pending_since",
                )
            },
        ),
    )

    @admin.display(description=gettext_lazy("key tag"))
    def key_tag(self, operation: Operation) -> Any:
        """The tag of the key that it is about."""
        return operation.subject.get("key_tag")

    @admin.display(description=gettext_lazy("key"))
    def key(self, operation: Operation) -> str:
        """The snapshot of the key, a line each."""
        subject = operation.subject
        lines = [
            f"{name.replace('_', ' ')}: {subject[name]}"
            for name in ("key_tag", "flags", "public_key")
            if subject.get(name)
        ]
        lines += [f"algorithm: {label(subject['algorithm'])}"] if "algorithm" in subject else []
        return "\n".join(lines + [f"DS {kind}: {digest}" for kind, digest in subject.get("ds", {}).items()])

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Operation], search_term: str
    ) -> tuple[QuerySet[Operation], bool]:
        """Transaction ids are looked up whole, for they have indexes. A number may be a key tag."""
        found, doubles = super().get_search_results(request, queryset, search_text(search_term))
        if trid := search_term.strip():
            either = Q(cl_trid=trid) | Q(sv_trid=trid)
            found |= queryset.filter(pk__in=Attempt.objects.filter(either).values("operation"))
            found |= queryset.filter(pk__in=PollMessage.objects.filter(either).values("operation"))
        if (tag := _key_tag(search_term)) is not None:
            found |= queryset.filter(subject__key_tag=tag)
        return found, doubles

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operation]:
        """With what its page names beside it."""
        named = ("domain__tld", "domain__registrant", "requested_by", "closed_by", "retry_of")
        return super().get_queryset(request).select_related(*named)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        """The page with what happened, what was said and told, and the mails."""
        operation = kwargs["obj"]
        # Frames are long, and the timeline shows none.
        commands = Prefetch("attempts", Attempt.objects.defer("sent", "received"))
        prefetch_related_objects([operation], commands, "poll_messages", "mails")
        context |= {"timeline": timeline.steps(operation), "conversation": exchanges(operation)}
        return super().render_change_form(request, context, *args, **kwargs)

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
                self._tell(request, operation, error.sentence, messages.ERROR)
            else:
                sentence = _("Tried again as request %(reference)s.") % {"reference": repeat.reference}
                self.log_change(request, operation, sentence)
                self._tell(request, operation, sentence, messages.SUCCESS)

    @admin.action(permissions=["act"], description=gettext_lazy("Give up…"), location=LIST_AND_PAGE)
    def give_up(self, request: PersonRequest, queryset: QuerySet[Operation]) -> HttpResponseBase | None:
        """End what gets nowhere, once a reason is given: the worker looks at the registry a last time."""
        form = GiveUpForm(request.POST if "reason" in request.POST else None)
        rows = list(queryset.select_related("domain"))
        if not form.is_valid():
            return self._ask_for_reason(request, rows, form)
        reason = form.cleaned_data["reason"]
        for operation in rows:
            try:
                operations.give_up(operation, requested_by=request.user, reason=reason)
            except RegistrarError as error:
                self._tell(request, operation, error.sentence, messages.ERROR)
            else:
                self.log_change(request, operation, _("Asked to be given up: %(reason)s") % {"reason": reason})
                sentence = _("The registry is looked at once more, then the request ends.")
                self._tell(request, operation, sentence, messages.SUCCESS)
        return None

    def _ask_for_reason(self, request: HttpRequest, rows: list[Operation], form: GiveUpForm) -> TemplateResponse:
        # The page sends the same action to the same address once more, now with a reason.
        name = next(name for name in ("CHANGE_FORM-action", "action") if name in request.POST)
        context = {
            **self.admin_site.each_context(request),
            "title": ngettext("Give up this request?", "Give up these requests?", len(rows)),
            "opts": self.opts,
            "operations": rows,
            "form": form,
            "hidden": [(name, "give_up"), *((ACTION_CHECKBOX_NAME, row.pk) for row in rows)],
        }
        return TemplateResponse(request, "admin/domains/operation/give_up.html", context)

    def _tell(self, request: HttpRequest, operation: Operation, sentence: str, level: int) -> None:
        self.message_user(request, f"{operation.reference}: {sentence}", level)


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(ActsOnly):
    """Mails about outcomes: whether they got away, and once more."""

    list_display = ("created_at", "about", "kind", "recipient", "status", "attempts_made", "sent_at", "last_error")
    list_filter = ("status", "kind", "outcome", ("resend_of", admin.EmptyFieldListFilter), "created_at")
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
        (gettext_lazy("Sent again"), {"fields": ("resend_of", "requested_by")}),
    )

    @admin.display(description=gettext_lazy("domain"), ordering=Coalesce("operation__domain__name", "domain__name"))
    def about(self, mail: OutgoingEmail) -> str:
        """The domain that it is about."""
        return mail.about().name

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Who may send again."""
        return request.user.has_perm("domains.send_mail_again")

    @admin.action(permissions=["send"], description=gettext_lazy("Send again"), location=LIST_AND_PAGE)
    def send_again(self, request: PersonRequest, queryset: QuerySet[OutgoingEmail]) -> None:
        """Promise the same text anew, to the registrant's present address."""
        for mail in queryset.select_related("operation__domain__registrant", "domain__registrant"):
            again = mail_again(mail, requested_by=request.user)
            on_its_way = OutgoingEmail.objects.filter(
                Q(pk=mail.pk) | Q(resend_of=mail), status=OutgoingEmail.Status.WAITING, recipient=again.recipient
            )
            level = messages.ERROR
            if on_its_way.exists():
                sentence = _("This mail is on its way already.")
            elif not again.recipient:
                sentence = _("The domain has no registrant address, so there is nobody to send this mail to.")
            else:
                level = messages.SUCCESS
                sentence = _("Sent again to %(address)s.") % {"address": again.recipient}
                with transaction.atomic():
                    outbox.promise(again)
                    self.log_change(request, mail, _("Sent again."))
            name = mail.operation.reference if mail.operation else mail.about().name
            self.message_user(request, f"{name}: {sentence}", level)


def _key_tag(term: str) -> int | None:
    """The key tag that a search means; None when it means something else."""
    text = search_text(term)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 5 else None
