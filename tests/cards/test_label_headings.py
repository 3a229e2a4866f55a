"""What no card checks is complete: a heading of a label's warnings has a check, or a line that says it has none."""

from __future__ import annotations

import pytest
from builders import KNOWN

from cards.knowledge.schema import Problem, Scope

CHECKS = {
    "left ventricular dysfunction": lambda product: product.monitoring.lvef is not None,
    "embryo-fetal toxicity": lambda product: _stops(product, Problem.PREGNANCY),
    "interstitial lung disease": lambda product: _stops(product, Problem.ILD),
    "heart failure": lambda product: _stops(product, Problem.HEART_FAILURE),
    "hepatotoxicity": lambda product: any("ast" in each.tests for each in product.monitoring.before_each_dose),
    "blood count": lambda product: any("platelets" in each.tests for each in product.monitoring.before_each_dose),
    "nodular regenerative hyperplasia": lambda product: _stops(product, Problem.NODULAR_HYPERPLASIA),
}
"""Headings that a rule answers for, and how to see in the knowledge that it does."""
# From the boxed warnings and the warnings and precautions; the word in the line follows "=".
LABELS = {
    "kadcyla": (
        "hepatotoxicity",
        "left ventricular dysfunction",
        "embryo-fetal toxicity",
        "interstitial lung disease",
        "infusion reactions",
        "hypersensitivity",
        "hemorrhage = anticoagulants",
        "blood count",
        "neurotoxicity = neuropathy",
        "extravasation",
        "nodular regenerative hyperplasia",
    ),
    "enhertu": (
        "interstitial lung disease",
        "blood count",
        "febrile neutropenia",
        "left ventricular dysfunction",
        "embryo-fetal toxicity",
        "hypersensitivity",
    ),
    "trastuzumab": (
        "left ventricular dysfunction",
        "heart failure",
        "infusion reactions",
        "embryo-fetal toxicity",
        "interstitial lung disease",
        "chemotherapy-induced neutropenia = neutropenia",
    ),
    "hylecta": (
        "left ventricular dysfunction",
        "heart failure",
        "interstitial lung disease",
        "embryo-fetal toxicity",
        "chemotherapy-induced neutropenia = neutropenia",
        "hypersensitivity",
    ),
    "pertuzumab": ("left ventricular dysfunction", "embryo-fetal toxicity", "infusion reactions", "hypersensitivity"),
    "phesgo": (
        "left ventricular dysfunction",
        "heart failure",
        "embryo-fetal toxicity",
        "interstitial lung disease",
        "chemotherapy-induced neutropenia = neutropenia",
        "hypersensitivity",
    ),
    "margenza": ("left ventricular dysfunction", "embryo-fetal toxicity", "infusion reactions"),
    "ziihera": (
        "left ventricular dysfunction",
        "embryo-fetal toxicity",
        "infusion reactions",
        "diarrhea",
        "premedication",
    ),
    "tucatinib": ("diarrhea", "hepatotoxicity", "embryo-fetal toxicity"),
    "lapatinib": ("left ventricular dysfunction", "hepatotoxicity", "diarrhea", "interstitial lung disease", "qt"),
    "neratinib": ("diarrhea", "embryo-fetal toxicity"),
    "zongertinib": ("hepatotoxicity", "left ventricular dysfunction", "interstitial lung disease", "diarrhea"),
    "sevabertinib": ("interstitial lung disease", "diarrhea", "liver = liver tests", "heart = ejection fraction"),
}


def _stops(product, problem: Problem) -> bool:
    return any(stop.problem is problem for stop in product.monitoring.stops)


def test_every_checked_product_is_held_to_its_label() -> None:
    assert set(LABELS) == {product.id for product in KNOWN.products if product.scope is Scope.CHECKED}


@pytest.mark.parametrize(("identifier", "heading"), [(name, each) for name, found in LABELS.items() for each in found])
def test_a_heading_of_the_label_is_checked_or_said_not_to_be(identifier, heading) -> None:
    product = next(each for each in KNOWN.products if each.id == identifier)
    name, _, word = heading.partition(" = ")
    if name in CHECKS and CHECKS[name](product):
        return
    lines = " ".join(each.what.lower() for each in KNOWN.not_checked if identifier in each.products)
    assert (word or name) in lines


def test_a_heading_that_is_neither_checked_nor_listed_is_found() -> None:
    """The test can fail: no line and no rule is about the moon."""
    with pytest.raises(AssertionError):
        test_a_heading_of_the_label_is_checked_or_said_not_to_be("kadcyla", "phases of the moon")
