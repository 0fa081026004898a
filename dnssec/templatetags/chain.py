"""The chain of trust on a page: its facts, and the words of its picture."""

from django import template
from django.utils.translation import gettext

from dnssec.forms import AddKeyForm
from dnssec.found_keys import Match, match_of
from dnssec.overview import Overview, overview_of
from dnssec.picture import Words
from dnssec.picture.places import shortened
from dnssec.trust import Trust, trust_of

register = template.Library()


@register.filter
def said(text: str | Words, room: int | None = None) -> str:
    """Words in the reader's language; not more than `room` characters of them."""
    if isinstance(text, Words):
        params = {name: said(value) if isinstance(value, Words) else value for name, value in text.params.items()}
        text = gettext(text.template) % params
    return text if room is None else shortened(text, room)


@register.simple_tag
def chain_of_trust(overview: Overview) -> Trust:
    """What is known of the chain of the domain. One query."""
    return trust_of(overview)


@register.simple_tag
def key_of_fingerprint(form: AddKeyForm) -> Match:
    """The key in the zone that the DS record in the form is of."""
    domain = form.domain
    return match_of(form.data.get("public_key", ""), trust_of(overview_of(domain)).found, domain)
