"""The tasks of the domains: delivering mails, deleting what is old.

And the one way a task is handed to the broker.
"""

import logging
from typing import Any

from celery import Task, shared_task
from kombu.exceptions import OperationalError

from domains import delivery, housekeeping

logger = logging.getLogger(__name__)

BATCH = 50


def hand_over(task: "Task[..., Any]", *args: Any, **options: Any) -> bool:
    """Give a task to the broker; whether it took it.

    A broker that is away fails nobody: the row is there, and the sweepers hand it out again.
    """
    try:
        task.apply_async(args, **options)
    except (OperationalError, OSError) as error:
        logger.warning("the broker did not take %s: %s", task.name, type(error).__name__)
        return False
    return True


@shared_task
def deliver_email(pk: int) -> None:
    """Send one promised mail."""
    delivery.deliver(pk)


@shared_task
def deliver_account_email(subject: str, text: str, html: str, recipient: str) -> None:
    """Send one mail about an account. It stands in no row: its link opens the account."""
    delivery.deliver_account_mail(subject, text, html, recipient)


@shared_task
def deliver_leftovers() -> None:
    """Hand out the mails that are due: never handed over, tried before, or left by a worker that is gone."""
    for pk in delivery.due(BATCH):
        hand_over(deliver_email, pk, expires=5)


@shared_task
def tidy_up() -> None:
    """Delete a round of what has been kept long enough, and hand out the next round while there is more."""
    if housekeeping.tidy_up():
        hand_over(tidy_up)
