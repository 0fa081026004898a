"""What the page Manage keys says of a domain's chain of trust: the last check drawn and told, and whether another one
is under way or due. Reads rows; nothing is looked up here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from dnssec import told
from dnssec.chain import Chain, Finding, Link, Severity, Verdict
from dnssec.chain.findings import NOT_DELEGATED, SIGNED_WITHOUT_DS
from dnssec.checks import GOOD_FOR, chain_of
from dnssec.found_keys import FoundKeys, found_keys
from dnssec.models import RUN_LASTS, DelegationCheck, DelegationSigner
from dnssec.overview import Overview
from dnssec.picture import Change, Picture, expected, picture_of
from domains.models import Domain

State = DelegationSigner.State

PATIENCE = timedelta(seconds=40)  # So long a page waits for a check.
LOOK_AGAIN = timedelta(seconds=10)  # So often it looks whether a change is in the DNS, and for so long:
ON_ITS_WAY = timedelta(minutes=30)
FIRST = 3  # Findings that are shown at once, unless they are errors.

DOING = {State.ADDING: "adding", State.REMOVING: "removing", State.PRESENT: "there"}
ICONS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTICE: "info"}
SIGNS = {
    Verdict.SECURE: ("success", "check"),
    Verdict.INSECURE: ("", "none"),
    Verdict.BOGUS: ("error", "error"),
    Verdict.INDETERMINATE: ("", "help"),
}


@dataclass(frozen=True)
class Told:
    """A finding as the page says it; `server` is named where the sentence does not do so."""

    sentence: str
    advice: str
    server: str
    severity: str
    icon: str


@dataclass(frozen=True)
class Trust:
    """A domain's chain of trust as it was last seen (`shown`), and the check that is under way (`running`)."""

    overview: Overview
    shown: DelegationCheck | None
    running: DelegationCheck | None
    chain: Chain | None
    picture: Picture
    found: FoundKeys
    is_late: bool = False  # A check was waited for and did not come.

    @property
    def domain(self) -> Domain:
        """Whose chain it is."""
        return self.overview.domain

    @property
    def is_checking(self) -> bool:
        """Whether a check is under way."""
        return self.running is not None and not self.is_late

    @property
    def verdict(self) -> str:
        """secure, insecure, bogus or indeterminate; undelegated, or empty where nothing is known."""
        if self.chain is None:
            return ""
        if not self.chain.is_zone and self.chain.verdict is not Verdict.BOGUS:
            return "undelegated"
        return self.chain.verdict.value

    @property
    def word(self) -> str:
        """The verdict in a word or two."""
        if self.chain is None:
            return _("Not checked yet")
        return _("Not delegated") if self.verdict == "undelegated" else str(told.VERDICTS[self.chain.verdict])

    @property
    def kind(self) -> str:
        """The kind of status that the verdict is."""
        return SIGNS[self.chain.verdict][0] if self.chain else ""

    @property
    def icon(self) -> str:
        """The icon of the verdict."""
        if self.chain is None:
            return "clock"
        return "none" if self.verdict == "undelegated" else SIGNS[self.chain.verdict][1]

    @property
    def own(self) -> Link | None:
        """The domain's own link."""
        return self.chain.links[-1] if self.chain and self.chain.is_zone and self.chain.links else None

    @property
    def broken_at(self) -> str:
        """The zone above the domain that the chain breaks at; empty where it is the domain itself, or holds."""
        links = self.chain.links if self.chain else ()
        broken = next((link.zone for link in links if link.verdict is Verdict.BOGUS), "")
        return "" if self.own and broken == self.own.zone else broken

    @property
    def ends_above(self) -> str:
        """The zone above the domain that is itself not signed."""
        links = self.chain.links[:-1] if self.chain else ()
        return next((link.zone for link in links if link.verdict is Verdict.INSECURE), "")

    @property
    def is_signed(self) -> bool:
        """Whether the domain's zone shows keys."""
        return self.own is not None and bool(self.own.keys)

    @property
    def has_ds(self) -> bool:
        """Whether the zone above has DS records for the domain."""
        return self.own is not None and bool(self.own.ds)

    @property
    def servers(self) -> int:
        """How many name servers have answered."""
        links = self.chain.links if self.chain else ()
        return len({server.address for link in links for server in link.servers if server.trouble is None})

    @property
    def findings(self) -> list[Told]:
        """What was found, the worst first, each once."""
        if self.chain is None:
            return []
        names = {server.address: server.name for link in self.chain.links for server in link.servers}
        return list(dict.fromkeys(_told(finding, names) for finding in self.chain.findings if not self._leads(finding)))

    def _leads(self, finding: Finding) -> bool:
        """Whether the page begins with it, so that it need not be said again."""
        if finding.rule.template == NOT_DELEGATED.template:
            return self.verdict == "undelegated"
        return finding.id == SIGNED_WITHOUT_DS.id and not self.has_ds

    @property
    def cause(self) -> Told | None:
        """Why the chain is broken, or cannot be checked."""
        found = self.findings
        return found[0] if found and self.verdict in ("bogus", "indeterminate") else None

    @property
    def first_findings(self) -> list[Told]:
        """What is shown at once, beside the cause."""
        rest = self.findings[1:] if self.cause else self.findings
        errors = sum(found.severity == Severity.ERROR for found in rest)
        return rest if len(rest) <= FIRST + 1 else rest[: max(FIRST, errors)]

    @property
    def further_findings(self) -> list[Told]:
        """What can be unfolded."""
        rest = self.findings[1:] if self.cause else self.findings
        return rest[len(self.first_findings) :]

    @property
    def is_on_its_way(self) -> bool:
        """Whether something that the registry has on file is not in the DNS yet, and soon may be."""
        if self.own is None or self.shown is None:
            return False
        seen = {record.digest for record in self.own.ds}
        return any(
            key.state == State.PRESENT
            and not seen & set(key.ds.values())
            and self.overview.now - key.state_since < ON_ITS_WAY
            for key in self.domain.keys.all()
        )

    @property
    def needed_since(self) -> datetime:
        """How new a check has to be, so that the page needs no other: a change makes older ones old news."""
        last = self.overview.last_closed
        since = self.overview.now - (LOOK_AGAIN if self.is_on_its_way else GOOD_FOR)
        return max(since, last.finished_at) if last and last.finished_at else since

    @property
    def asks(self) -> str:
        """When the page asks for more, as htmx writes it: at once where a check is due. Empty for never."""
        if self.is_late or self.domain.state != Domain.State.ACTIVE:
            return ""
        if self.running is not None:
            return "every 1s"
        if self.shown is None or self.shown.checked_at is None or self.shown.checked_at <= self.needed_since:
            return "load, every 5s"
        return f"every {LOOK_AGAIN.seconds}s" if self.is_on_its_way else ""


