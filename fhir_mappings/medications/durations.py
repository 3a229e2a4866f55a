"""Infusion times in words as minutes: "over half an hour" is "over 30 min", "over 1 h 30 min" is "over 90 min"."""

from __future__ import annotations

import re

_PHRASES = {
    5: ("five minutes"),
    10: ("ten minutes"),
    15: ("fifteen minutes|quarter of an hour|a quarter of an hour"),
    20: ("twenty minutes"),
    30: (
        "half an hour|half hour|half-hour|1/2 hour|1/2 hr|1/2 h|½ hour|½ h|eine halbe stunde|einer halben stunde|"
        "halbe stunde|une demi-heure|demi-heure|media hora|mezz'ora|mezzora|meia hora|een half uur|half uur|"
        "pol godziny|thirty minutes|dreißig minuten|dreissig minuten|trente minutes|treinta minutos"
    ),
    45: ("forty-five minutes|forty five minutes"),
    60: (
        "an hour|one hour|one-hour|eine stunde|einer stunde|une heure|una hora|un'ora|uma hora|een uur|"
        "sixty minutes|sechzig minuten|soixante minutes|sesenta minutos"
    ),
    90: (
        "an hour and a half|one hour and a half|one and a half hours|one and one-half hours|one and a half hour|"
        "1 1/2 hours|1 1/2 hour|1 1/2 hrs|1 1/2 h|1½ hours|1½ h|1 ½ hours|anderthalb stunden|eineinhalb stunden|"
        "une heure et demie|una hora y media|hora y media|un'ora e mezza|uma hora e meia|anderhalf uur|"
        "ninety minutes|neunzig minuten|noventa minutos"
    ),
    120: (
        "two hours|two-hour|zwei stunden|deux heures|dos horas|due ore|duas horas|twee uur|one hundred twenty minutes"
    ),
}
_MINUTES = {phrase: minutes for minutes, phrases in _PHRASES.items() for phrase in phrases.split("|")}
_WORDS = "|".join(map(re.escape, sorted(_MINUTES, key=len, reverse=True)))
_HOURS_AND_MINUTES = (
    r"(?P<hours>\d{1,2}) ?(?:hours?|hrs?|h|stunden?|std|horas?|heures?|ore) ?(?:,|and|und|y|et|e)? ?"
    r"(?P<minutes>\d{1,2}) ?(?:minute[ns]?|minutos?|minuti|mins?|m)"
)
_SAID = re.compile(
    rf"(?P<before>\b(?:over|for|in|within|during|über|uber|ueber|durante|pendant|gedurende|sur|em|en|przez)"
    rf" (?:at least |about |approximately |approx |a period of )?)(?:{_HOURS_AND_MINUTES}|(?P<words>{_WORDS}))\b"
    rf"|\b(?P<kind>{_WORDS})(?=[ -](?:iv )?infusion\b)",
    re.IGNORECASE,
)
_PRIMES = ("'", "\u2032", "\u2019")
# "In 30'".
_BY_PRIME = re.compile(
    rf"(\b(?:over|in|su|en|dans|em|durante) \d{{1,3}}) ?[{''.join(_PRIMES)}](?![\w'])", re.IGNORECASE
)
_HINTS = ("hour", "minute", "stund", "heure", "hora", "ora", "uur", "godzin", "h ", "hr", "½", "min")


def in_minutes(written: str) -> str:
    """Rewrite the infusion times of a text that are not one number with its unit."""
    if any(sign in written for sign in _PRIMES):
        written = _BY_PRIME.sub(r"\g<1> min", written)
    folded = written.casefold()
    for hint in _HINTS:
        if hint in folded:
            return _SAID.sub(_rewritten, written)
    return written


def _rewritten(match: re.Match[str]) -> str:
    if match["hours"] is not None:
        minutes = int(match["hours"]) * 60 + int(match["minutes"])
    else:
        minutes = _MINUTES[(match["words"] or match["kind"]).casefold()]
    return f"{match['before'] or ''}{minutes} min"
