"""The page Manage keys and what is asked for on it: explain a paste, add a key, delete a key, cancel, look at the
registry again, keep a note, have copies of mails, take the records along; and the same page as it changes.
"""

import logging
import re
from datetime import UTC, datetime

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import reswap, retarget

from dnssec import foresight, operations, typed
from dnssec.foresight import Question
from dnssec.forms import AddKeyForm, NoteForm, chosen_key
from dnssec.models import DelegationSigner
from dnssec.next_step import deletion
from dnssec.overview import Overview, overview_of
from dnssec.typed import kept_through_signing_in
from domains.errors import KeyNotFound, RegistrarError
from domains.middleware import STOP_POLLING, PersonRequest
from domains.models import Domain, Operation, OutgoingEmail

logger = logging.getLogger(__name__)

PAGE = "dnssec/manage_keys.html"
CONFIRMATION = "dnssec/delete_key.html"

# Who signs in again in the middle of a POST comes back with GET, and is shown the page that the form stands on.
require_post_or_way_back = require_http_methods(["GET", "HEAD", "POST"])


@cache_control(no_store=True)
@require_safe
def manage_keys(request: PersonRequest, name: str) -> HttpResponse:
    """The keys of a domain and the form that adds one."""
    overview = overview_of(_domain(request, name), asked_at=_asked_at(request))
    before = typed.take(request.session, name)
    form = AddKeyForm(before, domain=overview.domain, as_typed=True)
    if before:
        form.full_clean()
        messages.info(request, _("You are signed in again. What you typed is still here, and nothing has been sent."))
    return render(request, PAGE, {"overview": overview, "form": form})


@require_safe
def records(request: PersonRequest, name: str) -> HttpResponse:
    """All keys of a domain as DS and DNSKEY records in a text file, as a zone file takes them."""
    overview = overview_of(_domain(request, name))
    seen = timezone.localtime(overview.now).strftime("%Y-%m-%d %H:%M %Z")
    head = _("; The DNSSEC keys of %(domain)s, %(at)s") % {"domain": overview.domain.name, "at": seen}
    return HttpResponse(
        f"{head}\n\n{overview.zone_text}\n",
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{overview.domain.name}.dnssec.txt"'},
    )


@sensitive_variables()
@sensitive_post_parameters("note")
@require_post_or_way_back
def note(request: PersonRequest, name: str, pk: str) -> HttpResponse:
    """Keep a note on a key. What is too long, or a private key, is not kept, and the page says so."""
    domain = _domain(request, name)
    address = reverse("dnssec:manage_keys", args=[name])
    if request.method != "POST":
        return redirect(address)
    form, status = NoteForm(request.POST), 422
    if form.is_valid():
        try:
            operations.write_note(_signer(domain, int(pk)), form.cleaned_data["note"], requested_by=request.user)
        except RegistrarError as error:
            messages.error(request, error.sentence)
            status = error.status
        else:
            messages.success(request, _("The note is saved."))
            status = 200
    else:
        messages.error(request, " ".join(map(str, form.errors["note"])))
    if not request.htmx:
        return _see_other(f"{address}#key-{pk}")
    return render(request, f"{PAGE}#live-answer", {"overview": _overview(request, name), "oob": True}, status=status)


@require_post_or_way_back
def mail_copy(request: PersonRequest, name: str) -> HttpResponse:
    """Whether the person is to have copies of the mails about own requests; asked on the page of any domain."""
    _domain(request, name)
    if request.method == "POST":
        wanted = "copy" in request.POST
        operations.have_copies(wanted, requested_by=request.user)
        told = (
            _("From the next outcome on you get a copy of each mail about your requests, to %(address)s.")
            if wanted
            else _("You get no copies of mails any more.")
        )
        messages.success(request, told % {"address": request.user.email})
        if request.htmx:
            return render(request, "components/flashbar.html", {"oob": True})
    return _see_other(reverse("dnssec:manage_keys", args=[name]))


