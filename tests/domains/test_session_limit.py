"""Each process of a worker keeps a session of its own open: a registry's limit is looked at before it starts."""

import pytest
from django.test import override_settings

from domains.models import Registry
from domains.registry import too_many_sessions
from registrar.celery import stay_within_session_limits

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def registries() -> None:
    Registry.objects.create(name="wide", interface="ds", registrar_id="console", session_limit=9)
    Registry.objects.create(name="narrow", interface="key", registrar_id="console", session_limit=4)


def test_as_many_processes_as_the_narrowest_registry_allows_are_fine() -> None:
    assert too_many_sessions(4) == ""


def test_a_worker_with_more_does_not_start_and_says_what_to_change() -> None:
    with override_settings(WORKER_CONCURRENCY=5), pytest.raises(SystemExit) as refused:
        stay_within_session_limits()
    assert refused.value.code == (
        "A worker of 5 processes needs as many sessions, and the registry narrow allows 4. Lower WORKER_CONCURRENCY, "
        "or raise the registry's session limit in the admin."
    )
