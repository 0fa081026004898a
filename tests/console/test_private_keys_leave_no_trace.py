"""Nothing of a private key is left: not in an answer, a log, an error report, the session, the database or the cache.

Its octets are searched for raw, in base64 and in hexadecimal, in everything that was written.
"""

import base64
import logging
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.apps import apps
from django.core import serializers
from django.db import connection
from django.test import Client
from django.views.debug import ExceptionReporter

from tests.console.page import HTMX
from tests.console.test_manage_keys import ADD, PAGE, typed

UNDERSTAND = f"{ADD}understand/"


def pem(key, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def private_keys() -> dict[str, tuple[str, bytes]]:
    """Pastes by name, each with the octets that nobody may see again."""
    p256 = ec.generate_private_key(ec.SECP256R1())
    secret = p256.private_numbers().private_value.to_bytes(32)
    ed = ed25519.Ed25519PrivateKey.generate()
    seed = ed.private_bytes_raw()
    big = rsa.generate_private_key(65537, 2048)
    factor = big.private_numbers().p.to_bytes(128)
    der = ed.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    b64 = base64.b64encode(secret).decode()
    return {
        "pkcs8": (pem(p256), secret),
        "sec1": (pem(p256, PrivateFormat.TraditionalOpenSSL), secret),
        "openssh": (pem(ed, PrivateFormat.OpenSSH), seed),
        "der": (base64.b64encode(der).decode(), seed),
        "pkcs1": (pem(big, PrivateFormat.TraditionalOpenSSL), factor),
        "bind": (f"Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: {b64}\n", secret),
        "beside a record": (f"example.com. IN DNSKEY 257 3 13 AAAA\nPrivateKey: {b64}", secret),
        "long": (pem(p256) + "x" * 40_000, secret),
    }


KEYS = private_keys()


def traces(octets: bytes) -> list[bytes]:
    """What the octets look like in the ways that they may be written, wherever they begin in a group of base64."""
    spellings = [octets, octets.hex().encode(), octets.hex().upper().encode()]
    for shift in range(3):
        middle = base64.b64encode(b"\0" * shift + octets)[4:-4]
        spellings.append(middle)
    return [spelling[:24] for spelling in spellings]


def found(octets: bytes, *places: bytes) -> list[bytes]:
    joined = [place.replace(b"\n", b"").replace(b"\\n", b"") for place in places]
    return [trace for trace in traces(octets) if any(trace in place for place in joined)]


def database() -> bytes:
    """Every row of every table, and what lies in the database's files beside them."""
    rows = serializers.serialize("json", [row for model in apps.get_models() for row in model._default_manager.all()])
    files = b""
    if connection.vendor == "sqlite":
        name = connection.settings_dict["NAME"]
        files = b"".join(path.read_bytes() for path in Path(name).parent.glob(f"{Path(name).name}*"))
    return rows.encode() + files


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("address", [ADD, UNDERSTAND])
def test_nowhere_in_answers_logs_and_database(sign_in, alice, make_domain, caplog, capfd, name, headers, address):
    text, octets = KEYS[name]
    make_domain("example.com")
    browser = sign_in(alice)
    caplog.set_level(logging.DEBUG)
    responses = [browser.post(address, typed(text), headers=headers), browser.get(PAGE), browser.get("/requests/")]
    answers = [response.serialize() for response in responses]
    printed = capfd.readouterr()
    assert "private key" in responses[0].content.decode()
    assert responses[0]["Cache-Control"] == "no-store"
    assert found(octets, *answers, caplog.text.encode(), printed.out.encode(), printed.err.encode(), database()) == []


def test_not_in_the_report_of_an_error_either(sign_in, alice, make_domain, monkeypatch, caplog, rf):
    text, octets = KEYS["pkcs8"]
    make_domain("example.com")
    monkeypatch.setattr("dnssec.forms.understand", lambda *_args: 1 / 0)
    browser = Client(raise_request_exception=False)
    browser.force_login(alice)
    caplog.set_level(logging.DEBUG)
    for address in (ADD, UNDERSTAND):
        response = browser.post(address, typed(text))
        assert response.status_code == 500
        assert found(octets, response.serialize(), caplog.text.encode(), database()) == []
    failures = [record for record in caplog.records if record.exc_info and hasattr(record, "request")]
    assert len(failures) == 2
    for record in failures:
        report = ExceptionReporter(record.request, *record.exc_info, is_email=True)
        assert "ZeroDivisionError" in report.get_traceback_text()
        assert found(octets, report.get_traceback_text().encode(), report.get_traceback_html().encode()) == []


def test_the_search_finds_what_it_looks_for():
    text, octets = KEYS["pkcs8"]
    assert found(octets, text.encode()) != []
    assert found(octets, octets.hex().encode()) != []
