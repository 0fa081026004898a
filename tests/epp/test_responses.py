"""Greetings and responses as values: the facts of the RFCs' examples, and refusal of what contradicts the RFC."""

import base64
from datetime import UTC, datetime

import pytest

from domains.epp.errors import MalformedFrame
from domains.epp.responses import (
    DomainInfo,
    MessageQueue,
    PendingResult,
    parse_greeting,
    parse_response,
)
from domains.epp.secdns import KeyData, SecDnsInfo
from tests.epp.vectors import DOMAIN, EPP, EXAMPLES, GREETING, SECDNS, response


def test_reads_the_greeting_of_rfc_5730_section_2_4():
    greeting = parse_greeting(GREETING)
    assert greeting.server_id == "Example EPP server epp.example.com"
    assert greeting.server_date == datetime(2000, 6, 8, 22, 0, tzinfo=UTC)
    assert greeting.versions == ("1.0",)
    assert greeting.languages == ("en", "fr")
    assert greeting.object_uris == ("urn:ietf:params:xml:ns:domain-1.0", "urn:ietf:params:xml:ns:obj2")
    assert greeting.extension_uris == ("urn:ietf:params:xml:ns:secDNS-1.1",)


def test_reads_a_plain_success_with_messages_waiting_as_in_section_2_6():
    answer = parse_response(response(queue='<msgQ count="5" id="12345"/>'))
    assert (answer.code, answer.message, answer.lang, answer.reasons) == (1000, "Words", "en", ())
    assert (answer.cl_trid, answer.sv_trid) == ("ABC-12345", "54321-XYZ")
    assert answer.queue == MessageQueue(5, "12345", None, None)
    assert (answer.domain, answer.pending) == (None, None)


def test_joins_a_poll_message_with_mark_up_as_in_section_2_9_2_3():
    queue = (
        '<msgQ count="4" id="12346"><qDate>2000-06-08T22:10:00.0Z</qDate>'
        '<msg lang="en">Credit balance low. <limit>100</limit> <bal>5</bal></msg></msgQ>'
    )
    answer = parse_response(response(code=1301, queue=queue))
    queued_at = datetime(2000, 6, 8, 22, 10, tzinfo=UTC)
    assert answer.queue == MessageQueue(4, "12346", queued_at, "Credit balance low. 100 5")


def test_reads_the_end_of_a_pending_action_of_rfc_5731_section_3_3():
    data = (
        f'<resData><domain:panData {DOMAIN}><domain:name paResult="1">example.com</domain:name><domain:paTRID>'
        "<clTRID>ABC-12345</clTRID><svTRID>54321-XYZ</svTRID></domain:paTRID>"
        "<domain:paDate>1999-04-04T22:00:00.0Z</domain:paDate></domain:panData></resData>"
    )
    decided = datetime(1999, 4, 4, 22, 0, tzinfo=UTC)
    expected = PendingResult("example.com", True, "ABC-12345", "54321-XYZ", decided)
    assert parse_response(response(data, code=1301)).pending == expected
    refused = parse_response(response(data.replace('paResult="1"', 'paResult="false"'), code=1301)).pending
    assert refused is not None
    assert not refused.accepted


def test_reads_the_end_of_a_pending_action_that_leaves_out_what_it_was_about():
    name = '<domain:name paResult="1">example.com</domain:name>'
    data = f"<resData><domain:panData {DOMAIN}>{name}</domain:panData></resData>"
    assert parse_response(response(data, code=1301)).pending == PendingResult("example.com", True, None, "", None)


INFO = f"""<resData><domain:infData {DOMAIN}><domain:name>Example.COM</domain:name>
<domain:roid>EXAMPLE1-REP</domain:roid>
<domain:status s="clientHold"/><domain:status s="serverUpdateProhibited">locked</domain:status>
<domain:registrant>jd1234</domain:registrant><domain:contact type="admin">sh8013</domain:contact>
<domain:contact type="tech">sh8014</domain:contact><domain:ns><domain:hostObj>NS1.example.com</domain:hostObj>
<domain:hostObj>ns2.example.com</domain:hostObj></domain:ns><domain:clID>ClientX</domain:clID>
<domain:crDate>1999-04-03T22:00:00.0Z</domain:crDate><domain:upDate>1999-12-03T09:00:00.0Z</domain:upDate>
<domain:exDate>2005-04-03T22:00:00.0Z</domain:exDate></domain:infData></resData>"""


