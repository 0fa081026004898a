"""Which algorithms and digests a validating resolver in general use can check, and which a zone should use (pure).

As of November 2026 (RFC 9904 and the IANA registries that it made the place of the standing; RFC 9905, RFC 9906). What
such a resolver cannot check it treats as if it were not there (RFC 4035 section 5.2): a zone with nothing else is
insecure.
"""

from dns.dnssec import Policy
from dns.dnssectypes import DSDigest
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.dnskeybase import Flag

# RSASHA1 and SHA-1 must not be used for new signatures and delegations, and resolvers still check them (RFC 9905).
ALGORITHMS = frozenset({5, 7, 8, 10, 13, 14, 15, 16})
SHA1, SHA256, SHA384 = 1, 2, 4
DIGESTS = frozenset({SHA1, SHA256, SHA384})
DIGEST_LENGTHS = {SHA1: 20, SHA256: 32, SHA384: 48}

# More NSEC3 iterations than this are not computed: such a denial proves nothing and is insecure (RFC 9276 section 3.2).
MOST_ITERATIONS = 150


class ValidationPolicy(Policy):
    """What dnspython may verify; it is never asked to sign."""

    def ok_to_validate(self, key: DNSKEY) -> bool:
        """Whether signatures of this key are checked."""
        return key.algorithm in ALGORITHMS

    def ok_to_validate_ds(self, algorithm: DSDigest) -> bool:
        """Whether digests of this type are compared."""
        return algorithm in DIGESTS

    def ok_to_create_ds(self, algorithm: DSDigest) -> bool:
        """To compare a digest is to make one."""
        return algorithm in DIGESTS


POLICY = ValidationPolicy()  # type: ignore[no-untyped-call]  # dnspython leaves it untyped.


def is_zone_key(key: DNSKEY) -> bool:
    """Whether a key may sign a zone at all (RFC 4034 sections 2.1.1 and 2.1.2)."""
    return bool(key.flags & Flag.ZONE) and key.protocol == 3


def is_revoked(key: DNSKEY) -> bool:
    """Whether a key was revoked: from then on it may serve nothing but that announcement (RFC 5011 section 2.1)."""
    return bool(key.flags & Flag.REVOKE)


def is_sep(key: DNSKEY) -> bool:
    """Whether a key is marked as the one that DS records name (RFC 4034 section 2.1.1)."""
    return bool(key.flags & Flag.SEP)
