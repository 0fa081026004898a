"""A portfolio file is read line by line: what is good becomes an entry, what is not is named with a sentence."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client

from domains import portfolio
from domains.models import Contact, Domain, Person
from domains.portfolio import BadLine, Entry, Party, PortfolioError, enter, read

TLDS = {"com": True, "uk": True, "co.uk": True, "berlin": False}
HEADER = "domain,owner_email,registrant_email"


@pytest.fixture
def lines(tmp_path: Path):
    """Reads a file of this content."""

    def read_back(content: str | bytes) -> list[Entry | BadLine]:
        path = tmp_path / "portfolio.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return list(read(path, TLDS))

    return read_back


def complaint(found: list[Entry | BadLine]) -> str:
    assert [type(line) for line in found] == [BadLine]
    return found[0].complaint


def test_a_full_line_becomes_an_entry(lines):
    content = (
        "domain,owner_email,owner_name,registrant_name,registrant_organization,registrant_email,admin_name,admin_email,"
        "tech_name,tech_email,billing_name,billing_organization,billing_email\n"
        'example.com,Alice@Example.net,"Liddell, Alice",Alice,Wonder Ltd,registrant@example.net,Ada,ada@example.net,'
        ",,,Bills Ltd,\n"
    )
    assert lines(content) == [
        Entry(
            line=2,
            name="example.com",
            tld="com",
            owner_email="alice@example.net",
            owner_name="Liddell, Alice",
            contacts={
                "registrant": Party("Alice", "Wonder Ltd", "registrant@example.net"),
                "admin": Party("Ada", "", "ada@example.net"),
                "billing": Party("", "Bills Ltd", ""),
            },
        )
    ]


@pytest.mark.parametrize(
    ("written", "name", "tld"),
    [
        ("EXAMPLE.com", "example.com", "com"),
        ("example.com.", "example.com", "com"),
        ("Bücher.com", "xn--bcher-kva.com", "com"),
        ("XN--BCHER-KVA.COM.", "xn--bcher-kva.com", "com"),
        ("example.co.uk", "example.co.uk", "co.uk"),
        ("example.uk", "example.uk", "uk"),
        ("  example.com\t", "example.com", "com"),
    ],
)
def test_a_name_may_be_written_in_any_form(lines, written, name, tld):
    (entry,) = lines(f"{HEADER}\n{written},a@example.net,r@example.net\n")
    assert (entry.name, entry.tld) == (name, tld)


@pytest.mark.parametrize(
    "content",
    [
        "domain;owner_email;registrant_email;owner_name\nexample.com;a@example.net;r@example.net;Liddell, Alice\n",
        "\ufeffDomain,Owner_Email,REGISTRANT_EMAIL,owner_name\r\n"
        'example.com,a@example.net,r@example.net,"Liddell,\u00a0 Alice"\r\n',
        '"domain","owner_email","registrant_email","owner_name"\n"example.com","a@example.net","r@example.net",'
        '"Liddell, Alice"',
    ],
    ids=["semicolons", "a byte order mark and CRLF", "quotes and no last newline"],
)
def test_spreadsheets_write_it_differently(lines, content):
    (entry,) = lines(content)
    assert (entry.name, entry.owner_email, entry.owner_name) == ("example.com", "a@example.net", "Liddell, Alice")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("exa_mple.com,a@example.net,r@example.net", "'exa_mple.com' is not a domain name"),
        (",a@example.net,r@example.net", "It names no domain."),
        ("example.test,a@example.net,r@example.net", "No TLD that is known here fits example.test."),
        ("com,a@example.net,r@example.net", "com is a TLD and not a domain below one."),
        ("example.berlin,a@example.net,r@example.net", "The TLD .berlin has no registry here, so example.berlin could"),
        ("example.com,,r@example.net", "owner_email is empty."),
        ("example.com,a@example.net,", "registrant_email is empty."),
        ("example.com,alice,r@example.net", "owner_email holds 'alice', which is not an email address."),
        ("example.com,a@example.net", "It has 2 fields, and the header has 3."),
        ('example.com,"a@example.net,r@example.net', "It is not CSV (unexpected end of data); a domain needs a line"),
        ("example.com,a@example.net\x00,r@example.net", "It holds a control character."),
    ],
)
def test_a_bad_line_is_named_with_a_sentence(lines, line, sentence):
    assert sentence in complaint(lines(f"{HEADER}\n{line}\n"))


def test_a_line_that_is_not_utf_8_spoils_no_other(lines):
    content = f"{HEADER},owner_name\n".encode()
    content += "bücher.com,a@example.net,r@example.net,Müller\n".encode("latin-1")
    content += b"example.com,a@example.net,r@example.net,Mueller\n"
    bad, good = lines(content)
    assert bad == BadLine(2, "", "It is not UTF-8: save the file as CSV in UTF-8.")
    assert (good.line, good.name) == (3, "example.com")


def test_a_line_with_two_faults_is_told_both(lines):
    assert complaint(lines(f"{HEADER}\nexample.test,alice,r@example.net\n")) == (
        "No TLD that is known here fits example.test. owner_email holds 'alice', which is not an email address."
    )


def test_a_quotation_mark_left_open_spoils_its_own_line_only(lines):
    found = lines(f'{HEADER}\n"a.com,a@example.net,r@example.net\nb.com,a@example.net,r@example.net\n')
    assert [(type(line), line.line) for line in found] == [(BadLine, 2), (Entry, 3)]


def test_lines_are_counted_as_an_editor_counts_them(lines):
    found = lines(f"{HEADER}\n\n , ,\nexample.com,a@example.net,r@example.net\n;\nbad,a@example.net,r@example.net\n")
    assert [(type(line), line.line) for line in found] == [(Entry, 4), (BadLine, 5), (BadLine, 6)]


def test_a_name_that_comes_twice_is_bad_the_second_time(lines):
    found = lines(
        f"{HEADER}\nexample.com,a@example.net,r@example.net\nother.com,a@example.net,r@example.net\n"
        "Example.COM.,b@example.net,r@example.net\n"
    )
    assert found[2] == BadLine(4, "example.com", "example.com stands in line 2 already.")


def test_names_longer_than_the_database_keeps_are_refused(lines):
    content = f"{HEADER},owner_name,registrant_name\nexample.com,a@example.net,r@example.net,{'n' * 201},{'n' * 256}\n"
    assert complaint(lines(content)) == (
        "owner_name has 201 characters; 200 are the most. registrant_name has 256 characters; 255 are the most."
    )


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("domain,owner_email", "The column registrant_email is missing: the first line names the columns."),
        ("domain,owner_email,registrant_email,regisrant_name", "The column 'regisrant_name' is not known here."),
        ("domain,owner_email,registrant_email,domain", "The column domain is there twice."),
        ("example.com,a@example.net,r@example.net", "The column 'example.com' is not known here."),
        ('domain,"owner_email', "The header cannot be read."),
    ],
)
def test_a_header_that_is_wrong_stops_it_all(lines, header, sentence):
    with pytest.raises(PortfolioError) as refused:
        lines(f"{header}\nexample.com,a@example.net,r@example.net\n")
    assert str(refused.value).startswith(sentence)


def test_an_empty_file_has_no_header(lines):
    with pytest.raises(PortfolioError, match=r"^The column '' is not known here\.|^The column domain is missing"):
        lines("")


def test_a_utf_16_file_is_told_what_it_is_not(lines):
    with pytest.raises(PortfolioError, match="It is not UTF-8: save the file as CSV in UTF-8."):
        lines(f"{HEADER}\n".encode("utf-16"))


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(PortfolioError, match=r"^The file cannot be read: No such file or directory\.$"):
        list(read(tmp_path / "absent.csv", TLDS))


def test_a_file_that_is_too_long_is_refused_before_its_first_line(lines, monkeypatch):
    monkeypatch.setattr(portfolio, "MOST_LINES", 2)
    two = f"{HEADER}\na.com,a@example.net,r@example.net\nb.com,a@example.net,r@example.net\n"
    assert [entry.name for entry in lines(two)] == ["a.com", "b.com"]
    with pytest.raises(PortfolioError, match=r"^The file has more than 2 lines below its header: split it\.$"):
        lines(f"{two}c.com,a@example.net,r@example.net\n")


def test_a_line_without_end_is_refused_before_it_fills_the_memory(lines):
    with pytest.raises(PortfolioError, match=r"^Line 2 has more than 16384 octets"):
        lines(f"{HEADER}\n{'x' * 20_000}\n")


@pytest.mark.django_db
class TestEntering:
    """What entries become in the database."""

    @pytest.fixture(autouse=True)
    def _tlds(self, make_tld):
        make_tld("com")
        make_tld("uk", dnssec=False)

    def entry(self, name: str, owner: str = "alice@example.net", **parties: Party) -> Entry:
        contacts = {"registrant": Party("", "", "r@example.net")} | parties
        return Entry(2, name, name.rpartition(".")[2], owner, "Alice", contacts)

    def test_domains_contacts_and_an_owner_without_password_appear(self):
        entries = [self.entry("xn--bcher-kva.com", tech=Party("Tina", "", "")), self.entry("example.uk")]
        assert enter(entries) == 2
        idn, plain = Domain.objects.order_by("-name")
        assert (idn.name, idn.unicode_name, idn.tld.name) == ("xn--bcher-kva.com", "bücher.com", "com")
        assert (idn.registrant.email, idn.tech.name, idn.admin, idn.billing) == ("r@example.net", "Tina", None, None)
        assert (idn.dnssec_status, plain.dnssec_status) == ("NOT_CONFIGURED", "NOT_SUPPORTED")
        assert {idn.looked_at, plain.looked_at} == {datetime(1970, 1, 1, tzinfo=UTC)}
        owner = Person.objects.get()
        assert (owner.email, owner.name, owner.has_usable_password()) == ("alice@example.net", "Alice", False)
        assert idn.owner == plain.owner == owner

    def test_a_person_who_is_there_is_taken_as_is(self, make_person):
        alice = make_person("alice@example.net", name="Alice Liddell")
        Person.objects.filter(pk=alice.pk).update(email="Alice@example.net")
        enter([self.entry("example.com")])
        alice.refresh_from_db()
        assert Domain.objects.get().owner == alice
        assert (alice.name, alice.check_password("correct horse")) == ("Alice Liddell", True)

    def test_entering_again_changes_nothing(self):
        entries = [self.entry("example.com"), self.entry("other.com")]
        enter(entries[:1])
        before = Domain.objects.values().get()
        assert enter(entries) == 1
        assert Domain.objects.values().get(name="example.com") == before
        assert enter(entries) == 0
        assert (Domain.objects.count(), Contact.objects.count(), Person.objects.count()) == (2, 2, 1)

    @pytest.mark.usefixtures("empty_cache", "account_mails")
    def test_a_new_owner_chooses_a_password_by_the_reset_mail(self):
        enter([self.entry("example.com")])
        Client().post("/accounts/password/reset/", {"email": "alice@example.net"})
        assert [sent.to for sent in mail.outbox] == [["alice@example.net"]]
        assert "/accounts/password/reset/key/" in mail.outbox[0].body
