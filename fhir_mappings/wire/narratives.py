"""Reads texts that may be long: the notes on a resource, the conclusion of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cards.values.texts import LONGEST, MOST_PAGES, is_cut, pages
from fhir_mappings.wire.lenient import objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fhir_mappings.wire.lenient import Json


def pages_of(value: Any, most: int = MOST_PAGES) -> Iterable[str]:
    """Return a text in the form for patterns, split into `pages` if it is long; none if the value is not a text."""
    if value.__class__ is str and len(value) > LONGEST:
        return pages(value, most)
    written = text(value)
    return (written,) if written else ()


def notes_of(resource: Json) -> Iterator[str]:
    """Yield the notes on a resource, a long one page by page."""
    for _, note in objects(resource.get("note")):
        yield from pages_of(note.get("text"))


def goes_on(page: str) -> bool:
    """Return whether a text continues after this page, the last one that is read."""
    return len(page) > LONGEST // 2 and is_cut(page)
