"""Each drug's documents as their page shows them: how old the text is that was read, and which are due for review."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from cards.knowledge.loader import citations, default_knowledge
from cards.knowledge.schema import Confidence, Scope
from cards.values.calendar_months import months_before

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cards.knowledge.schema import Knowledge, Source

_AS_OF = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_MONTHS = 12
OF_NO_DRUG, OF_RULES = "Codes, words and limits of every drug", "Rules of the site"


@dataclass(frozen=True, slots=True)
class SourceView:
    """A document: its age in whole months, ``None`` if its date cannot be read, and the values taken from it.

    ``is_due``: the text that was read is older than the site's interval. ``values`` are counted by confidence.
    """

    id: str
    source: Source
    months: int | None
    is_due: bool
    values: Mapping[str, int]
    of_site: bool

    @property
    def total(self) -> int:
        """How many values are taken from it."""
        return sum(self.values.values())

    @property
    def unverified(self) -> int:
        """How many of its values have confidence K."""
        return self.values.get(Confidence.UNVERIFIED, 0)


@dataclass(frozen=True, slots=True)
class DrugSources:
    """The documents of one drug, those due for review first."""

    name: str
    sources: tuple[SourceView, ...]

    @property
    def due(self) -> int:
        """How many are due for review."""
        return sum(each.is_due for each in self.sources)


def sources_by_drug(known: Knowledge, today: date, review_months: int) -> list[DrugSources]:
    """List the documents of each checked drug, then those of no particular drug."""
    shipped = default_knowledge().sources
    groups: list[tuple[str, Any]] = [
        (product.name, (product, [brand.label for brand in product.brands]))
        for product in known.products
        if product.scope is Scope.CHECKED
    ]
    groups.append((OF_RULES, (known.site_rules, [])))
    rest = (known.ambiguous_names, known.unspecific_hcpcs, known.kept_apart, known.drug_classes, known.terminology)
    groups.append((OF_NO_DRUG, ((*rest, known.thresholds), [])))
    found = []
    for name, (knowledge, labels) in groups:
        counts: dict[str, Counter[str]] = {label: Counter() for label in labels}
        for cited in citations(knowledge):
            counts.setdefault(cited.source, Counter())[cited.confidence] += 1
        views = [
            _view(each, known.sources[each], counts[each], today, review_months, of_site=each not in shipped)
            for each in counts
            if not known.sources[each].own
        ]
        if views:
            found.append(DrugSources(name, tuple(sorted(views, key=_order))))
    return found


def due_for_review(groups: Iterable[DrugSources]) -> dict[str, SourceView]:
    """List the documents that are due, each once, the oldest first."""
    due = {each.id: each for group in groups for each in group.sources if each.is_due}
    return dict(sorted(due.items(), key=lambda each: _order(each[1])))


def day_of(as_of: str) -> date | None:
    """Return the first day of a document's date, which may be a day, a month or a year."""
    match = _AS_OF.fullmatch(as_of.strip())
    if match is None:
        return None
    year, month, day = (int(each) if each else 1 for each in match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _view(
    identifier: str, source: Source, values: Counter[str], today: date, review_months: int, *, of_site: bool
) -> SourceView:
    on = day_of(source.as_of)
    months = None if on is None else max(0, _months_between(on, today))
    is_due = on is None or on < months_before(today, review_months)
    return SourceView(identifier, source, months, is_due, dict(values), of_site)


def _months_between(on: date, today: date) -> int:
    return (today.year - on.year) * _MONTHS + today.month - on.month - (today.day < on.day)


def _order(view: SourceView) -> tuple[bool, int, str]:
    """Sort due documents first, oldest first; an unreadable date counts as the oldest."""
    return not view.is_due, -(view.months if view.months is not None else 10_000), view.id
