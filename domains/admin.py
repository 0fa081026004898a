"""What support sees of people, registries, TLDs, contacts, commands and messages.

Pages that show keys or act on requests stand in dnssec/admin/: domains, keys, requests, mails.
"""

import ipaddress
import re
from typing import Any, ClassVar, cast

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import BaseUserCreationForm, UserChangeForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from domains import operations, viewing
from domains.desk import ConsoleAdmin, ConsoleInline, LookOnly, Question, ReasonForm
from domains.errors import MayNotBeViewed
from domains.listing import a_label, search_text
from domains.middleware import PersonRequest
from domains.models import (
    Attempt,
    Contact,
    Nameserver,
    Person,
    PollMessage,
    Registry,
    Tld,
)

NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.(?!-)[a-z0-9_-]{1,63})*")  # An A-label name, RFC 5891 section 4.4.


class NamedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form over what has a name in the DNS."""

    def clean_name(self) -> str:
        """The name as names are kept: A-labels in lower case, without a last dot."""
        name = a_label(search_text(self.cleaned_data["name"]))
        if not NAME.fullmatch(name):
            raise ValidationError(_("Enter a domain name."))
        return name


class PersonAddForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """A new person and a first password."""

    class Meta:
        model = Person
        fields = ("email", "name")

    def clean_email(self) -> str:
        """The address in lower case, as it is kept."""
        return str(self.cleaned_data["email"]).lower()


class PersonChangeForm(UserChangeForm):  # type: ignore[type-arg]
    """Somebody who is known already; the password has a page of its own."""

    class Meta:
        model = Person
        fields = "__all__"

    def clean_email(self) -> str:
        """The address in lower case, as it is kept."""
        return str(self.cleaned_data["email"]).lower()


@admin.register(Person)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """People sign in by their address; what they may do in here comes from their groups alone."""

    form, add_form = PersonChangeForm, PersonAddForm
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "date_joined")
    list_filter = ("is_active", "is_staff", "groups", "date_joined")
    search_fields = ("email", "name")
    ordering = ("email",)
    list_per_page = 50
    show_full_result_count = False
    filter_horizontal = ()
    readonly_fields = ("is_superuser", "last_login", "date_joined")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("email", "name", "password")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "groups", "is_superuser")}),
        (_("Preferences"), {"fields": ("time_zone", "language")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2")}),)

    def get_urls(self) -> list[Any]:
        """With the page that begins a view of the console as its owner sees it."""
        view_as = path("<int:pk>/view-as/", self.admin_site.admin_view(self.view_as), name="domains_person_view_as")
        return [view_as, *super().get_urls()]

    def view_as(self, request: PersonRequest, pk: int) -> HttpResponse:
        """Ask for a reason, then show the console as this person sees it: read-only, for half an hour at most."""
        if not request.user.has_perm("domains.view_as_owner"):
            raise PermissionDenied
        owner = get_object_or_404(Person, pk=pk)
        if not viewing.may_view(request.user, owner):
            raise PermissionDenied(MayNotBeViewed.default)
        form = ReasonForm(request.POST or None)
        if form.is_valid():
            viewing.start(request.session, owner, requested_by=request.user, reason=form.cleaned_data["reason"])
            return redirect("domains:list")
        page = reverse("admin:domains_person_change", args=[pk])
        return Question(
            title=gettext("View the console as %(person)s?") % {"person": owner.email},
            text=gettext(
                "You see what this person sees, for half an hour or until you stop. Nothing can be changed meanwhile."
            ),
            kept=gettext("Kept in the log of this person."),
            button=gettext("View the console"),
            about=[(page, owner.email)],
            back=page,
        ).page(request, form)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The page of a person; with a way to the console as that person sees it, where that may be."""
        person = self.get_object(request, unquote(object_id))
        viewer = cast(Person, request.user)
        more = {"may_view": person is not None and viewing.may_view(viewer, person)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    def has_change_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        """Only a superuser changes a superuser, the password included."""
        return super().has_change_permission(request, obj) and _may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Person | None = None) -> bool:
        """Only a superuser deletes a superuser."""
        return super().has_delete_permission(request, obj) and _may_touch(request, obj)

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        """Groups are few: a box to tick for each."""
        return super().formfield_for_manytomany(db_field, request, widget=forms.CheckboxSelectMultiple, **kwargs)

    def save_model(self, request: HttpRequest, obj: Person, form: Any, change: bool) -> None:
        """Save the person; the address that signs in is the present one, and no former one does any longer."""
        super().save_model(request, obj, form, change)
        EmailAddress.objects.filter(user=obj).exclude(email=obj.email).delete()
        EmailAddress.objects.update_or_create(user=obj, email=obj.email, defaults={"verified": True, "primary": True})


def _may_touch(request: HttpRequest, person: Person | None) -> bool:
    return person is None or not person.is_superuser or bool(getattr(request.user, "is_superuser", False))


