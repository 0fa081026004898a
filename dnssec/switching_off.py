"""The guide that switches DNSSEC off, in three steps; and what to say where the zone went unsigned too early."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dnssec import timing
from dnssec.guides import Alert, Facts, Guide, Key, Step, arriving, being_deleted, broken, build, deletions, shown_keys
from dnssec.models import Publication
from dnssec.snapshots import subject_of_row
from dnssec.timing import Wait
from dnssec.waits import moment, span
from domains.models import Operation


def guide(facts: Facts) -> Guide:
    """
    The guide that switches DNSSEC off, as it stands.

    First nobody must expect signatures any more, then they may go (RFC 6781 section 4.4).
    """
    make = partial(
        build,
        facts,
        "switch-off",
        _("Switch DNSSEC off"),
        _("Switching off goes backwards: first nobody must expect signatures any more, then they may go."),
    )
    watched = facts.watch(Operation.Type.REMOVE_DNSSEC)
    is_unsigned = facts.link is not None and not facts.link.keys
    if not facts.rows and watched is None:
        return make(
            alert=Alert(
                _("DNSSEC is not on"),
                _("No key of %(domain)s is at the registry, so there is nothing to switch off.")
                % {"domain": facts.domain.unicode_name},
            )
        )
    tld = facts.domain.tld
    keys = [Key(subject_of_row(row), row) for row in facts.rows]
    deleted = Step(
        _("Delete every key here"),
        _("One after the other, and after each wait for the mail. The zone stays signed."),
        is_done=not keys,
        known=being_deleted(keys) or _at_registry(keys),
        actions=deletions(facts, keys),
    )
    wait = None
    if not keys and watched and watched.seen_at:
        wait = timing.zone_may_be_unsigned(watched.seen_at, facts.ttl(watched), tld=tld.name)
    is_over = wait is not None and wait.is_over(facts.now)
    waited = Step(
        _("Leave the zone signed, and wait"),
        _("The time counts from when no %(tld)s name server shows a DS record. So long caches may hold it.")
        % {"tld": tld},
        is_done=is_over,
        known="" if keys or wait else arriving(facts, watched),
        wait=None if is_over else wait,
    )
    if is_over and wait:
        waited = replace(waited, known=_("It has been safe since %(at)s.") % {"at": moment(wait.until)})
    stopped = Step(
        _("Stop signing at your DNS service"),
        _("Earlier, resolvers that check would answer SERVFAIL. After the wait none of them asks for signatures."),
        is_done=is_over and is_unsigned,
        known=shown_keys(facts) if is_over else "",
    )
    return make(
        [deleted, waited, stopped],
        alert=_unsigned_early(facts, watched, wait) if is_unsigned and not is_over else broken(facts),
        finished=_("DNSSEC is off for %(domain)s. Resolvers answer without checking signatures.")
        % {"domain": facts.domain.unicode_name},
    )


def _unsigned_early(facts: Facts, watched: Publication | None, wait: Wait | None) -> Alert:
    """The zone has no signatures while resolvers may still expect them."""
    if facts.rows:
        ttl = facts.ttl(watched) or timing.usual_ds_ttl(facts.domain.tld.name)
        text = _(
            "Its keys are still at the registry, so resolvers that check refuse every answer. Have the zone signed "
            "again with the same keys. If they are gone, delete the keys here at once: resolvers recover within "
            "%(ttl)s after the DS records are withdrawn."
        ) % {"ttl": span(ttl)}
    elif wait:
        text = _(
            "Until %(at)s some resolvers still hold the DS record and refuse every answer. Have the zone signed again "
            "with the same keys until then. If they are gone, only waiting helps."
        ) % {"at": moment(wait.until)}
    else:
        text = _(
            "Name servers of %(tld)s may still show the DS record, and then resolvers refuse every answer. Have the "
            "zone signed again with the same keys until the wait is over."
        ) % {"tld": facts.domain.tld}
    return Alert(_("%(domain)s is not signed any more: too early") % {"domain": facts.domain.unicode_name}, text, True)


def _at_registry(keys: Sequence[Key]) -> str:
    if not keys:
        return _("No key is at the registry any more.")
    said = ngettext("Key %(tags)s is at the registry.", "The keys %(tags)s are at the registry.", len(keys))
    return said % {"tags": ", ".join(str(key.tag) for key in keys)}
