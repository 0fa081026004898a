"""The warden of a run: ends what the supervisor has started when the supervisor itself was killed and could not.

Standard library alone, started by its path: it is a process of its own and has to be small.
"""

import os
import signal
import sys
import time
from contextlib import suppress

GRACE = 1.0


def main() -> None:
    """Read `+GROUP` and `-GROUP` lines from the supervisor; when they end, end the process groups that are left."""
    # Whoever ends a whole run politely tells the supervisor, who tells us: by the end of the lines.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        groups = groups | {group} if line[0] == "+" else groups - {group}
    for number in (signal.SIGTERM, signal.SIGKILL):
        for group in groups:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number)
        if groups and number == signal.SIGTERM:
            time.sleep(GRACE)


if __name__ == "__main__":
    main()
