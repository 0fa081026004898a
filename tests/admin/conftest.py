"""The administrator, requests with an outcome, and a way to run an action as the pages do."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from dnssec.keys import DnsKey
from dnssec.operations import add_key
from dnssec.outcomes import Outcome, settle
from domains.installation import ensure_roles
from domains.models import Domain, Operation, OutgoingEmail, Person
from domains.sentences import Sentence
from tests.conftest import KEY_13, MakeDomain

MakeOperation = Callable[..., Operation]
Act = Callable[..., Any]


@pytest.fixture
def root(make_person: Callable[..., Person]) -> Person:
    """Is an administrator."""
    ensure_roles()
    root = make_person("root@example.net", name="Root", is_staff=True)
    root.groups.add(Group.objects.get(name="administrators"))
    return root


@pytest.fixture
def make_operation(alice: Person) -> MakeOperation:
    """Asks for a key to be added to a domain; with a status, the request ends so, and its mail is promised."""

    def make(domain: Domain, status: str | None = None, *, text: str = KEY_13, algorithm: int = 13) -> Operation:
        key = DnsKey.parse(text, flags=257, algorithm=algorithm)
        operation = add_key(domain, key, requested_by=domain.owner)
        if status:
            assert settle(operation, Outcome(status, Sentence("The registry said no."), "2306 No.", 2306))
        return operation

    return make


@pytest.fixture
def failed(make_domain: MakeDomain, make_operation: MakeOperation) -> Operation:
    """A request that the registry has refused."""
    return make_operation(make_domain("example.com"), "FAILED")


@pytest.fixture
def sent(failed: Operation) -> OutgoingEmail:
    """The mail about that request; it has been sent."""
    mail: OutgoingEmail = failed.mails.get()
    OutgoingEmail.objects.filter(pk=mail.pk).update(status="SENT", sent_at=failed.finished_at)
    mail.refresh_from_db()
    return mail


@pytest.fixture
def act() -> Act:
    """Runs an action, from the list or the row's own page, and follows to the page that says what came of it.

    It gives a reason, unless `reason` is None: then it gets the page that asks for one.
    """

    def run(client: Client, action: str, *rows: Any, from_page: bool = False, **more: str | None) -> Any:
        model = rows[0]._meta.model_name
        url = f"/admin/domains/{model}/" + (f"{rows[0].pk}/change/" if from_page else "")
        name = "CHANGE_FORM-action" if from_page else "action"
        more.setdefault("reason", "Asked for by phone.")
        data = {name: action, "_selected_action": [row.pk for row in rows]}
        data |= {key: value for key, value in more.items() if value is not None}
        return client.post(url, data, follow=True)

    return run
