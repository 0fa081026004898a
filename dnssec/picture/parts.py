"""What there is to see of a chain of trust, and how each part is doing: zones with keys, DS records and records, and
the lines between them (pure)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import dns.name
import idna

from dnssec.algorithms import label
from dnssec.chain import Chain, Link, Verdict, ZoneKey
from dnssec.picture.fingerprints import Change, Group, groups

MOST_KEYS, MOST_KEYS_ABOVE, MOST_DS = 5, 2, 4  # What is beyond is told as a number.


class Look(StrEnum):
    """How a part is doing; each has a colour, a line and a shape of its own."""

    VALID = "valid"
    PENDING = "pending"  # A change is on its way.
    BROKEN = "broken"
    UNSIGNED = "unsigned"  # Nothing is wrong and nothing is protected.
    UNKNOWN = "unknown"
    IDLE = "idle"  # It is there, and the chain does not go through it.


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence or a few words in English, with named places; translated where they are shown."""

    template: str
    params: Mapping[str, object] = field(default_factory=dict, hash=False)


type Text = str | Words


def gettext_noop(words: str) -> str:
    """Mark words for translation."""
    return words


_ = gettext_noop


class Kind(StrEnum):
    """What a box stands for; NONE says that something is missing, MORE how many were left out."""

    KEY = "key"
    DS = "ds"
    RECORDS = "records"
    NONE = "none"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class Item:
    """One box in a zone."""

    kind: Kind
    title: Text
    note: Text
    look: Look


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from one item to another, by their places; `target` is None where it leads nowhere."""

    source: int
    target: int | None
    look: Look


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone of the chain: `signs` are lines between its own items, `hands_on` those to items of the next zone."""

    name: Text
    word: Words
    look: Look
    items: tuple[Item, ...]
    signs: tuple[Edge, ...] = ()
    hands_on: tuple[Edge, ...] = ()
    is_anchor: bool = False


TRUST_ANCHOR = Words(_("Trust anchor"))
ZONE_WORDS = {
    Look.VALID: Words(_("Secure")),
    Look.BROKEN: Words(_("Broken")),
    Look.UNSIGNED: Words(_("Not protected")),
    Look.UNKNOWN: Words(_("Not known")),
    Look.IDLE: Words(_("Cut off")),
}
NOTES = {
    "adding": Words(_("Adding…")),
    "removing": Words(_("Deleting…")),
    "there": Words(_("On its way")),
}
ROOT_NAME = Words(_("root zone"))


def zone_name(zone: str) -> Text:
    """A zone as people know it: in its own letters, and the root by a word."""
    if zone == ".":
        return ROOT_NAME
    try:
        return idna.decode(zone)
    except idna.IDNAError:
        return zone


def looks_of(chain: Chain) -> list[Look]:
    """How each link is doing: what lies below a broken one is only cut off."""
    looks = {Verdict.SECURE: Look.VALID, Verdict.INSECURE: Look.UNSIGNED, Verdict.INDETERMINATE: Look.UNKNOWN}
    found, broken = [], False
    for link in chain.links:
        found.append(Look.IDLE if broken else looks.get(link.verdict, Look.BROKEN))
        broken = broken or link.verdict is Verdict.BOGUS
    return found


def parts(chain: Chain, changes: Collection[Change] = ()) -> tuple[Zone, ...]:
    """The zones of a chain, from the root down. Where the name is no zone, it stands there all the same, empty."""
    looks = looks_of(chain)
    zones: list[Zone] = []
    above: Zone | None = None
    for place, (link, look) in enumerate(zip(chain.links, looks, strict=True)):
        last = place == len(chain.links) - 1
        following = None if last else chain.links[place + 1]
        if following is not None:
            meant = changes if place == len(chain.links) - 2 and chain.is_zone else ()
            bottom = _ds_items(groups(following, meant), looks[place + 1], zone_name(following.zone))
        elif not chain.is_zone:
            bottom = [Item(Kind.NONE, Words(_("No delegation")), Words(_("of the domain")), Look.UNSIGNED)]
        else:
            bottom = [_records(link, look)]
        above = _zone(link, look, bottom, is_own=last and chain.is_zone)
        zones.append(above)
    if not chain.is_zone:
        nothing = Item(Kind.NONE, Words(_("No name servers")), Words(_("nobody to ask")), Look.UNSIGNED)
        ghost = Zone(zone_name(chain.name), Words(_("Not delegated")), Look.UNSIGNED, (nothing,))
        zones.append(ghost)
    return tuple(_joined(chain, zones, looks, changes))


