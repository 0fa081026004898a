"""Everything that is said about a pasted key: one sentence or two for each class of paste, with its severity (pure).

The same code and words stand in the page, the command, the admin and docs/messages.md. Sentences are marked for
translation here and translated where they are shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """What follows from a finding: the key is taken (repaired where needed), taken with a warning, or refused."""

    ACCEPT = "accept"
    WARN = "warn"
    REJECT = "reject"


ACCEPT, WARN, REJECT = Severity.ACCEPT, Severity.WARN, Severity.REJECT


@dataclass(frozen=True, slots=True)
class Message:
    """What is said about one class of paste. `template` takes named parameters, `field` is where it stands in the
    form."""

    code: str
    severity: Severity
    template: str
    field: str = "public_key"


@dataclass(frozen=True, slots=True)
class Finding:
    """A message with its parameters filled in: something that was found out about a pasted key."""

    message: Message
    params: Mapping[str, object] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """The class of the finding."""
        return self.message.code

    @property
    def severity(self) -> Severity:
        """What follows from it."""
        return self.message.severity

    @property
    def sentence(self) -> str:
        """The sentences for a person, in English."""
        return self.message.template % self.params


class InvalidPublicKey(Exception):
    """What was pasted is no key that can be used; `finding` says why."""

    def __init__(self, message: Message, **params: object) -> None:
        self.finding = Finding(message, params)
        super().__init__(message.code)


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for translation: pure modules name it, the page that shows it translates it."""
    return sentence


_ = gettext_noop

# ---- nothing wrong ----
OK = Message("ok", ACCEPT, _("This is a whole public key of algorithm %(algorithm)s."))

# ---- repaired ----
DNSKEY_RECORD = Message("dnskey-record", ACCEPT, _("The key was taken out of the DNSKEY record."))
QUOTED = Message("quoted", ACCEPT, _("What stood around the key, such as quotation marks, was taken off."))
CODE_FENCE = Message("markup", ACCEPT, _("The code marks around the key were taken off."))
URLSAFE = Message("base64-urlsafe", ACCEPT, _("The key was spelled for web addresses; it is now in plain base64."))
PADDING = Message("base64-padding", ACCEPT, _("The = signs at the end of the key were put right."))
WHITE_SPACE = Message(
    "base64-whitespace", ACCEPT, _("Spaces, line breaks or invisible characters were taken out of the key.")
)

# ---- no key at all ----
EMPTY = Message("empty", REJECT, _("There is no key here. Paste the public key that your DNS service shows."))
TOO_LONG = Message(
    "too-long",
    REJECT,
    _("This is %(length)d characters long, and no public key is that long. Paste the key alone."),
)
HUGE = Message(
    "too-long",
    REJECT,
    _("This is longer than %(limit)d characters, and no public key is that long. Paste the key alone."),
)
PRIVATE_KEY = Message(
    "private-key",
    REJECT,
    _(
        "This is a private key, so it was thrown away here and stored nowhere. Treat it as leaked: make a new key, "
        "and paste only its public half."
    ),
)
CONTROL_CHARACTER = Message(
    "control-characters",
    REJECT,
    _("Character %(position)d is a control character (%(name)s), which no key has. Copy the key again as plain text."),
)
DS_DIGEST = Message(
    "ds-digest",
    REJECT,
    _(
        "This is the digest from a DS record, a fingerprint of the key (%(digest)s), and not the key itself. The key "
        "is the long text in the DNSKEY record; DNS services call it “public key”."
    ),
)
DS_DIGEST_CUT = Message(
    "ds-digest",
    REJECT,
    _(
        "This looks like a part of the digest from a DS record, a fingerprint of the key. What is needed is the key "
        "itself: the long text in the DNSKEY record, which DNS services call “public key”."
    ),
)
DS_RECORD = Message(
    "ds-record",
    REJECT,
    _(
        "This is a DS record, which holds only a fingerprint of the key. What is needed is the key itself: the long "
        "text in the DNSKEY record, which DNS services call “public key”."
    ),
)
DELETE_SIGNAL = Message(
    "delete-signal",
    REJECT,
    _(
        "This record holds no key: it is the signal that asks a registry to switch DNSSEC off (RFC 8078). To do that, "
        "delete the keys of the domain here."
    ),
)
RECORD_OF_ANOTHER_TYPE = Message(
    "wrong-record-type",
    REJECT,
    _("This is a record of type %(type)s, which holds no DNSSEC key. Paste the DNSKEY record, or the key from it."),
)
HOST_NAME = Message(
    "wrong-record-type",
    REJECT,
    _("This is the name of a host or a domain, not a key. Paste the public key that your DNS service shows."),
)
ADDRESS = Message(
    "wrong-record-type",
    REJECT,
    _("This is an address, not a key. Paste the public key that your DNS service shows."),
)

