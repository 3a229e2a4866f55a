"""Brings the stopped topics to this process, and says in the log and the metrics that they are stopped."""

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


class StopFollowing:
    """Follows which topics are stopped, for one process."""

    def __init__(self, configuration: Configuration) -> None:
        """Take what to tell."""
        self._configuration = configuration
        self._told = 0.0
        self._problems: list[str] = []

    @property
    def here(self) -> tuple[Stop, ...]:
        """The topics that requests of this process are answered without."""
        return self._configuration.stops

    @property
    def is_refused(self) -> bool:
        """Whether the files of this process keep it from taking what was stopped or put back."""
        return bool(self._problems)

    def take(self, found: Sequence[Stop]) -> None:
        """Take what the store has said."""
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
            # Neither the name nor the reason: a log goes further than the workbench.
            _log.warning(
                "topic_stopped",
                topic=stop.topic,
                stop=stop.number,
                since=stop.at.isoformat(),
                meaning="its cards are not shown until two people settle it",
            )
