"""Laws of results: nothing that is there is dropped, and what is not understood never makes a chart look better."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from unicodedata import normalize

from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import TERMINOLOGY, Json, bundle, cards, chart, observation, order, quantity, read_patient, topic

from fhir_mappings.results.measurement_units import UnitReader

LAW = settings()
AST, PLATELETS, LVEF, HCG = "1920-8", "777-3", "10230-1", "2106-3"
READER = UnitReader(TERMINOLOGY)
UNITS = st.one_of(
    st.sampled_from(["", "zonks", "U/zonk", "mg/dL", "10*3/uL", "U/L", "E/L", "kU/L", "U", "%"]),
    st.text(min_size=1, max_size=12).filter(lambda written: bool(written.strip())),
)
TIMES = st.sampled_from(
    [
        "2026-11-20",
        "2026-11",
        "2026-11-20T08:00:00Z",
        "2026-11-20T20:00:00Z",
        "2026-11-20T23:30:00-05:00",
        "2026-11-21T01:00:00+01:00",
        "2026-11-19T20:00:00Z",
        "2026-10-01",
    ]
)
STATUSES = st.sampled_from(["final", "corrected", "amended", "preliminary"])
ISSUED = st.sampled_from([None, "2026-11-21T08:00:00Z", "2026-11-21T09:00:00Z"])


@st.composite
def results(draw: st.DrawFn) -> Json:
    """Draw a result of some time, with or without a release, in units that are known and not."""
    code, unit = draw(st.sampled_from([(AST, "U/L"), (PLATELETS, "10*9/L"), (LVEF, "%")]))
    value: Json = quantity(draw(st.integers(5, 90)), draw(st.sampled_from([unit, unit, "zonks"])))
    if comparator := draw(st.sampled_from([None, None, "<", ">", "!="])):
        value["comparator"] = comparator
    return observation(
        code,
        draw(st.sampled_from("abcdefgh")) + draw(st.sampled_from("0123456789")),
        valueQuantity=value,
        status=draw(STATUSES),
        effectiveDateTime=draw(TIMES),
        issued=draw(ISSUED),
        referenceRange=[{"high": {"value": 40}}],
    )


@LAW
@given(st.lists(results(), max_size=6, unique_by=lambda each: each["id"]), st.randoms())
def test_the_order_of_results_never_matters(drawn: list[Json], random: Any) -> None:
    shuffled = list(drawn)
    random.shuffle(shuffled)

    def read(listed: list[Json]) -> tuple[Any, ...]:
        found = read_patient(labs=bundle(*listed))
        # Only the place in the list differs.
        values = {
            test: [(each.value, each.on, each.origin.reference, each.beside) for each in of]
            for test, of in (*found.labs.items(), ("lvef", found.lvefs))
            if test != "lvef"
        }
        fractions = [(each.percent, each.on, each.origin.reference, each.beside) for each in found.lvefs]
        gaps = sorted((each.about or "", each.reason, str(each.on), each.values) for each in found.gaps)
        return values, fractions, gaps

    assert read(drawn) == read(shuffled)


@LAW
@given(UNITS, st.integers(1, 500), st.sampled_from([AST, PLATELETS]))
def test_a_result_in_an_unknown_unit_is_never_none_on_record(unit: str, value: int, code: str) -> None:
    named = {AST: "AST", PLATELETS: "platelets"}[code]
    listed = [each["resource"] for each in chart()["labs"]["entry"] if code not in str(each["resource"]["code"])]
    odd = observation(code, "odd", valueQuantity={"value": value, "unit": unit})
    shown = cards(order(), prefetch=chart(labs=bundle(*listed, odd)))
    said = " ".join(card["detail"] for card in shown)
    assert f"{named}: none on record" not in said
    concept = {AST: "ast", PLATELETS: "platelets"}[code]
    if READER.factor(concept, "", unit) is None:
        incomplete = [card for card in shown if topic(card) == "checks-incomplete"]
        assert incomplete
        assert incomplete[0]["indicator"] == "warning"
        assert str(value) in incomplete[0]["detail"]
        assert named in incomplete[0]["detail"]


@LAW
@given(st.text(max_size=8), st.sampled_from(["10*3/uL", "U/L", "mg/dL", "kg", "%"]), st.booleans())
def test_an_addition_to_a_unit_is_ignored_only_if_it_changes_nothing(
    added: str,
    unit: str,
    behind: bool,  # noqa: FBT001 - drawn
) -> None:
    concept = {"10*3/uL": "platelets", "U/L": "ast", "mg/dL": "bilirubin-total", "kg": "weight", "%": "lvef"}[unit]
    written = f"{unit}{added}" if behind else f"{added}{unit}"
    factor = READER.factor(concept, "", written)
    ignored = {word for group in TERMINOLOGY.units.ignored for word in group.texts}
    plain = "".join(normalize("NFKC", added).casefold().split()).strip("., ")
    if factor is not None and plain and "{" not in added:
        known = {
            text
            for table in TERMINOLOGY.units.tables.values()
            for entry in (*table.whole, *table.numerators)
            for text in entry.texts
        }
        known |= {"x", "\u00d7", "*", "\u00b7", "s", "1"} | set(TERMINOLOGY.units.tables["cells"].counted)
        assert plain in ignored or plain in known or any(plain in each for each in known), written


@LAW
@given(st.decimals(Decimal(1), Decimal(90), places=1), st.sampled_from([None, "<", ">", "<=", ">=", "!=", "sa", "~"]))
def test_no_card_quotes_a_number_that_nobody_measured(percent: Decimal, comparator: str | None) -> None:
    value: Json = {**quantity(percent, "%"), **({"comparator": comparator} if comparator else {})}
    shown = cards(order(), prefetch=chart(lvef=bundle(observation(LVEF, valueQuantity=value))))
    for card in shown:
        if topic(card) in ("lvef-hold", "lvef-recheck"):
            assert f"{percent.normalize():f}" in card["summary"].replace(" ", ""), card["summary"]
            assert comparator is None or comparator in card["summary"]
            assert comparator not in ("!=", "sa", "~")
