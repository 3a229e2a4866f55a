"""``docs/billing.md`` names every row of the denial tables, the case that shows it, and every check of a policy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cases_coverage import ROWS

from cards.facts.topics import Topic
from cards.knowledge.billing_loader import default_billing, load_policies
from cards.knowledge.loader import default_knowledge
from cards.knowledge.schema.coverage import Check

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "billing.md").read_text(encoding="utf-8")
CORRECTIONS = (DOCS / "corrections.md").read_text(encoding="utf-8")
DENIALS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.partition("## Denials seen before the claim")[2].splitlines()
    if line.startswith(("| Kadcyla", "| Enhertu"))
]
SENTENCES = {row.sentence for row in ROWS}


def test_every_row_of_both_tables_is_there() -> None:
    assert [row[0] for row in DENIALS].count("Kadcyla") == 12
    assert [row[0] for row in DENIALS].count("Enhertu") == 10


@pytest.mark.parametrize("row", DENIALS, ids=lambda row: f"{row[0]}: {row[1]}")
def test_a_denial_is_shown_by_a_case_and_on_topics_that_exist(row) -> None:
    _, _, card, where = row
    assert where in SENTENCES
    named = set(re.findall(r"`([a-z0-9-]+)`", card))
    assert named <= set(Topic)


def test_the_example_of_a_policy_loads() -> None:
    text = re.search(r"```yaml\n(sources:\n.*?)```", PAGE, re.DOTALL)
    assert text is not None
    (policy,) = load_policies(text[1], "our-plan.yaml", default_billing()).policies
    assert [criterion.ref for path in policy.paths for criterion in path.criteria] == ["2.1", "2.2", "2.3"]


def test_every_correction_names_sources_that_exist() -> None:
    """A row without a source says so itself: arithmetic, and what only the pages themselves say."""
    own = {"arithmetic", "the Kadcyla page calls its review pending"}
    rows = [line.split(" | ") for line in CORRECTIONS.splitlines() if line.startswith("| ") and "---" not in line]
    rows = [row for row in rows if row[0] != "| they say"]
    assert len(rows) > 35
    for _, says, _ in rows:
        named = re.findall(r"`([a-z0-9-]+)`", says)
        assert named or any(each in says for each in own), says
        assert set(named) <= set(default_knowledge().sources), says


def test_every_check_a_policy_may_name_is_explained() -> None:
    named = {each.__struct_config__.tag for each in Check.__args__}
    assert {name for name in named if f"`{name}`" not in PAGE} == set()


def test_the_denial_cases_are_each_in_the_table_or_a_finer_point_of_a_row() -> None:
    denials = {row.sentence for row in ROWS if row.sentence.startswith("denial: ")}
    finer = {
        "denial: J9308 on an order of pertuzumab is ramucirumab",
        "denial: a code that stands for no drug in particular",
        "denial: Enhertu as HER2 ultralow on a result without staining",
        "denial: JZ on the administered line beside JW, as the billing pages would have it",
        "denial: JZ though drug is discarded",
        "denial: JW though nothing is discarded",
        "denial: a modifier on a multi-dose vial",
        "denial: a modifier for 340B that has ended",
        "denial: no diagnosis code",
        "denial: a diagnosis code that is not complete",
        "denial: a diagnosis code with the digits of sex and side swapped",
        "denial: a diagnosis code that does not exist",
        "denial: a receptor code against the result",
        "denial: a receptor heading",
    }
    assert denials - finer <= {row[3] for row in DENIALS}
    assert finer <= denials
