"""The chain of trust of a domain, judged from what name servers were heard to say (pure): `judge(walk, ...) -> Chain`.

`recorded` is what comes in, `results` what goes out, `findings` what is said. `verdict` goes from link to link:
`parent` reads the DS records, `keyset` finds the path to the DNSKEY records, `data` looks at the zone's records, `cds`
at what it asks for, `servers` at who answers; `links` puts it together. `signatures` and `denial` verify, by `policy`.
"""

from dnssec.chain.findings import Finding, Severity
from dnssec.chain.recorded import Answer, End, RecordedZone, Server, Trouble, Walk
from dnssec.chain.results import Chain, DsRecord, Link, ServerState, Times, Verdict, ZoneKey
from dnssec.chain.verdict import judge

__all__ = [
    "Answer",
    "Chain",
    "DsRecord",
    "End",
    "Finding",
    "Link",
    "RecordedZone",
    "Server",
    "ServerState",
    "Severity",
    "Times",
    "Trouble",
    "Verdict",
    "Walk",
    "ZoneKey",
    "judge",
]
