"""From a paste to what is said about it: the findings, the key, and the keys that may be taken instead (pure)."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address

from dnssec import messages, structure
from dnssec.algorithms import RSA, USUAL, enumeration, label, offered, standing
from dnssec.keys import KSK, MAX_CHARACTERS, PROTOCOL, ZSK, DnsKey
from dnssec.messages import Finding, InvalidPublicKey, Message, Severity
from dnssec.paste import containers, encoding, records
from dnssec.paste.records import KeyRecord, Records
from dnssec.paste.secrets import holds_private_key

LONGEST_KEY = 2100  # Octets: RSA with 4096 bits has 515, or 1027 with an exponent as long; ML-DSA-44 has 1312.
KEY_TYPES = {KSK: "257 (KSK)", ZSK: "256 (ZSK)"}
DIGESTS = {40: "SHA-1", 64: "SHA-256", 96: "SHA-384"}
_ONE_KEY = (messages.CERTIFICATE, messages.SSH_PUBLIC_KEY)
_SEVERITIES = [Severity.REJECT, Severity.WARN, Severity.ACCEPT]

_HOST_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+\.?")
_ADDRESS = re.compile(r"[A-Za-z]+://\S+|[^\s@]+@[\w-]+(?:\.[\w-]+)+")
_TEXT_RECORD = re.compile(r"\bv=(?:spf1|DKIM1|DMARC1)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Known:
    """
    A key that the domain has already. `public_key` is empty and `flags` None where only its DS is known; `ds` maps
    digest types to hex. One that is not confirmed may be added again.
    """

    algorithm: int
    key_tag: int
    flags: int | None = None
    public_key: bytes = b""
    ds: Mapping[str, str] = field(default_factory=dict)
    confirmed: bool = True

    @property
    def records(self) -> int:
        """How many records of the registry's limit it takes: known by several DS records, as many."""
        return 1 if self.public_key else max(1, len(self.ds))


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a paste is judged with: the domain, what the form says beside it, and what the registry takes."""

    domain: str
    flags: int
    algorithm: int
    taken: Sequence[int] = USUAL
    existing: Sequence[Known] = ()
    max_keys: int = 13


@dataclass(frozen=True, slots=True)
class Understanding:
    """
    What was made of a paste.

    `findings` come most severe first, and the first is the cause. `key` is the key that was read, also where the domain
    cannot take it (duplicate-key, too-many-keys); else it is None on a refusal. `offers` are keys that the
    person may have meant: one click puts them into the form.
    """

    findings: tuple[Finding, ...]
    key: DnsKey | None = None
    offers: tuple[DnsKey, ...] = ()

    @property
    def verdict(self) -> Severity:
        """Whether the key is taken, taken with a warning, or refused."""
        return self.findings[0].severity

    @property
    def accepted(self) -> DnsKey | None:
        """The key to be added, or None on a refusal."""
        return None if self.verdict is Severity.REJECT else self.key

    @property
    def is_private_key(self) -> bool:
        """Whether a private key was pasted: then nothing of the paste may be kept or shown."""
        return self.findings[0].code == "private-key"


def understand(text: str, circumstances: Circumstances) -> Understanding:
    """What `text`, pasted as a public key, is. Any text gets an answer; nothing is raised."""
    if holds_private_key(text):
        return _refusal(messages.PRIVATE_KEY)
    if len(text) > MAX_CHARACTERS:
        return _refusal(messages.HUGE, limit=MAX_CHARACTERS)
    return _Reading(circumstances).read(text)


class _Reading:
    """One paste on its way through the readers: from what is sure to what is only likely."""

    def __init__(self, circumstances: Circumstances, *, depth: int = 0) -> None:
        self.circumstances = circumstances
        self.depth = depth

    def read(self, text: str) -> Understanding:
        try:
            encoding.refuse_control_characters(text)
            inner = encoding.unwrap(text)
            contained = containers.in_text(text) or containers.in_text(inner.text)
            if contained:
                return self._contained(contained)
            found = self._records(inner.text)
            if found:
                return self._found(found, text)
            if records.is_comment(text) and not records.embedded(text):
                return _refusal(messages.EMPTY)
            self._refuse_other_things(inner.text)
            digits = encoding.hexadecimal(inner.text)
            if digits:
                return self._hexadecimal(digits)
            embedded = records.embedded(html.unescape(text))
            if embedded:
                return self._among_others(embedded)
            if records.embedded_ds(inner.text):
                return _refusal(messages.DS_RECORD)
            octets, repairs = self._decoded(inner)
            return self._octets(octets, (*inner.repairs, *repairs), text)
        except InvalidPublicKey as error:
            return Understanding((error.finding,))

    # ---- texts that hold a key or something else ----

    def _contained(self, contained: containers.Contained) -> Understanding:
        # In a chain of certificates the first is the own one.
        keys = contained.keys[:1] if contained.message in _ONE_KEY else contained.keys
        offers = self._offers((self._rsa_as_chosen(algorithm), octets, flags) for algorithm, octets, flags in keys)
        return Understanding((Finding(contained.message, contained.params),), offers=offers)

    def _records(self, text: str) -> Records | None:
        found = records.read(text)
        if found and found.keys:
            return found
        return records.panel(text) or found

    def _found(self, found: Records, text: str) -> Understanding:
        if len(found.keys) == 1 and not (found.ds or found.others or found.delete_signals):
            return self._record(found.keys[0], text)
        if found.keys:
            return self._among_others(found.keys)
        if found.delete_signals:
            return _refusal(messages.DELETE_SIGNAL)
        if found.ds and not found.others:
            return _refusal(messages.DS_RECORD)
        return _refusal(messages.RECORD_OF_ANOTHER_TYPE, type=found.others[0])

    def _among_others(self, found: Sequence[KeyRecord]) -> Understanding:
        offers: list[DnsKey] = []
        for record in sorted(found, key=lambda record: record.flags != KSK):
            with suppress(InvalidPublicKey):  # One that cannot be used is not offered.
                understanding = self._record(record, record.text)
                offers += _only(understanding.key) or understanding.offers
        several = len(found) > 1
        finding = (
            Finding(messages.SEVERAL_KEYS, {"count": len(found)}) if several else Finding(messages.KEY_AMONG_RECORDS)
        )
        return Understanding((finding,), offers=tuple(dict.fromkeys(offers)))

    def _record(self, record: KeyRecord, text: str) -> Understanding:
        """The key of one DNSKEY record: the record is believed, and compared with what the form says."""
        circumstances = self.circumstances
        if record.protocol != PROTOCOL:
            raise InvalidPublicKey(messages.PROTOCOL_INVALID, protocol=record.protocol)
        if record.flags not in KEY_TYPES:
            raise InvalidPublicKey(_wrong_flags(record.flags), flags=record.flags)
        if not records.same_owner(record.owner, circumstances.domain):
            raise InvalidPublicKey(
                messages.RECORD_OWNER_DIFFERS,
                owner=records.a_labels(record.owner) or ".",
                domain=records.a_labels(circumstances.domain),
            )
        if record.algorithm is None:
            raise InvalidPublicKey(messages.ALGORITHM_UNUSABLE, algorithm=record.word)
        digits = encoding.hexadecimal(record.text)
        if digits and len(digits) > 96 and len(digits) % 2 == 0:
            return _understanding([Finding(messages.HEX_KEY)], offers=self._offers_from(bytes.fromhex(digits)))
        octets, repairs = encoding.decode(record.text, offset=max(text.find(record.text.split()[0]), 0))
        contained = containers.in_octets(octets)
        if contained:
            return self._contained(contained)
        key = DnsKey(record.flags, PROTOCOL, record.algorithm, octets)
        try:
            findings = self._judge(key)
        except InvalidPublicKey as error:
            return _understanding(
                [self._with_choice(error.finding, octets)], offers=self._offers_from(octets, flags=record.flags)
            )
        differences = []
        if key.algorithm != circumstances.algorithm:
            differences.append(
                Finding(
                    messages.RECORD_ALGORITHM_DIFFERS,
                    {"record": label(key.algorithm), "form": label(circumstances.algorithm)},
                )
            )
        if key.flags != circumstances.flags:
            differences.append(
                Finding(
                    messages.RECORD_FLAGS_DIFFER,
                    {"record": KEY_TYPES[key.flags], "form": KEY_TYPES.get(circumstances.flags, circumstances.flags)},
                )
            )
        if differences:
            refused = [finding for finding in findings if finding.severity is Severity.REJECT]
            return _understanding([*refused, *differences], offers=() if refused else (key,))
        repaired = [repair for repair in repairs if repair.message is not messages.WHITE_SPACE]
        return _understanding([*findings, Finding(messages.DNSKEY_RECORD), *repaired], key=key)

    def _refuse_other_things(self, text: str) -> None:
        """Raise InvalidPublicKey for what is plainly something else: an address, a host's name, another record."""
        if "untrusted comment:" in text:
            raise InvalidPublicKey(messages.OTHER_ARMOUR, kind="minisign, signify")
        if _TEXT_RECORD.search(text):
            raise InvalidPublicKey(messages.RECORD_OF_ANOTHER_TYPE, type="TXT")
        with suppress(ValueError):
            ip_address(text)
            raise InvalidPublicKey(messages.ADDRESS)
        if _ADDRESS.fullmatch(text):
            raise InvalidPublicKey(messages.ADDRESS)
        if _HOST_NAME.fullmatch(text) and "..." not in text:
            raise InvalidPublicKey(messages.HOST_NAME)

    # ---- digits and letters ----

    def _hexadecimal(self, digits: str) -> Understanding:
        if len(digits) in DIGESTS:
            return _refusal(messages.DS_DIGEST, digest=DIGESTS[len(digits)])
        if len(digits) % 2 or len(digits) < 100:
            return _refusal(messages.DS_DIGEST_CUT)
        octets = bytes.fromhex(digits)
        return Understanding((Finding(messages.HEX_KEY),), offers=self._offers_from(octets))

    def _decoded(self, inner: encoding.Inner) -> tuple[bytes, tuple[Finding, ...]]:
        try:
            return encoding.decode(inner.text, offset=inner.offset)
        except InvalidPublicKey as error:
            tag = encoding.markup(inner.text)
            if tag and error.finding.code == "base64-invalid":
                raise InvalidPublicKey(messages.MARKUP, position=inner.offset + tag.start() + 1) from error
            raise

    def _octets(self, octets: bytes, repairs: Sequence[Finding], text: str) -> Understanding:
        contained = containers.in_octets(octets)
        if contained:
            return self._contained(contained)
        circumstances = self.circumstances
        key = DnsKey(circumstances.flags, PROTOCOL, circumstances.algorithm, octets)
        again = self._encoded_again(octets)
        if again:
            return again
        try:
            findings = self._judge(key)
        except InvalidPublicKey as error:
            if len(octets) > LONGEST_KEY and not structure.is_rsa(octets):
                return _refusal(messages.TOO_LONG, length=len(text))
            return _understanding(
                [self._with_choice(error.finding, octets), *repairs], offers=self._offers_from(octets)
            )
        if not findings and not repairs:
            findings = [Finding(messages.OK, {"algorithm": key.algorithm_label})]
        return _understanding([*findings, *repairs], key=key)

    def _encoded_again(self, octets: bytes) -> Understanding | None:
        """What stands in base64 once more; None where the octets are no text that means anything."""
        if self.depth or not octets.isascii() or len(octets) < 20:
            return None
        inside = _Reading(self.circumstances, depth=1).read(octets.decode("ascii"))
        if inside.key is None and not inside.offers:
            return None
        return Understanding((Finding(messages.DOUBLE_BASE64),), offers=inside.offers or _only(inside.key))

    def _with_choice(self, finding: Finding, octets: bytes) -> Finding:
        """A mismatch says what can be chosen: where the registry does not take the fitting algorithm, it says that."""
        if finding.message is not messages.ALGORITHM_MISMATCH:
            return finding
        fitting = next(algorithm for algorithm, found in structure.readings(octets) if found == octets)
        taken = [row.number for row in offered(self.circumstances.taken)]
        if fitting in taken or (fitting in RSA and any(number in RSA for number in taken)):
            return finding
        return Finding(
            messages.ALGORITHM_MISMATCH_NOT_TAKEN,
            {"fitting": label(fitting), "domain": self.circumstances.domain, "taken": enumeration(taken)},
        )

    # ---- a key, beside the others and at its registry ----

    def _judge(self, key: DnsKey) -> list[Finding]:
        """
        Warnings about a key, and the refusals that leave it a key: it is there already, there are too many.

        Raises InvalidPublicKey for everything else that stands in its way.
        """
        circumstances = self.circumstances
        findings = []
        about = standing(key.algorithm, domain=circumstances.domain, taken=circumstances.taken)
        if about and about.severity is Severity.REJECT:
            raise InvalidPublicKey(about.message, **about.params)
        if about:
            findings.append(about)
        findings = [*key.check(), *findings]
        beside = list(self._beside(key))
        duplicate = any(finding.message is messages.DUPLICATE_KEY for finding in beside)
        if sum(known.records for known in circumstances.existing) >= circumstances.max_keys and not duplicate:
            beside.append(
                Finding(messages.TOO_MANY_KEYS, {"domain": circumstances.domain, "limit": circumstances.max_keys})
            )
        return [*beside, *findings]

    def _beside(self, key: DnsKey) -> Iterator[Finding]:
        """What the keys that the domain has already make of this one."""
        domain = self.circumstances.domain
        for known in self.circumstances.existing:
            if _is_same(known, key, domain):
                if not known.confirmed:
                    continue
                yield Finding(messages.DUPLICATE_KEY, {"domain": domain, "tag": key.key_tag})
            elif known.public_key == key.public_key:
                yield Finding(
                    messages.SAME_KEY_OTHERWISE,
                    {"domain": domain, "there": _described(known), "here": _described(key)},
                )
            elif known.algorithm == key.algorithm and known.key_tag == key.key_tag:
                yield Finding(messages.KEY_TAG_COLLISION, {"domain": domain, "tag": key.key_tag})

    def _offers_from(self, octets: bytes, *, flags: int | None = None) -> tuple[DnsKey, ...]:
        """The keys that octets may have been meant as, in whatever form they are."""
        contained = containers.in_octets(octets)
        if contained:
            return self._contained(contained).offers
        return self._offers(
            (self._rsa_as_chosen(algorithm), found, flags) for algorithm, found in structure.readings(octets)
        )

    def _offers(self, found: Iterable[tuple[int, bytes, int | None]]) -> tuple[DnsKey, ...]:
        """Those of the keys that the registry would take."""
        offers = []
        for algorithm, octets, flags in found:
            chosen = flags if flags in KEY_TYPES else self.circumstances.flags
            key = DnsKey(chosen if chosen in KEY_TYPES else KSK, PROTOCOL, algorithm, octets)
            try:
                self._judge(key)
            except InvalidPublicKey:
                continue
            offers.append(key)
        return tuple(dict.fromkeys(offers))

    def _rsa_as_chosen(self, algorithm: int) -> int:
        """RSA keys look alike in several algorithms: the chosen one is kept where it is one of them."""
        return self.circumstances.algorithm if algorithm in RSA and self.circumstances.algorithm in RSA else algorithm


