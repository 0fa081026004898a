"""A chain of trust told in sentences, zone by zone: what the picture shows, for whoever does not see it (pure)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from dnssec.chain import Chain, Link
from dnssec.picture.fingerprints import Change, Group, groups
from dnssec.picture.parts import ZONE_WORDS, Look, Text, Words, gettext_noop, looks_of, zone_name

_ = gettext_noop

MANY = 2


@dataclass(frozen=True, slots=True)
class Step:
    """What is said about one zone: how it is doing, and why."""

    zone: Text
    word: Words
    sentences: tuple[Words, ...]


def in_words(chain: Chain, changes: Collection[Change] = ()) -> tuple[Step, ...]:
    """A step for each zone, from the root down."""
    looks = looks_of(chain)
    last = len(chain.links) - 1
    steps = [
        Step(
            zone_name(link.zone),
            ZONE_WORDS[looks[place]],
            tuple(_of_link(link, looks[place], changes if place == last and chain.is_zone else ())),
        )
        for place, link in enumerate(chain.links)
    ]
    if not chain.is_zone:
        said = Words(_("The zone above knows no name servers for it, so there is nothing to check."))
        steps.append(Step(zone_name(chain.name), Words(_("Not delegated")), (said,)))
    return tuple(steps)


def _of_link(link: Link, look: Look, changes: Collection[Change]) -> Iterator[Words]:
    if link.zone == ".":
        trusted = [key for key in link.keys if key.has_ds and key.signs_keys_on]
        if trusted:
            tags = ", ".join(str(key.key_tag) for key in trusted)
            yield Words(_("Resolvers hold its key %(tags)s as their trust anchor."), {"tags": tags})
        else:
            yield Words(_("None of its keys is a trust anchor that signs the others."))
    else:
        found = groups(link, changes)
        yield from _of_groups(link, found)
        if not found and look is Look.BROKEN:
            yield Words(_("The zone above does not prove whether it has a DS record for it."))
        elif not found:
            yield Words(_("The zone above has no DS record for it."))
    signers = ", ".join(str(key.key_tag) for key in link.keys if key.signs_data_on)
    if signers:
        yield Words(_("Its records are signed by the key %(tags)s."), {"tags": signers})
    elif link.servers and all(server.trouble for server in link.servers):
        yield Words(_("None of its name servers answered."))
    elif not link.keys:
        yield Words(_("It shows no DNSKEY records: it is not signed."))


def _of_groups(link: Link, found: Sequence[Group]) -> Iterator[Words]:
    """A sentence for each DS record; those that carry nothing are told together where they are many."""
    stray = [group for group in found if not group.state and not group.keys]
    idle = [group for group in found if not group.state and group.keys and not group.signs]
    for group in found:
        if not (group in stray and len(stray) > MANY or group in idle and len(idle) > MANY):
            yield _of_group(link, group)
    if len(stray) > MANY:
        yield Words(_("The DS records %(tags)s of the zone above fit none of its keys."), _tags(stray))
    if len(idle) > MANY:
        yield Words(
            _("The DS records %(tags)s of the zone above fit keys of it that do not sign its key set."), _tags(idle)
        )


def _tags(found: Sequence[Group]) -> dict[str, object]:
    return {"tags": ", ".join(str(group.key_tag) for group in found)}


def _of_group(link: Link, group: Group) -> Words:
    params = {"tag": group.key_tag, "digests": group.digests, "key": ""}
    if group.state == "adding":
        return Words(_("The DS record %(tag)s is being added at the registry."), params)
    if group.state == "removing":
        return Words(_("The DS record %(tag)s is being deleted at the registry."), params)
    if group.state:
        return Words(_("The DS record %(tag)s is on file at the registry, but not seen in the DNS yet."), params)
    if not group.keys:
        return Words(_("The DS record %(tag)s (%(digests)s) of the zone above fits none of its keys."), params)
    params["key"] = ", ".join(str(link.keys[place].key_tag) for place in group.keys)
    if group.signs:
        return Words(
            _("The DS record %(tag)s (%(digests)s) of the zone above fits its key %(key)s, which signs its key set."),
            params,
        )
    return Words(
        _(
            "The DS record %(tag)s (%(digests)s) of the zone above fits its key %(key)s, which does not sign its key "
            "set on all servers."
        ),
        params,
    )
