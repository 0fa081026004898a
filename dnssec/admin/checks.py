"""Checks of chains of trust: when a domain was looked at, and what was found."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from dnssec import checks, told
from dnssec.models import DelegationCheck
from domains.desk import ConsoleAdmin, LookOnly


@admin.register(DelegationCheck)
class DelegationCheckAdmin(LookOnly, ConsoleAdmin):
    """Checks of chains of trust."""

    list_display = ("asked_at", "domain", "verdict", "effect", "checked_at")
    list_filter = ("verdict", "effect", "asked_at")
    list_select_related = ("domain",)
    search_fields = ("domain__name",)
    ordering = ("-pk",)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("domain", "asked_at", "checked_at", "verdict", "effect", "candidate", "said")}),
    )

    @admin.display(description=_("findings"))
    def said(self, check: DelegationCheck) -> str:
        """What was found, a line each."""
        chain = checks.chain_of(check)
        return "\n".join(f"{found.id} {told.sentence(found)}" for found in chain.findings) if chain else ""
