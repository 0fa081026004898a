"""The EPP statuses under which a registry refuses changes of a domain's keys, as the pages explain them."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from domains.models import Domain

# Title and sentence of each (RFC 5731 section 2.3, RFC 3915 section 3.1). Of several on a domain the first is told.
LOCKS = {
    "serverUpdateProhibited": (
        _("Locked by the registry"),
        _(
            "%(domain)s carries a registry lock (%(status)s), so the registry refuses changes of its keys. Ask support "
            "to have it lifted."
        ),
    ),
    "clientUpdateProhibited": (
        _("Locked against changes"),
        _(
            "%(domain)s is locked against changes (%(status)s), so the registry refuses those of its keys too. Ask "
            "support to lift the lock."
        ),
    ),
    "redemptionPeriod": (
        _("The domain is deleted"),
        _(
            "%(domain)s has been deleted and can still be restored (%(status)s). Its keys can be changed after that; "
            "ask support."
        ),
    ),
    "pendingRestore": (
        _("The domain is being restored"),
        _("%(domain)s is being restored (%(status)s). Its keys can be changed after that."),
    ),
    "pendingDelete": (
        _("The domain is being deleted"),
        _("%(domain)s is about to be deleted (%(status)s), and the registry takes no changes any more."),
    ),
    "pendingTransfer": (
        _("The domain is being transferred"),
        _("%(domain)s is being moved to another registrar (%(status)s), and the registry takes no changes meanwhile."),
    ),
}


@dataclass(frozen=True, slots=True)
class Lock:
    """An EPP status for which the registry refuses changes of the keys: its name, a short title, a sentence."""

    status: str
    title: str
    sentence: str
    code: ClassVar[str] = "locked"


def lock_on(domain: Domain) -> Lock | None:
    """
    The status on file for which the registry refuses changes; None when there is none.

    It switches a page's buttons off and stops nobody who asks all the same: it may have been lifted since we last
    looked, and the registry has the last word.
    """
    status = next((status for status in LOCKS if status in domain.statuses), "")
    if not status:
        return None
    title, sentence = LOCKS[status]
    return Lock(status, str(title), sentence % {"domain": domain.name, "status": status})
