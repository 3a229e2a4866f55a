"""The phrases of schedules, each with what it says: "every 3 weeks", "days 1, 8 and 15", "x 3 doses"."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.values.caching import once
from fhir_mappings.medications import schedule_words as words
from fhir_mappings.results.tablet_words import TABLETS

if TYPE_CHECKING:
    from collections.abc import Callable

_ONE = Decimal(1)
_N = r"(?:\d{1,3}|" + "|".join(sorted(words.NUMBERS, key=len, reverse=True)) + r")"
_UNIT = r"(?:" + "|".join(sorted(words.DAYS_IN, key=len, reverse=True)) + r")"
_BRITISH = {"7": "day", "52": "week", "12": "month"}
_ADJECTIVE = "|".join(sorted(words.ADJECTIVES, key=len, reverse=True))


class Found:
    """A text while it is being read."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        self.intervals: set[Decimal] = set()
        self.doses: set[int] = set()
        self.lasts: set[Decimal] = set()
        self.cycle_days: tuple[int, ...] = ()
        self.weekdays: tuple[int, ...] = ()
        self.cycles: set[Decimal] = set()
        self.parts_of_day: set[int] = set()
        self.times_of_day: set[str] = set()
        self.rests: list[str] = []
        self.ranges: dict[str, int] = {}
        self.days_of_cycles: dict[str, set[int]] = {}
        self.is_per_day = False
        self.are_counted_per_day = False
        self.is_taken_then = False
        self.unclear: list[str] = []

    def counts(self) -> tuple[int, ...]:
        """Return how much was found, to see whether a clause added to it."""
        sets = (self.intervals, self.doses, self.lasts, self.cycles)
        return (*(len(each) for each in sets), len(self.cycle_days), len(self.weekdays))


def _count(written: str) -> int:
    return words.NUMBERS.get(written) or int(written)


def _days(number: str | None, unit: str) -> Decimal:
    """Return a number of units in days; hours are divided last, so that 168 are exactly seven days."""
    count, days = Decimal(_count(number or "1")), words.DAYS_IN[unit]
    return count * days if days else count / 24


def _every(found: Found, match: re.Match[str]) -> None:
    found.intervals.add(_days(match["n"], match["u"]))


def _cycle(found: Found, match: re.Match[str]) -> None:
    found.cycles.add(_days(match["n"], match["u"]))


def _days_of_cycle(found: Found, match: re.Match[str]) -> None:
    # Tablets on all days of a cycle are taken every day; anything else has days without.
    if match["n"] != match["m"]:
        found.unclear.append(match[0])


def _range_of_days(found: Found, match: re.Match[str]) -> None:
    first, last = (int(match[each]) if match[each] else 0 for each in ("a", "b"))
    if not (first == 1 and match["of"] and last == int(match["of"])):
        found.ranges[match[0].strip()] = last if first == 1 else 0


def _rest(found: Found, match: re.Match[str]) -> None:
    found.rests.append(match[0].strip())


def _at_time(found: Found, match: re.Match[str]) -> None:
    found.times_of_day.add(re.sub(r"[ .]|:00", "", match["t"]))


def _by_places(found: Found, match: re.Match[str]) -> None:
    # "1-0-1": how many tablets in the morning, at noon, in the evening and at night.
    taken = [each for each in match.groups() if each not in (None, "0")]
    if len(set(taken)) > 1:
        found.unclear.append(match[0])
    elif taken:
        found.intervals.add(_ONE / len(taken))


def _in_part_of_day(found: Found, match: re.Match[str]) -> None:
    # "In the morning or the evening" is one of them.
    part = match["p"] if match["p"] in words.PARTS_OF_THE_DAY else match["p"].rstrip("s")
    found.parts_of_day.add(words.PARTS_OF_THE_DAY[part])
    found.is_taken_then = found.is_taken_then or match["e"] is not None


def _times_of_day_code(found: Found, match: re.Match[str]) -> None:
    found.intervals.add(_ONE / _count(match["n"]))


def _every_part_of_year(found: Found, match: re.Match[str]) -> None:
    found.intervals.add(_days(match["n"], _BRITISH[match["of"]]))


def _every_days(found: Found, match: re.Match[str]) -> None:
    found.intervals.add(Decimal(match["n"]))


def _times_per(found: Found, match: re.Match[str]) -> None:
    found.intervals.add(_days(match["m"], match["u"]) / max(_count(match["n"]), 1))


