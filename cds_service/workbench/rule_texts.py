"""Adds a rule from the form to the rules of a version, without changing the rest of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence


def with_rule(text: str, new: str) -> str:
    """Return a version's rules with those of another file appended, and its sources added.

    Comments and layout are preserved. Text in flow style (braces), or YAML that cannot be appended to, is rewritten.
    """
    if not text.strip():
        return new
    lines = text.splitlines()
    sources, rules = _section(new, "sources"), _section(new, "rules")
    if not (_takes(text, "rules") and (_takes(text, "sources") or _value(text, "sources") is None)):
        return _written_anew(text, new)
    lines = _inserted(lines, text, "rules", rules)
    text = "\n".join(lines)
    if sources and _value(text, "sources") is None:
        return "\n".join(["sources:", *sources, *lines]) + "\n"
    return "\n".join(_inserted(lines, text, "sources", sources)) + "\n"


def _root(text: str) -> yaml.MappingNode | None:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None
    return node if isinstance(node, yaml.MappingNode) else None


def _value(text: str, section: str) -> yaml.Node | None:
    root = _root(text)
    return next((value for key, value in root.value if key.value == section), None) if root is not None else None


def _takes(text: str, section: str) -> bool:
    """Return whether a section is in block style and has an entry, so that another can be appended."""
    node = _value(text, section)
    return isinstance(node, yaml.CollectionNode) and not node.flow_style and bool(node.value)


def _section(text: str, section: str) -> list[str]:
    """Return the lines of a section of a file written by ``safe_dump``, indented by two."""
    node = _value(text, section)
    if not isinstance(node, yaml.CollectionNode):
        return []
    lines = text.splitlines()[node.start_mark.line : _end(text.splitlines(), node)]
    indent = node.start_mark.column
    return [f"  {line[indent:]}" if line.strip() else "" for line in lines]


def _end(lines: Sequence[str], node: yaml.CollectionNode) -> int:
    """Return the line after the end of a section, excluding comments and empty lines before the next."""
    end = min(node.end_mark.line, len(lines))
    if node.end_mark.line < len(lines) and node.end_mark.column:
        end += 1
    while end > node.start_mark.line and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _inserted(lines: list[str], text: str, section: str, added: list[str]) -> list[str]:
    node = _value(text, section)
    if not added or not isinstance(node, yaml.CollectionNode):
        return lines
    indent = " " * node.start_mark.column
    end = _end(lines, node)
    return [*lines[:end], *(f"{indent}{line[2:]}" if line.strip() else "" for line in added), *lines[end:]]


def _written_anew(text: str, new: str) -> str:
    try:
        old = yaml.safe_load(text)
    except yaml.YAMLError:
        old = None
    if not isinstance(old, dict):
        return f"{text.rstrip()}\n{new}"
    added = yaml.safe_load(new)
    sources = {**(old.get("sources") or {}), **(added.get("sources") or {})}
    tree = {**old, **({"sources": sources} if sources else {}), "rules": [*(old.get("rules") or []), *added["rules"]]}
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=110)
