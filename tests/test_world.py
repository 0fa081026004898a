"""World files: what they may say, what is filled in, and the sentence for each thing that is wrong."""

from datetime import date
from pathlib import Path

import pytest

from domains.faults import Fault, Result
from domains.world import (
    Contact,
    Domain,
    Key,
    NameServer,
    Person,
    Registry,
    Tld,
    World,
    WorldError,
    read_world,
)

SMALL = """
[[person]]
email = "alice@example.net"
name = "Alice"
password = "wonderland"

[[registry]]
name = "north"
interface = "ds"
registrar_id = "console"
password = "open-sesame"

[[tld]]
name = "com"
registry = "north"

[[domain]]
name = "example.com"
"""
FULL = """
[[person]]
email = "sam@example.net"
name = "Sam"
password = "support"
staff = true
administrator = true

[[registry]]
name = "abroad"
interface = "key"
registrar_id = "console"
password = "open-sesame"
host = "epp.example"
port = 7000
ca = "ca.pem"
cert = "/etc/ssl/client.pem"
key = "keys/client.key"

[[tld]]
name = "uk"
registry = "abroad"
dnssec = false

[[tld]]
name = "co.uk"
registry = "abroad"
max_keys = 8
algorithms = [13, 15]

[[domain]]
name = "Bücher.co.uk."
owner = "sam@example.net"
registrant = { name = "Rita", email = "rita@example.net", organization = "Rita Ltd" }
admin = { name = "Ada" }
tech = { name = "Tess", email = "tess@example.net" }
billing = { name = "Bill" }
registrar = "another"
nameservers = ["NS1.example.com", "ns2.bücher.co.uk 127.0.3.7"]
statuses = ["serverUpdateProhibited"]
keys = [{ flags = 257, algorithm = 13, public_key = "AQID\\nBA==" }]
created = 2020-01-02
expires = 2030-01-02
auto_renew = false
transfer_lock = true
answer = "pending"
decide_after = 0.5
decide = "silent"
zone = { state = "rollover" }
"""


def read(tmp_path: Path, text: str) -> World:
    path = tmp_path / "world.toml"
    path.write_text(text, encoding="utf-8")
    return read_world(path)


def test_what_is_not_said_is_filled_in(tmp_path: Path):
    assert read(tmp_path, SMALL) == World(
        people=(Person("alice@example.net", "Alice", "wonderland", False, False),),
        registries=(Registry("north", "ds", "console", "open-sesame", None, 700, None, None, None),),
        tlds=(Tld("com", "north", True, 13, (8, 10, 13, 14, 15, 16)),),
        domains=(
            Domain(
                name="example.com",
                tld="com",
                owner=None,
                registrant=None,
                admin=None,
                tech=None,
                billing=None,
                registrar="console",
                name_servers=(),
                statuses=(),
                keys=(),
                created=None,
                expires=None,
                auto_renew=None,
                transfer_lock=None,
                answer=None,
                decide_after=5.0,
                decide="accept",
                zone_state=None,
            ),
        ),
    )


def test_all_that_can_be_said_is_read(tmp_path: Path):
    world = read(tmp_path, FULL)
    assert world.people == (Person("sam@example.net", "Sam", "support", True, True),)
    assert world.registries == (
        Registry(
            name="abroad",
            interface="key",
            registrar_id="console",
            password="open-sesame",
            host="epp.example",
            port=7000,
            ca=tmp_path / "ca.pem",
            cert=Path("/etc/ssl/client.pem"),
            key=tmp_path / "keys/client.key",
        ),
    )
    assert [(tld.name, tld.dnssec, tld.max_keys) for tld in world.tlds] == [("uk", False, 4), ("co.uk", True, 8)]
    assert world.domains == (
        Domain(
            name="xn--bcher-kva.co.uk",
            tld="co.uk",
            owner="sam@example.net",
            registrant=Contact("Rita", "rita@example.net", "Rita Ltd"),
            admin=Contact("Ada", None, None),
            tech=Contact("Tess", "tess@example.net", None),
            billing=Contact("Bill", None, None),
            registrar="another",
            name_servers=(NameServer("ns1.example.com", None), NameServer("ns2.xn--bcher-kva.co.uk", "127.0.3.7")),
            statuses=("serverUpdateProhibited",),
            keys=(Key(257, 13, b"\1\2\3\4"),),
            created=date(2020, 1, 2),
            expires=date(2030, 1, 2),
            auto_renew=False,
            transfer_lock=True,
            answer="pending",
            decide_after=0.5,
            decide="silent",
            zone_state="rollover",
        ),
    )


