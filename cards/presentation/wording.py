"""Loads the card texts. To change them, edit the YAML, not the code."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

import msgspec
import yaml

from cards.facts.outcomes import Indicator
from cards.facts.topics import Topic, TopicCode
from cards.knowledge.shipped import shipped_file
from cards.presentation.card import OverrideReason
from cards.presentation.language import Locale
from cards.values.caching import once

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


class WordingError(ValueError):
    """The wording file is wrong: the message names the field."""


class Sentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts of a card: the summary line and the rule in one sentence."""

    summary: str
    rule: str


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A link on a card to a page of the site."""

    label: str
    url: str


class TopicWording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words of a topic; a topic without variants is not checked yet."""

    display: str
    indicator: Indicator
    variants: dict[str, Sentence] = {}
    override_reasons: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A topic in the order of potential harm, and the reason for its position."""

    topic: Topic
    because: str


class ThresholdWording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a threshold does, in a sentence, and how often its topics fire when it is set higher, if that is plain."""

    says: str
    topics: tuple[Topic, ...]
    higher: Literal["fewer", "more"] | None = None


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All card texts in one language.

    ``contact`` is the last line on every card; ``version`` is the digest of the file.
    """

    headings: dict[str, str]
    topics: dict[TopicCode, TopicWording]
    notes: dict[str, str]
    evidence: dict[str, str]
    gaps: dict[str, str]
    suggestions: dict[str, str]
    actions: dict[str, str]
    override_reasons: dict[str, str]
    places_of_request: dict[str, str]
    lists_of_request: dict[str, str]
    statements: dict[str, str] = {}
    harm: tuple[Place, ...] = ()
    thresholds: dict[str, ThresholdWording] = {}
    contact: str = ""
    locale: Locale = Locale()
    version: str = ""

    @property
    def places(self) -> dict[TopicCode, int]:
        """The position of each topic among equally urgent ones, most harmful first."""
        return {each.topic: place for place, each in enumerate(self.harm)}

    def override_reasons_of(self, topic: TopicCode) -> tuple[OverrideReason, ...]:
        """Return the reasons that a card on a topic offers."""
        return tuple(OverrideReason(code, self.override_reasons[code]) for code in self.topics[topic].override_reasons)


def load(path: Traversable | None = None) -> Wording:
    """Read a wording file.

    Raises:
        WordingError: a field is unknown, missing or of the wrong type.

    """
    file = shipped_file(path or files("cards") / "wording" / "en.yaml")
    try:
        wording = file.read(Wording)
    except (msgspec.ValidationError, yaml.YAMLError) as error:
        msg = f"wording: {error}"
        raise WordingError(msg) from error
    return msgspec.structs.replace(wording, version=hashlib.sha256(file.text.encode()).hexdigest()[:12])


@once
def default_wording() -> Wording:
    """Return the shipped wording; read once."""
    return load()
