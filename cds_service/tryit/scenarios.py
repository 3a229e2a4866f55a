"""The scenarios of the try-it page as charts and draft orders, and the choices of its order screen."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec

from cards.knowledge.schema import Kind, Scope
from cards.knowledge.shipped import shipped_file
from cards.values.caching import once
from cds_service.tryit.resources import Json, Writer, hcpcs_coding

if TYPE_CHECKING:
    from collections.abc import Callable

    from cards.knowledge.schema import Brand, Knowledge, Product

"""The measurements that the order screen offers, besides HER2."""
FAMILIES = {
    "dose": "Dose",
    "identity": "Identity and coding",
    "biomarker": "HER2 and indication",
    "monitoring": "Monitoring",
    "regimen": "Course of treatment",
    "clean": "All is well",
}
"""The headings under which scenarios are listed."""
HER2_CHOICES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("IHC 3+", (("ihc", "3+"),)),
    ("IHC 2+, no ISH", (("ihc", "2+"),)),
    ("IHC 2+, ISH positive", (("ihc", "2+"), ("ish", "positive"))),
    ("IHC 2+, ISH negative", (("ihc", "2+"), ("ish", "negative"))),
    ("IHC 1+", (("ihc", "1+"),)),
    ("IHC 0", (("ihc", "0"),)),
)


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of the scenario file."""


class Person(_Part, frozen=True):
    """A synthetic patient."""

    name: str
    gender: str
    born: date


class Weight(_Part, frozen=True):
    """A body weight."""

    kg: float
    days_ago: int


class Lvef(_Part, frozen=True):
    """An ejection fraction."""

    percent: float
    days_ago: int


class Her2(_Part, frozen=True):
    """A HER2 result: one of the tests."""

    days_ago: int
    ihc: str | None = None
    ish: str | None = None


class Labs(_Part, frozen=True):
    """A day's blood tests, by concept, each in the concept's unit."""

    days_ago: int
    values: dict[str, float]


class Cancer(_Part, frozen=True):
    """The disease."""

    icd10: str
    text: str
    stage: str


class Given(_Part, frozen=True):
    """A dose that was given, in milligrams."""

    drug: str
    dose: float
    days_ago: int


class Ordered(_Part, frozen=True):
    """A draft order in milligrams: of a brand, or of ``other`` with a text."""

    drug: str
    dose: float
    text: str = ""
    hcpcs: str = ""
    uncoded: bool = False


class Usual(_Part, frozen=True):
    """The chart of a scenario that does not say otherwise."""

    cancer: Cancer
    weight: Weight
    her2: tuple[Her2, ...]
    lvef: tuple[Lvef, ...]
    labs: Labs


class Scenario(_Part, frozen=True):
    """One patient and order screen; ``None`` means as in the usual chart."""

    id: str
    family: str
    title: str
    story: str
    patient: Person
    orders: tuple[Ordered, ...]
    expect: tuple[str, ...]
    weight: Weight | None = None
    her2: tuple[Her2, ...] | None = None
    lvef: tuple[Lvef, ...] | None = None
    labs: Labs | None = None
    given: tuple[Given, ...] = ()


class Scenarios(_Part, frozen=True):
    """The scenario file: the laboratory, the usual chart, and the scenarios."""

    laboratory: dict[str, dict[str, float]]
    usual: Usual
    scenarios: tuple[Scenario, ...]


@once
def read_scenarios() -> Scenarios:
    """Read the scenario file."""
    return shipped_file(files("cds_service.tryit").joinpath("scenarios.yaml")).read(Scenarios)


def page_data(known: Knowledge, today: date, say: Callable[[str], str] = str) -> Json:
    """Return all data of the page: the choices of the order screen, and the scenarios with their charts.

    ``say`` returns a sentence in the page's language.
    """
    file = read_scenarios()
    writer = Writer(known, today, file.laboratory)
    return {
        "today": writer.today.isoformat(),
        "drugs": [_choice(writer, *each) for each in _brands(writer)],
        "measurements": {concept: writer.measurement(concept, None, 0) for concept in measurements(known)},
        "her2": [
            {
                "label": say(label),
                "observations": [writer.her2(test, answer, 0, f"her2-{test}") for test, answer in results],
            }
            for label, results in HER2_CHOICES
        ],
        "scenarios": [_written(scenario, file.usual, writer, say) for scenario in file.scenarios],
    }


