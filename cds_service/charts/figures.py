"""The data of a chart: bars, lines over time, shares with their intervals, or a control chart."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Say = Callable[..., str]
    """Says an English sentence in the language of a report, with its placeholders filled in."""

Json = dict[str, Any]


def in_english(sentence: str, **values: Any) -> str:
    """Say a sentence as it is."""
    return sentence.format(**values) if values else sentence


@dataclass(frozen=True, slots=True)
class Bar:
    """A name with one value, or with two side by side; over time the name is a month or a day (``2026-01``)."""

    name: str
    a: float
    b: float | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """A name with a share between 0 and 1, and its interval."""

    name: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Period:
    """A period of a control chart, from ``begin`` on, all values in one unit: findings per 100 orders, or orders.

    Without a ``value``, no orders were judged; without limits, too little was known. ``change`` numbers the changes
    that began in it.
    """

    begin: str
    value: float | None
    low: float | None = None
    usual: float | None = None
    high: float | None = None
    signal: str = ""
    change: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart before it is drawn: its title, text description and Vega-Lite specification."""

    title: str
    words: str
    specification: Mapping[str, Any] = field(repr=False)

    @property
    def text(self) -> str:
        """The specification as text: equal for equal data."""
        return json.dumps(self.specification, sort_keys=True, separators=(",", ":"))
