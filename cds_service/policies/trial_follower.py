"""Applies the version on trial in this process; errors in it never affect what is in force (ADR 15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from cds_service.configuration.layers import ConfigurationError
from cds_service.telemetry import metrics

if TYPE_CHECKING:
    from cds_service.decisions.active import Configuration
    from cds_service.policies.views import Trial

_log = structlog.get_logger()


class TrialFollower:
    """Follows which version is on trial, for one process."""

    def __init__(self, configuration: Configuration) -> None:
        """Keep the configuration to update."""
        self._configuration = configuration
        self._seen: tuple[int, str] | None = None
        self._problems: list[str] = []

    @property
    def version(self) -> int | None:
        """The version on trial in this process; none if a file is on trial instead."""
        trial = self._configuration.current().decider.settings.trial
        return trial.version if trial is not None else None

    def take(self, found: Trial | None) -> None:
        """Apply what the store returned. If the content is not valid, nothing is on trial here."""
        self._follow(found)
        # A changed file may block a trial, or allow it again.
        metrics.policy_on_trial(self.version)

    def _follow(self, found: Trial | None) -> None:
        key = (found.version, found.hash) if found is not None else None
        if key == self._seen:
            return
        problems: list[str] = []
        tried = None
        try:
            tried = found.published if found is not None else None
        except ConfigurationError as error:
            problems = error.problems
        try:
            if tried is not None or self._configuration.trial is not None:
                self._configuration.use_trial(tried)
        except ConfigurationError as error:
            # Other files that the configuration names may be unreadable for a while.
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
