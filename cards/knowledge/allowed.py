"""Which keys and values the classes of the knowledge allow at a place of a file, for "did you mean" hints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import inspect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def keys_at(shape: Any, steps: Iterable[str]) -> set[str]:
    """Return the keys that a class allows at a place; empty if no object belongs there."""
    found = set()
    for each in _at(shape, steps):
        if isinstance(each, inspect.StructType):
            found |= {field.encode_name for field in each.fields}
            found |= {each.tag_field} if each.tag_field else set()
    return found


def values_at(shape: Any, steps: Iterable[str]) -> set[str]:
    """Return the values of a fixed list that are allowed at a place; empty if it allows others, too."""
    *above, last = ("", *steps)
    holders = (each for each in _at(shape, above[1:]) if isinstance(each, inspect.StructType))
    found = {str(each.tag) for each in holders if each.tag_field == last}
    for each in _at(shape, steps):
        if isinstance(each, inspect.EnumType):
            found |= {str(member.value) for member in each.cls}
        elif isinstance(each, inspect.LiteralType):
            found |= {str(value) for value in each.values}
    return found


def _at(shape: Any, steps: Iterable[str]) -> list[inspect.Type]:
    here = list(_each(inspect.type_info(shape)))
    for step in steps:
        here = [inner for each in here for inner in _inside(each, step)]
    return here


def _inside(node: inspect.Type, step: str) -> Iterator[inspect.Type]:
    if isinstance(node, inspect.StructType):
        for field in node.fields:
            if field.encode_name == step:
                yield from _each(field.type)
    elif isinstance(node, inspect.DictType):
        yield from _each(node.value_type)
    elif isinstance(node, inspect.ListType | inspect.VarTupleType):
        yield from _each(node.item_type)


def _each(node: inspect.Type) -> Iterator[inspect.Type]:
    yield from node.types if isinstance(node, inspect.UnionType) else (node,)
