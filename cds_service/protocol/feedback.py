"""Parses feedback, entry by entry: how a clinician responded to a card.

Source: CDS Hooks 2.0.1 and 3.0.0, Feedback.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from cds_service.protocol.caller import Caller

_ID_LIMIT = 256
_TEXT_LIMIT = 8000
_ENTRIES_LIMIT = 1000
_SUGGESTIONS_LIMIT = 100
_OUTCOMES = ("accepted", "overridden")
Outcome = Literal["accepted", "overridden"]


class BadEntry(ValueError):  # noqa: N818 - named for the answer it leads to
    """An entry, or the whole body, is invalid. ``expression`` names the field, never its value."""

    def __init__(self, code: str, message: str, expression: str) -> None:
        """Keep the problem and the field."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.expression = expression


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a card was not followed: a coded reason, the clinician's comment, or both."""

    system: str = ""
    code: str = ""
    display: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """The response to one card at one time (UTC)."""

    card: str
    outcome: Outcome
    at: datetime
    suggestions: tuple[str, ...] = ()
    reason: Reason = field(default_factory=Reason)

    def content(self) -> dict[str, Any]:
        """Return the fields that have no column of their own, without empty ones."""
        reason = {
            name: value for name in ("system", "code", "display", "comment") if (value := getattr(self.reason, name))
        }
        held = {"acceptedSuggestions": list(self.suggestions), "overrideReason": reason}
        return {name: value for name, value in held.items() if value}

    def digest(self, service: str, caller: Caller | None) -> str:
        """Return a digest of the entry and its sender, which identifies an entry that is sent again."""
        who = [caller.issuer, caller.tenant] if caller else None
        whole = [service, who, self.card, self.outcome, self.at.isoformat(), self.content()]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def read_feedback(body: Any) -> tuple[list[Entry], list[BadEntry]]:
    """Read the entries of a call; for each invalid one, return the reason.

    Raises:
        BadEntry: the body as a whole is invalid.

    """
    if not isinstance(body, dict):
        raise BadEntry("not-an-object", "the body must be a JSON object", "")
    entries = body.get("feedback")
    if entries is None and "card" in body:
        message = "CDS Hooks 2 wants the entries in an array named feedback; this looks like an entry by itself"
        raise BadEntry("required", message, "feedback")
    if not isinstance(entries, list) or not entries:
        code = "required" if entries in (None, []) else "wrong-type"
        raise BadEntry(code, "feedback must be an array with an entry for each card", "feedback")
    if len(entries) > _ENTRIES_LIMIT:
        raise BadEntry("too-long", f"feedback has more than {_ENTRIES_LIMIT} entries", "feedback")
    good: list[Entry] = []
    bad: list[BadEntry] = []
    for index, entry in enumerate(entries):
        try:
            good.append(_entry(entry, f"feedback[{index}]"))
        except BadEntry as error:
            bad.append(error)
    return good, bad


def _entry(entry: Any, where: str) -> Entry:
    if not isinstance(entry, dict):
        raise BadEntry("wrong-type", f"{where} must be an object", where)
    card = _text(entry, "card", where, _ID_LIMIT)
    outcome = _text(entry, "outcome", where, _ID_LIMIT)
    if outcome not in _OUTCOMES:
        raise BadEntry("wrong-type", f"{where}.outcome must be accepted or overridden", f"{where}.outcome")
    at = _moment(_text(entry, "outcomeTimestamp", where, _ID_LIMIT), f"{where}.outcomeTimestamp")
    suggestions = _suggestions(entry.get("acceptedSuggestions"), f"{where}.acceptedSuggestions")
    if outcome == "accepted" and not suggestions:
        place = f"{where}.acceptedSuggestions"
        raise BadEntry("required", f"{place} must name the suggestions that were accepted", place)
    reason = _reason(_given_reason(entry), f"{where}.overrideReason")
    return Entry(card, "accepted" if outcome == "accepted" else "overridden", at, suggestions, reason)


def _text(holder: dict[str, Any], name: str, where: str, limit: int) -> str:
    value = holder.get(name)
    place = f"{where}.{name}"
    if not isinstance(value, str) or not value.strip():
        raise BadEntry(
            "required" if value in (None, "") else "wrong-type", f"{place} must be a non-empty string", place
        )
    if len(value) > limit:
        raise BadEntry("too-long", f"{place} is longer than {limit} characters", place)
    return value


def _moment(text: str, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(text)  # noqa: TRY301 - answered like every other wrong moment
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        message = f"{where} must be a date and time with its offset, as in RFC 3339"
        raise BadEntry("wrong-type", message, where) from None


def _suggestions(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadEntry("wrong-type", f"{where} must be an array", where)
    if len(value) > _SUGGESTIONS_LIMIT:
        raise BadEntry("too-long", f"{where} has more than {_SUGGESTIONS_LIMIT} entries", where)
    found = []
    for index, each in enumerate(value):
        place = f"{where}[{index}]"
        if not isinstance(each, dict):
            raise BadEntry("wrong-type", f"{place} must be an object", place)
        found.append(_text(each, "id", place, _ID_LIMIT))
    return tuple(dict.fromkeys(found))


def _given_reason(entry: dict[str, Any]) -> Any:
    """Return the reason; some EHRs send a list under another name, of which the first is kept."""
    several = entry.get("overrideReasons")
    if entry.get("overrideReason") is not None or not isinstance(several, list) or not several:
        return entry.get("overrideReason")
    first = several[0]
    return {"reason": first} if isinstance(first, dict) and "code" in first else first


def _reason(value: Any, where: str) -> Reason:
    if value is None:
        return Reason()
    if not isinstance(value, dict):
        raise BadEntry("wrong-type", f"{where} must be an object", where)
    coding = value.get("reason")
    if coding is not None and not isinstance(coding, dict):
        raise BadEntry("wrong-type", f"{where}.reason must be a Coding", f"{where}.reason")
    comment = _text(value, "userComment", where, _TEXT_LIMIT) if value.get("userComment") not in (None, "") else ""
    if coding is None:
        return Reason(comment=comment)
    named = {
        name: _text(coding, name, f"{where}.reason", _ID_LIMIT)
        for name in ("system", "code", "display")
        if coding.get(name) not in (None, "")
    }
    return Reason(comment=comment, **named)
