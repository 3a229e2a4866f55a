"""The checks available to payer policies.

They are a fixed set: a policy that needs another check needs code and tests. Data missing from the chart mean "not
known", never "not met": an earlier treatment may be in another hospital's chart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cards.coverage import treatment_checks
from cards.coverage.view import Assessment, Status, View, decided, met, not_known
from cards.facts.outcomes import Evidence
from cards.knowledge.schema import Tier
from cards.knowledge.schema import coverage as shapes
from cards.readings.case import dated
from cards.readings.her2 import her2_of

if TYPE_CHECKING:
    from datetime import date

    from cards.knowledge.schema.coverage import Check, OneOf


def assess(criterion: Check, view: View) -> Assessment:
    """Assess one criterion for the order and the chart."""
    return _CHECKS[type(criterion)](criterion, view)


def assess_one_of(group: OneOf, view: View) -> tuple[Assessment, tuple[Assessment, ...]]:
    """Assess a group of alternatives, of which one must be met.

    If one alternative does not apply to the order, neither does the group.
    """
    each = tuple(assess(alternative, view) for alternative in group.of)
    found = {assessment.status for assessment in each}
    if Status.DOES_NOT_APPLY in found:
        return next(assessment for assessment in each if assessment.status is Status.DOES_NOT_APPLY), ()
    status = Status.MET if Status.MET in found else Status.NOT_KNOWN if Status.NOT_KNOWN in found else Status.NOT_MET
    return Assessment(status), each


def _diagnosis_is(criterion: shapes.DiagnosisIs, view: View) -> Assessment:
    """Check the order's own reason, else every cancer on record: if there are several, only the reason decides."""
    reasons = view.case.order.reasons or view.case.patient.diagnoses
    lines = tuple(Evidence("diagnosis", reason.label, reason.origin) for reason in reasons)
    coded = tuple(
        Evidence("diagnosis", f"{code.code} {code.label}", code.origin)
        for code in view.facts.codes
        if criterion.icd10 and code.code.startswith(criterion.icd10)
    )
    if coded:
        return met(*coded)
    if not reasons:
        return not_known(Evidence("lacks-cancer", ""))
    wanted = set(criterion.cancers)
    cancers = set(view.case.cancers)
    return decided(cancers <= wanted if cancers <= wanted or not cancers & wanted else None, *lines)


def _setting_is(criterion: shapes.SettingIs, view: View) -> Assessment:
    setting = view.case.setting
    return decided(None if setting is None else setting is criterion.setting, *view.setting_lines)


def _her2_is(criterion: shapes.Her2Is, view: View) -> Assessment:
    """Check the grades that the results leave open; discordant results leave everything open."""
    status = her2_of(view.case)
    lines = tuple(
        Evidence("her2-result", f"{result.method} {dated(result.as_reported, result.on)}", result.origin)
        for result in status.results
    )
    if not status.possible or status.disagree:
        return not_known(*(lines or (Evidence("lacks-her2", ""),)))
    if criterion.ihc_3_only and status.possible == {Tier.POSITIVE}:
        return decided(status.ihc_3 if status.ihc is not None else None, *lines)
    wanted = set(criterion.tiers)
    open_tiers = set(status.possible)
    return decided(open_tiers <= wanted if open_tiers <= wanted or not open_tiers & wanted else None, *lines)


def _erbb2_mutation(_: shapes.Erbb2Mutation, view: View) -> Assessment:
    results = view.case.patient.mutations
    if not results:
        return not_known(Evidence("lacks-erbb2", ""))
    newest = results[0]
    return decided(newest.found, Evidence("mutation", dated(newest.as_reported, newest.on), newest.origin))


def _age_at_least(criterion: shapes.AgeAtLeast, view: View) -> Assessment:
    born = view.case.patient.birth_date
    if born is None:
        return not_known(Evidence("lacks-birth-date", ""))
    age, planned = _years(born, view.case.session.today), _years(born, view.case.planned)
    # One age for all orders of a course that a birthday falls into, or they would be on different cards.
    same = (age >= criterion.years) is (planned >= criterion.years)
    return decided(planned >= criterion.years, Evidence("age", str(age if same else planned)))


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _prescriber_specialty(criterion: shapes.PrescriberSpecialty, view: View) -> Assessment:
    """Check the prescriber's specialty. Another specialty does not rule out that a specialist was consulted."""
    wanted = view.known.specialty(criterion.specialty)
    supplied = view.facts.supplied.get(view.case.order.origin.path)
    said = supplied.specialties if supplied else ()
    for each in said:
        if each in wanted.codes or any(word in each.casefold() for word in wanted.words):
            return met(Evidence("specialty", each))
    return not_known(Evidence("specialty", said[0]) if said else Evidence("lacks-specialty", ""))


def _results_on_record(criterion: shapes.ResultsOnRecord, view: View) -> Assessment:
    patient, known = view.case.patient, view.case.known.terminology.concepts
    lines, lacking = [], []
    for test in criterion.tests:
        results: tuple[Any, ...] = patient.lvefs if test == "lvef" else patient.labs.get(test, ())
        if results:
            newest = results[0]
            lines.append(Evidence("result", dated(f"{known[test].display} {newest.as_reported}", newest.on)))
        else:
            lacking.append(Evidence("lacks-result", known[test].display))
    return decided(None if lacking else True, *lines, *lacking)


def _documented_by(_: shapes.DocumentedBy, __: View) -> Assessment:
    return not_known(Evidence("by-document", ""))


_CHECKS: dict[type, Callable[[Any, View], Assessment]] = {
    shapes.DiagnosisIs: _diagnosis_is,
    shapes.SettingIs: _setting_is,
    shapes.Her2Is: _her2_is,
    shapes.Erbb2Mutation: _erbb2_mutation,
    shapes.AgeAtLeast: _age_at_least,
    shapes.PrescriberSpecialty: _prescriber_specialty,
    shapes.ResultsOnRecord: _results_on_record,
    shapes.DocumentedBy: _documented_by,
    shapes.SingleAgent: treatment_checks.single_agent,
    shapes.GivenWith: treatment_checks.given_with,
    shapes.PriorTherapy: treatment_checks.prior_therapy,
    shapes.DoseLimit: treatment_checks.dose_limit,
    shapes.StartsAt: treatment_checks.starts_at,
    shapes.CurrentlyOn: treatment_checks.currently_on,
}
