"""What ARCHITECTURE.md says of the code is so: the places exist, and no modules import each other in a circle."""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
PACKAGES = ("cards", "fhir_mappings", "cds_service")
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return TEXT.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def places(text: str) -> set[str]:
    return set(re.findall(r"`([a-z_]{1,40}/[A-Za-z0-9_./-]{1,80})`", text))


def test_the_places_of_the_tables_exist() -> None:
    steps, changes = places(section("One order-sign request")), places(section("To do X, open Y"))
    assert len(steps) >= 12
    assert len(changes) >= 12
    assert sorted(place for place in steps | changes if "." in place and not (ROOT / place).exists()) == []
    assert sorted(place for place in changes if not (ROOT / place).exists()) == []


def test_ten_usual_changes_are_reported() -> None:
    assert section("To do X, open Y").count("\n| ") - 1 == 10


def test_only_five_modules_stand_outside_of_the_rooms_of_the_service() -> None:
    assert {path.stem for path in (ROOT / "cds_service").glob("*.py")} == {
        "__init__",
        "app",
        "cli",
        "clock",
        "server",
        "wsgi",
    }


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports for types count: what is hidden under TYPE_CHECKING is as hard to follow."""
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=False)
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    order = list(TopologicalSorter(imported).static_order())
    assert len(order) == len(graph.modules) > 300