def test_faults_are_read_at_registry_tld_and_domain(tmp_path: Path):
    text = SMALL.replace('"ds"', '"ds"\nfault = { kind = "maintenance", seconds = 60, lang = "de", reason = "Pause" }')
    text = text.replace('registry = "north"', 'registry = "north"\nfault = { kind = "late", commands = ["any"] }')
    text += 'fault = [{ kind = "dropped-after-commit", times = 1 }, { kind = "slow-octets", seconds = 2 }]'
    world = read(tmp_path, text)
    session = ("update", "info", "check", "login", "logout", "poll")
    pause = Result(2400, None, ("Pause",), (), "de")
    assert world.registries[0].faults == (
        Fault("maintenance", "refuse", False, session, None, 60.0, 2**32 - 1, (pause,)),
    )
    assert world.tlds[0].faults == (Fault("late", "late", True, session[:3], None, 5.0, 2**32 - 1, ()),)
    assert world.domains[0].faults == (
        Fault("dropped-after-commit", "dropped", True, ("update",), 1, None, 2**32 - 1, ()),
        Fault("slow-octets", "slow-octets", True, ("update",), None, 2.0, 2**32 - 1, ()),
    )


def test_an_empty_file_is_an_empty_world(tmp_path: Path):
    assert read(tmp_path, "") == World((), (), (), ())


def test_com_and_net_allow_13_keys_and_others_4(tmp_path: Path):
    more = "".join(f'[[tld]]\nname = "{name}"\nregistry = "north"\n' for name in ("net", "org"))
    world = read(tmp_path, SMALL + more)
    assert [(tld.name, tld.max_keys) for tld in world.tlds] == [("com", 13), ("net", 13), ("org", 4)]


def test_passwords_are_not_shown_when_a_world_is_printed(tmp_path: Path):
    shown = repr(read(tmp_path, SMALL))
    assert "wonderland" not in shown
    assert "sesame" not in shown


