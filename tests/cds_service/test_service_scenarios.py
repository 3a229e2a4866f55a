"""The data of the try-it page: valid FHIR, of every family, and never older than it is meant to be."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from fhir.resources.R4B import get_fhir_model_class

from cards.facts.topics import Topic
from cards.knowledge.loader import default_knowledge
from cds_service.tryit.resources import Writer
from cds_service.tryit.scenarios import FAMILIES, measurements, page_data, read_scenarios

DAY = date(2031, 2, 28)
DATA = page_data(default_knowledge(), DAY)
SCENARIOS = read_scenarios().scenarios


def test_scenarios_cover_every_family_and_two_charts_without_a_card() -> None:
    assert len(SCENARIOS) >= 12
    assert {each.family for each in SCENARIOS} == set(FAMILIES)
    assert len([each for each in SCENARIOS if not each.expect]) >= 2
    assert {topic for each in SCENARIOS for topic in each.expect} <= {str(topic) for topic in Topic}
    assert len({each.id for each in SCENARIOS}) == len({each.patient.name for each in SCENARIOS}) == len(SCENARIOS)


@pytest.mark.parametrize("scenario", DATA["scenarios"], ids=lambda each: each["id"])
def test_scenario_is_valid_fhir_with_an_id_for_each_resource(scenario) -> None:
    resources = [*scenario["chart"], *scenario["orders"]]
    for resource in resources:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    assert len({(each["resourceType"], each["id"]) for each in resources}) == len(resources)


def test_choices_are_valid_fhir() -> None:
    observation = get_fhir_model_class("Observation")
    for form in DATA["measurements"].values():
        observation.model_validate({**form, "valueQuantity": {**form["valueQuantity"], "value": 1}})
    for choice in DATA["her2"]:
        for each in choice["observations"]:
            observation.model_validate(each)
    assert set(DATA["measurements"]) == set(measurements(default_knowledge()))
    assert {"kadcyla", "enhertu", "herceptin", "perjeta", "phesgo"} <= {drug["id"] for drug in DATA["drugs"]}


def test_scenarios_are_as_old_as_they_say_on_any_day() -> None:
    file = read_scenarios()
    for scenario, written in zip(file.scenarios, DATA["scenarios"], strict=True):
        weight = next(each for each in written["chart"] if each["id"] == "weight")
        age = (scenario.weight or file.usual.weight).days_ago
        assert weight["effectiveDateTime"] == str(DAY - timedelta(days=age))


def test_service_gives_the_scenarios_of_today(service) -> None:
    body = service.get("/try-it/scenarios").body
    assert body["today"] in {str(datetime.now(UTC).date()), str(datetime.now(UTC).date() - timedelta(days=1))}
    assert [each["id"] for each in body["scenarios"]] == [each.id for each in SCENARIOS]


def test_writer_has_no_other_answers() -> None:
    with pytest.raises(LookupError, match=re.escape("ihc-4+")):
        Writer(default_knowledge(), DAY, {}).her2("ihc", "4+", 1, "her2-ihc")
