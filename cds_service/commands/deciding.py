"""Creates the decider for the commands that need one; a problem with the files ends the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cds_service.commands.options import fail
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.decisions.decider import Decider
from fhir_mappings.codings import CodeMapError

if TYPE_CHECKING:
    from pathlib import Path

    from cds_service.configuration.settings import Settings


def with_settings(decider: Decider, settings: Settings) -> Decider:
    """Return a decider with other settings of the same configuration, such as those of a profile."""
    return decider if settings.profile == decider.settings.profile else Decider(settings)


def decider_of(path: Path | None, *, serving: bool = False) -> Decider:
    """Return the decider of a configuration file, or of the defaults."""
    try:
        return Decider(load_settings(path, serving=serving))
    except ConfigurationError as error:
        fail("\n".join(error.problems))
    except CodeMapError as error:
        fail("\n".join(f"site.code_maps: {each}" for each in error.problems))
