"""Chains as they are kept in a row: to JSON and back, losing nothing that a page shows (pure)."""

import base64
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dnssec.chain import Chain, DsRecord, Finding, Link, ServerState, Severity, Times, Verdict, ZoneKey
from dnssec.chain.findings import Rule

type Json = dict[str, Any]


def to_json(chain: Chain) -> Json:
    """What json.dumps takes."""
    return {
        "name": chain.name,
        "zone": chain.zone,
        "is_zone": chain.is_zone,
        "verdict": chain.verdict.value,
        "links": [_link_to_json(link) for link in chain.links],
        "findings": findings_to_json(chain.findings),
        "checked_at": chain.checked_at,
        "candidate": chain.candidate,
    }


def from_json(kept: Json) -> Chain:
    """The chain that `to_json` was given. Raises KeyError, ValueError or TypeError for anything else."""
    return Chain(
        **{name: kept[name] for name in ("name", "zone", "is_zone", "checked_at", "candidate")},
        verdict=Verdict(kept["verdict"]),
        links=tuple(_link_from_json(link) for link in kept["links"]),
        findings=findings_from_json(kept["findings"]),
    )


def findings_to_json(findings: tuple[Finding, ...]) -> list[Json]:
    """What json.dumps takes: with their sentences as templates, so that each reader's language can be used."""
    return [
        {
            "id": found.id,
            "severity": found.severity.value,
            "template": found.rule.template,
            "advice": found.rule.advice,
            "zone": found.zone,
            "server": found.server,
            "fatal": found.fatal,
            "params": {
                name: value if isinstance(value, int | Mapping) else str(value) for name, value in found.params.items()
            },
        }
        for found in findings
    ]


def findings_from_json(kept: list[Json]) -> tuple[Finding, ...]:
    """The findings that `findings_to_json` was given."""
    return tuple(
        Finding(
            Rule(found["id"], Severity(found["severity"]), found["template"], found["advice"]),
            Severity(found["severity"]),
            found["zone"],
            found["server"],
            found["fatal"],
            found["params"],
        )
        for found in kept
    )


def _link_to_json(link: Link) -> Json:
    return {
        "zone": link.zone,
        "verdict": link.verdict.value,
        "servers": [asdict(server) for server in link.servers],
        "ds": [asdict(record) for record in link.ds],
        "keys": [asdict(key) | {"public_key": base64.b64encode(key.public_key).decode()} for key in link.keys],
        "times": asdict(link.times),
        "findings": findings_to_json(link.findings),
        "keys_expire": link.keys_expire,
    }


def _link_from_json(kept: Json) -> Link:
    return Link(
        zone=kept["zone"],
        verdict=Verdict(kept["verdict"]),
        servers=tuple(ServerState(**server) for server in kept["servers"]),
        ds=tuple(
            DsRecord(**record | {"servers": tuple(record["servers"]), "keys": tuple(record["keys"])})
            for record in kept["ds"]
        ),
        keys=tuple(_key_from_json(key) for key in kept["keys"]),
        times=Times(**kept["times"]),
        findings=findings_from_json(kept["findings"]),
        keys_expire=kept["keys_expire"],
    )


def _key_from_json(kept: Json) -> ZoneKey:
    servers = {name: tuple(kept[name]) for name in ("servers", "signs_keys_on", "signs_data_on")}
    return ZoneKey(**kept | servers | {"public_key": base64.b64decode(kept["public_key"])})
