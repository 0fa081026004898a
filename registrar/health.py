"""/healthz: whether database, broker and registries answer, judged from what the workers last saw.

No far side is asked.
"""

from datetime import timedelta

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from domains.models import Registry


@login_not_required
@never_cache
@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all is well, else 503, with each check's word. `?live` leaves the registries out."""
    checks = {"database": "ok", "broker": _broker()}
    registry = "ok"
    try:
        registry = _registries()
    except DatabaseError:
        checks["database"] = registry = "unavailable"
    if "live" not in request.GET:
        checks["registry"] = registry
    well = all(word == "ok" for word in checks.values())
    return JsonResponse({"status": "ok" if well else "unavailable", "checks": checks}, status=200 if well else 503)


def _broker() -> str:
    try:
        with redis.Redis.from_url(settings.CACHE_URL, socket_connect_timeout=1, socket_timeout=1) as connection:
            connection.ping()
    except (redis.RedisError, OSError):
        return "unavailable"
    return "ok"


def _registries() -> str:
    """The name of a registry that did not answer when it was last spoken to, or that nobody has spoken to for too
    long."""
    now = timezone.now()
    silence = timedelta(seconds=3 * settings.EPP_POLL_INTERVAL + 2 * settings.EPP_TIMEOUT)
    for registry in Registry.objects.filter(tlds__isnull=False).distinct().order_by("name"):
        answered = registry.last_answer_at
        if answered is None or answered < now - silence:
            return f"{registry.name}: no answer for a while"
        if registry.last_failure_at and registry.last_failure_at > answered:
            return f"{registry.name}: failing"
    return "ok"
