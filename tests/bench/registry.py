"""How fast the conversation with a registry is: the mock registry beside a server that only answers, the gateway beside
a client that only reads, and a whole operation beside the round trips that it needs."""

import io
import logging
import socket
import ssl
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from dnssec.keys import DnsKey
from dnssec.models import DelegationSigner
from dnssec.operations import add_key, remove_key
from dnssec.provisioning import carry_out
from domains import registry as door
from domains.epp.client import Client, client_context
from domains.epp.commands import Command, InfoDomain, Login, UpdateDomain
from domains.epp.framing import HEADER, frame
from domains.epp.responses import Response, parse_response
from domains.epp.secdns import DsData, SecDnsUpdate
from domains.models import Domain, Operation, Person, Registry
from tests.bench.far_side import FORK, echo, long_way, mock_registry

PASSWORD = "bench-secret"
# Public keys of algorithm 13 have 64 octets; nothing is signed with these.
KEY, OTHER_KEY = (DnsKey(257, 3, 13, bytes(range(first, first + 64))) for first in (1, 101))
ROUNDS, EXCHANGES, UPDATES = 30, 50, 20
OPERATIONS = 60
LATENCY, SESSIONS, OPERATIONS_EACH = 0.5, 8, 4

type Exchange = Callable[[], object]


def measure() -> dict[str, float]:
    """
    The ratios, each of rates measured in turns, and the times in milliseconds:

    info, update: the mock registry beside an echo over TLS with frames of the same size, from one plain client.
    gateway: domain:info by a kept session of the gateway, beside that plain client and the same server; gateway_call
    is the same with a session asked for and given back each time, which writes that the registry answers.
    operation_ms: a whole operation, from the task's start to its stored outcome, without its round trips (median).
    late: commands a second of eight processes with a session each and half a second of latency, beside sessions /
    latency; each has carried out one operation before.
    """
    state = Path(settings.STATE_DIR)
    world = state / "bench.toml"
    world.write_text(_world())
    call_command("migrate", verbosity=0)
    call_command("seed", world=world, verbosity=0, stdout=io.StringIO())
    connections.close_all()
    # The lines of the log are written as ever, only not to the terminal.
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(io.StringIO())
    with mock_registry(world, settings.MOCK_REGISTRY_DIR) as port:
        # First, for it forks: nothing is connected to anything yet.
        late = _late(port)
        settings.EPP_PORT = port
        facts = _beside_an_echo(port) | _beside_a_plain_client(port) | _whole_operations()
        door.close_all()
    return facts | late


def _world() -> str:
    names = [f"d{number}.com" for number in range(2 + SESSIONS * OPERATIONS_EACH)]
    domains = "\n".join(
        f'[[domain]]\nname = "{name}"\nowner = "alice@example.net"\n'
        f'nameservers = ["ns1.example.net", "ns2.example.net"]\n'
        f'registrant = {{ name = "Alice", email = "r@example.net" }}\n'
        f'keys = [ {{ flags = 257, algorithm = 13, public_key = "{KEY.base64}" }} ]\n'
        for name in names
    )
    return f"""
person = [ {{ email = "alice@example.net", name = "Alice", password = "{PASSWORD}" }} ]
registry = [ {{ name = "north", interface = "ds", registrar_id = "console", password = "{PASSWORD}" }} ]
tld = [ {{ name = "com", registry = "north" }} ]
{domains}"""


# ---- the mock registry beside an echo ----


def _beside_an_echo(port: int) -> dict[str, float]:
    add, remove = _updates("d0.com")
    with _plain_client(port, logged_in=True) as ask:
        info = frame(InfoDomain("d0.com").to_xml("BENCH-INFO"))
        sizes = [len(ask(octets)) + HEADER for octets in (info, add, remove)]
        with (
            echo(settings.MOCK_REGISTRY_DIR, sizes[0]) as info_port,
            echo(settings.MOCK_REGISTRY_DIR, sizes[1]) as update_port,
            _plain_client(info_port) as echo_info,
            _plain_client(update_port) as echo_update,
        ):
            changes = _alternately(add, remove)
            rates = _rates(
                {
                    "info": lambda: ask(info),
                    "echo": lambda: echo_info(info),
                },
                EXCHANGES,
            )
            rates |= _rates({"update": lambda: ask(next(changes)), "echo_of_update": lambda: echo_update(add)}, UPDATES)
    return {
        "info": rates["info"] / rates["echo"],
        "update": rates["update"] / rates["echo_of_update"],
        "info_a_second": rates["info"],
        "update_a_second": rates["update"],
        "echo_a_second": rates["echo"],
    }


def _updates(name: str) -> tuple[bytes, bytes]:
    record = DsData(OTHER_KEY.key_tag, 13, 2, bytes.fromhex(OTHER_KEY.ds(name, 2)))
    changes = SecDnsUpdate(add=(record,)), SecDnsUpdate(remove=(record,))
    add, remove = (frame(UpdateDomain(name, change).to_xml("BENCH-UPDATE")) for change in changes)
    return add, remove


def _alternately(add: bytes, remove: bytes) -> Iterator[bytes]:
    while True:
        yield add
        yield remove