def measurements(known: Knowledge) -> tuple[str, ...]:
    """List the measurements on the page: weight, ejection fraction and every laboratory test."""
    return ("weight", "lvef", *known.terminology.of_kind(Kind.LABORATORY))


def _brands(writer: Writer) -> list[tuple[Product, Brand]]:
    checked = [product for product in writer.known.products if product.scope is Scope.CHECKED]
    return sorted(((product, brand) for product in checked for brand in product.brands), key=lambda pair: pair[1].name)


def _choice(writer: Writer, product: Product, brand: Brand) -> Json:
    concept = writer.concept(product, brand)
    return {
        "id": brand.id,
        "label": f"{brand.name} ({brand.generic})",
        "concept": concept,
        "dosage": writer.dosage(product),
    }


def _written(scenario: Scenario, usual: Usual, writer: Writer, say: Callable[[str], str]) -> Json:
    return {
        "id": scenario.id,
        "family": scenario.family,
        "title": say(scenario.title),
        "story": say(scenario.story),
        "chart": _chart(scenario, usual, writer),
        "orders": [_order(each, f"order-{n}", writer) for n, each in enumerate(scenario.orders, 1)],
    }


def _chart(scenario: Scenario, usual: Usual, writer: Writer) -> list[Json]:
    person, cancer = scenario.patient, usual.cancer
    weight, labs = scenario.weight or usual.weight, scenario.labs or usual.labs
    her2 = usual.her2 if scenario.her2 is None else scenario.her2
    lvefs = usual.lvef if scenario.lvef is None else scenario.lvef
    return [
        writer.patient(person.name, person.gender, person.born),
        writer.condition("breast-cancer", cancer.icd10, cancer.text, cancer.stage),
        writer.measurement("weight", weight.kg, weight.days_ago),
        *(writer.her2(*_test(each), each.days_ago, f"her2-{_test(each)[0]}") for each in her2),
        *(
            writer.measurement("lvef", each.percent, each.days_ago, f"lvef-{n}" if n else "lvef")
            for n, each in enumerate(lvefs)
        ),
        *(
            writer.measurement(test, value, labs.days_ago)
            for test, value in {**usual.labs.values, **labs.values}.items()
        ),
        *(
            writer.administration(f"given-{n}", _concept(each.drug, writer), each.dose, each.days_ago)
            for n, each in enumerate(scenario.given, 1)
        ),
    ]


def _test(result: Her2) -> tuple[str, str]:
    return ("ihc", result.ihc) if result.ihc is not None else ("ish", result.ish or "")


def _order(ordered: Ordered, identifier: str, writer: Writer) -> Json:
    concept: Json = {"text": ordered.text} if ordered.drug == "other" else _concept(ordered.drug, writer)
    if ordered.text:
        concept["text"] = ordered.text
    if ordered.uncoded:
        concept.pop("coding", None)
    if ordered.hcpcs:
        concept["coding"] = [*concept.get("coding", []), hcpcs_coding(ordered.hcpcs)]
    dosage: Json = {} if ordered.drug == "other" else writer.dosage(_find(ordered.drug, writer)[0])
    amount: dict[str, Any] = {"value": ordered.dose, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    dosage["doseAndRate"] = [{"doseQuantity": amount}]
    return writer.order(identifier, concept, dosage)


def _concept(brand_id: str, writer: Writer) -> Json:
    return writer.concept(*_find(brand_id, writer))


def _find(brand_id: str, writer: Writer) -> tuple[Product, Brand]:
    return next((product, brand) for product, brand in _brands(writer) if brand.id == brand_id)
