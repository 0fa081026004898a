"""Mails before they are sent: those promised in the transaction of what they tell, a row and the task that delivers it
once the row is committed; and those about accounts, which stand in no row.
"""

import json
import time

from django.core.mail import make_msgid
from django.db import transaction

from domains import delivery, tasks
from domains.letters import sender_domain
from domains.models import OutgoingEmail
from domains.sealing import seal


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


def send_account_mail(subject: str, text: str, html: str, recipient: str) -> None:
    """
    Have a worker send a mail about an account, for an hour at most; here and now, once, when the broker is away.

    The mail may hold a link that opens the account, so what lies with the broker is sealed.
    """
    mail = (subject, text, html, recipient, new_message_id())
    until = time.time() + tasks.ACCOUNT_MAIL_PATIENCE
    if not tasks.hand_over(tasks.deliver_account_email, seal(json.dumps(mail)), until, argsrepr="(an account mail)"):
        delivery.deliver_account_mail(*mail)


def new_message_id() -> str:
    """A Message-ID of the sender's domain (RFC 5322 section 3.6.4), kept however often the mail is sent."""
    return make_msgid(domain=sender_domain())
