"""What a check says is taken down: the domain's health, and the conditions that its owner is told of, as mails.

Nobody is told of what one check alone has seen, of what could not be checked, or within an hour of a change; of one
condition twice at most, and that it is over only where it had been told.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import QuerySet

from dnssec import watch, watch_mail
from dnssec.chain import Chain, Verdict
from dnssec.conditions import ds_at_parent, health_of, symptoms, tells_nothing
from dnssec.kept_chains import findings_to_json, from_json
from dnssec.models import Condition, DelegationCheck
from dnssec.reconciliation import RECONCILE_EVERY
from domains import outbox
from domains.models import Domain, Operation, OutgoingEmail

Kind = Condition.Kind

IN_A_ROW = 2  # Checks that have to agree before a condition is told, or ends.
QUIET = timedelta(hours=1)  # After a change: caches and servers come to know of it one after the other.
PUBLISHED_WITHIN = timedelta(hours=4)  # So long a registry may take to publish what it has accepted.
YOUNG = timedelta(days=1)  # A condition of that age is looked at often, and one that comes back is still the same.
LOOKED_BACK = 10  # Checks that are read to find one that told something.
# Between the two mails about one condition: the longer, the less it hurts.
PAUSE = {Kind.BROKEN: timedelta(days=1), Kind.EXPIRING: timedelta(days=1)}
LONG_PAUSE = timedelta(days=7)


def take_note(row: DelegationCheck) -> None:
    """
    Take down what a check of a domain's chain as it is has found, inside the caller's transaction.

    Left is a result that is older than what is known, and one of a domain that is not ours any more.
    """
    domain = (
        Domain.objects.select_for_update(of=("self",))
        .select_related("tld", "owner", "tech", "registrant")
        .filter(pk=row.domain_id)
        .first()
    )
    at = row.checked_at
    if domain is None or at is None or domain.state == Domain.State.LEFT:
        return
    if domain.checked_at and domain.checked_at >= at:
        return
    chain = from_json(row.chain) if row.chain else None
    if (health := health_of(chain)) != domain.health or domain.health_since is None:
        domain.health, domain.health_since = health, at
    domain.checked_at = at
    if chain is not None and not tells_nothing(chain):
        _compare(domain, chain, row, at)
    conditions = list(Condition.objects.open().filter(domain=domain))
    is_news = any(each.missed or each.since > at - YOUNG for each in conditions)
    domain.watch_at = watch.after_check(domain, is_news=is_news, has_conditions=bool(conditions))
    domain.save(update_fields=["health", "health_since", "checked_at", "watch_at", "looked_at"])


def _compare(domain: Domain, chain: Chain, row: DelegationCheck, at: datetime) -> None:
    """Keep which conditions were seen and which were not, and have told what is to be told."""
    known = {each.kind: each for each in Condition.objects.open().filter(domain=domain)}
    before = _before(row)
    lost = known[Kind.MISMATCH].marks if Kind.MISMATCH in known else ()
    found = {symptom.kind: symptom for symptom in symptoms(chain, before=before, known=lost)}
    if not known and not found:
        return
    is_quiet = _was_changed(domain, chain, row, at)
    seen, ended = [], []
    for kind in Kind:
        condition = known.get(kind)
        if symptom := found.get(kind):
            condition = condition or _come_back(domain, kind, at) or Condition(domain=domain, kind=kind, since=at)
            marks = list(symptom.marks)
            if kind == Kind.EXPIRING and condition.marks != marks:
                condition.seen = 0  # It was signed anew meanwhile, if only for a short time.
            condition.marks, condition.findings = marks, findings_to_json((symptom.finding,)) if symptom.finding else []
            condition.seen, condition.missed, condition.seen_at = condition.seen + 1, 0, at
            seen.append(condition)
        elif condition and (kind == Kind.BROKEN or chain.verdict is not Verdict.BOGUS):
            condition.seen, condition.missed = 0, min(condition.missed + 1, IN_A_ROW)
            if condition.missed == IN_A_ROW and not is_quiet:
                condition.ended_at = at
                ended.append(condition)
        if condition:
            condition.save()
    if not is_quiet:
        _have_compared(domain, seen)
        for condition in seen:
            if _is_to_be_told(condition, domain, at):
                _warn(domain, condition, at)
        if over := [condition for condition in ended if condition.told > condition.over]:
            _say_that_it_is_over(domain, over, at)


def _is_to_be_told(condition: Condition, domain: Domain, at: datetime) -> bool:
    if condition.seen < IN_A_ROW:
        return False
    # Our record may be what is old: it has to have been compared with the registry's since.
    if condition.kind == Kind.UNPUBLISHED and not (
        at - condition.since >= PUBLISHED_WITHIN and domain.looked_at > condition.since
    ):
        return False
    if condition.told_at is None:
        return True
    return condition.told == 1 and at - condition.told_at >= PAUSE.get(Kind(condition.kind), LONG_PAUSE)


def _warn(domain: Domain, condition: Condition, at: datetime) -> None:
    if not _promise(watch_mail.warnings(domain, condition)):
        return
    condition.told, condition.told_at = condition.told + 1, at
    condition.save(update_fields=["told", "told_at"])


def _say_that_it_is_over(domain: Domain, over: list[Condition], at: datetime) -> None:
    _promise(watch_mail.recoveries(domain, over, at=at))
    for condition in over:
        condition.over = condition.told
        condition.save(update_fields=["over"])


def _promise(mails: Iterable[OutgoingEmail]) -> OutgoingEmail | None:
    """Promise the same mail to each: the first tells it, the others are copies. None where there is nobody to tell."""
    first: OutgoingEmail | None = None
    for mail in mails:
        mail.resend_of, mail.is_copy = first, first is not None
        outbox.promise(mail)
        first = first or mail
    return first


def _come_back(domain: Domain, kind: str, at: datetime) -> Condition | None:
    """A condition that was told and ended just now, and is there again: it is told no oftener for that."""
    rows = Condition.objects.filter(domain=domain, kind=kind, told__gt=0, ended_at__gt=at - YOUNG)
    condition: Condition | None = rows.order_by("-ended_at").first()
    if condition:
        condition.ended_at = None
    return condition


def _have_compared(domain: Domain, seen: list[Condition]) -> None:
    """Where the registry's record is in question, let it be looked at: what is on file here may be what is old."""
    for condition in seen:
        if condition.kind == Kind.UNPUBLISHED and domain.looked_at < condition.since:
            domain.looked_at = min(domain.looked_at, condition.since - RECONCILE_EVERY)


