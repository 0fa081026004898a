"""The demo's mailbox: mails are written into a Maildir instead of being sent, and read from there for the page."""

import email
import email.errors
import email.header
import email.message
import email.policy
import mailbox
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from domains.listing import Visitor
from domains.models import Domain, Operation

SHOWN = 50
LOOKED_AT = 2000  # Files looked at for one page: a mailbox may be large, and hold other people's mails.
LARGEST = 1_000_000  # Octets: no mail of ours comes near it.
HEADERS = (
    *("From", "Reply-To", "To", "Subject", "Date", "Message-ID"),
    *("List-Id", "Auto-Submitted", "X-Operation", "X-Domain"),
)


class MaildirBackend(BaseEmailBackend):
    """Writes each message into the Maildir at `path`: whole and on disk before it counts as sent."""

    def __init__(self, *, path: str, **options: Any) -> None:
        super().__init__(**options)
        self.path = Path(path)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write the messages; how many. Raises OSError."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        maildir = mailbox.Maildir(self.path)
        for message in email_messages:
            maildir.add(message.message().as_bytes(policy=email.policy.default))
        _flush(self.path / "new")
        return len(email_messages)


@dataclass(frozen=True)
class Mail:
    """One mail as the page shows it. `operation` is the request it tells of, by reference; else `domain` is changed."""

    key: str
    received_at: datetime
    headers: dict[str, str]
    text: str = ""
    html: str = ""
    operation: str = ""
    domain: str = ""

    @property
    def subject(self) -> str:
        """The subject, for a list."""
        return self.headers.get("Subject", "")

    @property
    def recipient(self) -> str:
        """The address it went to."""
        return self.headers.get("To", "")


def directory() -> Path | None:
    """Where the Maildir is, or None when mails are really sent."""
    mailer = settings.MAILERS.get("default", {})
    if mailer.get("BACKEND") != "domains.mailbox.MaildirBackend":
        return None
    return Path(mailer["OPTIONS"]["path"])


def page(person: Visitor, *, after: str = "") -> tuple[list[Mail], str]:
    """
    The newest mails that this person may see, older than the key `after`; and the key to go on after, empty at the end.

    An owner sees mails about own domains, staff those about any; mails about accounts are shown to nobody.
    """
    path = directory()
    looked_at: list[Mail] = []
    for key in _keys(path):
        if after and _made(key) >= _made(after):
            continue
        if len(looked_at) == LOOKED_AT:
            break
        if mail := _read(path, key, whole=False):
            looked_at.append(mail)
    mails = _visible(person, looked_at)
    if len(mails) > SHOWN:
        return mails[:SHOWN], mails[SHOWN - 1].key
    return mails, looked_at[-1].key if len(looked_at) == LOOKED_AT else ""


def read(person: Visitor, key: str) -> Mail | None:
    """One mail with its text and HTML, or None when there is no such mail or this person may not see it."""
    path = directory()
    if key not in _keys(path):
        return None
    mail = _read(path, key, whole=True)
    return mail if mail and _visible(person, [mail]) else None


def _visible(person: Visitor, mails: list[Mail]) -> list[Mail]:
    operations = Operation.objects.all() if person.is_staff else Operation.objects.visible_to(person)
    domains = Domain.objects.all() if person.is_staff else Domain.objects.visible_to(person)
    references = {mail.operation for mail in mails if mail.operation}
    names = {mail.domain for mail in mails if mail.domain}
    seen = set(operations.filter(reference__in=references).values_list("reference", flat=True))
    own = set(domains.filter(name__in=names).values_list("name", flat=True))
    return [mail for mail in mails if mail.operation in seen or mail.domain in own]


def _keys(path: Path | None) -> list[str]:
    """The names of the mails, newest first."""
    if path is None:
        return []
    names: list[str] = []
    for folder in ("new", "cur"):
        try:
            names += [name for name in os.listdir(path / folder) if not name.startswith(".")]
        except OSError:
            continue  # Nothing has been sent yet.
    return sorted(names, key=_made, reverse=True)


def _made(key: str) -> tuple[int, int, str]:
    """When a mail was written, by its name: second and microsecond stand in it; a foreign name counts as the oldest."""
    found = re.match(r"(\d{1,18})\.M(\d{1,9})", key, re.ASCII)
    return (int(found[1]), int(found[2]), key) if found else (0, 0, key)


def _read(path: Path | None, key: str, *, whole: bool) -> Mail | None:
    """The mail in one file; None for what is too large, gone, or no regular file."""
    assert path is not None  # noqa: S101 - a key was found in it.
    for file in (path / "new" / key, path / "cur" / key):
        try:
            if not file.is_file() or file.is_symlink() or file.stat().st_size > LARGEST:
                continue
            content = file.read_bytes() if whole else _head(file)
            received_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        except OSError:
            continue
        message = email.message_from_bytes(content, policy=email.policy.compat32)
        headers = {name: _decoded(message[name]) for name in HEADERS if message[name] is not None}
        return Mail(
            key=key,
            received_at=received_at,
            headers=headers,
            text=_body(message, "text/plain") if whole else "",
            html=_body(message, "text/html") if whole else "",
            operation=headers.get("X-Operation", ""),
            domain=headers.get("X-Domain", ""),
        )
    return None


def _head(file: Path) -> bytes:
    """The header of a mail: all that a list needs."""
    with open(file, "rb") as opened:
        return b"".join(_until_blank(opened))


def _until_blank(lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines:
        if not line.strip():
            return
        yield line


def _decoded(value: Any) -> str:
    """A header as a person reads it (RFC 2047); as it stands where it cannot be decoded."""
    try:
        text = str(email.header.make_header(email.header.decode_header(str(value))))
    except (email.errors.HeaderParseError, LookupError, UnicodeError, ValueError):
        text = str(value)
    return " ".join(text.split())


def _body(message: email.message.Message, content_type: str) -> str:
    """The first part of this type as text, or nothing."""
    for part in message.walk():
        if part.get_content_type() == content_type and not part.is_multipart():
            payload = part.get_payload(decode=True)
            if not isinstance(payload, bytes):
                return ""
            try:
                return payload.decode(part.get_content_charset() or "utf-8", errors="replace")
            except LookupError:
                return payload.decode("utf-8", errors="replace")
    return ""


def _flush(folder: Path) -> None:
    """Have the new names in the folder on disk too: the files' contents are there already."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
