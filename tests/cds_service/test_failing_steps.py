"""Every step of a request's way broken on purpose: the answer is 200, tells what was not checked, and keeps its cards.

One application answers all of it. The order is 400 mg of Kadcyla, whose critical card must stand in every answer whose
orders could be read.
"""

from __future__ import annotations

import re
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from calls import (
    COVERAGE,
    DISPATCH,
    SELECT,
    SIGN,
    VIEW,
    Answer,
    Caller,
    bundle,
    call,
    cancer,
    clean_prefetch,
    ihc,
    lvef,
    order,
    weight,
    without,
)

from cards.presentation.renderer import Renderer
from cds_service.audit.explain import explain
from cds_service.configuration.settings import Settings
from cds_service.web.hooks import DECISION_HEADER
from fhir_mappings.medications.actions import ActionWriter
from fhir_mappings.medications.medication import MedicationReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import EventDict

Json = dict[str, Any]
SECRET = "Mrs. Lovelace"  # noqa: S105 - what no log may say
DOSE, INCOMPLETE = "dose-above-maximum", "checks-incomplete"
NOT_READ = "an internal error kept it from being read"
OF_ALL = "Check the orders yourself"
NOWHERE = "http://127.0.0.1:9/fhir"


class Step(NamedTuple):
    """A step of a request's way: where it is done, and what the answer is when it fails.

    ``told`` is in the card on what was not checked; empty where nothing is lost that a reader could miss. ``dose`` is
    whether the critical card stands, ``part`` what log and numbers call the step.
    """

    place: str
    part: str
    told: str = ""
    dose: bool = True
    service: str = SIGN
    body: Json | None = None


def kadcyla(**more: Any) -> Json:
    """Return an order above the maximum whatever the patient weighs: 6 mg/kg."""
    dose = {"value": 6, "unit": "mg/kg", "system": "http://unitsofmeasure.org", "code": "mg/kg"}
    return order(dosageInstruction=[{"doseAndRate": [{"doseQuantity": dose}]}], **more)


def lists(**more: Any) -> Json:
    return clean_prefetch() | more