@require_safe
def live(request: PersonRequest, name: str) -> HttpResponse:
    """The parts of the page again when they have changed since `version`, else 204; 286 once nothing is waited for
    any more."""
    overview = overview_of(_domain(request, name), asked_at=_asked_at(request))
    version = request.GET.get("version", "")
    if version == overview.version:
        return HttpResponse(status=204)
    closed = overview.closed_since(version)
    if closed:
        _tell_outcome(request, closed, overview)
    if overview.asked_at and not overview.is_checking:
        _tell_what_was_seen(request, overview)
    waiting = overview.open_operation or overview.is_checking or overview.silence
    context = {"overview": overview, "oob": True}
    return render(request, f"{PAGE}#live-answer", context, status=200 if waiting else STOP_POLLING)


@require_post_or_way_back
def check_again(request: PersonRequest, name: str) -> HttpResponse:
    """Have the registry asked for the domain's statuses and keys once more. The page follows until it has answered."""
    domain = _domain(request, name)
    address = reverse("dnssec:manage_keys", args=[name])
    if request.method != "POST":
        return redirect(address)
    asked_at: datetime | None = timezone.now().replace(microsecond=0)
    if not operations.look_again(domain, requested_by=request.user):
        messages.info(request, _("The registry was asked a moment ago. What you see is what it said."))
        asked_at = None
    if not request.htmx:
        return _see_other(f"{address}?asked={int(asked_at.timestamp())}" if asked_at else address)
    context = {"overview": overview_of(domain, asked_at=asked_at), "oob": True, "moved_on": True}
    return render(request, f"{PAGE}#live-answer", context)


@cache_control(no_store=True)
@sensitive_variables()
@sensitive_post_parameters("public_key", "use")
@require_post_or_way_back
@kept_through_signing_in
def understand(request: PersonRequest, name: str) -> HttpResponse:
    """What a paste is, before anything is sent. A key that was chosen in the panel (`use`) fills in the form."""
    domain = _domain(request, name)
    if request.method != "POST":
        return redirect("dnssec:manage_keys", name)
    chosen = chosen_key(request.POST)
    form = AddKeyForm(chosen or request.POST, domain=domain, as_typed=True)
    form.full_clean()
    if form.key:
        foresight.prepare(domain, foresight.with_key(domain, form.key))
    if request.htmx and not (chosen or form.must_be_replaced):
        return render(request, f"{PAGE}#understood-answer", {"form": form})
    context = {"overview": overview_of(domain), "form": form, "chosen": chosen is not None}
    if not request.htmx:
        return render(request, PAGE, context)
    answer = render(request, f"{PAGE}#add-key-form", context)
    if request.htmx.target == "add-key-form":
        return answer  # Whoever asked may be gone from the page by now, and could not be given another target.
    return retarget(reswap(answer, "outerHTML"), "#add-key-form")


@cache_control(no_store=True)
@sensitive_variables()
@sensitive_post_parameters("public_key", "use")
@require_post_or_way_back
@kept_through_signing_in
def add_key(request: PersonRequest, name: str) -> HttpResponse:
    """Ask for a key to be added. 422 when the form is wrong, 409 when it is not the time for it; 200 with a question
    where it is known to do harm."""
    domain = _domain(request, name)
    if request.method != "POST":
        return redirect("dnssec:manage_keys", name)
    form = AddKeyForm(request.POST, domain=domain)
    status, submitted = 422, False
    if form.is_valid() and form.key:
        # What stands against any change is said before what this one would do.
        weighed = (
            _weigh(request, domain, foresight.with_key(domain, form.key))
            if overview_of(domain).no_adding is None
            else ""
        )
        if isinstance(weighed, Question):
            form.question, status = weighed, 200
        else:
            try:
                operation = operations.add_key(domain, form.key, requested_by=request.user, precheck=weighed)
            except RegistrarError as error:
                form.refuse(error)
                status = error.status
            else:
                _tell_submitted(request, operation, _("Adding key %(tag)s to %(domain)s."))
                if not request.htmx:
                    return _see_other(reverse("dnssec:manage_keys", args=[name]))
                form = AddKeyForm(domain=domain)
                status, submitted = 200, True
    if status == 422 and form.panel:
        logger.info("a paste on domain %s was refused: %s", domain.pk, form.panel.understanding.findings[0].code)
    context = {"overview": _overview(request, name), "form": form, "oob": bool(request.htmx), "moved_on": submitted}
    return render(request, f"{PAGE}#add-answer" if request.htmx else PAGE, context, status=status)


