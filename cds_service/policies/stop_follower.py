"""Applies stopped topics in this process, and reports them in the log and the metrics."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import structlog

from cds_service.configuration.layers import ConfigurationError
from cds_service.telemetry import metrics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cds_service.configuration.stop import Stop
    from cds_service.decisions.active import Configuration

_REMIND_EVERY_S = 3600.0
_log = structlog.get_logger()


class StopFollower:
    """Follows which topics are stopped, for one process."""

    def __init__(self, configuration: Configuration) -> None:
        """Keep the configuration to update."""
        self._configuration = configuration
        self._told = 0.0
        self._problems: list[str] = []

    @property
    def here(self) -> tuple[Stop, ...]:
        """The topics that are stopped in this process."""
        return self._configuration.stops

    @property
    def is_refused(self) -> bool:
        """Whether this process's configuration files prevent it from applying a stop or its end."""
        return bool(self._problems)

    def take(self, found: Sequence[Stop]) -> None:
        """Apply what the store returned."""
        before, wanted = self._configuration.stops, tuple(found)
        if wanted != before or self._problems:
            self._use(wanted, before)
        if self.here and time.monotonic() - self._told > _REMIND_EVERY_S:
            self._tell()

    def _use(self, wanted: tuple[Stop, ...], before: tuple[Stop, ...]) -> None:
        try:
            self._configuration.use_stops(wanted)
        except ConfigurationError as error:
            if error.problems != self._problems:
                _log.error("topics_not_stopped", topics=[stop.topic for stop in wanted], problems=error.problems)
            self._problems = error.problems
            return
        self._problems = []
        for stop in before:
            if stop not in wanted:
                _log.warning("topic_stop_settled", topic=stop.topic, stop=stop.number)
                metrics.topic_stopped(stop.topic, stopped=False)
        for stop in wanted:
            metrics.topic_stopped(stop.topic, stopped=True)
        if wanted:
            self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        for stop in self.here:
            # Without the name and the reason, because logs are seen by more people than the workbench.
            _log.warning(
                "topic_stopped",
                topic=stop.topic,
                stop=stop.number,
                since=stop.at.isoformat(),
                meaning="its cards are not shown until two people settle it",
            )
