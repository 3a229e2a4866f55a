"""Looks up laboratory results in the label's table, each by the limits of the same result.

The newest result of a test counts. For rows that end treatment, every result since the first dose counts, even if newer
ones are lower and doses were given since.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from msgspec import structs

from cards.knowledge.schema import Action, LabRow, Setting
from cards.values.caching import per_case
from cards.values.intervals import EXACT, Bound, Interval

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from cards.facts.results import LabResult
    from cards.knowledge.label_doses import RowsOfTest
    from cards.knowledge.schema import HepaticPair
    from cards.readings.case import Case


class Match(NamedTuple):
    """A result and its row in the table; ``assumed``: another setting would be milder.

    For a result that is a limit (">175"), it is the mildest possible row; ``worst`` is the most severe possible action.
    """

    result: LabResult
    row: LabRow
    assumed: bool
    worst: Action = Action.CONTINUE


class LabTable(NamedTuple):
    """The outcome of the lookup: the rows of the newest results, those without a limit, and Hy's pair, if met.

    ``ended``: results during treatment that end it, newest or not. ``crossing``: results given as a limit that may or
    may not be in a row of the table.
    """

    matches: tuple[Match, ...]
    unlimited: tuple[LabResult, ...]
    pair: tuple[LabResult, LabResult] | None
    ended: tuple[Match, ...]
    crossing: tuple[LabResult, ...] = ()


@per_case
def read_table(case: Case) -> LabTable:
    """Look up every test of the product's table; a result older than the site allows counts as missing."""
    matches: list[Match] = []
    unlimited: list[LabResult] = []
    crossing: list[LabResult] = []
    recent = _recent(case)
    for test, table in case.recognizer.lab_rows[case.product.id].items():
        result = recent.get(test)
        if result is None:
            continue
        if result.upper_limit is None and table.rows[0].times_uln is not None:
            unlimited += [result] if _depends_on_limit(case, table, result) else []
        elif (match := _match(case, table, result)) is not None:
            matches.append(match)
        elif result.bound is not EXACT and _may_match(case, table, result):
            crossing.append(result)
    pair = _pair(case)
    if pair is None:
        crossing += [each for each in _possible_pair(case) if each not in crossing]
    return LabTable(tuple(matches), tuple(unlimited), pair, tuple(_ended(case)), tuple(crossing))


def _match(case: Case, table: RowsOfTest, result: LabResult) -> Match | None:
    """Find the row of a result; most results are normal and not in any row."""
    by_limit = table.rows[0].times_uln is not None
    if by_limit and result.upper_limit is None:
        return None
    if result.bound is not EXACT:
        return _at_least(list(_every_match(case, table, result)))
    number = times_limit(result) if by_limit else result.value
    return _row_of(case, table.rows, result, number) if table.lowest <= number <= table.highest else None


def _every_match(case: Case, table: RowsOfTest, result: LabResult) -> Iterator[Match | None]:
    """Yield the row at each possible number of a result, nearest to the stated limit first."""
    values = multiples(result) if table.rows[0].times_uln is not None else result.interval
    limits = (limit for row in table.rows if (band := row.times_uln or row.value) for limit in band.limits)
    pieces = values.pieces(limits)
    for number in pieces if result.bound in (Bound.ABOVE, Bound.AT_LEAST) else pieces[::-1]:
        yield _row_of(case, table.rows, result, number)


def _at_least(every: list[Match | None]) -> Match | None:
    """Return the mildest possible row of a result, if it is certainly in one; of equally mild ones the nearest."""
    found = [match for match in every if match is not None]
    if not found or len(found) < len(every):
        return None
    mildest = min(found, key=lambda match: match.row.action.severity)
    worst = max((match.row.action for match in found), key=lambda action: action.severity)
    return mildest._replace(worst=worst)


def _may_match(case: Case, table: RowsOfTest, result: LabResult) -> bool:
    return any(match is not None for match in _every_match(case, table, result))


def _depends_on_limit(case: Case, table: RowsOfTest, result: LabResult) -> bool:
    """Return whether a result without a limit may be in a row: not if it is in none by the lowest believable limit."""
    known, rule = case.known.terminology.concepts[result.test], case.product.monitoring.hepatic_pair
    if known.plausible_limit is None or result.unit != known.unit:
        return True
    lowest = structs.replace(result, upper_limit=known.plausible_limit[0])
    if _may_match(case, table, lowest):
        return True
    if rule is None or result.test not in (*rule.transaminases, rule.bilirubin):
        return False
    above = rule.bilirubin_above if result.test == rule.bilirubin else rule.transaminase_above
    return _is_in(multiples(lowest), above, rule) is not False


def _ended(case: Case) -> Iterator[Match]:
    """Yield for each test the newest result during treatment that ends it."""
    if not case.history:
        return
    for test, table in case.recognizer.lab_rows[case.product.id].items():
        if not table.ends_treatment:
            continue
        found = (_match(case, table, result) for result in under_treatment(case, test))
        match = next((each for each in found if each is not None and each.row.action is Action.DISCONTINUE), None)
        if match is not None:
            yield match


