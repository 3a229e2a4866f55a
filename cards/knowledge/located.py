"""Reads a site's YAML: bounded, with the line of every key for error messages."""

from __future__ import annotations

import difflib
import hashlib
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import yaml

from cards.knowledge.allowed import keys_at, values_at
from cards.knowledge.schema import KnowledgeError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

T = TypeVar("T")
Place = tuple[str, ...]

SIZE_LIMIT = 1_048_576
"""The maximum number of characters in a file."""
_NODE_LIMIT = 50_000
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]{0,80})|\[(\d{1,6}|\.{3})\]")
_ANY_KEY = "..."
_UNKNOWN = re.compile(r"unknown field `([^`]{1,200})`")
_FIELD = re.compile(r"\{([^{}]{0,80})\}")
_LONGEST_SENTENCE = 2_000
_INVALID = re.compile(r"[Ii]nvalid (?:enum )?value '([^']{1,200})'")
_MISSING = re.compile(r"Object missing required field `([^`]{1,200})`")
_EXPECTED = re.compile(r"Expected `([^`]{1,40})`, got `[^`]{1,40}`")
_KINDS = {
    "bool": "true or false",
    "int": "a whole number",
    "str": "a text",
    "decimal": "a number",
    "array": "a list",
    "object": "keys and values",
}
_CLOSE = 0.6
_VERIFIED = ("V", "V2")
_FEW = 16
"""The most keys or values that an error lists."""


class _ExactLoader(yaml.SafeLoader):
    """Reads every number of a YAML file as an exact decimal, integers as integers, and dates as text.

    It refuses aliases, which can expand a small file into a huge tree, and more nodes than any site needs. If aliases
    are allowed, their expansion is counted when the lines are recorded.
    """

    def __init__(self, text: str, name: str, *, aliases: bool) -> None:
        super().__init__(text)
        self._file = name
        self._aliases = aliases
        self._events = 0

    def get_event(self) -> yaml.Event:
        """Return the next event of the parser, within the bounds."""
        event: yaml.Event = super().get_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) and not self._aliases:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise KnowledgeError(f"{self._file}:{line}: an alias (*{event.anchor}) is not allowed here; write it out")
        if self._events > _NODE_LIMIT:
            raise KnowledgeError(f"{self._file}: it has more than {_NODE_LIMIT} values")
        self._events += 1
        return event


