"""Checks that every name in a knowledge file is known: sources, products, tests and tables of units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cards.knowledge.schema import (
    AmbiguousName,
    Cited,
    Concept,
    Confidence,
    DrugClass,
    HepaticPair,
    Interaction,
    KeptApart,
    Kind,
    KnowledgeError,
    LabRow,
    Level,
    NotChecked,
    Product,
    Prophylaxis,
    Regimen,
    Reload,
    TestsBeforeDose,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.knowledge.schema import Knowledge, Source


_NAMING = (
    Cited, TestsBeforeDose, LabRow, HepaticPair, Product, Level, Regimen, Interaction, Prophylaxis, Reload,
    AmbiguousName, KeptApart, NotChecked, DrugClass, Concept,
)  # fmt: skip
"""The parts that name others."""


def check_names(part: Any, known: Knowledge, file: str) -> None:
    """Check one file against the whole knowledge.

    Raises:
        KnowledgeError: a name is not known; the message starts with the file and the place.

    """
    # Places are written only if a name is not known.
    if any(_problems(node, known) for node in structs_in(part)):
        for place, node in _walk(part, ""):
            for why in _problems(node, known):
                raise KnowledgeError(f"{file}: {place.lstrip('.')}: {why}")


def structs_in(node: Any) -> Iterator[msgspec.Struct]:
    """Yield every struct in a piece of knowledge, in order."""
    left = [node]
    while left:
        each = left.pop()
        if isinstance(each, msgspec.Struct):
            yield each
            left += [getattr(each, field) for field in reversed(each.__struct_fields__)]
        elif isinstance(each, (tuple, list)):
            left += reversed(each)
        elif isinstance(each, dict):
            left += reversed(each.values())


def _walk(node: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, msgspec.Struct):
        yield place, node
        for field in node.__struct_fields__:
            yield from _walk(getattr(node, field), f"{place}.{field}")
    elif isinstance(node, tuple | list):
        for index, item in enumerate(node):
            yield from _walk(item, f"{place}[{getattr(item, 'id', index)}]")
    elif isinstance(node, dict):
        for name, item in node.items():
            yield from _walk(item, f"{place}.{name}")


def level_problem(level: str, source: Source | None) -> Iterator[str]:
    """Say why a confidence does not fit its source: D is for the service's own defaults and only for them."""
    if source is None or source.own == (level == Confidence.DEFAULT):
        return
    if source.own:
        yield f"a default of this service has confidence D, not {level}"
    else:
        yield "confidence D is for defaults of this service, and its source is a document"


def _problems(node: msgspec.Struct, known: Knowledge) -> list[str]:
    return [*_problems_of(node, known)] if isinstance(node, _NAMING) else []


def _problems_of(node: Any, known: Knowledge) -> Iterator[str]:
    match node:
        case Cited():
            yield from _unknown("source", (node.source,), known.sources)
            yield from level_problem(node.confidence, known.sources.get(node.source))
        case TestsBeforeDose() | LabRow():
            yield from _tests(node.tests, known)
        case HepaticPair():
            yield from _tests((*node.transaminases, node.bilirubin), known)
        case Product():
            yield from _product(node, known)
        case Level() | Regimen() | Interaction() | Prophylaxis():
            yield from _check_partners(node, known)
        case Reload():
            yield from _products(node.also_after, known)
        case AmbiguousName():
            yield from _products(node.may_mean, known)
        case KeptApart() | NotChecked():
            yield from _products(node.products, known)
        case DrugClass():
            yield from _products(node.with_products, known)
        case Concept():
            yield from _concept(node, known)


def _product(product: Product, known: Knowledge) -> Iterator[str]:
    yield from _products((*product.look_alikes, *product.parts), known)
    yield from _products((each for row in product.eligibility for each in row.with_products), known)
    yield from _unknown("source", (brand.label for brand in product.brands), known.sources)
    topics = [each.topic for each in product.monitoring.before_each_dose]
    if len(topics) != len(set(topics)):
        yield "monitoring.before_each_dose has two entries for one topic"


def _check_partners(node: Level | Regimen | Interaction | Prophylaxis, known: Knowledge) -> Iterator[str]:
    """Check the partner drugs of a product: a class, or a product."""
    match node:
        case Interaction():
            named: tuple[str | None, ...] = (node.drug_class,)
        case Prophylaxis():
            named = (node.drug_class, *node.with_classes)
        case _:
            named = (node.beside,)
    classes = {group.id for group in known.drug_classes} | {product.id for product in known.products}
    yield from _unknown("class of drugs", (name for name in named if name is not None), classes)


def _concept(concept: Concept, known: Knowledge) -> Iterator[str]:
    if concept.kind not in (Kind.FINDING, Kind.SITE) and (concept.unit is None or concept.units is None):
        yield f"{concept.display} is a number and has no unit"
    if concept.units is not None:
        yield from _unknown("table of units", (concept.units,), known.terminology.units.tables)
    if concept.kind is Kind.LABORATORY and (concept.asked_by is None or concept.panel is None or concept.harm is None):
        yield f"{concept.display} is a laboratory test and does not say asked_by, panel and harm"


def _tests(names: Iterable[str], known: Knowledge) -> Iterator[str]:
    yield from _unknown("laboratory test", names, known.terminology.of_kind(Kind.LABORATORY))


def _products(names: Iterable[str], known: Knowledge) -> Iterator[str]:
    yield from _unknown("product", names, {product.id for product in known.products})


def _unknown(what: str, names: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    for name in names:
        if name not in known:
            yield f"unknown {what} {name!r}"
