"""Mails promised in the transaction of what they tell: a row, and the task that delivers it once the row is
committed.
"""

from django.db import transaction

from domains import tasks
from domains.models import OutgoingEmail


def promise(mail: OutgoingEmail) -> OutgoingEmail:
    """
    Keep a rendered mail, inside the caller's transaction; it is handed to delivery after the commit.

    A mail without a recipient is kept as UNDELIVERABLE, for support to see. Raises IntegrityError for a second mail
    on one outcome.
    """
    if not mail.recipient:
        mail.status = OutgoingEmail.Status.UNDELIVERABLE
        mail.last_error = "The domain has no registrant address."
    mail.save(force_insert=True)
    if mail.recipient:
        pk = mail.pk
        transaction.on_commit(lambda: tasks.hand_over(tasks.deliver_email, pk), robust=True)
    return mail
