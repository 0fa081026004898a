"""Two people, two tabs, two processes: of all who ask at once, exactly one is heard.

With real threads and connections.
"""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from dnssec.keys import DnsKey
from dnssec.models import DelegationSigner
from dnssec.operations import add_key, cancel, remove_key
from domains import operations
from domains.errors import AlreadySent, DuplicateRequest, RegistrarError
from domains.models import Domain, Operation, OutgoingEmail, Person
from tests.conftest import KEY_13, KEY_13_OTHER, KEY_15, MakeDomain, MakeKey

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together; each one's result, or the RegistrarError it raised."""
    barrier = threading.Barrier(len(calls))
    results: list[Any] = [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            barrier.wait(10)
            results[place] = call()
        except RegistrarError as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def test_of_six_who_add_at_once_one_is_heard_and_five_are_told(make_domain: MakeDomain, alice: Person) -> None:
    domain = make_domain("example.com")
    texts = [
        (KEY_13, 13, 257),
        (KEY_13_OTHER, 13, 257),
        (KEY_15, 15, 257),
        (KEY_13, 13, 256),
        (KEY_13_OTHER, 13, 256),
        (KEY_15, 15, 256),
    ]
    keys = [DnsKey.parse(text, flags=flags, algorithm=algorithm) for text, algorithm, flags in texts]
    results = at_once(*[lambda key=key: add_key(domain, key, requested_by=alice) for key in keys])
    heard = [result for result in results if isinstance(result, Operation)]
    assert len(heard) == 1
    assert [type(result) for result in results if result is not heard[0]] == [DuplicateRequest] * 5
    assert Operation.objects.count() == DelegationSigner.objects.count() == 1
    assert DelegationSigner.objects.get().fingerprint == heard[0].subject["fingerprint"]


def test_of_an_addition_and_a_deletion_at_once_one_is_heard(
    make_domain: MakeDomain, make_key: MakeKey, alice: Person
) -> None:
    domain = make_domain("example.com")
    present = make_key(domain, KEY_13)
    key = DnsKey.parse(KEY_15, flags=257, algorithm=15)
    results = at_once(lambda: add_key(domain, key, requested_by=alice), lambda: remove_key(present, requested_by=alice))
    assert sorted(type(result).__name__ for result in results) == ["DuplicateRequest", "Operation"]
    assert Operation.objects.open().count() == 1


def test_domains_do_not_wait_for_one_another(make_domain: MakeDomain, alice: Person) -> None:
    domains = [make_domain(f"example{i}.com") for i in range(4)]
    key = DnsKey.parse(KEY_13, flags=257, algorithm=13)
    results = at_once(*[lambda domain=domain: add_key(domain, key, requested_by=alice) for domain in domains])
    assert [type(result) for result in results] == [Operation] * 4


def test_of_many_workers_one_takes_the_operation(make_domain: MakeDomain, alice: Person) -> None:
    operation = add_key(make_domain("example.com"), DnsKey.parse(KEY_13, flags=257, algorithm=13), requested_by=alice)
    taken = at_once(*[lambda: operations.claim(operation.pk)] * 6)
    assert len([each for each in taken if each is not None]) == 1


def test_a_cancellation_and_a_sending_at_once_have_one_winner(make_domain: MakeDomain, alice: Person) -> None:
    operation = add_key(make_domain("example.com"), DnsKey.parse(KEY_13, flags=257, algorithm=13), requested_by=alice)
    claimed = operations.claim(operation.pk)
    assert claimed is not None

    def send() -> str:
        try:
            operations.record_command(claimed, "domain:update", changes=True)
        except operations.ClaimLost:
            return "not sent"
        return "sent"

    sent, cancelled = at_once(send, lambda: cancel(operation, requested_by=alice))
    operation.refresh_from_db()
    if sent == "sent":
        assert isinstance(cancelled, AlreadySent)
        assert (operation.status, OutgoingEmail.objects.count()) == ("IN_PROGRESS", 0)
    else:
        assert cancelled is None
        assert (operation.status, OutgoingEmail.objects.count()) == ("FAILED", 1)


def test_a_domain_is_read_anew_under_the_lock(make_domain: MakeDomain, make_key: MakeKey, alice: Person) -> None:
    stale = make_domain("example.com")
    Domain.objects.filter(pk=stale.pk).update(state="LEFT")
    with pytest.raises(RegistrarError, match="no longer managed here"):
        add_key(stale, DnsKey.parse(KEY_13, flags=257, algorithm=13), requested_by=alice)
