"""Requests, real ones and our own, each broken at random places: none makes the service stumble.

Two and a half thousand in the suite, twenty thousand in ``make soak``. The random numbers are the same in every run. A
failure names the number of the request and the file it came from.
"""

from __future__ import annotations

import copy
import json
import os
import random
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cds_service.app import create_app
from cds_service.configuration.settings import Settings
from cds_service.protocol.services import SERVICES
from cds_service.store.store import open_store
from cds_service.tryit import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "public"
COUNT = 20_000 if os.environ.get("SOAK") else 2_500
_SERVICE_OF = {service.hook: service.id for service in reversed(SERVICES)}
_JUNK: list[Any] = [
    None, True, False, 0, -1, 1e308, 10**40, 0.1 + 0.2, "", " ", "\0", "\N{RIGHT-TO-LEFT OVERRIDE}x", "a" * 5000, "3,6",
    "NaN", "2026-13-45", "0000-00-00", "Patient/", "#", "../../etc/passwd", "http://169.254.169.254/", "<b>&\"'`|",
    "{{context.patientId}}", [], {}, [[]], [{}], {"resourceType": "Bundle"}, {"extension": {"x": [None]}},
    {"value": "1", "unit": 7}, {"reference": ["Patient/1"]}, {"coding": {"code": 1}}, [None, "x", {"a": None}],
]  # fmt: skip


@cache
def bases() -> list[tuple[str, Any]]:
    """Return the requests to break: our examples, and beside the checkout those that others wrote."""
    today = datetime.now(UTC).date()
    found: list[tuple[str, Any]] = [(name, json.loads(examples.example(name, today))) for name in examples.names()]
    for path in sorted(FOLDER.rglob("*.json")) if FOLDER.is_dir() else ():
        content = json.loads(path.read_text(encoding="utf-8"))
        stack = [content]
        while stack:
            each = stack.pop()
            if isinstance(each, dict):
                if each.get("hook") in _SERVICE_OF:
                    found.append((str(path.relative_to(FOLDER)), each))
                stack.extend(each.values())
            elif isinstance(each, list):
                stack.extend(each)
    return found


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place in a document: its holder, and its key or index there."""
    stack = [value]
    while stack:
        holder = stack.pop()
        keys: list[Any] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        for key in keys:
            yield holder, key
            if isinstance(holder[key], (dict, list)):
                stack.append(holder[key])


def broken(request: Any, chance: random.Random) -> Any:
    """Return a request with one to four things wrong with it."""
    request = copy.deepcopy(request)
    for _ in range(chance.randint(1, 4)):
        listed = list(places(request))
        holder, key = chance.choice(listed)
        other_holder, other_key = chance.choice(listed)
        match chance.randrange(6):
            case 0:
                holder[key] = copy.deepcopy(chance.choice(_JUNK))
            case 1:
                del holder[key]
            case 2:
                holder[key] = [holder[key]]
            case 3:
                holder[key] = copy.deepcopy(other_holder[other_key])
            case 4:
                holder[key] = str(holder[key])
            case 5 if isinstance(holder, list):
                holder.extend(copy.deepcopy(holder[key]) for _ in range(chance.randint(1, 3)))
            case _:
                holder[key] = {"resourceType": "Observation", "value": copy.deepcopy(holder[key])}
    return request


def as_bytes(request: Any, chance: random.Random) -> bytes:
    """Write a request; one in ten comes damaged on the way."""
    raw = bytearray(json.dumps(request).encode())
    if chance.random() < 0.1:
        for _ in range(chance.randint(1, 5)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        if chance.random() < 0.3:
            del raw[chance.randrange(len(raw)) :]
    return bytes(raw)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    """Yield the service with a database of its own."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store')}/her2-cds.sqlite3")
    yield create_app(settings=Settings(), store=store).test_client()
    assert store.recorder.is_up, "a decision could not be recorded"
    store.close()


@pytest.mark.parametrize("part", range(10))
def test_no_broken_request_causes_an_internal_error(client: FlaskClient, part: int) -> None:
    known = bases()
    odd = []
    for number in range(part, COUNT, 10):
        chance = random.Random(number)  # noqa: S311 - no secret
        file, request = known[number % len(known)]
        service = _SERVICE_OF[request["hook"]]
        raw = as_bytes(broken(request, chance), chance)
        answer = client.post(f"/cds-services/{service}", data=raw, content_type="application/json")
        body = json.loads(answer.data)
        fine = "cards" in body if answer.status_code == 200 else body["resourceType"] == "OperationOutcome"
        if answer.status_code not in (200, 400, 412) or not fine:
            odd.append((number, file, answer.status_code))
    assert odd == []
