"""Keys and DS records for tests of the registry; the digests of example.com were computed by hand from RFC 4034."""

import base64
import hashlib

from domains.epp.secdns import DsData, KeyData

KEY = KeyData(
    257,
    3,
    13,
    base64.b64decode("mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="),
)
OTHER_KEY = KeyData(256, 3, 15, base64.b64decode("kQTgwImgthy9G6T5hTGBtrsCvEGUuM0ImadpYvZze5M="))


def ds_of(key: KeyData, name: str, digest_type: int = 2) -> DsData:
    """The DS record of a key, by the letter of RFC 4034, appendix B and section 5.1.4."""
    rdata = key.flags.to_bytes(2) + bytes([key.protocol, key.algorithm]) + key.public_key
    total = sum(octet if place % 2 else octet << 8 for place, octet in enumerate(rdata))
    owner = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    digest = {2: hashlib.sha256, 4: hashlib.sha384}[digest_type](owner + rdata).digest()
    return DsData((total + (total >> 16)) & 0xFFFF, key.algorithm, digest_type, digest)


def some_ds(number: int) -> DsData:
    """One of many well-formed DS records."""
    return DsData(number, 13, 2, bytes([number]) * 32)
