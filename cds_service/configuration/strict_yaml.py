"""YAML as a configuration has it: plain keys and values, no aliases, no key twice, and never more than a few thousand.

An alias lets a few lines stand for billions of values, and a reload that builds them holds everybody up; no
configuration needs one.
"""

from __future__ import annotations

from typing import Any

import yaml

LARGEST_BYTES = 256 * 1024
MOST_NODES = 20_000
DEEPEST = 40


class _Loader(yaml.SafeLoader):
    """Composes nodes within bounds, and refuses what stands for other nodes."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._nodes = 0
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node and what is in it."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        mark: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="an alias; write the value out", problem_mark=mark)
        self._nodes += 1
        self._depth += 1
        if self._nodes > MOST_NODES:
            raise yaml.MarkedYAMLError(problem=f"more than {MOST_NODES} values", problem_mark=mark)
        if self._depth > DEEPEST:
            raise yaml.MarkedYAMLError(problem=f"nested deeper than {DEEPEST}", problem_mark=mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def compose(text: str) -> tuple[yaml.Node | None, Any]:
    """Read one document: its nodes, which know their lines, and the values that they stand for.

    Raises:
        yaml.YAMLError: it is no YAML, holds an alias, or is over a bound.
        ValueError: a value is none that Python has, or the text is over the largest size.

    """
    if len(text.encode(errors="replace")) > LARGEST_BYTES:
        raise yaml.YAMLError(f"over {LARGEST_BYTES // 1024} KiB")
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def value_of(text: str) -> Any:
    """Read one value, as a variable of the environment gives it; see `compose`."""
    return compose(text)[1]
