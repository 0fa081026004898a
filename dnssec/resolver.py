"""What resolvers answer for a domain, worked out from its chain of trust: one that validates, step by step, beside one
that does not (pure but for the reader's language).

What is said may hold names from the DNS: never safe HTML.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dnssec.answers import Told
from dnssec.chain import Chain, Finding, Link, Verdict
from dnssec.told import sentence

# Extended DNS errors (RFC 8914 section 5.2, RFC 9276 section 3.2) that resolvers give for what the rules find.
EDE = {
    1: "Unsupported DNSKEY Algorithm",
    2: "Unsupported DS Digest Type",
    6: "DNSSEC Bogus",
    7: "Signature Expired",
    8: "Signature Not Yet Valid",
    9: "DNSKEY Missing",
    10: "RRSIGs Missing",
    11: "No Zone Key Bit Set",
    12: "NSEC Missing",
    22: "No Reachable Authority",
}
EDE_OF_RULE = {
    "D03": 9, "D04": 9, "D06": 9, "D07": 9, "D08": 6, "D11": 10, "D12": 9, "D13": 11, "D16": 2, "D17": 1, "D25": 12,
}  # fmt: skip

# Rules about the way from the DS records to the zone's keys; what is wrong with other records names them.
ABOUT_KEYS = {"D03", "D04", "D06", "D07", "D13", "D15", "D16", "D17", "D18"}
NOT_HEARD_BY_US = {"not-public", "not-asked", "no-route"}


class Outcome(StrEnum):
    """How a resolver's work ends. ABSENT: there is no such domain; UNREACHABLE: none of its servers answers; UNKNOWN:
    nobody who could tell was asked."""

    VALIDATED = "validated"
    SERVFAIL = "servfail"
    UNVALIDATED = "unvalidated"
    ABSENT = "absent"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Step:
    """
    What a resolver did.

    `state` is done, failed, open (from here on it goes without protection) or next (it never came to it); `servers` are
    the names of those that can be asked, with whether they answered.
    """

    title: str
    text: str
    state: str
    servers: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One question, what the name servers say to it, and how it ends with a validating resolver and with another: the
    response code, empty where it is not known, and whether the flag AD is set."""

    told: Told
    validating: str
    authentic: bool
    plain: str


@dataclass(frozen=True, slots=True)
class Sight:
    """
    All of it.

    `authentic` says that the answer about the domain comes with the flag AD, `sometimes` that the outcome depends on
    the server that is asked. `cause` is the finding that decides it, `ede` the code and name of the extended error that
    goes with it.
    """

    outcome: Outcome
    plain: Outcome
    authentic: bool
    sometimes: bool
    cause: Finding | None
    steps: tuple[Step, ...]
    rows: tuple[Row, ...]
    ede: tuple[int, str] | None

    @property
    def rcode(self) -> str:
        """The response code that a validating resolver gives for the domain."""
        if self.outcome in (Outcome.SERVFAIL, Outcome.UNREACHABLE):
            return "SERVFAIL"
        return {Outcome.ABSENT: "NXDOMAIN", Outcome.UNKNOWN: ""}.get(self.outcome, "NOERROR")


def sight_of(chain: Chain, told: Sequence[Told] = ()) -> Sight:
    """What a resolver sees of a domain whose chain is this, and whose servers said that."""
    outcome, plain = _outcomes(chain)
    fatal = [finding for finding in chain.findings if finding.fatal]
    cause = _cause(chain, outcome)
    return Sight(
        outcome=outcome,
        plain=plain,
        authentic=outcome is Outcome.VALIDATED
        or (outcome is Outcome.ABSENT and chain.links[-1].verdict is Verdict.SECURE),
        sometimes=outcome is Outcome.SERVFAIL and _depends_on_the_server(chain, fatal),
        cause=cause,
        steps=tuple(_steps(chain, told)),
        rows=tuple(_row(one, outcome) for one in told),
        ede=_ede(outcome, cause),
    )


