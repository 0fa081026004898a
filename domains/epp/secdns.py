"""Key data and DS data as RFC 5910 (secDNS-1.1) puts them on the wire, both ways. Equal values are equal records,
however their base64 or hexadecimal text was laid out."""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Self

from domains.epp import xml
from domains.epp.errors import BadValue, MalformedFrame
from domains.epp.xml import SECDNS, Element


@dataclass(frozen=True)
class KeyData:
    """A DNSKEY record's data (RFC 5910, section 4.2)."""

    flags: int
    protocol: int
    algorithm: int
    public_key: bytes

    def to_xml(self) -> Element:
        """Returns the keyData element."""
        return xml.secdns(
            "keyData",
            xml.secdns("flags", str(self.flags)),
            xml.secdns("protocol", str(self.protocol)),
            xml.secdns("alg", str(self.algorithm)),
            xml.secdns("pubKey", base64.b64encode(self.public_key).decode()),
        )

    @classmethod
    def from_xml(cls, element: Element) -> Self:
        """Reads a keyData element; MalformedFrame, BadValue or OutOfRange when it is none."""
        _only(element, ("flags", "protocol", "alg", "pubKey"))
        written = "".join(xml.token(xml.required(element, SECDNS, "pubKey")).split())
        try:
            public_key = base64.b64decode(written, validate=True)
        except (binascii.Error, ValueError) as trouble:
            raise BadValue("pubKey is not base64.") from trouble
        if not public_key:
            raise BadValue("pubKey is empty.")
        return cls(
            flags=_number(element, "flags", 65535),
            protocol=_number(element, "protocol", 255),
            algorithm=_number(element, "alg", 255),
            public_key=public_key,
        )


@dataclass(frozen=True)
class DsData:
    """A DS record's data (RFC 5910, section 4.1). A key sent along serves validation only and takes no part in
    comparison: the four fields of the record are its identity (section 5.2.5)."""

    key_tag: int
    algorithm: int
    digest_type: int
    digest: bytes
    key_data: KeyData | None = field(default=None, compare=False)

    def to_xml(self) -> Element:
        """Returns the dsData element."""
        element = xml.secdns(
            "dsData",
            xml.secdns("keyTag", str(self.key_tag)),
            xml.secdns("alg", str(self.algorithm)),
            xml.secdns("digestType", str(self.digest_type)),
            xml.secdns("digest", self.digest.hex().upper()),
        )
        if self.key_data is not None:
            element.append(self.key_data.to_xml())
        return element

    @classmethod
    def from_xml(cls, element: Element) -> Self:
        """Reads a dsData element; MalformedFrame, BadValue or OutOfRange when it is none."""
        _only(element, ("keyTag", "alg", "digestType", "digest", "keyData"))
        try:
            digest = bytes.fromhex(xml.token(xml.required(element, SECDNS, "digest")))
        except ValueError as trouble:
            raise BadValue("digest is not hexadecimal.") from trouble
        key_data = xml.child(element, SECDNS, "keyData")
        return cls(
            key_tag=_number(element, "keyTag", 65535),
            algorithm=_number(element, "alg", 255),
            digest_type=_number(element, "digestType", 255),
            digest=digest,
            key_data=None if key_data is None else KeyData.from_xml(key_data),
        )


Record = DsData | KeyData