class RegistryForm(forms.ModelForm):  # type: ignore[type-arg]
    """A registry's account. The password goes in and never comes out."""

    new_password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        min_length=6,  # RFC 5730 section 4, pwType; longer than 16 takes the login security extension (RFC 8807).
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("For the EPP login. It is kept sealed and never shown; leave this empty to keep the present one."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "new_password" in self.fields:
            self.fields["new_password"].required = not self.instance.sealed_password

    def clean(self) -> dict[str, Any]:
        """A server of somebody else's is trusted by a named file only."""
        values = super().clean() or {}
        if values.get("host") and not values.get("ca"):
            self.add_error("ca", _("Name the file of the authority that vouches for this server."))
        return values


@admin.register(Registry)
class RegistryAdmin(ConsoleAdmin):
    """The accounts at registries, and how each of them has been answering."""

    form = RegistryForm
    list_display = ("name", "interface", "registrar_id", "host", "last_answer_at", "last_failure_at", "needs_staff")
    list_filter = ("interface", ("needs_staff", admin.EmptyFieldListFilter), "last_failure_at")
    search_fields = ("name", "host", "registrar_id")
    ordering = ("name",)
    readonly_fields = (
        "needs_staff",
        "closed_until",
        "last_answer_at",
        "last_failure_at",
        "last_failure",
        "next_poll_at",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Registry | None = None) -> Any:
        """The account, the server, its health; the password's field only for who may set it."""
        account: tuple[str, ...] = ("name", "interface", "registrar_id")
        if self.has_change_permission(request, obj):
            account += ("new_password",)
        return [
            (None, {"fields": account}),
            (_("Server"), {"fields": ("host", "port", "ca", "cert", "key", "session_limit")}),
            (_("Health"), {"fields": self.readonly_fields}),
        ]

    def save_model(self, request: HttpRequest, obj: Registry, form: Any, change: bool) -> None:
        """Save what was changed and nothing else: workers write the health. A new password is worth a login at once."""
        columns = set(form.changed_data) - {"new_password"}
        if form.cleaned_data["new_password"]:
            obj.set_password(form.cleaned_data["new_password"])
            obj.needs_staff, obj.closed_until = "", None
            columns |= {"sealed_password", "needs_staff", "closed_until"}
        obj.save(update_fields=columns if change else None)


class TldForm(NamedForm):
    """A TLD's policy."""

    def clean_algorithms(self) -> list[int] | None:
        """None for every algorithm in use, else numbers of the IANA table."""
        numbers = self.cleaned_data["algorithms"] or None
        if numbers is not None and not (
            isinstance(numbers, list) and all(type(number) is int and 0 < number < 256 for number in numbers)
        ):
            raise ValidationError(_("Enter a list of algorithm numbers, such as [8, 13], or nothing."))
        return numbers


@admin.register(Tld)
class TldAdmin(ConsoleAdmin):
    """What each TLD's registry allows."""

    form = TldForm
    list_display = ("name", "registry", "dnssec", "max_keys", "algorithms", "as_of", "source")
    list_filter = ("dnssec", "registry", "max_keys", "source")
    list_select_related = ("registry",)
    search_fields = ("name",)
    autocomplete_fields = ("registry",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the TLD; its domains show at once whether keys can be added now."""
        super().save_model(request, obj, form, change)
        operations.show_dnssec_support(obj)


@admin.register(Contact)
class ContactAdmin(ConsoleAdmin):
    """Registrants and the other contacts of domains."""

    list_display = ("name", "organization", "email")
    list_filter = (("email", admin.EmptyFieldListFilter), ("organization", admin.EmptyFieldListFilter))
    search_fields = ("name", "organization", "email")
    ordering = ("name", "pk")


class NameserverForm(NamedForm):
    """A name server and the addresses that its parent needs."""

    def clean_addresses(self) -> list[str]:
        """Addresses of the network, each in its usual form."""
        value = self.cleaned_data["addresses"] or []
        try:
            return [str(ipaddress.ip_address(str(address))) for address in list(value)]
        except (TypeError, ValueError) as error:
            raise ValidationError(_('Enter a list of addresses, such as ["192.0.2.1"], or nothing.')) from error


@admin.register(Nameserver)
class NameserverAdmin(ConsoleAdmin):
    """Every domain's name servers."""

    form = NameserverForm
    list_display = ("name", "domain", "addresses")
    list_filter = (("domain__tld", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("domain",)
    search_fields = ("name", "domain__name", "domain__unicode_name")
    autocomplete_fields = ("domain",)
    ordering = ("name", "pk")


class NameserverInline(ConsoleInline):
    """A domain's name servers."""

    model = Nameserver
    form = NameserverForm


class DomainForm(NamedForm):
    """A domain that the registrar takes over, or what is known of one."""

    def clean(self) -> dict[str, Any]:
        """The name lies under its TLD."""
        values = super().clean() or {}
        if "name" in values and values.get("tld") and not values["name"].endswith(f".{values['tld'].name}"):
            self.add_error("tld", _("The name does not end in this TLD."))
        return values


@admin.register(Attempt)
class AttemptAdmin(LookOnly, ConsoleAdmin):
    """Every command that was sent for an operation, by the transaction ids of either side."""

    list_display = ("cl_trid", "sv_trid", "operation_reference", "command", "sent_at", "answered_at", "code", "message")
    list_filter = ("command", ("answered_at", admin.EmptyFieldListFilter), "code", "sent_at")
    list_select_related = ("operation",)
    search_fields = ("cl_trid", "sv_trid", "operation__reference", "operation__domain__name")
    ordering = ("-pk",)

    @admin.display(description=_("request"), ordering="operation__reference")
    def operation_reference(self, attempt: Attempt) -> str:
        """The operation that it was sent for."""
        return attempt.operation.reference


@admin.register(PollMessage)
class PollMessageAdmin(LookOnly, ConsoleAdmin):
    """What registries told through their queues."""

    list_display = (
        "message_id",
        "registry",
        "queued_at",
        "domain_name",
        "accepted",
        "cl_trid",
        "sv_trid",
        "handled_at",
    )
    list_filter = ("registry", "accepted", ("handled_at", admin.EmptyFieldListFilter), "queued_at")
    list_select_related = ("registry",)
    search_fields = ("message_id", "domain_name", "cl_trid", "sv_trid", "operation__reference")
    ordering = ("-pk",)
