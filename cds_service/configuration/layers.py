"""Configuration files in layers: ``extends`` names the base file, and the extending file replaces it key by key.

Sections are merged; a list or a value replaces the one in the base file as a whole. Paths in a file are relative to
that file, whichever layer it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from cards.knowledge.located import yaml_problem
from cds_service.configuration.strict_yaml import LARGEST_BYTES, compose, unread

Place = tuple[str, ...]
Places = dict[Place, str]
"""Where each key was written: a line of a file, or a variable of the environment."""
_EXTENDS = "extends"
# Keys that name a file; ``*`` means every entry of a list.
_PATHS: tuple[Place, ...] = (
    ("site", "code_maps", "*"),
    ("site", "knowledge", "*"),
    ("site", "wording", "*"),
    ("site", "rules", "*"),
    ("auth", "clients", "*", "jwks_file"),
    ("fhir", "ca_bundle"),
    ("coverage", "policy_files", "*"),
    ("coverage", "asp_file"),
    ("smart", "servers", "*", "private_key"),
    ("shadow", "configuration"),
)


def line_of(places: Places, *keys: str) -> str | None:
    """Name the line or the variable of a key, or of the nearest key above it that has one.

    A threshold of one product is one key, ``weight_max_age_days.kadcyla``, or two, one below the other.
    """
    if keys in places or not keys:
        return places.get(keys)
    *above, last = keys
    step, dot, below = last.rpartition(".")
    return line_of(places, *above, step, below) if dot else line_of(places, *above)


class ConfigurationError(ValueError):
    """The configuration is invalid; each problem names its line and what to write instead.

    ``files`` are those to fix.
    """

    def __init__(self, problems: list[str], files: tuple[Path, ...] = ()) -> None:
        """Keep the problems, one line each."""
        super().__init__("\n".join(problems))
        self.problems = problems
        self.files = files


@dataclass(slots=True)
class Layers:
    """The merged layers, and the line of every key.

    ``files``: the uppermost first; ``empty``: those without content; ``texts``: the text of each.
    """

    tree: dict[str, Any] = field(default_factory=dict)
    places: Places = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    empty: tuple[Path, ...] = ()
    texts: dict[Path, str] = field(default_factory=dict)


def read_layers(path: Path) -> Layers:
    """Read a file and everything that it extends.

    Raises:
        ConfigurationError: one of them cannot be read or is not YAML, or they extend each other in a circle.

    """
    files: list[Path] = []
    texts: dict[Path, str] = {}
    stack: list[tuple[dict[str, Any], Places]] = []
    named_at, following = "", path
    while True:
        if any(following.resolve() == each.resolve() for each in files):
            raise ConfigurationError([f"{named_at}: extends: {following} extends this file again"], tuple(files))
        files.append(following)
        try:
            texts[following], tree, places = _read(following)
        except ConfigurationError as error:
            said = [f"{named_at}: extends: {problem}" if named_at else problem for problem in error.problems]
            raise ConfigurationError(said, tuple(files)) from None
        stack.append((tree, places))
        beneath = tree.get(_EXTENDS)
        if beneath is None:
            break
        named_at = places[(_EXTENDS,)]
        if not isinstance(beneath, str) or not beneath:
            raise ConfigurationError([f"{named_at}: extends: name one file"], tuple(files))
        following = following.parent / beneath
    said_nothing = tuple(file for file, (tree, _) in zip(files, stack, strict=True) if not tree)
    whole = Layers(files=tuple(files), empty=said_nothing, texts=texts)
    for tree, places in reversed(stack):
        _lay_over(whole.tree, whole.places, tree, places, ())
    return whole


def _lay_over(beneath: dict[str, Any], its_places: Places, above: dict[str, Any], places: Places, where: Place) -> None:
    for key, value in above.items():
        here = (*where, str(key))
        if isinstance(value, dict) and isinstance(beneath.get(key), dict):
            its_places[here] = places[here]
            _lay_over(beneath[key], its_places, value, places, here)
            continue
        # A nested key exists only if its parent does.
        for place in [place for place in its_places if place[: len(here)] == here] if here in its_places else ():
            del its_places[place]
        its_places.update({place: line for place, line in places.items() if place[: len(here)] == here})
        beneath[key] = value


def is_truncated_copy(text: str, whole: str) -> bool:
    """Return whether a text is a prefix of another that ends mid-line, as in a half-written or truncated file."""
    return len(text) < len(whole.rstrip()) and whole.startswith(text) and not text.endswith("\n")


def _read(path: Path) -> tuple[str, dict[str, Any], Places]:
    try:
        # A longer file is refused anyway, so no more than this is read.
        with path.open(encoding="utf-8") as file:
            text = file.read(LARGEST_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{path}: {unread(error)}"]) from None
    tree, places = read_tree(text, str(path))
    anchor(tree, path.parent)
    return text, tree, places


def read_tree(text: str, name: str) -> tuple[dict[str, Any], Places]:
    """Read keys and values, and the line of every key; ``name`` is what the text is called.

    Raises:
        ConfigurationError: it is not YAML, has a duplicate key, or is not a mapping.

    """
    places: Places = {}
    try:
        node, tree = compose(text)
        _note_places(node, (), places, name)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError([f"{name}:{line}: not valid YAML: {yaml_problem(error)}"]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = str(error) if type(error) is yaml.YAMLError else type(error).__name__
        raise ConfigurationError([f"{name}: not valid YAML ({why})"]) from None
    if tree is None:
        return {}, {}
    if not isinstance(tree, dict):
        raise ConfigurationError([f"{name}:1: the file must hold keys and values"])
    return tree, places


def _note_places(node: yaml.Node | None, where: Place, places: Places, name: str) -> None:
    """Record the line of every key; refuse duplicate keys, which YAML forbids but its parser accepts."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*where, str(key.value))
            if here in places:
                raise yaml.MarkedYAMLError(problem=f"{key.value!r} is given twice", problem_mark=key.start_mark)
            places[here] = f"{name}:{key.start_mark.line + 1}"
            _note_places(value, here, places, name)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            places[(*where, str(index))] = f"{name}:{value.start_mark.line + 1}"
            _note_places(value, (*where, str(index)), places, name)


def anchor(tree: dict[str, Any], folder: Path) -> None:
    """Make every relative path absolute."""
    for steps in _PATHS:
        _anchor(tree, steps, folder)


def _anchor(holder: Any, steps: Place, folder: Path) -> None:
    step, *rest = steps
    if step == "*":
        keys: Any = range(len(holder)) if isinstance(holder, list) else ()
    else:
        keys = (step,) if isinstance(holder, dict) and step in holder else ()
    for key in keys:
        if rest:
            _anchor(holder[key], tuple(rest), folder)
        elif isinstance(holder[key], str):
            holder[key] = str((folder / holder[key]).absolute())
