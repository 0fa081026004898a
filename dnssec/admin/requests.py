"""Requests to registries with all that came of them: trying again, giving up."""

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dnssec import operations
from dnssec.algorithms import label
from dnssec.finding import key_tag, of_either_side
from domains import timeline
from domains.conversation import exchanges
from domains.desk import LIST_AND_PAGE, ActsOnly, Question
from domains.listing import search_text
from domains.middleware import PersonRequest
from domains.models import Attempt, Operation


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
        (gettext_lazy("Asked for"), {"fields": ("requested_by", "submitted_at", "retry_of", "precheck")}),
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
                f"{row}, {row.domain.name}, {row.get_status_display()}",
            )
            for row in rows
        ]
