"""Earlier doses and active drugs of a chart: which count, what they are, and when they were given."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cards.facts.patient import PossibleDose, TreatmentState
from cards.identification.recognizer import Recognizer
from cards.knowledge.loader import default_knowledge
from cards.values.quantities import Mg, MgPerKg
from fhir_mappings.medications.medication import MedicationReader
from fhir_mappings.medications.possible_doses import possible_dose
from fhir_mappings.medications.treatments import TreatmentReader
from fhir_mappings.patient.conditions import ConditionReader
from fhir_mappings.wire.references import References

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
KNOWN = default_knowledge()
RECOGNIZER = Recognizer(KNOWN)
READER = TreatmentReader(MedicationReader(ConditionReader(KNOWN.terminology)), RECOGNIZER)


def drug(name: str = "Kadcyla", code: str | None = None) -> dict[str, Any]:
    coding = [{"system": RXNORM, "code": code}] if code else []
    return {"coding": coding, "text": name} if coding else {"text": name}


def administration(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationAdministration",
        "id": "a1",
        "status": "completed",
        "medicationCodeableConcept": drug(),
        "effectiveDateTime": "2026-11-01T09:30:00-05:00",
        "dosage": {"dose": {"value": 252, "unit": "mg", "code": "mg"}},
        **more,
    }


def request(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": "m1",
        "status": "completed",
        "intent": "order",
        "medicationCodeableConcept": drug(),
        "authoredOn": "2026-10-10",
        **more,
    }


def read(resource: dict[str, Any]):  # noqa: ANN201
    return READER.read(resource, "prefetch.history.entry[0].resource", References())


@pytest.mark.parametrize(
    ("resource", "state", "product", "on", "dose"),
    [
        pytest.param(
            administration(),
            TreatmentState.GIVEN,
            "kadcyla",
            date(2026, 11, 1),
            Mg(Decimal(252)),
            id="a dose that was given",
        ),
        pytest.param(
            administration(status="stopped"),
            TreatmentState.GIVEN,
            "kadcyla",
            date(2026, 11, 1),
            Mg(Decimal(252)),
            id="an infusion that was stopped was begun",
        ),
        pytest.param(
            administration(
                effectiveDateTime=None,
                effectivePeriod={"start": "2026-10-30", "end": "2026-10-31"},
                dosage={"dose": {"value": Decimal("1.8"), "unit": "mg/kg"}},
            ),
            TreatmentState.GIVEN,
            "kadcyla",
            date(2026, 10, 30),
            MgPerKg(Decimal("1.8")),
            id="a period, and a dose per kilogram",
        ),
        pytest.param(
            administration(medicationCodeableConcept=drug("x", "2119714"), dosage=None),
            TreatmentState.GIVEN,
            "hylecta",
            date(2026, 11, 1),
            None,
            id="a product code and no dose, as synthetic data has it",
        ),
        pytest.param(
            request(),
            TreatmentState.COMPLETED,
            "kadcyla",
            date(2026, 10, 10),
            None,
            id="a completed order, by when it was written",
        ),
        pytest.param(
            request(
                status="active",
                medicationCodeableConcept=drug("DOXOrubicin 50 mg in sodium chloride"),
                dosageInstruction=[{"timing": {"repeat": {"boundsPeriod": {"start": "2026-11-20"}}}}],
            ),
            TreatmentState.ACTIVE,
            "",
            date(2026, 11, 20),
            None,
            id="an active order of a drug that matters beside it",
        ),
        pytest.param(
            {
                "resourceType": "MedicationStatement",
                "status": "active",
                "medicationCodeableConcept": drug("ketoconazole"),
            },
            TreatmentState.ACTIVE,
            "",
            None,
            None,
            id="what the patient says to be taking",
        ),
    ],
)
def test_a_treatment_that_counts(resource, state, product, on, dose) -> None:
    found = read(resource)
    assert found is not None
    assert (found.state, found.product, found.on, found.dose) == (state, product, on, dose)


@pytest.mark.parametrize(
    "resource",
    [
        pytest.param(administration(status="not-done"), id="a dose that was not given"),
        pytest.param(administration(status="entered-in-error"), id="an entry made in error"),
        pytest.param(request(status="cancelled"), id="a cancelled order"),
        pytest.param(request(status="draft"), id="a draft"),
        pytest.param(request(status="active", intent="plan"), id="a plan"),
        pytest.param(request(status="active", doNotPerform=True), id="an order not to give it"),
        pytest.param(administration(medicationCodeableConcept=drug("ondansetron 8 mg")), id="a drug nobody asks about"),
        pytest.param({"resourceType": "MedicationAdministration"}, id="nothing but a type"),
    ],
)
def test_a_treatment_that_does_not_count(resource) -> None:
    assert read(resource) is None


def procedure(words: str, **more: Any) -> dict[str, Any]:
    named = {"code": {"text": words}, "performedDateTime": "2026-11-24"}
    return {"resourceType": "Procedure", "status": "completed", **named, **more}


def entry(kind: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": "e1", "status": "completed", "medicationCodeableConcept": drug(), **more}


def possible(**resource: Any) -> PossibleDose | None:
    return possible_dose(resource, "prefetch.medications", References(), READER)


DOSED = [{"text": "210 mg", "doseAndRate": [{"doseQuantity": {"value": 210, "unit": "mg"}}]}]


@pytest.mark.parametrize(
    ("resource", "amount"),
    [
        pytest.param(
            entry("MedicationDispense", whenHandedOver="2026-11-24", dosageInstruction=DOSED), "210", id="coded"
        ),
        pytest.param(
            entry("MedicationDispense", whenHandedOver="2026-11-24", dosageInstruction=[{"text": "210 mg IV"}]),
            "210",
            id="in words",
        ),
        pytest.param(
            entry("MedicationDispense", whenHandedOver="2026-11-24", dosageInstruction=[*DOSED, {"text": "252 mg"}]),
            "210",
            id="its fields before its words",
        ),
        pytest.param(
            entry("MedicationStatement", effectiveDateTime="2026-11-24", dosage=DOSED), "210", id="a statement's"
        ),
        pytest.param(
            # A vial is no dose.
            entry("MedicationDispense", whenHandedOver="2026-11-24", quantity={"value": 160, "unit": "mg"}),
            None,
            id="what was handed over",
        ),
        pytest.param(procedure("Infusion of trastuzumab emtansine 210 mg"), None, id="a procedure names none"),
    ],
)
def test_the_amount_of_what_may_be_a_dose(resource: dict[str, Any], amount: str | None) -> None:
    found = possible(**resource)
    assert found is not None
    assert found.dose == (Mg(Decimal(amount)) if amount else None)


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        pytest.param(
            entry("MedicationStatement", effectiveDateTime="2026-11-24"),
            ("kadcyla", date(2026, 11, 24)),
            id="statement",
        ),
        pytest.param(
            entry("MedicationStatement", status="active", effectiveDateTime="2026-11-24T08:00:00Z"),
            ("kadcyla", date(2026, 11, 24)),
            id="an active one of a time",
        ),
        pytest.param(
            entry("MedicationStatement", effectivePeriod={"start": "2026-09-01", "end": "2026-11-24"}),
            ("kadcyla", date(2026, 11, 24)),
            id="a course that ended",
        ),
        pytest.param(
            entry("MedicationStatement", status="active", effectivePeriod={"start": "2026-09-01"}), None, id="a course"
        ),
        pytest.param(entry("MedicationStatement", effectiveDateTime="2026-11"), None, id="a month"),
        pytest.param(
            entry("MedicationStatement", status="not-taken", effectiveDateTime="2026-11-24"), None, id="not taken"
        ),
        pytest.param(
            entry("MedicationStatement", taken="n", effectiveDateTime="2026-11-24"), None, id="not taken, STU3"
        ),
        pytest.param(
            entry("MedicationStatement", status="intended", effectiveDateTime="2026-11-24"), None, id="intended"
        ),
        pytest.param(
            entry("MedicationDispense", whenHandedOver="2026-11-24"), ("kadcyla", date(2026, 11, 24)), id="dispense"
        ),
        pytest.param(entry("MedicationDispense", status="declined", whenPrepared="2026-11-24"), None, id="declined"),
        pytest.param(
            {
                "resourceType": "Procedure",
                "status": "completed",
                "code": {"text": "Infusion of trastuzumab emtansine, cycle 3"},
                "performedDateTime": "2026-11-24",
            },
            ("kadcyla", date(2026, 11, 24)),
            id="a procedure that names the drug",
        ),
        pytest.param(
            {
                "resourceType": "Procedure",
                "status": "completed",
                "code": {"text": "Chemotherapy administration, IV infusion"},
                "performedDateTime": "2026-11-24",
            },
            None,
            id="a procedure of any drug",
        ),
        pytest.param(
            {
                "resourceType": "Procedure",
                "status": "not-done",
                "code": {"text": "Infusion of Kadcyla"},
                "performedDateTime": "2026-11-24",
            },
            None,
            id="a procedure that was not done",
        ),
        pytest.param(procedure("Echocardiogram before Herceptin"), None, id="an echocardiogram"),
        pytest.param(procedure("Insertion of port for Kadcyla"), None, id="a port"),
        pytest.param(
            procedure("Education, then infusion of Kadcyla"), ("kadcyla", date(2026, 11, 24)), id="education and a dose"
        ),
        pytest.param(procedure("Kadcyla protocol"), ("kadcyla", date(2026, 11, 24)), id="a word that is on no list"),
        pytest.param(
            procedure("Chemotherapy visit", usedCode=[drug()]), ("kadcyla", date(2026, 11, 24)), id="what was used"
        ),
    ],
)
def test_an_entry_that_may_be_a_dose(resource: dict[str, Any], expected: tuple[str, date] | None) -> None:
    found = possible(**resource)
    assert (None if found is None else (found.product, found.on)) == expected


@pytest.mark.parametrize(
    ("named", "product"),
    [
        pytest.param(drug("Trastuzumab-Emtansin 160 mg"), "kadcyla", id="German"),
        pytest.param(drug("trastuzumab deruxtec\u00e1n"), "enhertu", id="Spanish"),
        pytest.param(drug("Trastuzumabe entansina"), "kadcyla", id="Brazilian"),
        pytest.param(drug("Herceptin SC 600 mg/5 mL"), "hylecta", id="the European subcutaneous product"),
        pytest.param(drug("T-DM1 vial J9354"), "kadcyla", id="with a code in the text"),
        pytest.param(
            {"coding": [{"system": "http://fhir.de/CodeSystem/dimdi/atc", "code": "L01XC14"}]}, "kadcyla", id="old ATC"
        ),
        pytest.param(
            {"coding": [{"system": "http://snomed.info/sct", "code": "838469001"}]}, "enhertu", id="SNOMED CT"
        ),
        pytest.param({"coding": [{"system": RXNORM, "code": 1371041}]}, "kadcyla", id="a number for a code"),
    ],
)
def test_a_dose_given_is_read_like_an_order(named: dict[str, Any], product: str) -> None:
    for resource in (
        administration(medicationCodeableConcept=named),
        request(medicationCodeableConcept=named),
        administration(
            medicationCodeableConcept=None,
            medicationReference={"reference": "#m"},
            contained=[{"resourceType": "Medication", "id": "m", "code": named}],
        ),
    ):
        found = read({name: value for name, value in resource.items() if value is not None})
        assert found is not None
        assert found.product == product
        assert not READER.is_unclear(resource, References())


@pytest.mark.parametrize("name", ["trastuzumab vedotin", "T-DM1/T-DXd", "trastuzumab-abcd", "Kadcylla"])
def test_a_dose_of_an_unidentified_drug_is_reported(name: str) -> None:
    given = administration(medicationCodeableConcept=drug(name))
    found = read(given)
    assert found is not None
    assert found.product == ""
    assert READER.is_unclear(given, References())


@pytest.mark.parametrize(
    ("name", "dose", "is_drug"),
    [
        ("Sodium chloride 0.9 % flush after Kadcyla", {"value": 10, "unit": "mL"}, False),
        ("NaCl 0.9 % 250 mL (diluent for Kadcyla)", {"value": 250, "unit": "mL"}, False),
        ("Sodium chloride 0.9 % for Kadcyla", {"value": 252, "unit": "mg"}, True),
        ("Sodium chloride 0.9 % with Kadcyla", {"value": 250, "unit": "mL"}, True),
    ],
)
def test_a_fluid_that_was_given_with_a_drug_is_no_dose_of_it(name: str, dose: dict[str, Any], *, is_drug: bool) -> None:
    given = administration(medicationCodeableConcept={"text": name}, dosage={"dose": dose})
    assert (read(given) is not None) is is_drug
    assert not READER.is_unclear(given, References())
    active = request(
        status="active",
        medicationCodeableConcept={"text": name},
        dosageInstruction=[{"doseAndRate": [{"doseQuantity": dose}]}],
    )
    assert (read(active) is not None) is is_drug
    in_words = administration(
        medicationCodeableConcept={"text": name}, dosage={"dose": dose, "text": "Kadcyla 252 mg in 250 mL"}
    )
    assert read(in_words) is not None


def test_a_dose_of_a_drug_out_of_scope_is_clear() -> None:
    assert not READER.is_unclear(administration(medicationCodeableConcept=drug("doxorubicin")), References())
    assert not READER.is_unclear(administration(medicationCodeableConcept=drug("ondansetron")), References())


@pytest.mark.parametrize(
    ("times", "on", "within"),
    [
        pytest.param({"effectiveDateTime": "2026-11-01T09:30:00-05:00"}, date(2026, 11, 1), None, id="a time"),
        pytest.param({"effectiveDateTime": "2026-11-01"}, date(2026, 11, 1), None, id="a day"),
        pytest.param({"effectiveDateTime": "2026-11"}, None, (date(2026, 11, 1), date(2026, 11, 30)), id="a month"),
        pytest.param({"effectiveDateTime": "2024-02"}, None, (date(2024, 2, 1), date(2024, 2, 29)), id="a leap month"),
        pytest.param({"effectiveDateTime": "2025"}, None, (date(2025, 1, 1), date(2025, 12, 31)), id="a year"),
        pytest.param({"effectiveDateTime": "2026-13"}, None, None, id="no month"),
        pytest.param({"effectiveDateTime": "last week"}, None, None, id="words"),
        pytest.param({"effectiveDateTime": None}, None, None, id="nothing"),
        pytest.param(
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-11-01T09:00:00Z", "end": "2026-11-02"}},
            date(2026, 11, 1), None, id="a period is of the day it began",
        ),
        pytest.param(
            {"effectiveDateTime": None, "effectivePeriod": {"end": "2026-11-02"}},
            date(2026, 11, 2), None, id="a period that names its end alone",
        ),
        pytest.param(
            {"effectiveDateTime": None, "occurenceDateTime": "2026-11-03"}, date(2026, 11, 3), None, id="R5",
        ),
        pytest.param({"effectiveDateTime": None, "authoredOn": "2026-11-03"}, None, None, id="when it was written"),
    ],
)  # fmt: skip
def test_the_day_of_an_administration(times: dict[str, Any], on: date | None, within: Any) -> None:
    treatment = read(administration(**times))
    assert (treatment.on, treatment.within) == (on, within)


@pytest.mark.parametrize("denied", ["notGiven", "wasNotGiven", "wasNotTaken"])
def test_a_dose_that_an_older_release_marks_as_not_given_does_not_count(denied: str) -> None:
    assert read(administration(**{denied: True})) is None
    assert read(administration(**{denied: False})) is not None


@pytest.mark.parametrize(
    ("status", "stopped"), [("completed", False), ("stopped", True), ("in-progress", True), ("on-hold", True)]
)
def test_infusions_that_were_not_completed(status: str, stopped: bool) -> None:  # noqa: FBT001
    assert read(administration(status=status)).stopped is stopped


@pytest.mark.parametrize(
    ("dose", "unread"),
    [
        pytest.param({"value": 252, "unit": "mg"}, "", id="read"),
        pytest.param({"value": "2,4", "unit": "mg/kg"}, "2,4 mg/kg", id="a decimal comma"),
        pytest.param({"value": 12, "unit": "mL"}, "12 mL", id="a volume"),
        pytest.param({}, "", id="none"),
    ],
)
def test_an_amount_that_could_not_be_read(dose: dict[str, Any], unread: str) -> None:
    assert read(administration(dosage={"dose": dose})).unread_dose == unread
    assert read(administration(dosage=[{"dose": dose}])).unread_dose == unread


def test_a_dosage_that_is_a_list() -> None:
    one, other = ({"dose": {"value": each, "unit": "mg"}} for each in (160, 92))
    assert read(administration(dosage=[one])).dose == Mg(Decimal(160))
    found = read(administration(dosage=[one, other]))
    assert (found.dose, found.unread_dose) == (None, "160 mg; 92 mg")


@pytest.mark.parametrize(
    ("written", "dose", "unread"),
    [
        pytest.param("168 mg IV", Mg(Decimal(168)), "", id="it begins with the dose"),
        pytest.param("Dose: 168 mg in 250 mL over 90 min", Mg(Decimal(168)), "", id="beside the volume"),
        pytest.param("IV 168 mg (2.4 mg/kg x 70 kg)", Mg(Decimal(168)), "", id="behind the route"),
        pytest.param("Given: IV 168 mg", Mg(Decimal(168)), "", id="behind a word and the route"),
        pytest.param("IV dexamethasone 10 mg", None, "IV dexamethasone 10 mg", id="another drug behind the route"),
        pytest.param("2.4 mg/kg (168 mg) IV", Mg(Decimal(168)), "", id="by weight, and in all"),
        pytest.param("2.4 mg/kg IV", MgPerKg(Decimal("2.4")), "", id="by weight"),
        pytest.param("168 mg, then 84 mg", None, "168 mg, then 84 mg", id="two amounts"),
        pytest.param("after dexamethasone 10 mg", None, "after dexamethasone 10 mg", id="perhaps of another drug"),
        pytest.param("8.4 mL of 20 mg/mL", None, "8.4 mL of 20 mg/mL", id="a volume"),
        pytest.param("over 90 minutes, day 1 of 21", None, "", id="no amount"),
        pytest.param("80 % of dose given", None, "80 % of dose given", id="a share of the dose"),
        pytest.param("Dose level -1", None, "Dose level -1", id="a reduced level"),
        pytest.param("given as ordered over 30 min", None, "", id="as ordered"),
        pytest.param("", None, "", id="nothing"),
    ],
)
def test_an_amount_only_in_words(written: str, dose: Mg | MgPerKg | None, unread: str) -> None:
    found = read(administration(dosage={"text": written}))
    assert (found.dose, found.unread_dose) == (dose, unread)


@pytest.mark.parametrize(
    ("note", "unread", "reduced"),
    [
        pytest.param("Reviewed. Dose reduced to 3 mg/kg.", "", "Dose reduced to 3 mg/kg", id="reduced"),
        pytest.param("Reduced to 2.4 mg/kg", "", "Reduced to 2.4 mg/kg", id="reduced, without the word dose"),
        pytest.param("Dose level -1", "", "Dose level -1", id="a level"),
        pytest.param("Reduced to 210 mg", "Reduced to 210 mg", "", id="reduced to another amount"),
        pytest.param("Gave 210 mg", "Gave 210 mg", "", id="another amount"),
        pytest.param("Dose increased", "Dose increased", "", id="raised"),
        pytest.param("252 mg given over 90 min, tolerated well", "", "", id="the same amount"),
        pytest.param("3.6 mg/kg", "", "", id="by weight, which cannot be compared here"),
        pytest.param("Infusion stopped after 100 mg, restarted", "", "", id="stopped, which is no reduction"),
        pytest.param("Premedicated with acetaminophen 650 mg", "", "", id="of another drug"),
        pytest.param("100 mg vial x 3, 48 mg wasted", "", "", id="what was wasted"),
        pytest.param("8 mg of 260 mg discarded", "", "", id="what was discarded"),
        pytest.param("Port flushed", "", "", id="nothing of the dose"),
    ],
)
def test_what_a_note_says_of_the_dose_that_was_given(note: str, unread: str, reduced: str) -> None:
    dose = {"dose": {"value": 252, "unit": "mg"}}
    for words in ({"dosage": dose, "note": [{"text": note}]}, {"dosage": {**dose, "text": note}}):
        found = read(administration(**words))
        assert (found.dose, found.unread_dose, found.reduced_in_words) == (Mg(Decimal(252)), unread, reduced)


@pytest.mark.parametrize(
    ("note", "is_told"),
    [
        pytest.param("Dose NOT given - platelets 48", True, id="not given, and why"),
        pytest.param("Seen by nursing. Held per MD.", True, id="held, behind another sentence"),
        pytest.param("Patient declined treatment", True, id="declined"),
        pytest.param("Kadcyla not administered", True, id="the drug by its name"),
        pytest.param("Charted in error", True, id="charted in error"),
        pytest.param("No-show", True, id="the patient did not come"),
        pytest.param("Gabe entfallen wegen Fieber", True, id="German"),
        pytest.param("Patientin hat Therapie abgelehnt", True, id="German, declined"),
        pytest.param("Dosis suspendida por neutropenia", True, id="Spanish"),
        pytest.param("Perfusion non administrée", True, id="French"),
        pytest.param("Non somministrato", True, id="Italian"),
        pytest.param("Given as ordered, tolerated well.", False, id="given"),
        pytest.param("Acetaminophen not given", False, id="another drug was not"),
        pytest.param("Pertuzumab not given today", False, id="its partner was not"),
        pytest.param("Pt did not receive premeds", False, id="the premedication was not"),
        pytest.param("Not started until 14:10", False, id="given later"),
        pytest.param("Infusion held for 20 minutes, then resumed", False, id="a pause"),
        pytest.param("Not given on 11/2 as planned but today", False, id="on another day than planned"),
        pytest.param("Missed IV stick x2, third attempt successful", False, id="something else was missed"),
        pytest.param("Dose not reduced", False, id="something else was not done"),
    ],
)
def test_words_by_which_a_dose_was_not_given(note: str, *, is_told: bool) -> None:
    for words in ({"note": [{"text": note}]}, {"statusReason": [{"text": note}]}):
        record = administration(**words)
        treatment = read(record)
        gap = READER.denied(record, treatment)
        assert treatment.dose == Mg(Decimal(252))
        assert (gap is not None and gap.reason == "denied-in-note") is is_told


def instructed(*milligrams: int) -> list[dict[str, Any]]:
    return [{"doseAndRate": [{"doseQuantity": {"value": each, "unit": "mg"}}]} for each in milligrams]


ORDER = request(id="m7", status="completed", dosageInstruction=instructed(210))


@pytest.mark.parametrize(
    ("changes", "order", "dose"),
    [
        pytest.param({}, ORDER, Mg(Decimal(210)), id="the amount of its order"),
        pytest.param({"dosage": {"dose": {"value": 252, "unit": "mg"}}}, ORDER, Mg(Decimal(252)), id="its own amount"),
        pytest.param({"dosage": {"text": "two bags of 100 mg"}}, ORDER, None, id="an amount that is not understood"),
        pytest.param({}, {**ORDER, "medicationCodeableConcept": drug("Enhertu")}, None, id="an order of another drug"),
        pytest.param({}, {**ORDER, "id": "m8"}, None, id="an order that was not sent"),
        pytest.param({}, {**ORDER, "dosageInstruction": instructed(210, 168)}, None, id="an order with two doses"),
    ],
)
def test_a_dose_without_an_amount_has_that_of_its_order(
    changes: dict[str, Any], order: dict[str, Any], dose: Mg | None
) -> None:
    references = References()
    references.add(order)
    given = administration(request={"reference": "MedicationRequest/m7"}, **{"dosage": None, **changes})
    found = READER.read(given, "prefetch.administrations.entry[0].resource", references)
    assert found is not None
    assert (found.dose, found.as_ordered) == (dose, dose == Mg(Decimal(210)))


WEEKS, FORTNIGHT = {"value": 12, "unit": "wk"}, {"value": 14, "unit": "days"}


def every(**repeat: Any) -> list[dict[str, Any]]:
    return [{"timing": {"repeat": {"frequency": 1, "period": 3, "periodUnit": "wk", **repeat}}}]


@pytest.mark.parametrize(
    ("changes", "ended"),
    [
        pytest.param({"dosageInstruction": every()}, None, id="open"),
        pytest.param({"dosageInstruction": every(count=6)}, date(2026, 5, 7), id="six doses every three weeks"),
        pytest.param(
            {"dosageInstruction": every(boundsDuration={"value": 3, "unit": "months", "code": "mo"})},
            date(2026, 4, 4),
            id="a length, counted from when it was signed",
        ),
        pytest.param(
            {"dosageInstruction": every(boundsPeriod={"start": "2026-03-01"}, boundsRange={"high": WEEKS})},
            date(2026, 5, 24),
            id="a length from its start",
        ),
        pytest.param({"dosageInstruction": [*every(count=6), *every()]}, None, id="one of two instructions is open"),
        pytest.param({"dosageInstruction": every(boundsDuration={"value": 3, "unit": "cycles"})}, None, id="no unit"),
        pytest.param(
            {"dispenseRequest": {"validityPeriod": {"end": "2026-06"}}}, date(2026, 6, 30), id="until when it is valid"
        ),
        pytest.param(
            {
                "medicationCodeableConcept": drug("clarithromycin 500 mg"),
                "dispenseRequest": {"numberOfRepeatsAllowed": 1, "expectedSupplyDuration": FORTNIGHT},
            },
            date(2026, 1, 29),
            id="another drug, by its supply and one refill",
        ),
        pytest.param({"dispenseRequest": {"expectedSupplyDuration": FORTNIGHT}}, None, id="not a HER2 drug"),
    ],
)
def test_when_an_order_of_the_chart_ends(changes: dict[str, Any], ended: date | None) -> None:
    found = read(request(status="active", authoredOn="2026-01-01", **changes))
    assert found is not None
    assert found.ended == ended


def test_an_order_of_the_oldest_release_counts_like_one_of_r4() -> None:
    found = read(
        {**request(status="active"), "resourceType": "MedicationOrder", "authoredOn": None, "dateWritten": "2026-10-10"}
    )
    assert found is not None
    assert (found.product, found.state, found.on) == ("kadcyla", TreatmentState.ACTIVE, date(2026, 10, 10))


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("completed", ""),
        ("not-done", ""),
        ("unknown", "no-status"),
        (None, "no-status"),
        ("COMPLETED", "status-unknown"),
        ("given", "status-unknown"),
    ],
)
def test_an_administration_that_does_not_say_whether_it_took_place(status: str | None, reason: str) -> None:
    assert READER.status_gap(administration(status=status), References()) == reason
    other = administration(status=status, medicationCodeableConcept=drug("paracetamol"))
    assert not READER.status_gap(other, References())


@pytest.mark.parametrize(
    ("status", "reason"),
    [("active", ""), ("unknown", "no-status"), ("draft", ""), (None, "no-status"), ("Aktiv", "status-unknown")],
)
def test_an_order_of_the_chart_that_does_not_say_whether_it_stands(status: str | None, reason: str) -> None:
    assert READER.status_gap(request(status=status), References()) == reason


def test_a_drug_given_as_plain_text_is_read() -> None:
    assert read(administration(medicationCodeableConcept="Kadcyla")).product == "kadcyla"


def test_an_instant_is_written_the_same_way_in_any_zone() -> None:
    written = ["2026-11-01T09:30:00-05:00", "2026-11-01T14:30:00Z", "2026-11-01T15:30:00+01:00"]
    assert {read(administration(effectiveDateTime=each)).at for each in written} == {"2026-11-01T14:30:00+00:00"}
    assert read(administration(effectiveDateTime="2026-11-01")).at == "2026-11-01"


@pytest.mark.parametrize(
    ("at", "zone", "on"),
    [
        pytest.param("2026-11-02T03:30:00Z", "America/New_York", date(2026, 11, 1), id="the evening before"),
        pytest.param("2026-11-01T22:30:00-05:00", "America/New_York", date(2026, 11, 1), id="written at the site"),
        pytest.param("2026-11-01T22:30:00-05:00", "Europe/Berlin", date(2026, 11, 2), id="already tomorrow"),
        pytest.param("2026-11-02T03:30:00", "America/New_York", date(2026, 11, 2), id="without a zone: the site's own"),
        pytest.param("2026-11-02", "America/New_York", date(2026, 11, 2), id="a day is a day"),
        pytest.param("2026-11-02T03:30:00Z", None, date(2026, 11, 2), id="no zone was set: as written"),
        pytest.param("2026-11-02T99:00:00Z", "America/New_York", date(2026, 11, 2), id="an invalid time"),
        pytest.param("0001-01-01T00:00:00Z", "America/New_York", None, id="before the calendar begins"),
        pytest.param("1900-01-01", None, None, id="a day that stands for an unknown one"),
        pytest.param("1970-01-01T00:00:00Z", None, None, id="the zero of a clock"),
        pytest.param("1989-12-31", None, None, id="before there was a HER2 drug"),
        pytest.param("1999-03-01", None, date(1999, 3, 1), id="an early dose"),
    ],
)
def test_the_day_of_a_dose_is_its_day_at_the_site(at: str, zone: str | None, on: date | None) -> None:
    medication = MedicationReader(ConditionReader(KNOWN.terminology))
    reader = TreatmentReader(medication, RECOGNIZER, ZoneInfo(zone) if zone else None)
    read = reader.read(administration(effectiveDateTime=at), "x", References())
    assert read is not None
    assert read.on == on


def by_code(*codings: tuple[str, str, str], **more: Any) -> dict[str, Any]:
    coding = [
        {name: each for name, each in zip(("system", "code", "display"), coded, strict=True) if each}
        for coded in codings
    ]
    return request(status="active", medicationCodeableConcept={"coding": coding}, **more)


SYSTEMS = {"rxnorm": RXNORM, "atc": "http://www.whocc.no/atc", "snomed": "http://snomed.info/sct"}
EVERY_CODE = [
    (drug, system, code)
    for drug in KNOWN.drug_codes.drugs
    for system, codes in (("rxnorm", drug.rxnorm), ("atc", drug.atc), ("snomed", drug.snomed))
    for code in codes
]


def test_every_code_of_a_drug_puts_it_into_the_classes_of_its_name() -> None:
    for coded, system, code in EVERY_CODE:
        treatment = read(by_code((SYSTEMS[system], code, "")))
        assert treatment is not None, (system, code)
        classes = {group.id for name in treatment.names for group in RECOGNIZER.read_classes(name)}
        assert {group.id for group in RECOGNIZER.read_classes(coded.name)} <= classes, (system, code)
        assert code in treatment.names[0]


@pytest.mark.parametrize(
    ("codings", "name"),
    [
        pytest.param([("http://www.whocc.no/atc", "L01DB04", "")], "anthracycline (ATC L01DB04)", id="by its group"),
        pytest.param([("http://www.whocc.no/atc", "l01db01", "")], "doxorubicin (ATC L01DB01)", id="in small letters"),
        pytest.param(
            [("http://fhir.de/CodeSystem/bfarm/atc", "L01DB03", "Epirubicinhydrochlorid Ebewe")],
            "epirubicin (ATC L01DB03; Epirubicinhydrochlorid Ebewe)",
            id="beside words that are not known",
        ),
        pytest.param(
            [("urn:oid:1.2.3", "77", ""), (RXNORM, "3639", "")], "doxorubicin (RxNorm 3639)", id="beside a local code"
        ),
    ],
)
def test_a_drug_by_code_alone_has_the_name_of_its_code(codings: list[tuple[str, str, str]], name: str) -> None:
    treatment = read(by_code(*codings))
    assert treatment is not None
    assert name in treatment.names


def test_words_that_say_for_the_skin_stand_before_the_code() -> None:
    treatment = read(by_code((RXNORM, "6135", "ketoconazole 2 % shampoo")))
    classes = [] if treatment is None else [RECOGNIZER.read_classes(name) for name in treatment.names]
    assert not any(classes)


def test_a_medication_with_a_display_that_says_nothing_is_followed() -> None:
    medication = {"resourceType": "Medication", "id": "d", "code": {"coding": [{"system": RXNORM, "code": "3639"}]}}
    order = request(status="active", medicationReference={"reference": "#d", "display": "7712"}, contained=[medication])
    del order["medicationCodeableConcept"]
    treatment = read(order)
    assert treatment is not None
    assert "doxorubicin (RxNorm 3639; 7712)" in treatment.names


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        pytest.param(by_code((RXNORM, "9999991", "")), "RxNorm 9999991", id="RxNorm"),
        pytest.param(by_code(("urn:oid:1.2.3", "77", "")), "77", id="local"),
        pytest.param(by_code(("http://hl7.org/fhir/sid/ndc", "99999-1234-01", "")), "NDC 99999-1234-01", id="NDC"),
        pytest.param(by_code(("http://www.whocc.no/atc", "L01FD99", "")), "ATC L01FD99", id="a new HER2 drug of ATC"),
        pytest.param(
            by_code(("http://www.whocc.no/atc", "L01", "")), "ATC L01", id="an ATC group that contains several"
        ),
        pytest.param(by_code(("http://snomed.info/sct", "999999991", "")), "SNOMED CT 999999991", id="SNOMED CT"),
        pytest.param(by_code(("http://www.whocc.no/atc", "A10BA02", "")), "", id="ATC is settled by its groups"),
        pytest.param(by_code((RXNORM, "6809", "")), "", id="a common drug"),
        pytest.param(by_code((RXNORM, "9999991", "Vitamin D")), "", id="with words"),
        pytest.param(by_code((RXNORM, "9999991", ""), ("http://www.whocc.no/atc", "A10BA02", "")), "", id="two codes"),
        pytest.param(by_code((RXNORM, "9999991", ""), intent="plan"), "", id="only planned"),
        pytest.param({**by_code((RXNORM, "9999991", "")), "status": "stopped"}, "", id="stopped"),
        pytest.param(request(medicationCodeableConcept="Something"), "", id="a bare text"),
        pytest.param(request(medicationCodeableConcept={}), "", id="nothing at all"),
    ],
)
def test_an_unknown_code_is_reported(resource: dict[str, Any], code: str) -> None:
    assert READER.unknown_code(resource, References()) == code
    if code:
        assert read(resource) is None


@pytest.mark.parametrize(
    ("change", "has_none"),
    [
        pytest.param({}, True, id="no concept"),
        pytest.param({"medicationCodeableConcept": {}}, True, id="an empty concept"),
        pytest.param({"medicationCodeableConcept": {"coding": []}}, True, id="no coding"),
        pytest.param({"medicationCodeableConcept": {"coding": "T-DM1"}}, True, id="codings sent as a text"),
        pytest.param({"medicationCodeableConcept": "aspirin"}, False, id="a concept sent as a text"),
        pytest.param({"medicationCodeableConcept": {"text": "aspirin"}}, False, id="a text"),
        pytest.param({"medicationCodeableConcept": {"coding": [{"code": "1191"}]}}, False, id="a code of no system"),
        pytest.param({"medicationCodeableConcept": {"coding": [{"display": "aspirin"}]}}, False, id="a display"),
        pytest.param({"medicationReference": {"display": "aspirin"}}, False, id="the display of a reference"),
        pytest.param({"status": "not-done"}, False, id="a dose not given"),
    ],
)
def test_a_dose_of_which_nothing_says_the_drug_is_told(change: dict[str, Any], *, has_none: bool) -> None:
    resource = {"resourceType": "MedicationAdministration", "status": "completed", **change}
    assert READER.has_no_drug(resource, References()) is has_none


@pytest.mark.parametrize(
    ("routes", "is_inhibitor"),
    [
        pytest.param(["Topical"], False, id="topical"),
        pytest.param(["Oral"], True, id="oral"),
        pytest.param(["Auf die Haut"], False, id="in German"),
        pytest.param(["Topical", "Oral"], True, id="one oral"),
        pytest.param(["Topical", None], True, id="one that is not stated"),
        pytest.param([None], True, id="none stated"),
        pytest.param([], True, id="no instruction"),
    ],
)
def test_a_drug_for_the_skin_by_its_route(routes: list[str | None], *, is_inhibitor: bool) -> None:
    instructions = [{"route": {"text": route}} if route else {"text": "as directed"} for route in routes]
    named = {"medicationCodeableConcept": {"text": "ketoconazole 2 %"}, "dosageInstruction": instructions}
    treatment = read(request(status="active", **named))
    assert treatment is not None
    found = {group.id for name in treatment.names for group in RECOGNIZER.read_classes(name)}
    assert ("cyp3a4-inhibitor" in found) is is_inhibitor
