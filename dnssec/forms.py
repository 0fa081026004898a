"""The form that takes a public key: it hands over a DnsKey, or says what is wrong and where; and the one for a note."""

import re
from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dnssec import messages
from dnssec.algorithms import offered
from dnssec.circumstances import circumstances_of
from dnssec.foresight import Question
from dnssec.keys import KSK, MAX_CHARACTERS, ZSK, DnsKey
from dnssec.messages import Severity
from dnssec.models import LONGEST_NOTE
from dnssec.paste import understand
from dnssec.paste.secrets import holds_private_key
from dnssec.understood import Panel, sentence
from domains.errors import KeyAlreadyThere, RegistrarError
from domains.models import Domain

PREFERRED = 13  # Small, taken by nearly every registry, validated everywhere.

# What is true of a text whatever stands in the two selects.
TRUE_ANYWAY = ("empty", "too-long", "private-key")

_CHOICE = re.compile(r"(?P<key_type>\d{1,5}) (?P<algorithm>\d{1,3}) (?P<public_key>\S+)", re.ASCII)


def chosen_key(data: Mapping[str, Any]) -> dict[str, str] | None:
    """The form's fields as one of the buttons in the panel fills them in; None where none was pressed."""
    choice = _CHOICE.fullmatch(data.get("use", ""))
    return choice.groupdict() if choice else None


class AddKeyForm(forms.Form):
    """
    Key type, algorithm and public key. After is_valid() the key stands in `key`, what was understood in `panel`.

    `as_typed` judges while the person types: an empty field is no mistake, and what adding would be refused for, a key
    that is there or a limit that is reached, is said at once. Otherwise the request decides that.
    """

    key_type = forms.TypedChoiceField(
        label=_("Key type"),
        coerce=int,
        choices=[(KSK, _("257 - key-signing key (KSK)")), (ZSK, _("256 - zone-signing key (ZSK)"))],
        initial=KSK,
        widget=forms.Select(attrs={"class": "select", "autocomplete": "off"}),
        help_text=_("Nearly always the key-signing key."),
        error_messages={
            "required": _("Choose a key type: nearly always it is 257, the key-signing key."),
            "invalid_choice": _("There is no such key type. Choose 257 (KSK) or 256 (ZSK)."),
        },
    )
    algorithm = forms.TypedChoiceField(
        label=_("Algorithm"),
        coerce=int,
        widget=forms.Select(attrs={"class": "select", "autocomplete": "off"}),
        error_messages={
            "required": _("Choose the algorithm that the zone is signed with."),
            "invalid_choice": _("This registry does not take that algorithm. Choose one from the list."),
        },
    )
    public_key = forms.CharField(
        label=_("Public key"),
        strip=False,
        widget=forms.Textarea(
            attrs={
                "class": "textarea",
                "rows": 4,
                "autocomplete": "off",
                "autocapitalize": "off",
                "autocorrect": "off",
                "spellcheck": "false",
                "data-no-private-key": "private-key-alert",
            }
        ),
        help_text=_(
            "Base64, not the digest. A whole DNSKEY record, dig output or a PEM file works too. Never paste a private "
            "key."
        ),
    )

    def __init__(self, *args: Any, domain: Domain, as_typed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.domain = domain
        self.as_typed = as_typed
        self.key: DnsKey | None = None
        self.panel: Panel | None = None
        self.question: Question | None = None  # What has to be decided before the key is added.
        algorithm = cast(forms.TypedChoiceField, self.fields["algorithm"])
        rows = offered(domain.tld.algorithms)
        algorithm.choices = [(row.number, row.label) for row in rows]
        algorithm.initial = next(
            (row.number for row in rows if row.number == PREFERRED), rows[0].number if rows else None
        )
        algorithm.help_text = gettext("The list shows what the %(tld)s registry takes.") % {"tld": domain.tld}
        if not rows:
            sentence = gettext(messages.NO_USABLE_ALGORITHM.template) % {"domain": domain.name}
            algorithm.error_messages |= {"required": sentence, "invalid_choice": sentence}

    @property
    def private_key_alert(self) -> str:
        """What is said where a private key is recognised before it is sent."""
        return gettext(messages.PRIVATE_KEY.template)

    @property
    def must_be_replaced(self) -> bool:
        """Whether the field itself has to change: nothing of a private key may stay in the page."""
        return self.panel is not None and self.panel.understanding.is_private_key

    def clean(self) -> dict[str, Any]:
        """Build the key. What is said about the text is said by `understand` alone; the text is kept, unless it is a
        private key or too long to be sent back."""
        values: dict[str, Any] = super().clean() or {}
        text = self.data.get("public_key", "")
        self.errors.pop("public_key", None)
        if self.as_typed and not text.strip():
            self.errors.clear()
            return values
        circumstances = circumstances_of(
            self.domain,
            self.domain.keys.all(),
            flags=values.get("key_type", KSK),
            algorithm=values.get("algorithm", PREFERRED),
        )
        understanding = understand(text, circumstances)
        if understanding.is_private_key or len(text) > MAX_CHARACTERS:
            self._forget_public_key()
        # With another field wrong the text was judged under a guess.
        if not self.errors or understanding.findings[0].code in TRUE_ANYWAY:
            self.panel = Panel(understanding, circumstances)
            self.key = understanding.key
            for finding in understanding.findings:
                if finding.severity is Severity.REJECT and (self.as_typed or not understanding.key):
                    self._point_at(finding.message.field, sentence(finding))
        self._focus_first_error()
        return values

    def refuse(self, error: RegistrarError) -> None:
        """Take in why the request was not accepted, so that the page says it beside what was typed."""
        self._point_at("public_key" if isinstance(error, KeyAlreadyThere) else None, error.sentence)
        self._focus_first_error()

    def _point_at(self, field: str | None, sentence: str) -> None:
        self.add_error(field if field in self.fields else None, forms.ValidationError(sentence))

    def _forget_public_key(self) -> None:
        self.data = {name: self.data.get(name, "") for name in self.fields} | {"public_key": ""}

    def _focus_first_error(self) -> None:
        first = next((name for name in self.fields if name in self.errors), None)
        if first:
            self.fields[first].widget.attrs["autofocus"] = True


class NoteForm(forms.Form):
    """The owner's own words about a key, in one line. After is_valid() they stand in `cleaned_data["note"]`."""

    note = forms.CharField(
        required=False,
        max_length=LONGEST_NOTE,
        error_messages={"max_length": _("A note has %(limit_value)d characters at most. Nothing was changed.")},
    )

    def clean_note(self) -> str:
        """The words with white space collapsed. Raises ValidationError for a private key, which is kept nowhere."""
        words = " ".join(str(self.cleaned_data["note"]).split())
        if holds_private_key(words):
            raise forms.ValidationError(gettext(messages.PRIVATE_KEY.template))
        return words