def _outcomes(chain: Chain) -> tuple[Outcome, Outcome]:
    """How it ends with a resolver that validates, and with one that does not."""
    servers = chain.links[-1].servers
    if not chain.is_zone:
        plain = Outcome.ABSENT
    elif any(server.trouble is None for server in servers):
        plain = Outcome.UNVALIDATED
    elif servers and all(server.trouble in NOT_HEARD_BY_US for server in servers):
        plain = Outcome.UNKNOWN
    else:
        plain = Outcome.UNREACHABLE
    if chain.verdict is Verdict.BOGUS:
        return Outcome.SERVFAIL, plain
    if plain is not Outcome.UNVALIDATED:
        return plain, plain
    ends = {Verdict.SECURE: Outcome.VALIDATED, Verdict.INSECURE: Outcome.UNVALIDATED}
    return ends.get(chain.verdict, Outcome.UNKNOWN), plain


def _cause(chain: Chain, outcome: Outcome) -> Finding | None:
    if outcome is Outcome.SERVFAIL:
        return next((finding for finding in chain.findings if finding.fatal), None)
    wanted = {Outcome.UNVALIDATED: ("D02", "D16", "D17"), Outcome.ABSENT: ("D28",)}
    return next((finding for finding in chain.findings if finding.id in wanted.get(outcome, ())), None)


def _depends_on_the_server(chain: Chain, fatal: Sequence[Finding]) -> bool:
    """Whether another server of the zone, or of its parent, would have been believed."""
    named = {finding.server for finding in fatal}
    heard = {server.address for link in chain.links[-2:] for server in link.servers if server.trouble is None}
    return bool(fatal) and None not in named and bool(heard - named)


def _ede(outcome: Outcome, cause: Finding | None) -> tuple[int, str] | None:
    code = None
    if outcome is Outcome.UNREACHABLE:
        code = 22
    elif outcome is Outcome.SERVFAIL:
        code = 6 if cause is None else EDE_OF_RULE.get(cause.id, 6)
        if cause is not None and cause.id == "D09":
            code = 8 if "begins" in cause.rule.template else 7
    elif outcome is Outcome.UNVALIDATED and cause is not None and cause.id != "D02":
        code = EDE_OF_RULE[cause.id]
    return None if code is None else (code, EDE[code])


def _row(told: Told, outcome: Outcome) -> Row:
    plain = told.rcode or "SERVFAIL"
    if told.referred:
        return Row(told, "", False, "")
    if outcome is Outcome.SERVFAIL or (outcome is Outcome.VALIDATED and told.rcode and not told.proved):
        return Row(told, "SERVFAIL", False, plain)
    if outcome in (Outcome.VALIDATED, Outcome.UNVALIDATED):
        return Row(told, plain, outcome is Outcome.VALIDATED and bool(told.rcode), plain)
    return Row(told, "", False, plain)


def _steps(chain: Chain, told: Sequence[Told]) -> Iterator[Step]:
    """From the root down, until something does not hold; from where there is no DS record, without checking."""
    stopped = unchecked = False
    for place, link in enumerate(chain.links):
        above = chain.links[place - 1] if place else None
        broken = "" if stopped or link.verdict is not Verdict.BOGUS else _broken_at(link, above)
        if above is None:
            step = _at_the_root(link, broken)
            stopped, unchecked = step.state == "failed", step.state == "open"
            yield step
            continue
        for step in (_at_the_parent(link, above, broken), _at_the_keys(link, broken)):
            if stopped:
                yield Step(step.title, "", "next")
            elif not unchecked:
                stopped, unchecked = step.state == "failed", step.state == "open"
                yield step
    last = _at_the_data(chain.links[-1], broken, told, unchecked=unchecked) if chain.is_zone else _not_there(chain)
    yield Step(last.title, "", "next") if stopped else last


def _broken_at(link: Link, above: Link | None) -> str:
    """Which of a link's three parts a resolver stops at: the DS records above it, its keys, its data."""
    for finding in link.findings:
        if finding.fatal:
            about = finding.params.get("what", finding.params.get("type"))
            if above is not None and (finding.zone == above.zone or about == "DS"):
                return "ds"
            return "keys" if finding.id in ABOUT_KEYS or about == "DNSKEY" else "data"
    return "keys"


