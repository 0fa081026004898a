"""The living page of all components, for staff: made of the templates and stylesheets that the pages use, and of
examples that are stored nowhere.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from domains.models import Domain, Operation, Tld
from domains.timeline import Step

THEN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DIGEST = "D9F6D1C0B2A4E8579136F0A5C7E2B84D6A1F3E5C9B7D02846F8A1C3E5B7D9F02"


class ExampleForm(forms.Form):
    """A field of each kind: filled in, with a mistake, and out of use."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("A hint says what is expected."),
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("Email"), widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "off"})
    )
    note = forms.CharField(label=gettext_lazy("Note"), widget=forms.Textarea(attrs={"class": "textarea", "rows": 3}))
    closed = forms.CharField(
        label=gettext_lazy("Out of use"),
        required=False,
        disabled=True,
        widget=forms.TextInput(attrs={"class": "input"}),
    )


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """Every component in every state. Nobody but staff finds it."""
    if not request.user.is_staff:
        raise Http404
    return render(request, "components.html", _examples())


def _examples() -> dict[str, Any]:
    tld = Tld(name="com")
    return {
        "form": ExampleForm(
            {"name": "example.com", "email": "not an address", "note": "Kept."},
            initial={"closed": "example.net"},
            label_suffix="",
        ),
        "healths": [Domain(health=health) for health in Domain.Health.values],
        "domains": [Domain(tld=tld, dnssec_status=status, dnssec_keys=2) for status in Domain.DnssecStatus.values],
        "operations": [Operation(status=status) for status in Operation.Status.values],
        "flashes": ["success", "info", "warning", "error"],
        "steps": [
            Step(THEN, "done", _("Submitted"), "alice@example.net"),
            Step(THEN + timedelta(seconds=2), "done", _("Sent to the registry"), cl_trid="RC-7Q2M4X8K1V-1"),
            Step(THEN + timedelta(seconds=3), "failed", _("No usable answer"), _("The connection was closed.")),
            Step(None, "now", _("Waiting for the registry’s answer"), _("This page updates by itself.")),
            Step(None, "next", _("Mail to the registrant"), _("with the outcome")),
        ],
        "tabs": [
            {"title": _("Overview"), "url": "#c-tabs", "current": True},
            {"title": _("Contacts"), "url": "#c-tabs"},
            {"title": _("Name servers"), "url": "#c-tabs"},
            {"title": _("History"), "url": "#c-tabs"},
        ],
        "page": {"previous": "previous", "next": "next"},
        "sort": "name",
        "digest": DIGEST,
        "record": f"example.com. IN DS 2371 13 2 {DIGEST}",
        "then": THEN,
    }
