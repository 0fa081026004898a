"""secDNS updates: what each TLD takes, refuses and keeps; a refusal changes nothing (RFC 5910, section 5.2.5)."""

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from domains.epp.commands import InfoDomain, Login, UpdateDomain
from domains.epp.secdns import DsData, KeyData, Record, SecDnsUpdate
from tests.mockregistry.keys import KEY, OTHER_KEY, ds_of, some_ds
from tests.mockregistry.peer import PASSWORD, Peer

DS = ds_of(KEY, "example.com")
DS_384 = ds_of(KEY, "example.com", 4)
RSA_KEY = KeyData(257, 3, 8, b"\x03\x01\x00\x01" + b"\xc3" * 256)


def test_a_ds_record_is_added_and_shown_as_it_was_given(peer: Peer):
    before = peer.info("example.com").updated_at
    assert peer.update("example.com", add=(DS,)).code == 1000
    after = peer.info("example.com")
    assert peer.records("example.com") == (DS,)
    assert before is not None
    assert after.updated_at is not None
    assert after.updated_at > before


def test_a_domain_may_have_digests_of_several_types_of_one_key(peer: Peer):
    assert peer.update("example.com", add=(DS, DS_384)).code == 1000
    assert peer.update("example.com", remove=(DS,)).code == 1000
    assert peer.records("example.com") == (DS_384,)


def test_a_key_is_added_and_shown_where_the_tld_takes_keys(peer: Peer):
    assert peer.update("example.nl", add=(KEY, OTHER_KEY)).code == 1000
    assert peer.records("example.nl") == (KEY, OTHER_KEY)
    assert peer.update("example.nl", remove=(KEY,)).code == 1000
    assert peer.records("example.nl") == (OTHER_KEY,)


def test_a_key_that_comes_with_its_ds_record_is_kept_and_shown(peer: Peer):
    assert peer.update("example.com", add=(replace(DS, key_data=KEY),)).code == 1000
    (held,) = peer.records("example.com")
    assert isinstance(held, DsData)
    assert held.key_data == KEY


def test_without_records_there_is_no_infdata(peer: Peer):
    assert peer.info("example.com").secdns is None


def test_infdata_is_sent_only_to_who_announced_secdns(peer: Peer, connect: Callable[[], Peer]):
    peer.update("example.com", add=(DS,))
    other = connect()
    assert other.ask(Login("console", PASSWORD, extension_uris=())).code == 1000
    assert other.info("example.com").secdns is None
    refused = other.ask(UpdateDomain("example.com", SecDnsUpdate(remove_all=True)))
    assert refused.code == 2002
    assert peer.records("example.com") == (DS,)


def test_removals_come_before_additions_so_that_a_full_domain_can_be_changed(peer: Peer):
    one, two, three = (some_ds(number) for number in (1, 2, 3))
    assert peer.update("example.org", add=(one, two)).code == 1000
    assert peer.update("example.org", remove=(one,), add=(three,)).code == 1000
    assert peer.records("example.org") == (two, three)


def test_all_is_removed_and_replaced_in_one_command(peer: Peer):
    peer.update("example.com", add=(DS, DS_384))
    assert peer.update("example.com", all=True, add=(some_ds(7),)).code == 1000
    assert peer.records("example.com") == (some_ds(7),)
    assert peer.update("example.com", all=True).code == 1000
    assert peer.records("example.com") == ()


def test_all_with_the_value_false_removes_nothing(peer: Peer):
    peer.update("example.com", add=(DS,))
    body = UpdateDomain("example.com", SecDnsUpdate(remove_all=True)).to_xml("ABC-12345")
    assert peer.say(body.replace(b">true<", b">false<")).code == 1000
    assert peer.records("example.com") == (DS,)


def test_the_limit_of_com_is_13(peer: Peer):
    assert peer.update("example.com", add=tuple(some_ds(number) for number in range(1, 14))).code == 1000
    refused = peer.update("example.com", add=(some_ds(14),))
    assert (refused.code, refused.reasons) == (2308, ("A domain in .com may have at most 13 DS records.",))
    assert len(peer.records("example.com")) == 13


