"""Reads the files that ship with the service, and keeps what was parsed beside them, as Python keeps its bytecode.

To parse the YAML took a tenth of a second of each start; the copy is read in a hundredth of that (ADR 37). A copy holds
the digest of the file that it was made from, so it never stands for another text. It lies where Python would put the
bytecode of the folder, belongs to whoever owns that, and is neither written nor missed where Python writes none.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from decimal import Decimal
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

T = TypeVar("T")

_FORM = b"1\n"
"""Of the copies. Raise it if the same text is to be read in another way."""
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class ShippedFile(msgspec.Struct, frozen=True):
    """A shipped file: its text, and where the copy of its content is kept, if anywhere."""

    text: str
    copy: Path | None

    def read(self, shape: type[T]) -> T:
        """Return the content, numbers as exact decimals, from the copy if it was made from this text.

        Raises:
            msgspec.ValidationError: a field is unknown, missing or of the wrong type.
            yaml.YAMLError: it is not YAML.

        """
        digest = hashlib.sha256(_FORM + self.text.encode()).hexdigest().encode()
        if self.copy is not None:
            with suppress(OSError, msgspec.DecodeError):
                made_from, _, content = self.copy.read_bytes().partition(b"\n")
                if made_from == digest:
                    return msgspec.json.decode(content, type=shape, strict=False)
        tree = parsed(self.text)
        found = msgspec.convert(tree, shape, strict=False)
        if self.copy is not None and not sys.dont_write_bytecode:
            self._keep(self.copy, digest, tree)
        return found

    def _keep(self, copy: Path, digest: bytes, tree: Any) -> None:
        """Write the copy, whole or not at all; where it cannot be written, the file is parsed every time."""
        beside = copy.with_suffix(f".{os.getpid()}")
        with suppress(OSError):
            copy.parent.mkdir(exist_ok=True)
            beside.write_bytes(digest + b"\n" + _ENCODER.encode(tree))
            beside.replace(copy)


def shipped_file(path: Traversable) -> ShippedFile:
    """Read a shipped file.

    Raises:
        OSError: it is not there.

    """
    copy = None
    # A package in a ZIP archive has no folder for copies, nor has a system that gives no names to bytecode.
    if isinstance(path, Path):
        with suppress(NotImplementedError):
            copy = Path(cache_from_source(str(path.with_suffix(".py")))).with_suffix(".json")
    return ShippedFile(path.read_text(encoding="utf-8"), copy)


def parsed(text: str) -> Any:
    """Parse the YAML of a shipped file; numbers are exact.

    libyaml is ten times as fast as the parser in Python but does not limit nesting, so site files need the other.

    Raises:
        yaml.YAMLError: it is not YAML.

    """
    import yaml  # noqa: PLC0415 - not needed where there is a copy

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # one of two classes
        """Reads every number as an exact decimal, and integers as integers."""

    Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: Decimal(loader.construct_scalar(node)))
    return yaml.load(text, Loader=Loader)  # noqa: S506 - a SafeLoader with exact numbers
