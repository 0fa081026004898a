"""The tasks of the domains: delivering mails, deleting what is old.

And the one way a task is handed to the broker.
"""

import json
import logging
import time
from typing import Any

from celery import Task, shared_task
from celery.exceptions import SoftTimeLimitExceeded
from kombu.exceptions import OperationalError

from domains import delivery, housekeeping
from domains.sealing import unseal

logger = logging.getLogger(__name__)

BATCH = 50
ACCOUNT_MAIL_PATIENCE = 3600.0  # Seconds for which an account mail is tried: its link is of use to who waits for it.
# Seconds: waiting for an attempt and the attempt itself stay below the broker's visibility timeout together, else the
# broker would hand the task out a second time (registrar/celery.py).
FIRST_WAIT, LONGEST_WAIT, ATTEMPT_LASTS = 2.0, 30.0, 25


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


@shared_task(soft_time_limit=ATTEMPT_LASTS)
def deliver_account_email(sealed: str, until: float, attempt: int = 1) -> None:
    """
    Send one mail about an account; where that fails, once more after 2 s, 4 s, 8 s ... 30 s, until that time.

    It stands in no row, so it is the task that comes back: its link opens the account, and what is sealed is for
    nobody's eyes.
    """
    try:
        settled = delivery.deliver_account_mail(*json.loads(unseal(sealed)))
    except SoftTimeLimitExceeded:
        logger.warning("an account mail was not sent: the mail server took too long")
        settled = False
    if settled:
        return
    wait = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)
    following = (sealed, until, attempt + 1)
    if time.time() + wait > until or not hand_over(
        deliver_account_email, *following, countdown=wait, argsrepr="(an account mail)"
    ):
        logger.error("an account mail was given up after %d attempts", attempt)


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