def test_reads_the_data_of_a_domain_with_its_keys():
    keys = (
        f"<extension><secDNS:infData {SECDNS}><secDNS:keyData><secDNS:flags>257</secDNS:flags>"
        "<secDNS:protocol>3</secDNS:protocol><secDNS:alg>1</secDNS:alg><secDNS:pubKey>AQPJ////4Q==</secDNS:pubKey>"
        "</secDNS:keyData></secDNS:infData></extension>"
    )
    assert parse_response(response(INFO + keys)).domain == DomainInfo(
        name="example.com",
        roid="EXAMPLE1-REP",
        statuses=("clientHold", "serverUpdateProhibited"),
        registrant="jd1234",
        contacts=(("admin", "sh8013"), ("tech", "sh8014")),
        name_servers=("ns1.example.com", "ns2.example.com"),
        sponsor="ClientX",
        created_at=datetime(1999, 4, 3, 22, 0, tzinfo=UTC),
        updated_at=datetime(1999, 12, 3, 9, 0, tzinfo=UTC),
        expires_at=datetime(2005, 4, 3, 22, 0, tzinfo=UTC),
        secdns=SecDnsInfo(keys=(KeyData(257, 3, 1, base64.b64decode("AQPJ////4Q==")),)),
    )


def test_a_domain_without_secdns_data_says_so():
    domain = parse_response(response(INFO)).domain
    assert domain is not None
    assert domain.secdns is None


def test_reads_name_servers_given_as_attributes():
    attributes = (
        "<domain:hostAttr><domain:hostName>ns9.example.com</domain:hostName>"
        '<domain:hostAddr ip="v4">192.0.2.2</domain:hostAddr></domain:hostAttr>'
    )
    start, end = INFO.index("<domain:hostObj>"), INFO.index("</domain:ns>")
    domain = parse_response(response(INFO[:start] + attributes + INFO[end:])).domain
    assert domain is not None
    assert domain.name_servers == ("ns9.example.com",)


def test_keeps_every_reason_and_what_further_results_say():
    results = (
        '<result code="2306"><msg lang="en">Parameter value policy error</msg><value><x/></value>'
        "<extValue><value><x/></value><reason>First reason.</reason></extValue>"
        "<extValue><value><x/></value><reason>Second\n reason.</reason></extValue></result>"
        '<result code="2004"><msg>Range error</msg><extValue><value><x/></value><reason>Third.</reason></extValue>'
        "</result>"
    )
    answer = parse_response(response(results=results))
    assert answer.code == 2306
    assert answer.reasons == ("First reason.", "Second reason.", "Range error", "Third.")


def test_reasons_are_bounded_in_number_and_length():
    one = f"<extValue><value><x/></value><reason>{'r' * 5000}</reason></extValue>"
    answer = parse_response(response(results=f'<result code="2306"><msg>m</msg>{one * 100}</result>'))
    assert len(answer.reasons) == 20
    assert {len(reason) for reason in answer.reasons} == {1000}


def test_an_answer_without_client_transaction_id_has_none():
    assert parse_response(response(cl_trid=None)).cl_trid is None


@pytest.mark.parametrize(
    "frame",
    [
        GREETING,
        f"<epp {EPP}><response/></epp>".encode(),
        response().replace(b'code="1000"', b'code="1234"'),
        response().replace(b'code="1000"', b'code="ten"'),
        response().replace(b'code="1000"', b""),
        response().replace(b"<msg>Words</msg>", b""),
        response().replace(b"<svTRID>54321-XYZ</svTRID>", b""),
        response().replace(b"54321-XYZ", b"x" * 300),
        response().replace(b"<clTRID>ABC-12345</clTRID>", b"<clTRID>ABC-12345</clTRID><clTRID>ABC-12346</clTRID>"),
        response(queue='<msgQ count="-1" id="1"/>'),
        response(queue='<msgQ count="1"/>'),
        response(queue='<msgQ count="1" id="1"><qDate>soon</qDate></msgQ>'),
        response(INFO.replace("<domain:clID>ClientX</domain:clID>", "")),
        response(INFO.replace("1999-04-03T22:00:00.0Z", "yesterday")),
        response(
            f"<resData><domain:panData {DOMAIN}><domain:name>example.com</domain:name></domain:panData></resData>"
        ),
    ],
)
def test_refuses_what_contradicts_the_rfc(frame: bytes):
    with pytest.raises(MalformedFrame):
        parse_response(frame)


@pytest.mark.parametrize("frame", [response(), GREETING.replace(b"<svDate>", b"<svDate>x"), b"<epp/>"])
def test_refuses_what_is_no_greeting(frame: bytes):
    with pytest.raises(MalformedFrame):
        parse_greeting(frame)


def test_reads_every_response_of_the_rfcs_examples_that_lie_beside_the_checkout():
    frames = [*EXAMPLES.glob("rfc57*response*.xml"), *EXAMPLES.glob("rfc5910-5.1.2*.xml")]
    codes = sorted(int(parse_response(path.read_bytes()).code) for path in frames)
    assert codes == ([1000] * 6 + [1001, 1300, 1301, 1301] if EXAMPLES.exists() else [])
