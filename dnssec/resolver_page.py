"""The page What a resolver sees, and asking again on it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dnssec.asking import ask_for_check
from dnssec.chain import Chain
from dnssec.checks import answers_of, chain_of
from dnssec.models import RUN_LASTS, DelegationCheck
from dnssec.resolver import Outcome, Sight, sight_of
from dnssec.told import advice, sentence
from domains.middleware import STOP_POLLING, PersonRequest
from domains.models import Domain

PAGE = "dnssec/resolver.html"
FRESH = timedelta(seconds=5)  # Who asks again sooner sees what is there.


@dataclass(frozen=True)
class Command:
    """A command to see something oneself, and what it shows."""

    says: str
    text: str


@dataclass(frozen=True)
class View:
    """What the page shows of a domain. `sight` is None before the first check, and where nothing could be asked."""

    domain: Domain
    sight: Sight | None
    checked_at: datetime | None
    is_asking: bool
    version: str
    commands: tuple[Command, ...] = ()

    @property
    def cause(self) -> str:
        """What decides the outcome, in the reader's language."""
        return sentence(self.sight.cause) if self.sight and self.sight.cause else ""

    @property
    def advice(self) -> str:
        """What to do about it."""
        return advice(self.sight.cause) if self.sight and self.sight.cause else ""


@require_safe
def resolver(request: PersonRequest, name: str) -> HttpResponse:
    """What resolvers answer for a domain, as the last check found it."""
    return render(request, PAGE, {"view": _view(request, name)})


@require_safe
def live(request: PersonRequest, name: str) -> HttpResponse:
    """The page's part that changes, when it has changed since `version`, else 204; 286 once nothing is asked."""
    view = _view(request, name)
    if view.version == request.GET.get("version", ""):
        return HttpResponse(status=204)
    if not view.is_asking:
        messages.info(request, _told(view))
    return render(request, f"{PAGE}#answer", {"view": view}, status=200 if view.is_asking else STOP_POLLING)


@require_http_methods(["GET", "HEAD", "POST"])
def ask_again(request: PersonRequest, name: str) -> HttpResponse:
    """Have the chain checked once more. The page follows until there is a result."""
    domain = _domain(request, name)
    address = reverse("dnssec:resolver", args=[name])
    if request.method != "POST":
        return redirect(address)
    ask_for_check(domain, newer_than=timezone.now() - FRESH)
    if not request.htmx:
        return HttpResponseRedirect(address, status=303)
    return render(request, f"{PAGE}#answer", {"view": _view(request, name)})


def _domain(request: PersonRequest, name: str) -> Domain:
    domain: Domain = get_object_or_404(Domain.objects.visible_to(request.user).select_related("tld"), name=name)
    return domain


def _view(request: PersonRequest, name: str) -> View:
    """The domain and its checks of the chain as it is: the last one, and one that is under way."""
    domain = _domain(request, name)
    rows = list(DelegationCheck.objects.of(domain, None).order_by("-id")[:2])
    last = next((row for row in rows if row.checked_at), None)
    running = next((row for row in rows if not row.checked_at and row.asked_at > timezone.now() - RUN_LASTS), None)
    chain = chain_of(last) if last else None
    return View(
        domain=domain,
        sight=sight_of(chain, answers_of(last)) if last and chain else None,
        checked_at=last.checked_at if last else None,
        is_asking=running is not None,
        version=f"{last.pk if last else 0}-{running.pk if running else 0}",
        commands=commands(chain) if chain else (),
    )


def commands(chain: Chain) -> tuple[Command, ...]:
    """How to see it oneself with the tools of BIND: of the real DNS, or of the mock registry's zones."""
    www = f"www.{chain.name}"
    if settings.DNS_PORT == 53:
        return (
            Command(_("The DS records at the parent, and the keys of the zone"), f"dig {chain.name} DS"),
            Command(_("What a validating resolver answers, and why"), f"delv {www} A +vtrace"),
            Command(_("The same without validating"), f"dig {www} A +cd +dnssec"),
        )
    at = f"@127.0.0.1 -p {settings.DNS_PORT}"
    trust = Path(settings.DNS_TRUST_ANCHOR).with_name("anchors")
    return (
        Command(_("The DS records at the parent"), f"dig {at} {chain.name} DS +dnssec +norec"),
        Command(_("The keys of the zone"), f"dig {at} {chain.name} DNSKEY +dnssec +norec"),
        Command(_("What a validating resolver answers, and why"), f"delv {at} -a {trust} +root=. {www} A +vtrace"),
        Command(_("The same without validating"), f"dig {at} {www} A +cd +norec"),
    )


def _told(view: View) -> str:
    if view.sight is None:
        return _("Nothing could be asked. Try again in a minute.")
    return {
        Outcome.VALIDATED: _("Asked again: a validating resolver answers, and says that it is genuine."),
        Outcome.SERVFAIL: _("Asked again: a validating resolver answers with SERVFAIL."),
        Outcome.UNVALIDATED: _("Asked again: resolvers answer, and nothing can be validated."),
        Outcome.ABSENT: _("Asked again: there is no such domain."),
        Outcome.UNREACHABLE: _("Asked again: none of the domain’s name servers answers."),
        Outcome.UNKNOWN: _("Asked again: it could not be found out."),
    }[view.sight.outcome]
