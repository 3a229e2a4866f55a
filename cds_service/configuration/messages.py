"""Messages about configuration errors, one line per problem: the place, the key, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from cards.facts.topics import Topic
from cds_service.configuration.layers import line_of
from cds_service.configuration.section import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cds_service.configuration.layers import Places


_WRONG_TYPE = {
    **dict.fromkeys(("decimal_parsing", "decimal_type", "float_parsing", "float_type"), "must be a number"),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "must be true or false"),
    **dict.fromkeys(("url_parsing", "url_type"), "must be an address that begins with https:// or http://"),
    "string_type": "must be text, in quotes if it looks like a number",
    "list_type": "must be a list, as in [one, another]",
}
"""What to write instead, by pydantic's types of error. Of the others its own message says it."""


def problem(error: Any, places: Places, source: str, model: type[BaseModel], topics: Iterable[str] = ()) -> str:
    """Describe one problem with its place and, for an unknown key, the nearest known one.

    ``topics`` are those of the site's rules.
    """
    location = tuple(str(step) for step in error["loc"] if step != "[key]")
    if "thresholds" in location[:-1]:
        # A product's own value has both names: weight_max_age_days.kadcyla.
        location = (*location[:-1], *location[-1].split("."))
    if error["type"] == "below":
        location = (*location, *error["ctx"]["path"].split("."))
    where = line_of(places, *location) or source
    if error["type"] == "extra_forbidden":
        return f"{where}: unknown key {'.'.join(location)!r}{nearest(location[-1], _siblings(location, model))}"
    if error["loc"][-1:] == ("[key]",):
        return f"{where}: unknown topic {location[-1]!r}{nearest(location[-1], [*map(str, Topic), *topics])}"
    if error["type"] in ("model_type", "dict_type"):
        known = sorted(_siblings((*location, ""), model)) if error["type"] == "model_type" else []
        which = f"; known are {', '.join(known)}" if known else ""
        return f"{where}: {'.'.join(location)}: must hold keys and values{which}"
    said = _WRONG_TYPE.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    return f"{where}: {'.'.join(location)}: {said.replace('Input should be', 'must be', 1)}"


def _siblings(location: tuple[str, ...], model: type[BaseModel]) -> list[str]:
    """List the known keys at the place of an unknown one."""
    kind: Any = model
    for step in location[:-1]:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[step].annotation
        else:
            # An entry of a list or of a mapping: what its entries are comes last.
            kind = get_args(kind)[-1]
    return list(kind.model_fields)
