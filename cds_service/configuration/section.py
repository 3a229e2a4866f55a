"""What all parts of the configuration have in common."""

from __future__ import annotations

import difflib

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """A part of the configuration: unknown keys are refused, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def on_off(value: object) -> object:
    """YAML reads a bare ``off`` as false."""
    return {False: "off", True: "on"}.get(value, value) if isinstance(value, bool) else value


def problem_below(path: str, text: str) -> PydanticCustomError:
    """Say that something is wrong further down than the key whose check has found it."""
    return PydanticCustomError("below", "{text}", {"path": path, "text": text})


def nearest(word: str, known: list[str]) -> str:
    """Name the known word that an unknown one may be meant for, or what there is."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(known)[:12])}"
