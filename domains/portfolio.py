"""A registrar's portfolio as a CSV file: its lines read and checked, then entered as owners, contacts and domains.
What the registry knows better (dates, statuses, name servers, keys) is no matter of the file."""

import csv
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import idna
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models.functions import Lower

from domains.models import Contact, Domain, Person, Tld, to_unicode

ROLES = ("registrant", "admin", "tech", "billing")
REQUIRED = ("domain", "owner_email", "registrant_email")
COLUMNS = (
    "domain",
    "owner_email",
    "owner_name",
    *(f"{r}_{part}" for r in ROLES for part in ("name", "organization", "email")),
)
MOST_LINES = 100_000
LONGEST_LINE = 16 * 1024  # Octets: a line without end must not fill the memory.
LONGEST_NAME = {"owner_name": 200}  # As the columns of the database; the others have 255.
LONGEST_ADDRESS = 254
# A domain of which the registry has not been asked yet: the oldest of all, so that looking again begins with it.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class PortfolioError(Exception):
    """A file that cannot be used at all, in one sentence."""


@dataclass(frozen=True, slots=True)
class Party:
    """A contact as the file tells it."""

    name: str
    organization: str
    email: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A good line. The name is the A-label form in lower case; ``contacts`` has the roles that the line fills."""

    line: int
    name: str
    tld: str
    owner_email: str
    owner_name: str
    contacts: Mapping[str, Party]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be taken: its domain as it is written, and every complaint as a sentence."""

    line: int
    domain: str
    complaint: str


def read(path: Path, tlds: Mapping[str, bool]) -> Iterator[Entry | BadLine]:
    """
    Reads the lines below the header, one domain each; blank ones are passed over. ``tlds`` names the known TLDs and
    whether each has a registry.

    Raises PortfolioError before the first line when the file is unreadable or too large, or its header is unusable.
    """
    try:
        with path.open("rb") as file:
            _check_size(file)
            file.seek(0)
            yield from _read(file, tlds)
    except OSError as trouble:
        raise PortfolioError(f"The file cannot be read: {trouble.strerror}.") from trouble


def enter(entries: Sequence[Entry]) -> int:
    """
    Enters those domains that are not there yet, with owners and contacts, in one transaction. Returns how many.

    An owner who is there already is taken as is; a new one has no password and sets it by *Forgot password*. The
    domains wait to be compared with the registry (``NEVER``). Raises IntegrityError when somebody else enters the same.
    """
    with transaction.atomic():
        there = set(Domain.objects.filter(name__in=[entry.name for entry in entries]).values_list("name", flat=True))
        fresh = [entry for entry in entries if entry.name not in there]
        owners = _owners(fresh)
        tlds = {tld.name: tld for tld in Tld.objects.filter(name__in={entry.tld for entry in fresh})}
        roles = [(entry.name, role, party) for entry in fresh for role, party in entry.contacts.items()]
        contacts: dict[str, dict[str, Contact]] = {entry.name: {} for entry in fresh}
        rows = Contact.objects.bulk_create(
            Contact(name=party.name, organization=party.organization, email=party.email)
            for _name, _role, party in roles
        )
        for (name, role, _party), contact in zip(roles, rows, strict=True):
            contacts[name][role] = contact
        Domain.objects.bulk_create(
            Domain(
                name=entry.name,
                unicode_name=to_unicode(entry.name),
                tld=tlds[entry.tld],
                owner=owners[entry.owner_email],
                dnssec_status=_dnssec_status(tlds[entry.tld]),
                looked_at=NEVER,
                **contacts[entry.name],
            )
            for entry in fresh
        )
    return len(fresh)


def _owners(entries: Iterable[Entry]) -> dict[str, Person]:
    """The owners by address, each made where there is none; the first line that names one says how they are called."""
    names: dict[str, str] = {}
    for entry in entries:
        names.setdefault(entry.owner_email, entry.owner_name)
    there = Person.objects.annotate(address=Lower("email")).filter(address__in=names)
    owners = {person.email.lower(): person for person in there}
    made = [Person(email=email, name=name) for email, name in names.items() if email not in owners]
    for person in made:
        person.set_unusable_password()
    made = Person.objects.bulk_create(made)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=person, email=person.email, verified=True, primary=True) for person in made
    )
    return owners | {person.email: person for person in made}


def _dnssec_status(tld: Tld) -> str:
    return Domain.DnssecStatus.NOT_CONFIGURED if tld.dnssec else Domain.DnssecStatus.NOT_SUPPORTED


def _check_size(file: BinaryIO) -> None:
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), start=1):
        if len(line) > LONGEST_LINE:
            raise PortfolioError(f"Line {number} has more than {LONGEST_LINE} octets, which no domain needs.")
        if number > MOST_LINES + 1:
            raise PortfolioError(f"The file has more than {MOST_LINES:,} lines below its header: split it.")


