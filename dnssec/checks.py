"""Checks of a domain's chain of trust: made by a worker, kept as rows, and read from there by pages.

The network is used by `carry_out` and `before_sending` alone. How a check is asked for: see asking.
"""

import logging
import time
from collections.abc import Iterable
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from dnssec import answers, noticing, sightings
from dnssec.anchors import UnusableFile, parse_ds
from dnssec.chain import Chain, Verdict
from dnssec.checking import compare
from dnssec.effects import Consequence, Effect, consequence
from dnssec.kept_chains import findings_from_json, findings_to_json, from_json, to_json
from dnssec.keys import SHA256
from dnssec.models import DelegationCheck, DelegationSigner
from dnssec.snapshots import Subject, is_same_key
from domains.models import Domain, Operation

logger = logging.getLogger(__name__)

GOOD_FOR = timedelta(seconds=60)  # So long a result stands for how things are.
PATIENCE = 12.0  # Seconds that a check may take, and one before something is sent:
PATIENCE_BEFORE_SENDING = 2.0


def ds_set(keys: Iterable[DelegationSigner], *, add: Subject | None = None, remove: Subject | None = None) -> list[str]:
    """The DS records at the parent when a key is added or removed, as TAG ALGORITHM TYPE HEX, sorted: of each key its
    SHA-256 record, or those that it is known by."""
    kept = [key for key in keys if key.state != DelegationSigner.State.ADDING]
    records = {text for key in kept if not (remove and is_same_key(key, remove)) for text in _ds_of(key)}
    if add is not None:
        records.add(f"{add['key_tag']} {add['algorithm']} {SHA256} {add['ds'][str(SHA256)]}")
    return sorted(records)


def after(operation: Operation) -> list[str]:
    """The DS records at the parent when the operation has succeeded."""
    keys = operation.domain.keys.all()
    if operation.type == Operation.Type.ADD_DNSSEC:
        return ds_set(keys, add=operation.subject)
    return ds_set(keys, remove=operation.subject)


def result(domain: Domain, candidate: list[str]) -> DelegationCheck | None:
    """What is known of a change: a result that is still good."""
    rows = DelegationCheck.objects.of(domain, candidate).filter(checked_at__gt=timezone.now() - GOOD_FOR)
    found: DelegationCheck | None = rows.order_by("-id").first()
    return found


def last(domain: Domain) -> DelegationCheck | None:
    """The newest result about the chain as it is, however old."""
    rows = DelegationCheck.objects.of(domain, None).filter(checked_at__isnull=False)
    found: DelegationCheck | None = rows.order_by("-id").first()
    return found


def carry_out(pk: int) -> None:
    """Make a check that was asked for. A row that has its result, or is gone, is left alone."""
    row = DelegationCheck.objects.select_related("domain").filter(pk=pk, checked_at=None).first()
    if row is not None:
        _check(row, PATIENCE)


def before_sending(operation: Operation) -> Consequence:
    """
    What the change of an operation would do, from a result that is still good or from a look of at most two seconds.

    The network is used: never inside a transaction.
    """
    candidate = after(operation)
    row = result(operation.domain, candidate)
    if row is None:
        row = DelegationCheck(domain=operation.domain, candidate=candidate)
        _check(row, PATIENCE_BEFORE_SENDING)
    return consequence_of(row)


def consequence_of(row: DelegationCheck) -> Consequence:
    """What a check says of a change."""
    return Consequence(Effect(row.effect or Effect.UNKNOWN), findings_from_json(row.findings))


def chain_of(row: DelegationCheck) -> Chain | None:
    """The chain that a check has judged; None where nothing could be asked at all."""
    return from_json(row.chain) if row.chain else None


def answers_of(row: DelegationCheck) -> tuple[answers.Told, ...]:
    """What the zone's servers said to the questions of a resolver, where a check of the chain as it is has asked."""
    return answers.from_json(row.chain.get("answers", []))


def _check(row: DelegationCheck, patience: float) -> None:
    """Judge the chain and keep the result. The rows of the domain's keys are what the registry has on file."""
    domain = row.domain
    began = time.perf_counter()
    on_file = {parse_ds(text) for text in ds_set(domain.keys.all())}
    candidate = None if row.candidate is None else {parse_ds(text) for text in row.candidate}
    try:
        now, then = compare(domain.name, candidate=candidate, registry=on_file, patience=patience)
    except UnusableFile as error:
        # Nobody is kept from work by a setting, and whoever can mend it finds the reason in the log.
        logger.error("nothing can be checked: %s", error)
        row.verdict, row.effect = Verdict.INDETERMINATE.value, Effect.UNKNOWN.value
    else:
        row.verdict, row.chain = (then or now).verdict.value, to_json(then or now)
        if then is None:
            row.chain |= {"answers": answers.to_json(answers.ask(now))}
        else:
            found = consequence(now, then)
            row.effect, row.findings = found.effect.value, findings_to_json(found.findings)
        sightings.note(domain, now)
    row.checked_at = timezone.now()
    try:
        with transaction.atomic():
            row.save()
            if row.candidate is None:
                noticing.take_note(row)
    except IntegrityError:  # The domain is gone.
        logger.info("a check of domain %s has nobody to be kept for", domain.pk)
    took = (time.perf_counter() - began) * 1000
    logger.info("domain %s was checked in %d ms: %s %s", domain.pk, took, row.verdict, row.effect)


def _ds_of(key: DelegationSigner) -> list[str]:
    known = {str(SHA256): key.ds[str(SHA256)]} if key.public_key else key.ds
    return [f"{key.key_tag} {key.algorithm} {digest_type} {digest}" for digest_type, digest in known.items()]
