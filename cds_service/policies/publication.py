"""Keeps this process up to date with what is published, by polling the store every two seconds (ADR 15)."""

from __future__ import annotations

import threading
import time
from enum import StrEnum
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cds_service.configuration.layers import ConfigurationError
from cds_service.policies.stop_follower import StopFollower
from cds_service.policies.trial_follower import TrialFollower
from cds_service.telemetry import metrics

if TYPE_CHECKING:
    from cds_service.decisions.active import Configuration
    from cds_service.policies.library import Library
    from cds_service.policies.views import StoredPolicy

EVERY_S = 2.0
_log = structlog.get_logger()


class Standing(StrEnum):
    """Whether this process has taken what is published."""

    NOT_ASKED = "not-asked"
    """The store has not answered since the start: only the configuration files are in force."""
    IN_FORCE = "in-force"
    NONE = "none"
    REFUSED = "refused"
    """This release does not accept what is published; the previous state stays in force."""


class Publication:
    """Follows what is published, for one process. If anything goes wrong, the last good policy stays in force."""

    def __init__(self, library: Library, configuration: Configuration) -> None:
        """Keep the store to poll and the configuration to update."""
        self._library = library
        self._configuration = configuration
        self._seen: tuple[int, str] | None = None
        self._is_reached = True
        self._may_be_put_right = False
        self._problems: list[str] = []
        self._trials = TrialFollower(configuration)
        self._stops = StopFollower(configuration)
        self.standing = Standing.NOT_ASKED

    @property
    def version(self) -> int | None:
        """The version in force in this process; ``None`` means only the configuration files."""
        published = self._configuration.current().decider.settings.published
        return published.version if published is not None else None

    @property
    def trial(self) -> int | None:
        """The version on trial in this process, if any."""
        return self._trials.version

    @property
    def stops(self) -> StopFollower:
        """The topics that are stopped in this process."""
        return self._stops

    def look(self) -> None:
        """Poll the store once. Errors of the store or in a content are never raised."""
        try:
            # In this order, so that a version published meanwhile is never both in force and on trial.
            found, trial = self._library.in_force(), self._library.on_trial()
            stopped = self._library.stops.open()
            kept = self._library.stops.open(without=found.version) if found is not None else stopped
        except SQLAlchemyError as error:
            if self._is_reached:
                _log.warning("policy_store_unreachable", reason=type(error).__name__, in_force=self.version)
            self._is_reached = False
            return
        if not self._is_reached:
            _log.info("policy_store_back")
        self._is_reached = True
        key = (found.version, found.hash) if found is not None else None
        if self.standing is Standing.NOT_ASKED or key != self._seen:
            self._seen, self._problems = key, []
            self._take(found)
        elif self._may_be_put_right:
            self._take(found)
        self._trials.take(trial)
        # Last, so that a stop is only lifted once the version that settles it is in force here. While that version is
        # refused, the one in its place would show the topic.
        self._stops.take([each.stop for each in (kept if self.standing is Standing.REFUSED else stopped)])

    def _take(self, found: StoredPolicy | None) -> None:
        self._may_be_put_right = False
        try:
            policy = found.published if found is not None else None
            # Other files that the configuration names may be unreadable for a while.
            self._may_be_put_right = True
            if policy is not None or self.version is not None:
                self._configuration.use_policy(policy)
            self._may_be_put_right = False
        except ConfigurationError as error:
            self.standing = Standing.REFUSED
            version = found.version if found is not None else None
            if error.problems != self._problems:
                _log.error("policy_refused", version=version, problems=error.problems, in_force=self.version)
            self._problems = error.problems
        else:
            self.standing = Standing.IN_FORCE if found is not None else Standing.NONE
            if found is not None:
                _log.info("policy_in_force", version=found.version, hash=found.hash)
            else:
                _log.info("policy_in_force", version=None, meaning="the configuration files alone")
        metrics.policy_in_force(self.version)


def follow(publication: Publication, every_s: float = EVERY_S) -> threading.Thread:
    """Poll once before the first request is answered; then continue in the background."""
    _look(publication)
    thread = threading.Thread(target=_go_on, args=(publication, every_s), name="policy-publication", daemon=True)
    thread.start()
    return thread


def _go_on(publication: Publication, every_s: float) -> None:
    while True:
        time.sleep(every_s)
        _look(publication)


def _look(publication: Publication) -> None:
    try:
        publication.look()
    except Exception as error:  # noqa: BLE001 - a thread that ends would leave this process behind the others
        _log.error("policy_look_failed", reason=type(error).__name__)
