"""The configuration in force: picked up when the file changes, kept when the new one is broken."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import structlog

from cds_service.coverage_files import CoverageFileError
from cds_service.decide import Decider
from cds_service.settings import ConfigurationError, Settings, load_settings
from fhir_mappings.codings import CodeMapError

if TYPE_CHECKING:
    from pathlib import Path

_LOOK_EVERY_S = 1.0
_log = structlog.get_logger()


class Configuration:
    """Gives the decider of the newest configuration that is valid."""

    def __init__(self, path: Path | None = None, settings: Settings | None = None) -> None:
        """Read the configuration for the first time.

        Raises:
            ConfigurationError: it is not valid; the service does not start.

        """
        self._path = path
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._stamp = self._file_stamp()
        self._decider = _decider(settings if settings is not None else load_settings(path))

    def current(self) -> Decider:
        """Give what answers requests now; the file is looked at once a second at most."""
        if self._path is not None and time.monotonic() - self._looked > _LOOK_EVERY_S:
            self._look()
        return self._decider

    def _look(self) -> None:
        with self._lock:
            self._looked = time.monotonic()
            stamp = self._file_stamp()
            if stamp == self._stamp:
                return
            self._stamp = stamp
            try:
                self._decider = _decider(load_settings(self._path))
            except ConfigurationError as error:
                _log.error("configuration_refused", problems=error.problems)
            else:
                _log.info("configuration_loaded", path=str(self._path))

    def _file_stamp(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size


def _decider(settings: Settings) -> Decider:
    try:
        return Decider(settings)
    except CodeMapError as error:
        raise ConfigurationError([f"site.code_maps: {error}"]) from None
    except CoverageFileError as error:
        raise ConfigurationError([f"coverage: {error}"]) from None
