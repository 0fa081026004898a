"""Viewing the console as an owner sees it: who may, for how long, what is written down, and what keeps it read-only.

What is kept in the session is who is looked at and until when. Everything else is judged anew with each request.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from domains.errors import MayNotBeViewed, ReasonNeeded
from domains.models import Person

logger = logging.getLogger(__name__)

LASTS = timedelta(minutes=30)
KEPT = "viewing"  # The session's word for it.
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")  # RFC 9110 section 9.2.1.


@dataclass(frozen=True, slots=True)
class Viewing:
    """Somebody of the staff sees the console as an owner does, until a moment."""

    viewer: Person
    owner: Person
    until: datetime


class ViewedRequest(HttpRequest):
    """A request as the middleware leaves it; the user is the owner, but in the admin."""

    viewing: Viewing


def may_view(viewer: Person, owner: Person) -> bool:
    """Whether somebody may see the console as the owner does: staff with that right, and never as other staff."""
    is_an_owner = owner.is_active and not owner.is_staff and not owner.is_superuser
    return viewer.is_active and viewer.is_staff and is_an_owner and viewer.has_perm("domains.view_as_owner")


def start(session: SessionBase, owner: Person, *, requested_by: Person, reason: str) -> None:
    """
    Begin, for half an hour at most, and write down who sees whose console, and why.

    Raises ReasonNeeded without a reason, MayNotBeViewed where `may_view` says no. Nothing is written then.
    """
    if not reason.strip():
        raise ReasonNeeded
    if not may_view(requested_by, owner):
        raise MayNotBeViewed
    with transaction.atomic():
        said = _("Viewed the console as this person: %(reason)s") % {"reason": reason.strip()}
        LogEntry.objects.log_actions(requested_by.pk, [owner], CHANGE, said, single_object=True)
        session[KEPT] = {"owner": owner.pk, "until": (timezone.now() + LASTS).timestamp()}
    logger.info("person %s views the console as person %s", requested_by.pk, owner.pk)


class ViewingMiddleware:
    """
    Lets staff who view as an owner be that owner, for looking only.

    Whatever is not a safe method is refused, but stopping and signing out. A viewing whose time is over, or that is not
    allowed any more, ends with the request that finds it so; if that one would change something it is refused as well,
    for it was meant for somebody else's console. The admin stays the staff's own, to be looked at.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if KEPT not in request.session:
            return self.get_response(request)
        viewing = _current(request)
        if viewing is None:
            del request.session[KEPT]
            messages.warning(request, _("You see your own console again: viewing as an owner has ended."))
        else:
            viewed = cast(ViewedRequest, request)
            viewed.viewing = viewing
            if not request.path.startswith(reverse("admin:index")):
                request.user = viewing.owner
        if request.method in SAFE or request.path in {reverse("domains:stop_viewing"), reverse("account_logout")}:
            return self.get_response(request)
        return render(request, "viewing.html", status=403)


@require_POST
def stop_viewing(request: HttpRequest) -> HttpResponse:
    """Be oneself again, on the page of who was looked at."""
    kept = request.session.pop(KEPT, None)
    if kept is None:
        return redirect("domains:list", permanent=False)
    return HttpResponse(status=303, headers={"Location": reverse("admin:domains_person_change", args=[kept["owner"]])})


def _current(request: HttpRequest) -> Viewing | None:
    """The viewing that the session keeps; None when its time is over or it is not allowed any more."""
    kept = request.session[KEPT]
    viewer = request.user
    until = datetime.fromtimestamp(kept["until"], timezone.get_default_timezone())
    if not isinstance(viewer, Person) or timezone.now() >= until:
        return None
    owner = Person.objects.filter(pk=kept["owner"]).first()
    return Viewing(viewer, owner, until) if owner is not None and may_view(viewer, owner) else None
