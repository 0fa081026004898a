"""The help: which topics there are, and each as a page of its own or, for htmx, as what stands in the panel beside the
work. What the topics say stands in templates/help/, one file a topic.
"""

from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from dnssec.next_step import last_times
from dnssec.providers import PROGRAMS, PROVIDERS, SERVICES, Provider, provider_of
from dnssec.timing import CAUTIOUS_DS_TTL, DS_TTLS
from dnssec.waits import span
from domains import mailbox
from domains.middleware import HtmxRequest
from domains.models import Domain

PAGE = "help/page.html"
NAME_A_WAIT = ("rotate", "disable", "keys", "changes")  # The topics that say how long caches remember.

# The example of RFC 6605 section 6.1. Its private half stands there too, so that nobody can take it for a key of worth.
DEMO_KEY = "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA=="


@dataclass(frozen=True, slots=True)
class Topic:
    """A page of the help: its name in addresses, its title, what it answers, and the topics that people read next."""

    slug: str
    title: str | Promise
    summary: str | Promise
    next: tuple[str, ...] = ()

    @property
    def template(self) -> str:
        """The file with its words."""
        return f"help/{self.slug}.html"


GROUPS: tuple[tuple[str | Promise, tuple[Topic, ...]], ...] = (
    (
        gettext_lazy("What to do"),
        (
            Topic(
                "keys",
                gettext_lazy("DNSSEC keys"),
                gettext_lazy("All of it in short: on, over and off."),
                ("dnssec", "changes"),
            ),
            Topic(
                "enable",
                gettext_lazy("Switch DNSSEC on"),
                gettext_lazy("Four steps, for somebody who has never done it."),
                ("public-key", "dnssec"),
            ),
            Topic(
                "rotate",
                gettext_lazy("Replace a key"),
                gettext_lazy("The new one first, and the wait between the two."),
                ("changes", "ds"),
            ),
            Topic(
                "disable",
                gettext_lazy("Switch DNSSEC off"),
                gettext_lazy("Why the keys here go first."),
                ("resolver", "changes"),
            ),
        ),
    ),
    (
        gettext_lazy("The fields"),
        (
            Topic(
                "public-key",
                gettext_lazy("Public key"),
                gettext_lazy("Where to find it, and what it looks like."),
                ("key-type", "algorithm"),
            ),
            Topic(
                "key-type",
                gettext_lazy("Key type"),
                gettext_lazy("KSK, ZSK or CSK: 257 or 256."),
                ("algorithm", "public-key"),
            ),
            Topic(
                "algorithm",
                gettext_lazy("Algorithm"),
                gettext_lazy("The number that your DNS service names."),
                ("key-type", "public-key"),
            ),
            Topic(
                "ds",
                gettext_lazy("Key tag and DS record"),
                gettext_lazy("The short names of a key."),
                ("dnssec", "public-key"),
            ),
        ),
    ),
    (
        gettext_lazy("How it works"),
        (
            Topic(
                "dnssec",
                gettext_lazy("What DNSSEC does"),
                gettext_lazy("Three links of a chain, and why they hold."),
                ("resolver", "enable"),
            ),
            Topic(
                "resolver",
                gettext_lazy("What a resolver does"),
                gettext_lazy("Checked, refused, or not checked at all."),
                ("dnssec", "disable"),
            ),
            Topic(
                "changes",
                gettext_lazy("One change at a time"),
                gettext_lazy("How long a change takes, and when it is seen."),
                ("mails", "rotate"),
            ),
            Topic(
                "lock",
                gettext_lazy("Registry lock"),
                gettext_lazy("Why a registry refuses every change."),
                ("changes", "mails"),
            ),
            Topic("mails", gettext_lazy("Mails"), gettext_lazy("Who is written to, and when."), ("changes", "lock")),
            Topic("glossary", gettext_lazy("Words"), gettext_lazy("Every term of this help, in one sentence each.")),
        ),
    ),
)

TOPICS = {topic.slug: topic for _title, topics in GROUPS for topic in topics}