@require_safe
@vary_on_headers("HX-Request")
def delete_key(request: PersonRequest, name: str, pk: str) -> HttpResponse:
    """What deleting a key means, and the button that does it: a dialog for htmx, else a page. 409 when it cannot be
    deleted."""
    overview = _overview(request, name)
    row = next((key for key in overview.domain.keys.all() if key.pk == int(pk)), None)
    if row is not None and overview.no_deleting is None:
        foresight.prepare(overview.domain, foresight.without_key(overview.domain, row))
    return _confirm(request, overview, int(pk))


@require_post_or_way_back
def remove_key(request: PersonRequest, name: str, pk: str) -> HttpResponse:
    """Ask for a key to be deleted. 409 when it is gone, or it is not the time for it; 200 with a question where it is
    known to do harm."""
    domain = _domain(request, name)
    if request.method != "POST":
        return redirect("dnssec:delete_key", name, pk)
    try:
        row = _signer(domain, int(pk))
        overview = overview_of(domain)
        weighed = _weigh(request, domain, foresight.without_key(domain, row)) if overview.no_deleting is None else ""
        if isinstance(weighed, Question):
            return _confirm(request, overview, int(pk), question=weighed)
        operation = operations.remove_key(row, requested_by=request.user, precheck=weighed)
    except RegistrarError as error:
        return _confirm(request, _overview(request, name), int(pk), error)
    _tell_submitted(request, operation, _("Deleting key %(tag)s of %(domain)s."))
    if not request.htmx:
        return _see_other(reverse("dnssec:manage_keys", args=[name]))
    context = {"overview": _overview(request, name), "oob": True, "moved_on": True}
    return reswap(render(request, f"{PAGE}#delete-answer", context), "none")


@require_post_or_way_back
def cancel(request: PersonRequest, reference: str) -> HttpResponse:
    """Take a request back that has not been sent yet; then `next`, or the request's page."""
    operation = get_object_or_404(
        Operation.objects.visible_to(request.user).select_related("domain__tld"), reference=reference
    )
    status = 200
    if request.method == "POST":
        try:
            operations.cancel(operation, requested_by=request.user)
        except RegistrarError as error:
            messages.error(request, error.sentence)
            status = error.status
        else:
            messages.success(request, _("The request is cancelled. Nothing was changed at the registry."))
        if request.htmx:
            context = {"overview": _overview(request, operation.domain.name), "oob": True, "moved_on": True}
            return render(request, f"{PAGE}#live-answer", context, status=status)
    following = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(following, {request.get_host()}, require_https=request.is_secure()):
        following = reverse("domains:request", args=[reference])
    return _see_other(following)


@require_post_or_way_back
def send_mail_again(request: PersonRequest, reference: str, pk: int) -> HttpResponse:
    """Have a mail of a request go out once more; then the request's page."""
    mail = get_object_or_404(
        OutgoingEmail.objects.visible_to(request.user).select_related("operation__domain__registrant"),
        operation__reference=reference,
        pk=pk,
    )
    if request.method == "POST":
        try:
            again = operations.send_mail_again(mail, requested_by=request.user)
        except RegistrarError as error:
            messages.error(request, error.sentence)
        else:
            messages.success(request, _("The mail goes to %(address)s once more.") % {"address": again.recipient})
    return _see_other(reverse("domains:request", args=[reference]))


def _domain(request: PersonRequest, name: str) -> Domain:
    domain: Domain = get_object_or_404(
        Domain.objects.visible_to(request.user)
        .select_related("tld__registry", "registrant")
        .prefetch_related(Prefetch("keys", DelegationSigner.objects.select_related("added_by"))),
        name=name,
    )
    return domain


