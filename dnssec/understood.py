"""What the panel under the field Public key says about a paste: the key with its DS records, keys to choose from, or
where to find the key.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from dnssec.algorithms import label
from dnssec.keys import SHA256, SHA384, DnsKey
from dnssec.messages import OK, Finding, Severity
from dnssec.paste import Circumstances, Understanding

# The pasted key is the right one, and only the form beside it says otherwise.
FORM_DIFFERS = ("algorithm-mismatch", "record-algorithm-differs", "record-flags-differ")
ONLY_A_FINGERPRINT = ("ds-digest", "ds-record")


def sentence(finding: Finding) -> str:
    """What is said about a finding, in the person's language. It may quote the paste, so it is never safe HTML."""
    params = dict(finding.params)
    if kind := params.get("kind"):
        params["kind"] = _(str(kind))  # Where it is a word and not a name, it has a translation.
    return _(finding.message.template) % params


@dataclass(frozen=True, slots=True)
class Offer:
    """A key that may be taken instead: `value` is what its button sends, `action` what stands on it."""

    key: DnsKey
    action: str

    @property
    def value(self) -> str:
        """Flags, algorithm and base64, as the form takes them back."""
        return f"{self.key.flags} {self.key.algorithm} {self.key.base64}"


@dataclass(frozen=True, slots=True)
class Panel:
    """What was understood of one paste on a domain."""

    understanding: Understanding
    circumstances: Circumstances

    @property
    def kind(self) -> str:
        """What there is to show: key, offers, where (to find the key), or nothing beside the errors at the fields."""
        if self.understanding.key:
            return "key"
        if self.understanding.offers:
            return "offers"
        return "where" if self.understanding.findings[0].code in ONLY_A_FINGERPRINT else ""

    @property
    def domain(self) -> str:
        """The name that the DS records are for, as A-label."""
        return self.circumstances.domain

    @property
    def key(self) -> DnsKey | None:
        """The key that was read."""
        return self.understanding.key

    @property
    def verdict(self) -> str:
        """accept, warn or reject."""
        return self.understanding.verdict

    @property
    def repairs(self) -> list[str]:
        """What was repaired, in sentences."""
        return [sentence(each) for each in self._of(Severity.ACCEPT) if each.message is not OK]

    @property
    def warnings(self) -> list[str]:
        """What the person ought to know before adding the key."""
        return [sentence(each) for each in self._of(Severity.WARN)]

    @property
    def ds_record(self) -> str:
        """The DS record that the registry will publish, with a SHA-256 digest."""
        return self._ds_record(SHA256)

    @property
    def longer_ds_record(self) -> str:
        """The DS record with a SHA-384 digest."""
        return self._ds_record(SHA384)

    @property
    def dnskey_record(self) -> str:
        """The key as the zone holds it."""
        key = self.key
        return f"{self.domain}. IN DNSKEY {key.flags} {key.protocol} {key.algorithm} {key.base64}" if key else ""

    @property
    def form_differs(self) -> bool:
        """Whether the form has to follow the key, rather than another text to be put into the field."""
        return self.understanding.findings[0].code in FORM_DIFFERS

    @property
    def offers(self) -> list[Offer]:
        """The keys that the person may have meant."""
        return [Offer(key, self._action(key)) for key in self.understanding.offers]

    def _of(self, severity: Severity) -> list[Finding]:
        return [finding for finding in self.understanding.findings if finding.severity is severity]

    def _ds_record(self, digest_type: int) -> str:
        key = self.key
        if key is None:
            return ""
        return f"{self.domain}. IN DS {key.key_tag} {key.algorithm} {digest_type} {key.ds(self.domain, digest_type)}"

    def _action(self, key: DnsKey) -> str:
        if not self.form_differs:
            return _("Use this key")
        changes = [key.key_type] if key.flags != self.circumstances.flags else []
        changes += [label(key.algorithm)] if key.algorithm != self.circumstances.algorithm else []
        return _("Change to %(choice)s") % {"choice": ", ".join(changes)}
