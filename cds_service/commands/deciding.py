"""Creates the decider for the commands that need one; a problem with the files ends the command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cds_service.commands.options import fail
from cds_service.configuration.layers import ConfigurationError, read_layers
from cds_service.configuration.loading import load_settings
from cds_service.decisions.decider import Decider
from fhir_mappings.code_maps.files import read_code_map
from fhir_mappings.codings import CodeMapError

if TYPE_CHECKING:
    from cds_service.configuration.settings import Settings


def with_settings(decider: Decider, settings: Settings) -> Decider:
    """Return a decider with other settings of the same configuration, such as those of a profile."""
    return decider if settings.profile == decider.settings.profile else Decider(settings)


def decider_of(path: Path | None) -> Decider:
    """Return the decider of a configuration file, or of the defaults."""
    try:
        return Decider(load_settings(path, serving=True))
    except ConfigurationError as error:
        fail("\n".join([*error.problems, *_problems_of_code_maps(path)]))
    except CodeMapError as error:
        fail("\n".join(_named(error)))


def _problems_of_code_maps(path: Path | None) -> list[str]:
    """Return what is wrong with the code maps, where the configuration that names them is wrong itself."""
    try:
        site = read_layers(path).tree.get("site") if path is not None else None
        named = site.get("code_maps") if isinstance(site, dict) else None
        maps = [Path(each) for each in named if isinstance(each, str)] if isinstance(named, list) else []
        read_code_map(maps)
    except CodeMapError as error:
        return _named(error)
    except ConfigurationError:
        return []
    return []


def _named(error: CodeMapError) -> list[str]:
    return [f"site.code_maps: {each}" for each in error.problems]
