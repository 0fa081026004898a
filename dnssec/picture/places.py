"""Where the parts of a picture stand: zones side by side where there is room, one below the other where there is not
(pure). Numbers are in the picture's own units; a browser makes it as wide as its place is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dnssec.picture.parts import Edge, Item, Kind, Look, Text, Words, Zone

# The shapes in the middle of a line, drawn around their own middle.
SHAPES = {
    Look.VALID: "m-4 .3 2.6 2.6L4-3",
    Look.PENDING: "M0-4V0l2.8 1.8",
    Look.BROKEN: "m-3.2-3.2 6.4 6.4m0-6.4-6.4 6.4",
    Look.UNSIGNED: "M-4 0H4",
    Look.IDLE: "m-2.8 2.8 5.6-5.6",
    Look.UNKNOWN: "M-2.3-1.9a2.3 2.3 0 1 1 3.4 2c-.8.4-1.1.8-1.1 1.5M0 4.4v.1",
}
# Room between two boxes: with a line, with one that is broken, without one, and beside "and 3 more".
ARROW, BREAK, TIGHT, AROUND_MORE = 16, 26, 7, 5
MORE_HEIGHT = 18


@dataclass(frozen=True, slots=True)
class Box:
    """A key, a DS record, the records, or what is missing. `is_narrow`: one without its kind written on it."""

    item: Item
    x: float
    y: float
    width: float
    height: float
    is_tall: bool = False
    is_narrow: bool = False

    @property
    def middle(self) -> float:
        """Half its height."""
        return self.y + self.height / 2

    @property
    def end(self) -> float:
        """Its far side."""
        return self.x + self.width

    @property
    def text_x(self) -> float:
        """Where its words begin."""
        return self.x + (34 if self.is_tall else 28 if self.is_narrow else 33.5)

    @property
    def title_y(self) -> float:
        """The line that its title stands on."""
        return self.middle + 4.5 if self.is_tall or not self.item.note else self.y + 18

    @property
    def note_x(self) -> float:
        """Where its note begins; in a flat box, where it ends."""
        return self.end - 11 if self.is_tall else self.text_x

    @property
    def note_y(self) -> float:
        """The line that its note stands on."""
        return self.middle + 4 if self.is_tall else self.y + 33

    @property
    def note(self) -> Text:
        """Its note; where there is little room, an algorithm goes without its number."""
        if self.is_narrow and self.item.kind is Kind.KEY and isinstance(self.item.note, str):
            return self.item.note.rpartition(" - ")[2]
        return self.item.note

    @property
    def note_room(self) -> int:
        """How many characters of its note are shown."""
        return 26 if self.is_tall else 18 if self.is_narrow else 24

    @property
    def icon(self) -> str:
        """Where its icon is put."""
        return f"translate({self.x + (8 if self.is_narrow else 11):g} {self.middle - 8:g})"


@dataclass(frozen=True, slots=True)
class Card:
    """A zone."""

    zone: Zone
    x: float
    y: float
    width: float
    height: float
    name_room: int  # How many characters of its name are shown.
    is_tall: bool = False

    @property
    def name_y(self) -> float:
        """The line that its name stands on."""
        return self.y + 26

    @property
    def word_x(self) -> float:
        """Where the word about it begins; on one line with its name, where it ends."""
        return self.x + self.width - 68 if self.is_tall else self.x + 33

    @property
    def word_y(self) -> float:
        """The line that the word about it stands on."""
        return self.name_y if self.is_tall else self.y + 46

    @property
    def shape_at(self) -> tuple[float, float]:
        """The middle of its shape."""
        return (self.x + self.width - 57, self.y + 22) if self.is_tall else (self.x + 21, self.y + 42)

    @property
    def shape(self) -> str:
        """How it is doing, as a shape; empty where there is none."""
        return SHAPES.get(self.zone.look, "")


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its head (empty where it leads nowhere) and the shape in its middle, if there is one. `is_inner`: it
    stays within a zone."""

    path: str
    head: str
    look: Look
    shape: str = ""
    at: tuple[float, float] = (0, 0)
    is_inner: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """All there is to draw, and how large it is. `name` tells the layouts apart."""

    name: str
    width: float
    height: float
    columns: int
    cards: tuple[Card, ...]
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def shortened(text: str, room: int) -> str:
    """A text with its middle left out where it is longer than `room` characters."""
    if len(text) <= room:
        return text
    tail = (room - 1) * 2 // 5
    return f"{text[: room - 1 - tail]}…{text[len(text) - tail :]}"


