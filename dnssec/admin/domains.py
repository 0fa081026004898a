"""A domain with its keys, name servers and requests; its whole story; looking at it again."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dnssec import operations
from dnssec.admin.conditions import streams
from dnssec.admin.keys import KeyInline
from dnssec.finding import key_tag
from dnssec.models import DelegationSigner
from dnssec.outcomes import show_status
from domains import story
from domains.admin import DomainForm, NameserverInline
from domains.desk import LIST_AND_PAGE, ConsoleInline, LookOnly, Question, RunsActions
from domains.listing import search_text
from domains.middleware import PersonRequest
from domains.models import Domain, Operation


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
    list_display = (
        *("name", "unicode_name", "tld", "owner", "dnssec_status", "dnssec_keys", "health", "state"),
        "expires_on",
    )
    list_filter = (
        "dnssec_status",
        "health",
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
        *("health", "health_since", "checked_at", "watch_at"),
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
        (gettext_lazy("In the DNS"), {"fields": ("health", "health_since", "checked_at", "watch_at")}),
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
            "page": story.page(domain, more=streams(domain), cursor=request.GET.get("page", "")),
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
