"""What fails between the socket and the reading of a call: a hook is answered with a card, never with a 500."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest
from calls import SIGN, Caller, call, checked
from signers import DISCOVERY, Signer, bearer, client, required
from test_failing_steps import DOSE, OF_ALL, SECRET, broken, kadcyla, told_in

if TYPE_CHECKING:
    from pathlib import Path

    from structlog.typing import EventDict

SIGNER = Signer()
ADDRESS = f"/cds-services/{SIGN}"


class Step(NamedTuple):
    """A step before a call is read; ``part`` is what log and numbers call it, ``dose`` whether its cards are given."""

    place: str
    part: str = "call"
    dose: bool = False


STEPS = (
    Step("cds_service.web.naming:begin", "naming", dose=True),
    Step("cds_service.web.admission:Doorkeeper.__call__"),
    Step("cds_service.web.slow_bodies:Bodies.of"),
    Step("flask.app:Flask.request_context"),
    Step("flask.app:Flask.full_dispatch_request"),
    Step("flask.app:Flask.preprocess_request"),
    Step("flask.app:Flask.dispatch_request"),
    Step("flask.app:Flask.process_response"),
    Step("cds_service.decisions.active:Configuration._look", "reload", dose=True),
    Step("cds_service.decisions.active:Configuration.current"),
    Step("cds_service.web.hooks:in_force"),
    Step("cds_service.web.hooks:caller"),
    Step("cds_service.web.hooks:json_body"),
    Step("cds_service.web.hooks:admission"),
    Step("cds_service.web.hooks:_answered"),
    Step("cds_service.protocol.json_answer:_Whole.__call__"),
)


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Caller:
    """Return an application with a file, which it looks at before every call."""
    path: Path = tmp_path_factory.mktemp("before") / "her2.yaml"
    path.write_text("auth: {mode: 'off'}\n")
    return Caller(path=path)


@pytest.mark.usefixtures("failures_as_in_service")
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.place.rpartition(":")[2])
def test_an_error_before_the_call_is_read_ends_in_a_card(
    step: Step, caller: Caller, monkeypatch: pytest.MonkeyPatch, log_lines: list[EventDict]
) -> None:
    monkeypatch.setattr("cds_service.decisions.active._LOOK_EVERY_S", -1.0)
    broken(monkeypatch, step.place)
    response = caller.client.post(ADDRESS, json=call(orders=[kadcyla()]))
    monkeypatch.undo()
    answer = checked(response)
    assert answer.status == 200
    assert (DOSE in answer.topics) is step.dose
    if not step.dose:
        assert OF_ALL in told_in(answer)
    assert step.part in {line["check"] for line in log_lines if line["event"] == "check_failed"}
    assert SECRET not in str(log_lines) + answer.raw.decode()
    assert f'her2_cds_failed_total{{part="{step.part}"}}'.encode() in caller.client.get("/metrics").data


@pytest.mark.usefixtures("failures_as_in_service")
def test_a_card_is_shown_even_if_none_can_be_built(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, "cds_service.web.hooks:json_body")
    broken(monkeypatch, "cds_service.web.hooks:unchecked")
    assert OF_ALL in told_in(caller.post(call()))


@pytest.mark.usefixtures("failures_as_in_service")
@pytest.mark.parametrize(
    "place",
    [
        "cds_service.auth.authenticator:Authenticator.authenticate",
        "cds_service.web.slow_bodies:Bodies.of",
        "flask.app:Flask.full_dispatch_request",
    ],
)
def test_no_error_admits_an_unchecked_caller(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = Caller(required(client(SIGNER)))
    broken(monkeypatch, place)
    response = guarded.client.post(ADDRESS, json=call())
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert json.loads(response.data)["issue"][0]["details"]["coding"][0]["code"] == "try-again"


@pytest.mark.usefixtures("failures_as_in_service")
def test_an_admitted_caller_gets_the_card(monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = Caller(required(client(SIGNER)))
    broken(monkeypatch, "cds_service.web.hooks:json_body")
    token = SIGNER.token(f"{DISCOVERY}/{SIGN}")
    assert OF_ALL in told_in(checked(guarded.client.post(ADDRESS, json=call(), headers=bearer(token))))


@pytest.mark.usefixtures("failures_as_in_service")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/cds-services", 503), ("POST", f"{ADDRESS}/feedback", 503), ("GET", "/CodeSystem/card-topic", 500)],
)
def test_a_request_other_than_a_call_is_told_to_retry(
    method: str, path: str, status: int, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(monkeypatch, "flask.app:Flask.full_dispatch_request")
    assert caller.client.open(path, method=method, json={}).status_code == status