def unknown_parts(name: str) -> tuple[Zone, ...]:
    """The zones that a name probably goes through, before anything is known of them."""
    parsed = dns.name.from_text(name)
    names: list[Text] = [ROOT_NAME, zone_name(parsed.parent().to_text(omit_final_dot=True)), zone_name(name)]
    blank = Words(_("Not known"))
    keys = (Item(Kind.KEY, "", "", Look.IDLE), Item(Kind.KEY, "", "", Look.IDLE))
    below = [Item(Kind.DS, "", "", Look.IDLE), Item(Kind.DS, "", "", Look.IDLE), Item(Kind.RECORDS, "", "", Look.IDLE)]
    return tuple(
        Zone(
            zone,
            blank,
            Look.UNKNOWN,
            (*keys, last),
            (Edge(0, 1, Look.IDLE), Edge(1, 2, Look.IDLE)),
            (Edge(2, 0, Look.UNKNOWN),) if place < 2 else (),
        )
        for place, (zone, last) in enumerate(zip(names, below, strict=True))
    )


# ---- the DS records below a zone ----


def _shown(found: Sequence[Group]) -> list[Group]:
    """Not more than there is room for: what carries, what is changing, and what is amiss, before what is alike."""
    carrying = next((group for group in found if group.signs), None)
    weighty = sorted(found, key=lambda group: (group is not carrying, not group.state, group.signs))
    kept = weighty if len(found) <= MOST_DS + 1 else weighty[:MOST_DS]
    return [group for group in found if group in kept]


def _ds_items(found: Sequence[Group], below: Look, zone: Text) -> list[Item]:
    if not found:
        look = Look.BROKEN if below is Look.BROKEN else Look.IDLE if below is Look.IDLE else Look.UNSIGNED
        note = Words(_("and no proof of it")) if look is Look.BROKEN else Words(_("for %(zone)s"), {"zone": zone})
        return [Item(Kind.NONE, Words(_("No DS record")), note, look)]
    shown = _shown(found)
    items = [
        Item(Kind.DS, f"DS {group.key_tag}", _ds_note(group, below), _ds_look(group, below, inside=True))
        for group in shown
    ]
    if len(found) > len(shown):
        items.append(_more(len(found) - len(shown)))
    return items


def _ds_note(group: Group, below: Look) -> Text:
    if group.state:
        return NOTES[group.state]
    if below is Look.BROKEN and group.alike is not None:
        return Words(_("another digest"))
    if below in (Look.VALID, Look.BROKEN) and not group.keys:
        return Words(_("fits no key"))
    return group.digests


def _ds_look(group: Group, below: Look, *, inside: bool = False) -> Look:
    """Of the line that a DS record hands on, or of its box (`inside`)."""
    if group.state:
        return Look.PENDING
    if group.keys and (below is Look.BROKEN or below is Look.VALID and group.signs):
        return Look.VALID  # Where the chain breaks, it does so at the key.
    if below is Look.VALID:
        return Look.UNSIGNED  # It leads no further, and nobody minds: a key kept ready, or an old one.
    if inside and below is not Look.BROKEN:
        return Look.IDLE if below is Look.IDLE else Look.VALID if below is Look.UNKNOWN else Look.UNSIGNED
    return below


def _more(number: int) -> Item:
    return Item(Kind.MORE, Words(_("and %(number)s more"), {"number": number}), "", Look.IDLE)


