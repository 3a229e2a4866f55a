"""The definition of a run: its input, configurations and versions; and its work folder."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cds_service.decisions.decider import Decider
from cds_service.simulate.inputs import export_files, pieces, stamp
from cds_service.simulate.partitioning import LAST_PART_BITS, size_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cds_service.configuration.settings import Settings
    from cds_service.decisions.versions import Versions
    from cds_service.simulate.inputs import Aside, ExportFile, Piece

_PART_BYTES = 24 * 1024 * 1024
_FIRST_PART_BITS = 3
WORK = ".work"


@dataclass(frozen=True, slots=True)
class Plan:
    """A run: everything that its result depends on, and the output folder."""

    folder: Path
    files: tuple[ExportFile, ...]
    output: Path
    a: Settings
    b: Settings | None
    versions: tuple[Versions, ...]
    labels: Path | None = None
    names: tuple[str, ...] = ("A", "B")
    aside: tuple[Aside, ...] = ()

    @property
    def pieces(self) -> list[Piece]:
        """The pieces of the input."""
        return pieces(self.files)

    @property
    def bits(self) -> int:
        """The number of parts is two to the power of this."""
        wanted = max(1, size_of(self.files) // _PART_BYTES)
        return max(_FIRST_PART_BITS, min(LAST_PART_BITS, (wanted - 1).bit_length()))

    @property
    def work(self) -> Path:
        """The folder for finished work, until the run is complete."""
        return self.output / WORK

    @property
    def name(self) -> str:
        """A digest of everything that the rows depend on."""
        parts = [stamp(self.files, self.folder), str(self.bits), str(self.a.client)]
        parts += [f"{v.code}/{v.knowledge}/{v.wording}/{v.configuration_hash}" for v in self.versions]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def plan(folder: Path, output: Path, both: Sequence[tuple[str, Settings]], labels: Path | None = None) -> Plan:
    """Plan a run with one configuration or two, each with its name.

    Raises:
        ExportError: there is no input.
        CodeMapError: a code map of a site cannot be used.

    """
    files, aside = export_files(folder, output)
    names, settings = zip(*both, strict=True)
    against = settings[1] if len(settings) > 1 else None
    versions = tuple(Decider(each).versions for each in settings)
    return Plan(folder, tuple(files), output, settings[0], against, versions, labels, names, tuple(aside))


def open_work(run: Plan) -> bool:
    """Create the work folder, or continue with that of an interrupted run; those of other runs are deleted."""
    manifest = run.work / "run.json"
    try:
        if json.loads(manifest.read_text(encoding="utf-8")) == {"run": run.name}:
            return True
    except (OSError, ValueError):
        pass
    shutil.rmtree(run.work, ignore_errors=True)
    run.work.mkdir(parents=True)
    manifest.write_text(json.dumps({"run": run.name}), encoding="utf-8")
    return False
