"""The depth of JSON is found out before a decoder sees it.

Every depth here is harmless to every decoder: what is shown is that the pass refuses, and that it counts right.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapes import chart_reader

from fhir_mappings.code_maps.files import read_code_map
from fhir_mappings.codings import CodeMapError
from fhir_mappings.request import hook_request
from fhir_mappings.request.builder import BuildError, orders_in
from fhir_mappings.request.hook_request import BadRequest, RequestReader, read_request
from fhir_mappings.wire import exact_json
from fhir_mappings.wire.depth import DEPTH_LIMIT, is_too_deep
from fhir_mappings.wire.exact_json import Unreadable, decode_sent

AT, OVER = DEPTH_LIMIT, DEPTH_LIMIT + 1


def test_the_limit_is_a_hundred() -> None:
    assert DEPTH_LIMIT == 100


def arrays(depth: int, inner: str = "1") -> bytes:
    return ("[" * depth + inner + "]" * depth).encode()


def objects(depth: int, inner: str = "1") -> bytes:
    return ('{"a":' * depth + inner + "}" * depth).encode()


def mixed(depth: int) -> bytes:
    """Nest objects and arrays in turn."""
    opening = ('{"a":', "[")
    closing = ("}", "]")
    inner = "".join(closing[level % 2] for level in reversed(range(depth)))
    return ("".join(opening[level % 2] for level in range(depth)) + "1" + inner).encode()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"", False, id="nothing"),
        pytest.param(b"1", False, id="a number"),
        pytest.param(arrays(AT), False, id="arrays at the limit"),
        pytest.param(arrays(OVER), True, id="arrays over it"),
        pytest.param(objects(AT), False, id="objects at the limit"),
        pytest.param(objects(OVER), True, id="objects over it"),
        pytest.param(mixed(AT), False, id="both at the limit"),
        pytest.param(mixed(OVER), True, id="both over it"),
        pytest.param(b"[" * AT, False, id="open at the limit"),
        pytest.param(b"[" * OVER, True, id="open over it"),
        pytest.param(b" \n[\t" * OVER, True, id="open over it, with space between"),
        pytest.param(b"[" + b",".join([arrays(AT - 1)] * 200) + b"]", False, id="many at the limit side by side"),
        pytest.param(b"[" + b",".join([b"[]"] * 5000) + b"]", False, id="many side by side"),
        pytest.param(b"[" + b",".join([*[b"[]"] * 500, arrays(AT)]) + b"]", True, id="the last of many over it"),
        pytest.param(arrays(AT, '"' + "[" * 500 + '"'), False, id="brackets in a text"),
        pytest.param(arrays(OVER, '"' + "]" * 500 + '"'), True, id="closing ones in a text do not close"),
        pytest.param(b'["]]]]",' * OVER, True, id="closing ones in texts between the opening ones"),
        pytest.param(arrays(AT, r'"\"[[[[["'), False, id="brackets after an escaped quotation mark"),
        pytest.param(arrays(OVER, r'"\"]]]]]"'), True, id="closing ones after an escaped quotation mark"),
        pytest.param(arrays(AT, r'"\\"'), False, id="an escaped backslash ends the text"),
        pytest.param(br'["\\",' * OVER, True, id="escaped backslashes at the ends of texts"),
        pytest.param(br'["\\\"]",' * OVER, True, id="a backslash and a quotation mark, both escaped"),
        pytest.param('["日本\u2028{é",'.encode() * OVER, True, id="texts of more than ASCII"),
        pytest.param(b'"' + b"[" * 500, False, id="a text that does not end"),
        pytest.param(b"]" * 500, False, id="nothing but closing ones"),
        pytest.param(arrays(50)[:50] + b",".join([arrays(50)] * 9) + b"]" * 50, False, id="many from half on, at it"),
        pytest.param(arrays(50)[:50] + b",".join([arrays(51)] * 9) + b"]" * 50, True, id="many from half on, over it"),
        pytest.param(arrays(AT, '"[IU]/L"'), False, id="a pair of brackets in a text, at the limit"),
        pytest.param(arrays(OVER, '"10*3/uL{cells}"'), True, id="a pair of brackets in a text, over it"),
        pytest.param(arrays(AT - 1, "{}"), False, id="an empty object inside, at the limit"),
        pytest.param(arrays(AT, "{}"), True, id="an empty object inside, over it"),
        pytest.param(arrays(OVER, '"]["'), True, id="a text that closes and opens"),
        pytest.param(b'{"a":[}]' * OVER, False, id="pairs that do not match, which no decoder reads on from"),
    ],
)  # fmt: skip
def test_depth_is_counted(raw: bytes, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_too_deep(raw) is expected


def depth_of(value: Any) -> int:
    """Count in the plainest way."""
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if held is None else 1 + max(map(depth_of, held), default=0)


texts = st.text(st.sampled_from('[]{}"\\:,a \né'), max_size=6)
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=30,
)


@given(value=values, more=st.integers(80, 110), in_ascii=st.booleans())
def test_depth_is_counted_from_the_value(value: Any, more: int, *, in_ascii: bool) -> None:
    for _ in range(more):
        value = [value, "]"]
    raw = json.dumps(value, ensure_ascii=in_ascii).encode()
    assert is_too_deep(raw) is (depth_of(value) > DEPTH_LIMIT)


class Untouched:
    """A decoder that must not be called."""

    def decode(self, _: object) -> object:
        """Fail the test."""
        pytest.fail("a decoder was called")


def no_decoder(monkeypatch: pytest.MonkeyPatch, *places: tuple[Any, str]) -> None:
    for module, name in places:
        monkeypatch.setattr(module, name, Untouched())
    monkeypatch.setattr(json, "loads", Untouched().decode)
    monkeypatch.setattr(msgspec.json, "decode", Untouched().decode)


def test_a_request_that_is_too_deep_is_refused_before_a_decoder_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = RequestReader({"patient": "Patient/{{context.patientId}}"})
    monkeypatch.setattr(reader, "_asked", Untouched())
    no_decoder(monkeypatch, (hook_request, "_envelope"))
    for read in (read_request, reader.read):
        for raw in (arrays(OVER), objects(OVER), b'{"prefetch": {"a": ' + mixed(OVER) + b"}}"):
            with pytest.raises(BadRequest) as refused:
                read(raw, "order-sign")
            assert refused.value.code == "not-json"


def test_a_request_at_the_limit_is_read() -> None:
    with pytest.raises(BadRequest) as refused:
        read_request(b'{"hook": "order-sign", "more": ' + arrays(AT - 1) + b"}", "order-sign")
    assert (refused.value.code, refused.value.expression) == ("required", "hookInstance")


@pytest.mark.parametrize("raw", [arrays(OVER), objects(OVER), b"[" * OVER])
def test_json_that_is_sent_too_deep_is_unreadable(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    no_decoder(monkeypatch, (exact_json, "_exact"))
    with pytest.raises(Unreadable):
        decode_sent(raw)


def test_files_that_are_too_deep_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    no_decoder(monkeypatch, (exact_json, "_exact"))
    path = tmp_path / "map.json"
    path.write_bytes(objects(OVER))
    with pytest.raises(CodeMapError):
        read_code_map([path])
    with pytest.raises(BuildError):
        orders_in(objects(OVER))


def test_an_order_as_deep_as_may_be_is_mapped() -> None:
    deep = json.loads(arrays(DEPTH_LIMIT - 6))
    order = {
        "resourceType": "MedicationRequest",
        "id": "o",
        "medicationCodeableConcept": {"text": "Kadcyla"},
        "z": deep,
    }
    context = {
        "userId": "P/1",
        "patientId": "p",
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order}]},
    }
    request = read_request(
        json.dumps({"hook": "order-sign", "hookInstance": "h", "context": context}).encode(), "order-sign"
    )
    assert [each.origin.reference for each in chart_reader().orders(request).orders] == ["MedicationRequest/o"]
