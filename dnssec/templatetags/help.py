"""The help panel as a page has it from the start."""

from typing import Any

from django import template

from dnssec.help import TOPICS, Help
from domains.models import Domain

register = template.Library()


@register.inclusion_tag("help/panel.html")
def help_panel(slug: str, domain: Domain | None = None, ds_ttl: int | None = None) -> dict[str, Any]:
    """The panel with this topic in it, about this domain. No queries beyond the domain's own fields and TLD.

    `ds_ttl` is for how many seconds caches hold the domain's DS records, where that is known.

    Raises KeyError where there is no such topic.
    """
    return {"help": Help(TOPICS[slug], domain, ds_ttl=ds_ttl or None)}