def test_the_limit_of_a_key_tld_counts_keys(peer: Peer):
    keys = [replace(KEY, public_key=bytes([number]) * 64) for number in range(1, 6)]
    assert peer.update("example.nl", add=tuple(keys[:4])).code == 1000
    refused = peer.update("example.nl", add=(keys[4],))
    assert (refused.code, refused.reasons) == (2308, ("A domain in .nl may have at most 4 keys.",))


def ds(**fields: object) -> DsData:
    return replace(DS, **fields)  # type: ignore[arg-type]


def key(**fields: object) -> KeyData:
    return replace(KEY, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "record", "code"),
    [
        ("example.com", KEY, 2306),
        ("example.nl", ds_of(KEY, "example.nl"), 2306),
        ("example.com", ds(algorithm=5), 2306),
        ("example.org", replace(some_ds(1), algorithm=8), 2306),
        ("example.com", ds(digest_type=1, digest=b"x" * 20), 2306),
        ("example.com", ds(digest_type=3), 2306),
        ("example.com", ds(digest_type=5), 2306),
        ("example.com", ds(digest_type=1), 2005),
        ("example.com", ds(digest=b""), 2005),
        ("example.com", ds(digest=b"x" * 31), 2005),
        ("example.com", ds(digest_type=4), 2005),
        ("example.com", ds(key_data=OTHER_KEY), 2306),
        ("example.com", ds(key_tag=DS.key_tag ^ 1, key_data=KEY), 2306),
        ("example.nl", key(flags=0), 2306),
        ("example.nl", key(flags=385), 2306),
        ("example.nl", key(protocol=2), 2004),
        ("example.nl", key(algorithm=5), 2306),
        ("example.nl", key(algorithm=15), 2005),
        ("example.nl", key(public_key=b"x" * 63), 2005),
        ("example.nl", replace(RSA_KEY, public_key=base64.b64decode("AQPJ////4Q==")), 2005),
        ("example.nl", replace(RSA_KEY, public_key=b"\0"), 2005),
    ],
)
def test_refuses_a_record_that_the_tld_does_not_take_and_changes_nothing(
    peer: Peer, name: str, record: Record, code: int
):
    refused = peer.update(name, add=(record,))
    assert (refused.code, len(refused.reasons)) == (code, 1)
    assert peer.records(name) == ()


def test_takes_an_rsa_key_of_2048_bits(peer: Peer):
    assert peer.update("example.nl", add=(RSA_KEY,)).code == 1000


def test_text_that_is_no_base64_is_a_value_error_and_an_octet_too_large_a_range_error(peer: Peer):
    body = UpdateDomain("example.nl", SecDnsUpdate(add=(KEY,))).to_xml("ABC-12345")
    assert peer.say(body.replace(b"mdsswUyr", b"mdss!Uyr")).code == 2005
    assert peer.say(body.replace(b">257<", b">KSK<")).code == 2005
    assert peer.say(body.replace(b">257<", b">70000<")).code == 2004
    assert peer.say(body.replace(b"secDNS:alg>", b"secDNS:algorithm>")).code == 2001
    assert peer.say(body).code == 1000


def test_adding_what_is_present_is_an_error(peer: Peer):
    peer.update("example.com", add=(DS,))
    assert peer.update("example.com", add=(DS_384, DS)).code == 2302
    assert peer.update("example.com", add=(DS_384, DS_384)).code == 2302
    assert peer.records("example.com") == (DS,)


def test_removing_what_is_absent_is_an_error(peer: Peer):
    peer.update("example.com", add=(DS,))
    assert peer.update("example.com", remove=(DS, DS_384)).code == 2303
    assert peer.update("example.com", remove=(DS, DS)).code == 2303
    assert peer.update("example.com", remove=(ds(algorithm=8),)).code == 2303
    assert peer.records("example.com") == (DS,)


