"""What a registry's refusal means, in a sentence for a person: by result code (RFC 5730 section 3), and never the
code alone.
"""

from django.utils.translation import gettext_noop as _

from domains.sentences import Sentence

OUR_FAULT = {2000, 2001, 2002, 2003, 2100, 2101, 2105, 2106, 2202, 2300, 2301, 2307}


# Refusals that are about the key, and would be no reason against deleting it.
ABOUT_THE_KEY = {2004, 2005, 2302, 2306, 2308}

# What a code means whatever the circumstances.
MEANS = {
    2004: _("The registry does not accept a value of this key. Check its key type and algorithm, then try again."),
    2005: _("The registry could not read the public key. Check that it is the whole base64 key, not its digest."),
    2103: _("The registry for .%(tld)s does not support DNSSEC."),
    2201: _("%(name)s is not managed by us at the registry; it may have been transferred. The key was not changed."),
    2302: _("The registry says that this key is there already, but does not list it. Please contact support."),
    2303: _("%(name)s does not exist at the registry."),
    2305: _("The registry refused the change because other objects depend on %(name)s."),
    2306: _(
        "The registry does not accept this key under its own rules. Often the algorithm or the key type is not taken."
    ),
    2308: _("The registry's limit is reached: .%(tld)s takes %(limit)d keys. Delete a key first."),
}


def refusal(
    code: int,
    *,
    name: str,
    tld: str,
    limit: int,
    words: str,
    adding: bool = True,
    statuses: tuple[str, ...] | None = None,
) -> Sentence:
    """
    The plain-language reason for a refused change of the domain `name`.

    `words` are the registry's own, `limit` the number of keys it takes, `statuses` the EPP statuses seen on the domain,
    None where the registry does not list it as ours.
    """
    if code in ABOUT_THE_KEY and not adding:
        return Sentence(_("The registry refused to delete the key. Nothing was changed."))
    if code in OUR_FAULT:
        return Sentence(_("We could not process the request because of an error on our side. Nothing was changed."))
    if code == 2104:
        return Sentence(
            _(
                "The registry did not carry out the change for an accounting reason on our side. We have been told; "
                "try again later."
            )
        )
    if code == 2304:
        return _locked(name, statuses or ())
    about = {"name": name, "tld": tld, "limit": limit}
    if code in (2201, 2303) and statuses is not None:
        return Sentence(
            _(
                "The registry refused the change as if %(name)s were not ours, although it lists the domain under us. "
                "Nothing was changed. Please contact support."
            ),
            about,
        )
    if code == 2306 and words:
        return Sentence(_("The registry does not accept this key under its own rules. Its words below say which."))
    return Sentence(MEANS.get(code, _("The registry refused the change. Nothing was changed.")), about)


def _locked(name: str, statuses: tuple[str, ...]) -> Sentence:
    pending = next((status for status in statuses if status in ("pendingDelete", "pendingTransfer")), "")
    if pending:
        return Sentence(
            _("%(name)s is being deleted or transferred (%(status)s), and takes no changes meanwhile."),
            {"name": name, "status": pending},
        )
    lock = next((status for status in statuses if status.endswith("UpdateProhibited")), "")
    if lock:
        return Sentence(
            _(
                "%(name)s is locked against changes at the registry (%(status)s). Have the lock removed, then "
                "try again."
            ),
            {"name": name, "status": lock},
        )
    return Sentence(
        _("%(name)s is locked against changes at the registry. Have the lock removed, then try again."), {"name": name}
    )


def own_words(message: str, reasons: tuple[str, ...]) -> str:
    """The registry's own words to quote: its reasons where it gave some, else its message; at most 300 characters."""
    return " / ".join(part.strip() for part in reasons if part.strip())[:300] or message.strip()[:300]
