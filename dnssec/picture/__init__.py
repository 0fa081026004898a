"""A chain of trust as a picture and in words (pure): `picture_of(chain, changes) -> Picture`.

`fingerprints` sorts the DS records by key; `parts` says what there is to see and how each part is doing, `places` where
it stands, `words` tells it in sentences.
"""

from collections.abc import Collection
from dataclasses import dataclass

from dnssec.chain import Chain
from dnssec.picture.fingerprints import Change
from dnssec.picture.parts import Look, Words, parts, unknown_parts
from dnssec.picture.places import Drawing, tall, wide
from dnssec.picture.words import Step, in_words

__all__ = ["Change", "Drawing", "Look", "Picture", "Step", "Words", "expected", "picture_of"]


@dataclass(frozen=True, slots=True)
class Picture:
    """The same chain three times: for a wide place, for a narrow one, and in words."""

    wide: Drawing
    tall: Drawing
    words: tuple[Step, ...]
    looks: tuple[Look, ...]  # the kinds of links that are drawn, for the legend


def picture_of(chain: Chain, changes: Collection[Change] = ()) -> Picture:
    """A chain that was judged, with the keys that the registry holds or is being asked to (`changes`)."""
    zones = parts(chain, changes)
    looks = dict.fromkeys(
        edge.look for zone in zones for edge in (*zone.signs, *zone.hands_on) if edge.look is not Look.IDLE
    )
    return Picture(wide(zones), tall(zones), in_words(chain, changes), tuple(look for look in Look if look in looks))


def expected(name: str) -> Picture:
    """What stands there before anything is known: the root, the zone above the name, and the name."""
    zones = unknown_parts(name)
    return Picture(wide(zones), tall(zones), (), ())
