"""How fast an order wants its dose given: times, rates, pushes, and parts of one dose."""

from __future__ import annotations

from typing import Any

import pytest
from shapes import Json, dosage, dose_of, order, quantity

from fhir_mappings.medications.dosage import is_part_of_dose
from fhir_mappings.medications.infusion import infusion_times, is_push


@pytest.mark.parametrize(
    ("instruction", "minutes"),
    [
        pytest.param(dosage(text="252 mg IV over 90 minutes"), (90,), id="in the text"),
        pytest.param(dosage(text="first over 90 min, then over 30 min"), (30, 90), id="two times"),
        pytest.param(
            dosage({"doseQuantity": quantity(250, "mL"), "rateQuantity": quantity(500, "mL/h")}),
            (30,),
            id="by the rate",
        ),
        pytest.param(
            dosage({"doseQuantity": quantity(252, "mg"), "rateQuantity": quantity(168, "mg/h")}), (90,), id="mg an hour"
        ),
        pytest.param(
            dosage({"doseQuantity": quantity(252, "mg"), "rateQuantity": quantity(500, "mL/h")}), (), id="other units"
        ),
        pytest.param(
            dosage({"doseQuantity": quantity(252, "mg"), "rateQuantity": quantity(21, "mg/min")}),
            (12,),
            id="mg a minute",
        ),
        pytest.param(
            dosage(additionalInstruction=[{"text": "Infuse over 30 minutes"}]), (30,), id="beside the instructions"
        ),
        pytest.param(dosage(text="252 mg i.v. \u00fcber 30 Minuten"), (30,), id="in German"),
        pytest.param(dosage(text="252 mg en 90 minutos"), (90,), id="in Spanish"),
        pytest.param(dosage(text="252 mg IV sur 1,5 heures"), (90,), id="in French"),
        pytest.param(dosage(text="252 mg as a 30-minute infusion"), (30,), id="a 30-minute infusion"),
        pytest.param(dosage(text="252 mg, infuse for 90 min"), (90,), id="infuse for"),
        pytest.param(dosage(text="252 mg, Infuse over: 9 min"), (9,), id="behind a colon"),
        pytest.param(dosage(text="252 mg over half an hour"), (30,), id="half an hour"),
        pytest.param(dosage(text="252 mg over one and a half hours"), (90,), id="one and a half hours"),
        pytest.param(dosage(text="252 mg over an hour and a half"), (90,), id="an hour and a half"),
        pytest.param(dosage(text="252 mg over 1 h 30 min"), (90,), id="hours and minutes"),
        pytest.param(dosage(text="252 mg over 1 hour and 30 minutes"), (90,), id="hours and minutes in full"),
        pytest.param(dosage(text="252 mg over ninety minutes"), (90,), id="ninety minutes"),
        pytest.param(dosage(text="252 mg \u00fcber eine halbe Stunde"), (30,), id="half an hour in German"),
        pytest.param(dosage(text="252 mg pendant une heure et demie"), (90,), id="an hour and a half in French"),
        pytest.param(dosage(text="one-hour infusion"), (60,), id="a one-hour infusion"),
        pytest.param(dosage(text="252 mg over 30 to 60 minutes"), (30, 60), id="a range in words"),
        pytest.param(dosage(text="take it one hour before food"), (), id="an hour before food"),
        pytest.param(dosage(text="252 mg over 30 min. Observe over 90 min."), (30,), id="watched for longer"),
        pytest.param(dosage(text="252 mg in 250 mL NS at 500 mL/hr"), (30,), id="a volume and its rate in words"),
        pytest.param(dosage(text="12.6 mL in 250 mL NS @ 166.7 mL/h"), (90,), id="of two volumes the bag"),
        pytest.param(dosage(text="250 mL at 50 mL/h, then 500 mL/h"), (), id="two rates"),
        pytest.param(dosage(text="250 mL at 0 mL/h"), (), id="a rate of nothing"),
        pytest.param(dosage(text="start 30 minutes after premedication"), (), id="not how long it runs"),
        pytest.param(dosage(text="every 3 weeks for 90 days"), (), id="days"),
        pytest.param(dosage(patientInstruction="It runs over 1.5 hours."), (90,), id="for the patient"),
        pytest.param(dosage(text="252 mg over 0.25 h"), (15,), id="a quarter of an hour"),
        pytest.param(
            dosage({"doseQuantity": quantity(252, "mg"), "rateQuantity": quantity(0, "mg/h")}), (), id="no rate at all"
        ),
        pytest.param(
            dosage(timing={"repeat": {"duration": 30, "durationMax": 90, "durationUnit": "min"}}), (90,), id="a range"
        ),
        pytest.param(dosage(), (), id="none"),
    ],
)
def test_infusion_times(instruction: Json, minutes: tuple[int, ...]) -> None:
    assert infusion_times(order(instruction)) == minutes


