"""What is said about a chain of trust, in the reader's language. It may hold names from the DNS: never safe HTML."""

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dnssec.chain import Finding, Verdict

VERDICTS = {
    Verdict.SECURE: _("Secure"),
    Verdict.INSECURE: _("Not protected"),
    Verdict.BOGUS: _("Broken"),
    Verdict.INDETERMINATE: _("Could not be checked"),
}


def sentence(finding: Finding) -> str:
    """What was found."""
    return gettext(finding.rule.template) % _values(finding)


def advice(finding: Finding) -> str:
    """What to do about it; empty where nothing is to be done."""
    return gettext(finding.rule.advice) % _values(finding) if finding.rule.advice else ""


def _values(finding: Finding) -> dict[str, object]:
    """What stands in the places of a sentence; what is a sentence itself is in the reader's language too."""
    values = finding.values
    for name, value in finding.params.items():
        if isinstance(value, Mapping):
            template = str(value["template"])
            values[name] = gettext(template) % value["params"]
    return values
