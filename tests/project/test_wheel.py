"""The wheel holds everything that the service reads, and serves from an empty folder; every import is declared."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("cards", "cds_service", "fhir_mappings")
FOLDERS = {**{name: name for name in PACKAGES}, "examples": "her2_cds_examples"}
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from what is in the folders."""
    source = tmp_path_factory.mktemp("source")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "README.md"):
        shutil.copy(ROOT / name, source)
    made = "from setuptools.build_meta import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
    target = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-c", made, target], cwd=source, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    return next(target.glob("*.whl"))


def test_nothing_that_is_read_is_missing_from_the_wheel(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        f"{FOLDERS[folder]}/{path.relative_to(ROOT / folder)}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert sorted(wanted - held) == []


def test_the_wheel_has_its_metadata(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    metadata = archive.read(next(name for name in archive.namelist() if name.endswith("METADATA"))).decode()
    assert "Requires-Python: >=3.11" in metadata
    assert "Classifier: Typing :: Typed" in metadata
    assert {"charts", "simulate", "spark"} <= {
        line.removeprefix("Provides-Extra: ") for line in metadata.splitlines() if line.startswith("Provides-Extra")
    }


def test_the_wheel_alone_answers_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    empty = tmp_path / "empty"
    empty.mkdir()
    call = "import sys; sys.path.insert(0, sys.argv.pop(1)); from cds_service.cli import main; main()"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HER2_CDS_")}

    def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", call, str(tmp_path / "installed"), *arguments]
        return subprocess.run(
            command, cwd=empty, env=environment, input=text, capture_output=True, text=True, check=False
        )

    demo = run("config", "demo")
    assert demo.returncode == 0, demo.stderr
    (empty / "demo.yaml").write_text(demo.stdout, encoding="utf-8")
    example = run("example", "kadcyla-at-the-enhertu-dose")
    answered = run("check", "-", "--config", "demo.yaml", text=example.stdout)
    assert (answered.returncode, "above the maximum" in answered.stdout) == (1, True), answered.stderr


def test_every_import_is_declared() -> None:
    told = subprocess.run([BIN / "deptry", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize(
    "command",
    [
        pytest.param([BIN / "oxlint", "--deny-warnings", "cds_service/static"], id="JavaScript"),
        pytest.param([BIN / "hadolint", "Dockerfile"], id="Dockerfile"),
    ],
)
def test_a_linter_accepts(command: list[str | Path]) -> None:
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
