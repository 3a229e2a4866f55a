"""Browser clients: preflights on discovery, call and feedback, and CORS headers on every answer, errors too."""

from __future__ import annotations

import pytest
from calls import SELECT, SIGN, Caller, call, order, removed, without

from cds_service.configuration.settings import Settings

ORIGIN = "https://sandbox.cds-hooks.org"
ADDRESSES = [
    pytest.param("/cds-services", "GET", id="discovery"),
    pytest.param(f"/cds-services/{SIGN}", "POST", id="a call"),
    pytest.param(f"/cds-services/{SELECT}", "POST", id="a call of the other service"),
    pytest.param(f"/cds-services/{SIGN}/feedback", "POST", id="feedback"),
    pytest.param(f"/cds-services/{SELECT}/feedback", "POST", id="feedback to the other service"),
    pytest.param("/CodeSystem/card-topic", "GET", id="the topics"),
]


def listed(value: str | None) -> set[str]:
    return {each.strip().lower() for each in (value or "").split(",")}


@pytest.mark.parametrize(("path", "method"), ADDRESSES)
@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param("authorization,content-type", id="as the sandbox asks"),
        pytest.param("Content-Type", id="as a call without a token asks"),
        pytest.param("Authorization, Content-Type", id="as others write it"),
    ],
)
def test_service_lets_a_browser(service, path, method, wanted) -> None:
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": wanted,
    }
    response = service.client.options(path, headers=headers)
    assert response.status_code in (200, 204)
    assert response.data == b""
    assert response.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN)
    assert method in response.headers["Access-Control-Allow-Methods"]
    assert listed(wanted) <= listed(response.headers["Access-Control-Allow-Headers"])
    assert int(response.headers["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert "Location" not in response.headers


def test_service_does_not_let_a_browser_send_any_other_header(service) -> None:
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-other",
    }
    response = service.client.options(f"/cds-services/{SIGN}", headers=headers)
    assert "x-other" not in listed(response.headers.get("Access-Control-Allow-Headers"))


JSON = {"content_type": "application/json"}
ANSWERS = [
    pytest.param("GET", "/cds-services", {}, 200, id="discovery"),
    pytest.param("POST", f"/cds-services/{SIGN}", {"json": call(orders=[order(378)])}, 200, id="cards"),
    pytest.param("GET", "/CodeSystem/card-topic", {}, 200, id="the topics"),
    pytest.param("POST", f"/cds-services/{SIGN}", {"data": b"{", **JSON}, 400, id="a body that is not JSON"),
    pytest.param("POST", f"/cds-services/{SIGN}", {"json": removed(call(), "hook")}, 400, id="a missing field"),
    pytest.param("POST", "/cds-services/nope", {"json": call()}, 404, id="an unknown service"),
    pytest.param(
        "POST", f"/cds-services/{SIGN}/feedback", {"json": {"feedback": []}}, 400, id="feedback that says nothing"
    ),
    pytest.param("GET", f"/cds-services/{SIGN}", {}, 405, id="a wrong method"),
    pytest.param("POST", f"/cds-services/{SIGN}", {"json": without(call(), "prefetch")}, 412, id="missing data"),
    pytest.param("POST", f"/cds-services/{SIGN}", {"data": b" " * 3000, **JSON}, 413, id="a body over the limit"),
    pytest.param("POST", f"/cds-services/{SIGN}", {"data": b"{}", "content_type": "text/plain"}, 415, id="no JSON"),
]


@pytest.mark.parametrize(("method", "path", "more", "status"), ANSWERS)
def test_service_lets_a_browser_read_the_answer_to(service, method, path, more, status) -> None:
    caller = Caller(Settings(limits={"body_bytes": 2048})) if status == 413 else service
    answer = caller.send(method, path, headers={"Origin": ORIGIN}, **more)
    assert answer.status == status
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN)
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.usefixtures("failures_as_in_service")
def test_service_lets_a_browser_read_that_something_went_wrong_inside(service, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr("cds_service.web.hooks.json_body", fail)
    response = service.client.post(f"/cds-services/{SIGN}", json=call(), headers={"Origin": ORIGIN})
    assert [card["indicator"] for card in response.json["cards"]] == ["warning"]
    assert response.headers["Access-Control-Allow-Origin"] in ("*", ORIGIN)