# ---- something around the key ----
KEY_AMONG_RECORDS = Message(
    "zone-fragment",
    REJECT,
    _("There is more in this text than the key. Use the key that was found, or paste its DNSKEY record alone."),
)
SEVERAL_KEYS = Message(
    "zone-fragment",
    REJECT,
    _("There are %(count)d keys in this text. Choose one of them; nearly always it is the key-signing key (KSK)."),
)
SPKI_PEM = Message(
    "spki-pem",
    REJECT,
    _("This is a public key in a PEM file, and DNSSEC writes the same key in another form. Use the converted key."),
)
SPKI_BASE64 = Message(
    "spki-base64",
    REJECT,
    _("This is the inside of a PEM file, and DNSSEC writes the same key in another form. Use the converted key."),
)
PKCS1 = Message(
    "pkcs1-pem",
    REJECT,
    _("This is an RSA key as files keep it (PKCS #1); DNSSEC writes it in another form. Use the converted key."),
)
SSH_PUBLIC_KEY = Message(
    "ssh-public-key",
    REJECT,
    _("This is an SSH key, which opens servers. Use the converted key only if it really signs this zone as well."),
)
CERTIFICATE = Message(
    "certificate",
    REJECT,
    _(
        "This is a certificate, made for encrypted connections. Use the key inside only if it really signs this zone "
        "as well."
    ),
)
CERTIFICATE_REQUEST = Message(
    "other-armour",
    REJECT,
    _("This is a request for a certificate. Use the key inside only if it really signs this zone as well."),
)
JWK = Message(
    "other-armour", REJECT, _("This is a key in JSON form (JWK); DNSSEC writes it otherwise. Use the converted key.")
)
XML_KEY = Message(
    "other-armour", REJECT, _("This is a key in XML form; DNSSEC writes it otherwise. Use the converted key.")
)
TRUST_ANCHOR = Message(
    "other-armour",
    REJECT,
    _("This is a trust anchor, from the settings of a resolver. Use the key inside, or paste the DNSKEY record."),
)
EPP_XML = Message(
    "other-armour",
    REJECT,
    _("This is a command between registrar and registry (EPP). Use the key inside, or paste the DNSKEY record."),
)
OPENPGP = Message(
    "other-armour",
    REJECT,
    _("This is an OpenPGP key, made for mail; it cannot sign a zone. Paste the DNSKEY record of the domain."),
)
OTHER_ARMOUR = Message(
    "other-armour",
    REJECT,
    _("This is a file of another kind (%(kind)s) with no DNSSEC key in it. Paste the DNSKEY record of the domain."),
)
NO_ALGORITHM_FOR = {
    code: Message(
        code,
        REJECT,
        _(
            "This holds a key that no DNSSEC algorithm can use (%(kind)s). Paste the DNSKEY record of the domain "
            "instead."
        ),
    )
    for code in ("spki-pem", "spki-base64", "pkcs1-pem", "ssh-public-key", "certificate", "other-armour")
}

# ---- the text is no base64 ----
BASE64_INVALID = Message(
    "base64-invalid",
    REJECT,
    _(
        "Character %(position)d is %(character)s (%(name)s), which no key has. A key is made of letters without "
        "accents, digits, +, / and =; copy it again."
    ),
)
BASE64_CUT = Message(
    "base64-invalid",
    REJECT,
    _("A part of the key is missing: so many characters (%(length)d) cannot be a whole key. Copy it again, all of it."),
)
BASE64_SHORTENED = Message(
    "base64-invalid",
    REJECT,
    _("The key was copied in shortened form: at character %(position)d a part is left out. Copy the whole key."),
)
BASE64_TWO = Message(
    "base64-invalid",
    REJECT,
    _("An = sign stands at character %(position)d, but only the end of a key has one. Paste one key, all of it."),
)
MARKUP = Message(
    "markup",
    REJECT,
    _("There is markup (HTML) in this text, at character %(position)d. Copy the key as the page shows it."),
)
HEX_KEY = Message(
    "hex-key",
    REJECT,
    _("This is written in hexadecimal, and a public key is written in base64. Copy the key from its DNSKEY record."),
)
DOUBLE_BASE64 = Message(
    "double-base64",
    REJECT,
    _("This was encoded in base64 twice. Paste the key as it was before the second time."),
)

