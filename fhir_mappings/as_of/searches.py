"""The service's own queries, answered from the resources of one patient as a FHIR server would answer them.

Only what the queries use is supported: an instance read, and a type search by patient, code and status. Lists are not
paged, as if the server's next pages had been read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cards.values.text_cache import cached_by_key
from fhir_mappings.wire.lenient import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.stubs import Code, Codes

_COMBINATIONS = 4096
_IGNORED = frozenset({"patient", "_sort", "_count"})
# Resource types that clients send under their own keys, without a query of the service.
BESIDE = {"statements": "MedicationStatement"}


@dataclass(frozen=True, slots=True)
class Search:
    """One query: its type, codes and statuses, ``None`` for any."""

    kind: str
    tokens: frozenset[tuple[str, str]] | None = None
    statuses: frozenset[str] | None = None
    newest_first: bool = False

    def wants_codes(self, codes: Sequence[Code]) -> bool:
        """Return whether the query matches a resource with some codes."""
        return self.tokens is None or any((each.system, each.code) in self.tokens for each in codes)

    def wants_status(self, resource: Json) -> bool:
        """Return whether the query matches a resource's status."""
        return self.statuses is None or text(resource.get("status")) in self.statuses


class Searches(dict[str, Search]):
    """The queries of a configuration, by key."""

    def __init__(self, by_key: Mapping[str, Search]) -> None:
        """Keep the queries."""
        super().__init__(by_key)
        # Cached, because a chart has many resources and few kinds of them.
        self.asking = cached_by_key(_COMBINATIONS)(self._asking)

    def _asking(self, kind: str, codes: Codes) -> tuple[str, ...]:
        """List the queries that match a resource of a type with some codes."""
        return tuple(key for key, search in self.items() if search.kind == kind and search.wants_codes(codes))


def searches(templates: Mapping[str, str]) -> Searches:
    """Read the prefetch templates.

    Raises:
        ValueError: a template uses an unsupported parameter.

    """
    found = {key: _search(template) for key, template in templates.items()}
    return Searches({**found, **{key: Search(kind) for key, kind in BESIDE.items()}})


def _search(template: str) -> Search:
    kind, _, query = template.partition("?")
    tokens: frozenset[tuple[str, str]] | None = None
    statuses: frozenset[str] | None = None
    newest_first = False
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        if name == "code":
            tokens = frozenset(_token(each) for each in _split(value, ","))
        elif name == "status":
            statuses = frozenset(value.split(","))
        elif name not in _IGNORED:
            msg = f"the simulation does not know the search parameter {name!r}"
            raise ValueError(msg)
        newest_first |= name == "_sort" and value == "-date"
    return Search(kind.partition("/")[0], tokens, statuses, newest_first)


def _token(written: str) -> tuple[str, str]:
    system, code = _split(written, "|")
    return _plain(system), _plain(code)


def _split(written: str, mark: str) -> list[str]:
    """Split at an unescaped separator; escapes stay."""
    parts, current, escaped = [], "", False
    for character in written.replace("%5C", "\\"):
        if character == mark and not escaped:
            parts.append(current)
            current = ""
        else:
            current += character
        escaped = character == "\\" and not escaped
    return [*parts, current]


def _plain(part: str) -> str:
    found, escaped = "", False
    for character in unquote(part):
        if character == "\\" and not escaped:
            escaped = True
        else:
            found += character
            escaped = False
    return found
