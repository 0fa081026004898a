"""Signing in and passwords: what the console wants otherwise than the account package does it."""

from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ChangePasswordForm as BaseChangePasswordForm
from allauth.account.forms import LoginForm, ResetPasswordKeyForm
from allauth.account.forms import ResetPasswordForm as BaseResetPasswordForm
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from django import forms
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _
from django.views import View

from domains import letters, outbox


class ConsoleAccountAdapter(DefaultAccountAdapter):
    """No sign-up; too many failures are answered 429; mails are sent by a worker."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("Email or password is not right. Please try again."),
        "enter_current_password": _("This is not your current password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by support staff."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt. Raises ImmediateHttpResponse (429) when there were too many failures for this address."""
        try:
            super().pre_authenticate(request, **credentials)
        except forms.ValidationError as error:
            raise ImmediateHttpResponse(respond_429(request)) from error

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Said only to somebody who knows the password."""
        return render(request, "account/inactive.html", status=403)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the work; the flash bar says that the password is changed."""
        return reverse("domains:list")

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell the owner of an account that its password was changed; here always, elsewhere an option."""
        self.send_mail(template_prefix, email or user.email, context or {})

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Render an account mail and have it sent."""
        mail = account_mail(template_prefix, email, context)
        outbox.send_account_mail(mail.subject, mail.text, mail.html, email)


@dataclass(frozen=True)
class AccountMail:
    """A mail about an account, in both its forms."""

    subject: str
    text: str
    html: str


def account_mail(template_prefix: str, email: str, context: dict[str, Any]) -> AccountMail:
    """The mail of this kind to an address, not sent yet."""
    context = {"email": email, "support_email": settings.SUPPORT_EMAIL} | context
    return AccountMail(
        subject=" ".join(render_to_string(f"{template_prefix}_subject.txt", context).split()),
        text=render_to_string(f"{template_prefix}_message.txt", context).strip() + "\n",
        html=letters.dressed(render_to_string(f"{template_prefix}_message.html", context)),
    )


class SignInForm(LoginForm):
    """Email and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""
        _dress(self)


class ResetPasswordForm(BaseResetPasswordForm):
    """The address to which the link for a new password is sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Send the mail: a link, or that there is no account, so that an answer takes as long either way."""
        if self.users:
            return super().save(request, **kwargs)
        email: str = self.cleaned_data["email"]
        ConsoleAccountAdapter(request).send_mail("account/email/unknown_account", email, {})
        return email


class NewPasswordForm(ResetPasswordKeyForm):
    """The new password, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = _("New password")
        self.fields["password2"].label = _("New password again")
        _dress(self)


class ChangePasswordForm(BaseChangePasswordForm):
    """The current password, and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = _("Current password")
        self.fields["oldpassword"].help_text = ""
        self.fields["password1"].label = _("New password")
        self.fields["password2"].label = _("New password again")
        _dress(self)


@method_decorator(login_not_required, name="dispatch")
class RedirectToSignIn(View):
    """The admin's sign-in page leads to the console's; who is signed in but no staff is refused, no loop."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the console's sign-in, keeping where the person was going. Raises PermissionDenied."""
        target = request.GET.get(REDIRECT_FIELD_NAME, "")
        if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
            target = reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect(f"{reverse('account_login')}?{urlencode({REDIRECT_FIELD_NAME: target})}")
        if not (request.user.is_active and request.user.is_staff):
            raise PermissionDenied
        return redirect(target)


def _dress(form: forms.Form) -> None:
    """Our labels and looks: no colon, no placeholder in the label's place."""
    form.label_suffix = ""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
        field.widget.attrs["class"] = "input"
