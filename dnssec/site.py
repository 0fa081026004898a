"""The admin as a whole, for support: its start page, its search box, the preview of the mails."""

from typing import Any, cast

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override

from dnssec import examples, finding
from domains import attention
from domains.models import Person
from domains.views import A_MAIL_ITSELF, FRAMING_A_MAIL

SCHEMES = ("light", "dark")
WIDTHS = ("600", "390")


class SupportSite(AdminSite):
    """Django's admin, with what support needs at hand before it."""

    index_template = "admin/start.html"

    def get_urls(self) -> list[Any]:
        """With the search box and the mails."""
        own = [
            path("find/", self.admin_view(self.find), name="find"),
            path("mails/", self.admin_view(csp_override(FRAMING_A_MAIL)(self.mails)), name="mails"),
            path(
                "mails/<slug:name>/<str:scheme>/",
                self.admin_view(xframe_options_sameorigin(csp_override(A_MAIL_ITSELF)(self.mail))),
                name="mail_example",
            ),
        ]
        return own + super().get_urls()

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """What needs attention, then everything that there is."""
        concerns = attention.concerns(cast(Person, request.user))
        more = {
            "concerns": [concern for concern in concerns if concern.count],
            "quiet": [concern for concern in concerns if not concern.count],
        }
        return super().index(request, {**(extra_context or {}), **more})

    def find(self, request: HttpRequest) -> HttpResponse:
        """What answers to the term; straight to its page where it is one thing only."""
        term = request.GET.get("q", "")
        found = finding.find(term, cast(Person, request.user))
        if len(found) == 1 and len(found[0].hits) == 1:
            return redirect(found[0].hits[0].url)
        context = self.each_context(request) | {"title": _("Find"), "term": term, "found": found}
        return TemplateResponse(request, "admin/find.html", context)

    def mails(self, request: HttpRequest) -> HttpResponse:
        """Every mail that the console sends, made of examples: in both forms, in light and dark, wide and narrow."""
        self._see_mails(request)
        shown = examples.rendered(request.GET.get("mail", "")) or examples.rendered(examples.NAMES[0])
        scheme, width = request.GET.get("scheme", ""), request.GET.get("width", "")
        context = self.each_context(request) | {
            "title": _("Mails"),
            "examples": examples.titles(),
            "shown": shown,
            "scheme": scheme if scheme in SCHEMES else SCHEMES[0],
            "schemes": [("light", _("Light")), ("dark", _("Dark"))],
            "width": width if width in WIDTHS else WIDTHS[0],
            "widths": WIDTHS,
        }
        return TemplateResponse(request, "admin/mails.html", context)

    def mail(self, request: HttpRequest, name: str, scheme: str) -> HttpResponse:
        """The HTML of one example by itself, as a mail program of light or dark appearance shows it."""
        self._see_mails(request)
        shown = examples.rendered(name)
        if shown is None or scheme not in SCHEMES:
            raise Http404
        media = "all" if scheme == "dark" else "not all"
        return HttpResponse(shown.html.replace("(prefers-color-scheme: dark)", media))

    def _see_mails(self, request: HttpRequest) -> None:
        if not request.user.has_perm("domains.view_outgoingemail"):
            raise PermissionDenied
