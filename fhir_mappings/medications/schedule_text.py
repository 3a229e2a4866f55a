"""Schedules in words: "every 3 weeks", "q21d", "days 1, 8 and 15 of a 28-day cycle", "alle 3 Wochen", "x 3 doses".

Each clause is consumed piece by piece. If the rest of a clause mentions time and is not on a list of ignorable words,
it was not understood, and the reading says so.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from html import unescape
from itertools import pairwise

import msgspec

from cards.values.text_cache import cached_by_text
from cards.values.texts import is_cut
from fhir_mappings.medications import schedule_words as words
from fhir_mappings.medications.amounts import without_amounts
from fhir_mappings.medications.durations import in_minutes
from fhir_mappings.medications.schedule_phrases import Found, phrases

_TAIL = 30
_BOTH_ENDS = 2
_NOON = words.PARTS_OF_THE_DAY["noon"]
_ONE = Decimal(1)
_WEEK = 7


class TextSchedule(msgspec.Struct, frozen=True):
    """What a text says about the schedule. ``unread`` is the part not understood, which may change what the rest means.

    ``every_days`` are the fewest days between two doses; ``doses`` how many there are, ``lasts_days`` for how long.
    ``others`` are words that are neither part of a schedule nor on any list. ``changes_rhythm``: what was not
    understood speaks of time, or takes the order back. ``rests`` are days that it says are without treatment.
    """

    every_days: Decimal | None = None
    doses: int | None = None
    lasts_days: Decimal | None = None
    unread: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    changes_rhythm: bool = False
    rests: str = ""


NOTHING_SAID = TextSchedule()


# "2 (two) times a day", "every three (3) weeks".
_SAID_TWICE = re.compile(
    rf"(\d{{1,3}}) ?\((?:{'|'.join(words.NUMBERS)})\)|\b({'|'.join(words.NUMBERS)}) ?\(\d{{1,3}}\)"
)
_MARKUP = re.compile(r"</?[A-Za-z]{1,8} ?/?>|\\\.br\\")
# "Jede 3. Woche": the point is that of an ordinal and ends no sentence.
_ORDINAL = re.compile(rf"\b((?:{words.EVERY}) ?\d)(?:(?:\.|:[ea]|\u00ba|\u00aa)(?= ?[^\W\d])|(?:e|eme|rd|th)(?= ))")
# The name of the system or form that a text comes from: "Oncosys: 252 mg on day 1".
_HEADING = re.compile(r"[^\W\d_]{3,20} ?: ")
# "Every 21 (± 3) days".
_TOLERANCE = re.compile(r"\((?:±|\+/?-) ?\d{1,2}\) ?")
_TABLETS = re.compile(
    r"\b(?:tab(?:let)?s?|(?:film)?tabletten?|tabletk[ai]|tabletek|comprim\w{1,5}|compress[ae]|(?:by )?mouth|orally"
    r"|oral|po|p\.o)\b",
    re.IGNORECASE,
)
# "2 tablets in the morning", not "with breakfast" alone.
_TAKEN = re.compile(r"\b(?:\d{1,2}|one|two|three|four|five|six) (?:tab|pill|filmtab|compr)|\d ?mg\b")
_CUES = re.compile(rf"\b(?:{words.CUES})\b")
_CHANGES = re.compile(
    rf"\b(?:{words.CUES}|do not|don't|hold|held|stop\w{{0,4}}|skip\w{{0,4}}|omit\w{{0,4}}|void|cancel\w{{0,5}}"
    r"|discontinu\w{1,3}|off|missed|nicht|no administrar|suspend\w{1,4}|ne pas|annule\w{0,2}|anulad\w|storniert)\b"
)
_ABOUT_OTHERS = re.compile(rf"\b(?:{words.ABOUT_OTHERS})\b")
_TESTS = re.compile(
    r"\b(?:labs?|vitals?|monitor|observe|call|phone|visits?|appointments?"
    rf"|cbc|cmp|lfts?|lvef|muga|ecg|ekg|{words.TESTS_ABROAD})\b"
)
_INFUSION = re.compile(
    rf"\d ?mg|\b(?:give|giv\w{{2,3}}|administ\w{{0,6}}|infus\w{{0,6}}|inject\w{{0,4}}|doses?|cycles?|iv|sc"
    r"|gabe|geben|verabreich\w{1,3}|dosis|zykl\w{2}|administrar|aplicar|ciclos?|cures?|donner|perfus\w{0,4}|kuur|toedien\w{0,2}"
    rf"|{'|'.join(sorted(words.DRUG_NAMES))})\b"
)
# A clause or part that begins with another drug, and gives no second amount.
_OF_ANOTHER = re.compile(
    r" ?(?:(?:please|then|also|and) )?(?:(?:take|give|administer|use|start|premed\w{0,8}|pre-med\w{0,8})(?: with|:)? )?"
    rf"(?:{words.PREMEDICATION})\b"
)
_AMOUNT = re.compile(r"\d[\d.,]{0,6} ?m?g\b")
# Tablets "with trastuzumab every 3 weeks and capecitabine on days 1-14": about the partners, to the end of the clause.
_WITH_PARTNERS = re.compile(rf"\b(?:in combination |together |along )?with (?:{'|'.join(sorted(words.PARTNERS))})\b")
_OF_OTHER_TABLETS = re.compile(rf" ?(?:(?:and|plus|with|\+) )?(?:{'|'.join(sorted(words.OTHER_TABLETS))})\b")
_DAILY = re.compile(r"\b(?:daily|a day|bid|b\.i\.d|qd|every (?:12|24) ?h)")
_WEEKS = re.compile(r"\bw(?:eeks?|k|oche)? ?\d{1,2}\b")
_ONE_WEEK = re.compile(
    r"\bw(?:eek|k|oche)? ?\d{1,2}(?: ?(?:of|/) ?\d{1,2}(?: weeks?)?)?\b"
    r"(?! ?(?:[-,&+/]|to|and|through|und|bis) ?\d{1,2}(?!\d| ?[.,]\d| ?m?g)| on\b)"
)
_CLAUSES = re.compile(r"[;\n|]|\.(?=\s|$)")
# "Dexamethasone 12 mg before, Kadcyla 252 mg q21d": what is given besides is a part by itself.
_PARTS = re.compile(r"[,()]| - | / ")
_GIVEN_BESIDE = re.compile(
    r"\b(?:before|beforehand|prior|pre-?med\w{0,10}|pre-?treat\w{0,4}|vorher|zuvor|davor|avant|antes|prima)\b"
)
# Days that a text lists are as many doses, and are not read.
_LISTED_DAYS = re.compile(
    rf"(?<![\w./-]){words.DATE}(?: ?(?:,|&|;|\+) ?(?:and )?| and | und | y | et ){words.DATE}(?![\w/-])"
    r"|\b(?:today|now|heute|hoy)(?: ?[,&+] ?| and | und | y )(?:again )?(?:tomorrow|morgen|manana)\b"
)
_OF_OTHERS = re.compile(
    r"\b(?:given|received|last|prior|previous|on record|lots?|exp\w{0,8}|appointments?|visits?|labs?|echo\w{0,11}"
    r"|clinic)\b"
)
_WORD = re.compile(r"[^\s,:()\[\]]{1,60}")
_HAS_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


def read_schedule_text(written: str) -> TextSchedule:
    """Read the schedule in a text; a text that was cut off counts as not fully understood.

    Instructions for different patients differ only in the amount, which does not affect the schedule.
    """
    if not written:
        return NOTHING_SAID
    alike = without_amounts(written)
    read = _read(alike)
    # Text that was not understood is quoted as written.
    return _read(written) if read.unread and alike != written else read


@cached_by_text
def _read(written: str) -> TextSchedule:
    found = Found()
    unread: list[str] = []
    others: list[str] = []
    are_tablets = _TABLETS.search(written) is not None
    plain = _plain(in_minutes(written))
    if not are_tablets:
        plain = _without_week(plain, unread)
    listed = _LISTED_DAYS.search(plain)
    if listed is not None and _OF_OTHERS.search(plain[: listed.start()]) is None:
        unread.append(listed[0][:_TAIL])
    heading = _HEADING.match(plain)
    if heading is not None and _CHANGES.search(heading[0]) is None:
        plain = plain[heading.end() :]
    for clause in _CLAUSES.split(plain):
        if _OF_OTHER_TABLETS.match(clause):
            continue
        if are_tablets and (partners := _WITH_PARTNERS.search(clause)) and _DAILY.search(clause[: partners.start()]):
            clause = clause[: partners.start()]  # noqa: PLW2901
        for part in _apart(clause):
            _read_clause(part, found, unread, others)
    if is_cut(written):
        unread.append(written[-_TAIL:])
    found.is_taken_then = found.is_taken_then or _TAKEN.search(plain) is not None
    _settle(found, are_tablets=are_tablets)
    every = _spacing(found)
    unread += found.unclear
    changes_rhythm = any(_CHANGES.search(each) for each in unread)
    if len(found.intervals) > 1 and every is None:
        every = min(found.intervals)
        unread.append(written[:60])
        # Of two rhythms one may be that of a test.
        changes_rhythm = changes_rhythm or _ABOUT_OTHERS.search(written.casefold()) is None
    if len(found.doses) > 1 or len(found.lasts) > 1:
        unread.append(written[:60])
    doses = max(found.doses, default=None)
    if doses is None and every == _ONE and len(found.cycle_days) > 1:
        # "Days 1, 2 and 3" are three doses; "daily" alone may be one.
        doses = len(found.cycle_days)
    lasts = max(found.lasts, default=None)
    return TextSchedule(every, doses, lasts, tuple(unread), tuple(others), changes_rhythm, "; ".join(found.rests))


def _without_week(plain: str, unread: list[str]) -> str:
    """Leave out which week of a course the dose of an infusion is for, unless the text names several."""
    weeks = list(dict.fromkeys(_WEEKS.findall(plain)))
    if len(weeks) > 1:
        unread.append(", ".join(weeks)[:_TAIL])
    return _ONE_WEEK.sub(" ", plain) if len(weeks) == 1 and _DAILY.search(plain) is None else plain


def _settle(found: Found, *, are_tablets: bool) -> None:
    """Decide what the parts of a day, days of cycles and the length of a cycle say beside the intervals."""
    for days in found.days_of_cycles.values():
        # "C3D1 and C3D8" are two doses of one cycle, "C3D1, C4D1" one each.
        if len(days) > 1:
            found.cycle_days = tuple(sorted({*found.cycle_days, *days}))
    if found.is_per_day and not found.intervals and any(each > 1 for each in found.lasts):
        found.intervals.add(_ONE)
    if found.are_counted_per_day and not found.intervals and not found.parts_of_day:
        found.intervals.add(_ONE)
    # "6 am, noon and 6 pm" are three times, "8 am (morning) and 8 pm (evening)" two.
    a_day = max(len(found.parts_of_day), len(found.times_of_day) + (_NOON in found.parts_of_day))
    # An infusion may be planned from the morning to the evening, but for no three parts of a day.
    if a_day > 1 and (are_tablets or len(found.parts_of_day) > _BOTH_ENDS):
        found.intervals.add(_ONE / a_day)
    elif are_tablets and len(found.parts_of_day) == 1 and found.is_taken_then and not found.intervals:
        found.intervals.add(_ONE)
    _settle_ranges(found)
    if len(found.cycles) == 1 and len(found.cycle_days) > 1:
        (cycle,) = found.cycles
        if found.intervals == {fewest_days_between(found.cycle_days, int(cycle))}:
            # "Every 2 weeks, days 1 and 15 of a 28-day cycle" says the same twice.
            found.cycles, found.cycle_days = set(), ()
    is_daily = bool(found.intervals) and all(each <= _ONE for each in found.intervals) and not found.cycle_days
    if not (is_daily and (are_tablets or min(found.intervals) < _ONE)):
        # Tablets that are taken every day are only counted in cycles.
        found.intervals |= found.cycles


def _settle_ranges(found: Found) -> None:
    """Take "days 1-21, every 21 days" for every day; any other days in a row leave days out."""
    for written, last in found.ranges.items():
        whole = {each for each in found.intervals | found.cycles if each == last}
        if whole and any(each <= _ONE for each in found.intervals):
            found.intervals -= whole
            found.cycles -= whole
        else:
            found.unclear.append(written)


def _plain(written: str) -> str:
    """Fold case, accents, dashes, spaces and markup."""
    if "<" in written or "&" in written or "\\." in written:
        written = _MARKUP.sub(" ", unescape(written))
    folded = unicodedata.normalize("NFKD", written.casefold())
    kept = "".join(each for each in folded if not unicodedata.combining(each))
    kept = _SAID_TWICE.sub(lambda match: match[1] or match[2], kept)
    kept = _TOLERANCE.sub("", kept)
    kept = _ORDINAL.sub(r"\1", kept)
    return re.sub(
        r"[ \t\u00a0]+", " ", re.sub("[\u2010-\u2015\u2212]", "-", kept.replace("\u00d7", "x").replace("(s)", "s"))
    ).strip()


def _apart(clause: str) -> list[str]:
    """Return a clause without its parts about what is given besides, and those parts."""
    if _GIVEN_BESIDE.search(clause) is None and (_is_of_another(clause) or _OF_ANOTHER.match(clause) is None):
        return [clause]
    parts = _PARTS.split(clause)
    besides = [part for part in parts if _GIVEN_BESIDE.search(part) or _is_of_another(part)]
    return [", ".join(part for part in parts if part not in besides), *besides]


def _is_of_another(part: str) -> bool:
    return _OF_ANOTHER.match(part) is not None and len(set(_AMOUNT.findall(part))) <= 1


def _read_clause(clause: str, found: Found, unread: list[str], others: list[str]) -> None:
    if _TESTS.search(clause) and not _INFUSION.search(clause):
        # "Echo every 12 weeks" is the schedule of the test.
        others += [word for word in _WORD.findall(clause) if not _is_ignored(word) and word.isalpha()]
        return
    said = found.counts()
    rest = clause
    # "Loperamide 4 mg three times a day" is the schedule of another drug.
    is_of_another = _is_of_another(clause)
    for pattern, act in phrases():
        for match in () if is_of_another else pattern.finditer(rest):
            act(found, match)
        rest = pattern.sub(" ~ ", rest)
    speaks = said != found.counts()
    left = [word.strip("-/+.=") for word in _WORD.findall(rest)]
    unknown = [word for word in left if not _is_ignored(word) and _HAS_LETTER_OR_DIGIT.search(word)]
    if not unknown:
        return
    if not is_of_another and (speaks or (_CUES.search(rest) and not _ABOUT_OTHERS.search(clause))):
        unread.append(" ".join(unknown)[:60])
    else:
        others += unknown


def _is_ignored(word: str) -> bool:
    """Return whether a word, or each part of a hyphenated one ("ado-trastuzumab"), can be ignored."""
    return word in words.IGNORED or ("-" in word and all(part in words.IGNORED for part in word.split("-")))


def _spacing(found: Found) -> Decimal | None:
    """Return the fewest days between two doses; ``None`` if several intervals are named."""
    if len(found.intervals) > 1:
        return None
    interval = next(iter(found.intervals), None)
    if found.weekdays:
        weeks = int((interval or Decimal(_WEEK)) / _WEEK) or 1
        return fewest_days_between(found.weekdays, weeks * _WEEK)
    if len(found.cycle_days) > 1:
        return fewest_days_between(found.cycle_days, int(interval) if interval else None)
    return interval


def fewest_days_between(days: tuple[int, ...], around: int | None) -> Decimal:
    """Return the fewest days between two numbered days, including from the last to the first of the next cycle."""
    ordered = sorted(set(days))
    gaps = [later - earlier for earlier, later in pairwise(ordered)]
    # "Every 3 weeks (days 1 and 22)" names days of two cycles.
    if around is not None and ordered[-1] - ordered[0] < around:
        gaps.append(around - ordered[-1] + ordered[0])
    return Decimal(max(min(gaps), 0)) if gaps else Decimal(around or 0)
