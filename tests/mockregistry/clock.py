"""A clock for registries whose time a test decides."""

from datetime import UTC, datetime


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.time = datetime(2030, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time
