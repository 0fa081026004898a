"""The registry's own certificates: made once, for the loopback address, keys for the owner's eyes only."""

import ipaddress
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from domains.mockregistry.pki import ensure_pki

FILES = ["ca.pem", "client.key", "client.pem", "server.key", "server.pem"]


def test_five_files_are_made_and_only_their_owner_may_read_them(tmp_path: Path):
    ensure_pki(tmp_path / "pki")
    assert sorted(path.name for path in (tmp_path / "pki").iterdir()) == FILES
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "pki").iterdir()} == {0o600}
    assert stat.S_IMODE((tmp_path / "pki").stat().st_mode) == 0o700


def test_the_server_is_named_localhost_and_127_0_0_1_for_ten_years(tmp_path: Path):
    pki = ensure_pki(tmp_path / "pki", datetime(2030, 1, 1, tzinfo=UTC))
    certificate = x509.load_pem_x509_certificate(pki.server_cert.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("127.0.0.1")]
    assert certificate.not_valid_after_utc.year == 2039
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"


def test_what_is_complete_is_kept(tmp_path: Path):
    before = [path.read_bytes() for path in vars(ensure_pki(tmp_path / "pki")).values()]
    assert [path.read_bytes() for path in vars(ensure_pki(tmp_path / "pki")).values()] == before


@pytest.mark.parametrize("missing", FILES)
def test_when_one_file_is_missing_all_are_made_anew(tmp_path: Path, missing: str):
    before = [path.read_bytes() for path in vars(ensure_pki(tmp_path / "pki")).values()]
    (tmp_path / "pki" / missing).unlink()
    after = [path.read_bytes() for path in vars(ensure_pki(tmp_path / "pki")).values()]
    assert not set(before) & set(after)
