"""What somebody had typed into the form when the session turned out to be over: kept through signing in again, for a
browser without scripts. With them nothing is lost: the page stays, and static/js/draft.js remembers it.
"""

from collections.abc import Callable
from functools import wraps
from typing import cast

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpResponse, QueryDict
from django.views.decorators.debug import sensitive_variables

from dnssec.keys import MAX_CHARACTERS
from dnssec.paste.secrets import holds_private_key
from domains.middleware import HtmxRequest, PersonRequest

type View = Callable[[PersonRequest, str], HttpResponse]

KEPT = "typed"  # The session's word for it.
KEPT_FOR = 3600  # Seconds. Signing in gives the session its usual age again.
FIELDS = ("key_type", "algorithm", "public_key")
LONGEST_CHOICE = 5  # Characters of the value of a select.


def kept_through_signing_in(view: View) -> View:
    """
    For a view that takes the form: who is not signed in goes to sign in, and a plain form that was sent waits in the
    session meanwhile.

    The view is called for nobody who is not signed in.
    """

    @login_not_required
    @wraps(view)
    @sensitive_variables()
    def keeping(request: HtmxRequest, name: str) -> HttpResponse:
        if request.user.is_authenticated:
            return view(cast(PersonRequest, request), name)
        if request.method == "POST" and not request.htmx:
            _keep(request.session, name, request.POST)
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)

    return keeping


@sensitive_variables()
def take(session: SessionBase, name: str) -> dict[str, str] | None:
    """What was typed for this domain before signing in, once; None where nothing was."""
    kept = session.pop(KEPT, None) if KEPT in session else None
    return kept["fields"] if kept and kept["name"] == name else None


def _keep(session: SessionBase, name: str, form: QueryDict) -> None:
    """Nothing of a private key is kept, nor what is too long for any key; a later form takes an earlier one's place."""
    text = form.get("public_key", "")
    if not text.strip() or len(text) > MAX_CHARACTERS or holds_private_key(text):
        return
    session[KEPT] = {
        "name": name,
        "fields": {field: form.get(field, "")[:LONGEST_CHOICE] for field in FIELDS} | {"public_key": text},
    }
    session.set_expiry(KEPT_FOR)