# ---- record and form disagree ----
RECORD_OWNER_DIFFERS = Message(
    "record-owner-differs",
    REJECT,
    _("This record belongs to %(owner)s, but the key is for %(domain)s. Paste the DNSKEY record of %(domain)s."),
)
RECORD_ALGORITHM_DIFFERS = Message(
    "record-algorithm-differs",
    REJECT,
    _("The record says algorithm %(record)s, but %(form)s is chosen. Choose the algorithm of the record."),
    field="algorithm",
)
RECORD_FLAGS_DIFFER = Message(
    "record-flags-differ",
    REJECT,
    _("The record says %(record)s, but %(form)s is chosen. Choose the key type of the record."),
    field="key_type",
)
FLAGS_UNKNOWN = Message(
    "flags-invalid",
    REJECT,
    _("The flags of this key are %(flags)d, and only 257 (KSK) and 256 (ZSK) are in use. Copy the record again."),
)
KEY_REVOKED = Message(
    "flags-invalid",
    REJECT,
    _(
        "This key is marked as revoked (flags %(flags)d, RFC 5011), so no resolver trusts it. Add the key that "
        "replaces it."
    ),
)
NO_ZONE_KEY = Message(
    "flags-invalid",
    REJECT,
    _("The flags of this key are %(flags)d, so it signs no zone. Add a key with flags 257 (KSK) or 256 (ZSK)."),
)
FLAGS_INVALID = Message(
    "flags-invalid",
    REJECT,
    _("A key type of %(flags)d cannot be used. Choose 257 (KSK) or 256 (ZSK)."),
    field="key_type",
)
PROTOCOL_INVALID = Message(
    "protocol-invalid",
    REJECT,
    _("The second number of a DNSKEY record is always 3, but here it is %(protocol)d. Copy the record again."),
)

# ---- the algorithm ----
ALGORITHM_MUST_NOT = Message(
    "algorithm-must-not",
    REJECT,
    _("Algorithm %(algorithm)s must not be used any more (%(source)s). Sign the zone with algorithm 13 or 15."),
    field="algorithm",
)
ALGORITHM_SHA1 = Message(
    "algorithm-sha1",
    REJECT,
    _(
        "Algorithm %(algorithm)s relies on SHA-1, which can be forged, and must not be used for new keys "
        "(%(source)s). Sign the zone with algorithm 13 or 15."
    ),
    field="algorithm",
)
ALGORITHM_UNUSABLE = Message(
    "algorithm-unusable",
    REJECT,
    _("Algorithm %(algorithm)s cannot sign a zone. Choose the algorithm that the zone is signed with."),
    field="algorithm",
)
ALGORITHM_UNKNOWN = Message(
    "algorithm-unusable",
    REJECT,
    _("No algorithm has the number %(number)s. Choose the algorithm that the zone is signed with."),
    field="algorithm",
)
ALGORITHM_PRIVATE = Message(
    "algorithm-private",
    REJECT,
    _(
        "Algorithm %(algorithm)s is for private agreements, and no public resolver can check it. Sign the zone with "
        "algorithm 13 or 15."
    ),
    field="algorithm",
)
ALGORITHM_UNSUPPORTED_HERE = Message(
    "algorithm-unsupported-here",
    REJECT,
    _("The registry of %(domain)s does not take algorithm %(algorithm)s. It takes %(taken)s."),
    field="algorithm",
)
NO_USABLE_ALGORITHM = Message(
    "algorithm-unsupported-here",
    REJECT,
    _(
        "The registry of %(domain)s takes no algorithm that may be used for new keys. No key can be added until it "
        "takes a newer one."
    ),
    field="algorithm",
)
ALGORITHM_NEW = Message(
    "algorithm-unsupported-here",
    WARN,
    _(
        "Few resolvers can check algorithm %(algorithm)s yet, and for all others the domain counts as unsigned. "
        "Algorithms 13 and 15 are checked nearly everywhere."
    ),
    field="algorithm",
)
ALGORITHM_NOT_RECOMMENDED = Message(
    "algorithm-not-recommended",
    WARN,
    _("Algorithm %(algorithm)s works, but is not recommended any more (%(source)s). Algorithms 13 and 15 are."),
    field="algorithm",
)
ALGORITHM_MISMATCH = Message(
    "algorithm-mismatch",
    REJECT,
    _("This key fits algorithm %(fitting)s, but %(chosen)s is chosen. Choose the algorithm that the key was made for."),
    field="algorithm",
)

ALGORITHM_MISMATCH_NOT_TAKEN = Message(
    "algorithm-mismatch",
    REJECT,
    _("This is a key of algorithm %(fitting)s, which the registry of %(domain)s does not take. It takes %(taken)s."),
)

