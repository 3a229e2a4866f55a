"""The configuration in force: reloaded when a file changes, kept if the new one is broken."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext
from operator import attrgetter
from typing import TYPE_CHECKING

import structlog

from cds_service.auth.authentication import Authentication
from cds_service.auth.used_tokens import ReplayStoreError
from cds_service.clock import Clock, now
from cds_service.configuration.auth_settings import AUTHENTICATION_IS_OFF
from cds_service.configuration.layers import ConfigurationError, is_truncated_copy
from cds_service.configuration.loading import load_settings, refuse_turned_off
from cds_service.configuration.overlay import PublishedPolicy, with_policy, with_trial
from cds_service.configuration.settings import Settings
from cds_service.configuration.site_content import changed_shipped_values
from cds_service.configuration.stop import Stop
from cds_service.configuration.stopped import unsettled_by, with_stops
from cds_service.decisions import failures
from cds_service.decisions.active_decider import ActiveDecider, active_decider
from cds_service.ehr.limits import Aside, OnFetched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from cds_service.auth.authenticator import Authenticator

_LOOK_EVERY_S = 1.0
_WARN_EVERY_S = 60.0
_TOLD = 20
"""The maximum number of changed values in one log line."""
# Changing these needs a restart, because running parts would keep using the old value.
_NEED_A_START = ("database", "redis", "auth.replay_store", "workbench")
_Stamp = tuple[int, int] | None
_log = structlog.get_logger()


class Configuration:
    """Provides the decider of the newest valid configuration."""

    def __init__(
        self,
        path: Path | None = None,
        settings: Settings | None = None,
        clock: Clock = now,
        on_reload: Callable[[bool], None] = lambda _: None,
        on_fetched: OnFetched | None = None,
        aside: Aside = nullcontext,
    ) -> None:
        """Read the configuration for the first time; ``clock`` says what time it is.

        ``on_reload`` is called for every change of the files, with whether it took effect; ``on_fetched`` with what
        each call fetched from a FHIR server. A call waits for a server inside the context manager ``aside``.

        Raises:
            ConfigurationError: it is not valid; the service does not start.

        """
        self._path = path
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._clock = clock
        self._on_fetched = on_fetched
        self._aside = aside
        self._on_reload = on_reload
        self._problems: list[str] = []
        self._warned = 0.0
        self._stamps = _stamps(() if path is None else (path,))
        self.authentication = Authentication()
        first = settings if settings is not None else load_settings(path, serving=True)
        self._watch(first.files)
        self._base_settings = first
        self._policy: PublishedPolicy | None = None
        self._trial: PublishedPolicy | None = None
        self._stops: tuple[Stop, ...] = ()
        self._in_force = self._combined(first, None, None, ())

    def current(self) -> ActiveDecider:
        """Return the current decider; the file is checked at most once a second."""
        if self._path is not None and time.monotonic() - self._looked > _LOOK_EVERY_S:
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 - what is in force stays in force
                failures.part_failed("reload", error)
        return self._in_force

    @property
    def latest(self) -> ActiveDecider:
        """The current decider, without a look at the files."""
        return self._in_force

    def gate(self) -> tuple[str, Authenticator | None]:
        """Return the public address and the authenticator in force, after checking for changed files."""
        base_url = self.current().decider.settings.base_url
        return base_url, self.authentication.current

    @property
    def is_refused(self) -> bool:
        """Whether the files differ from the configuration in force because they cannot be used."""
        return bool(self._problems)

    @property
    def base_settings(self) -> Settings:
        """The settings from files and environment variables, without a published policy."""
        return self._base_settings

    def use_policy(self, policy: PublishedPolicy | None) -> None:
        """Apply a published policy over the files from now on, or none; the files may still change.

        Raises:
            ConfigurationError: it cannot be used; the previous state stays in force.

        """
        with self._lock:
            self._in_force = self._combined(self._base_settings, policy, self._trial, self._stops)
            self._policy = policy

    @property
    def policy(self) -> PublishedPolicy | None:
        """The published policy applied over the files, if any."""
        return self._policy

    @property
    def trial(self) -> PublishedPolicy | None:
        """The version on trial; a file on trial takes precedence over it."""
        return self._trial

    def use_trial(self, trial: PublishedPolicy | None) -> None:
        """Put a version on trial from now on, or none; nobody sees what it finds.

        Raises:
            ConfigurationError: it cannot be used; the previous trial continues.

        """
        with self._lock:
            self._in_force = self._combined(self._base_settings, self._policy, trial, self._stops)
            self._trial = trial

    @property
    def stops(self) -> tuple[Stop, ...]:
        """The topics stopped in an emergency."""
        return self._stops

    def use_stops(self, stops: tuple[Stop, ...]) -> None:
        """Put exactly these topics into the shadow from now on, whatever else sets their mode.

        Raises:
            ConfigurationError: the configuration files are currently unusable; the previous state stays in force.

        """
        with self._lock:
            self._in_force = self._combined(self._base_settings, self._policy, self._trial, stops)
            self._stops = stops

    def _look(self) -> None:
        """Check whether a file has changed; if another thread is already doing so, return at once."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._looked = time.monotonic()
            stamps = _stamps(self._stamps)
            if stamps == self._stamps:
                if self._problems and self._looked - self._warned > _WARN_EVERY_S:
                    self._refuse(self._problems)
                return
            # Taken before the files are read, so that a change in the meantime is seen next time.
            self._stamps = stamps
            self._load()
        finally:
            self._lock.release()

    def _load(self) -> None:
        before = self._in_force.decider.settings
        try:
            settings = load_settings(self._path, serving=True)
            self._watch(settings.files)
            _refuse_unsafe_change(self._base_settings, settings)
            self._in_force = self._combined(settings, self._policy, self._trial, self._stops)
            self._base_settings = settings
        except ConfigurationError as error:
            self._watch((*self._stamps, *error.files))
            self._refuse(error.problems)
            return
        except Exception as error:  # noqa: BLE001 - whatever a file holds, the last good one stays in force
            self._refuse([f"{self._path}: {type(error).__name__}"])
            return
        self._problems = []
        self._on_reload(True)  # noqa: FBT003 - the callback's only argument
        after = self._in_force.decider
        if settings.auth.mode == "off":
            _log.warning("authentication_is_off", meaning=AUTHENTICATION_IS_OFF)
        _log.info("configuration_loaded", path=str(self._path), configuration=after.versions.configuration_hash)
        waiting = [name for name in _NEED_A_START if attrgetter(name)(before) != attrgetter(name)(after.settings)]
        if waiting:
            _log.warning("restart_needed", keys=waiting)

    def _refuse(self, problems: list[str]) -> None:
        """Log that the files are invalid, and repeat it from time to time until they are fixed."""
        self._problems, self._warned = problems, time.monotonic()
        self._on_reload(False)  # noqa: FBT003 - likewise
        _log.error("configuration_refused", problems=problems, meaning="the last good configuration stays in force")

    def _combined(
        self,
        settings: Settings,
        policy: PublishedPolicy | None,
        trial: PublishedPolicy | None,
        stops: tuple[Stop, ...],
    ) -> ActiveDecider:
        """Combine files and environment with the policy between them, the trial, and the stops on top."""
        tried = with_policy(settings, trial) if trial is not None and settings.shadow.configuration is None else None
        if trial is not None and tried is None:
            _log.warning("policy_trial_ignored", version=trial.version, because="shadow.configuration is set")
        if policy is not None:
            if policy.content.shadow and settings.shadow.configuration is not None:
                _log.warning("policy_shadow_ignored", version=policy.version, because="shadow.configuration is set")
            beneath, settings = settings.site_layer, with_policy(settings, policy)
            if told := changed_shipped_values(policy.content.site.shipped, beneath, settings.site_layer):
                _log.warning("policy_over_changed_values", version=policy.version, values=told[:_TOLD], count=len(told))
        settings = with_stops(settings, stops)
        if stops and settings.candidate is not None:
            settings = with_trial(settings, with_stops(settings.candidate, stops))
        if trial is not None and tried is not None:
            if settings.shadow.thresholds:
                because = f"version {trial.version} is on trial"
                _log.warning(
                    "shadow_thresholds_ignored", thresholds=sorted(settings.shadow.thresholds), because=because
                )
            settings = with_trial(settings, with_stops(tried, unsettled_by(trial.content, stops)))
        taken = active_decider(settings, self._clock, self._on_fetched, self._aside)
        try:
            self.authentication.use(settings)
        except ReplayStoreError as error:
            raise ConfigurationError([str(error)]) from None
        return taken

    def _watch(self, files: Iterable[Path]) -> None:
        """Watch these files from now on, including broken ones, which may be fixed in place."""
        self._stamps = {path: self._stamps[path] if path in self._stamps else _stamp(path) for path in files}


def _refuse_unsafe_change(before: Settings, after: Settings) -> None:
    """Refuse a change that is not allowed while the service runs, or that comes from a half-written file.

    Raises:
        ConfigurationError: it would turn off authentication, or a file ends mid-line compared with before.

    """
    if before.auth.mode == "required":
        refuse_turned_off(after)
    cut = [file for file, text in after.texts.items() if is_truncated_copy(text, before.texts.get(file, ""))]
    if cut:
        raise ConfigurationError([f"{file}: ends within a line that it had before; is it complete?" for file in cut])


def _stamps(files: Iterable[Path]) -> dict[Path, _Stamp]:
    return {path: _stamp(path) for path in files}


def _stamp(path: Path) -> _Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