HISTORY = lists(
    lvef=bundle(lvef(), lvef(58, 90) | {"id": "lvef-2"}),
    weight=bundle(weight(), weight(71, 20) | {"id": "w"}),
    tumorMarkers=bundle(ihc(), ihc() | {"id": "her2-2"}),
)
SEVERAL_RESULTS = call(orders=[kadcyla()], prefetch=HISTORY)
OWN_REASON = kadcyla(reasonReference=[{"reference": "Condition/c-1"}])
FROM_SERVER = call(orders=[kadcyla()], prefetch=without(clean_prefetch(), "lvef"), fhirServer=NOWHERE)
LATER = order(400, "order-2") | {"dispenseRequest": {"validityPeriod": {"start": "2099-01-01"}}}
CHART = "fhir_mappings.request.chart:"
READER = "fhir_mappings.request.patient_reader:"
PARTS = "fhir_mappings.request.chart_parts:"
DECIDER = "cds_service.decisions.decider:"
WRITER = "cds_service.decisions.card_writer:"
STEPS = (
    # What was sent
    Step("fhir_mappings.request.hook_request:RequestReader._read", "call", OF_ALL, dose=False),
    Step("cds_service.web.hooks:about_hook", "call", OF_ALL, dose=False),
    Step("cds_service.decisions.circumstances:user_of", "profile", "settings for this user or encounter; " + NOT_READ),
    Step("cds_service.decisions.data_access:read_answer", "prefetch", "LVEF not available; an internal error"),
    Step("cds_service.ehr.access:FhirAccess.fetch", "fetch", "LVEF not available; an internal error", body=FROM_SERVER),
    # The orders
    Step("fhir_mappings.medications.medication:MedicationReader.read", "orders", NOT_READ, dose=False),
    Step(CHART + "References.add", "orders", NOT_READ),
    Step(CHART + "identify", "identification", "an order of this session; " + NOT_READ, dose=False),
    Step(CHART + "selected_references", "selection", "the selection of orders; " + NOT_READ, service=SELECT),
    Step("fhir_mappings.request.unordered_drugs:UnorderedDrugs.in_plans", "plans", NOT_READ),
    Step(CHART + "_with_services", "services", NOT_READ),
    Step(CHART + "cut_texts", "texts", NOT_READ),
    Step(CHART + "dispatched_entries", "decision", NOT_READ, dose=False, service=DISPATCH),
    Step(CHART + "bundle_entries", "decision", NOT_READ, dose=False),
    Step(
        "fhir_mappings.medications.medication:MedicationReader.with_reasons",
        "reasons",
        NOT_READ,
        body=call(orders=[OWN_REASON]),
    ),
    # The chart
    Step("fhir_mappings.patient.conditions:ConditionReader.read", "chart", "an entry of the problem list; " + NOT_READ),
    Step("fhir_mappings.results.observations:ObservationReader.read", "chart", "laboratory results; " + NOT_READ),
    Step(
        "fhir_mappings.medications.treatments:TreatmentReader.read",
        "chart",
        "Doses given not available; an internal error",
        service=VIEW,
        dose=False,
    ),
    Step(READER + "_subject", "chart", "the patient's record; " + NOT_READ),
    Step(READER + "PatientReader._first_dose", "chart", "doses given; " + NOT_READ),
    Step(READER + "PatientReader._newest_lab", "chart", "laboratory results; " + NOT_READ),
    Step(READER + "gaps_of_lists", "chart", NOT_READ),
    Step(PARTS + "_weights", "chart", "body weight not available; an internal error", body=SEVERAL_RESULTS),
    Step(PARTS + "_by_time", "chart", "LVEF not available; an internal error", body=SEVERAL_RESULTS),
    Step(PARTS + "_sorted", "chart", "HER2 results not available; an internal error", body=SEVERAL_RESULTS),
    Step(READER + "assembled", "chart", "problem list not available; an internal error"),
    Step(READER + "PatientReader.read", "chart", "body weight not available; an internal error"),
    # The rules
    Step("cards.engine:Case", "order", NOT_READ, dose=False),
    Step("cards.engine:planned_doses", "planned-doses", "judged as if due today"),
    Step("cards.engine:_judged", "order", NOT_READ),
    Step("cards.engine:incomplete", "gathering", "The list of what could not be checked is incomplete"),
    Step(DECIDER + "judge", "decision", NOT_READ, dose=False),
    Step(DECIDER + "on_treatment", "decision", NOT_READ, dose=False, service=VIEW),
    # The cards
    Step("cds_service.protocol.card_json:grouped", "grouping", "The cards could not be put together"),
    Step("cds_service.protocol.card_json:due_cards", "grouping", "could not be put together", service=VIEW, dose=False),
    Step("cards.presentation.renderer:Renderer.card_of", "wording"),
    Step("cards.presentation.renderer:Renderer._detail", "wording"),
    Step("fhir_mappings.medications.actions:ActionWriter.actions", "suggestion"),
    Step(WRITER + "smart_links", "links"),
    Step(WRITER + "card_json", "card", OF_ALL, dose=False),
    Step("cds_service.web.hooks:_kept", "call", OF_ALL, dose=False),
    # Coverage
    Step(
        "fhir_mappings.request.billing:BillingReader.read",
        "billing",
        "supply, claim and payer; " + NOT_READ,
        dose=False,
        service=COVERAGE,
    ),
    Step("cds_service.decisions.coverage_parts:form_for", "form", dose=False, service=COVERAGE),
    # What is kept
    Step("cds_service.decisions.suppression:RepeatSuppressor.applied", "repeats"),
    Step("cds_service.decisions.shadow:Shadow.judged", "trial"),
    Step("cds_service.decisions.recording:RecordWriter.record", "record"),
    Step("cds_service.telemetry.metrics:decided", "telemetry"),
    Step("cds_service.telemetry.metrics:answered", "telemetry"),
)


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Caller:
    """Return one application in which every step is taken: a profile by role, repeats, a trial, links."""
    path = tmp_path_factory.mktemp("steps") / "her2.yaml"
    path.write_text(
        "auth: {mode: 'off'}\n"
        "suppress_repeats: {enabled: true}\nsmart: {links: true}\n"
        "shadow: {thresholds: {lab_max_age_days: 14}}\n"
        "profiles:\n  p: {match: {user: pharmacist}, cards: {weight-stale: {mode: 'off'}}}\n"
    )
    return Caller(path=path)