# ---- a zone by itself ----


def _records(link: Link, look: Look) -> Item:
    signers = ", ".join(str(key.key_tag) for key in link.keys if key.signs_data_on)
    if look is Look.BROKEN and _has_path(link):
        return Item(Kind.RECORDS, Words(_("Records")), Words(_("cannot be verified")), Look.BROKEN)
    note = Words(_("signed by %(tags)s"), {"tags": signers}) if signers else Words(_("not signed"))
    return Item(Kind.RECORDS, Words(_("Records")), note, look if look is Look.VALID else Look.IDLE)


def _has_path(link: Link) -> bool:
    return any(record.signs for record in link.ds)


def _is_everywhere(link: Link, servers: Collection[str]) -> bool:
    return {server.address for server in link.servers if server.trouble is None} <= set(servers)


def _rank(key: ZoneKey) -> int:
    """From the key that the chain enters by down to the one that signs the records."""
    if key.has_ds:
        return 0 if key.signs_keys_on else 1
    if key.signs_data_on:
        return 4
    return 2 if key.signs_keys_on else 3


def chosen(link: Link, *, is_own: bool) -> list[int]:
    """The places of the keys that are drawn, in the order in which they are."""
    by_ds = list(dict.fromkeys(place for group in groups(link) for place in group.keys))
    order = sorted(
        range(len(link.keys)),
        key=lambda place: (_rank(link.keys[place]), by_ds.index(place) if place in by_ds else len(by_ds)),
    )
    entering = [place for place in order if _rank(link.keys[place]) < 2]
    signing = [place for place in order if link.keys[place].signs_data_on]
    most = MOST_KEYS if is_own else MOST_KEYS_ABOVE
    first = [*entering[:1], *signing[:1], *entering, *order]
    kept = list(dict.fromkeys(first))[:most]
    if is_own and len(order) == most + 1:
        kept = order  # A line about one more would take the room of that one.
    return [place for place in order if place in kept]


def _key_item(link: Link, key: ZoneKey, look: Look) -> Item:
    title, note = f"{key.key_type} {key.key_tag}", label(key.algorithm)
    if look is Look.VALID:
        own = Look.VALID if key.has_ds and key.signs_keys_on or key.signs_data_on else Look.IDLE
        return Item(Kind.KEY, title, note, own)
    if look is Look.BROKEN and key.has_ds and not key.signs_keys_on:
        return Item(Kind.KEY, title, Words(_("does not sign the keys")), Look.BROKEN)
    if look is Look.BROKEN and key.has_ds and not _is_everywhere(link, key.signs_keys_on):
        return Item(Kind.KEY, title, Words(_("not on all servers")), Look.BROKEN)
    if look is Look.BROKEN and key.has_ds:
        return Item(Kind.KEY, title, note, Look.VALID)
    return Item(Kind.KEY, title, note, Look.IDLE)


def _zone(link: Link, look: Look, bottom: list[Item], *, is_own: bool) -> Zone:
    places = chosen(link, is_own=is_own)
    items = [_key_item(link, link.keys[place], look) for place in places]
    if not items:
        items = [_nothing(link, look)]
        bottom = [] if is_own else bottom
        edges: list[Edge] = []
    else:
        edges = list(_signing(link, look, places, items, bottom, is_own=is_own))
        if len(places) < len(link.keys) and is_own:
            items.append(_more(len(link.keys) - len(places)))
            edges = [_moved(edge, len(places)) for edge in edges]
    is_anchor = link.zone == "." and look is Look.VALID
    word = TRUST_ANCHOR if is_anchor else ZONE_WORDS[look]
    return Zone(zone_name(link.zone), word, look, (*items, *bottom), tuple(edges), is_anchor=is_anchor)


def _moved(edge: Edge, beyond: int) -> Edge:
    """The edge after one item was put in at a place."""
    target = edge.target + 1 if edge.target is not None and edge.target >= beyond else edge.target
    return Edge(edge.source, target, edge.look)


