"""The specimens: test cases of the rules that ship with the service, with expected outcomes, to try a policy on.

``specimens.ndjson`` is made from the case tables of the tests by ``make golden``.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

import msgspec

from cards.facts.billing import BillingSession
from cards.facts.session import Session
from cards.facts.topics import Topic, TopicCode
from cards.values.caching import once
from cards.values.text_cache import cached_by_key


class Specimen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One case: a description, the outcome of its topic's rule with default settings, and the facts."""

    id: str
    topic: Topic
    sentence: str
    expect: Literal["fired", "clear", "cannot-tell", "not-applicable"]
    coverage: bool
    facts: msgspec.Raw

    def session(self) -> Session:
        """Read the facts."""
        return msgspec.json.decode(self.facts, type=BillingSession if self.coverage else Session)


@once
def specimens() -> dict[str, Specimen]:
    """Return every specimen by its id, in the order of the rules."""
    text = files("cds_service.workbench").joinpath("specimens.ndjson").read_bytes()
    listed = msgspec.json.Decoder(Specimen).decode_lines(text)
    return {each.id: each for each in listed}


@cached_by_key(len(Topic))
def typical(topic: TopicCode) -> Specimen | None:
    """Return the case that best shows a topic's card; none if the topic has no rule of its own."""
    return next((each for each in specimens().values() if each.topic == topic and each.expect == "fired"), None)
