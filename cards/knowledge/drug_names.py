"""Checks whether a word may be part of a drug's name, so that a site cannot list it as one to ignore."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.knowledge.schema import Knowledge

_WORD = re.compile(r"[^\W_]+")
_LEAST = 3
"""Shorter beginnings of a payload ("de", "ve") are prepositions as well, which texts are read for."""


def name_in(phrase: str, known: Knowledge) -> str | None:
    """Return the part of a phrase that is, begins like or ends like part of a drug's name, if any."""
    names = {word for name in _names(known) for word in _words(name)}
    words = known.drug_words
    endings = tuple(end.casefold() for group in (*words.payload_endings, *words.drug_endings) for end in group.endings)
    own = {word for group in words.ignored for listed in group.words for word in _words(listed)}
    for word in _words(phrase):
        if word in own:
            continue
        begins = len(word) >= _LEAST and any(name.startswith(word) for name in names if len(name) > len(word))
        if word in names or word.endswith(endings) or begins:
            return word
    return None


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _names(known: Knowledge) -> Iterator[str]:
    for product in known.products:
        yield from (product.name, product.generic, *product.names)
        for brand in product.brands:
            yield from (brand.name, brand.generic, *brand.names)
    for ambiguous in known.ambiguous_names:
        yield from ambiguous.names
    for group in known.drug_classes:
        yield from group.names
    for spelling in known.drug_words.spellings:
        yield from (spelling.word, *spelling.variants)
