"""The pages of what takes days: the guides, the next safe step as a part of Manage keys, and the step as a calendar
file."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dnssec import rollover, switching_off
from dnssec.asking import ask_for_check
from dnssec.guides import facts_of
from dnssec.ics import Event, calendar
from dnssec.next_step import Stage, next_step
from domains.middleware import STOP_POLLING, PersonRequest
from domains.models import Domain

GUIDE, STEP = "dnssec/guide.html", "dnssec/next_step.html"
GUIDES = {"rollover": rollover.guide, "switch-off": switching_off.guide}


@require_http_methods(["GET", "HEAD", "POST"])
def guide(request: PersonRequest, name: str, slug: str) -> HttpResponse:
    """A guide as it stands; for htmx its part that changes, 204 while nothing has, and 286 once nothing will. A POST
    has the chain checked now."""
    domain = _domain(request, name)
    if request.method == "POST":
        ask_for_check(domain, newer_than=timezone.now() - timedelta(seconds=5))
        if not request.htmx:
            return HttpResponseRedirect(request.path, status=303)
    made = GUIDES[slug](facts_of(domain))
    if not request.htmx:
        return render(request, GUIDE, {"guide": made})
    if request.GET.get("version") == made.version:
        return HttpResponse(status=204)
    status = 200 if made.is_live or request.method == "POST" else STOP_POLLING
    return render(request, f"{GUIDE}#guide-answer", {"guide": made}, status=status)


@require_safe
def step(request: PersonRequest, name: str) -> HttpResponse:
    """What is safe to do next, as a part of Manage keys; 204 while nothing has changed since `version`, 286 once it was
    seen on all servers."""
    domain = _domain(request, name)
    keys = domain.keys.all()
    found = next_step(domain, keys)
    if found and found.version == request.GET.get("version"):
        return HttpResponse(status=204)
    status = 200 if found and found.is_live else STOP_POLLING
    return render(request, f"{STEP}#next-step", {"step": found, "domain": domain, "keys": keys}, status=status)


@require_safe
def step_file(request: PersonRequest, name: str) -> HttpResponse:
    """The time of the next step as a calendar file. 404 while none is known."""
    domain = _domain(request, name)
    found = next_step(domain, domain.keys.all())
    if found is None or found.wait is None or found.stage not in (Stage.WAITING, Stage.SAFE):
        raise Http404
    address = settings.PUBLIC_URL + reverse("dnssec:manage_keys", args=[name])
    event = Event(
        uid=f"{found.publication.operation.reference}@{domain.name}",
        at=found.wait.until,
        changed_at=found.publication.seen_at or timezone.now(),
        summary=_("%(domain)s: %(what)s") % {"domain": domain.unicode_name, "what": found.title_when_safe},
        description=f"{found.sentence}\n{address}",
        url=address,
    )
    return HttpResponse(
        calendar(event),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{domain.name}.next-step.ics"'},
    )


def _domain(request: PersonRequest, name: str) -> Domain:
    domains = Domain.objects.visible_to(request.user).select_related("tld").prefetch_related("keys")
    domain: Domain = get_object_or_404(domains, name=name)
    return domain
