"""The form that takes a public key: it hands over a DnsKey, or says what is wrong and where."""

from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dnssec.algorithms import label, offered
from dnssec.keys import KSK, ZSK, DnsKey
from dnssec.structure import InvalidPublicKey
from domains.errors import KeyAlreadyThere, RegistrarError
from domains.models import Tld

PREFERRED = 13  # Small, taken by nearly every registry, validated everywhere.


class AddKeyForm(forms.Form):
    """Key type, algorithm and public key. After is_valid() the key stands in `key`."""

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
            }
        ),
        help_text=_("The key itself in base64, not its digest. Never paste a private key."),
        error_messages={
            "required": _(
                "Paste the public key here. Your DNS service shows it as “public key” or in its DNSKEY record."
            ),
            "null_characters_not_allowed": _("This holds characters that no key has. Copy the key again, as text."),
        },
    )

    def __init__(self, *args: Any, tld: Tld, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        algorithm = cast(forms.TypedChoiceField, self.fields["algorithm"])
        rows = offered(tld.algorithms)
        algorithm.choices = [(row.number, label(row.number)) for row in rows]
        algorithm.initial = next(
            (row.number for row in rows if row.number == PREFERRED), rows[0].number if rows else None
        )
        algorithm.help_text = gettext("The list shows what the %(tld)s registry takes.") % {"tld": tld}
        self.key: DnsKey | None = None

    def clean(self) -> dict[str, Any]:
        """Build the key. A private key is never sent back to the page; everything else that was typed is kept."""
        values: dict[str, Any] = super().clean() or {}
        text = self.data.get("public_key", "")
        try:
            key = DnsKey.parse(text, flags=values.get("key_type", KSK), algorithm=values.get("algorithm", PREFERRED))
        except InvalidPublicKey as error:
            # With another field wrong the key was read under a guess, and only what holds whatever the guess is said.
            if error.code == "private-key":
                self._forget_public_key()
                self.errors.pop("public_key", None)
            if error.code == "private-key" or not self.errors:
                self._point_at(
                    error.field, gettext(error.template) % error.params if error.params else gettext(error.template)
                )
        else:
            self.key = key
        self._focus_first_error()
        return values

    def refuse(self, error: RegistrarError) -> None:
        """Take in why the request was not accepted, so that the page says it beside what was typed."""
        self._point_at("public_key" if isinstance(error, KeyAlreadyThere) else None, error.sentence)
        self._focus_first_error()

    def _point_at(self, field: str | None, sentence: str) -> None:
        self.add_error(field if field in self.fields else None, forms.ValidationError(sentence))

    def _forget_public_key(self) -> None:
        self.data = {**self.data.dict(), "public_key": ""} if isinstance(self.data, QueryDict) else {}

    def _focus_first_error(self) -> None:
        first = next((name for name in self.fields if name in self.errors), None)
        if first:
            self.fields[first].widget.attrs["autofocus"] = True
