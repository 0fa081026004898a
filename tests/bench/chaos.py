"""A long performance of chaos: at least a thousand requests under random kills and cuts."""

import tempfile
from pathlib import Path

from tests.chaos.play import perform


def measure() -> dict[str, object]:
    """The figures of the performance; `wrong` is to be empty. Takes some ten minutes."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as home:
        return perform(Path(home) / "stage", operations=1000, seconds=900, domains=120, pace=0.4)
