"""The Celery application: how tasks travel, and what the clock starts."""

import os
import sys
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging, worker_init, worker_process_shutdown

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "registrar.settings")

from django.conf import settings

app = Celery("registrar")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_connection_retry_on_startup=True,
    # After a whole worker is killed its messages come back within seconds; the rows' leases make the repeat harmless.
    broker_transport_options={
        "visibility_timeout": 60,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        # A person who presses Add does not wait for a broker that is away: the row is there, and the sweeper finds it.
        "socket_connect_timeout": 1,
        "socket_timeout": 1,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    },
    broker_connection_timeout=1,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_time_limit=120,
    task_soft_time_limit=90,
    task_publish_retry=False,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_concurrency=settings.WORKER_CONCURRENCY,
    worker_max_tasks_per_child=5000,
    worker_send_task_events=False,
    timezone="UTC",
    beat_max_loop_interval=1,
    beat_schedule={
        "resume-stalled": {"task": "dnssec.tasks.resume_stalled", "schedule": 1.0, "options": {"expires": 5}},
        "deliver-leftovers": {"task": "domains.tasks.deliver_leftovers", "schedule": 2.0, "options": {"expires": 5}},
        "poll-registries": {"task": "dnssec.tasks.poll_registries", "schedule": 1.0, "options": {"expires": 5}},
        "watch-publications": {"task": "dnssec.tasks.watch_publications", "schedule": 2.0, "options": {"expires": 5}},
        "watch-domains": {"task": "dnssec.tasks.watch_domains", "schedule": 1.0, "options": {"expires": 5}},
        "reconcile-domains": {"task": "dnssec.tasks.reconcile_domains", "schedule": 30.0, "options": {"expires": 30}},
        "tidy-checks": {"task": "dnssec.tasks.tidy_checks", "schedule": crontab(minute=17)},
        # At night; a beat that was away at that hour catches up when it is back.
        "tidy-up": {"task": "domains.tasks.tidy_up", "schedule": crontab(hour=3, minute=30)},
    },
)
app.autodiscover_tasks(["domains", "dnssec"])


@setup_logging.connect
def keep_the_console_logging(**_: Any) -> None:
    """Celery would replace the logging of settings.LOGGING with its own; a receiver here keeps it from doing so."""
    import logging.config

    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
def stay_within_session_limits(**_: Any) -> None:
    """Refuse to start a worker whose processes a registry would turn away one by one."""
    from domains import registry

    if sentence := registry.too_many_sessions(settings.WORKER_CONCURRENCY):
        sys.exit(sentence)


@worker_process_shutdown.connect
def say_goodbye_to_registries(**_: Any) -> None:
    """Close the EPP sessions that this worker process has kept open."""
    from domains import registry

    registry.close_all()
