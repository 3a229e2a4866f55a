"""The configuration in force: picked up when the file changes, kept when the new one is broken."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

import structlog

from cds_service.auth.authentication import Authentication
from cds_service.auth.replay import ReplayStoreError
from cds_service.coverage_files import CoverageFileError
from cds_service.decide import Decider
from cds_service.settings import ConfigurationError, Settings, load_settings
from cds_service.store.record import Pseudonyms, RecordWriter
from fhir_mappings.codings import CodeMapError

if TYPE_CHECKING:
    from pathlib import Path

_LOOK_EVERY_S = 1.0
# What needs a start to change: who already holds it would go on with the old one.
_NEED_A_START = ("database", "redis", "auth.replay_store")
_KEY_OF_THIS_PROCESS = secrets.token_bytes(32)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class InForce:
    """What answers requests, and what writes its decisions down, from one state of the configuration."""

    decider: Decider
    records: RecordWriter


class Configuration:
    """Gives what the newest configuration that is valid makes of a request."""

    def __init__(self, path: Path | None = None, settings: Settings | None = None) -> None:
        """Read the configuration for the first time.

        Raises:
            ConfigurationError: it is not valid; the service does not start.

        """
        self._path = path
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._stamp = self._file_stamp()
        self.authentication = Authentication()
        self._in_force = self._taken(settings if settings is not None else load_settings(path))

    def current(self) -> InForce:
        """Give what answers requests now; the file is looked at once a second at most."""
        if self._path is not None and time.monotonic() - self._looked > _LOOK_EVERY_S:
            self._look()
        return self._in_force

    def _look(self) -> None:
        with self._lock:
            self._looked = time.monotonic()
            stamp = self._file_stamp()
            if stamp == self._stamp:
                return
            self._stamp = stamp
            before = self._in_force.decider.settings
            try:
                self._in_force = self._taken(load_settings(self._path))
            except ConfigurationError as error:
                _log.error("configuration_refused", problems=error.problems)
                return
        after = self._in_force.decider
        _log.info("configuration_loaded", path=str(self._path), configuration=after.versions.configuration_hash)
        waiting = [name for name in _NEED_A_START if attrgetter(name)(before) != attrgetter(name)(after.settings)]
        if waiting:
            _log.warning("restart_needed", keys=waiting)

    def _taken(self, settings: Settings) -> InForce:
        taken = _in_force(settings)
        try:
            self.authentication.use(settings)
        except ReplayStoreError as error:
            raise ConfigurationError([str(error)]) from None
        return taken

    def _file_stamp(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size


def _in_force(settings: Settings) -> InForce:
    try:
        decider = Decider(settings)
    except CodeMapError as error:
        raise ConfigurationError([f"site.code_maps: {error}"]) from None
    except CoverageFileError as error:
        raise ConfigurationError([f"coverage: {error}"]) from None
    except OSError as error:
        raise ConfigurationError([f"fhir.ca_bundle: cannot be used ({type(error).__name__})"]) from None
    key = settings.audit.patient_key
    pseudonyms = Pseudonyms(settings.audit, key.get_secret_value().encode() if key else _KEY_OF_THIS_PROCESS)
    return InForce(decider, RecordWriter(decider.versions, decider.policy, pseudonyms))