@pytest.mark.parametrize("change", [SecDnsUpdate(remove_all=True, urgent=True), SecDnsUpdate(max_sig_life=605900)])
def test_options_that_are_not_supported_are_refused_with_the_whole_command(peer: Peer, change: SecDnsUpdate):
    peer.update("example.com", add=(DS,))
    refused = peer.ask(UpdateDomain("example.com", replace(change, add=(DS_384,))))
    assert refused.code == 2102
    assert peer.records("example.com") == (DS,)


@pytest.mark.parametrize("change", [None, SecDnsUpdate()])
def test_an_update_that_changes_nothing_lacks_a_parameter(peer: Peer, change: SecDnsUpdate | None):
    assert peer.ask(UpdateDomain("example.com", change)).code == 2003


def test_an_update_with_an_empty_chg_lacks_a_parameter(peer: Peer):
    body = UpdateDomain("example.com", SecDnsUpdate(max_sig_life=5)).to_xml("ABC-12345")
    assert peer.say(body.replace(b"<secDNS:maxSigLife>5</secDNS:maxSigLife>", b"")).code == 2003


def test_a_tld_without_dnssec_knows_no_such_extension(peer: Peer):
    refused = peer.update("example.plain", add=(some_ds(1),))
    assert (refused.code, refused.reasons) == (2103, ("The registry of .plain does not support DNSSEC.",))


def test_the_namespace_of_the_old_extension_is_refused(peer: Peer):
    peer.update("example.com", add=(DS,))
    body = UpdateDomain("example.com", SecDnsUpdate(remove_all=True)).to_xml("ABC-12345")
    assert peer.say(body.replace(b"secDNS-1.1", b"secDNS-1.0")).code == 2103
    assert peer.records("example.com") == (DS,)


def test_an_extension_of_another_command_is_a_syntax_error(peer: Peer):
    body = UpdateDomain("example.com", SecDnsUpdate(add=(DS,))).to_xml("ABC-12345")
    assert peer.say(body.replace(b"secDNS:update", b"secDNS:create")).code == 2001


def test_a_name_that_is_not_registered_is_not_found(peer: Peer):
    for name in ("free.com", "example.west", "example.unknown"):
        assert peer.update(name, add=(some_ds(1),)).code == 2303
        assert peer.ask(InfoDomain(name)).code == 2303


def test_a_domain_of_another_registrar_is_shown_and_not_changed(peer: Peer):
    assert peer.info("rival.com").sponsor == "westerly"
    refused = peer.update("rival.com", add=(some_ds(1),))
    assert (refused.code, refused.reasons) == (2201, ("rival.com is sponsored by another registrar.",))
    assert peer.records("rival.com") == ()


@pytest.mark.parametrize(
    ("name", "status"), [("locked.com", "serverUpdateProhibited"), ("client-locked.com", "clientUpdateProhibited")]
)
def test_a_locked_domain_is_not_changed_and_the_reason_names_the_lock(peer: Peer, name: str, status: str):
    assert status in peer.info(name).statuses
    refused = peer.update(name, add=(some_ds(1),))
    assert (refused.code, refused.reasons) == (2304, (f"{name} has the status {status}.",))
    assert peer.records(name) == ()


def test_info_holds_what_old_clients_read_unasked(peer: Peer):
    info = peer.info("example.com")
    assert info.roid == "D000001-MOCK"
    assert info.statuses == ("ok",)
    assert info.registrant == "C000001R"
    assert info.contacts == (("admin", "C000001R"), ("tech", "C000001R"))
    assert info.name_servers == ("ns1.example.com", "ns2.example.net")
    assert info.sponsor == "console"
    assert info.created_at is not None
    assert info.created_at.isoformat() == "2020-01-02T00:00:00+00:00"
    assert None not in (info.updated_at, info.expires_at)
    assert peer.info("locked.com").statuses == ("serverUpdateProhibited", "clientTransferProhibited")
