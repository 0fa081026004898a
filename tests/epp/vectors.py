"""Facts of the RFCs' example frames, and where the frames and schemas lie when the shared folder is beside the
checkout."""

import os
from functools import cache
from pathlib import Path

from lxml import etree

EXAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "epp-examples"
SCHEMAS = Path(os.environ.get("EPP_SCHEMAS") or EXAMPLES / "xsd")
EPP = 'xmlns="urn:ietf:params:xml:ns:epp-1.0"'
DOMAIN = 'xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"'
SECDNS = 'xmlns:secDNS="urn:ietf:params:xml:ns:secDNS-1.1"'


@cache
def schema() -> etree.XMLSchema | None:
    """The schemas of everything on the wire, from EPP_SCHEMAS or the shared folder; None when they are not there."""
    path = SCHEMAS / "all.xsd"
    return etree.XMLSchema(etree.parse(str(path))) if path.exists() else None


def assert_valid(frame: bytes) -> None:
    """A frame is well-formed, an epp with one child, and valid where the schemas can be read."""
    root = etree.fromstring(frame)
    assert root.tag == "{urn:ietf:params:xml:ns:epp-1.0}epp"
    assert len(root) == 1
    known = schema()
    if known is not None:
        known.assertValid(root)


def response(
    inner: str = "", *, code: int = 1000, cl_trid: str | None = "ABC-12345", results: str = "", queue: str = ""
) -> bytes:
    """A response with the transaction ids of RFC 5730, section 2.6."""
    echo = "" if cl_trid is None else f"<clTRID>{cl_trid}</clTRID>"
    result = results or f'<result code="{code}"><msg>Words</msg></result>'
    return (
        f"<epp {EPP}><response>{result}{queue}{inner}<trID>{echo}<svTRID>54321-XYZ</svTRID></trID></response></epp>"
    ).encode()


GREETING = f"""<epp {EPP}><greeting><svID>Example EPP server epp.example.com</svID>
<svDate>2000-06-08T22:00:00.0Z</svDate><svcMenu><version>1.0</version><lang>en</lang><lang>fr</lang>
<objURI>urn:ietf:params:xml:ns:domain-1.0</objURI><objURI>urn:ietf:params:xml:ns:obj2</objURI>
<svcExtension><extURI>urn:ietf:params:xml:ns:secDNS-1.1</extURI></svcExtension></svcMenu>
<dcp><access><all/></access><statement><purpose><admin/><prov/></purpose><recipient><ours/><public/></recipient>
<retention><stated/></retention></statement></dcp></greeting></epp>""".encode()
