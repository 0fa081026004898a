"""Looking at a domain's chain of trust from the page Manage keys: have it checked again, and follow until the result is
there.
"""

import re
from datetime import UTC, datetime

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dnssec.asking import ask_for_check
from dnssec.models import DelegationSigner
from dnssec.overview import Overview, overview_of
from dnssec.trust import PATIENCE, asked_now, trust_of
from domains.middleware import STOP_POLLING, PersonRequest
from domains.models import Domain

ANSWER = "dnssec/chain.html#chain-answer"


@require_safe
def chain(request: PersonRequest, name: str) -> HttpResponse:
    """
    The chain again once there is a result newer than `seen`, else 204; 286 once nothing is waited for any more.

    Has it checked where no result is fresh. That writes a row on GET, at most one at a time for each domain: a request
    for work that anybody may see repeated, and no change of anything that is shown.
    """
    overview = _overview(request, name)
    if not request.htmx:
        return redirect(reverse("dnssec:manage_keys", args=[name]) + "#chain")
    ask_for_check(overview.domain, newer_than=trust_of(overview).needed_since)
    since = _since(request)
    trust = trust_of(overview, is_late=since is not None and timezone.now() - since > PATIENCE)
    seen = trust.shown is not None and str(trust.shown.pk) == request.GET.get("seen")
    nothing_new = seen or trust.shown is None
    if nothing_new and not trust.is_late and (since is not None or not trust.is_checking):
        return HttpResponse(status=204)
    context = {
        "overview": overview,
        "trust": trust,
        "oob": True,
        "since": int((since or timezone.now()).timestamp()),
        "is_new": not nothing_new,
    }
    return render(request, ANSWER, context, status=200 if trust.asks else STOP_POLLING)


@require_http_methods(["GET", "HEAD", "POST"])
def check_chain(request: PersonRequest, name: str) -> HttpResponse:
    """Have the chain checked now. The page follows until the result is there."""
    overview = _overview(request, name)
    address = reverse("dnssec:manage_keys", args=[name])
    if request.method != "POST":
        return redirect(address)
    place = "found-keys" if request.POST.get("place") == "found-keys" else "chain"
    ask_for_check(overview.domain, newer_than=asked_now())
    if not request.htmx:
        messages.info(request, _("The chain of trust is being checked. Reload the page in a moment to see the result."))
        return HttpResponseRedirect(f"{address}#{place}", status=303)
    context = {
        "overview": overview,
        "trust": trust_of(overview),
        "oob": True,
        "since": int(timezone.now().timestamp()),
        "is_new": False,
    }
    return render(request, ANSWER, context)


def _overview(request: PersonRequest, name: str) -> Overview:
    domain: Domain = get_object_or_404(
        Domain.objects.visible_to(request.user)
        .select_related("tld__registry", "registrant")
        .prefetch_related(Prefetch("keys", DelegationSigner.objects.select_related("added_by"))),
        name=name,
    )
    return overview_of(domain)


def _since(request: PersonRequest) -> datetime | None:
    """Since when a result is waited for, as the address says; nonsense counts as not at all."""
    since = request.GET.get("since", "")
    return datetime.fromtimestamp(int(since), UTC) if re.fullmatch(r"[0-9]{1,10}", since, re.ASCII) else None