def fails(*_: Any, **__: Any) -> Any:
    raise LookupError(SECRET)


def broken(monkeypatch: pytest.MonkeyPatch, place: str, by: Callable[..., Any] = fails) -> None:
    module, _, name = place.partition(":")
    owner: Any = import_module(module)
    *holders, last = name.split(".")
    for holder in holders:
        owner = getattr(owner, holder)
    monkeypatch.setattr(owner, last, by)


def told_in(answer: Answer) -> str:
    return "\n".join(card["detail"] for card in answer.cards if card["source"]["topic"]["code"] == INCOMPLETE)


@pytest.mark.usefixtures("failures_as_in_service")
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.place.rpartition(".")[2])
def test_a_failing_step_fails_alone(
    step: Step, caller: Caller, monkeypatch: pytest.MonkeyPatch, log_lines: list[EventDict]
) -> None:
    body = step.body or call(step.service, orders=[kadcyla()])
    broken(monkeypatch, step.place)
    answer = caller.post(body, step.service)
    monkeypatch.undo()
    assert answer.status == 200
    if step.dose:
        assert DOSE in answer.topics
        assert answer.card(DOSE)["indicator"] == "critical"
    if step.told:
        assert step.told in told_in(answer)
        warned = {card["indicator"] for card in answer.cards if card["source"]["topic"]["code"] == INCOMPLETE}
        assert warned == {"warning"}
    lines = [line for line in log_lines if line["event"] == "check_failed"]
    assert step.part in {line["check"] for line in lines}
    assert all(line["error"] == "LookupError" and line["traceback"] for line in lines)
    assert SECRET not in str(log_lines)
    assert SECRET not in answer.raw.decode()
    assert f'her2_cds_failed_total{{part="{step.part}"}}'.encode() in caller.client.get("/metrics").data


