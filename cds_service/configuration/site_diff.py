"""The differences between two site layers, value by value, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from cards.presentation.site_wording import with_rule_words
from cds_service.configuration.site_layer import shipped_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.knowledge.schema import Knowledge
    from cards.presentation.wording import Wording
    from cds_service.configuration.site_layer import SiteLayer

_KEYS = ("id", "code", "ndc", "topic", "name")
"""The fields that identify list entries, so that an inserted one does not make all later ones differ."""
_LONGEST = 120
_RESOLVED = (".where", ".concept", ".topic")
_PARTS = ("rules", "sources", "products", "drug_words")
_LISTS = (".tests.", ".override_reasons.")


class Change(NamedTuple):
    """A value that differs: its place, and the value before and after, empty where it did not exist.

    ``part`` is the rule, source, product or brand that did not exist before, or no longer exists.
    """

    kind: str
    place: str
    before: str
    after: str
    part: str = ""

    @property
    def says(self) -> str:
        """The change in words."""
        if not self.before:
            return f"{self.place}: new, {self.after}"
        if not self.after:
            return f"{self.place}: no longer {self.before}"
        return f"{self.place}: {self.after} instead of {self.before}"


class Told(NamedTuple):
    """A change as a person reads it: a sentence and, of something new, what it consists of."""

    change: Change
    says: str
    detail: str = ""


def told(found: Iterable[Change]) -> list[Told]:
    """Say changes in words; the values of something new are one entry."""
    parts: dict[str, list[Change]] = {}
    for each in found:
        parts.setdefault(each.part or each.place, []).append(each)
    return [_told(part, of) if of[0].part else Told(of[0], of[0].says) for part, of in parts.items()]


def _told(part: str, of: list[Change]) -> Told:
    section, _, name = part.partition(".")
    product, _, brand = name.partition(".brands.")
    named = f"brand {brand} of {product}" if brand else f"{section.removesuffix('s')} {name}".replace("_", " ")
    if of[0].before:
        return Told(of[0], f"{named} is gone")
    values: dict[str, list[str]] = {}
    for each in of:
        inner, _, last = each.place.removeprefix(f"{part}.").rpartition(".")
        values.setdefault(inner if last.isdecimal() else f"{inner}.{last}".lstrip("."), []).append(each.after)
    return Told(of[0], f"{named} is new", "; ".join(f"{key}: {', '.join(all_of)}" for key, all_of in values.items()))


def changes(before: SiteLayer, after: SiteLayer) -> list[Change]:
    """List what is different in ``after``, value by value."""
    found: list[Change] = []
    if before.known.version != after.known.version:
        found += _changes("knowledge", _knowledge(before.known), _knowledge(after.known))
    if before.wording.version != after.wording.version:
        found += _changes("wording", _wording(before), _wording(after))
    return found


def _knowledge(known: Knowledge) -> dict[str, str]:
    words = {", ".join(each.words).replace(".", ""): {"why": each.why} for each in known.drug_words.ignored}
    trees = {
        "products": known.products,
        "drug_words": words,
        "sources": known.sources,
        "rules": known.site_rules,
    }
    leaves = _leaves({name: msgspec.to_builtins(tree) for name, tree in trees.items()}, "")
    return {place: value for place, value in leaves if _says_something(place, value)}


def _says_something(place: str, value: str) -> bool:
    """Return whether a value was written by the site, not a default and not derived.

    For a case, only the expected answer is compared.
    """
    if not place.startswith("rules."):
        return not place.endswith(".own")
    if ".cases." in place:
        return place.endswith(".expect")
    return value != "false" and not place.endswith(_RESOLVED) and not any(part in place for part in _LISTS)


def _wording(layer: SiteLayer) -> dict[str, str]:
    """Return every text of a layer, but for those that its rules state themselves."""
    rules = layer.known.site_rules
    leaves = _texts(layer.wording)
    if not rules:
        return dict(leaves)
    of_rules = tuple(start for rule in rules for start in (f"topics.{rule.topic}.", f"notes.due-{rule.topic}"))
    stated = set(_texts(with_rule_words(shipped_words(layer.language), rules)))
    return {place: text for place, text in leaves if not (place.startswith(of_rules) and (place, text) in stated)}


def _texts(wording: Wording) -> list[tuple[str, str]]:
    tree = msgspec.to_builtins(wording)
    return list(_leaves({key: value for key, value in tree.items() if key != "version"}, ""))


def _changes(kind: str, before: dict[str, str], after: dict[str, str]) -> Iterator[Change]:
    parts = [{_part_of(place) for place in leaves} for leaves in (before, after)]
    for place in dict.fromkeys((*before, *after)):
        was, now = before.get(place, ""), after.get(place, "")
        if was != now:
            part = _part_of(place)
            yield Change(kind, place, was, now, "" if all(part in each for each in parts) else part)


def _part_of(place: str) -> str:
    """Return the rule, source, product or brand that a place belongs to."""
    section, *steps = place.split(".")
    if section not in _PARTS or not steps:
        return ""
    return ".".join((section, *steps[:3])) if steps[1:2] == ["brands"] else f"{section}.{steps[0]}"


def _leaves(tree: Any, place: str) -> Iterator[tuple[str, str]]:
    """Walk a tree and yield each value with its place."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, f"{place}.{key}" if place else str(key))
    elif isinstance(tree, list | tuple):
        for index, value in enumerate(tree):
            name = next((value[key] for key in _KEYS if key in value), index) if isinstance(value, dict) else index
            yield from _leaves(value, f"{place}.{name}")
    elif tree is not None and tree != "":
        text = str(tree).lower() if isinstance(tree, bool) else str(tree)
        yield place, text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
