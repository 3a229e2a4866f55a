"""The documents of each drug: their age, what is due for review, and the interval that a site sets."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench import EVE, Seat, bench, words

from cards.knowledge.loader import default_knowledge
from cards.knowledge.schema import Scope
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.workbench.sources import day_of, due_for_review, sources_by_drug

if TYPE_CHECKING:
    from cds_service.store.store import Store

EXAMPLE = Path(__file__).parents[2] / "examples" / "site.yaml"
KNOWN = default_knowledge()
TODAY = date(2026, 11, 29)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-05", date(2026, 11, 5)),
        ("2026-11", date(2026, 11, 1)),
        ("2020", date(2020, 1, 1)),
        (" 2020 ", date(2020, 1, 1)),
        ("2026-13", None),
        ("2026-02-30", None),
        ("last year", None),
        ("", None),
    ],
)
def test_a_date_is_taken_for_the_first_day_that_it_may_be(written: str, expected: date | None) -> None:
    assert day_of(written) == expected


def test_every_drug_that_is_checked_has_its_documents() -> None:
    groups = {each.name: each for each in sources_by_drug(KNOWN, TODAY, 12)}
    checked = {product.name for product in KNOWN.products if product.scope is Scope.CHECKED}
    assert checked <= set(groups)
    for product in KNOWN.products:
        if product.scope is Scope.CHECKED:
            listed = {each.id for each in groups[product.name].sources}
            assert {brand.label for brand in product.brands} <= listed
    assert all(each.total > 0 or each.id in _labels() for group in groups.values() for each in group.sources)


def _labels() -> set[str]:
    return {brand.label for product in KNOWN.products for brand in product.brands}


def test_what_is_due_stands_first_and_depends_on_the_interval() -> None:
    kadcyla = next(each for each in sources_by_drug(KNOWN, TODAY, 12) if each.name == KNOWN.product("kadcyla").name)
    old = next(each for each in kadcyla.sources if each.id == "kadcyla-pi-2013")
    assert (old.months, old.is_due) == (165, True)
    assert kadcyla.sources[0] is old
    dues = [each.is_due for each in kadcyla.sources]
    assert dues == sorted(dues, reverse=True)
    assert not any(each.due for each in sources_by_drug(KNOWN, TODAY, 1200))
    # A text of the first of the month is a year old on that day a year later, and due on the next.
    assert not _is_due(date(2027, 11, 1))
    assert _is_due(date(2027, 11, 2))


def _is_due(today: date) -> bool:
    groups = sources_by_drug(KNOWN, today, 12)
    source = next(each for group in groups for each in group.sources if each.source.as_of == "2026-11")
    return source.is_due


def test_each_document_is_due_once_with_the_oldest_first() -> None:
    due = due_for_review(sources_by_drug(KNOWN, TODAY, 12))
    months = [each.months or 0 for each in due.values()]
    assert months == sorted(months, reverse=True)
    assert "kadcyla-pi-2013" in due


def test_the_page_names_the_drugs_and_the_site_s_own_documents(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "her2.yaml"
    path.write_text(
        f'auth: {{mode: "off"}}\nsite: {{rules: [{EXAMPLE.parent / "site-rules.yaml"}], review_months: 6}}\n'
    )
    given = load_settings(path, {"HER2_CDS_WORKBENCH__SIGN_IN": "local"})
    said = words(Seat(bench(store, given=given)).sign_in(EVE).get("/sources"))
    assert "due for review 6 months after that date" in said
    assert "Rules of the site" in said
    assert "Pharmacy and therapeutics committee of this site our-pt" in said
    assert "KADCYLA prescribing information" in said


def test_the_interval_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "her2.yaml"
    path.write_text('auth: {mode: "off"}\nsite: {review_months: 0}\n')
    with pytest.raises(ConfigurationError, match=r"her2.yaml:2: site.review_months"):
        load_settings(path, {})
