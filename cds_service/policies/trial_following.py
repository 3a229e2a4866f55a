"""Brings the version that is on trial to this process; whatever is wrong with it, what is in force stays (ADR 15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.overlay import PublishedPolicy
from cds_service.telemetry import metrics

if TYPE_CHECKING:
    from cds_service.decisions.active import Configuration
    from cds_service.policies.views import Trial

_log = structlog.get_logger()


class TrialFollowing:
    """Follows which version is on trial, for one process."""

    def __init__(self, configuration: Configuration) -> None:
        """Take what to tell."""
        self._configuration = configuration
        self._seen: tuple[int, str] | None = None
        self._problems: list[str] = []

    @property
    def version(self) -> int | None:
        """The version that requests of this process are judged by too; none where a file is tried."""
        trial = self._configuration.current().decider.settings.trial
        return trial.version if trial is not None else None

    def take(self, found: Trial | None) -> None:
        """Take what the store has said. Where the content does not hold, nothing is on trial here."""
        self._follow(found)
        # A file that changes may hold a trial up, or let it go on.
        metrics.policy_on_trial(self.version)

    def _follow(self, found: Trial | None) -> None:
        key = (found.version, found.hash) if found is not None else None
        if key == self._seen:
            return
        problems: list[str] = []
        tried = None
        try:
            tried = PublishedPolicy(found.content, found.version, found.hash) if found is not None else None
        except ConfigurationError as error:
            problems = error.problems
        try:
            if tried is not None or self._configuration.trial is not None:
                self._configuration.use_trial(tried)
        except ConfigurationError as error:
            # What the files name beside it may have become unreadable, and may come right again.
            problems = error.problems
        else:
            self._seen = key
        self._tell(found, problems)

    def _tell(self, found: Trial | None, problems: list[str]) -> None:
        version = found.version if found is not None else None
        if not problems:
            _log.info("policy_on_trial", version=version, **({"hash": found.hash} if found is not None else {}))
        elif problems != self._problems:
            _log.error("policy_trial_refused", version=version, problems=problems)
        self._problems = problems
