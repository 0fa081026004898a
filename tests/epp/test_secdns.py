"""secDNS data both ways (RFC 5910): the RFC's example values, equality by value, refusal of what is no record."""

import base64

import pytest
from lxml import etree

from domains.epp.errors import BadValue, EppError, MalformedFrame, OutOfRange
from domains.epp.secdns import DsData, KeyData, SecDnsInfo, SecDnsUpdate
from tests.epp.vectors import EXAMPLES, SECDNS

KEY = KeyData(257, 3, 1, base64.b64decode("AQPJ////4Q=="))
DS = DsData(12345, 3, 1, bytes.fromhex("38EC35D5B3A34B33C99B"))
KEY_XML = (
    "<secDNS:keyData><secDNS:flags>257</secDNS:flags><secDNS:protocol>3</secDNS:protocol><secDNS:alg>1</secDNS:alg>"
    "<secDNS:pubKey>AQPJ////4Q==</secDNS:pubKey></secDNS:keyData>"
)
DS_XML = (
    "<secDNS:dsData><secDNS:keyTag>12345</secDNS:keyTag><secDNS:alg>3</secDNS:alg>"
    "<secDNS:digestType>1</secDNS:digestType><secDNS:digest>38EC35D5B3A34B33C99B</secDNS:digest></secDNS:dsData>"
)


def element(name: str, inner: str, attributes: str = "") -> etree._Element:
    return etree.fromstring(f"<secDNS:{name} {SECDNS} {attributes}>{inner}</secDNS:{name}>")


def update(inner: str, attributes: str = "") -> SecDnsUpdate:
    return SecDnsUpdate.from_xml(element("update", inner, attributes))


def test_reads_the_three_forms_of_infdata_of_section_5_1_2():
    life = "<secDNS:maxSigLife>604800</secDNS:maxSigLife>"
    with_key = DS_XML.replace("</secDNS:dsData>", f"{KEY_XML}</secDNS:dsData>")
    assert SecDnsInfo.from_xml(element("infData", DS_XML)) == SecDnsInfo(ds=(DS,))
    read = SecDnsInfo.from_xml(element("infData", life + with_key))
    assert (read.max_sig_life, read.ds, read.ds[0].key_data) == (604800, (DS,), KEY)
    assert SecDnsInfo.from_xml(element("infData", KEY_XML)) == SecDnsInfo(keys=(KEY,))


@pytest.mark.parametrize(
    "change",
    [
        SecDnsUpdate(),
        SecDnsUpdate(remove=(DS,), add=(DsData(12346, 3, 1, b"\x38"),)),
        SecDnsUpdate(max_sig_life=605900),
        SecDnsUpdate(remove=(KEY,), add=(KEY,), max_sig_life=605900),
        SecDnsUpdate(remove_all=True, urgent=True),
        SecDnsUpdate(remove_all=True, add=(DS,), urgent=True),
    ],
)
def test_an_update_that_is_written_reads_as_the_same_update(change: SecDnsUpdate):
    assert SecDnsUpdate.from_xml(change.to_xml()) == change


@pytest.mark.parametrize("info", [SecDnsInfo(), SecDnsInfo(ds=(DS, DS)), SecDnsInfo(keys=(KEY,), max_sig_life=1)])
def test_infdata_that_is_written_reads_as_the_same_data(info: SecDnsInfo):
    assert SecDnsInfo.from_xml(info.to_xml()) == info


def test_equal_records_are_equal_however_their_text_was_laid_out():
    wrapped = KEY_XML.replace("AQPJ////4Q==", "\n  AQPJ//\r\n  //4Q== ").replace("257", " 257 ")
    small = DS_XML.replace("38EC35D5B3A34B33C99B", "\n 38ec35d5b3a34b33c99b ").replace("12345", "012345")
    assert update(f"<secDNS:add>{wrapped}</secDNS:add>").add == (KEY,)
    assert update(f"<secDNS:add>{small}</secDNS:add>").add == (DS,)


def test_a_key_sent_along_takes_no_part_in_the_identity_of_a_ds_record():
    assert DsData(1, 13, 2, b"x", KEY) == DsData(1, 13, 2, b"x")
    assert hash(DsData(1, 13, 2, b"x", KEY)) == hash(DsData(1, 13, 2, b"x"))