def wide(zones: Sequence[Zone]) -> Drawing:
    """Zones side by side; from the fourth on narrower."""
    is_narrow = len(zones) > 3
    width, gap, inset = (172.0, 38.0, 11.5) if is_narrow else (208.0, 48.0, 13.5)
    cards, boxes = list[Card](), list[list[Box]]()
    for place, zone in enumerate(zones):
        left = place * (width + gap) + 0.5
        own = list(_stacked(zone, left + inset - 0.5, 60.5, width - 2 * inset, 42, is_narrow=is_narrow))
        cards.append(Card(zone, left, 0.5, width - 1, own[-1].y + own[-1].height + 14, 19 if is_narrow else 22))
        boxes.append(own)
    lines = [line for zone, own in zip(zones, boxes, strict=True) for line in _within(zone, own, is_tall=False)]
    for place, zone in enumerate(zones[:-1]):
        lines += _beside(zone, boxes[place], boxes[place + 1], cards[place + 1].x)
    height = max(card.height for card in cards) + 1
    whole = len(zones) * (width + gap) - gap
    return Drawing(
        "wide", whole, height, len(zones), tuple(cards), tuple(b for own in boxes for b in own), tuple(lines)
    )


def tall(zones: Sequence[Zone]) -> Drawing:
    """Zones one below the other, with the lines between them at the side."""
    cards, boxes, top = list[Card](), list[list[Box]](), 0.5
    for zone in zones:
        own = list(_stacked(zone, 14.5, top + 40, 277, 33, is_tall=True))
        height = own[-1].y + own[-1].height + 14 - top
        cards.append(Card(zone, 0.5, top, 341, height, 24, is_tall=True))
        boxes.append(own)
        top += height + 27 + 20 * max(len({edge.look for edge in zone.hands_on if edge.look in SHAPES}) - 1, 0)
    lines = [line for zone, own in zip(zones, boxes, strict=True) for line in _within(zone, own, is_tall=True)]
    for place, zone in enumerate(zones[:-1]):
        lines += _below(zone, boxes[place], boxes[place + 1], cards[place + 1].y)
    return Drawing(
        "tall", 346, top - 26, len(zones), tuple(cards), tuple(b for own in boxes for b in own), tuple(lines)
    )


def _stacked(
    zone: Zone, x: float, y: float, width: float, height: float, *, is_tall: bool = False, is_narrow: bool = False
) -> Iterator[Box]:
    looks = {(edge.source, edge.target): edge.look for edge in zone.signs}
    below = {edge.target for edge in zone.signs}
    for place, item in enumerate(zone.items):
        own = MORE_HEIGHT if item.kind is Kind.MORE else height
        yield Box(item, x, y, width, own, is_tall, is_narrow)
        following = zone.items[place + 1] if place + 1 < len(zone.items) else None
        if following is None:
            return
        if Kind.MORE in (item.kind, following.kind) and place + 1 not in below:
            y += own + AROUND_MORE
        else:
            look = looks.get((place, place + 1))
            apart = look is not None or place + 1 in below or following.kind is not item.kind
            y += own + (BREAK if look is Look.BROKEN else ARROW if apart else TIGHT)


# ---- lines within a zone ----


def _within(zone: Zone, boxes: Sequence[Box], *, is_tall: bool) -> Iterator[Line]:
    around = 0
    for edge in zone.signs:
        if edge.target is None:
            continue
        source, target = boxes[edge.source], boxes[edge.target]
        if edge.target == edge.source + 1:
            yield _down(source, target, edge.look, is_tall=is_tall)
        else:
            yield _around(source, target, edge.look, is_tall=is_tall, lane=0 if edge.look is Look.VALID else around)
            around = 3


