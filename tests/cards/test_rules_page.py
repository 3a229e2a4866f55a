"""``docs/rules.md`` and ``docs/source-attributes.md`` say what the rules do now; `make golden` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

from cases_view import VIEWS
from rules_page import page
from test_cases import ROWS

from cds_service.audit import source_attributes_page
from cds_service.audit.source_attributes import attributes
from cds_service.configuration.settings import Settings
from cds_service.decisions.decider import Decider

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "rules.md"
ATTRIBUTES = DOCS / "source-attributes.md"
INTRODUCTION = (
    "Generated from the knowledge, the rules and the wording by `make golden`; do not edit. The same of the "
    "configuration in force, with a site's own sources: `GET /source-attributes`, and `?format=markdown`."
)


def test_the_page_of_the_rules_is_up_to_date() -> None:
    if os.environ.get("GOLDEN") == "write":
        PAGE.write_text(page(ROWS, VIEWS), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(ROWS, VIEWS)


def test_the_page_of_the_source_attributes_is_up_to_date() -> None:
    # The digest of the knowledge changes with its every word.
    told = {**attributes(Decider(Settings())), "knowledgeVersion": ""}
    written = source_attributes_page.page(told, INTRODUCTION)
    if os.environ.get("GOLDEN") == "write":
        ATTRIBUTES.write_text(written, encoding="utf-8")
    assert ATTRIBUTES.read_text(encoding="utf-8") == written