def _nothing(link: Link, look: Look) -> Item:
    if link.servers and all(server.trouble for server in link.servers):
        return Item(Kind.NONE, Words(_("No answer")), Words(_("of any name server")), Look.UNKNOWN)
    kept = look if look in (Look.BROKEN, Look.IDLE) else Look.UNSIGNED
    return Item(Kind.NONE, Words(_("Not signed")), Words(_("no DNSKEY records")), kept)


def _signing(
    link: Link, look: Look, places: list[int], items: list[Item], bottom: list[Item], *, is_own: bool
) -> Iterator[Edge]:
    """Which key signs which: the keys that are entered by sign the key set, the keys of the data what is below."""
    keys = [link.keys[place] for place in places]
    usual = Look.VALID if look is Look.VALID else Look.IDLE
    signing = [place for place, key in enumerate(keys) if key.signs_data_on]
    named = [place for place, key in enumerate(keys) if key.has_ds]
    heads = named or [place for place, key in enumerate(keys) if key.signs_keys_on]
    for head in heads:
        target = next((place for place in signing if place != head), None) if head not in signing else None
        if items[head].look is Look.BROKEN and len(keys) > 1:
            target = head + 1 if head + 1 < len(keys) else head - 1  # None of the others is signed by it.
        if target is None or not (keys[head].signs_keys_on or items[head].look is Look.BROKEN):
            continue
        in_broken = items[head].look if items[head].look in (Look.BROKEN, Look.VALID) else usual
        yield Edge(head, target, in_broken if look is Look.BROKEN else usual)
    is_spoiled = is_own and bool(bottom) and bottom[0].look is Look.BROKEN
    if not bottom or bottom[0].kind is Kind.RECORDS and not signing and not is_spoiled:
        return
    if is_spoiled and not signing:
        signing = [len(keys) - 1]
        if heads and heads[0] < len(keys) - 1:
            yield Edge(heads[0], len(keys) - 1, items[heads[0]].look)
    for place in signing or heads[:1]:
        yield Edge(place, len(keys), Look.BROKEN if is_spoiled else usual)


# ---- from zone to zone ----


def _joined(chain: Chain, zones: list[Zone], looks: Sequence[Look], changes: Collection[Change]) -> Iterator[Zone]:
    for place, zone in enumerate(zones):
        if place == len(zones) - 1:
            yield zone
        elif place == len(chain.links) - 1:
            yield _with(zone, [Edge(len(zone.items) - 1, 0, Look.UNSIGNED)])
        else:
            meant = changes if place == len(chain.links) - 2 and chain.is_zone else ()
            yield _with(zone, list(_handing_on(chain, zones, looks, place, meant)))


def _with(zone: Zone, edges: list[Edge]) -> Zone:
    return Zone(zone.name, zone.word, zone.look, zone.items, zone.signs, tuple(edges), zone.is_anchor)


def _handing_on(
    chain: Chain, zones: list[Zone], looks: Sequence[Look], place: int, changes: Collection[Change]
) -> Iterator[Edge]:
    zone, link, below = zones[place], chain.links[place + 1], looks[place + 1]
    found = groups(link, changes)
    first = next((number for number, item in enumerate(zone.items) if item.kind is Kind.DS), len(zone.items) - 1)
    if not found:
        yield Edge(first, 0, below if below in (Look.BROKEN, Look.IDLE) else Look.UNSIGNED)
        return
    is_own = place == len(chain.links) - 2 and chain.is_zone
    places = chosen(link, is_own=is_own)
    for number, group in enumerate(_shown(found)):
        wanted = group.keys or ((group.alike,) if group.alike is not None else ())
        targets = [places.index(key) for key in wanted if key in places]
        if not link.keys and not group.state:
            targets = [0]  # The box that says that there are no keys.
        elif wanted and not targets and len(places) < len(link.keys):
            targets = [len(places)]  # The words about keys that are not drawn.
        yield Edge(first + number, targets[0] if targets else None, _ds_look(group, below))
