"""Differences between a public file and the knowledge."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from cards.knowledge.schema import Scope

if TYPE_CHECKING:
    from cards.knowledge.schema import Knowledge


READABLE = (
    "openFDA's NDC directory (JSON), the CMS NDC-HCPCS crosswalk (CSV), the quarterly HCPCS file, RXNCONSO, the"
    " ICD-10-CM order file, or a structured product label (XML)"
)
"""The files that can be compared with, as a message names them."""


class PublicFileError(ValueError):
    """A file cannot be used; the message names it and says why."""


class Kind(StrEnum):
    """The kind of difference between the knowledge and the file."""

    MISSING = "missing"
    """The file has it for a known product, but the knowledge does not."""
    WRONG = "wrong"
    """Both have it, and they disagree."""
    ENDED = "ended"
    """The knowledge has it, and the file says that it has ended or no longer lists it."""
    NEW = "new"
    """The file has a drug that the knowledge does not have."""
    NEWER = "newer"
    """The file is of a later date than the copy that was read."""


class Finding(NamedTuple):
    """One difference: its subject, and what the file says."""

    kind: Kind
    what: str
    code: str
    says: str

    @property
    def line(self) -> str:
        """The finding as one line."""
        return f"{self.kind}: {self.what} {self.code}: {self.says}"


class Names:
    """Finds the product of a drug in a public file by the longest known name in the drug's name."""

    _WORDS = re.compile(r"[a-z0-9]+")
    _SUFFIX = re.compile(r"(?<![a-z0-9])([a-z]+)-([a-z]{4})(?![a-z0-9])")

    def __init__(self, known: Knowledge) -> None:
        """Index the names of all products, including neighbors, so that none is mistaken for another."""
        found: dict[tuple[str, ...], tuple[str, bool]] = {}
        for product in known.products:
            checked = product.scope is Scope.CHECKED
            for brand in product.brands:
                for name in (brand.name, brand.generic, *brand.names):
                    found.setdefault(self._split(name), (product.id, checked))
            for name in product.names:
                found.setdefault(self._split(name), (product.id, checked))
        found.pop((), None)
        self._names = sorted(found.items(), key=lambda each: (-len(each[0]), each[0]))
        self._first = {words[0] for words, _ in self._names}
        self._suffixed = {name for name in (each.generic for p in known.products for each in p.brands) if "-" in name}

    def product(self, name: str) -> str | None:
        """Return the id of the checked product that a name is for; ``None`` for any other drug."""
        words = self._split(name)
        if self._first.isdisjoint(words):
            return None
        for known, (product, checked) in self._names:
            if any(words[at : at + len(known)] == known for at in range(len(words) - len(known) + 1)):
                return product if checked else None
        return None

    def is_new_biosimilar(self, name: str) -> bool:
        """Return whether a name is a known antibody with an unknown four-letter suffix."""
        written = name.casefold()
        known = {each.casefold() for each in self._suffixed}
        return any(
            f"{match[1]}-{match[2]}" not in known and self.product(match[1]) is not None
            for match in self._SUFFIX.finditer(written)
        )

    def _split(self, name: str) -> tuple[str, ...]:
        return tuple(self._WORDS.findall(name.casefold()))
