"""What a flow knows beside its command: who asks, when, and under which transaction ids."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Account:
    """Who is logged in: the registrar, the registries that know it, and the extensions it announced."""

    registrar_id: str
    registries: frozenset[str]
    extension_uris: tuple[str, ...]


@dataclass(frozen=True)
class Occasion:
    """What a flow may need to know beside its command: who asks, when, and the names of the transaction."""

    account: Account
    now: datetime
    cl_trid: str | None
    sv_trid: str
