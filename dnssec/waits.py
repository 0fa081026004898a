"""Waits in words: how long, why, and until when, in the reader's language and time zone."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dnssec.timing import Held, Wait


def span(seconds: int) -> str:
    """A time to live as people say it: 45 s, 15 min, 1 h 30 min, 24 h, 3 days. Never shorter than it is, and never
    broken over two lines."""
    return _span(seconds).replace(" ", "\N{NO-BREAK SPACE}")


def _span(seconds: int) -> str:
    if seconds < 120:
        return _("%(seconds)d s") % {"seconds": seconds}
    minutes = -(-seconds // 60)
    hours, rest = divmod(minutes, 60)
    if hours >= 72 and minutes % 1440 == 0:
        days = minutes // 1440
        return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
    if not hours:
        return _("%(minutes)d min") % {"minutes": minutes}
    if not rest:
        return _("%(hours)d h") % {"hours": hours}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}


def moment(at: datetime) -> str:
    """A time with its zone, as short as it can be and still be read one way."""
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


def reason(wait: Wait) -> str:
    """Why a wait ends when it does: what caches may hold, for how long, and since when it is replaced."""
    if not wait.is_read:
        sentence = {
            Held.DS: _("the DS TTL is not known, so %(ttl)s are counted; first seen on all servers %(since)s"),
            Held.NO_DS: _("the TTL of “no DS record” is not known, so %(ttl)s are counted; on all servers %(since)s"),
            Held.KEYS: _("the TTL of the zone’s keys is not known, so %(ttl)s are counted; on all servers %(since)s"),
            Held.ZONE: _("the TTLs of the zone are not known, so %(ttl)s are counted; on all servers %(since)s"),
        }[wait.held]
    else:
        sentence = {
            Held.DS: _("DS TTL %(ttl)s, first seen on all servers %(since)s"),
            Held.NO_DS: _("TTL of “no DS record” %(ttl)s, first seen on all servers %(since)s"),
            Held.KEYS: _("DNSKEY TTL %(ttl)s, first seen on all servers %(since)s"),
            Held.ZONE: _("longest TTL of the zone %(ttl)s, first seen on all servers %(since)s"),
        }[wait.held]
    said = sentence % {"ttl": span(wait.ttl), "since": moment(wait.since)}
    return _("%(reason)s, and %(margin)s to spare") % {"reason": said, "margin": span(wait.margin)}
