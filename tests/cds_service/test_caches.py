"""No answer depends on what was kept, and only three mechanisms keep anything (ADR 25)."""

from __future__ import annotations

import ast
import gc
import json
import random
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
from answering import Answering
from calls import (
    COVERAGE,
    DISPATCH,
    SELECT,
    SIGN,
    TODAY,
    VIEW,
    bundle,
    call,
    clean_prefetch,
    dose_given,
    ihc,
    labs,
    lvef,
    observation,
    order,
    troubled_prefetch,
    weight,
)

import cards
import cds_service
import fhir_mappings
from cards.facts.order import DrugOrder, EvidenceKind, IdentityEvidence
from cards.facts.origins import Origin
from cards.identification.identity import identify
from cards.identification.recognizer import Recognizer
from cards.knowledge.loader import default_knowledge

# The modules of the three mechanisms.
MECHANISMS = {"cards/values/caching.py", "cards/values/text_cache.py"}
KEEPERS = {"lru_cache", "cache", "cached_property", "OrderedDict", "WeakKeyDictionary", "WeakValueDictionary"}
DRUGS = (
    "Kadcyla", "ado-trastuzumab emtansine 100 mg", "Enhertu IV", "trastuzumab-dkst (OGIVRI)", "trastuzumab", "Perjeta",
    "Trastuzumab-Emtansin", "Herceptin SC 600 mg/5 mL", "trastuzumab ADC", "Margenza", "Phesgo", "Ziihera", "aspirin",
)  # fmt: skip
SCORES = ("3+", "2+", "1+", "0 (ultralow)", "HER2 negative, ER 3+", "IHC 2+, FISH negative, ratio 1.4", "pending")
UNITS = ("U/L", "ukat/L", "mg/dL", "umol/L", "10*3/uL", "G/L", "furlong")
TIMINGS: tuple[dict[str, Any], ...] = (
    {"repeat": {"frequency": 1, "period": 3, "periodUnit": "wk"}}, {"code": {"text": "weekly"}}, {},
    {"repeat": {"frequency": 1, "period": 7, "periodUnit": "d", "count": 3}},
)  # fmt: skip


def requests(number: int) -> list[dict[str, Any]]:
    """Make requests that share texts, units and codes, in every combination that chance gives."""
    chance = random.Random(20261129)  # noqa: S311 - the same requests each time
    made = []
    for _ in range(number):
        service = chance.choice([SIGN, SIGN, SIGN, SELECT, DISPATCH, COVERAGE])
        drug, mg = chance.choice(DRUGS), chance.choice([252, 378, 420, 600, 840, 158, "252,0"])
        dose = {"value": mg, "unit": chance.choice(["mg", "mg/kg", "g"])}
        instruction = {
            "text": chance.choice(["", f"{mg} mg IV every 3 weeks", "IV over 90 minutes in D5W", "SC injection"]),
            "timing": chance.choice(TIMINGS),
            "doseAndRate": [{"doseQuantity": dose}],
        }
        drafts = [order(medicationCodeableConcept={"text": drug}, dosageInstruction=[instruction])]
        if chance.random() < 0.3:
            drafts.append(order(name="order-2", medicationCodeableConcept={"text": chance.choice(DRUGS)}))
        chart = chance.choice([clean_prefetch, troubled_prefetch])()
        told = chance.choice(SCORES)
        chart["tumorMarkers"] = bundle(ihc("LA0-0", told), observation("her2-2", "85318-4", 3, valueString=told))
        amount = {"value": chance.choice([24, 300, 0.6, 5]), "unit": chance.choice(UNITS)}
        chart["labs"] = bundle(*labs(), observation("ast-2", "1920-8", 1, valueQuantity=amount))
        chart["weight"] = bundle(weight(chance.choice([70, 154])), weight(71, days=20))
        chart["lvef"] = bundle(lvef(chance.choice([61, 44, 38])))
        chart["administrations"] = bundle(*(dose_given(days, f"g-{days}") for days in chance.sample([9, 21, 42], 2)))
        made.append({"service": service, "request": call(service, drafts, chart)})
    made.append({"service": VIEW, "request": call(VIEW)})
    return made


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return [json.dumps(each).encode() for each in requests(40)]


def test_the_answers_are_the_same_with_no_cache(lines) -> None:
    command = [sys.executable, str(Path(__file__).parent / "uncached.py"), str(TODAY)]
    done = subprocess.run(command, input=b"\n".join(lines), capture_output=True, check=True, timeout=120)  # noqa: S603
    uncached = done.stdout.splitlines()
    assert len(set(uncached)) > len(lines) / 3
    answering = Answering(TODAY)
    assert [answering.answer(line) for line in lines] == uncached
    # The caches are warm now, and the order is a different one.
    shuffled = sorted(range(len(lines)), key=lambda index: lines[index][::-1])
    assert [answering.answer(lines[index]) for index in shuffled] == [uncached[index] for index in shuffled]


def test_only_the_mechanisms_keep_anything() -> None:
    found = []
    for package in (cards, fhir_mappings, cds_service):
        root = Path(package.__file__).parent
        for path in root.rglob("*.py"):
            code = path.read_text(encoding="utf-8")
            if not any(name in code for name in KEEPERS):
                continue
            names = {
                node.attr if isinstance(node, ast.Attribute) else node.name
                for node in ast.walk(ast.parse(code))
                if isinstance(node, ast.Attribute | ast.alias)
            }
            if names & KEEPERS:
                found.append(str(path.relative_to(root.parent)))
    # Charts are drawn in batches by another process and cached there; connections are state, not answers.
    assert set(found) - {"cds_service/charts/drawing.py", "cds_service/ehr/connections.py"} == MECHANISMS


def test_recognized_names_are_freed_with_their_recognizer() -> None:
    recognizer = Recognizer(default_knowledge())
    said = IdentityEvidence(EvidenceKind.TEXT, "", "Kadcyla", "x")
    assert identify(DrugOrder(Origin("", "x"), evidence=(said,)), recognizer).product is not None
    gone = weakref.ref(recognizer)
    del recognizer
    gc.collect()
    assert gone() is None