def _adjective(found: Found, match: re.Match[str]) -> None:
    times = _count(match["n"]) if match["n"] else 1
    days = Decimal(words.ADJECTIVES[match["a"]])
    # "twice weekly", "2 times weekly" and "2 x weekly" mean two a week; "three-weekly" means every three weeks.
    is_count = match["n"] in words.TIMES or match["x"] not in (None, "-")
    found.intervals.add(days / times if is_count else days * times)


def _day_one_of(found: Found, match: re.Match[str]) -> None:
    found.intervals.add(Decimal(match["n"]))


def _times_a_day(found: Found, match: re.Match[str]) -> None:
    found.intervals.add(_ONE / words.TIMES_A_DAY[match["f"]])


def _twice_a_day(found: Found, _: re.Match[str]) -> None:
    found.intervals.add(_ONE / 2)


def _every_other_day(found: Found, _: re.Match[str]) -> None:
    found.intervals.add(Decimal(2))


def _cycle_days(found: Found, match: re.Match[str]) -> None:
    days = sorted({int(day) for day in re.findall(r"\d{1,3}", match["days"])})
    found.cycle_days = tuple(dict.fromkeys((*found.cycle_days, *days)))


def _on_weekdays(found: Found, match: re.Match[str]) -> None:
    named = re.findall(words.WEEKDAYS, match["days"])
    places = {next((place for start, place in words.WEEKDAY_PLACES if each.startswith(start)), None) for each in named}
    found.weekdays = tuple(sorted({*found.weekdays, *(place for place in places if place is not None)}))


def _total(found: Found, match: re.Match[str]) -> None:
    found.doses.add(_count(match["n"]))


def _lasting(found: Found, match: re.Match[str]) -> None:
    found.lasts.add(_days(match["n"], match["u"]))


def _once(found: Found, _: re.Match[str]) -> None:
    found.doses.add(1)


def _day_of_numbered_cycle(found: Found, match: re.Match[str]) -> None:
    found.days_of_cycles.setdefault(match["c"], set()).add(int(match["d"]))


def _tablets_of_a_day(found: Found, _: re.Match[str]) -> None:
    found.are_counted_per_day = True


def _amount_of_a_day(found: Found, _: re.Match[str]) -> None:
    found.is_per_day = True


def _nothing(_: Found, __: re.Match[str]) -> None:
    """Consume words that say nothing about the schedule."""


