"""The locks hold everything that is asked for, so that no release of tomorrow is looked for."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))
_PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[([a-z0-9,_-]+)\])?==([^ ;\\]+)", re.MULTILINE)


def pinned(lock: str) -> dict[str, tuple[set[str], str]]:
    """Return the extras and the version of each package of a lock."""
    found = _PINNED.findall((ROOT / lock).read_text(encoding="utf-8"))
    return {name: (set(extras.split(",")) - {""}, version) for name, extras, version in found}


def asked_for(lock: str) -> list[Requirement]:
    """List what the packages of a lock ask of one another, here and now, with the extras that they are locked with."""
    asked = []
    for name, (extras, _) in pinned(lock).items():
        try:
            listed = requires(name) or []
        except PackageNotFoundError:
            continue  # for another platform or another version of Python
        for requirement in map(Requirement, listed):
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                asked.append(requirement)
    return asked


def test_there_is_a_lock_for_serving_for_each_extra_and_for_tests() -> None:
    names = [f"requirements-{each}.lock" for each in ("charts", "dev", "otel", "simulate")] + ["requirements.lock"]
    assert names == LOCKS


@pytest.mark.parametrize("lock", LOCKS)
def test_every_extra_is_in_the_lock(lock: str) -> None:
    """Without it pip before 23.3 takes ``coverage[toml]`` for another candidate, and looks for the newest one."""
    have = pinned(lock)
    missing = [
        f"{each.name}[{','.join(sorted(each.extras))}]"
        for each in asked_for(lock)
        if each.extras - have.get(canonicalize_name(each.name), (set(), ""))[0]
    ]
    assert missing == []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_in_the_lock(lock: str) -> None:
    have = pinned(lock)
    assert sorted({each.name for each in asked_for(lock) if canonicalize_name(each.name) not in have}) == []


def test_the_locks_agree() -> None:
    everything = pinned("requirements-dev.lock")
    for lock in LOCKS:
        for name, (_, version) in pinned(lock).items():
            assert everything.get(name, (set(), version))[1] == version, f"{lock}: {name}"


def test_serving_needs_neither_charts_nor_simulation() -> None:
    assert not {"vl-convert-python", "duckdb", "pyarrow", "pyspark"} & pinned("requirements.lock").keys()


def test_every_line_is_pinned_with_a_hash() -> None:
    for lock in LOCKS:
        text = (ROOT / lock).read_text(encoding="utf-8")
        entries = re.split(r"\n(?=[a-z0-9])", text)
        assert [each.split()[0] for each in entries if each[:1].isalnum() and "--hash=sha256:" not in each] == []


def test_what_the_project_asks_for_is_in_its_locks() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    have = pinned("requirements.lock")
    for requirement in map(Requirement, project["dependencies"]):
        extras, version = have[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version)
        assert requirement.extras <= extras
