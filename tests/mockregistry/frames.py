"""Frames written by hand, for tests of what no command of ours says."""

from tests.epp.vectors import DOMAIN, EPP

HOST = 'xmlns:host="urn:ietf:params:xml:ns:host-1.0"'
CONTACT = 'xmlns:contact="urn:ietf:params:xml:ns:contact-1.0"'


def command(inner: str, extension: str = "") -> str:
    """A command with the transaction id of the RFCs' examples."""
    extended = f"<extension>{extension}</extension>" if extension else ""
    return f"<epp {EPP}><command>{inner}{extended}<clTRID>ABC-12345</clTRID></command></epp>"


def domain_info(name: str, inner: str = "", hosts: str = "all") -> str:
    """A domain:info command."""
    return command(
        f'<info><domain:info {DOMAIN}><domain:name hosts="{hosts}">{name}</domain:name>{inner}</domain:info></info>'
    )


def domain_update(name: str, *, add: str = "", rem: str = "", chg: str = "", extension: str = "") -> str:
    """A domain:update command."""
    parts = "".join(
        f"<domain:{part}>{inner}</domain:{part}>" for part, inner in (("add", add), ("rem", rem), ("chg", chg)) if inner
    )
    return command(
        f"<update><domain:update {DOMAIN}><domain:name>{name}</domain:name>{parts}</domain:update></update>", extension
    )


def status(*names: str) -> str:
    """Statuses within an update."""
    return "".join(f'<domain:status s="{name}"/>' for name in names)


def servers(*names: str) -> str:
    """Name servers within an update."""
    return "<domain:ns>" + "".join(f"<domain:hostObj>{name}</domain:hostObj>" for name in names) + "</domain:ns>"


def contact(kind: str, identity: str) -> str:
    """A contact within an update."""
    return f'<domain:contact type="{kind}">{identity}</domain:contact>'
