"""The hazard log names tests and topics that exist, and the sheet to sign is made from the page of the rules."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HAZARDS = (ROOT / "docs" / "hazards.md").read_text(encoding="utf-8")
RULES = ROOT / "docs" / "rules.md"


def sheet(*arguments: str) -> str:
    made = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "sign_off.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return made.stdout


def test_the_tests_that_the_hazard_log_names_exist() -> None:
    named = re.findall(r"`(tests/[a-z_/]{1,60}\.py)`", HAZARDS)
    rows = [line for line in HAZARDS.splitlines() if line.startswith("| H")]
    assert len(named) == len(rows) >= 16
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_sheet_lists_every_topic_and_product_with_its_digest() -> None:
    text = sheet(str(RULES), "--release", "9.9.9")
    assert text.startswith("# Sign-off of release 9.9.9")
    page = RULES.read_text(encoding="utf-8")
    topics = re.findall(r"^- \[([a-z0-9-]{1,60})\]\(#", page, re.MULTILINE)
    assert len(topics) > 40
    assert [topic for topic in topics if f"\n| {topic} | " not in text] == []
    assert "| product: Kadcyla |" in text
    assert text.count("- product: ") == len([line for line in _products(page) if "**(verify)**" in line])


def test_the_sheet_lists_what_changed_since_the_last_one(tmp_path: Path) -> None:
    page = RULES.read_text(encoding="utf-8")
    old = tmp_path / "rules.md"
    old.write_text(page.replace("| maximum (every 3 weeks, ", "| another (every 3 weeks, ", 1), encoding="utf-8")
    text = sheet(str(RULES), "--since", str(old))
    assert "## To be checked (1)" in text
    assert "| product: Enhertu |" in text.split("## As signed before", 1)[0]
    same = sheet(str(RULES), "--since", str(RULES))
    assert "Nothing changed." in same


def _products(page: str) -> list[str]:
    return page.split("## Products", 1)[1].split("## What no card checks", 1)[0].splitlines()