def only(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    """Fail where one of the arguments is, or is about, the resource of a name."""

    def fails_for_one(*args: Any, **more: Any) -> Any:
        about = [str(getattr(each, "order", each)) for each in args]
        return fails() if any(name in each for each in about) else real(*args, **more)

    return fails_for_one


@pytest.mark.usefixtures("failures_as_in_service")
@pytest.mark.parametrize(
    "place",
    [
        "fhir_mappings.medications.medication:MedicationReader.read",
        "fhir_mappings.medications.medication:MedicationReader.with_reasons",
        CHART + "identify",
        "cards.engine:_judged",
    ],
)
def test_one_order_that_fails_does_not_affect_the_others(
    place: str, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, _, name = place.partition(":")
    owner: Any = import_module(module)
    for part in name.split("."):
        owner = getattr(owner, part)
    reason = [{"reference": "Condition/c-1"}]
    orders = [kadcyla(), kadcyla(reasonReference=reason) | {"id": "order-2"}]
    broken(monkeypatch, place, only("order-2", owner))
    answer = caller.post(call(orders=orders))
    assert DOSE in answer.topics
    assert NOT_READ in told_in(answer)


@pytest.mark.usefixtures("failures_as_in_service")
def test_reasons_that_failed_to_be_read_are_not_taken_over_by_the_next_order(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    gastric = {"reasonCode": [{"text": "Gastric cancer"}]}
    broken(
        monkeypatch,
        "fhir_mappings.medications.medication:MedicationReader.with_reasons",
        only("MedicationRequest/first", MedicationReader.with_reasons),
    )
    orders = [order(252, "first") | gastric, order(252, "second") | gastric]
    assert "indication-unsupported" in caller.post(call(orders=orders)).topics


@pytest.mark.usefixtures("failures_as_in_service")
def test_a_card_that_cannot_even_be_named_is_reported_and_the_others_are_shown(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    card_of = Renderer.card_of
    broken(monkeypatch, "cards.presentation.fallback:FallbackCards.card_of")
    monkeypatch.setattr(
        Renderer,
        "card_of",
        lambda self, content, instance: fails() if content.lead.topic == DOSE else card_of(self, content, instance),
    )
    answer = caller.post(call(orders=[kadcyla()], prefetch=lists(weight=bundle(weight(days=45)), lvef=bundle())))
    assert "lvef-missing" in answer.topics
    assert DOSE not in answer.topics
    assert OF_ALL in told_in(answer)


@pytest.mark.usefixtures("failures_as_in_service")
def test_a_fallback_card_names_its_subject_and_its_findings(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    pregnant = {**cancer("Z33.1"), "id": "c-2"}
    chart = lists(conditions=bundle(cancer(), pregnant), lvef=bundle())
    as_usual = caller.post(call(orders=[order()], prefetch=chart))
    (stop,) = as_usual.cards
    assert "LVEF" in stop["detail"]
    broken(monkeypatch, "cards.presentation.renderer:Renderer._detail")
    (plain,) = caller.post(call(orders=[order()], prefetch=chart)).cards
    assert plain["source"]["topic"] == stop["source"]["topic"]
    assert plain["indicator"] == stop["indicator"] == "critical"
    assert plain["summary"].startswith("Kadcyla: ")
    assert "internal error" in plain["detail"]
    assert "No ejection fraction" in plain["detail"] or "LVEF" in plain["detail"]
    assert "suggestions" not in plain


@pytest.mark.usefixtures("failures_as_in_service")
def test_no_removal_is_offered_where_what_would_be_left_is_not_known(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = call(orders=[order(), order(252, "order-2")])
    assert "delete" in caller.post(twice).raw.decode()
    broken(monkeypatch, "cards.suggestion_checks:judge")
    answer = caller.post(twice)
    assert "duplicate-order" in answer.topics
    assert "delete" not in answer.raw.decode()


@pytest.mark.usefixtures("failures_as_in_service")
@pytest.mark.parametrize("place", ["crd:exchange_of", "crd:contents_for", "crd:card_for"])
def test_what_a_client_of_the_profile_chose_suppresses_no_card(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, f"cds_service.protocol.{place}")
    answer = Caller(Settings(crd="2.2")).post(call(COVERAGE), COVERAGE)
    assert answer.topics
    assert "systemActions" in answer.body


@pytest.mark.usefixtures("failures_as_in_service")
def test_an_answer_omits_the_part_that_cannot_be_written(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    unwritable = {"type": "update", "description": "x", "resource": {"count": object()}}
    monkeypatch.setattr(ActionWriter, "actions", lambda *_: [unwritable])
    answer = caller.post(call(orders=[kadcyla()]))
    assert DOSE in answer.topics
    assert all("suggestions" not in card for card in answer.cards)


@pytest.mark.usefixtures("failures_as_in_service")
def test_a_decision_that_could_not_be_made_is_on_record_and_explained(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadline = time.monotonic() + 10
    while not caller.store.recorder.is_up:  # a test before this one set a record aside
        assert time.monotonic() < deadline
        time.sleep(0.02)
    broken(monkeypatch, DECIDER + "judge")
    answer = caller.post(call())
    found = explain(caller.store.engine, answer.headers[DECISION_HEADER])
    assert found is not None
    assert [card["source"]["topic"]["code"] for card in found["cards"]] == [INCOMPLETE]


def test_every_step_that_may_fail_is_broken_here() -> None:
    """A guard that no test breaks may hide a card, or raise in its own way."""
    named = re.compile(r'(?:part_failed|failed\.add|_failed|_step|on_failure)\(\s*"([a-z-]+)"')
    sources = [path for room in ("cards", "fhir_mappings", "cds_service") for path in Path(room).rglob("*.py")]
    guarded = {name for path in sources for name in named.findall(path.read_text(encoding="utf-8"))}
    elsewhere = {"removals", "coverage-profile", "coverage-information", "answer", "naming", "reload", "page", "smart"}
    assert guarded == {step.part for step in STEPS} | elsewhere
