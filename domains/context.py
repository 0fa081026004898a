"""What the frame of every page needs beyond the page itself. No queries."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from domains import mailbox


@dataclass(frozen=True)
class Link:
    """A line of the navigation; `current` is its aria-current: "page" for the page itself, "true" for one below it."""

    title: str
    url: str
    current: str = ""


@dataclass(frozen=True)
class Section:
    """Links under a title."""

    title: str
    links: list[Link]


def console(request: HttpRequest) -> dict[str, Any]:
    """The navigation of a signed-in person; nothing for anybody else."""
    if not request.user.is_authenticated:
        return {}
    sections = [
        Section(
            gettext("Domains"),
            [
                _link(request, gettext("Registered domains"), reverse("domains:list")),
                _link(request, gettext("Requests"), reverse("domains:requests")),
                _link(request, gettext("TLDs"), reverse("dnssec:tlds")),
            ],
        )
    ]
    if mailbox.directory() is not None:
        sections.append(Section(gettext("Demo"), [_link(request, gettext("Mailbox"), reverse("domains:mailbox"))]))
    if request.user.is_staff:
        sections.append(Section(gettext("Support"), [_link(request, gettext("Admin"), reverse("admin:index"))]))
    return {"navigation": sections}


def _link(request: HttpRequest, title: str, url: str) -> Link:
    if request.path == url:
        return Link(title, url, "page")
    return Link(title, url, "true" if request.path.startswith(url) else "")
