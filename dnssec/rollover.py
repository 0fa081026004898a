"""The guide that replaces a key: which is the new one and which the old, and the five steps between them."""

from collections.abc import Sequence
from functools import partial

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dnssec import sightings, timing
from dnssec.guides import (
    Action,
    Alert,
    Facts,
    Guide,
    Key,
    State,
    Step,
    arriving,
    being_deleted,
    broken,
    build,
    deletions,
    in_zone,
    is_same,
    place_of,
    shown_keys,
)
from dnssec.models import DelegationSigner
from dnssec.next_step import ds_sighted
from dnssec.snapshots import is_same_key, subject_of_row
from dnssec.waits import moment
from domains.models import Operation


def guide(facts: Facts) -> Guide:
    """
    The guide that replaces a key, as it stands.

    The new key first, the old one last, and the waits between (RFC 7583 section 3.3.1).
    """
    make = partial(
        build,
        facts,
        "rollover",
        _("Replace a key"),
        _("At every moment each resolver has to know a key that fits: the new one comes first, the old one goes last."),
    )
    if not facts.rows:
        return make(
            alert=Alert(
                _("There is no key to replace"),
                _("No key of %(domain)s is at the registry. Sign the zone at your DNS service, then add its key.")
                % {"domain": facts.domain.unicode_name},
            )
        )
    new, old, gone = _roles(facts)
    published = _publish(facts, new, old)
    added = _add(facts, new, old)
    known = _wait_for_new(facts, new, skipped=gone is not None)
    deleted = _delete_old(facts, old, gone)
    removed = _leave_zone(facts, gone)
    finished = ""
    if new and gone:
        finished = _("Key %(new)d has taken the place of key %(old)d.") % {"new": new.tag, "old": gone.tag}
    return make([published, added, known, deleted, removed], alert=broken(facts), finished=finished)


def _roles(facts: Facts) -> tuple[Key | None, list[Key], Key | None]:
    """The new key, the old ones that are still at the registry, and the one that was deleted there last."""
    rows = {row.pk: Key(subject_of_row(row), row, _place(facts, row)) for row in facts.rows}
    if len(rows) > 1:
        # The one that came last is the new one; what is being deleted never is.
        new = max(facts.rows, key=lambda row: (row.state != State.REMOVING, row.created_at, row.pk))
        return rows[new.pk], [key for pk, key in rows.items() if pk != new.pk], None
    (only,) = rows.values()
    watched = facts.watch(Operation.Type.REMOVE_DNSSEC)
    gone = None
    if watched and only.row and not is_same_key(only.row, watched.operation.subject):
        gone = Key(watched.operation.subject, None, place_of(facts, watched.operation.subject))
    known = [only.subject, *(watch.operation.subject for watch in facts.watches)]
    fresh = [key for key in in_zone(facts) if not any(is_same(key.subject, other) for other in known)]
    if fresh and (gone is None or gone.place is None):
        return fresh[0], [only], None
    return (only, [], gone) if gone else (None, [only], None)


def _publish(facts: Facts, new: Key | None, old: Sequence[Key]) -> Step:
    title = _("Publish the new key in the zone")
    text = _(
        "Have your DNS service make a new key and publish it beside the old one, so that both sign the zone’s keys. "
        "Many services call this “rollover”."
    )
    if new is None:
        return Step(title, text, is_done=False, known=shown_keys(facts))
    seen = facts.key_seen(new.subject)
    if seen is None:
        warning = ""
        if new.is_at_registry and facts.link:
            warning = _("Key %(tag)d is at the registry, but it does not carry the zone yet. Keep the old key.") % {
                "tag": new.tag
            }
        return Step(title, text, is_done=False, known=_where(facts, new), warning=warning)
    is_new_algorithm = new.subject["algorithm"] not in {key.subject["algorithm"] for key in old} and bool(old)
    wait = (
        timing.new_algorithm_is_known(seen, facts.times.dnskey, timing.zone_ttl(facts.times))
        if is_new_algorithm
        else timing.new_key_is_known(seen, facts.times.dnskey)
    )
    known = _("Key %(tag)d signs the zone on all its name servers since %(since)s.") % {
        "tag": new.tag,
        "since": moment(seen),
    }
    if new.is_at_registry or wait.is_over(facts.now):
        return Step(title, text, is_done=True, known=known)  # What is left of the wait is part of the third step.
    text = _("Until the wait is over, caches may hold the zone’s keys without it.")
    return Step(title, text, is_done=False, known=known, wait=wait)