def _down(source: Box, target: Box, look: Look, *, is_tall: bool) -> Line:
    x = source.x + 43.5 if is_tall else source.x + source.width / 2
    top, tip = source.y + source.height + 0.5, target.y - 0.5
    if look is Look.BROKEN:  # Where the chain breaks, the shape says so.
        return Line(f"M{x:g} {top:g}V{tip:g}", "", look, SHAPES[look], (x, (top + tip) / 2), is_inner=True)
    head = f"{x:g},{tip:g} {x - 4:g},{tip - 7:g} {x + 4:g},{tip - 7:g}"
    return Line(f"M{x:g} {top:g}V{tip - 5:g}", head, look, is_inner=True)


def _around(source: Box, target: Box, look: Look, *, is_tall: bool, lane: float) -> Line:
    """Past the boxes between them: at the far side, or where boxes lie flat at the near one."""
    out, into = source.middle + 6, target.middle - 6
    if is_tall:
        edge, lane_x, away, sweep = source.x - 0.5, source.x - 8 + lane, -1, 0
    else:
        edge, lane_x, away, sweep = source.end + 0.5, source.end + 8 - lane, 1, 1
    corner = f"a3 3 0 0 {sweep}"
    path = f"M{edge:g} {out:g}H{lane_x - 3 * away:g}{corner} {3 * away} 3V{into - 3:g}{corner} {-3 * away} 3"
    path += f"H{edge + 3 * away:g}"
    back = edge + 5 * away
    head = f"{edge:g},{into:g} {back:g},{into - 3.5:g} {back:g},{into + 3.5:g}"
    if look is Look.BROKEN:
        return Line(path, "", look, SHAPES[look], (lane_x, (out + into) / 2), is_inner=True)
    return Line(path, head, look, is_inner=True)


# ---- lines from zone to zone ----


def _beside(zone: Zone, own: Sequence[Box], following: Sequence[Box], edge_of_next: float) -> Iterator[Line]:
    taken: list[tuple[float, Look]] = []
    for edge in _worst_last(zone.hands_on):
        source = own[edge.source]
        start, y = source.end + 0.5, source.middle
        if edge.target is None:
            end = edge_of_next - 5
            path, head, at = f"M{start:g} {y:g}H{end:g}", "", (round((start + end) / 2, 1), y)
        else:
            target = following[edge.target]
            end, to = target.x - 0.5, target.middle
            mid = round((start + end) / 2, 1)
            path = f"M{start:g} {y:g}C{mid:g} {y:g} {mid:g} {to:g} {end - 6:g} {to:g}"
            head = f"{end:g},{to:g} {end - 7:g},{to - 4:g} {end - 7:g},{to + 4:g}"
            at = (mid, (y + to) / 2)
        alike = any(abs(at[1] - other) < 20 and look is edge.look for other, look in taken)
        taken.append((at[1], edge.look))
        yield Line(path, head, edge.look, "" if alike else SHAPES.get(edge.look, ""), at)


def _below(zone: Zone, own: Sequence[Box], following: Sequence[Box], top_of_next: float) -> Iterator[Line]:
    looks = list[Look]()
    for lane, edge in enumerate(zone.hands_on):
        source = own[edge.source]
        start, y = source.end + 0.5, source.middle
        x = start + 20 + 8 * min(lane, 3)
        shape = "" if edge.look in looks else SHAPES.get(edge.look, "")  # Lines side by side share one.
        looks.append(edge.look)
        at = (x, top_of_next - 14 - 20 * (len(set(looks)) - 1))
        if edge.target is None:
            end = top_of_next - 5
            path, head = f"M{start:g} {y:g}H{x - 8:g}a8 8 0 0 1 8 8V{end:g}", ""
        else:
            target = following[edge.target]
            to = target.middle
            path = f"M{start:g} {y:g}H{x - 8:g}a8 8 0 0 1 8 8V{to - 8:g}a8 8 0 0 1 -8 8H{start + 5:g}"
            head = f"{start:g},{to:g} {start + 7:g},{to - 4:g} {start + 7:g},{to + 4:g}"
        yield Line(path, head, edge.look, shape, at)


def _worst_last(edges: Sequence[Edge]) -> list[Edge]:
    """What is amiss lies over what is well."""
    return sorted(edges, key=lambda edge: edge.look is not Look.VALID)


__all__ = ["Box", "Card", "Drawing", "Line", "Text", "Words", "shortened", "tall", "wide"]
