"""Change data of RFC 8590, both ways."""

from datetime import UTC, datetime

import pytest

from domains.epp import xml
from domains.epp.changepoll import ChangeData
from domains.epp.errors import MalformedFrame
from domains.epp.responses import parse_response
from tests.epp.vectors import response

CHANGE_POLL = 'xmlns:changePoll="urn:ietf:params:xml:ns:changePoll-1.0"'
URS = f"""<changePoll:changeData {CHANGE_POLL} state="after"><changePoll:operation>update</changePoll:operation>
<changePoll:date>2013-10-22T14:25:57.0Z</changePoll:date><changePoll:svTRID>12345-XYZ</changePoll:svTRID>
<changePoll:who>URS Admin</changePoll:who><changePoll:caseId type="urs">urs123</changePoll:caseId>
<changePoll:reason>URS Lock</changePoll:reason></changePoll:changeData>"""
URS_DATA = ChangeData(
    "update",
    datetime(2013, 10, 22, 14, 25, 57, tzinfo=UTC),
    "12345-XYZ",
    "URS Admin",
    "after",
    None,
    "urs123",
    "URS Lock",
)


def test_reads_a_message_of_rfc_8590():
    assert parse_response(response(f"<extension>{URS}</extension>", code=1301)).change == URS_DATA


def test_an_answer_without_change_data_has_none():
    assert parse_response(response()).change is None


@pytest.mark.parametrize(
    "change",
    [
        URS_DATA,
        ChangeData("custom", datetime(2030, 1, 1, tzinfo=UTC), "54321-XYZ", "Batch", "before", "sync"),
    ],
)
def test_what_is_written_is_read_as_the_same(change: ChangeData):
    assert ChangeData.from_xml(xml.parse_fragment(xml.write(change.to_xml()))) == change


def test_the_state_is_after_when_nothing_is_said():
    assert ChangeData.from_xml(xml.parse_fragment(URS.replace(' state="after"', "").encode())).state == "after"


@pytest.mark.parametrize(
    ("replaced", "by"),
    [
        ('state="after"', 'state="later"'),
        ("<changePoll:who>URS Admin</changePoll:who>", ""),
        ("URS Admin", ""),
        ("2013-10-22T14:25:57.0Z", "yesterday"),
        ("12345-XYZ", "x" * 300),
    ],
)
def test_refuses_change_data_that_is_none(replaced: str, by: str):
    with pytest.raises(MalformedFrame):
        parse_response(response(f"<extension>{URS.replace(replaced, by)}</extension>", code=1301))
