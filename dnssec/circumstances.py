"""What a paste on a domain is judged with: its TLD's policy and the keys it has."""

import base64
from collections.abc import Iterable

from dnssec.algorithms import offered
from dnssec.models import DelegationSigner
from dnssec.paste import Circumstances, Known
from domains.models import Domain


def circumstances_of(domain: Domain, keys: Iterable[DelegationSigner], *, flags: int, algorithm: int) -> Circumstances:
    """The circumstances of a domain read with its TLD, and of what the form says beside the paste."""
    return Circumstances(
        domain=domain.name,
        flags=flags,
        algorithm=algorithm,
        taken=[row.number for row in offered(domain.tld.algorithms)],
        existing=[known(key) for key in keys],
        max_keys=domain.tld.max_keys,
    )


def known(key: DelegationSigner) -> Known:
    """A key's row, for comparing."""
    return Known(
        algorithm=key.algorithm,
        key_tag=key.key_tag,
        flags=key.flags,
        public_key=base64.b64decode(key.public_key),
        ds=key.ds,
        confirmed=key.state != DelegationSigner.State.UNCONFIRMED,
    )
