"""What a person asks for is written whole or not at all: the request, the key's new state, and the domain's status."""

from typing import Any
from unittest.mock import patch

import pytest

from dnssec.keys import DnsKey
from dnssec.models import DelegationSigner
from dnssec.operations import (
    add_key,
    cancel,
    give_up,
    obstacle_to_adding,
    obstacle_to_deleting,
    remove_key,
    try_again,
)
from domains import errors, operations
from domains.models import Domain, Operation, OutgoingEmail, Person
from tests.conftest import KEY_13, KEY_13_OTHER, KEY_15, MakeDomain, MakeKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def domain(make_domain: MakeDomain) -> Domain:
    return make_domain("example.com")


def key(text: str = KEY_13_OTHER, *, flags: int = 257, algorithm: int = 13) -> DnsKey:
    return DnsKey.parse(text, flags=flags, algorithm=algorithm)


def written() -> tuple[int, int, int]:
    return Operation.objects.count(), DelegationSigner.objects.count(), OutgoingEmail.objects.count()


def test_adding_writes_the_request_the_row_and_the_status(domain: Domain, alice: Person) -> None:
    operation = add_key(domain, key(), requested_by=alice)
    row = domain.keys.get()
    assert (row.state, row.key_tag, row.flags, row.algorithm) == ("ADDING", 17179, 257, 13)
    assert row.ds["2"] == "D08E564D5690B47FB5AD9D53E6FD6D56E2BF96832D1D34AB7DFF6CF712EA43AA"
    assert operation.subject["fingerprint"] == row.fingerprint == f"17179-13-2-{row.ds['2']}"
    assert operation.subject["public_key"] == KEY_13_OTHER
    assert (operation.status, operation.requested_by) == ("SUBMITTED", alice)
    domain.refresh_from_db()
    assert (domain.dnssec_status, domain.dnssec_keys) == ("CHANGING", 0)


def test_a_second_request_is_refused_while_one_is_open(domain: Domain, alice: Person, make_key: MakeKey) -> None:
    present = make_key(domain, KEY_13)
    first = add_key(domain, key(), requested_by=alice)
    before = written()
    with pytest.raises(errors.DuplicateRequest) as refused:
        add_key(domain, key(KEY_15, algorithm=15), requested_by=alice)
    assert (refused.value.operation, refused.value.status) == (first, 409)
    with pytest.raises(errors.DuplicateRequest):
        remove_key(present, requested_by=alice)
    assert written() == before


def test_the_same_key_is_not_added_twice(domain: Domain, alice: Person, make_key: MakeKey) -> None:
    make_key(domain, KEY_13)
    with pytest.raises(errors.KeyAlreadyThere, match="its key tag is 2371"):
        add_key(domain, key(KEY_13), requested_by=alice)
    assert written() == (0, 1, 0)


def test_a_key_known_by_its_ds_alone_is_recognised_whatever_the_digest_type(domain: Domain, alice: Person) -> None:
    DelegationSigner.objects.create(
        domain=domain,
        fingerprint="x",
        state="PRESENT",
        algorithm=13,
        key_tag=2371,
        ds={"4": key(KEY_13).ds("example.com", 4)},
    )
    with pytest.raises(errors.KeyAlreadyThere):
        add_key(domain, key(KEY_13), requested_by=alice)


def test_one_key_as_ksk_and_as_zsk_are_two(domain: Domain, alice: Person, make_key: MakeKey) -> None:
    make_key(domain, KEY_13_OTHER)
    operation = add_key(domain, key(flags=256), requested_by=alice)
    assert operation.subject["key_tag"] == 17178


@pytest.mark.parametrize(
    ("tld", "fields", "error", "code"),
    [
        ("cz", {"dnssec": False}, errors.TldRulesViolation, "unsupported"),
        ("au", {"algorithms": [2]}, errors.TldRulesViolation, "no_algorithm"),
        ("se", {"max_keys": 1}, errors.DnssecLimitExceeded, "limit"),
    ],
)
def test_what_the_tld_does_not_take_is_refused_with_its_reason(
    tld: str,
    fields: dict[str, Any],
    error: type[Exception],
    code: str,
    make_tld: Any,
    make_domain: MakeDomain,
    make_key: MakeKey,
    alice: Person,
) -> None:
    make_tld(tld, **fields)
    domain = make_domain(f"example.{tld}")
    if code == "limit":
        make_key(domain, KEY_13)
    obstacle = obstacle_to_adding(domain, keys=domain.keys.all(), open_operation=None)
    assert obstacle is not None
    assert obstacle.code == code
    with pytest.raises(error) as refused:
        add_key(domain, key(), requested_by=alice)
    assert str(refused.value) == obstacle.sentence
    assert Operation.objects.count() == 0


def test_an_algorithm_that_the_tld_does_not_take_is_named(
    make_tld: Any, make_domain: MakeDomain, alice: Person
) -> None:
    make_tld("nl", algorithms=[8, 13])
    with pytest.raises(errors.TldRulesViolation, match="does not take keys of algorithm 15 - ED25519"):
        add_key(make_domain("example.nl"), key(KEY_15, algorithm=15), requested_by=alice)
    assert written() == (0, 0, 0)


@pytest.mark.parametrize(("tld", "limit"), [("com", 13), ("net", 13), ("org", 4)])
def test_com_and_net_take_thirteen_keys_and_others_four(tld: str, limit: int, make_domain: MakeDomain) -> None:
    assert make_domain(f"example.{tld}").tld.max_keys == limit


