"""Hardened parsing: what is no plain EPP document is refused as a whole."""

import pytest

from domains.epp import xml
from domains.epp.errors import BadValue, MalformedFrame, OutOfRange
from tests.epp.vectors import EPP

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"not xml",
        b"<epp/>",
        f"<epp {EPP}><hello></epp>".encode(),
        f"<greeting {EPP}/>".encode(),
        f"<!DOCTYPE epp><epp {EPP}><hello/></epp>".encode(),
        f'<!DOCTYPE epp SYSTEM "http://127.0.0.1:9/x.dtd"><epp {EPP}><hello/></epp>'.encode(),
        f'<!DOCTYPE epp [<!ENTITY x SYSTEM "file:///etc/hostname">]><epp {EPP}><hello>&x;</hello></epp>'.encode(),
        f"<!DOCTYPE epp [{LAUGHS}]><epp {EPP}><hello>&l11;</hello></epp>".encode(),
        f"<epp {EPP}>{'<a>' * 400}{'</a>' * 400}</epp>".encode(),
        f"<epp {EPP}><hello>\0</hello></epp>".encode(),
        f'<?xml version="1.0" encoding="utf-16"?><!DOCTYPE epp><epp {EPP}><hello/></epp>'.encode("utf-16"),
    ],
)
def test_refuses_what_is_no_plain_epp_document(frame: bytes):
    with pytest.raises(MalformedFrame):
        xml.parse(frame)


def test_reads_any_prefix_with_comments_schema_hints_and_windows_line_ends():
    frame = (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\r\n'
        '<e:epp xmlns:e="urn:ietf:params:xml:ns:epp-1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xsi:schemaLocation="urn:ietf:params:xml:ns:epp-1.0 epp-1.0.xsd">\r\n'
        "<!-- one --><e:hello/><?go on?></e:epp>\r\n<!-- two -->\r\n"
    )
    root = xml.parse(frame.encode())
    assert [child.tag for child in root] == ["{urn:ietf:params:xml:ns:epp-1.0}hello"]


def test_a_comment_within_a_value_does_not_cut_it():
    root = xml.parse(f"<epp {EPP}><clTRID> ABC<!-- -->-12 \n 3 </clTRID></epp>".encode())
    assert xml.token(root[0]) == "ABC-12 3"


@pytest.mark.parametrize(
    ("written", "trouble"),
    [("", BadValue), ("x", BadValue), ("1.0", BadValue), ("1e3", BadValue), ("٣", BadValue), ("9" * 30, BadValue)]
    + [("-1", OutOfRange), ("65536", OutOfRange)],
)
def test_tells_a_misspelt_number_from_one_out_of_range(written: str, trouble: type[Exception]):
    root = xml.parse(f"<epp {EPP}><n>{written}</n></epp>".encode())
    with pytest.raises(trouble):
        xml.number(root[0], 0, 65535)


@pytest.mark.parametrize("written", ["2000-06-08T22:00:00.0Z", "2000-06-08T22:00:00", "2000-06-09T00:00:00+02:00"])
def test_reads_every_date_as_utc(written: str):
    root = xml.parse(f"<epp {EPP}><d>{written}</d></epp>".encode())
    assert xml.moment(root[0]).isoformat() == "2000-06-08T22:00:00+00:00"