def _refusal(message: Message, **params: object) -> Understanding:
    return Understanding((Finding(message, params),))


def _understanding(
    findings: Iterable[Finding], *, key: DnsKey | None = None, offers: tuple[DnsKey, ...] = ()
) -> Understanding:
    """The findings most severe first, each class once."""
    first: dict[str, Finding] = {}
    for finding in sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity)):
        first.setdefault(finding.code, finding)
    return Understanding(tuple(first.values()), key, offers)


def _only(key: DnsKey | None) -> tuple[DnsKey, ...]:
    return (key,) if key else ()


def _wrong_flags(flags: int) -> Message:
    if flags & 0x0080:  # RFC 5011 section 7: REVOKE.
        return messages.KEY_REVOKED
    return messages.FLAGS_UNKNOWN if flags & 0x0100 else messages.NO_ZONE_KEY  # RFC 4034 section 2.1.1: ZONE.


def _is_same(known: Known, key: DnsKey, domain: str) -> bool:
    if known.public_key:
        return (known.flags, known.algorithm, known.public_key) == (key.flags, key.algorithm, key.public_key)
    if (known.algorithm, known.key_tag) != (key.algorithm, key.key_tag):
        return False
    return any(kind in known.ds and known.ds[kind].upper() == key.ds(domain, int(kind)) for kind in ("1", "2", "4"))


def _described(key: Known | DnsKey) -> str:
    """Type and algorithm of a key for a sentence."""
    kind = {KSK: "KSK", ZSK: "ZSK"}.get(key.flags or 0, "")
    return f"{kind}, {label(key.algorithm)}" if kind else label(key.algorithm)
