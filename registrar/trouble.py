"""The pages for what goes wrong on our side: made of nothing that could be broken as well, above all no database."""

import sys

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.context_processors import csp
from django.template.loader import render_to_string
from redis.exceptions import ConnectionError as BrokerAway
from redis.exceptions import TimeoutError as BrokerSilent

AWAY = (OperationalError, InterfaceError, BrokerAway, BrokerSilent)
RETRY_AFTER = "30"  # Seconds; RFC 9110 section 10.2.3.


def server_error(request: HttpRequest) -> HttpResponse:
    """503 where the database or the cache cannot be reached, 500 for a fault of ours. Called while it is handled."""
    is_away = isinstance(sys.exception(), AWAY)
    status = 503 if is_away else 500
    again = request.get_full_path() if request.method == "GET" else ""
    context = csp(request) | {"again": again, "support_email": settings.SUPPORT_EMAIL}
    response = HttpResponse(render_to_string(f"{status}.html", context), status=status)
    if is_away:
        response["Retry-After"] = RETRY_AFTER
    return response