@dataclass(frozen=True)
class SecDnsUpdate:
    """The change an update asks for: removals first, then additions (RFC 5910, section 5.2.5)."""

    remove: tuple[Record, ...] = ()
    add: tuple[Record, ...] = ()
    remove_all: bool = False
    max_sig_life: int | None = None
    urgent: bool = False

    def to_xml(self) -> Element:
        """Returns the secDNS update element."""
        element = xml.secdns("update", **({"urgent": "true"} if self.urgent else {}))
        if self.remove_all:
            element.append(xml.secdns("rem", xml.secdns("all", "true")))
        elif self.remove:
            element.append(xml.secdns("rem", *(record.to_xml() for record in self.remove)))
        if self.add:
            element.append(xml.secdns("add", *(record.to_xml() for record in self.add)))
        if self.max_sig_life is not None:
            element.append(xml.secdns("chg", xml.secdns("maxSigLife", str(self.max_sig_life))))
        return element

    @classmethod
    def from_xml(cls, element: Element) -> Self:
        """Reads a secDNS update element; MalformedFrame, BadValue or OutOfRange when it is none."""
        _only(element, ("rem", "add", "chg"))
        rem, add, chg = (xml.child(element, SECDNS, name) for name in ("rem", "add", "chg"))
        removed: tuple[Record, ...] = ()
        remove_all = False
        if rem is not None:
            everything = xml.child(rem, SECDNS, "all")
            if everything is None:
                removed = _records(rem, ("dsData", "keyData"))
            elif len(rem) == 1:
                remove_all = xml.boolean(xml.token(everything))
            else:
                raise MalformedFrame("rem names single records beside all.")
        if chg is not None:
            _only(chg, ("maxSigLife",))
        lives = [life for part in (add, chg) if part is not None if (life := _max_sig_life(part)) is not None]
        return cls(
            remove=removed,
            add=() if add is None else _records(add, ("maxSigLife", "dsData", "keyData")),
            remove_all=remove_all,
            max_sig_life=lives[-1] if lives else None,
            urgent=xml.boolean(element.get("urgent", "false")),
        )


@dataclass(frozen=True)
class SecDnsInfo:
    """What a registry holds for a domain, as DS data or as key data (RFC 5910, section 5.1.2)."""

    ds: tuple[DsData, ...] = ()
    keys: tuple[KeyData, ...] = ()
    max_sig_life: int | None = None

    def to_xml(self) -> Element:
        """Returns the secDNS infData element."""
        element = xml.secdns("infData")
        if self.max_sig_life is not None:
            element.append(xml.secdns("maxSigLife", str(self.max_sig_life)))
        element.extend(record.to_xml() for record in self.ds)
        element.extend(record.to_xml() for record in self.keys)
        return element

    @classmethod
    def from_xml(cls, element: Element) -> Self:
        """Reads a secDNS infData element; MalformedFrame, BadValue or OutOfRange when it is none."""
        # A server that sends an empty infData says as much as one that sends none.
        records = _records(element, ("maxSigLife", "dsData", "keyData")) if len(element) else ()
        return cls(
            ds=tuple(record for record in records if isinstance(record, DsData)),
            keys=tuple(record for record in records if isinstance(record, KeyData)),
            max_sig_life=_max_sig_life(element),
        )


def _only(element: Element, names: tuple[str, ...]) -> None:
    """Demands that the children are among these and come in this order."""
    order = {f"{{{SECDNS}}}{name}": place for place, name in enumerate(names)}
    places = [order.get(str(child.tag), -1) for child in element]
    if -1 in places or places != sorted(places):
        raise MalformedFrame(f"{xml.local_name(element)} holds an element that does not belong there.")


def _number(element: Element, name: str, maximum: int) -> int:
    return xml.number(xml.required(element, SECDNS, name), 0, maximum)


def _max_sig_life(element: Element) -> int | None:
    found = xml.child(element, SECDNS, "maxSigLife")
    return None if found is None else xml.number(found, 1, 2**31 - 1)


def _records(element: Element, names: tuple[str, ...]) -> tuple[Record, ...]:
    _only(element, names)
    ds = tuple(DsData.from_xml(found) for found in xml.children(element, SECDNS, "dsData"))
    keys = tuple(KeyData.from_xml(found) for found in xml.children(element, SECDNS, "keyData"))
    if bool(ds) == bool(keys):
        raise MalformedFrame(f"{xml.local_name(element)} must hold either dsData or keyData.")
    return ds or keys