def _read(file: BinaryIO, tlds: Mapping[str, bool]) -> Iterator[Entry | BadLine]:
    delimiter, columns = _header(file.readline().decode("utf-8-sig", errors="surrogateescape"))
    first_line_of: dict[str, int] = {}
    for number, octets in enumerate(file, start=2):
        text = octets.decode("utf-8", errors="surrogateescape").rstrip("\r\n")
        if not text.strip(f"{delimiter} \t"):
            continue
        try:
            fields = _fields(text, delimiter)
            if len(fields) != len(columns):
                raise ValueError(f"It has {len(fields)} fields, and the header has {len(columns)}.")
        except ValueError as complaint:
            yield BadLine(number, "", str(complaint))
            continue
        found = _judge(number, dict(zip(columns, fields, strict=True)), tlds)
        if isinstance(found, Entry) and first_line_of.setdefault(found.name, number) != number:
            found = BadLine(number, found.name, f"{found.name} stands in line {first_line_of[found.name]} already.")
        yield found


def _header(text: str) -> tuple[str, list[str]]:
    """The delimiter, which no column's name holds, and the columns."""
    delimiter = ";" if text.count(";") > text.count(",") else ","
    try:
        columns = [field.lower() for field in _fields(text.rstrip("\r\n"), delimiter)]
    except ValueError as complaint:
        raise PortfolioError(f"The header cannot be read. {complaint}") from complaint
    if unknown := next((column for column in columns if column not in COLUMNS), None):
        raise PortfolioError(f"The column {unknown[:40]!r} is not known here. Columns are {', '.join(COLUMNS)}.")
    if twice := next((column for column in columns if columns.count(column) > 1), None):
        raise PortfolioError(f"The column {twice} is there twice.")
    if missing := next((column for column in REQUIRED if column not in columns), None):
        raise PortfolioError(f"The column {missing} is missing: the first line names the columns.")
    return delimiter, columns


def _fields(text: str, delimiter: str) -> list[str]:
    """The fields of one line, white space around and within them made single spaces. Raises ValueError."""
    if any("\udc80" <= character <= "\udcff" for character in text):
        raise ValueError("It is not UTF-8: save the file as CSV in UTF-8.")
    try:
        # Each line on its own: a quotation mark that is left open spoils its line, not all that follow.
        fields = next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as trouble:
        raise ValueError(
            f"It is not CSV ({trouble}); a domain needs a line of its own, with quotes closed."
        ) from trouble
    if any(unicodedata.category(character) == "Cc" and character != "\t" for character in text):
        raise ValueError("It holds a control character.")
    return [" ".join(field.split()) for field in fields]


def _judge(line: int, values: Mapping[str, str], tlds: Mapping[str, bool]) -> Entry | BadLine:
    complaints: list[str] = []

    def checked(check: Callable[..., str], *arguments: Any) -> str:
        try:
            return check(*arguments)
        except ValueError as complaint:
            complaints.append(str(complaint))
            return ""

    def text(column: str) -> str:
        return checked(_text, column, values.get(column, ""))

    def address(column: str) -> str:
        return checked(_address, column, values.get(column, ""))

    name = checked(_domain_name, values["domain"])
    tld = checked(_tld_of, name, tlds) if name else ""
    owner_email, owner_name = address("owner_email").lower(), text("owner_name")
    parties = {
        role: Party(text(f"{role}_name"), text(f"{role}_organization"), address(f"{role}_email")) for role in ROLES
    }
    if complaints:
        return BadLine(line, values["domain"][:253], " ".join(complaints))
    contacts = {role: party for role, party in parties.items() if party != Party("", "", "")}
    return Entry(line, name, tld, owner_email, owner_name, contacts)


def _domain_name(written: str) -> str:
    if not written:
        raise ValueError("It names no domain.")
    try:
        return idna.encode(written.removesuffix("."), uts46=True).decode().lower()
    except idna.IDNAError as trouble:
        raise ValueError(f"{written[:253]!r} is not a domain name ({trouble}).") from trouble


def _tld_of(name: str, tlds: Mapping[str, bool]) -> str:
    """The longest TLD that fits."""
    if name in tlds:
        raise ValueError(f"{name} is a TLD and not a domain below one.")
    labels = name.split(".")
    tld = next((suffix for place in range(1, len(labels)) if (suffix := ".".join(labels[place:])) in tlds), None)
    if tld is None:
        raise ValueError(f"No TLD that is known here fits {name}.")
    if not tlds[tld]:
        raise ValueError(f"The TLD .{tld} has no registry here, so {name} could not be looked after.")
    return tld


def _text(column: str, text: str) -> str:
    longest = LONGEST_NAME.get(column, 255)
    if len(text) > longest:
        raise ValueError(f"{column} has {len(text)} characters; {longest} are the most.")
    return text


def _address(column: str, text: str) -> str:
    if not text:
        if column in REQUIRED:
            raise ValueError(f"{column} is empty.")
        return ""
    try:
        validate_email(text)
    except ValidationError:
        raise ValueError(f"{column} holds {text[:LONGEST_ADDRESS]!r}, which is not an email address.") from None
    if len(text) > LONGEST_ADDRESS:
        raise ValueError(f"{column} has {len(text)} characters; {LONGEST_ADDRESS} are the most.")
    return text
