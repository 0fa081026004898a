"""What support sees of domains, keys, requests and mails, and can do about them: try again, give up, send again."""

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dnssec import operations
from dnssec.algorithms import label
from dnssec.finding import key_tag, of_either_side
from dnssec.models import DelegationSigner
from dnssec.outcomes import show_status
from domains import story, timeline
from domains.admin import DomainForm, NameserverInline
from domains.conversation import exchanges
from domains.desk import ConsoleAdmin, ConsoleInline, LookOnly, Question, RunsActions
from domains.listing import search_text
from domains.middleware import PersonRequest
from domains.models import Attempt, Domain, Operation, OutgoingEmail

LIST_AND_PAGE = (admin.ActionLocation.CHANGE_LIST, admin.ActionLocation.CHANGE_FORM)


class ActsOnly(LookOnly, RunsActions):
    """Rows that are never saved from a form, so that whatever is posted on a page of theirs is an action."""

    def is_action(self, request: HttpRequest) -> bool:
        """Always."""
        return True


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
class DomainAdmin(RunsActions):
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
    actions = ("look_again",)
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
        if (tag := key_tag(search_term)) is not None:
            found |= queryset.filter(pk__in=DelegationSigner.objects.filter(key_tag=tag).values("domain"))
        return found, doubles

    def get_urls(self) -> list[Any]:
        """With the domain's story."""
        page = path("<int:pk>/story/", self.admin_site.admin_view(self.story), name="domains_domain_story")
        return [page, *super().get_urls()]

    def story(self, request: PersonRequest, pk: int) -> HttpResponse:
        """Everything that happened to a domain, newest first: what was asked, sent, told, mailed, and done by staff."""
        domain = get_object_or_404(Domain.objects.select_related("tld__registry", "owner", "registrant"), pk=pk)
        if not all(request.user.has_perm(f"domains.view_{name}") for name in ("domain", *story.TOLD_OF)):
            raise PermissionDenied
        context = self.admin_site.each_context(request) | {
            "title": _("Story of %(domain)s") % {"domain": domain.unicode_name},
            "opts": self.opts,
            "domain": domain,
            "page": story.page(domain, cursor=request.GET.get("page", "")),
            "may_look_again": self.has_act_permission(request),
        }
        return TemplateResponse(request, "admin/domains/domain/story.html", context)

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Who may have the registry asked again."""
        return request.user.has_perm("domains.act_on_operation")

    @admin.action(permissions=["act"], description=gettext_lazy("Look again…"), location=LIST_AND_PAGE)
    def look_again(self, request: PersonRequest, queryset: QuerySet[Domain]) -> HttpResponseBase | None:
        """Have a worker compare the domain with the registry now."""
        rows = list(queryset)
        question = Question(
            title=ngettext("Look at this domain again?", "Look at these domains again?", len(rows)),
            text=_(
                "A worker asks the registry what it holds and brings the console in line with it. It sends no change."
            ),
            kept=_("Kept in the log of the domain."),
            button=_("Look again"),
            about=[(reverse("admin:domains_domain_change", args=[row.pk]), row.unicode_name) for row in rows],
            back=reverse("admin:domains_domain_changelist"),
        )

        def act(domain: Domain, reason: str) -> str:
            asked = operations.look_again(domain, requested_by=request.user)
            if not asked:
                return _("The registry was asked just now.")
            self.log_change(request, domain, _("Had the registry asked again: %(reason)s") % {"reason": reason})
            return _("The registry is asked again; what it says stands in the story within seconds.")

        return self.with_reason(request, rows, question, act)

    def called(self, row: Domain) -> str:
        """A domain, by its name."""
        return _("Domain %(name)s") % {"name": row.unicode_name}

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


@admin.register(Operation)
class OperationAdmin(ActsOnly):
    """Requests to registries with all that came of them, and what can be done about those that got nowhere."""

    list_display = ("reference", "status", "domain", "type", "key_tag", "submitted_at", "updated_at", "requested_by")
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
            found |= queryset.filter(of_either_side(trid))
        if (tag := key_tag(search_term)) is not None:
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

    @admin.action(permissions=["act"], description=gettext_lazy("Try again…"), location=LIST_AND_PAGE)
    def try_again(self, request: PersonRequest, queryset: QuerySet[Operation]) -> HttpResponseBase | None:
        """Ask once more for what failed: a new request that names the old one."""
        rows = list(queryset.select_related("domain"))
        question = Question(
            title=ngettext("Try this request again?", "Try these requests again?", len(rows)),
            text=_("Each becomes a new request that asks the registry for the same and names the old one."),
            kept=_("Kept in the log of the request."),
            button=_("Try again"),
            about=self._about(rows),
            back=reverse("admin:domains_operation_changelist"),
        )

        def act(operation: Operation, reason: str) -> str:
            repeat = operations.try_again(operation, requested_by=request.user)
            done = _("Tried again as request %(reference)s.") % {"reference": repeat.reference}
            self.log_change(request, operation, f"{done} {reason}")
            return done

        return self.with_reason(request, rows, question, act)

    @admin.action(permissions=["act"], description=gettext_lazy("Give up…"), location=LIST_AND_PAGE)
    def give_up(self, request: PersonRequest, queryset: QuerySet[Operation]) -> HttpResponseBase | None:
        """End what gets nowhere: the worker looks at the registry a last time."""
        rows = list(queryset.select_related("domain"))
        question = Question(
            title=ngettext("Give up this request?", "Give up these requests?", len(rows)),
            text=_(
                "The worker looks at the registry once more. The request ends as what the registry shows; when it gives"
                " no answer, as an error."
            ),
            kept=_("Kept with the request and shown to the owner."),
            button=_("Give up"),
            about=self._about(rows),
            back=reverse("admin:domains_operation_changelist"),
        )

        def act(operation: Operation, reason: str) -> str:
            operations.give_up(operation, requested_by=request.user, reason=reason)
            self.log_change(request, operation, _("Asked to be given up: %(reason)s") % {"reason": reason})
            return _("The registry is looked at once more, then the request ends.")

        return self.with_reason(request, rows, question, act)

    def called(self, row: Operation) -> str:
        """A request, by its reference."""
        return _("Request %(reference)s") % {"reference": row.reference}

    def _about(self, rows: list[Operation]) -> list[tuple[str, str]]:
        return [
            (
                reverse("admin:domains_operation_change", args=[row.pk]),
                f"{row.reference}: {row.get_type_display()} {row.subject.get('key_tag', '')}, {row.domain.name},"
                f" {row.get_status_display()}",
            )
            for row in rows
        ]


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

    @admin.action(permissions=["send"], description=gettext_lazy("Send again…"), location=LIST_AND_PAGE)
    def send_again(self, request: PersonRequest, queryset: QuerySet[OutgoingEmail]) -> HttpResponseBase | None:
        """Promise the same text anew, to the registrant's present address."""
        rows = list(queryset.select_related("operation__domain__registrant", "domain__registrant"))
        question = Question(
            title=ngettext("Send this mail again?", "Send these mails again?", len(rows)),
            text=_("The same text goes out once more, to the address that the registrant has now."),
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
