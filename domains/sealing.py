"""Sealing what must not be readable where it lies, under a key made from SECRET_KEY: the registries' passwords in the
database, mails about accounts at the broker.
"""

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class CannotUnseal(Exception):
    """The sealed text was made under another secret key, or is damaged."""


def seal(clear: str) -> str:
    """The text, encrypted and authenticated (Fernet), as ASCII."""
    return _box().encrypt(clear.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """The text that was sealed under SECRET_KEY or one of SECRET_KEY_FALLBACKS. Raises CannotUnseal."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotUnseal("The password was sealed under another SECRET_KEY: set it again.") from error


def _box() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"registry passwords").derive(secret.encode())
    return base64.urlsafe_b64encode(derived)
