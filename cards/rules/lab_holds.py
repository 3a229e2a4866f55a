"""Laboratory values at which the label says hold, reduce or discontinue.

Without an upper limit of normal the result cannot be judged. If the setting is not on record, the stricter row applies
and the card says so.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

import msgspec

from cards.facts.outcomes import CannotTell, Clear, Evidence, Fired, Missing, NotApplicable, Outcome, RemoveOrder
from cards.facts.results import TIMES_LIMIT
from cards.facts.topics import Topic
from cards.knowledge.schema import Action, Band, Confidence, Panel, Problem
from cards.readings.case import at_same_time, shortened, with_date
from cards.readings.lab_table import Match, read_table, times_limit
from cards.rules.preliminary import hears_preliminary
from cards.values.caching import per_case
from cards.values.quantities import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cards.facts.results import LabResult
    from cards.knowledge.schema import LabRow
    from cards.readings.case import Case

_TENTH, _TEN = Decimal("0.1"), 10


@hears_preliminary
def liver_tests_hold(case: Case) -> Outcome:
    """Fire when AST, ALT or total bilirubin is in a row that says hold or reduce, and none says discontinue."""
    if isinstance(liver_tests_discontinue(case), Fired):
        return NotApplicable("the label says discontinue, and that card speaks")
    return _verdict(case, Panel.LIVER, Action.HOLD)


@hears_preliminary
@per_case
def liver_tests_discontinue(case: Case) -> Outcome:
    """Fire when a liver test, or a pair of tests (Hy's law), is in a row that says discontinue.

    A result during treatment counts even if it has come down since, because discontinuation is permanent. It also fires
    on nodular regenerative hyperplasia, which ends treatment whatever the tests say.
    """
    hyperplasia = case.has(Problem.NODULAR_HYPERPLASIA)
    if hyperplasia and (stop := case.product.monitoring.stop(Problem.NODULAR_HYPERPLASIA)) is not None:
        return Fired(
            values={"results": shortened(hyperplasia[0].label), "then": stop.then},
            evidence=tuple(Evidence("problem", each.label, each.origin) for each in hyperplasia),
            cited=(stop.by,),
            fixes=(RemoveOrder(),),
        )
    table = read_table(case)
    rule, pair = case.product.monitoring.hepatic_pair, table.pair
    if rule is not None and pair is not None:
        is_past = any(_has_come_down(case, result) for result in pair)
        return Fired(
            values={
                "results": ", ".join(_short(case, result) for result in pair),
                "then": rule.then,
                "date": _latest(pair),
            },
            evidence=(*(_line(case, result) for result in pair), *_now(case, pair), *_gilbert(case, pair)),
            cited=(rule.by,),
            notes=_gilbert_note(case, pair),
            variant="under-treatment" if is_past else "default",
            fixes=(RemoveOrder(),),
        )
    found = _verdict(case, Panel.LIVER, Action.DISCONTINUE)
    return found if isinstance(found, Fired) or not table.ended else _ended(case, table.ended)


def _ended(case: Case, ended: tuple[Match, ...]) -> Fired:
    """Fire on earlier results that end treatment, although the newest results have come down."""
    results = tuple(match.result for match in ended)
    finding = _fired(case, list(ended))
    return msgspec.structs.replace(
        finding,
        values={**finding.values, "date": _latest(results)},
        evidence=(*finding.evidence, *_now(case, results)),
        variant="under-treatment",
    )


def _has_come_down(case: Case, result: LabResult) -> bool:
    return result != case.patient.labs[result.test][0]


def _now(case: Case, results: tuple[LabResult, ...]) -> tuple[Evidence, ...]:
    """Return the newest, lower result of each test."""
    return tuple(_line(case, case.patient.labs[each.test][0]) for each in results if _has_come_down(case, each))


def _latest(results: tuple[LabResult, ...]) -> str:
    return max(result.on for result in results if result.on is not None).isoformat()


@hears_preliminary
def blood_count_hold(case: Case) -> Outcome:
    """Fire when platelets or neutrophils are in a row that says hold or reduce."""
    return _verdict(case, Panel.BLOOD_COUNT, Action.HOLD)


def _verdict(case: Case, panel: Panel, action: Action) -> Outcome:
    tests = case.recognizer.panels[panel]
    rows = case.recognizer.lab_rows[case.product.id]
    if tests.isdisjoint(rows):
        return NotApplicable("the label has no such table")
    table = read_table(case)
    if not (table.matches or table.unlimited or table.crossing or case.patient.gaps):
        # The usual case: every result was read, and is normal.
        return Clear()
    found = [match for match in table.matches if match.result.test in tests and match.row.action is action]
    not_judged = [result for result in (*table.unlimited, *table.crossing) if result.test in tests]
    if found:
        fired = _fired(case, found)
        lines = (Evidence("lab-not-judged", _line(case, each).text, each.origin) for each in not_judged)
        return msgspec.structs.replace(fired, evidence=(*fired.evidence, *lines))
    open_ended = [
        *(_open(case, "limit-of-normal", result) for result in table.unlimited if result.test in tests),
        *(_open(case, "lab-bound", result) for result in table.crossing if result.test in tests),
    ]
    unread = [test for test in tests if test in rows and case.unread_since(test, case.labs_since)]
    open_ended += [Missing("result", reported_by=Topic.CHECKS_INCOMPLETE) for _ in unread]
    return CannotTell(tuple(open_ended)) if open_ended else Clear()


def _open(case: Case, what: str, result: LabResult) -> Missing:
    """Return why a result cannot be looked up in the table; urgent, because a card would warn if it were missing."""
    values = {"test": _name(case, result), "result": with_date(result, result.as_reported)}
    return Missing(what, values=values, is_urgent=True)


def _fired(case: Case, found: list[Match]) -> Fired:
    notes: list[tuple[str, Mapping[str, str]]] = []
    assumed = [match for match in found if match.assumed]
    if assumed:
        notes.append(("setting-unknown", {"setting": str(assumed[0].row.settings[0])}))
    worse = [match for match in found if match.worst.severity > match.row.action.severity]
    notes += [("lab-bound", {"test": _name(case, match.result), "action": str(match.worst)}) for match in worse]
    results = tuple(match.result for match in found)
    # What to do about the only result needs no name before it: the lines above have it.
    named = len({match.result.test for match in found}) > 1
    then = dict.fromkeys(f"{_name(case, each.result)}: {each.row.then}" if named else each.row.then for each in found)
    return Fired(
        values={"results": ", ".join(_short(case, match.result) for match in found), "then": " ".join(then)},
        evidence=(*(_line(case, match.result, match.row) for match in found), *_gilbert(case, results)),
        cited=tuple(dict.fromkeys(match.row.by for match in found)),
        notes=(*notes, *_gilbert_note(case, results)),
        fixes=(RemoveOrder(),),
    )


def _gilbert(case: Case, results: tuple[LabResult, ...]) -> tuple[Evidence, ...]:
    """Return the entry for Gilbert syndrome if bilirubin is among the results: an explanation that changes nothing."""
    if all(result.test != "bilirubin-total" for result in results):
        return ()
    return tuple(Evidence("problem", each.label, each.origin) for each in case.has(Problem.GILBERT))


def _gilbert_note(case: Case, results: tuple[LabResult, ...]) -> tuple[tuple[str, Mapping[str, str]], ...]:
    return (("gilbert", {}),) if _gilbert(case, results) else ()


def _name(case: Case, result: LabResult) -> str:
    return case.known.terminology.concepts[result.test].display


def _short(case: Case, result: LabResult) -> str:
    if result.upper_limit is None or result.test in case.recognizer.panels[Panel.BLOOD_COUNT]:
        return f"{_name(case, result)} {_signed(result, result.value)}"
    return f"{_name(case, result)} {_multiple(result)}"


def _signed(result: LabResult, number: Decimal) -> str:
    return f"{result.bound.sign} {plain(number)}".strip()


def _multiple(result: LabResult) -> str:
    """Write a multiple of the upper limit: one decimal from ten on, unless it would hide that a limit is passed."""
    times = times_limit(result)
    short = times.quantize(_TENTH, ROUND_HALF_UP)
    return f"{_signed(result, short if times > _TEN and short % 1 else times)} × ULN"


def _line(case: Case, result: LabResult, row: LabRow | None = None) -> Evidence:
    """Return a result with its limit of normal, and the limits of the label's row that it is in."""
    limit = f" ({_multiple(result)}{_own_limit(result)})" if result.upper_limit else ""
    line = f"{_name(case, result)}: {with_date(result, result.as_reported + limit)}"
    # A limit that we chose is not shown as the label's.
    limits = (_row(row),) if row is not None and row.by.confidence is not Confidence.DEFAULT else ()
    return Evidence("lab", line, result.origin, parts=(*limits, *at_same_time(result)))


def _own_limit(result: LabResult) -> str:
    """Return the limit in the result's own unit; nothing for a result that is a multiple of an unknown one."""
    limit = result.limit_as_reported or result.upper_limit
    return f" {plain(limit)}" if limit is not None and result.unit != TIMES_LIMIT else ""


def _row(row: LabRow) -> Evidence:
    """Return the limit at which a row begins, toward harm."""
    if row.times_uln is not None:
        limits, unit = ((row.times_uln.above, ">"), (row.times_uln.at_least, "≥")), "× ULN"
    else:
        band = row.value or Band()
        limits, unit = ((band.below, "<"), (band.at_most, "≤")), "× 10⁹/L"
    return Evidence("lab-row", " ".join(f"{sign} {plain(each)} {unit}" for each, sign in limits if each is not None))