@pytest.mark.parametrize(
    ("found", "put", "complaint"),
    [
        ("wonderland", "short", "[[person]] 'alice@example.net', the key 'password' must have at least 6 characters"),
        ('name = "Alice"', "", "[[person]] 'alice@example.net', the key 'name' is missing"),
        ('name = "Alice"', 'name = " "', "'name' must not be empty"),
        ("alice@example.net", "alice", "[[person]] 'alice', the key 'email' must be an email address"),
        ('email = "alice@example.net"', "email = 5", "[[person]] 5, the key 'email' must be a text"),
        ('email = "alice@example.net"', "", "[[person]] number 1, the key 'email' is missing"),
        ('name = "Alice"', 'name = "Alice"\nstaff = 1', "'staff' must be true or false"),
        ('name = "Alice"', 'nmae = "Alice"', "the key 'nmae' is not known here; the accepted keys are "),
        ('"ds"', '"both"', "[[registry]] 'north', the key 'interface' must be one of ds, key, not 'both'"),
        ('"console"', '"me"', "'registrar_id' must have 3 to 16 characters"),
        ('"ds"', '"ds"\nport = 700', "'port' makes sense only together with host"),
        ('"ds"', '"ds"\nhost = "h"\nport = 70000', "'port' must be from 1 to 65535"),
        ('registry = "north"', 'registry = "south"', "[[tld]] 'com', the key 'registry' must be one of north"),
        ('registry = "north"', 'registry = "north"\nmax_keys = 0', "'max_keys' must be from 1 to 1000"),
        ('registry = "north"', 'registry = "north"\nmax_keys = true', "'max_keys' must be a whole number"),
        ('registry = "north"', 'registry = "north"\nalgorithms = [256]', "'algorithms' must be a list of algorithm"),
        ('registry = "north"', 'registry = "north"\nalgorithms = "13"', "'algorithms' must be a list"),
        (
            '"example.com"',
            '"example.org"',
            "[[domain]] 'example.org', the key 'name' holds 'example.org', which lies in",
        ),
        ('"example.com"', '"com"', "which lies in none of the file's TLDs"),
        ('"example.com"', '"exa mple.com"', "which is not a domain name"),
        (
            '"example.com"',
            '"example.com"\nowner = "bob@example.net"',
            "'owner' holds 'bob@example.net', who is no person",
        ),
        ('"example.com"', '"example.com"\nstatuses = ["locked"]', "'statuses' holds 'locked', which is not a status"),
        (
            '"example.com"',
            '"example.com"\nregistrant = "Rita"',
            "registrant of [[domain]] 'example.com' must be a table",
        ),
        ('"example.com"', '"example.com"\nregistrant = {}', "registrant of [[domain]] 'example.com', the key 'name'"),
        (
            '"example.com"',
            '"example.com"\nnameservers = ["a b c"]',
            "'nameservers' must be a list of texts, each \"NAME\"",
        ),
        (
            '"example.com"',
            '"example.com"\nkeys = [{flags = 257}]',
            "keys number 1 of [[domain]] 'example.com', the key",
        ),
        (
            '"example.com"',
            '"example.com"\nkeys = [{flags = 257, algorithm = 13, public_key = "?"}]',
            "'public_key' must be base64",
        ),
        ('"example.com"', '"example.com"\ncreated = "today"', "'created' must be a date"),
        ('"example.com"', '"example.com"\ncreated = 2020-01-02T03:04:05Z', "'created' must be a date"),
        ('"example.com"', '"example.com"\nanswer = "later"', "'answer' must be one of pending"),
        ('"example.com"', '"example.com"\ndecide = "maybe"', "'decide' must be one of accept, reject, silent"),
        ('"example.com"', '"example.com"\ndecide_after = "5"', "'decide_after' must be a number of seconds"),
        ('"example.com"', '"example.com"\ndecide_after = -1', "'decide_after' must be a number of seconds"),
        (
            '"example.com"',
            '"example.com"\nzone = { state = "odd" }',
            "zone of [[domain]] 'example.com', the key 'state'",
        ),
        ('"example.com"', '"example.com"\nzone = {}', "zone of [[domain]] 'example.com', the key 'state' is missing"),
        *(
            (
                '"example.com"',
                f'"example.com"\nfault = {written}',
                f"[[domain]] 'example.com', the key 'fault' {complaint}",
            )
            for written, complaint in (
                ('"late"', "must be a table with a kind, or a list of such tables"),
                ("{}", "has the kind None; the kinds are late, late-commit, slow-octets, dropped-before-commit"),
                ('{ kind = "lost" }', "has the kind 'lost'; the kinds are late, "),
                ('{ kind = "late", code = 2306 }', "has the key 'code', which one of the kind 'late' does not take;"),
                ('{ kind = "late", seconds = -1 }', "must have a number from 0 to 3600 in seconds"),
                ('{ kind = "late", seconds = "5" }', "must have a number from 0 to 3600 in seconds"),
                ('{ kind = "late", times = 0 }', "must have a whole number from 1 to 1000000000 in times"),
                ('[{ kind = "late" }, 5]', "must be a table with a kind"),
                ('{ kind = "late", commands = ["login"] }', "of the kind 'late' cannot meet 'login' here; possible"),
                ('{ kind = "late", commands = [5] }', "must have text without line breaks in commands"),
                ('{ kind = "2502" }', "of the kind '2502' cannot meet 'login' here; possible commands are update, inf"),
                ('{ kind = "no-greeting" }', "has the kind 'no-greeting', which is possible at a registry only"),
                ('{ kind = "absurd-length-after-commit", length = 4294967296 }', "must have a whole number from 0 to"),
                ('{ kind = "refuse", code = 1000 }', "must have a whole number from 2000 to 2999 in code"),
                ('{ kind = "refuse", reason = "a\\nb" }', "must have text without line breaks in reason"),
                ('{ kind = "refuse", lang = ["de", "en"] }', "must have one text in lang"),
                ('{ kind = "refuse", lang = "in German" }', "must have a language tag, such as de, in lang"),
                ('{ kind = "refuse", more = {} }', "must have a list of tables in more"),
                ('{ kind = "refuse", more = [{ kind = "late" }] }', "has the key 'kind', which one in the list more"),
            )
        ),
        ('"ds"', '"ds"\nhost = "h"\nfault = { kind = "late" }', "the key 'fault' makes sense only without host"),
        ("[[domain]]", "[domain]", "in the file, the key 'domain' must be written as tables, [[domain]]"),
        ("[[domain]]", "[[domains]]", "in the file, the key 'domains' is not known here"),
        ("[[domain]]", "[[domain]", "the world file is not TOML"),
    ],
)
def test_what_is_wrong_is_named_by_file_table_and_key(tmp_path: Path, found: str, put: str, complaint: str):
    assert found in SMALL
    with pytest.raises(WorldError) as caught:
        read(tmp_path, SMALL.replace(found, put))
    sentence = str(caught.value)
    assert sentence.startswith(f"{tmp_path / 'world.toml'}: ")
    assert complaint in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ('[[domain]]\nname = "EXAMPLE.com"', "[[domain]] for 'example.com'"),
        ('[[tld]]\nname = "com"\nregistry = "north"', "[[tld]] for 'com'"),
        (
            '[[person]]\nemail = "alice@example.net"\nname = "Al"\npassword = "another"',
            "[[person]] for 'alice@example.net'",
        ),
    ],
)
def test_a_name_stands_once(tmp_path: Path, table: str, name: str):
    with pytest.raises(WorldError) as caught:
        read(tmp_path, SMALL + table)
    assert str(caught.value) == f"{tmp_path / 'world.toml'}: there are two tables {name}."


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(WorldError, match=r"none\.toml: the world file cannot be read"):
        read_world(tmp_path / "none.toml")
