"""Sentences for a person that are stored, and read later in the language of whoever reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from django.utils.translation import gettext


@dataclass(frozen=True, slots=True)
class Sentence:
    """An English sentence with named places (`%(name)s`) and what stands in them; as text it is in today's language."""

    template: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        said = gettext(self.template) if self.template else ""
        return said % self.params if self.params else said

    @property
    def in_english(self) -> str:
        """The sentence in English, as it is recorded."""
        with translation.override("en"):
            return str(self)
