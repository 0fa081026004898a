"""Whom a query may go to: nobody is to reach our own network by naming it as their name server (pure)."""

from ipaddress import IPv6Address, ip_address, ip_network

# RFC 6890 and what came after it; Python's own table says "global" to some of these.
NEVER_PUBLIC = [
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
]
PUBLIC_IPV6 = ip_network("2000::/3")


def may_be_asked(address: str, *, allow_private: bool = False) -> bool:
    """Whether a query may go to an address: one of the public internet, so that nobody reaches our own network by
    naming it as their name server."""
    try:
        number = ip_address(address)
    except ValueError:
        return False
    if number.is_multicast or number.is_unspecified or address == "255.255.255.255":
        return False
    if allow_private:
        return True
    if isinstance(number, IPv6Address) and number not in PUBLIC_IPV6:
        return False  # Among them IPv4 in disguise (::ffff:0:0/96, 64:ff9b::/96), link-local and unique local ones.
    return not any(number in network for network in NEVER_PUBLIC if network.version == number.version)
