"""The YAML subset for configuration: plain keys and values, no aliases, no duplicate keys, a few thousand nodes.

With aliases a few lines can expand to billions of values, and a reload would stall the service; no configuration needs
them.
"""

from __future__ import annotations

from typing import Any

import yaml

LARGEST_BYTES = 256 * 1024
MOST_NODES = 20_000
DEEPEST = 40


class _Loader(yaml.SafeLoader):
    """Composes nodes within bounds, and refuses aliases."""

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
    """Read one document; return its nodes, which know their lines, and its values.

    Raises:
        yaml.YAMLError: it is not YAML, holds an alias, or exceeds a bound.
        ValueError: Python cannot represent a value, or the text is too large.

    """
    if len(text.encode(errors="replace")) > LARGEST_BYTES:
        raise yaml.YAMLError(f"over {LARGEST_BYTES // 1024} KiB")
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def unread(error: OSError | UnicodeDecodeError) -> str:
    """Say why a file cannot be read."""
    if isinstance(error, FileNotFoundError):
        return "cannot be read: there is no such file"
    if isinstance(error, UnicodeDecodeError):
        return "cannot be read: it is not in UTF-8"
    if isinstance(error, IsADirectoryError):
        return "cannot be read: it is a folder"
    return f"cannot be read ({type(error).__name__})"


def value_of(text: str) -> Any:
    """Read one value, as given in an environment variable; see `compose`."""
    return compose(text)[1]