def test_all_with_the_value_false_removes_nothing():
    assert update("<secDNS:rem><secDNS:all>0</secDNS:all></secDNS:rem>") == SecDnsUpdate()
    assert update("<secDNS:rem><secDNS:all> 1 </secDNS:all></secDNS:rem>") == SecDnsUpdate(remove_all=True)


def test_max_sig_life_is_read_from_add_as_well_as_from_chg():
    inner = f"<secDNS:add><secDNS:maxSigLife>5</secDNS:maxSigLife>{DS_XML}</secDNS:add><secDNS:chg/>"
    assert update(inner) == SecDnsUpdate(add=(DS,), max_sig_life=5)


@pytest.mark.parametrize(
    ("inner", "trouble"),
    [
        (f"<secDNS:add>{DS_XML}{KEY_XML}</secDNS:add>", MalformedFrame),
        (f"<secDNS:add>{KEY_XML}</secDNS:add><secDNS:rem>{KEY_XML}</secDNS:rem>", MalformedFrame),
        (f"<secDNS:add>{KEY_XML}</secDNS:add><secDNS:add>{KEY_XML}</secDNS:add>", MalformedFrame),
        (f"<secDNS:rem><secDNS:all>true</secDNS:all>{KEY_XML}</secDNS:rem>", MalformedFrame),
        ("<secDNS:add/>", MalformedFrame),
        ("<secDNS:rem/>", MalformedFrame),
        ("<secDNS:other/>", MalformedFrame),
        ("<add/>", MalformedFrame),
        (f"<secDNS:add>{KEY_XML.replace('<secDNS:alg>1</secDNS:alg>', '')}</secDNS:add>", MalformedFrame),
        (f"<secDNS:add>{KEY_XML.replace('AQPJ////4Q==', 'AQPJ////4Q=')}</secDNS:add>", BadValue),
        (f"<secDNS:add>{KEY_XML.replace('AQPJ////4Q==', 'AQPJ!///4Q==')}</secDNS:add>", BadValue),
        (f"<secDNS:add>{KEY_XML.replace('AQPJ////4Q==', ' ')}</secDNS:add>", BadValue),
        (f"<secDNS:add>{KEY_XML.replace('AQPJ////4Q==', '<b/>')}</secDNS:add>", MalformedFrame),
        (f"<secDNS:add>{KEY_XML.replace('257', 'KSK')}</secDNS:add>", BadValue),
        (f"<secDNS:add>{KEY_XML.replace('257', '65536')}</secDNS:add>", OutOfRange),
        (f"<secDNS:add>{DS_XML.replace('12345', '-1')}</secDNS:add>", OutOfRange),
        (f"<secDNS:add>{DS_XML.replace('38EC', '38EG')}</secDNS:add>", BadValue),
        (f"<secDNS:add>{DS_XML.replace('38EC', '38E')}</secDNS:add>", BadValue),
        ("<secDNS:rem><secDNS:all>yes</secDNS:all></secDNS:rem>", BadValue),
        ("<secDNS:chg><secDNS:maxSigLife>0</secDNS:maxSigLife></secDNS:chg>", OutOfRange),
    ],
)
def test_refuses_what_is_no_update(inner: str, trouble: type[EppError]):
    with pytest.raises(EppError) as caught:
        update(inner)
    assert type(caught.value) is trouble


def test_refuses_an_urgent_that_is_no_boolean():
    with pytest.raises(BadValue):
        update("", 'urgent="very"')


def test_reads_every_update_of_the_rfc_s_examples_that_lie_beside_the_checkout():
    read = {
        path.name: SecDnsUpdate.from_xml(found)
        for path in EXAMPLES.glob("rfc5910-5.2.5*.xml")
        for found in etree.parse(str(path)).iter("{urn:ietf:params:xml:ns:secDNS-1.1}update")
    }
    assert len(read) == (6 if EXAMPLES.exists() else 0)
    assert sum(change.urgent for change in read.values()) == (2 if read else 0)
