"""What the watch over the domains has seen, and whether it was told: a list, and its part of a domain's story."""

from typing import Any, ClassVar

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dnssec import told
from dnssec.kept_chains import findings_from_json
from dnssec.models import Condition
from domains.desk import ConsoleAdmin, LookOnly
from domains.models import Domain
from domains.paging import Stream
from domains.story import Event


def streams(domain: Domain) -> list[Stream[Event]]:
    """What a domain's story has of conditions: when each was first seen, and when it was over."""
    rows = Condition.objects.filter(domain=domain)
    return [Stream(rows, "since", _began), Stream(rows.filter(ended_at__isnull=False), "ended_at", _ended)]


def _began(condition: Condition) -> Event:
    times = ngettext("told once", "told %(count)d times", condition.told) % {"count": condition.told}
    return Event(
        condition.since,
        "watch",
        _("Seen in the DNS: %(what)s") % {"what": condition.get_kind_display()},
        f"{_said(condition)} ({times if condition.told else _('not told')})".strip(),
        tone="error" if condition.kind == Condition.Kind.BROKEN else "warning",
        url=reverse("admin:dnssec_condition_change", args=[condition.pk]),
    )


def _ended(condition: Condition) -> Event:
    return Event(
        condition.ended_at or condition.seen_at,
        "watch",
        _("Over: %(what)s") % {"what": condition.get_kind_display()},
        tone="success",
        url=reverse("admin:dnssec_condition_change", args=[condition.pk]),
    )


def _said(condition: Condition) -> str:
    return " ".join(told.sentence(found) for found in findings_from_json(condition.findings))


@admin.register(Condition)
class ConditionAdmin(LookOnly, ConsoleAdmin):
    """What the watch over the domains has seen, and whether it was told."""

    list_display = ("domain", "kind", "since", "seen_at", "told", "ended_at")
    list_filter = ("kind", ("ended_at", admin.EmptyFieldListFilter), "told", "since")
    list_select_related = ("domain",)
    search_fields = ("domain__name", "domain__unicode_name")
    ordering = ("-pk",)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("domain", "kind", "said", "marks", "since", "seen_at", "ended_at")}),
        (gettext_lazy("Mails"), {"fields": ("told", "told_at", "over")}),
        (gettext_lazy("Checks in a row"), {"fields": ("seen", "missed")}),
    )

    @admin.display(description=gettext_lazy("findings"))
    def said(self, condition: Condition) -> str:
        """What the last check said of it."""
        return _said(condition)
