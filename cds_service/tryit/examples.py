"""The requests in ``examples/``, with dates shifted so that a two-day-old result stays two days old."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

WRITTEN_ON = date(2026, 11, 22)
"""The day as of which the examples are written."""
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(T.*)?")
_PROPER = {"her2": "HER2", "enhertu": "Enhertu"}
_KEPT = frozenset({"birthDate"})


def names() -> list[str]:
    """List the examples."""
    folder = files("her2_cds_examples")
    return sorted(entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json"))


def title(name: str) -> str:
    """Return the name of an example as a person reads it."""
    written = " ".join(_PROPER.get(word, word) for word in name.split("-"))
    return f"{written[:1].upper()}{written[1:]}"


def example(name: str, today: date) -> str:
    """Return a request as if it were sent on a day.

    Raises:
        LookupError: there is no such example.

    """
    if name not in names():
        raise LookupError(name)
    text = (files("her2_cds_examples") / f"{name}.json").read_text(encoding="utf-8")
    return json.dumps(_moved(json.loads(text), today - WRITTEN_ON), indent=2)


def _moved(value: Any, by: timedelta) -> Any:
    if isinstance(value, dict):
        return {key: each if key in _KEPT else _moved(each, by) for key, each in value.items()}
    if isinstance(value, list):
        return [_moved(each, by) for each in value]
    if isinstance(value, str) and (match := _DATE.fullmatch(value)):
        return f"{date.fromisoformat(match[1]) + by}{match[2] or ''}"
    return value
