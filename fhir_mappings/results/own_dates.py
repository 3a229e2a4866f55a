"""Removes from a result's text the dates that are its own: "HER2 3+ (biopsy 2026-05-13)".

A date from when the result was taken to when it was released adds nothing. Any other date stays, so that the text is
not understood: it may be about an earlier report. "03/02/2026" is March 2 or February 3, and is the result's own if
either day is.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fhir_mappings.wire.lenient import Json

LONGEST = 4000
"""A longer text is not read anyway."""
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janner janvier janv enero ene gennaio gen janeiro januari stycznia sty",
            "february feb februar fevrier fevr febrero febbraio fevereiro fev februari lutego lut",
            "march mar marz mrz mars marzo mar marco maart mrt marca",
            "april apr avril avr abril abr aprile kwietnia kwi",
            "may mai mayo maggio mag maio mei maj maja",
            "june jun juni juin junio giugno giu junho czerwca cze",
            "july jul juli juillet juil julio luglio lug julho lipca lip",
            "august aug aout agosto ago augustus augusti sierpnia sie",
            "september sep sept septembre septiembre settembre set setembro wrzesnia wrz",
            "october oct oktober okt octobre octubre ottobre ott outubro out pazdziernika paz",
            "november nov novembre noviembre novembro listopada lis",
            "december dec dezember dez decembre diciembre dic dicembre dezembro grudnia gru",
        ),
        1,
    )
    for name in names.split()
}
"""The number of each month by its names, folded."""
_MAY_HOLD_DATE = re.compile(r"\d{4}|\d[-./]\d{1,2}[-./]\d")
_NAME, _DAY = r"[^\W\d_]{3,12}", r"\d{1,2}"
_LABEL = (
    r"(?:\b(?:(?:specimen |sample |biopsy |report |result |test |study |exam |collection |service )?"
    r"(?:date|dated|datum|fecha|data)(?: of (?:collection|biopsy|report|service|study))?|collected|obtained|received|"
    r"reported|resulted|performed|signed|drawn|taken|done|on|of|from|vom|am|von|del|du|de|do|da|di|van|den|le|il|el)"
    r"\b[: ]{1,3}){0,2}"
)
_DATE = re.compile(
    rf"(?<![\w.,/+-]){_LABEL}(?:"
    rf"(?P<y1>\d{{4}})(?P<s1>[-./])(?P<m1>{_DAY})(?:(?P=s1)(?P<d1>{_DAY})"
    r"(?:T[\d:.]{4,12}(?:Z|[+-]\d\d:?\d\d)?)?)?|"
    rf"(?P<m2>{_DAY})(?P<s2>[-./])(?P<d2>{_DAY})(?P=s2)(?P<y2>\d{{4}}|\d\d)|"
    rf"(?P<m3>{_DAY})[/.](?P<y3>\d{{4}})|"
    rf"(?P<d4>{_DAY})(?:\.|st|nd|rd|th)?[ -]?(?:de |of )?(?P<m4>{_NAME})\.?,?[ -](?:de |del )?(?P<y4>\d{{4}})|"
    rf"(?P<m5>{_NAME})\.? (?P<d5>{_DAY})(?:st|nd|rd|th)?,? (?P<y5>\d{{4}})|"
    rf"(?P<m6>{_NAME})\.?,? (?:de )?(?P<y6>\d{{4}})"
    r")(?![\w/+%]|[.,-]\d)",
    re.IGNORECASE,
)
_FORMS = ("1", "2", "3", "4", "5", "6")
_NUMERIC = "2"
_EMPTY_BRACKETS = re.compile(r" ?[(\[] {0,3}[)\]]")
_BEFORE_BRACKET = re.compile(r" {1,3}(?=[)\]])")


def period_of(observation: Json, on: date | None) -> tuple[date, date] | None:
    """Return the days from when a result was taken to when it was released; ``None`` without a date.

    Args:
        observation: the result.
        on: its day.

    """
    if on is None:
        return None
    issued = day(observation.get("issued"))
    period = observation.get("effectivePeriod")
    start = day(period.get("start")) if period.__class__ is dict else None
    return min(start or on, on), max(issued or on, on)


def with_undated_text(holder: Json, observation: Json, on: date | None) -> Json:
    """Return the holder of a value, its text freed of the result's own dates; the same holder if it has none."""
    concept = holder.get("valueCodeableConcept")
    written = holder.get("valueString") if concept is None else child(holder, "valueCodeableConcept").get("text")
    if written.__class__ is not str or not may_hold_date(written):
        return holder
    plain = without_own_dates(written, period_of(observation, on))
    if plain == written:
        return holder
    if concept is None:
        return {**holder, "valueString": plain}
    return {**holder, "valueCodeableConcept": {**concept, "text": plain}}


def may_hold_date(written: str) -> bool:
    """Return quickly whether a text may hold a date; one that is too long to be read in full is left as it is."""
    return len(written) <= LONGEST and _MAY_HOLD_DATE.search(written) is not None


def without_own_dates(written: str, period: tuple[date, date] | None) -> str:
    """Return a text without the dates within a period and the words that lead to them."""
    if period is None or not may_hold_date(written):
        return written
    plain = _DATE.sub(lambda found: " " if _is_within(found, *period) else found[0], written)
    if plain == written:
        return written
    return " ".join(_BEFORE_BRACKET.sub("", _EMPTY_BRACKETS.sub("", plain)).split(" ")).strip(" ,:")


def _is_within(found: re.Match[str], first: date, last: date) -> bool:
    form = next(each for each in _FORMS if found[f"y{each}"])
    groups = found.groupdict()
    month, on, year = (groups.get(f"{part}{form}") for part in "mdy")
    meant = _meant(month or "", on, year or "", {first.year, last.year}, either=form == _NUMERIC)
    return any(_is_date_within(*each, first, last) for each in meant)


def _meant(
    month: str, on: str | None, year: str, years: set[int], *, either: bool
) -> Iterator[tuple[int, int, int | None]]:
    """Yield the year, month and day that a date may mean; a year of two digits is one of the period's.

    ``either``: the month may be the day.
    """
    for each in years:
        if not str(each).endswith(year):
            continue
        if not month.isdigit():
            if (number := MONTHS.get(fold(month))) is not None:
                yield each, number, int(on) if on else None
            continue
        yield each, int(month), int(on) if on else None
        if on is not None and either:
            yield each, int(on), int(month)


def _is_date_within(year: int, month: int, on: int | None, first: date, last: date) -> bool:
    if on is None:
        return (first.year, first.month) <= (year, month) <= (last.year, last.month)
    try:
        return first <= date(year, month, on) <= last
    except ValueError:
        return False
