"""The differences between two site layers, value by value, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.knowledge.schema import Knowledge
    from cards.presentation.wording import Wording
    from cds_service.configuration.site_layer import SiteLayer

_KEYS = ("id", "code", "ndc", "topic", "name")
"""The fields that identify list entries, so that an inserted one does not make all later ones differ."""
_LONGEST = 120
_RESOLVED = (".where", ".concept", ".topic")
_LISTS = (".tests.", ".override_reasons.")


class Change(NamedTuple):
    """A value that differs: its place, and the value before and after, empty where it did not exist."""

    kind: str
    place: str
    before: str
    after: str

    @property
    def says(self) -> str:
        """The change in words."""
        if not self.before:
            return f"{self.place}: new, {self.after}"
        if not self.after:
            return f"{self.place}: no longer {self.before}"
        return f"{self.place}: {self.after} instead of {self.before}"


def changes(before: SiteLayer, after: SiteLayer) -> list[Change]:
    """List what is different in ``after``."""
    found: list[Change] = []
    if before.known.version != after.known.version:
        found += _changes("knowledge", _knowledge(before.known), _knowledge(after.known))
    if before.wording.version != after.wording.version:
        found += _changes("wording", _wording(before.wording), _wording(after.wording))
    return found


def _knowledge(known: Knowledge) -> dict[str, str]:
    trees = {"products": known.products, "sources": known.sources, "rules": known.site_rules}
    leaves = _leaves({name: msgspec.to_builtins(tree) for name, tree in trees.items()}, "")
    return {place: value for place, value in leaves if not place.startswith("rules.") or _says_something(place, value)}


def _says_something(place: str, value: str) -> bool:
    """Return whether a value of a rule was written by the site, not a default and not derived.

    For a case, only the expected answer is compared.
    """
    if ".cases." in place:
        return place.endswith(".expect")
    return value != "False" and not place.endswith(_RESOLVED) and not any(part in place for part in _LISTS)


def _wording(wording: Wording) -> dict[str, str]:
    tree = msgspec.to_builtins(wording)
    return dict(_leaves({key: value for key, value in tree.items() if key != "version"}, ""))


def _changes(kind: str, before: dict[str, str], after: dict[str, str]) -> Iterator[Change]:
    for place in dict.fromkeys((*before, *after)):
        was, now = before.get(place, ""), after.get(place, "")
        if was != now:
            yield Change(kind, place, was, now)


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
        text = str(tree)
        yield place, text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