@dataclass(frozen=True)
class Help:
    """A topic as it is shown: about a domain, or about none; `topic` is None for the list of all topics."""

    topic: Topic | None = None
    domain: Domain | None = None
    came_from: Topic | None = None
    hosted_at: str = ""  # What was chosen under “Where is your DNS hosted?”; empty where nothing was.
    ds_ttl: int | None = None  # For how many seconds caches hold the domain's DS records, where that was seen.

    @property
    def title(self) -> str:
        """What stands above it."""
        return str(self.topic.title) if self.topic else _("Help")

    @property
    def path(self) -> str:
        """Its address without a query."""
        return reverse("dnssec:help_topic", args=[self.topic.slug]) if self.topic else self.home

    @property
    def home(self) -> str:
        """The address of the list."""
        return reverse("dnssec:help")

    @property
    def query(self) -> str:
        """What keeps the domain in an address."""
        return f"?{urlencode({'domain': self.domain.name})}" if self.domain else ""

    @property
    def links(self) -> dict[str, str]:
        """The addresses of all topics from here, by slug with underscores: a template cannot spell a hyphen."""
        here = {"domain": self.domain.name} if self.domain else {}
        if self.topic:
            here["from"] = self.topic.slug
        query = f"?{urlencode(here)}" if here else ""
        return {slug.replace("-", "_"): reverse("dnssec:help_topic", args=[slug]) + query for slug in TOPICS}

    @property
    def following(self) -> list[tuple[Topic, str]]:
        """The topics to read next, each with its address."""
        return [(TOPICS[slug], self.links[slug.replace("-", "_")]) for slug in (self.topic.next if self.topic else ())]

    @property
    def listing(self) -> list[tuple[str | Promise, list[tuple[Topic, str]]]]:
        """All topics with their addresses, in groups."""
        links = self.links
        return [(title, [(topic, links[topic.slug.replace("-", "_")]) for topic in topics]) for title, topics in GROUPS]

    @property
    def name(self) -> str:
        """The domain that examples speak of."""
        return self.domain.name if self.domain else "example.com"

    @property
    def takes_keys(self) -> bool:
        """Whether the domain's registry takes keys at all, as far as is known."""
        return self.domain is None or self.domain.tld.dnssec

    @property
    def wait(self) -> str:
        """For how long old answers may be remembered, as a step of a procedure."""
        if self.domain is None:
            return _("Wait until caches have followed: an hour at some registries, a day at others.")
        ttl = self.ds_ttl or DS_TTLS.get(self.domain.tld.name)
        if ttl is None:
            return _("Wait until Manage keys names the time: %(ttl)s at the most, and usually less.") % {
                "ttl": span(CAUTIOUS_DS_TTL)
            }
        return _("Wait %(ttl)s from when all %(tld)s servers show the change; Manage keys watches them.") % {
            "ttl": span(ttl),
            "tld": self.domain.tld,
        }

    @property
    def dig(self) -> str:
        """The question that shows a zone's keys."""
        return f"dig {self.name} DNSKEY"

    @property
    def demo_key(self) -> str:
        """A key to try things with; empty where this is no demo."""
        return DEMO_KEY if mailbox.directory() is not None else ""

    @property
    def guessed(self) -> Provider | None:
        """The DNS service as the domain's name servers give it away."""
        return provider_of(server.name for server in self.domain.nameservers.all()) if self.domain else None

    @property
    def provider(self) -> Provider | None:
        """The DNS service that was chosen; before anything is, the one that is guessed."""
        return PROVIDERS.get(self.hosted_at) if self.hosted_at else self.guessed

    @property
    def command(self) -> str:
        """What prints the key at the DNS service; empty where nothing does."""
        return self.provider.command.format(domain=self.name) if self.provider else ""

    @property
    def services(self) -> tuple[Provider, ...]:
        """The services to choose from."""
        return SERVICES

    @property
    def programs(self) -> tuple[Provider, ...]:
        """The programs to choose from."""
        return PROGRAMS


@login_not_required
@require_safe
@vary_on_headers("HX-Request")
def help_index(request: HtmxRequest) -> HttpResponse:
    """All topics."""
    return _answer(request, Help(None, _domain(request)))


@login_not_required
@require_safe
@vary_on_headers("HX-Request")
def help_topic(request: HtmxRequest, slug: str) -> HttpResponse:
    """One topic; `domain` in the query makes its examples that domain's, `from` names the topic to go back to, `at` the
    DNS service that was chosen. 404 where there is no such topic, or no such domain of the person's own.
    """
    if slug not in TOPICS:
        raise Http404
    came_from = TOPICS.get(request.GET.get("from", ""))
    domain = _domain(request)
    ds_ttl = last_times(domain).ds if domain and slug in NAME_A_WAIT else None
    return _answer(request, Help(TOPICS[slug], domain, came_from, request.GET.get("at", ""), ds_ttl))


def _domain(request: HtmxRequest) -> Domain | None:
    """The domain that is asked about. A stranger is told what is true of every domain: somebody whose session has ended
    still finds out what to do, and loses nothing that was typed.
    """
    name = request.GET.get("domain", "")
    if not (name and request.user.is_authenticated):
        return None
    domains = Domain.objects.visible_to(request.user).select_related("tld").prefetch_related("nameservers")
    domain: Domain = get_object_or_404(domains, name=name)
    return domain


def _answer(request: HtmxRequest, about: Help) -> HttpResponse:
    return render(request, f"{PAGE}#help-topic" if request.htmx else PAGE, {"help": about, "alone": not request.htmx})
