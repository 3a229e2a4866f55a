"""What was parsed of a shipped file is kept beside it, and stands for that text and no other."""

from __future__ import annotations

import shutil
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from cards.knowledge import billing_loader, loader, shipped, source_attributes
from cards.knowledge.shipped import ShippedFile, shipped_file
from cards.presentation import translation, wording
from cards.presentation.language import ENGLISH

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ROOT = Path(str(files("cards")))
SHIPPED = {path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.yaml")}


class Vial(msgspec.Struct, frozen=True):
    """A file of the tests."""

    milligrams: int
    price: Any


@pytest.fixture(autouse=True)
def copies_are_kept(monkeypatch) -> None:
    """Keep copies, whatever the environment says about bytecode."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


@pytest.fixture
def vial(tmp_path) -> Path:
    """Return a file of which a copy is kept."""
    path = tmp_path / "vial.yaml"
    path.write_text("milligrams: 160\nprice: 42.10\n", encoding="utf-8")
    assert _read(path).milligrams == 160
    return path


def _read(path: Path) -> Vial:
    return shipped_file(path).read(Vial)


def _copy(path: Path) -> Path:
    (copy,) = (path.parent / "__pycache__").glob("vial.*")
    return copy


def _never(_text: str) -> None:
    raise AssertionError


def test_the_copies_of_the_shipped_files_give_what_the_files_give(tmp_path, monkeypatch) -> None:
    shapes: dict[str, Any] = {}

    def shipped_as(path: Traversable) -> ShippedFile:
        class Noted(ShippedFile):
            def read(self, shape: Any) -> Any:
                shapes[Path(str(path)).relative_to(ROOT).as_posix()] = shape
                return ShippedFile.read(self, shape)

        return Noted(path.read_text(encoding="utf-8"), None)

    for module in (loader, billing_loader, source_attributes, wording, translation):
        monkeypatch.setattr(module, "shipped_file", shipped_as)
    loader.load()
    billing_loader.load_billing()
    billing_loader.default_policies.__wrapped__()
    source_attributes.source_attributes.__wrapped__()
    wording.load()
    for language in translation.languages():
        if language != ENGLISH:
            translation.translated.__wrapped__(language)
    assert shapes.keys() == SHIPPED
    for name, shape in shapes.items():
        path = Path(shutil.copy(ROOT / name, tmp_path))
        parsed = shipped_file(path).read(shape)
        with monkeypatch.context() as patch:
            patch.setattr(shipped, "parsed", _never)
            # Written out, 1.0 and 1.00 differ.
            assert repr(shipped_file(path).read(shape)) == repr(parsed)


def test_a_changed_file_is_parsed_anew_even_within_the_same_second_and_of_the_same_size(vial) -> None:
    vial.write_text("milligrams: 100\nprice: 42.10\n", encoding="utf-8")
    assert [_read(vial).milligrams, _read(vial).milligrams] == [100, 100]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda copy: copy[:-5], id="cut off"),
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda copy: b"\xff\x00" + copy, id="not text"),
        pytest.param(lambda copy: copy.replace(b"milligrams", b"grams"), id="without a field"),
        pytest.param(lambda copy: copy.replace(b"160", b'"many"'), id="of another type"),
        pytest.param(lambda copy: copy.split(b"\n")[0] + b"\n" + b"[" * 100_000, id="nested deeply"),
    ],
)
def test_a_damaged_copy_is_made_anew(vial, damage) -> None:
    sound = _copy(vial).read_bytes()
    _copy(vial).write_bytes(damage(sound))
    assert _read(vial).milligrams == 160
    assert _copy(vial).read_bytes() == sound


def test_without_a_folder_for_copies_the_file_is_parsed_every_time(tmp_path) -> None:
    path = tmp_path / "vial.yaml"
    path.write_text("{milligrams: 160, price: 1}", encoding="utf-8")
    (tmp_path / "__pycache__").write_text("a file where the folder would be", encoding="utf-8")
    assert [_read(path).milligrams, _read(path).milligrams] == [160, 160]
    assert len(list(tmp_path.iterdir())) == 2


def test_no_copy_is_kept_where_no_bytecode_is(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    path = tmp_path / "vial.yaml"
    path.write_text("{milligrams: 160, price: 1}", encoding="utf-8")
    assert _read(path).milligrams == 160
    assert [each.name for each in tmp_path.iterdir()] == ["vial.yaml"]


def test_a_file_that_is_wrong_is_refused_and_not_kept(tmp_path) -> None:
    path = tmp_path / "vial.yaml"
    path.write_text("{milligrams: many, price: 1}", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(msgspec.ValidationError, match="milligrams"):
            _read(path)
    assert [each.name for each in tmp_path.iterdir()] == ["vial.yaml"]