def _decimal(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(loader.construct_scalar(node))


def _as_written(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


_ExactLoader.add_constructor("tag:yaml.org,2002:float", _decimal)
# A date without quotes is meant as text.
_ExactLoader.add_constructor("tag:yaml.org,2002:timestamp", _as_written)


class Document:
    """A site's YAML file: its tree, and the line of every key and entry."""

    def __init__(self, text: str, name: str, *, aliases: bool = False) -> None:
        """Read the text; ``name`` is the file's name in errors.

        ``aliases`` are allowed in files with repetitions.

        Raises:
            KnowledgeError: it is too large, not YAML, uses an alias, repeats a key, or is not a mapping.

        """
        self.name = name
        self.text = text
        self.lines: dict[Place, int] = {}
        if len(text) > SIZE_LIMIT:
            raise KnowledgeError(f"{name}: it has more than {SIZE_LIMIT} characters")
        try:
            tree = self._read(_ExactLoader(text, name, aliases=aliases))
        except KnowledgeError:
            raise
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise KnowledgeError(f"{name}:{line}: not valid YAML: {yaml_problem(error)}") from None
        except (yaml.YAMLError, ValueError, ArithmeticError, RecursionError) as error:
            raise KnowledgeError(f"{name}: not valid YAML ({type(error).__name__})") from None
        if not isinstance(tree, dict):
            raise KnowledgeError(f"{name}:1: the file must hold keys and values")
        self.tree: dict[str, Any] = tree

    def where(self, place: Place) -> str:
        """Return the file and line of a place, or of the nearest enclosing one."""
        for count in range(len(place), 0, -1):
            if place[:count] in self.lines:
                return f"{self.name}:{self.lines[place[:count]]}"
        return f"{self.name}:1"

    def allow_only(self, sections: Collection[str]) -> None:
        """Refuse any section not in a list.

        Raises:
            KnowledgeError: the message names the line and the nearest known section.

        """
        for section in self.tree:
            if section not in sections:
                where = self.where((str(section),))
                raise KnowledgeError(f"{where}: unknown section {section!r}{nearest(str(section), sections)}")

    def version_over(self, version: str) -> str:
        """Return the version of what results when the file is applied over a version."""
        return hashlib.sha256(f"{version}\n{self.text}".encode()).hexdigest()[:12]

    def entries(self, section: str) -> list[Any]:
        """Return the entries of a section; none if it is absent.

        Raises:
            KnowledgeError: the section is not a list.

        """
        listed = self.tree.get(section) or []
        if not isinstance(listed, list):
            raise KnowledgeError(f"{self.where((section,))}: {section}: must be a list")
        return listed

    def convert(self, value: Any, shape: type[T], place: Place = (), not_written: Collection[str] = ()) -> T:
        """Convert a part of the tree to its class; keys ``not_written`` in a file are never suggested.

        Raises:
            KnowledgeError: a field is unknown, missing or of the wrong type; the message names the line, and what would
                be allowed there.

        """
        try:
            return msgspec.convert(value, shape, strict=False)
        except msgspec.ValidationError as error:
            said, _, path = str(error).partition(" - at `")
            steps = _named(value, shape, tuple(field or index for field, index in _STEP.findall(path)))
            unknown = _UNKNOWN.search(said)
            where = (*place, *steps, *((unknown[1],) if unknown else ()))
            hint = ""
            if unknown:
                hint = _nearest_or_all(unknown[1], keys_at(shape, steps).difference(not_written))
            elif invalid := _INVALID.search(said):
                hint = _nearest_or_all(invalid[1], values_at(shape, steps))
            raise KnowledgeError(f"{self.where(where)}: {'.'.join(where)}: {_plain(said)}{hint}") from None

    def _read(self, loader: _ExactLoader) -> Any:
        """Record the lines and return the tree; both are of the same nodes, so the text is parsed once."""
        try:
            node = loader.get_single_node()
            self._note(node, ())
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()

    def _note(self, node: yaml.Node | None, place: Place) -> None:
        """Record the line of every key; refuse duplicate keys, which YAML forbids but its parser accepts."""
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                here = (*place, str(key.value))
                if here in self.lines:
                    raise yaml.MarkedYAMLError(problem=f"{key.value!r} is given twice", problem_mark=key.start_mark)
                self._note_line(here, key.start_mark.line + 1)
                self._note(value, here)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self._note_line((*place, str(index)), value.start_mark.line + 1)
                self._note(value, (*place, str(index)))

    def _note_line(self, place: Place, line: int) -> None:
        if len(self.lines) > _NODE_LIMIT:
            raise KnowledgeError(f"{self.name}: it has more than {_NODE_LIMIT} values")
        self.lines[place] = line


def yaml_problem(error: yaml.MarkedYAMLError) -> str:
    """Say what is wrong with a text that is not YAML; a tab, which nobody sees, by its name."""
    problem = error.problem or "it cannot be read"
    return "a tab; YAML is indented with spaces" if r"'\t'" in problem else problem


def _plain(said: str) -> str:
    """Say in words of YAML what msgspec says in types of Python."""
    missing = _MISSING.fullmatch(said)
    unknown = _UNKNOWN.search(said) or _INVALID.search(said)
    expected = _EXPECTED.fullmatch(said)
    if unknown:
        return f"unknown {'key' if 'field' in said else 'value'} {unknown[1]!r}"
    if missing:
        return f"the key {missing[1]!r} is missing"
    if expected and (kind := expected[1].removesuffix(" | null")) in _KINDS:
        return f"must be {_KINDS[kind]}"
    return "must be a number" if said == "Invalid decimal string" else said


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a "did you mean" hint with the nearest known word; empty if none is near."""
    close = difflib.get_close_matches(word, sorted(set(known)), n=1, cutoff=_CLOSE)
    return f"; did you mean {close[0]!r}?" if close else ""


def _named(value: Any, shape: Any, steps: Place) -> Place:
    """Put the key of a mapping in the place of each ``...``, which msgspec writes for any: the one that is refused."""
    for at, step in enumerate(steps):
        if step != _ANY_KEY:
            continue
        above = steps[:at]
        refused = (each for each in _at(value, above) if _is_refused(_with_only(value, above, each), shape))
        steps = (*above, str(next(refused, "")), *steps[at + 1 :])
    return steps


def _at(value: Any, steps: Place) -> Any:
    for step in steps:
        value = value[int(step)] if isinstance(value, list) else next(v for k, v in value.items() if str(k) == step)
    return value


def _with_only(value: Any, steps: Place, key: Any) -> Any:
    """Return a copy with one key alone in the mapping at a place."""
    if not steps:
        return {key: value[key]}
    if isinstance(value, list):
        return [_with_only(each, steps[1:], key) if str(at) == steps[0] else each for at, each in enumerate(value)]
    return {k: _with_only(each, steps[1:], key) if str(k) == steps[0] else each for k, each in value.items()}


def _is_refused(value: Any, shape: Any) -> bool:
    try:
        msgspec.convert(value, shape, strict=False)
    except msgspec.ValidationError:
        return True
    return False


def _nearest_or_all(word: str, known: set[str]) -> str:
    hint = nearest(word, known)
    return hint if hint or not 0 < len(known) <= _FEW else f"; allowed are {', '.join(sorted(known))}"


def check_sentence(document: Document, text: Any, fields: Iterable[str], place: Place) -> None:
    """Refuse a text that cannot be a card sentence: too long, or with a placeholder not in ``fields``.

    Raises:
        KnowledgeError: it cannot; the message names the line and the nearest placeholder.

    """
    where = f"{document.where(place)}: {'.'.join(place)}"
    if not isinstance(text, str):
        raise KnowledgeError(f"{where}: must be a sentence")
    if len(text) > _LONGEST_SENTENCE:
        raise KnowledgeError(f"{where}: longer than {_LONGEST_SENTENCE} characters")
    known = set(fields)
    for name in _FIELD.findall(text):
        if name not in known:
            meant = nearest(name, known) or (f"; there are {', '.join(sorted(known))}" if known else "")
            raise KnowledgeError(f"{where}: unknown placeholder {{{name}}}{meant}")
    rest = _FIELD.sub("", text)
    if "{" in rest or "}" in rest:
        raise KnowledgeError(f"{where}: an unmatched brace")


def merged_over(base: Any, above: Any) -> Any:
    """Merge a tree into another: mappings key by key, anything else as a whole."""
    if not isinstance(base, dict) or not isinstance(above, dict):
        return above
    merged: dict[str, Any] = dict(base)
    for key, value in above.items():
        merged[key] = merged_over(merged[key], value) if key in merged else value
    return merged


def vouched_for(tree: Any, sources: frozenset[str]) -> Any:
    """Return a copy of a tree in which citations of a site's own sources say that the site vouches for them.

    Confidence K stays K.
    """
    if isinstance(tree, dict):
        if tree.get("source") in sources and tree.get("confidence") in _VERIFIED:
            return {**tree, "confidence": "S"}
        return {key: vouched_for(value, sources) for key, value in tree.items()}
    return [vouched_for(each, sources) for each in tree] if isinstance(tree, list) else tree
