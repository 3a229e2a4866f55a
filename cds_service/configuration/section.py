"""The base of all parts of the configuration."""

from __future__ import annotations

import difflib

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """A part of the configuration: unknown keys are refused, and it is immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def on_off(value: object) -> object:
    """YAML reads a bare ``off`` as false."""
    return {False: "off", True: "on"}.get(value, value) if isinstance(value, bool) else value


def problem_below(path: str, text: str) -> PydanticCustomError:
    """Return an error for a place below the key that is being validated."""
    return PydanticCustomError("below", "{text}", {"path": path, "text": text})


def nearest(word: str, known: list[str]) -> str:
    """Suggest the known word that is nearest to an unknown one, or list all known words."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(known)[:12])}"
