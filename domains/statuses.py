"""EPP status codes of a domain in plain words (RFC 5731 section 2.3, RFC 3915 section 3.1)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_BY_US = _("set by this registrar")
_BY_REGISTRY = _("set by the registry")

# What a client... or server... status forbids; the sentence goes on with who has set it.
LOCKS: dict[str, Promise] = {
    "DeleteProhibited": _("The domain cannot be deleted"),
    "Hold": _("The domain is not published in the DNS"),
    "RenewProhibited": _("The domain cannot be renewed"),
    "TransferProhibited": _("The domain cannot be moved to another registrar"),
    "UpdateProhibited": _("Name servers, contacts and DNSSEC keys cannot be changed"),
}
STATES: dict[str, Promise] = {
    "ok": _("Nothing is locked and nothing is pending."),
    "inactive": _("No name servers are set, so the domain does not resolve."),
    "linked": _("Other objects at the registry refer to it."),
    "pendingCreate": _("The registry is still deciding about the registration."),
    "pendingDelete": _("The domain is about to be deleted."),
    "pendingRenew": _("The registry is still deciding about the renewal."),
    "pendingTransfer": _("The domain is being moved to another registrar."),
    "pendingUpdate": _("The registry is still deciding about a change."),
    "addPeriod": _("It was registered within the last days."),
    "autoRenewPeriod": _("It was renewed automatically within the last days."),
    "renewPeriod": _("It was renewed within the last days."),
    "transferPeriod": _("It was moved to this registrar within the last days."),
    "redemptionPeriod": _("It has been deleted and can still be restored."),
    "pendingRestore": _("It is being restored."),
}


@dataclass(frozen=True)
class Explained:
    """A code and what it means to the domain's owner."""

    code: str
    words: str


def explain(codes: list[str]) -> list[Explained]:
    """Each code with its meaning; a code that is not known stands alone."""
    return [Explained(code, _words(code)) for code in codes]


def _words(code: str) -> str:
    for setter, who in (("client", _BY_US), ("server", _BY_REGISTRY)):
        if code.startswith(setter) and code.removeprefix(setter) in LOCKS:
            return f"{LOCKS[code.removeprefix(setter)]} ({who})."
    return str(STATES.get(code, ""))
