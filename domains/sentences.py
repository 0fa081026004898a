"""Sentences for a person that are stored, and read later in the language of whoever reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from django.utils.translation import gettext


@dataclass(frozen=True, slots=True)
class Sentence:
    """
    An English sentence with named places (`%(name)s`) and what stands in them; as text it is in today's language.

    What stands in a place may be a sentence itself, as `as_json` writes it.
    """

    template: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        said = gettext(self.template) if self.template else ""
        inner = {
            name: str(Sentence(**value)) if isinstance(value, Mapping) else value for name, value in self.params.items()
        }
        return said % inner if inner else said

    @property
    def as_json(self) -> dict[str, Any]:
        """What json.dumps takes, and `Sentence(**...)` gives back."""
        return {"template": self.template, "params": dict(self.params)}

    @property
    def in_english(self) -> str:
        """The sentence in English, as it is recorded."""
        with translation.override("en"):
            return str(self)
