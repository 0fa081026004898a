"""Everything that is said about a chain of trust: a sentence and an advice for each rule, with its severity (pure).

The ids are those of docs/chain-of-trust.md. Sentences are marked for translation here and translated where they are
shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dns.name import Name

from dnssec.chain.recorded import text


class Severity(StrEnum):
    """How much a finding matters, the worst first."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


ERROR, WARNING, NOTICE = Severity.ERROR, Severity.WARNING, Severity.NOTICE


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's id, its usual severity, what is said where it applies, and what to do. Both take named parameters."""

    id: str
    severity: Severity
    template: str
    advice: str

    def found(
        self,
        zone: Name,
        *,
        server: str | None = None,
        severity: Severity | None = None,
        fatal: bool = False,
        **params: object,
    ) -> "Finding":
        """The rule applied to a zone, perhaps to one server; `fatal` where resolvers refuse the answer for it."""
        severity = ERROR if fatal else severity or self.severity
        return Finding(self, severity, text(zone), server, fatal, params)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found out about a zone on the way."""

    rule: Rule
    severity: Severity
    zone: str
    server: str | None = None
    fatal: bool = False
    params: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def id(self) -> str:
        """The rule's id."""
        return self.rule.id

    @property
    def values(self) -> dict[str, object]:
        """What the sentences' parameters stand for; a parameter that is a sentence itself is in English."""
        inner = {
            name: value["template"] % value["params"] if isinstance(value, Mapping) else value
            for name, value in self.params.items()
        }
        return {"zone": self.zone, "server": self.server or "", **inner}

    @property
    def sentence(self) -> str:
        """What it is, in English."""
        return self.rule.template % self.values

    @property
    def advice(self) -> str:
        """What to do, in English."""
        return self.rule.advice % self.values

    def everywhere(self) -> "Finding":
        """The same of all servers."""
        return replace(self, server=None)


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for translation: pure modules name it, the page that shows it translates it."""
    return sentence


_ = gettext_noop

_ASK_DNS_SERVICE = _("Ask the DNS service of %(zone)s to sign the zone anew.")
_REPAIR_SERVER = _("Ask the DNS service of %(zone)s to repair this server, or take it out of the name servers.")
# In the place of the advice where records are concerned that the zone above signs.
THE_PARENT_SIGNS = _("The zone above signs these records: nothing of yours is wrong. Its operator has to mend it.")
_ROLL_ALGORITHM = _("Change to algorithm 13 with your DNS service, then add the new key here.")

# ---- the DS records at the parent ----
DS_DIFFER = Rule(
    "D01",
    NOTICE,
    _("The servers of %(parent)s do not agree on the DS records of %(zone)s."),
    _("A change may be on its way to all of them. Look again in some minutes before you change anything."),
)
SIGNED_WITHOUT_DS = Rule(
    "D02",
    NOTICE,
    _("%(zone)s is signed, but its parent has no DS record for it, so nobody checks the signatures."),
    _("Add the key that signs the DNSKEY records, and the protection begins."),
)
PARENT_INSECURE = Rule(
    "D02",
    NOTICE,
    _("%(zone)s has DS records, but its parent %(parent)s is not secure itself, so nobody checks the signatures."),
    _("Nothing can be done here: the registry would have to have the zone %(parent)s signed."),
)
DS_BUT_UNSIGNED = Rule(
    "D03",
    ERROR,
    _("The parent has DS records for %(zone)s, but the zone shows no DNSKEY records: it is not signed."),
    _("Have the zone signed again with the same key, or delete its keys at the registrar."),
)
NO_DS_MATCHES = Rule(
    "D04",
    ERROR,
    _("None of the DS records of %(zone)s (key tags %(tags)s) belongs to a key that the zone shows."),
    _("Add the key that the zone shows now, then delete the old one; or have the old key put back into the zone."),
)
DS_MATCHES_NO_KEY = Rule(
    "D05",
    WARNING,
    _("The DS record with key tag %(tag)s and algorithm %(algorithm)s belongs to no key that %(zone)s shows."),
    _(
        "That is right for a key that is kept ready or just being changed. If the key is gone for good, delete it at "
        "the registrar."
    ),
)
DIGEST_DIFFERS = Rule(
    "D06",
    ERROR,
    _("The DS record with key tag %(tag)s has another digest than the key of that tag in %(zone)s."),
    _("Delete this key at the registrar and add the one that the zone shows."),
)
KEY_SIGNS_NOTHING = Rule(
    "D07",
    ERROR,
    _("The key %(tag)s, which a DS record names, is in %(zone)s but does not sign the zone's DNSKEY records."),
    _("Have the DNSKEY records signed with this key, or add the key that does sign them."),
)
SIGNATURE_WRONG = Rule(
    "D08",
    ERROR,
    _("The signature over the %(what)s records of %(zone)s by key %(tag)s does not fit them."),
    _ASK_DNS_SERVICE,
)
SIGNATURE_EXPIRED = Rule(
    "D09",
    ERROR,
    _("The signature over the %(what)s records of %(zone)s ended on %(date)s."),
    _("Ask the DNS service of %(zone)s to sign the zone anew: its automatic signing has stopped."),
)
SIGNATURE_NOT_YET = Rule(
    "D09",
    ERROR,
    _("The signature over the %(what)s records of %(zone)s begins only on %(date)s."),
    _("The clock of the machine that signs %(zone)s is wrong; ask the DNS service to set it and to sign anew."),
)
ENDS_SOON = Rule(
    "D10",
    WARNING,
    _("The signature over the %(what)s records of %(zone)s ends on %(date)s, in less than 12 hours."),
    _("Ask the DNS service of %(zone)s whether it renews signatures in time."),
)
ENDS_BEFORE_TTL = Rule(
    "D10",
    WARNING,
    _("The signature over the %(what)s records of %(zone)s ends on %(date)s, before caches forget them."),
    _("Ask the DNS service of %(zone)s to renew signatures earlier, or to lower the TTL of %(ttl)s seconds."),
)
VALID_TOO_LONG = Rule(
    "D10",
    WARNING,
    _("The signature over the %(what)s records of %(zone)s is good for %(days)s days."),
    _("Old answers can be played back for as long. Two to four weeks are usual."),
)
SIGNATURE_MISSING = Rule(
    "D11",
    ERROR,
    _("The %(what)s records of %(zone)s come without a signature."),
    _ASK_DNS_SERVICE,
)
UNKNOWN_SIGNER = Rule(
    "D12",
    ERROR,
    _("The %(what)s records of %(zone)s are signed by a key (tag %(tag)s) that the zone does not show."),
    _("Have the key put back into the zone's DNSKEY records, or the zone signed with the keys it shows."),
)
NOT_A_ZONE_KEY = Rule(
    "D13",
    ERROR,
    _("A DS record names the key %(tag)s, which is not marked as a key for signing zones (flags %(flags)s)."),
    _("Have %(zone)s signed with a key of flags 257, and add that one."),
)
NOT_A_SEP = Rule(
    "D14",
    NOTICE,
    _("A DS record names the key %(tag)s, which is marked as a zone-signing key (flags 256)."),
    _("It works. A key-signing key (flags 257) is the usual choice, as zone-signing keys are changed more often."),
)
KEY_REVOKED = Rule(
    "D15",
    ERROR,
    _("A DS record names the key %(tag)s of %(zone)s, which its owner has revoked."),
    _("Add a key that is not revoked, then delete this one."),
)
DIGEST_SHA1 = Rule(
    "D16",
    ERROR,
    _("The key %(tag)s of %(zone)s is known to the parent by a SHA-1 digest only."),
    _("SHA-1 must not be used for delegations any more (RFC 9905). Delete the key and add it again: it gets SHA-256."),
)
DIGEST_SHA1_BESIDE = Rule(
    "D16",
    WARNING,
    _("The parent has a SHA-1 digest of the key %(tag)s of %(zone)s beside a better one."),
    _("Resolvers ignore it. It can be deleted."),
)
DIGEST_UNSUPPORTED = Rule(
    "D16",
    ERROR,
    _("The DS record with key tag %(tag)s has digest type %(type)s, which resolvers do not know."),
    _("Add the key with a SHA-256 digest (type 2)."),
)
ALGORITHM_UNSUPPORTED = Rule(
    "D17",
    ERROR,
    _("%(zone)s uses algorithm %(algorithm)s, which most resolvers cannot check: to them the zone is unsigned."),
    _ROLL_ALGORITHM,
)
ALGORITHM_DEPRECATED = Rule(
    "D17",
    ERROR,
    _("%(zone)s uses algorithm %(algorithm)s, which must not be used any more (RFC 9905); some resolvers ignore it."),
    _ROLL_ALGORITHM,
)
ALGORITHM_NOT_RECOMMENDED = Rule(
    "D17",
    WARNING,
    _("%(zone)s uses algorithm %(algorithm)s, which is not recommended any more."),
    _ROLL_ALGORITHM,
)
DS_ALGORITHM_SIGNS_NOTHING = Rule(
    "D18",
    ERROR,
    _("The parent names algorithm %(algorithm)s for %(zone)s, but no key of it signs the DNSKEY records."),
    _("Strict resolvers refuse the zone. Have it signed with this algorithm too, or delete its key at the registrar."),
)
ALGORITHM_INCOMPLETE = Rule(
    "D19",
    ERROR,
    _("%(zone)s shows a key of algorithm %(algorithm)s that does not sign its %(what)s records."),
    _("Strict resolvers refuse the zone. Have all records signed with every algorithm, or take the key out."),
)
KEY_BROKEN = Rule(
    "D20",
    ERROR,
    _("The key %(tag)s of %(zone)s is no sound key: %(why)s"),
    _("Have the DNS service of %(zone)s make a new key."),
)
KEY_WEAK = Rule(
    "D20",
    WARNING,
    _("The key %(tag)s of %(zone)s is weak: %(why)s"),
    _("Change to a stronger key at the next opportunity; algorithm 13 is a good choice."),
)
KEYS_DIFFER = Rule(
    "D21",
    ERROR,
    _(
        "The server %(server)s shows other DNSKEY records for %(zone)s than the rest "
        "(missing: %(missing)s, extra: %(extra)s)."
    ),
    _("Have all servers of the zone brought to the same state. If it changes just now, look again in some minutes."),
)
KEYS_DO_NOT_MIX = Rule(
    "D21",
    ERROR,
    _("What the server %(server)s signs for %(zone)s cannot be checked with the keys that the server %(other)s shows."),
    _("A resolver may ask either. Have all servers show the keys of all (RFC 8901)."),
)
SERVER_SILENT = Rule(
    "D22",
    ERROR,
    _("The server %(name)s (%(server)s) of %(zone)s does not answer."),
    _REPAIR_SERVER,
)
SERVER_SILENT_SOMETIMES = Rule(
    "D22",
    ERROR,
    _("The server %(name)s (%(server)s) of %(zone)s does not answer questions for %(types)s records."),
    _REPAIR_SERVER,
)
SERVER_RCODE = Rule(
    "D22",
    ERROR,
    _("The server %(name)s (%(server)s) answers questions about %(zone)s with %(rcode)s."),
    _REPAIR_SERVER,
)
SERVER_LAME = Rule(
    "D22",
    ERROR,
    _("The server %(name)s (%(server)s) does not serve the zone %(zone)s."),
    _REPAIR_SERVER,
)
SERVER_WITHOUT_EDNS = Rule(
    "D22",
    ERROR,
    _("The server %(name)s (%(server)s) of %(zone)s does not know EDNS, so it cannot hand out signatures."),
    _REPAIR_SERVER,
)
SERVER_WITHOUT_ADDRESS = Rule(
    "D22",
    ERROR,
    _("No address was found for the name server %(name)s of %(zone)s."),
    _("Correct the name, or have its address published."),
)
SERVER_NOT_PUBLIC = Rule(
    "D22",
    ERROR,
    _("The name server %(name)s of %(zone)s has the address %(server)s, which is not public; it was not asked."),
    _("Give it an address of the public internet, or take it out of the name servers."),
)
TCP_FAILS = Rule(
    "D23",
    WARNING,
    _("The server %(server)s of %(zone)s has answers too long for UDP, and gives none by TCP."),
    _("Have TCP port 53 opened on this server (RFC 7766)."),
)
UDP_FAILS = Rule(
    "D23",
    WARNING,
    _("The server %(server)s of %(zone)s answers by TCP, but not by UDP."),
    _("Have UDP port 53 opened on this server: many resolvers ask no other way."),
)
KEYS_TOO_LONG = Rule(
    "D23",
    WARNING,
    _("The answer with the DNSKEY records of %(zone)s takes %(octets)s octets, too much for one UDP packet."),
    _("It comes by TCP, which takes longer. Fewer keys, or keys of algorithm 13, would fit."),
)
SOA_SIGNATURE_WRONG = Rule(
    "D24",
    ERROR,
    _("The signature over the SOA record of %(zone)s by key %(tag)s does not fit it."),
    _ASK_DNS_SERVICE,
)
DENIAL_MISSING = Rule(
    "D25",
    ERROR,
    _("The servers of %(zone)s say that %(name)s has no %(type)s records, but send no NSEC or NSEC3 records as proof."),
    _ASK_DNS_SERVICE,
)
DENIAL_SHOWS_NOTHING = Rule(
    "D25",
    ERROR,
    _("The NSEC or NSEC3 records of %(zone)s do not prove that %(name)s has no %(type)s records."),
    _ASK_DNS_SERVICE,
)
DENIAL_BADLY_SIGNED = Rule(
    "D25",
    ERROR,
    _(
        "The NSEC or NSEC3 records of %(zone)s, which are to prove that %(name)s has no %(type)s records, are not "
        "validly signed."
    ),
    _ASK_DNS_SERVICE,
)
NSEC3_PARAMETERS = Rule(
    "D26",
    WARNING,
    _("%(zone)s uses NSEC3 with %(iterations)s further iterations and a salt of %(salt)s octets."),
    _("Neither makes it safer, and some resolvers refuse it. Use 0 iterations and no salt (RFC 9276)."),
)
DENIAL_NOT_COMPUTED = Rule(
    "D26",
    WARNING,
    _("%(zone)s uses NSEC3 with more than 150 iterations: resolvers do not check what it denies."),
    _("Anybody can make its names disappear. Use 0 iterations and no salt (RFC 9276)."),
)
TAG_COLLISION = Rule(
    "D27",
    WARNING,
    _("%(count)s keys of %(zone)s share the key tag %(tag)s and algorithm %(algorithm)s."),
    _("Resolvers limit how many such keys they try. Have one of them replaced."),
)
TOO_MUCH_WORK = Rule(
    "D27",
    ERROR,
    _("%(zone)s has so many keys and signatures (over %(what)s) that resolvers give up checking them."),
    _("Have the zone signed with few keys, none of which share a key tag."),
)
NS_DIFFER = Rule(
    "D28",
    WARNING,
    _(
        "Parent and zone name different name servers for %(zone)s "
        "(only at the parent: %(parent)s; only in the zone: %(child)s)."
    ),
    _("Make the name servers at the registrar and the NS records of the zone the same."),
)
NOT_DELEGATED = Rule(
    "D28",
    NOTICE,
    _("The name servers of %(zone)s know no delegation of %(name)s, so there is nothing to check."),
    _("Set name servers for the domain first."),
)
TOO_MANY_SERVERS = Rule(
    "D28",
    NOTICE,
    _("%(zone)s has more name servers than are asked here; some were left out."),
    _("Thirteen are the usual limit."),
)
SIGNATURE_FORM = Rule(
    "D29",
    ERROR,
    _("The signature over the %(what)s records of %(zone)s names another signer or another number of labels."),
    _ASK_DNS_SERVICE,
)
TTL_ABOVE_ORIGINAL = Rule(
    "D29",
    WARNING,
    _("The %(what)s records of %(zone)s have a TTL of %(ttl)s seconds, but were signed with %(original)s."),
    _("Resolvers take the shorter time. Have the zone signed anew after its TTLs were changed."),
)
REGISTRY_DIFFERS = Rule(
    "D30",
    ERROR,
    _("The parent's servers show other DS records for %(zone)s than the registry has on file."),
    _("Tell the registrar's support: the registry has not published what it has accepted."),
)
REGISTRY_PENDING = Rule(
    "D30",
    NOTICE,
    _("Some of the parent's servers do not yet show the DS records of %(zone)s that the registry has on file."),
    _("A change is on its way to all of them. Look again in some minutes."),
)

# ---- CDS and CDNSKEY: what the zone asks its parent for (RFC 7344, RFC 8078, RFC 9615) ----
CDS_CDNSKEY_DIFFER = Rule(
    "C01",
    ERROR,
    _("The CDS and the CDNSKEY records of %(zone)s name different keys."),
    _("Have both made from the same keys; until then nobody may act on them (RFC 7344 section 4)."),
)
ONLY_ONE_OF_BOTH = Rule(
    "C01",
    NOTICE,
    _("%(zone)s publishes %(there)s records but no %(absent)s records."),
    _("Publish both: some parents read only one of them (RFC 7344 section 4)."),
)
CDS_DIFFER_BETWEEN_SERVERS = Rule(
    "C02",
    ERROR,
    _("The servers of %(zone)s do not agree on its %(what)s records."),
    _("Have all servers brought to the same state; until then nobody may act on the records (RFC 9975)."),
)
CDS_NOT_SIGNED = Rule(
    "C03",
    ERROR,
    _("The %(what)s records of %(zone)s come without a signature."),
    _ASK_DNS_SERVICE,
)
CDS_BADLY_SIGNED = Rule(
    "C03",
    ERROR,
    _("No signature over the %(what)s records of %(zone)s holds."),
    _ASK_DNS_SERVICE,
)
CDS_UNKNOWN_SIGNER = Rule(
    "C03",
    ERROR,
    _("The %(what)s records of %(zone)s are signed by a key that the zone does not show."),
    _ASK_DNS_SERVICE,
)
CDS_NOT_BY_DS_KEY = Rule(
    "C04",
    ERROR,
    _("The %(what)s records of %(zone)s are signed by no key that a present DS record names."),
    _("Have them signed by the key that signs the DNSKEY records (RFC 7344 section 4.1)."),
)
CDS_WITHOUT_KEY = Rule(
    "C05",
    ERROR,
    _("A %(what)s record of %(zone)s names the key %(tag)s, which the zone does not show."),
    _("Have the key put into the zone first, or the record taken out."),
)
CDS_NOT_A_ZONE_KEY = Rule(
    "C05",
    ERROR,
    _("A %(what)s record of %(zone)s names the key %(tag)s, which may not sign zones (flags %(flags)s)."),
    _("Publish it for the key that signs the DNSKEY records."),
)
CDS_NOT_A_SEP = Rule(
    "C05",
    NOTICE,
    _("A %(what)s record of %(zone)s names the key %(tag)s, which is marked as a zone-signing key."),
    _("It works; a key-signing key (flags 257) is the usual choice."),
)
CDS_DELETE_MIXED = Rule(
    "C06",
    ERROR,
    _("The %(what)s records of %(zone)s ask for the end of DNSSEC in a form that is not allowed."),
    _("A delete request is exactly CDS 0 0 0 00 or CDNSKEY 0 3 0 AA==, alone (RFC 8078 section 4)."),
)
CDS_CHANGE = Rule(
    "C07",
    NOTICE,
    _("%(zone)s asks its parent to change its DS records to the keys %(tags)s."),
    _("If the registry does not follow such requests, make the change here."),
)
CDS_DELETE = Rule(
    "C07",
    NOTICE,
    _("%(zone)s asks its parent to delete all its DS records."),
    _("If you want to end DNSSEC, delete the keys here. Otherwise have the request taken out of the zone."),
)
NO_PATH_LEFT = Rule(
    "C08",
    ERROR,
    _("With these DS records no resolver that validates could reach %(zone)s any more."),
    _("Keep or add a key that signs the zone's DNSKEY records on all its servers."),
)
CDS_NO_PATH_LEFT = Rule(
    "C08",
    ERROR,
    _("The DS records that %(zone)s asks its parent for would leave no valid path to it."),
    _("Do not follow the request. Have the CDS records made from the key that signs the DNSKEY records."),
)
NO_SIGNAL = Rule(
    "C09",
    NOTICE,
    _("%(zone)s publishes CDS records, but no signal at its name servers, so its first DS must be set by hand."),
    _("Add the key here."),
)
NO_SIGNAL_POSSIBLE = Rule(
    "C09",
    NOTICE,
    _("All name servers of %(zone)s lie within it, so its first DS cannot be set automatically."),
    _("Add the key here (RFC 9615 section 4.1)."),
)
SIGNAL_MISSING = Rule(
    "C09",
    ERROR,
    _("The name server %(name)s publishes no signal for %(zone)s, though others do."),
    _("Ask the DNS service to publish it under every name server, or add the key here."),
)
SIGNAL_DIFFERS = Rule(
    "C09",
    ERROR,
    _("The signal for %(zone)s at the name server %(name)s is not equal to the zone's own CDS and CDNSKEY records."),
    _("Ask the DNS service to correct it, or add the key here."),
)
SIGNAL_INSECURE = Rule(
    "C09",
    ERROR,
    _("The signal for %(zone)s at the name server %(name)s is not secured by DNSSEC."),
    _("Ask the DNS service to sign the zone of the name server, or add the key here."),
)

# Among errors of one severity and fatality the cause comes first: what explains the others.
CAUSES = (
    *("C08", "D22", "D03", "D21", "D13", "D15", "D04", "D06", "D12", "D27", "D29", "D09", "D11"),
    *("D07", "D08", "D24", "D25", "D16", "D17", "D18", "D19", "D20", "D23", "C06", "C02", "C01"),
    *("C03", "C04", "C05", "C09", "D10", "D05", "D14", "D26", "D28", "D30", "D01", "D02", "C07"),
)
SEVERITIES = (ERROR, WARNING, NOTICE)


def rank(finding: Finding) -> tuple[int, bool, int, str]:
    """For sorting: severity, then what makes the zone unreachable, then the cause before its consequences."""
    return (
        SEVERITIES.index(finding.severity),
        not finding.fatal,
        CAUSES.index(finding.id),
        finding.server or "",
    )