def _add(facts: Facts, new: Key | None, old: Sequence[Key]) -> Step:
    title = _("Add the new key here")
    text = _("The %(tld)s registry then publishes its DS record beside the old one.") % {"tld": facts.domain.tld}
    if new is None:
        return Step(title, text, is_done=False)
    if new.is_at_registry and new.row:
        known = _("Key %(tag)d is at the registry.") % {"tag": new.tag}
        return Step(title, text, is_done=True, known=known)
    if new.row:
        known = _("Key %(tag)d is being added. The mail comes when the registry has answered.") % {"tag": new.tag}
        return Step(title, text, is_done=False, known=known)
    limit, warning = facts.domain.tld.max_keys, ""
    if len(old) >= limit:
        warning = ngettext(
            "The %(tld)s registry takes %(limit)d key, so there is no room for a second one.",
            "The %(tld)s registry takes %(limit)d keys, so there is no room for a further one.",
            limit,
        ) % {"tld": facts.domain.tld, "limit": limit}
    subject = new.subject
    use = f"{subject['flags']} {subject['algorithm']} {subject['public_key']}"
    action = Action(
        _("Fill in the form with key %(tag)d") % {"tag": new.tag},
        reverse("dnssec:understand", args=[facts.domain.name]),
        use,
    )
    return Step(title, text, is_done=False, warning=warning, actions=(action,))


def _wait_for_new(facts: Facts, new: Key | None, *, skipped: bool) -> Step:
    title = _("Wait until every resolver knows it")
    text = _(
        "The time counts from when all %(tld)s name servers show the new DS record. It lasts as long as caches may "
        "hold the records from before."
    ) % {"tld": facts.domain.tld}
    if new is None or not new.is_at_registry:
        return Step(title, text, is_done=False)
    watched = facts.watch(Operation.Type.ADD_DNSSEC, new.subject)
    seen = watched.seen_at if watched else ds_sighted(facts.sights, new.subject)
    if seen is None:
        return Step(title, text, is_done=skipped, known="" if skipped else arriving(facts, watched))
    wait = timing.old_key_may_be_deleted(
        seen,
        facts.ttl(watched),
        tld=facts.domain.tld.name,
        key_seen=facts.key_seen(new.subject),
        key_ttl=facts.times.dnskey,
    )
    known = _("All %(tld)s name servers show it since %(since)s.") % {"tld": facts.domain.tld, "since": moment(seen)}
    is_over = skipped or wait.is_over(facts.now)
    return Step(title, text, is_done=is_over, known=known, wait=None if is_over else wait)


def _delete_old(facts: Facts, old: Sequence[Key], gone: Key | None) -> Step:
    title = _("Delete the old key here")
    text = _("The %(tld)s registry then withdraws its DS record. The key stays in the zone.") % {
        "tld": facts.domain.tld
    }
    if not old:
        known = _("Key %(tag)d was deleted.") % {"tag": gone.tag} if gone else ""
        return Step(title, text, is_done=True, known=known)
    return Step(title, text, is_done=False, known=being_deleted(old), actions=deletions(facts, old))


def _leave_zone(facts: Facts, gone: Key | None) -> Step:
    title = _("Take the old key out of the zone")
    text = _("Resolvers that hold the old DS record still rely on it, so it goes last.")
    if gone is None:
        return Step(title, text, is_done=False)
    watched = facts.watch(Operation.Type.REMOVE_DNSSEC, gone.subject)
    wait = None
    if watched and watched.seen_at:
        wait = timing.old_key_may_leave_the_zone(watched.seen_at, facts.ttl(watched), tld=facts.domain.tld.name)
    is_over = wait is not None and wait.is_over(facts.now)
    if facts.link is None:
        return Step(title, text, is_done=False, known=shown_keys(facts), wait=wait)
    if gone.place is None:
        warning = ""
        if not is_over:
            warning = _(
                "Key %(tag)d is not in the zone any more, earlier than is safe. If users report SERVFAIL, have it put "
                "back until the wait is over."
            ) % {"tag": gone.tag}
        known = _("The zone does not show key %(tag)d any more.") % {"tag": gone.tag} if is_over else ""
        return Step(title, text, is_done=is_over, known=known, wait=None if is_over else wait, warning=warning)
    if is_over:
        known = _("No cache holds its DS record any more: key %(tag)d may go now.") % {"tag": gone.tag}
        return Step(title, text, is_done=False, known=known)
    known = "" if wait else arriving(facts, watched)
    return Step(title, text, is_done=False, known=known, wait=wait)


def _where(facts: Facts, key: Key) -> str:
    """On which of the zone's servers a key is that does not carry it on all of them."""
    if facts.link is None or facts.chain is None or key.place is None:
        return shown_keys(facts)
    shown = facts.link.keys[key.place]
    reached = sightings.reached(facts.chain, parent=False)
    missing = reached - set(shown.servers)
    if missing:
        names = sorted({server.name for server in facts.link.servers if server.address in missing})
        return _("Key %(tag)d is in the zone, but not on %(servers)s yet.") % {
            "tag": key.tag,
            "servers": ", ".join(names),
        }
    return _("Key %(tag)d is in the zone, but it does not sign the zone’s keys on all servers yet.") % {"tag": key.tag}


def _place(facts: Facts, row: DelegationSigner) -> int | None:
    return next((key.place for key in in_zone(facts) if is_same_key(row, key.subject)), None)
