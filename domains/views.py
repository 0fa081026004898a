"""The pages of registered domains, requests and the demo's mailbox. Each finds its object among the person's own."""

from typing import cast

from django.conf import settings
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST, require_safe

from domains import columns, export, history, listing, mailbox, statuses, timeline
from domains.middleware import STOP_POLLING, PersonRequest
from domains.models import Attempt, Domain, Operation
from domains.silence import last_seen, silence_of

RECENT = 5

type Policy = dict[str, list[str]]

# A mail's HTML is shown in a frame of its own that may do nothing but look like it does.
FRAMING_A_MAIL: Policy = cast(Policy, settings.SECURE_CSP) | {"frame-src": [CSP.SELF]}
A_MAIL_ITSELF: Policy = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": ["data:"],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.NONE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": ["allow-top-navigation-by-user-activation"],
}


@require_safe
def domain_list(request: HttpRequest) -> HttpResponse:
    """Registered domains."""
    context = {
        "domains": listing.domains_of(request.user, request.GET),
        "statuses": Domain.DnssecStatus.choices,
        "healths": Domain.Health.choices,
        "columns": columns.chosen_by(request.user),
        "every_column": columns.COLUMNS,
    }
    return render(request, "domains/list.html", context)


@require_POST
def choose_columns(request: PersonRequest) -> HttpResponse:
    """Keep which columns the list shows, and show the same list again."""
    columns.choose(None if "usual" in request.POST else request.POST.getlist("column"), requested_by=request.user)
    query = listing.address_query(QueryDict(request.POST.get("query", "")).dict())
    return HttpResponseRedirect(f"{reverse('domains:list')}{query and f'?{query}'}", status=303)


@require_safe
def domain_export(request: HttpRequest, form: str) -> StreamingHttpResponse:
    """All rows of the list as it is filtered, as a file."""
    kind = export.Form(form)
    rows = export.written(listing.asked_for(request.user, request.GET), kind)
    response = StreamingHttpResponse(rows, content_type=kind.content_type)
    response["Content-Disposition"] = f'attachment; filename="domains-{timezone.localdate().isoformat()}.{kind}"'
    return response


@require_safe
def domain_detail(request: HttpRequest, name: str) -> HttpResponse:
    """One domain: details, name servers, contacts, recent requests."""
    domain = get_object_or_404(
        Domain.objects.visible_to(request.user)
        .select_related("tld__registry", "registrant", "admin", "tech", "billing")
        .prefetch_related("nameservers"),
        name=name,
    )
    recent = domain.operations.select_related("domain__tld").prefetch_related("mails").order_by("-id")[:RECENT]
    context = {
        "domain": domain,
        "codes": statuses.explain(domain.statuses),
        "operations": recent,
        "silence": silence_of(domain.tld.registry, [domain.tld]),
        "seen_at": last_seen(domain),
    }
    return render(request, "domains/detail.html", context)


@require_safe
def domain_history(request: HttpRequest, name: str) -> HttpResponse:
    """What happened to one domain, newest first."""
    domain = get_object_or_404(Domain.objects.visible_to(request.user).select_related("tld"), name=name)
    page = history.page(domain, cursor=request.GET.get("page", ""))
    return render(request, "domains/history.html", {"domain": domain, "history": page})


@require_safe
def request_list(request: HttpRequest) -> HttpResponse:
    """Requests, newest first."""
    requests = listing.requests_of(request.user, request.GET)
    return render(request, "domains/requests.html", {"requests": requests, "statuses": Operation.Status.choices})


@require_safe
def request_list_live(request: HttpRequest) -> HttpResponse:
    """The table of the page again when it has changed; 286 when nothing on it will change by itself any more."""
    requests = listing.requests_of(request.user, request.GET)
    if requests.is_live and requests.version == request.GET.get("version"):
        return HttpResponse(status=204)
    status = 200 if requests.is_live else STOP_POLLING
    return render(request, "domains/requests.html#request-table", {"requests": requests}, status=status)


@require_safe
def request_detail(request: HttpRequest, reference: str) -> HttpResponse:
    """One request and everything that happened in it."""
    return render(request, "domains/request.html", _request_context(request, reference))


@require_safe
def request_detail_live(request: HttpRequest, reference: str) -> HttpResponse:
    """The request again when it has changed; 286 when it will not change by itself any more."""
    context = _request_context(request, reference)
    if context["is_live"] and context["version"] == request.GET.get("version"):
        return HttpResponse(status=204)
    status = 200 if context["is_live"] else STOP_POLLING
    return render(request, "domains/request.html#request-state", context, status=status)


@require_safe
def mailbox_list(request: HttpRequest) -> HttpResponse:
    """The demo's mails about requests that this person may see."""
    _demo_only()
    mails, following = mailbox.page(request.user, after=request.GET.get("page", ""))
    return render(request, "domains/mailbox.html", {"mails": mails, "following": following})


@require_safe
@csp_override(FRAMING_A_MAIL)
def mailbox_mail(request: HttpRequest, key: str) -> HttpResponse:
    """One mail: headers, text, and its HTML in a frame."""
    return render(request, "domains/mail.html", {"mail": _mail(request, key)})


@require_safe
@xframe_options_sameorigin
@csp_override(A_MAIL_ITSELF)
def mailbox_mail_html(request: HttpRequest, key: str) -> HttpResponse:
    """The HTML part of a mail by itself, without scripts; its links leave the frame."""
    html = _mail(request, key).html
    return HttpResponse(html.replace("<head>", '<head><base target="_top">', 1))


def _request_context(request: HttpRequest, reference: str) -> dict[str, object]:
    operation = get_object_or_404(
        Operation.objects.visible_to(request.user)
        .select_related("domain__tld__registry", "domain__registrant", "requested_by", "retry_of")
        .prefetch_related(Prefetch("attempts", Attempt.objects.defer("sent", "received")), "poll_messages", "mails"),
        reference=reference,
    )
    tld = operation.domain.tld
    silence = silence_of(tld.registry, [tld]) if operation.is_open else None
    return {
        "operation": operation,
        "silence": silence,
        "steps": timeline.steps(operation),
        "is_live": listing.is_live(operation),
        "version": listing.version([operation], [silence] if silence else []),
    }


def _demo_only() -> None:
    if mailbox.directory() is None:
        raise Http404


def _mail(request: HttpRequest, key: str) -> mailbox.Mail:
    mail = mailbox.read(request.user, key)
    if mail is None:
        raise Http404
    return mail