def _at_the_root(link: Link, broken: str) -> Step:
    title, tags = _("Begins at the root"), _signing(link)
    if broken:
        return Step(title, _stopped(link), "failed", _servers(link))
    if not tags:
        text = _("It knows a key of the root beforehand, its trust anchor; but no server of the root answered.")
        return Step(title, text, "open", _servers(link))
    text = _("It knows key %(tags)s beforehand, its trust anchor. The root shows it, and signs its keys with it.")
    return Step(title, text % {"tags": tags}, "done", _servers(link))


def _at_the_parent(link: Link, above: Link, broken: str) -> Step:
    parent = _("the root") if above.zone == "." else above.zone
    title = _("Asks %(parent)s for the DS records of %(zone)s") % {"parent": parent, "zone": link.zone}
    tags = ", ".join(dict.fromkeys(str(record.key_tag) for record in link.ds))
    if broken == "ds":
        return Step(title, _stopped(link), "failed", _servers(above))
    if not link.ds and link.verdict is Verdict.INDETERMINATE:
        return Step(title, _("Nobody said whether there are any."), "open", _servers(above))
    if not link.ds:
        text = _("There are none, and that is proved. From here on nothing can be checked.")
        return Step(title, text, "open", _servers(above))
    if link.verdict is Verdict.INSECURE:
        text = _("They are of a kind that resolvers cannot check (key tags %(tags)s). From here on nothing is checked.")
        return Step(title, text % {"tags": tags}, "open", _servers(above))
    text = ngettext(
        "There is one, of key %(tags)s, and its signature holds.",
        "There are some, of keys %(tags)s, and their signature holds.",
        len(link.ds),
    )
    return Step(title, text % {"tags": tags}, "done", _servers(above))


def _at_the_keys(link: Link, broken: str) -> Step:
    title = _("Asks %(zone)s for its keys") % {"zone": link.zone}
    if broken == "keys":
        return Step(title, _stopped(link), "failed", _servers(link))
    if not any(heard for _name, heard in _servers(link)):
        return Step(title, _("None of its name servers answers."), "failed", _servers(link))
    text = _("Key %(tags)s fits a DS record and signs all keys of the zone: they are genuine.")
    return Step(title, text % {"tags": _signing(link)}, "done", _servers(link))


def _at_the_data(link: Link, broken: str, told: Sequence[Told], *, unchecked: bool) -> Step:
    title = _("Asks %(zone)s for the records themselves") % {"zone": link.zone}
    unproved = ", ".join(f"{one.name} {one.type}" for one in told if one.rcode and not (one.proved or one.referred))
    if not any(heard for _name, heard in _servers(link)):
        return Step(title, _("None of its name servers answers."), "failed", _servers(link))
    if broken == "data":
        return Step(title, _stopped(link), "failed", _servers(link))
    if unchecked:
        return Step(title, _("The answer is taken as it comes."), "open", _servers(link))
    if unproved:
        text = _("Their signatures hold, but for %(what)s.") % {"what": unproved}
        return Step(title, text, "failed", _servers(link))
    return Step(title, _("Their signatures hold, by the keys just found."), "done", _servers(link))


def _not_there(chain: Chain) -> Step:
    link = chain.links[-1]
    title = _("Asks %(parent)s who serves %(zone)s") % {"parent": link.zone, "zone": chain.name}
    return Step(title, _("Nobody: there is no such domain in this zone."), "open", _servers(link))


def _signing(link: Link) -> str:
    """The tags of the keys that are believed and sign the others."""
    return ", ".join(dict.fromkeys(str(key.key_tag) for key in link.keys if key.has_ds and key.signs_keys_on))


def _stopped(link: Link) -> str:
    return next((sentence(finding) for finding in link.findings if finding.fatal), "")


def _servers(link: Link) -> tuple[tuple[str, bool], ...]:
    heard: dict[str, bool] = {}
    for server in link.servers:
        heard[server.name] = heard.get(server.name, False) or server.trouble is None
    return tuple(heard.items())