def _overview(request: PersonRequest, name: str) -> Overview:
    return overview_of(_domain(request, name))


def _asked_at(request: PersonRequest) -> datetime | None:
    """When a fresh look was asked for, as the page's address says; nonsense counts as never."""
    asked = request.GET.get("asked", "")
    return datetime.fromtimestamp(int(asked), UTC) if re.fullmatch(r"[0-9]{1,10}", asked, re.ASCII) else None


def _signer(domain: Domain, pk: int) -> DelegationSigner:
    signer: DelegationSigner | None = next((key for key in domain.keys.all() if key.pk == pk), None)
    if signer is None:
        raise KeyNotFound
    return signer


def _weigh(request: PersonRequest, domain: Domain, candidate: list[str]) -> Question | str:
    posted = request.POST
    return foresight.weigh(domain, candidate, anyway=posted.get("anyway", ""), typed=posted.get("domain_name", ""))


def _confirm(
    request: PersonRequest,
    overview: Overview,
    pk: int,
    error: RegistrarError | None = None,
    question: Question | None = None,
) -> HttpResponse:
    key = overview.key(pk)
    if key is None:
        error = error or KeyNotFound()
    refusal = error.sentence if error else overview.no_deleting.sentence if overview.no_deleting else ""
    status = error.status if error else 409 if refusal else 200
    clock = None if refusal or question else deletion(overview.domain, overview.domain.keys.all(), pk)
    context = {
        "overview": overview,
        "key": key,
        "refusal": refusal,
        "oob": bool(request.htmx),
        "question": question,
        "deletion": clock,
    }
    # A dialog that stands open is refreshed in place.
    part = "#delete-box-answer" if request.method == "POST" else "#delete-dialog-answer"
    return render(request, CONFIRMATION + part if request.htmx else CONFIRMATION, context, status=status)


def _see_other(url: str) -> HttpResponse:
    return HttpResponseRedirect(url, status=303)


def _tell_submitted(request: PersonRequest, operation: Operation, title: str) -> None:
    messages.info(
        request,
        format_html(
            '<strong>{}</strong> {} <a href="{}">{}</a>',
            title % {"tag": operation.subject["key_tag"], "domain": operation.domain.name},
            _("The request is submitted; this page follows it."),
            reverse("domains:request", args=[operation.reference]),
            _("View request"),
        ),
    )


def _tell_what_was_seen(request: PersonRequest, overview: Overview) -> None:
    if not overview.was_checked:
        messages.warning(request, _("The registry has not answered yet. What you see is as it was."))
    elif overview.lock:
        told = _("The registry was asked again, and still says %(status)s.")
        messages.info(request, told % {"status": overview.lock.status})
    elif overview.no_deleting is None:
        told = _("The registry was asked again: %(domain)s is not locked any more.")
        messages.success(request, told % {"domain": overview.domain.name})


def _tell_outcome(request: PersonRequest, operation: Operation, overview: Overview) -> None:
    adding = operation.type == Operation.Type.ADD_DNSSEC
    if operation.status == Operation.Status.SUCCESSFUL:
        level, title = (
            messages.SUCCESS,
            _("Key %(tag)s is added to %(domain)s.") if adding else _("Key %(tag)s is deleted from %(domain)s."),
        )
    elif operation.status == Operation.Status.FAILED:
        level, title = (
            messages.ERROR,
            _("Key %(tag)s was not added to %(domain)s.")
            if adding
            else _("Key %(tag)s was not deleted from %(domain)s."),
        )
    else:
        level, title = (
            messages.WARNING,
            _("It is not confirmed that key %(tag)s was added to %(domain)s.")
            if adding
            else _("It is not confirmed that key %(tag)s was deleted from %(domain)s."),
        )
    title %= {"tag": operation.subject["key_tag"], "domain": overview.domain.name}
    messages.add_message(request, level, format_html("<strong>{}</strong> {}", title, operation.sentence))
