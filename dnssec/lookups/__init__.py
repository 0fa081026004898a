"""The only room that sends DNS queries: from the root hints down to a domain, asking every name server of every zone
on the way, all at once. What comes of it is a `Walk`, which `chain` judges.

All far sides are strangers. Only public addresses are asked (`addresses`), answers count only from where and to what
was asked (dnspython sees to that, `asking`), and time, questions, servers and depth all have an end (`walking`).
"""

import asyncio

from dns.name import Name

from dnssec.chain.recorded import Walk
from dnssec.lookups.addresses import may_be_asked
from dnssec.lookups.asking import Resolution, Sockets
from dnssec.lookups.walking import Walker

__all__ = ["Resolution", "Sockets", "Walker", "look_up", "may_be_asked"]


def look_up(name: Name, resolution: Resolution) -> Walk:
    """Walks to the zone of a name, or as far as there is a way. Raises nothing: what fails is recorded as trouble."""
    return asyncio.run(_look_up(name, resolution))


async def _look_up(name: Name, resolution: Resolution) -> Walk:
    network = Sockets(resolution)
    try:
        return await Walker(network).walk_with_signals(name)
    finally:
        await network.close()
