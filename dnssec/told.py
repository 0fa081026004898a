"""What is said about a chain of trust, in the reader's language. It may hold names from the DNS: never safe HTML."""

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
    return gettext(finding.rule.template) % finding.values


def advice(finding: Finding) -> str:
    """What to do about it; empty where nothing is to be done."""
    return gettext(finding.rule.advice) % finding.values if finding.rule.advice else ""
