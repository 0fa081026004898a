"""Looking again: a domain is compared with the registry's record, and what is there is taken over. After the queue."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from dnssec.mail import change_mail
from dnssec.models import DelegationSigner
from dnssec.outcomes import Outcome, absorb, done, settle, show_status
from dnssec.snapshots import Difference, belongs_to, records_of
from domains import outbox
from domains import registry as door
from domains.epp.responses import DomainInfo
from domains.models import Domain, Nameserver, Operation, Registry
from domains.registry import RegistryUnavailable
from domains.sentences import Sentence

logger = logging.getLogger(__name__)

RECONCILE_EVERY = timedelta(hours=24)
LOOK_LASTS = timedelta(seconds=120)  # Longer than one exchange: a look whose worker is gone may be taken up again.
JUDGE_UNCONFIRMED_EVERY = timedelta(seconds=60)


def due_for_reconciliation(limit: int) -> list[int]:
    """Domains that should be compared with the registry: those in doubt every minute, the others once a day."""
    now = timezone.now()
    # A domain that has left tells its new registrar more than us.
    in_doubt = Q(
        looked_at__lt=now - JUDGE_UNCONFIRMED_EVERY,
        keys__state=DelegationSigner.State.UNCONFIRMED,
        state=Domain.State.ACTIVE,
    )
    in_turn = Q(looked_at__lt=now - RECONCILE_EVERY)
    rows = Domain.objects.filter(in_doubt | in_turn, tld__registry__isnull=False).exclude(
        dnssec_status=Domain.DnssecStatus.CHANGING
    )
    return list(rows.order_by("looked_at").values_list("pk", flat=True).distinct()[:limit])


def reconcile(pk: int) -> None:
    """
    Take over what the registry holds of a domain, tell the registrant what was changed there, and give operations that
    ended in doubt their later truth.

    One at a time, and the time of the look is written with what was seen: a registry that does not answer leaves it.
    """
    now = timezone.now()
    free = Q(looking_since=None) | Q(looking_since__lt=now - LOOK_LASTS)
    mine = Domain.objects.filter(free, pk=pk, looked_at__lt=now - JUDGE_UNCONFIRMED_EVERY / 2)
    if not mine.update(looking_since=now):
        return
    domain = Domain.objects.select_related("tld__registry").get(pk=pk)
    try:
        if domain.tld.registry is not None:
            _compare(domain, domain.tld.registry, look=now)
    except RegistryUnavailable:
        logger.info("domain %s could not be compared with its registry", pk)
    finally:
        Domain.objects.filter(pk=pk, looking_since=now).update(looking_since=None)


def _compare(domain: Domain, registry: Registry, *, look: datetime) -> None:
    requests = _state_of_requests(domain)
    with door.session(registry) as session:
        response = session.info(domain.name, cl_trid=door.new_cl_trid("I"))
        lists_keys = session.speaks_secdns
    seen = response.domain
    ours = seen is not None and seen.sponsor == registry.registrar_id
    if not ours and seen is None and response.code not in (2201, 2303):
        return
    with transaction.atomic():
        domain = (
            Domain.objects.select_for_update(of=("self",))
            .select_related("tld", "registrant", "owner")
            .get(pk=domain.pk)
        )
        # What was seen is old where somebody else has looked meanwhile, or a request has gone on.
        if domain.looking_since != look or _state_of_requests(domain) != requests:
            return
        if Operation.objects.open().filter(domain=domain).exists():
            return
        news = Difference()
        if not ours:
            news = Difference(left=domain.state == Domain.State.ACTIVE and domain.known_since is not None)
            domain.known_since = domain.known_since or timezone.now()
        domain.state = Domain.State.ACTIVE if ours else Domain.State.LEFT
        domain.looked_at = timezone.now()
        domain.save(update_fields=["state", "looked_at", "known_since"])
        if ours and seen is not None and "pendingUpdate" not in seen.statuses:
            if lists_keys:
                _judge_unconfirmed(domain, seen)
            news = fill(domain, seen, lists_keys=lists_keys)
        show_status(domain)
        if news:
            outbox.promise(change_mail(domain, news))


def _state_of_requests(domain: Domain) -> dict[str, int | None]:
    """Something that changes with every step of a request on the domain."""
    return dict(domain.operations.aggregate(Max("pk"), Sum("version")))


def _judge_unconfirmed(domain: Domain, seen: DomainInfo) -> None:
    for row in domain.keys.filter(state=DelegationSigner.State.UNCONFIRMED):
        operation = (
            domain.operations.filter(status=Operation.Status.ERROR, subject__fingerprint=row.fingerprint)
            .order_by("-id")
            .first()
        )
        if operation is None:
            continue
        present = any(belongs_to(record, operation.subject) for record in records_of(seen.secdns))
        if present == (operation.type == Operation.Type.ADD_DNSSEC):
            settle(operation, done(operation))
        else:
            message = Sentence(_("The registry did not carry out the change. Nothing was changed."))
            settle(operation, Outcome(Operation.Status.FAILED, message))


def fill(domain: Domain, seen: DomainInfo, *, lists_keys: bool = True) -> Difference:
    """
    Take over all that the registry tells about a domain of ours: dates, statuses and the transfer lock, the names of
    its name servers, keys (RFC 5731 section 3.1.2, RFC 5910 section 5.1.2). Inside the caller's transaction.

    Addresses of name servers stay: domain:info names hosts only. `lists_keys` and what is returned as in
    outcomes.absorb.
    """
    if seen.created_at is not None:
        domain.registered_on = seen.created_at.date()
    if seen.expires_at is not None:
        domain.expires_on = seen.expires_at.date()
    domain.transfer_lock = "clientTransferProhibited" in seen.statuses
    domain.save(update_fields=["registered_on", "expires_on", "transfer_lock"])
    domain.nameservers.exclude(name__in=seen.name_servers).delete()
    there = set(domain.nameservers.values_list("name", flat=True))
    Nameserver.objects.bulk_create(
        Nameserver(domain=domain, name=name) for name in dict.fromkeys(seen.name_servers) if name not in there
    )
    return absorb(domain, seen, lists_keys=lists_keys)