def _before(row: DelegationCheck) -> Chain | None:
    """The last chain before this one that told anything."""
    return next(_chains(_earlier(row)[:LOOKED_BACK]), None)


def _was_changed(domain: Domain, chain: Chain, row: DelegationCheck, at: datetime) -> bool:
    """Whether a change was asked for and ended, or was seen at the parent, within the last hour; or is under way."""
    since = at - QUIET
    requests = Operation.objects.filter(domain=domain)
    if requests.filter(finished_at__gt=since).exists() or Operation.objects.open().filter(domain=domain).exists():
        return True
    rows = _earlier(row)
    lately = _chains(rows.filter(checked_at__gt=since))
    then = islice(_chains(rows.filter(checked_at__lte=since)[:LOOKED_BACK]), 1)
    now = ds_at_parent(chain)
    return any(ds_at_parent(earlier) != now for earlier in (*lately, *then))


def _earlier(row: DelegationCheck) -> QuerySet[DelegationCheck]:
    """The checks of the domain's chain as it is before this one that came to something, the newest first."""
    rows = DelegationCheck.objects.of(row.domain, None).filter(checked_at__lt=row.checked_at)
    found: QuerySet[DelegationCheck] = rows.exclude(verdict=Verdict.INDETERMINATE.value).order_by("-id")
    return found


def _chains(rows: QuerySet[DelegationCheck]) -> Iterator[Chain]:
    """Their chains, but for those that tell nothing, and those that another version wrote in another form."""
    for kept in rows.values_list("chain", flat=True):
        try:
            chain = from_json(kept)
        except (KeyError, TypeError, ValueError):
            continue
        if not tells_nothing(chain):
            yield chain
