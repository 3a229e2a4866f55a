"""``docs/rules.md`` says what the rules do now; `make golden` writes it anew."""

from __future__ import annotations

import os
from pathlib import Path

from cases_view import VIEWS
from rules_page import page
from test_cases import ROWS

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_page_of_the_rules_is_up_to_date() -> None:
    if os.environ.get("GOLDEN") == "write":
        PAGE.write_text(page(ROWS, VIEWS), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(ROWS, VIEWS)