def trust_of(overview: Overview, *, is_late: bool = False) -> Trust:
    """What is known of the chain of the overview's domain. One query."""
    rows = list(DelegationCheck.objects.of(overview.domain, None).order_by("-id")[:2])
    running = next((row for row in rows if row.checked_at is None and overview.now - row.asked_at < RUN_LASTS), None)
    shown = next((row for row in rows if row.checked_at is not None), None)
    chain = chain_of(shown) if shown else None
    keys = list(overview.domain.keys.all())
    picture = picture_of(chain, changes(keys)) if chain else expected(overview.domain.name)
    found = found_keys(chain, keys, overview.domain.tld)
    return Trust(overview, shown, running, chain, picture, found, is_late)


def asked_now() -> datetime:
    """From when on a check is new enough for somebody who asks for one: two clicks are one question."""
    return timezone.now() - timedelta(seconds=3)


def changes(keys: Iterable[DelegationSigner]) -> list[Change]:
    """The domain's keys as the picture takes them."""
    return [
        Change(key.key_tag, key.algorithm, {int(kind): digest.upper() for kind, digest in key.ds.items()}, doing)
        for key in keys
        if (doing := DOING.get(State(key.state)))
    ]


def _told(finding: Finding, names: dict[str, str]) -> Told:
    says_where = "%(server)s" in finding.rule.template
    server = finding.server if finding.server and not says_where else ""
    name = names.get(server, "") if server else ""
    where = f"{name} ({server})" if server and name else server
    return Told(
        told.sentence(finding), told.advice(finding), where or "", finding.severity.value, ICONS[finding.severity]
    )
