"""The emergency stop of a topic, as the settings keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class Stop(NamedTuple):
    """A topic that is stopped: by whom, when and why. ``number`` is the number of the step that stopped it."""

    topic: str
    number: int
    at: datetime
    by: str
    reason: str

    @property
    def layer(self) -> str:
        """The name of this stop among the configuration layers."""
        return f"stop {self.number}"

    @property
    def says(self) -> str:
        """Describe it in one line, as shown next to a configuration value."""
        return f"{self.layer}, {self.at:%Y-%m-%d %H:%M} UTC by {self.by}: {' '.join(self.reason.split())}"
