"""What every request of a signed-in person gets, and what an htmx request gets whose session has ended."""

import contextlib
import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils import timezone, translation
from django.utils.http import urlencode
from django_htmx.middleware import HtmxDetails

from domains.models import Person

STOP_POLLING = 286  # htmx swaps the answer and does not ask again.


class HtmxRequest(HttpRequest):
    """A request as the htmx middleware leaves it."""

    htmx: HtmxDetails


class PersonRequest(HtmxRequest):
    """A request that has passed LoginRequiredMiddleware: the user is a person."""

    user: Person


class PersonMiddleware:
    """
    Activates the person's time zone and language, and makes the end of a session bearable for htmx.

    htmx would follow a redirect and put the sign-in page into a corner of the page. What polls (`version` in the query)
    or sends a form gets a message with a link into the flash bar instead, and nothing typed is lost; the rest goes to
    sign in.
    """

    def __init__(self, get_response: Callable[[HtmxRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HtmxRequest) -> HttpResponse:
        person = request.user
        if not person.is_authenticated:
            return self._signed_out(request, self.get_response(request))
        # A language that the console does not speak changes nothing: the browser's choice stands.
        with contextlib.suppress(LookupError):
            translation.activate(translation.get_supported_language_variant(person.language))
            request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(_zone(person.time_zone)):
            return self.get_response(request)

    def _signed_out(self, request: HtmxRequest, response: HttpResponse) -> HttpResponse:
        sign_in = resolve_url(settings.LOGIN_URL)
        if not (request.htmx and response.status_code == 302 and response["Location"].startswith(f"{sign_in}?")):
            return response
        here = request.htmx.current_url_abs_path or resolve_url(settings.LOGIN_REDIRECT_URL)
        url = f"{sign_in}?{urlencode({'next': here})}"
        if request.method == "GET" and "version" not in request.GET:
            return HttpResponse(headers={"HX-Redirect": url})
        answer = render(request, "components/signed-out.html", {"url": url}, status=STOP_POLLING)
        answer["HX-Retarget"], answer["HX-Reswap"] = "#flashbar", "innerHTML"
        return answer


def _zone(name: str) -> zoneinfo.ZoneInfo:
    """The named time zone, or UTC when there is none of that name."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return zoneinfo.ZoneInfo("UTC")