def under_treatment(case: Case, test: str) -> list[LabResult]:
    """List the results of a test after the first dose of the product, newest first.

    A result that ends treatment keeps counting: a dose given since does not show that anyone reviewed it.
    """
    first = min((dose.on for dose in case.history if dose.on is not None), default=None)
    if first is None:
        return []
    results = case.patient.labs.get(test, ())
    return [each for each in results if each.on is not None and first < each.on <= case.planned]


def newest(case: Case, test: str, since: date | None = None) -> LabResult | None:
    """Return the newest result that is recent enough for the planned dose, or not older than a day.

    A result dated in the future is considered a typing error.
    """
    for result in case.patient.labs.get(test, ()):
        if result.on is not None and result.on <= case.tomorrow:
            last = result.within[1] if result.within else result.on
            return result if last >= (since or case.labs_since) else None
    return None


@per_case
def _recent(case: Case) -> dict[str, LabResult]:
    """Map each test to its newest result, if that is recent enough for today or the planned dose."""
    since = case.labs_current_from
    found = ((test, newest(case, test, since)) for test in case.patient.labs)
    return {test: result for test, result in found if result is not None}


def times_limit(result: LabResult) -> Decimal:
    """Return a result as a multiple of its own upper limit of normal; without one it counts as normal."""
    return result.value / result.upper_limit if result.upper_limit else Decimal(0)


def multiples(result: LabResult) -> Interval:
    """Return the possible multiples of a result's own upper limit of normal; without one it counts as normal."""
    return result.interval.divided(result.upper_limit) if result.upper_limit else Interval.of(Decimal(0))


def _row_of(case: Case, rows: tuple[LabRow, ...], result: LabResult, number: Decimal) -> Match | None:
    """Find the row of a result by its number; among the possible settings the one with the most severe action."""
    fitting = [row for row in rows if (band := row.times_uln or row.value) is not None and band.holds(number)]
    if not fitting:
        return None
    by_setting = {setting: _first(fitting, setting) for setting in case.settings}
    matching = [row for row in by_setting.values() if row is not None]
    if not matching:
        return None
    worst = max(matching, key=lambda row: row.action.severity)
    milder = any(row is None or row.action is not worst.action for row in by_setting.values())
    return Match(result, worst, assumed=milder and bool(worst.settings))


def _first(rows: list[LabRow], setting: Setting) -> LabRow | None:
    return next((row for row in rows if not row.settings or setting in row.settings), None)


def _pair(case: Case) -> tuple[LabResult, LabResult] | None:
    """Find a transaminase and a bilirubin, drawn within days of each other, that together end treatment."""
    rule = case.product.monitoring.hepatic_pair
    if rule is None:
        return None
    for bilirubin in _counting(case, rule.bilirubin):
        if not _is_in(multiples(bilirubin), rule.bilirubin_above, rule):
            continue
        for test in rule.transaminases:
            for enzyme in _counting(case, test):
                is_above = _is_in(multiples(enzyme), rule.transaminase_above, rule)
                if is_above and _within(enzyme, bilirubin, rule.within_days):
                    return enzyme, bilirubin
    return None


def _possible_pair(case: Case) -> list[LabResult]:
    """List those of the newest results that may be a pair that ends treatment, but are given as a limit."""
    rule = case.product.monitoring.hepatic_pair
    if rule is None:
        return []
    found: list[LabResult] = []
    recent = _recent(case)
    bilirubin = recent.get(rule.bilirubin)
    for test in rule.transaminases if bilirubin is not None else ():
        enzyme = recent.get(test)
        if enzyme is None or bilirubin is None or enzyme.bound is bilirubin.bound is EXACT:
            continue
        by_enzyme = _is_in(multiples(enzyme), rule.transaminase_above, rule)
        by_bilirubin = _is_in(multiples(bilirubin), rule.bilirubin_above, rule)
        if False not in (by_enzyme, by_bilirubin) and _within(enzyme, bilirubin, rule.within_days):
            found += [each for each, known in ((enzyme, by_enzyme), (bilirubin, by_bilirubin)) if known is None]
    return list(dict.fromkeys(found))


def _is_in(values: Interval, limit: Decimal, rule: HepaticPair) -> bool | None:
    """Return whether a result is above a limit of the pair, or at it if the label includes it; ``None`` if unknown."""
    if not rule.limits_count:
        return values.is_above(limit)
    is_below = values.is_below(limit)
    return None if is_below is None else not is_below


def _counting(case: Case, test: str) -> list[LabResult]:
    """List the newest result of a test, if recent, and all during treatment."""
    recent = _recent(case).get(test)
    since = under_treatment(case, test) if case.history else []
    return since if recent is None or recent in since else [recent, *since]


def _within(one: LabResult, other: LabResult, days: int) -> bool:
    return one.on is not None and other.on is not None and abs((one.on - other.on).days) <= days
