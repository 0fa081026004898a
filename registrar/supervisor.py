"""`./dev run`: starts everything that the console needs, watches over it and stops it again.

No Django in this process: it has to come up at once, outlive each of its children and never hang with one of them.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from signal import Signals

from registrar import env
from registrar.plan import (
    LOOPBACK,
    ROOT,
    CannotStart,
    Plan,
    Ports,
    check_settings,
    only_one,
    private_folder,
    read_plan,
    write_ports,
)
from registrar.processes import Child, Output, Warden, adopt_orphans, broker_command

START_LIMIT = 120.0
HEALTH_PATIENCE = 15.0  # A world may name somebody else's registry, and that one may be down.
FIRST_DELAY, LAST_DELAY, CALM = 0.5, 30.0, 30.0
STOP_LIMIT = 9.0


class Supervisor:
    """Everything that one run has started, in the order in which it is stopped."""

    def __init__(self, plan: Plan, output: Output, warden: Warden) -> None:
        def child(name: str, *command: str, grace: float = 1.0) -> Child:
            return Child(name, command, ROOT, plan.environ, output, warden, grace=grace)

        python, state = sys.executable, str(plan.state_dir)
        manage, celery = (python, "manage.py"), (python, "-m", "celery", "-q", "-A", "registrar")
        self._plan, self._output = plan, output
        self._is_up = self._stopping = False
        self._hurry = asyncio.Event()
        self.beat = child(
            "beat", *celery, "beat", "-s", f"{state}/celerybeat-schedule", "--pidfile=", "--loglevel", "WARNING"
        )
        self.worker = child(
            "worker", *celery, "worker", "-n", "worker@%h", "--pool", "prefork", "--loglevel", "INFO",
            "--without-gossip", "--without-mingle", grace=5.0,
        )  # fmt: skip
        self.web = child(
            "web", python, "-m", "granian", "--interface", "wsgi", "registrar.wsgi:application", "--host", LOOPBACK,
            "--port", str(plan.web), "--workers", "1", "--blocking-threads", "8", "--http", "1", "--no-ws",
        )  # fmt: skip
        self.registry = child(
            "registry", *manage, "mockregistry", "--world", str(plan.world), "--dir", f"{state}/registry",
            "--epp-port", str(plan.epp), "--dns-port", str(plan.dns),
        )  # fmt: skip
        self.migrate = child("migrate", *manage, "migrate", "--noinput")
        self.static = child("static", *manage, "collectstatic", "--noinput", "-v0")
        self.seed = child("seed", *manage, "seed", "--world", str(plan.world))
        self.broker = (
            child("broker", *broker_command(plan.broker, plan.state_dir / "broker", "--appendonly", "yes"))
            if plan.broker
            else None
        )

    async def run(self) -> None:
        """Start everything, keep it running until a signal comes, stop everything. Raises CannotStart."""
        task = asyncio.current_task()
        assert task
        loop = asyncio.get_running_loop()

        def asked_to_stop() -> None:
            if self._stopping:
                self._hurry.set()
            else:
                self._stopping = True
                task.cancel()

        for number in (Signals.SIGINT, Signals.SIGTERM, Signals.SIGHUP):
            loop.add_signal_handler(number, asked_to_stop)
        try:
            async with asyncio.TaskGroup() as group:
                try:
                    async with asyncio.timeout(START_LIMIT):
                        await self._start(group)
                except TimeoutError:
                    raise CannotStart(f"The console did not come up within {START_LIMIT:g} s.", 1) from None
        except* CannotStart as reasons:
            raise reasons.exceptions[0] from None
        except* asyncio.CancelledError:
            self._output.say("run", "stopping")
        finally:
            self._stopping = True
            await self._stop()

    async def _start(self, group: asyncio.TaskGroup) -> None:
        if self.broker and self._plan.broker:
            group.create_task(self._keep(self.broker))
            while not await self._answers(self._plan.broker, b"PING\r\n", b"+PONG"):
                await asyncio.sleep(0.02)
        group.create_task(self._keep(self.registry))
        static = group.create_task(self._once(self.static))
        await self._once(self.migrate)
        await self._once(self.seed)
        await static
        for child in (self.worker, self.web, self.beat):
            group.create_task(self._keep(child))
        await self.registry.up.wait()
        await self.worker.up.wait()
        while not await self._healthy("/healthz?live"):
            await asyncio.sleep(0.05)
        try:
            async with asyncio.timeout(HEALTH_PATIENCE):
                while not await self._healthy("/healthz"):
                    await asyncio.sleep(0.3)
        except TimeoutError:
            self._output.say("run", f"{self._plan.url}healthz names what is not well; the console runs all the same")
        self._is_up = True
        self._output.ready(self._plan.url)

    async def _once(self, child: Child) -> None:
        await child.start()
        if status := await child.ended():
            raise self._failure(child, "failed", status)

    async def _keep(self, child: Child) -> None:
        """Start the child again whenever it ends, soon at first, later and later then; CannotStart before all is up."""
        delay, clock = FIRST_DELAY, asyncio.get_running_loop().time
        while True:
            began = clock()
            await child.start()
            status = await child.ended()
            if status >= 0 and not self._is_up:
                raise self._failure(child, "ended before all was up", status)
            if clock() - began >= CALM:
                delay = FIRST_DELAY
            how = f"status {status}" if status >= 0 else Signals(-status).name
            self._output.say("run", f"{child.name} ended ({how}), starting it again in {delay:g} s")
            await asyncio.sleep(delay)
            delay = min(2 * delay, LAST_DELAY)

    def _failure(self, child: Child, how: str, status: int) -> CannotStart:
        sentence = child.last_line.removeprefix("CommandError: ")
        return CannotStart(f"{child.name} {how}: {sentence}", 2 if status == 2 else 1)

    async def _stop(self) -> None:
        clock = asyncio.get_running_loop().time
        deadline = clock() + STOP_LIMIT
        order = (self.beat, self.worker, self.web, self.seed, self.static, self.migrate, self.registry, self.broker)
        for child in filter(None, order):
            await child.stop(max(0.0, min(child.grace, deadline - clock())), self._hurry)

    async def _healthy(self, path: str) -> bool:
        # The console may be told to answer to other names only.
        host = env.names(self._plan.environ, "ALLOWED_HOSTS", [LOOPBACK])[0].lstrip(".").replace("*", LOOPBACK)
        request = f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode()
        return await self._answers(self._plan.web, request, b"HTTP/1.0 200", b"HTTP/1.1 200")

    async def _answers(self, where: int | Path, request: bytes, *expected: bytes) -> bool:
        try:
            async with asyncio.timeout(5):
                reader, writer = await (
                    asyncio.open_connection(LOOPBACK, where)
                    if isinstance(where, int)
                    else asyncio.open_unix_connection(where)
                )
                writer.write(request)
                line = await reader.readline()
                writer.close()
        except (OSError, TimeoutError):
            return False
        return line.startswith(expected)


def start(environ: Mapping[str, str], output: Output) -> None:
    """Run the console until a signal stops it. Raises CannotStart or env.MalformedSetting."""
    with closing(Ports()) as ports:
        plan = read_plan(environ, ports)
        with only_one(plan.state_dir):
            check_settings(plan)
            if plan.broker:
                private_folder(plan.state_dir / "broker")
                private_folder(plan.broker.parent)
            write_ports(plan)
            adopt_orphans()
            try:
                with closing(Warden()) as warden:
                    asyncio.run(Supervisor(plan, output, warden).run())
            finally:
                if plan.broker and not plan.broker.is_relative_to(plan.state_dir):
                    shutil.rmtree(plan.broker.parent, ignore_errors=True)


def main() -> int:
    """The process: returns its exit status; every failure is one sentence on standard error."""
    output = Output()
    try:
        start(os.environ, output)
    except (CannotStart, env.MalformedSetting) as error:
        reason, status = str(error), error.status if isinstance(error, CannotStart) else 2
    except OSError as error:
        reason, status = f"{error.filename or 'the system'}: {error.strerror or error}.", 1
    except KeyboardInterrupt:
        return 130
    else:
        output.close()
        return 0
    output.close()
    prefix = "The console cannot start: "
    print(reason if reason.startswith(prefix) else prefix + reason, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
