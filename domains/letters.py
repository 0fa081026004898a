"""What all mails have in common: the domain they come from, and their dress, whose rules are put onto the elements."""

from functools import cache

import css_inline
from django.conf import settings
from django.template.loader import render_to_string


def dressed(html: str) -> str:
    """The HTML with the style on its elements, for mail programs drop style sheets; nothing is ever fetched."""
    return _inliner().inline(html.strip())


def sender_domain() -> str:
    """The domain that mails come from: their ids are made below it."""
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(
        load_remote_stylesheets=False, extra_css=render_to_string("mail/mail.css"), keep_style_tags=True
    )