_DAY = rf"(?:{words.DAY_OF_CYCLE})"
_TO = "to|through|thru|bis|al?|au"
# Days without treatment never begin with the first one.
_DAYS = rf"{_DAY} ?(?!1\b)\d{{1,2}}(?:(?: ?[-,&/+] ?| ?(?:{_TO}|and|und|y|et|e) )(?:{_DAY} ?)?\d{{1,2}}){{0,6}}"
_A_DAY = "day|d|tag|jour|dia|giorno|dag|dzien"
_HOUR = r"(?:(?:[01]?\d|2[0-3]):[0-5]\d|(?:[01]\d|2[0-3])[0-5]\d)"
_TABLET = "|".join(sorted(TABLETS, key=len, reverse=True))
_PART_OF_DAY = rf"(?:{'|'.join(words.PARTS_OF_THE_DAY)})s?"
_AND = r"(?: ?[,/&+] ?| (?:and|und|y|et|e|en|og|och|i) )"
_ON = rf"(?:{words.WEEKDAYS})(?:(?: ?[,/&] ?| and | und | y | et | e ){{1,2}}(?:{words.WEEKDAYS}))"
_PHRASES: tuple[tuple[str, Callable[[Found, re.Match[str]], None]], ...] = (
    (
        (
            rf"\d[\d.,]{{0,6}} ?(?:mg|g)(?: ?/ ?kg)? ?(?:/|per|pro|por) ?(?P<n>{_N})? ?"
            r"(?P<u>w|wk|weeks?|woche|wochen|semanas?)"
        ),
        _every,
    ),
    (rf"\d[\d.,]{{0,6}} ?(?:mg|g)(?: ?/ ?kg)? ?(?:/|per|pro|por) ?(?P<n>{_N}) ?(?P<u>d|days?|tage|dias)", _every),
    # So much a day may be of several doses.
    (r"\d[\d.,]{0,6} ?(?:mg|g)(?: ?/ ?kg)? ?(?:/|per|pro|por) ?(?:d|days?|tag|dia)", _amount_of_a_day),
    (
        (
            rf"(?:starting|start|begin|beginning|then) (?P<n>{_N}) ?(?P<u>weeks?|wks?|days?) (?:after|following)"
            r" (?:the )?(?:loading|initial|first|1st) (?:dose|infusion)"
        ),
        _every,
    ),
    (rf"(?P<n>{_N}) ?(?P<u>weeks?|wks?|days?) (?:after|following) (?:the )?loading(?: dose)?", _every),
    (r"c(?P<c>\d{1,2}) ?,? ?d ?(?P<d>\d{1,2})(?: ?\(?(?:of|/) ?\d{1,2}\)?)?", _day_of_numbered_cycle),
    (r"(?:on )?day 1 only", _once),
    (
        rf"(?:\d{{1,2}}|{_N}) ?(?:{_TABLET}) ?(?:/|a|an|per|each|every|al|par|por|pro|am|na) ?(?:{_A_DAY})",
        _tablets_of_a_day,
    ),
    (rf"(?:\d{{1,2}}[.,]\d|{_N}) ?(?:{_TABLET}|pills?)", _nothing),
    # Two hours that the dose is given at, unlike the hours that somebody comes and goes.
    (
        (
            r"(?:give|administer|infuse|gabe|geben|administrar|administrer|somministrare)(?: \d[\d.,]{0,6} ?mg)?"
            rf"(?: iv)?(?: today)? (?:at|um|a las|a|alle) {_HOUR} (?:and|und|y|et|e) (?:at |um |a las |a )?{_HOUR}"
        ),
        _twice_a_day,
    ),
    *((pattern, _nothing) for pattern in words.BESIDE),
    # "Every 12 hours" as Brazil and Spain write it: "de 12/12 horas".
    (r"(?:de )?(?P<n>\d{1,2}) ?(?:/|em|en) ?(?P=n) ?(?P<u>h|hs|horas|dias|semanas)", _every),
    (r"([0-9])-([0-9])-([0-9])(?:-([0-9]))?(?![-/.])", _by_places),
    # Two times a day two tablets, as the Dutch write it.
    (r"(?P<n>[1-4])d(?P<t>\d{1,2})(?:t|tab|st|c)", _times_of_day_code),
    # "q3/52" is every 3 of 52 weeks of a year, as the British write it.
    (r"(?:q|every|each) ?(?P<n>\d{1,2})/(?P<of>7|52|12)", _every_part_of_year),
    (
        (
            r"(?:at |um |a las )?(?P<t>\d{1,2}(?::\d{2})? ?[ap]\.?m\b\.?|(?:[01]?\d|2[0-3]):\d{2}|\d{1,2} uhr)"
            r"(?::\d{2})?(?: [cempw]e?[sd]?t\b| utc\b)?"
        ),
        _at_time,
    ),
    (
        (
            rf"(?:on )?{_DAYS} ?[:=-]? ?(?:is |are |as )?(?:{words.REST})"
            rf"|(?:{words.REST}) ?[:=-]? ?(?:on |from |for |am |an |von |los |de |du |les |dal )?{_DAYS}"
        ),
        _rest,
    ),
    # "Day 1 of 21" is of a cycle; "day 3 of 5" is not understood.
    (
        rf"(?:{words.DAY_OF_CYCLE}) ?1 ?(?:of|/|von|de) ?(?:a )?(?P<n>14|21|28)(?! ?-? ?(?:{_UNIT}|doses|cycles?)\b)",
        _day_one_of,
    ),
    (
        (
            r"(?:on )?days? 1 ?(?:-|to|through|thru) ?(?P<n>\d{1,2}) (?:of|in) (?:a|an|each|every|the) (?P<m>\d{1,2})"
            r" ?-? ?days? ?-? ?cycles?"
        ),
        _days_of_cycle,
    ),
    # Some days of a cycle, or the step of a course: "days 1-14 of 21", "days 8-14", "day 15 onwards".
    (
        (
            rf"(?:on )?{_DAY} ?(?P<a>\d{{1,2}}) ?(?:-|{_TO}) ?(?:{_DAY} ?)?(?P<b>\d{{1,2}})"
            r"(?! ?-? ?(?:cycles?|doses?))(?: (?:of|in) (?:an? |the |each |every )?(?P<of>\d{1,2})\b)?"
            rf"|(?:{_DAY}|weeks?) ?\d{{1,2}} (?:on(?:wards?)?|and after)"
        ),
        _range_of_days,
    ),
    (
        (
            rf"(?:(?:(?P<e>every|each)|in|at|with|before|after) )?(?:the )?(?P<p>{_PART_OF_DAY})"
            rf"(?: or (?:(?:in|at) )?(?:the )?(?:{_PART_OF_DAY}))?(?! (?:before|of|prior|after)\b)"
        ),
        _in_part_of_day,
    ),
    # Italian days; "G2 o G3" is a grade, which is at most 5.
    (r"(?:i |nei )?(?:giorni )?(?P<days>g ?1(?:(?: ?[,/&+-] ?| e )g ?(?:8|15|22)){1,3})", _cycle_days),
    (
        (
            rf"(?:on )?(?:{words.DAY_OF_CYCLE}) ?(?P<days>\d{{1,2}}(?:{_AND}(?:d(?:ay)? ?)?\d{{1,2}}){{0,6}})"
            # "J1 d'un cycle": the letter before an apostrophe is not a unit.
            rf"(?! ?(?:{_UNIT})\b(?!'))"
        ),
        _cycle_days,
    ),
    (
        (
            rf"(?:(?:of|in|per|each|every) )?(?:an? |the |each |every )?(?P<n>{_N}) ?-? ?(?P<u>{_UNIT}) ?-? ?"
            r"(?:cycles?|zyklus|intervals?)"
        ),
        _cycle,
    ),
    (
        (
            r"(?:repeat (?:the )?)?(?:ciclo|cycle|cycles|zyklus|cyclus|interval)"
            r" ?(?:length|de|von|van|di|of|every|=|:|(?<=interval )) ?(?:of |is |: ?)?"
            rf"(?P<n>{_N}) ?(?P<u>{_UNIT})"
        ),
        _cycle,
    ),
    (rf"(?P<n>{_N}) ?-? ?(?P<u>tag)(?:iger |e-| ?)zyklus", _cycle),
    # "Cycle 3 day 1" is no length: of two digits, and of several days.
    (r"(?:cycle|zyklus|ciclo|cyclus) (?P<n>\d{2}) (?P<u>days|tage|dias|jours|dagen)", _cycle),
    (
        (
            rf"(?P<n>{_N}) ?(?:x|times|mal|veces|vez|fois|volte|volta|vezes|keer|razy|raz)? ?"
            # "ANC > 1 and" is not "1 an d".
            r"(?:/|(?:a la|a|an|per|pro|por|par|(?:in )?(?:every|each)|alle|cada|tou(?:te)?s les|ogni|al|na|w|za)\b)"
            rf" ?(?P<m>{_N})? ?(?P<u>{_UNIT})"
        ),
        _times_per,
    ),
    (rf"(?:{words.EVERY}) ?(?P<n>{_N})?(?: ?(?:-|to|bis|a) ?{_N})? ?-? ?(?P<u>{_UNIT})", _every),
    (rf"(?P<n>{_N}) ?(?P<u>{_UNIT}) ?(?:{words.AFTER})", _every),
    # "Every 3 weeks (21 days)".
    (rf"\(=? ?(?P<n>{_N}) ?(?P<u>{_UNIT})(?=\))", _every),
    (
        (
            rf"(?:(?P<n>{_N}) ?(?P<x>-|x|times|mal|fois|veces|vezes|volte|keer|razy|ggr|ganger)? ?)?"
            rf"(?P<a>{_ADJECTIVE})(?: cycles?)?"
        ),
        _adjective,
    ),
    (r"q ?(?P<n>14|21|28)(?= ?(?:[,;).]|$|x ?\d))", _every_days),
    (rf"(?P<f>{'|'.join(map(re.escape, words.TIMES_A_DAY))})(?! (?:syringe|needle|phaseal|connector))", _times_a_day),
    (r"(?P<n>\d{1,2})[ -](?P<u>hour)ly", _every),
    (r"(?P<q>qod|q\.o\.d\.)", _every_other_day),
    (rf"(?:on|every|each|jeden|am|cada|(?:todos )?los|(?:tous )?les|ogni|toda) (?P<days>{_ON}{{0,6}})", _on_weekdays),
    (rf"(?P<days>{words.EVERY_WEEKDAY})", _on_weekdays),
    (rf"(?P<days>{_ON}{{1,6}})", _on_weekdays),
    (words.SINGLE, _once),
    (
        (
            rf"(?:for |over |x ?|a total of |total of |insgesamt |max(?:imum)? )?(?:up to )?(?P<n>{_N}) ?"
            rf"(?:{words.COUNTED})(?: in total| total)?"
        ),
        _total,
    ),
    (rf"(?:for|x|fur|por|durante|pendant|per|during) ?(?P<n>{_N}) ?(?P<u>{_UNIT})", _lasting),
    (r"x ?(?P<n>\d{1,2})", _total),
)


@once
def phrases() -> tuple[tuple[re.Pattern[str], Callable[[Found, re.Match[str]], None]], ...]:
    """Compile the phrases when the first schedule is read: it takes a twentieth of the start of a server."""
    return tuple((re.compile(rf"(?<![\w.])(?:{pattern})(?!\w)"), act) for pattern, act in _PHRASES)