@contextmanager
def _plain_client(port: int, *, logged_in: bool = False) -> Iterator[Callable[[bytes], bytes]]:
    """A blocking client that sends a frame and gives the body of the next; of answers it reads no more."""
    pki = settings.MOCK_REGISTRY_DIR / "pki"
    context = client_context(ca=pki / "ca.pem", cert=pki / "client.pem", key=pki / "client.key")
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:

            def ask(octets: bytes) -> bytes:
                connection.sendall(octets)
                return _body(connection)

            if logged_in:
                _body(connection)
                answer = parse_response(ask(frame(Login("console", PASSWORD).to_xml("BENCH-LOGIN"))))
                assert answer.code == 1000, answer
            yield ask


def _body(connection: ssl.SSLSocket) -> bytes:
    left = int.from_bytes(_exactly(connection, HEADER)) - HEADER
    return _exactly(connection, left)


def _exactly(connection: ssl.SSLSocket, count: int) -> bytes:
    octets = b""
    while len(octets) < count:
        piece = connection.recv(count - len(octets))
        assert piece, "the server ended the connection"
        octets += piece
    return octets


# ---- the gateway beside a plain client ----


def _beside_a_plain_client(port: int) -> dict[str, float]:
    registry = Registry.objects.get()

    def kept() -> object:
        return session.info("d0.com", cl_trid=door.new_cl_trid("I"))

    def called() -> object:
        with door.session(registry) as each_time:
            return each_time.info("d0.com", cl_trid=door.new_cl_trid("I"))

    info = frame(InfoDomain("d0.com").to_xml(door.new_cl_trid("I")))
    with _plain_client(port, logged_in=True) as ask, door.session(registry) as session:
        rates = _rates({"kept": kept, "called": called, "plain": lambda: ask(info)}, EXCHANGES)
    return {"gateway": rates["kept"] / rates["plain"], "gateway_call": rates["called"] / rates["plain"]}


def _rates(exchanges: dict[str, Exchange], count: int) -> dict[str, float]:
    """How many a second of each, in the best of several rounds that are taken in turns."""
    best = dict.fromkeys(exchanges, 0.0)
    for _round in range(ROUNDS):
        for name, exchange in exchanges.items():
            start = time.perf_counter()
            for _number in range(count):
                exchange()
            best[name] = max(best[name], count / (time.perf_counter() - start))
    return best


# ---- whole operations ----


class Wire:
    """Adds up the seconds that commands are on the wire, from the first octet out to the last one in."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.commands = 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While it lasts, every client's commands count."""
        send = Client.send

        def watch(client: Client, command: Command, *, cl_trid: str, timeout: float | None = None) -> Response:
            response = send(client, command, cl_trid=cl_trid, timeout=timeout)
            self.seconds += client.last.seconds
            self.commands += 1
            return response

        Client.send = watch  # type: ignore[method-assign]
        try:
            yield
        finally:
            Client.send = send  # type: ignore[method-assign]


def _whole_operations() -> dict[str, float]:
    own, on_the_wire = [], []
    for _number in range(OPERATIONS):
        operation, wire = _asked("d1.com"), Wire()
        with wire.watched():
            start = time.perf_counter()
            carry_out(operation.pk)
            seconds = time.perf_counter() - start
        operation.refresh_from_db()
        assert operation.status == Operation.Status.SUCCESSFUL, operation.message
        own.append(1000 * (seconds - wire.seconds))
        on_the_wire.append(1000 * wire.seconds)
    return {"operation_ms": statistics.median(own), "round_trips_ms": statistics.median(on_the_wire)}


def _asked(name: str) -> Operation:
    """What a person asks for: a second key on the domain, or that it be deleted again."""
    person, domain = Person.objects.get(), Domain.objects.get(name=name)
    row = DelegationSigner.objects.filter(domain=domain, key_tag=OTHER_KEY.key_tag).first()
    return remove_key(row, requested_by=person) if row else add_key(domain, OTHER_KEY, requested_by=person)


# ---- with latency ----


def _late(port: int) -> dict[str, float]:
    """Processes with a session of their own, as workers are, carry operations out; all begin at once."""
    with long_way(port, LATENCY) as far_port:
        settings.EPP_PORT = far_port
        all_ready, told = FORK.Barrier(SESSIONS), FORK.SimpleQueue()

        def work(number: int) -> None:
            names = [f"d{2 + number * OPERATIONS_EACH + place}.com" for place in range(OPERATIONS_EACH)]
            first, *operations = [_asked(name) for name in names]
            carry_out(first.pk)
            wire = Wire()
            all_ready.wait()
            start = time.monotonic()
            with wire.watched():
                for operation in operations:
                    carry_out(operation.pk)
            told.put((start, time.monotonic(), wire.commands))
            door.close_all()

        workers = [FORK.Process(target=work, args=(number,), daemon=True) for number in range(SESSIONS)]
        for worker in workers:
            worker.start()
        results = [told.get() for _worker in workers]
        for worker in workers:
            worker.join()
    starts, ends, commands = zip(*results, strict=True)
    assert not Operation.objects.exclude(status=Operation.Status.SUCCESSFUL).exists()
    rate = sum(commands) / (max(ends) - min(starts))
    return {"late": rate / (SESSIONS / LATENCY), "late_commands_a_second": rate}
