"""Opens the policy library for one command, or ends the command with what is wrong."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from cds_service.commands.options import fail, settings_of
from cds_service.commands.record import open_record
from cds_service.configuration.layers import ConfigurationError
from cds_service.policies.library import Library
from cds_service.policies.lifecycle import StepRefusedError
from cds_service.policies.rows import StepConflictError
from cds_service.policies.views import UnknownVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def opened_library(config: Path | None) -> Iterator[Library]:
    """Open the policy library of the database that a configuration file names."""
    engine = open_record(settings_of(config), may_be_new=True)
    try:
        yield Library(engine)
    except SQLAlchemyError as error:
        fail(f"the versions cannot be read: {type(error).__name__}")
    except (UnknownVersionError, StepRefusedError, StepConflictError) as error:
        fail(str(error))
    except ConfigurationError as error:
        fail("\n".join(error.problems))
    finally:
        engine.dispose()