def test_a_tld_whose_limit_was_lowered_still_lets_keys_be_deleted(
    domain: Domain, alice: Person, make_key: MakeKey
) -> None:
    rows = [make_key(domain, KEY_13), make_key(domain, KEY_13_OTHER)]
    domain.tld.max_keys = 1
    domain.tld.save()
    with pytest.raises(errors.DnssecLimitExceeded):
        add_key(domain, key(KEY_15, algorithm=15), requested_by=alice)
    remove_key(rows[0], requested_by=alice)


def test_deleting_marks_the_row_and_keeps_a_snapshot(domain: Domain, alice: Person, make_key: MakeKey) -> None:
    row = make_key(domain, KEY_13)
    operation = remove_key(row, requested_by=alice)
    row.refresh_from_db()
    assert row.state == "REMOVING"
    assert (operation.type, operation.subject["key_tag"], operation.subject["public_key"]) == (
        "REMOVE_DNSSEC",
        2371,
        KEY_13,
    )


def test_deleting_a_key_that_is_gone_says_so(domain: Domain, alice: Person, make_key: MakeKey) -> None:
    row = make_key(domain, KEY_13)
    DelegationSigner.objects.all().delete()
    with pytest.raises(errors.KeyNotFound):
        remove_key(row, requested_by=alice)
    assert written() == (0, 0, 0)


def test_a_domain_that_has_left_is_read_only(domain: Domain, alice: Person, make_key: MakeKey) -> None:
    row = make_key(domain, KEY_13)
    Domain.objects.filter(pk=domain.pk).update(state="LEFT")
    domain.refresh_from_db()
    with pytest.raises(errors.DomainLeft):
        add_key(domain, key(), requested_by=alice)
    with pytest.raises(errors.DomainLeft):
        remove_key(row, requested_by=alice)
    obstacle = obstacle_to_deleting(domain, open_operation=None)
    assert obstacle is not None
    assert obstacle.code == "left"


def test_a_lock_on_file_refuses_nothing(make_domain: MakeDomain, alice: Person) -> None:
    domain = make_domain("locked.com", statuses=["serverUpdateProhibited"])
    assert add_key(domain, key(), requested_by=alice).status == "SUBMITTED"


def test_a_cancelled_addition_leaves_no_row_and_a_mail_that_says_so(domain: Domain, alice: Person) -> None:
    operation = add_key(domain, key(), requested_by=alice)
    cancel(operation, requested_by=alice)
    operation.refresh_from_db()
    domain.refresh_from_db()
    assert (operation.status, operation.message) == (
        "FAILED",
        "The request was cancelled by you before it was sent. Nothing was changed.",
    )
    assert (domain.keys.count(), domain.dnssec_status) == (0, "NOT_CONFIGURED")
    mail = OutgoingEmail.objects.get()
    assert (mail.kind, mail.recipient, mail.operation) == ("not_added", "registrant@example.net", operation)


def test_a_cancelled_deletion_leaves_the_key_present(domain: Domain, alice: Person, make_key: MakeKey) -> None:
    row = make_key(domain, KEY_13)
    cancel(remove_key(row, requested_by=alice), requested_by=alice)
    row.refresh_from_db()
    assert row.state == "PRESENT"


def test_what_has_been_sent_is_not_cancelled(domain: Domain, alice: Person) -> None:
    operation = add_key(domain, key(), requested_by=alice)
    claimed = operations.claim(operation.pk)
    assert claimed is not None
    operations.record_command(claimed, "domain:update", changes=True)
    with pytest.raises(errors.AlreadySent):
        cancel(operation, requested_by=alice)
    assert (domain.keys.get().state, OutgoingEmail.objects.count()) == ("ADDING", 0)


def test_trying_again_is_a_new_request_that_names_the_old_one(domain: Domain, alice: Person, sam: Person) -> None:
    old = add_key(domain, key(), requested_by=alice)
    with pytest.raises(errors.NotOpen):
        try_again(old, requested_by=sam)
    cancel(old, requested_by=alice)
    new = try_again(old, requested_by=sam)
    assert (new.retry_of, new.subject, new.requested_by) == (old, old.subject, sam)


def test_giving_up_demands_a_reason(domain: Domain, alice: Person, sam: Person) -> None:
    operation = add_key(domain, key(), requested_by=alice)
    with pytest.raises(errors.ReasonNeeded):
        give_up(operation, requested_by=sam, reason="  ")
    give_up(operation, requested_by=sam, reason="The registry is being closed.")
    operation.refresh_from_db()
    assert (operation.status, operation.closed_by, operation.closed_because) == (
        "SUBMITTED",
        sam,
        "The registry is being closed.",
    )


def test_the_task_is_handed_over_after_the_commit_and_not_before(
    domain: Domain, alice: Person, django_capture_on_commit_callbacks: Any
) -> None:
    with patch("dnssec.operations.hand_over") as hand_over:
        with django_capture_on_commit_callbacks(execute=True):
            operation = add_key(domain, key(), requested_by=alice)
            assert hand_over.call_count == 0
        assert [call.args[1] for call in hand_over.call_args_list] == [operation.pk]


def test_a_refused_request_hands_nothing_over(
    domain: Domain, alice: Person, make_key: MakeKey, django_capture_on_commit_callbacks: Any
) -> None:
    make_key(domain, KEY_13)
    with django_capture_on_commit_callbacks() as callbacks, pytest.raises(errors.KeyAlreadyThere):
        add_key(domain, key(KEY_13), requested_by=alice)
    assert callbacks == []
