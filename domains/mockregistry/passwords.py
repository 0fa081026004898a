"""How the registry keeps its registrars' passwords: salted and hashed."""

import hashlib
import hmac
import secrets


def new_salt() -> bytes:
    """Returns the salt for a new password."""
    return secrets.token_bytes(16)


def hashed(password: str, salt: bytes) -> bytes:
    """Returns what is kept of a password."""
    return hashlib.scrypt(password.encode(), salt=salt, n=2**10, r=8, p=1)


def fits(password: str, salt: bytes, kept: bytes) -> bool:
    """True when this is the password of which ``kept`` is the hash."""
    return hmac.compare_digest(kept, hashed(password, salt))
