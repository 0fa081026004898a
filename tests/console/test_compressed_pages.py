"""Pages are sent compressed, and nothing lasting can be read from how long they get."""

import gzip
import re

import pytest

PAGE = "/domains/example.com/dnssec/"
GZIP = {"Accept-Encoding": "gzip"}
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([A-Za-z0-9]+)"')


@pytest.fixture
def client(make_domain, sign_in, alice):
    make_domain("example.com")
    return sign_in(alice)


def test_who_takes_it_gets_a_page_compressed(client):
    plain, compressed = client.get(PAGE), client.get(PAGE, headers=GZIP)
    assert (compressed["Content-Encoding"], plain.has_header("Content-Encoding")) == ("gzip", False)
    assert "Accept-Encoding" in compressed["Vary"]
    assert len(compressed.content) < len(plain.content) / 3
    assert b"Manage keys" in gzip.decompress(compressed.content)


def test_one_page_is_never_as_long_as_another(client):
    lengths = {len(client.get("/tlds/", headers=GZIP).content) for _once in range(20)}
    assert len(lengths) > 5


def test_the_token_in_a_page_is_another_each_time(client):
    tokens = {TOKEN.findall(gzip.decompress(client.get(PAGE, headers=GZIP).content))[0] for _once in range(3)}
    assert len(tokens) == 3


def test_an_export_is_compressed_while_it_is_written(client):
    answer = client.get("/domains.csv", headers=GZIP)
    assert (answer.streaming, answer["Content-Encoding"]) == (True, "gzip")
    assert b"example.com" in gzip.decompress(answer.getvalue())