# ---- the structure of the key ----
LENGTH_WRONG = Message(
    "length-wrong",
    REJECT,
    _(
        "A key of algorithm %(algorithm)s has %(expected)d bytes, and this one has %(found)d. Copy the whole "
        "key, and nothing else."
    ),
)
WHOLE_RECORD_DATA = Message(
    "length-wrong",
    REJECT,
    _("This is a whole DNSKEY record in base64, with four bytes before the key. Use the key that was found in it."),
)
EC_POINT_FORMAT = Message(
    "ec-point-format",
    REJECT,
    _(
        "The key is written as certificates write it, with an extra first byte (%(prefix)s) that DNSSEC leaves out. "
        "Use the key without it, or copy the DNSKEY record."
    ),
)
EC_POINT_COMPRESSED = Message(
    "ec-point-format",
    REJECT,
    _(
        "Only one half of the key is here, in compressed form (it begins with %(prefix)s), and DNSSEC needs both. Use "
        "the completed key, or copy the DNSKEY record."
    ),
)
EC_POINT_NOT_ON_CURVE = Message(
    "ec-point-not-on-curve",
    REJECT,
    _(
        "This is no valid key of algorithm %(algorithm)s: its numbers do not lie on the curve. A character was "
        "probably lost or changed; copy the key again."
    ),
)
EDDSA_POINT_INVALID = Message(
    "eddsa-point-invalid",
    REJECT,
    _(
        "This is no valid key of algorithm %(algorithm)s: its number does not lie on the curve. A character was "
        "probably lost or changed; copy the key again."
    ),
)
EDDSA_SMALL_ORDER = Message(
    "eddsa-small-order",
    REJECT,
    _("Anybody could forge signatures for this key: it is one of the few weak points of its curve. Make a new key."),
)
RSA_CUT_SHORT = Message(
    "rsa-malformed",
    REJECT,
    _("This is no whole RSA key: one of the two numbers that make it is cut off or missing. Copy the key again."),
)
RSA_LEADING_ZERO = Message(
    "rsa-malformed",
    REJECT,
    _(
        "A number in this RSA key begins with a zero byte, which RFC 3110 forbids. Export the key again as a "
        "DNSKEY record."
    ),
)
RSA_LONG_FORM = Message(
    "rsa-malformed",
    REJECT,
    _(
        "The first part of this RSA key is written in a longer form than RFC 3110 allows. Export it again as a "
        "DNSKEY record."
    ),
)
RSA_EVEN = Message(
    "rsa-malformed",
    REJECT,
    _("This RSA key is damaged: a number in it is even, and in a real key it never is. Copy the key again, all of it."),
)
RSA_EXPONENT = Message(
    "rsa-malformed",
    REJECT,
    _("The exponent of this RSA key, %(exponent)s, is out of range. Make a new key; the usual exponent is 65537."),
)
RSA_FACTOR = Message(
    "rsa-malformed",
    REJECT,
    _("This RSA key is damaged: its number can be divided by %(factor)d. Copy the key again, all of it."),
)
RSA_TOO_SMALL = Message(
    "rsa-too-small",
    REJECT,
    _("This RSA key has %(bits)d bits and can be broken. Make one of 2048 bits, or better one of algorithm 13."),
)
RSA_TOO_LARGE = Message(
    "rsa-too-large",
    REJECT,
    _(
        "This RSA key has %(bits)d bits, and DNSSEC ends at %(limit)d. Make one of 2048 bits, or better of "
        "algorithm 13."
    ),
)
RSA_WEAK = Message(
    "rsa-weak",
    WARN,
    _("This RSA key has only %(bits)d bits. It works, but one of 2048 bits or of algorithm 13 is safer."),
)
RSA_TRUNCATED = Message(
    "rsa-truncated",
    WARN,
    _(
        "This RSA key has %(bits)d bits, an unusual number: its end may be missing. Compare it with the original "
        "before adding it."
    ),
)
RSA_TRUNCATED_SURELY = Message(
    "rsa-truncated",
    WARN,
    _(
        "This RSA key is almost certainly cut off: it has %(bits)d bits, and its number can be divided by %(factor)d. "
        "Do not add it before you have compared it with the original."
    ),
)
RSA_EXPONENT_LARGE = Message(
    "rsa-exponent-large",
    WARN,
    _(
        "The exponent of this RSA key has %(bits)d bits, and some resolvers refuse such keys. The usual exponent "
        "is 65537."
    ),
)

# ---- beside the keys that are there ----
DUPLICATE_KEY = Message("duplicate-key", REJECT, _("This key is on %(domain)s already: its key tag is %(tag)d."))
SAME_KEY_OTHERWISE = Message(
    "duplicate-key",
    WARN,
    _("The same key is on %(domain)s already as %(there)s. Adding it as %(here)s too is seldom what is meant."),
)
KEY_TAG_COLLISION = Message(
    "key-tag-collision",
    WARN,
    _("Another key of %(domain)s has the same key tag, %(tag)d. Both work, but tell them apart by their digests."),
)
TOO_MANY_KEYS = Message(
    "too-many-keys",
    REJECT,
    _("The limit of keys at the registry of %(domain)s, %(limit)d, is reached. Delete a key first."),
)

ALL: tuple[Message, ...] = (
    *(value for value in list(globals().values()) if isinstance(value, Message)),
    *NO_ALGORITHM_FOR.values(),
)
