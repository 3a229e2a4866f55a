"""Every YAML example of the pages for a site is read as what it is: a configuration, or a file of a site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from cards.knowledge.loader import default_knowledge
from cards.knowledge.site import with_site
from cards.knowledge.site_rules import with_rules
from cards.presentation.site_wording import with_site_words
from cards.presentation.wording import default_wording
from cds_service.configuration.settings import Settings

ROOT = Path(__file__).parents[2]
NAMED = ("site", "configuration", "languages", "workbench", "learning", "lifecycle", "simulation", "integration")
PAGES = [ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in NAMED)]
FENCE = re.compile(r"^```yaml\n(.{1,6000}?)^```$", re.DOTALL | re.MULTILINE)
SOURCE = "sources: {our-pt: {title: Committee, url: https://intranet.example/pt, as_of: '2026-11'}}\n"
EXAMPLES = [
    pytest.param(text, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, text in enumerate(FENCE.findall(page.read_text(encoding="utf-8")), 1)
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_is_read(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HER2_WORKBENCH_SECRET", "a secret of the provider")
    tree = yaml.safe_load(text)
    files = [("example.yaml", text if "sources" in tree else SOURCE + text)]
    if {"brands", "products", "drug_words"} & set(tree):
        with_site(default_knowledge(), files)
    elif "rules" in tree:
        with_rules(default_knowledge(), files)
    elif {"contact", "topics", "locale"} & set(tree):
        with_site_words(default_wording(), [("example.yaml", text)])
    else:
        # What a file overrides in another is not checked here.
        tree.pop("extends", None)
        Settings.model_validate(tree)
