"""What a registry's refusal means, in a sentence for a person: by result code (RFC 5730 section 3), and never the
code alone.
"""

from django.utils.translation import gettext as _

OUR_FAULT = {2000, 2001, 2002, 2003, 2100, 2101, 2105, 2106, 2202, 2300, 2301, 2307}


# Refusals that are about the key, and would be no reason against deleting it.
ABOUT_THE_KEY = {2004, 2005, 2302, 2306, 2308}


def refusal(
    code: int,
    *,
    name: str,
    tld: str,
    limit: int,
    words: str,
    adding: bool = True,
    statuses: tuple[str, ...] | None = None,
) -> str:
    """
    The plain-language reason for a refused change of the domain `name`.

    `words` are the registry's own, `limit` the number of keys it takes, `statuses` the EPP statuses seen on the domain,
    None where the registry does not list it as ours.
    """
    if code in ABOUT_THE_KEY and not adding:
        return _("The registry refused to delete the key. Nothing was changed.")
    if code in OUR_FAULT:
        return _("We could not process the request because of an error on our side. Nothing was changed.")
    if code == 2004:
        return _("The registry does not accept a value of this key. Check its key type and algorithm, then try again.")
    if code == 2005:
        return _("The registry could not read the public key. Check that it is the whole base64 key, not its digest.")
    if code == 2103:
        return _("The registry for .%(tld)s does not support DNSSEC.") % {"tld": tld}
    if code == 2104:
        return _(
            "The registry did not carry out the change for an accounting reason on our side. We have been told; "
            "try again later."
        )
    if code in (2201, 2303) and statuses is not None:
        return _(
            "The registry refused the change as if %(name)s were not ours, although it lists the domain under us. "
            "Nothing was changed. Please contact support."
        ) % {"name": name}
    if code == 2201:
        return _(
            "%(name)s is not managed by us at the registry; it may have been transferred. The key was not changed."
        ) % {"name": name}
    if code == 2302:
        return _("The registry says that this key is there already, but does not list it. Please contact support.")
    if code == 2303:
        return _("%(name)s does not exist at the registry.") % {"name": name}
    if code == 2304:
        if pending := next((status for status in statuses or () if status in ("pendingDelete", "pendingTransfer")), ""):
            return _("%(name)s is being deleted or transferred (%(status)s), and takes no changes meanwhile.") % {
                "name": name,
                "status": pending,
            }
        lock = next((status for status in statuses or () if status.endswith("UpdateProhibited")), "")
        if lock:
            return _(
                "%(name)s is locked against changes at the registry (%(status)s). Have the lock removed, then "
                "try again."
            ) % {"name": name, "status": lock}
        return _("%(name)s is locked against changes at the registry. Have the lock removed, then try again.") % {
            "name": name
        }
    if code == 2305:
        return _("The registry refused the change because other objects depend on %(name)s.") % {"name": name}
    if code == 2306:
        return (
            _("The registry does not accept this key under its own rules. Its words below say which.")
            if words
            else _(
                "The registry does not accept this key under its own rules. Often the algorithm or the key type "
                "is not taken."
            )
        )
    if code == 2308:
        return _("The registry's limit is reached: .%(tld)s takes %(limit)d keys. Delete a key first.") % {
            "tld": tld,
            "limit": limit,
        }
    return _("The registry refused the change. Nothing was changed.")


def own_words(message: str, reasons: tuple[str, ...]) -> str:
    """The registry's own words to quote: its reasons where it gave some, else its message; at most 300 characters."""
    return " / ".join(part.strip() for part in reasons if part.strip())[:300] or message.strip()[:300]
