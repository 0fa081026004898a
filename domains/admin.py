"""Support's view of what the registrar knows: lists to search, pages to read, and the few things that are
edited by hand.

What depends on keys (domains, requests, mails) is registered in dnssec/admin.py, which completes the classes made
here for it.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

import idna
from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from domains.listing import a_label, search_text
from domains.models import (
    Attempt,
    Contact,
    Domain,
    Nameserver,
    Operation,
    OutgoingEmail,
    Person,
    PollMessage,
    Registry,
    Tld,
)

NEWEST = 50  # So many rows of a history stand on a page; the list of its kind has the rest.


class SupportAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django's class takes no parameter when it runs.
    """How lists behave here: quick with many rows, and forgiving about what is pasted into the search."""

    show_full_result_count = False
    list_per_page = 50

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """As Django's, without NUL, which PostgreSQL does not take."""
        return super().get_search_results(request, queryset, search_term.replace("\0", ""))


class LookOnly:
    """For rows that the life of an operation writes: nobody adds, changes or deletes them by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class NewestFirst(BaseInlineFormSet):  # type: ignore[type-arg]  # Django's class takes no parameters when it runs.
    """The newest rows of a history: there may be hundreds."""

    def get_queryset(self) -> Any:
        """Read once, as a list."""
        if not hasattr(self, "_newest"):
            self._newest = list(super().get_queryset().order_by("-pk")[:NEWEST])
        return self._newest


class HistoryInline(LookOnly, admin.TabularInline):  # type: ignore[type-arg]  # as above.
    """Rows of a history on the page of what they belong to; each leads to its own page."""

    formset = NewestFirst
    extra = 0
    can_delete = False
    show_change_link = True


# ---- people ----


class NewPersonForm(BaseUserCreationForm):  # type: ignore[type-arg]  # as above.
    """A new person: address, name, password."""

    class Meta:
        model = Person
        fields = ("email", "name")

    def clean_email(self) -> str:
        """The address in lower case, as it is kept."""
        return str(self.cleaned_data["email"]).lower()


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]  # as above.
    """A person; the password has a page of its own."""

    class Meta:
        model = Person
        fields = ("email", "name")

    def clean_email(self) -> str:
        """The address in lower case, as it is kept."""
        return str(self.cleaned_data["email"]).lower()


@admin.register(Person)
class PersonAdmin(SupportAdmin, UserAdmin):  # type: ignore[type-arg]  # as above.
    """People. They are deactivated, not deleted: requests and the log keep naming them."""

    form = PersonForm
    add_form = NewPersonForm
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ("groups",)
    readonly_fields = ("last_login", "date_joined", "time_zone", "language", "set_password")
    fieldsets = (
        (None, {"fields": ("email", "name", "set_password")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Other"), {"fields": ("time_zone", "language", "last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)

    @admin.display(description=_("password"))
    def set_password(self, person: Person) -> str:
        """A link to the page that sets one."""
        url = reverse("admin:auth_user_password_change", args=[person.pk])
        return format_html('<a href="{}">{}</a>', url, _("Set a new password"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who may not change people is not offered to set their passwords."""
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        return ((None, {"fields": ("email", "name")}), *self.fieldsets[1:])

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only a superuser makes a superuser."""
        return self.readonly_fields if _is_superuser(request) else (*self.readonly_fields, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a superuser changes a superuser: else setting the password would be a way to become one."""
        above = obj is not None and obj.is_superuser and not _is_superuser(request)
        return not above and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: the log would lose whoever acted."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the person, and the address that signs in with them."""
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            EmailAddress.objects.filter(user=obj).delete()
            EmailAddress.objects.create(user=obj, email=obj.email, verified=True, primary=True)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


# ---- registries and TLDs ----


