"""When the next step is safe: how long caches may still hold what was, counted from when all servers showed what is
(pure).

A resolver that asked a server just before the change keeps the old answer for its time to live. So a wait counts from
the moment at which every server was seen to show the change, never from a click, and takes the time to live of what may
be held (RFC 7583 section 3.3, RFC 6781 section 4.1). TTLs are seconds; None means that it was not seen, and then a
cautious time stands for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dnssec.chain import Times

# The DS records of every name in these zones live so long; elsewhere three days are more than any registry uses.
DS_TTLS = {"com": 86400, "net": 86400}
CAUTIOUS_DS_TTL = 3 * 86400
CAUTIOUS_ZONE_TTL = 86400  # Of the keys and the data of a zone that could not be asked.
CAUTIOUS_NEGATIVE_TTL = 10800  # The longest that resolvers commonly keep that something is not there (RFC 2308).
# Not all copies of a name server that answers from many places change at one moment. Seconds.
SHORTEST_MARGIN, LONGEST_MARGIN = 60, 300

SOON = timedelta(hours=1)  # For so long a page that is open is worth watching for the end of a wait.
UNSEEN = Times(None, None, None, None, None, None)


class Held(StrEnum):
    """What caches may still hold."""

    DS = "ds"  # the DS records as they were
    NO_DS = "no-ds"  # that there are none
    KEYS = "keys"  # the DNSKEY records as they were
    ZONE = "zone"  # the zone's records without the signatures that they have now


@dataclass(frozen=True, slots=True)
class Wait:
    """
    A wait for caches: what they may hold, since when all servers show what takes its place, and the time to live.

    `is_read`: the time to live was read from the servers, not assumed.
    """

    held: Held
    since: datetime
    ttl: int
    is_read: bool = True

    @property
    def margin(self) -> int:
        """Seconds for the copies of servers that nobody sees: a tenth of the TTL, within bounds."""
        return margin(self.ttl)

    @property
    def until(self) -> datetime:
        """When it is over, in whole minutes, so that what is read aloud is never too early."""
        end = self.since + timedelta(seconds=self.ttl + self.margin)
        whole = end.replace(second=0, microsecond=0)
        return whole if whole == end else whole + timedelta(minutes=1)

    def is_over(self, now: datetime) -> bool:
        """Whether nothing that was can be held any more."""
        return now >= self.until

    def ends_within(self, span: timedelta, now: datetime) -> bool:
        """Whether it is not over, and will be soon."""
        return now < self.until <= now + span


def margin(ttl: int) -> int:
    """Seconds that are waited beyond a time to live."""
    return min(max(ttl // 10, SHORTEST_MARGIN), LONGEST_MARGIN)


def usual_ds_ttl(tld: str) -> int:
    """The TTL of a DS record that nobody has seen yet: the TLD's where it is known, else a cautious one."""
    return DS_TTLS.get(tld, CAUTIOUS_DS_TTL)


def longest(*ttls: int | None) -> int | None:
    """The longest of the TTLs that were seen; None where none was. A registry may shorten it after a change, and what
    caches hold has the TTL from before."""
    return max((ttl for ttl in ttls if ttl is not None), default=None)


def zone_ttl(times: Times) -> int | None:
    """The longest TTL of a zone, as far as its apex tells: of SOA, NS and DNSKEY records, and of denials."""
    return longest(times.soa, times.ns, times.dnskey, times.negative)


def last_of(waits: Iterable[Wait | None]) -> Wait | None:
    """Of several waits the one that ends last; None where there is none."""
    return max((wait for wait in waits if wait), key=lambda wait: wait.until, default=None)


def zone_may_be_enabled(signed_since: datetime, ttl: int | None) -> Wait:
    """When a first DS record may be added: no cache holds unsigned records any more (RFC 6781 section 4.4)."""
    return _wait(Held.ZONE, signed_since, ttl, CAUTIOUS_ZONE_TTL)


def protection_is_everywhere(ds_seen: datetime, negative_ttl: int | None) -> Wait:
    """When every resolver knows of a first DS record: no cache holds that there is none (RFC 2308 section 5)."""
    return _wait(Held.NO_DS, ds_seen, negative_ttl, CAUTIOUS_NEGATIVE_TTL)


def new_key_is_known(key_seen: datetime, key_ttl: int | None) -> Wait:
    """When every resolver knows a key that entered the zone: IpubC = DprpC + TTLkey (RFC 7583 section 3.3.1)."""
    return _wait(Held.KEYS, key_seen, key_ttl, CAUTIOUS_ZONE_TTL)


def new_algorithm_is_known(key_seen: datetime, key_ttl: int | None, ttl: int | None) -> Wait:
    """When the DS record of a new algorithm may be added: the signatures by it are everywhere, then its key
    (RFC 6781 section 4.1.4, RFC 6840 section 5.11)."""
    zone = _wait(Held.ZONE, key_seen, ttl, CAUTIOUS_ZONE_TTL)
    key = new_key_is_known(key_seen, key_ttl)
    return zone if zone.until >= key.until else key


def new_key_may_take_over(ds_seen: datetime, ds_ttl: int | None, *, tld: str = "") -> Wait:
    """When a key whose DS record went ahead of it may sign alone: DprpP + TTLds (RFC 7583 section 3.3.2)."""
    return _wait(Held.DS, ds_seen, ds_ttl, usual_ds_ttl(tld))


def old_key_may_be_deleted(
    ds_seen: datetime,
    ds_ttl: int | None,
    *,
    tld: str = "",
    key_seen: datetime | None = None,
    key_ttl: int | None = None,
) -> Wait:
    """
    When the DS record of the old key may go: IretP = DprpP + TTLds (RFC 7583 section 3.3.1).

    `ds_seen` is when all servers of the parent showed the new one; `key_seen` when all servers of the zone showed the
    new key, where that is known: it has to be known everywhere too.
    """
    by_ds = new_key_may_take_over(ds_seen, ds_ttl, tld=tld)
    by_key = new_key_is_known(key_seen, key_ttl) if key_seen else None
    return by_key if by_key and by_key.until > by_ds.until else by_ds


def old_key_may_leave_the_zone(ds_gone: datetime, ds_ttl: int | None, *, tld: str = "") -> Wait:
    """When a key may be taken out of the zone after no server of the parent shows its DS record (RFC 7583 section
    3.3.1)."""
    return _wait(Held.DS, ds_gone, ds_ttl, usual_ds_ttl(tld))


def zone_may_be_unsigned(ds_gone: datetime, ds_ttl: int | None, *, tld: str = "") -> Wait:
    """When signing may stop after no server of the parent shows a DS record any more (RFC 6781 section 4.4, RFC 8078
    section 4)."""
    return _wait(Held.DS, ds_gone, ds_ttl, usual_ds_ttl(tld))


def resolvers_recover(repaired: datetime, ds_ttl: int | None, *, tld: str = "") -> Wait:
    """When the last resolver has forgotten DS records that led nowhere, after they were replaced or withdrawn."""
    return _wait(Held.DS, repaired, ds_ttl, usual_ds_ttl(tld))


def _wait(held: Held, since: datetime, ttl: int | None, otherwise: int) -> Wait:
    return Wait(held, since, otherwise if ttl is None else ttl, is_read=ttl is not None)