@pytest.mark.parametrize(
    ("instruction", "push"),
    [
        pytest.param({"text": "252 mg IV push"}, True, id="IV push"),
        pytest.param({"text": "252 mg as an intravenous bolus"}, True, id="a bolus"),
        pytest.param({"text": "252 mg IVP once"}, True, id="IVP"),
        pytest.param({"method": {"text": "IV Push"}}, True, id="by the method"),
        pytest.param({"route": {"coding": [{"display": "Intravenous push"}]}}, True, id="by the route"),
        pytest.param({"route": {"coding": [{"code": "IVPUSH"}]}}, True, id="by the code of HL7's list"),
        pytest.param({"route": {"coding": [{"code": "IVINJBOL"}]}}, True, id="a bolus by its code"),
        pytest.param({"route": {"coding": [{"code": "IVPB"}]}}, False, id="a piggyback by its code"),
        pytest.param({"additionalInstruction": [{"text": "slow push"}]}, True, id="beside the instructions"),
        pytest.param({"text": "dexamethasone 8 mg IV push before"}, False, id="the push of a premedication"),
        pytest.param({"text": "dexamethasone 8 mg IV, then Kadcyla IV push"}, True, id="after a premedication"),
        pytest.param({"text": "Kadcyla IV push with dexamethasone"}, True, id="with a premedication"),
        pytest.param({"text": "Do not give as IV push or bolus. Infuse over 90 minutes."}, False, id="a warning"),
        pytest.param({"text": "infuse over 90 minutes, never as a bolus"}, False, id="never"),
        pytest.param({"text": "252 mg IV. Ne pas administrer en bolus"}, False, id="a warning in French"),
        pytest.param({"text": "252 mg iv. Niet als bolus toedienen"}, False, id="a warning in Dutch"),
        pytest.param({"text": "252 mg EV. Não administrar em bolus"}, False, id="a warning in Portuguese"),
        pytest.param({"text": "252 mg als Bolusinjektion"}, True, id="a bolus in German"),
        pytest.param({"text": "252 mg w bolusie"}, True, id="a bolus in Polish"),
        pytest.param({"text": "Keine Bolusgabe"}, False, id="no bolus in German"),
        pytest.param({"text": "Bolusinjektion vermeiden"}, False, id="a bolus to be avoided"),
        pytest.param({"text": "bolus is contraindicated"}, False, id="a bolus that is contraindicated"),
        pytest.param({"text": "252 mg non-DEHP tubing, IV push"}, True, id="a word that begins like a warning"),
        pytest.param({"text": "IVPB over 90 minutes"}, False, id="a piggyback"),
        pytest.param({"text": "252 mg IV"}, False, id="nothing of it"),
        pytest.param({}, False, id="nothing"),
    ],
)
def test_is_push(instruction: Json, push: bool) -> None:  # noqa: FBT001
    assert is_push(order(instruction), frozenset({"dexamethasone"})) is push


@pytest.mark.parametrize(
    ("instruction", "part"),
    [
        pytest.param({"text": "Bag 1 of 2"}, True, id="a bag"),
        pytest.param({"text": "160 mg IV, part 2/2"}, True, id="a part"),
        pytest.param({"patientInstruction": "split dose"}, True, id="a split dose"),
        pytest.param({"additionalInstruction": [{"text": "Beutel 1 von 2"}]}, True, id="in German"),
        pytest.param({"text": "cycle 1 of 14"}, False, id="a cycle"),
        pytest.param({"text": "infusion 2 of 6"}, False, id="one infusion of a course"),
        pytest.param({"text": "in a 250 mL bag"}, False, id="a bag and no number"),
    ],
)
def test_is_part_of_dose(instruction: Json, part: bool) -> None:  # noqa: FBT001
    assert is_part_of_dose(order(dosage(dose_of(160, "mg"), **instruction))) is part


@pytest.mark.parametrize("junk", [None, 5, "x", [], [None], [[]]])
def test_junk_states_nothing(junk: Any) -> None:
    assert infusion_times({"dosageInstruction": junk}) == ()
    assert not is_push({"dosageInstruction": junk})
    assert not is_part_of_dose({"dosageInstruction": junk})