class RegistryForm(forms.ModelForm):  # type: ignore[type-arg]  # as above.
    """A registry; its password goes in and never comes out."""

    new_password = forms.CharField(
        label=_("New password"),
        strip=False,
        min_length=6,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text=_("For the EPP login. It is kept sealed and shown to nobody. Empty: the present one stays."),
    )

    class Meta:
        model = Registry
        fields = ("name", "interface", "registrar_id", "host", "port", "ca", "cert", "key", "session_limit")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "new_password" in self.fields:  # It is not when the page is only looked at.
            self.fields["new_password"].required = self.instance.pk is None

    def clean(self) -> None:
        """What belongs together stands together."""
        super().clean()
        given = {name: self.cleaned_data.get(name) for name in ("host", "port", "ca", "cert", "key")}
        if given["host"] and not given["ca"]:
            self.add_error("ca", _("Name the PEM file that vouches for the server: its certificate is always checked."))
        if bool(given["cert"]) != bool(given["key"]):
            self.add_error("key", _("A client certificate and its key are given together."))
        if not given["host"] and any(given.values()):
            self.add_error("host", _("Port and certificates make sense only together with a host."))


@admin.register(Registry)
class RegistryAdmin(SupportAdmin):
    """Registries: where they are and how they are."""

    form = RegistryForm
    list_display = ("name", "interface", "host", "last_answer_at", "last_failure_at", "needs_staff", "closed_until")
    list_filter = ("interface", ("needs_staff", admin.EmptyFieldListFilter), ("host", admin.EmptyFieldListFilter))
    search_fields = ("name", "host", "registrar_id")
    ordering = ("name",)
    health = ("last_answer_at", "last_failure_at", "last_failure", "needs_staff", "closed_until", "next_poll_at")
    readonly_fields = health
    fieldsets = (
        (None, {"fields": ("name", "interface", "registrar_id", "new_password", "session_limit")}),
        (_("Server"), {"fields": ("host", "port", "ca", "cert", "key")}),
        (_("As the workers last saw it"), {"fields": health}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The password's field is there for those who may set it."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        return ((None, {"fields": ("name", "interface", "registrar_id", "session_limit")}), *self.fieldsets[1:])

    @method_decorator(sensitive_post_parameters("new_password"))
    def changeform_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """As Django's; no report of an error shows the password."""
        return super().changeform_view(*args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what was changed, and nothing that workers write meanwhile. A new password ends the pause of logins."""
        fields = [name for name in form.changed_data if name != "new_password"]
        if password := form.cleaned_data["new_password"]:
            obj.set_password(password)
            obj.needs_staff, obj.closed_until = "", None
            fields += ["sealed_password", "needs_staff", "closed_until"]
        obj.save(update_fields=fields if change else None)


class AlgorithmsField(forms.CharField):
    """Algorithm numbers, apart by commas or spaces; nothing stands for every algorithm in use."""

    def prepare_value(self, value: Any) -> Any:
        """The list as text."""
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The list, or None. Raises ValidationError."""
        words = str(value or "").replace(",", " ").split()
        if not all(word.isascii() and word.isdecimal() and int(word) <= 255 for word in words):
            raise ValidationError(_("Give the numbers of algorithms, such as 8, 13, 15."))
        return sorted({int(word) for word in words}) or None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """By what it means, not by how it is written."""
        return bool(self.to_python(self.prepare_value(initial)) != self.to_python(data))


class TldForm(forms.ModelForm):  # type: ignore[type-arg]  # as above.
    """A TLD and what its registry allows."""

    algorithms = AlgorithmsField(
        label=_("Algorithms"), required=False, help_text=_("Numbers, such as 8, 13, 15. Empty: every algorithm in use.")
    )

    class Meta:
        model = Tld
        fields = ("name", "registry", "dnssec", "max_keys", "algorithms", "as_of", "source")

    def clean_name(self) -> str:
        """The A-label form. Raises ValidationError."""
        return _domain_name(self.cleaned_data["name"])


@admin.register(Tld)
class TldAdmin(SupportAdmin):
    """What each TLD's registry allows: support keeps it up to date."""

    form = TldForm
    list_display = ("name", "registry", "dnssec", "max_keys", "algorithms", "as_of", "source")
    list_filter = ("dnssec", ("registry", admin.RelatedOnlyFieldListFilter), "max_keys", "as_of")
    list_select_related = ("registry",)
    search_fields = ("name",)
    autocomplete_fields = ("registry",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the TLD; its domains without keys show whether keys can be added now."""
        super().save_model(request, obj, form, change)
        status = Domain.DnssecStatus.NOT_CONFIGURED if obj.dnssec else Domain.DnssecStatus.NOT_SUPPORTED
        without = [Domain.DnssecStatus.NOT_CONFIGURED, Domain.DnssecStatus.NOT_SUPPORTED]
        Domain.objects.filter(tld=obj, dnssec_status__in=without).update(dnssec_status=status)


# ---- domains ----


class DomainForm(forms.ModelForm):  # type: ignore[type-arg]  # as above.
    """A domain. Its TLD follows from its name, which may be typed in either form."""

    class Meta:
        model = Domain
        fields = ("name", "owner", "registrant", "admin", "tech", "billing", "registered_on", "expires_on")

    def clean_name(self) -> str:
        """The A-label form; its TLD is noted on the row. Raises ValidationError where no registry takes the name."""
        name = _domain_name(self.cleaned_data["name"])
        labels = name.split(".")
        suffixes = [".".join(labels[place:]) for place in range(1, len(labels))]
        fitting = Tld.objects.filter(name__in=suffixes, registry__isnull=False)
        tld = max(fitting, key=lambda tld: len(tld.name), default=None)
        if tld is None:
            raise ValidationError(_("No registry is known for this name: set one on its TLD first."))
        self.instance.tld = tld
        return name


def _domain_name(typed: str) -> str:
    try:
        return idna.encode(typed.strip().strip("."), uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise ValidationError(_("This is not a domain name.")) from error


class NameserverInline(admin.TabularInline):  # type: ignore[type-arg]  # as above.
    """The name servers on their domain's page."""

    model = Nameserver
    extra = 0


class OperationInline(HistoryInline):
    """The newest requests on their domain's page."""

    model = Operation
    fields = ("reference", "type", "status", "requested_by", "submitted_at", "finished_at", "message")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With who asked."""
        return super().get_queryset(request).select_related("requested_by")


class DomainAdmin(SupportAdmin):
    """Domains; completed with their keys and registered in dnssec/admin.py."""

    form = DomainForm
    list_display = (
        "name",
        "unicode_form",
        "owner",
        "registrant_address",
        "tld",
        "dnssec_status",
        "dnssec_keys",
        "state",
        "expires_on",
    )
    list_filter = (
        "dnssec_status",
        "state",
        ("tld__registry", admin.RelatedOnlyFieldListFilter),
        ("tld", admin.RelatedOnlyFieldListFilter),
        "expires_on",
    )
    list_select_related = ("owner", "registrant", "tld")
    search_fields = ("name",)
    search_help_text = _("A name in either form, or the address of an owner or registrant.")
    ordering = ("name",)
    autocomplete_fields = ("owner", "registrant", "admin", "tech", "billing")
    written = ("tld", "unicode_form", "state", "statuses", "dnssec_status", "dnssec_keys", "updated_at", "looked_at")
    readonly_fields = (*written, "registrant_address", "all_requests")
    fieldsets = (
        (None, {"fields": ("name", "unicode_form", "tld", "owner", "state")}),
        (_("DNSSEC"), {"fields": ("dnssec_status", "dnssec_keys", "all_requests")}),
        (_("Contacts"), {"fields": ("registrant", "registrant_address", "admin", "tech", "billing")}),
        (
            _("Registration"),
            {"fields": ("registered_on", "expires_on", "auto_renew", "transfer_lock", "statuses")},
        ),
        (_("Times"), {"fields": ("updated_at", "looked_at")}),
    )
    add_fieldsets = ((None, {"fields": form.Meta.fields}),)
    inlines: ClassVar[Sequence[Any]] = (NameserverInline, OperationInline)  # type: ignore[assignment]

    @admin.display(description=_("in Unicode"))
    def unicode_form(self, domain: Domain) -> str:
        """The readable form where it differs."""
        return domain.unicode_name if domain.is_idn else ""

    @admin.display(description=_("registrant's address"))
    def registrant_address(self, domain: Domain) -> str:
        """Where its mails go."""
        return domain.registrant.email if domain.registrant else ""

    @admin.display(description=_("requests"))
    def all_requests(self, domain: Domain) -> str:
        """A link to the list of them all."""
        url = reverse("admin:domains_operation_changelist", query={"domain__id__exact": domain.pk})
        return format_html('<a href="{}">{}</a>', url, _("All requests of this domain"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A new domain is given a name, people and dates; the rest follows."""
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The name is what the registry knows the domain by: it never changes."""
        return (*self.readonly_fields, "name") if obj else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """A domain that is only being added has no history."""
        return list(self.inlines) if obj else [NameserverInline]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By name in either form, or by the address of owner or registrant."""
        text = search_text(search_term)
        return (queryset.filter(self.matches(text)) if text else queryset), False

    def matches(self, text: str) -> Q:
        """What the search finds."""
        return (
            Q(name__contains=a_label(text))
            | Q(unicode_name__contains=text)
            | Q(owner__email__contains=text)
            | Q(registrant__email__icontains=text)
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what was changed, and nothing that workers write meanwhile."""
        obj.save(update_fields=form.changed_data if change else None)


@admin.register(Contact)
class ContactAdmin(SupportAdmin):
    """Registrants and other contacts."""

    list_display = ("name", "organization", "email")
    list_filter = (("email", admin.EmptyFieldListFilter), ("organization", admin.EmptyFieldListFilter))
    search_fields = ("name", "organization", "email")
    ordering = ("-pk",)


@admin.register(Nameserver)
class NameserverAdmin(SupportAdmin):
    """Name servers of all domains, to find who uses one."""

    list_display = ("name", "domain", "addresses")
    list_filter = (("domain__tld", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("domain",)
    search_fields = ("name", "domain__name", "domain__unicode_name")
    autocomplete_fields = ("domain",)
    ordering = ("-pk",)


# ---- what was asked of a registry, and what it said ----


class AttemptInline(HistoryInline):
    """The commands of a request on its page."""

    model = Attempt
    fields = ("command", "cl_trid", "sv_trid", "sent_at", "answered_at", "code", "message")
    readonly_fields = fields


class OutgoingEmailInline(HistoryInline):
    """The mails of a request on its page."""

    model = OutgoingEmail
    fields = ("kind", "recipient", "status", "created_at", "sent_at", "attempts_made", "last_error")
    readonly_fields = fields


class PollMessageInline(HistoryInline):
    """The registry's messages about a request on its page."""

    model = PollMessage
    fields = ("message_id", "queued_at", "accepted", "text", "cl_trid", "sv_trid", "received_at", "handled_at")
    readonly_fields = fields


@admin.register(Attempt)
class AttemptAdmin(LookOnly, SupportAdmin):
    """Every command that was sent for a request."""

    list_display = ("cl_trid", "command", "operation_reference", "domain", "sent_at", "answered_at", "code", "sv_trid")
    list_filter = ("command", "code", "sent_at")
    list_select_related = ("operation__domain",)
    search_fields = ("=cl_trid", "=sv_trid", "=operation__reference", "operation__domain__name")
    ordering = ("-pk",)

    @admin.display(description=_("request"))
    def operation_reference(self, attempt: Attempt) -> str:
        """The request it was sent for."""
        return _link(attempt.operation, attempt.operation.reference)

    @admin.display(description=_("domain"))
    def domain(self, attempt: Attempt) -> str:
        """The domain it is about."""
        return attempt.operation.domain.name


@admin.register(PollMessage)
class PollMessageAdmin(LookOnly, SupportAdmin):
    """What registries told later."""

    list_display = (
        "message_id",
        "registry",
        "domain_name",
        "accepted",
        "operation_reference",
        "queued_at",
        "handled_at",
    )
    list_filter = (("registry", admin.RelatedOnlyFieldListFilter), "accepted", "queued_at")
    list_select_related = ("registry", "operation")
    search_fields = ("=message_id", "domain_name", "=cl_trid", "=sv_trid", "=operation__reference")
    ordering = ("-pk",)

    @admin.display(description=_("request"))
    def operation_reference(self, message: PollMessage) -> str:
        """The request it decided, if any."""
        return _link(message.operation, message.operation.reference) if message.operation else ""


def _link(row: Model, text: str) -> str:
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', url, text)
