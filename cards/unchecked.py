"""The verdict on what could not be checked: what no other card says, and what an internal error cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cards.facts.billing import BillingSession
from cards.facts.origins import DOUBTS, Gap
from cards.facts.outcomes import FAILED, CannotTell, Evidence, Fired, Indicator, Missing, Verdict
from cards.facts.topics import Topic, TopicCode
from cards.knowledge.schema import Cited, Confidence, Problem
from cards.readings.case import UNREAD, Case, gap_line
from cards.rules.problems import may_become_pregnant
from cards.unavailable import TREATMENT_PARTS, unavailable_parts

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence, Sized
    from datetime import date

    from cards.facts.order import DrugOrder
    from cards.facts.origins import Origin
    from cards.facts.patient import Patient
    from cards.facts.session import Session
    from cards.identification.recognizer import Recognizer
    from cards.knowledge.schema import Product

# A result that does not count is an answer, and a mention in text is reported by the card that asks for the result.
_QUIET = frozenset({"status", "preliminary", "absent", "her2-in-text", "lvef-in-text"})
# Of the incomplete lists, those of which something is known to be missing, by no choice of the server's.
_ALWAYS_URGENT = frozenset(
    {
        *("deceased", *DOUBTS, "denied-in-note", "future", "noted", FAILED),
        *("list-cut", "next-page", "partial", "short", "undated-result"),
    }
)
_HER2 = frozenset(
    {"her2-ihc", "her2-ish", "her2-ish-ratio", "her2-copy-number", "her2-interpretation", "her2-immunoassay"}
)
_SINGLE = "single"
_PREGNANCY = f"problem-{Problem.PREGNANCY}"
_PREGNANCY_STATE = "pregnancy-state"
_OF_STOPS = ("problem", "pregnancy")
_PREGNANCY_TEST = "pregnancy-test"
_OF_PREGNANCY = frozenset({_PREGNANCY_STATE, _PREGNANCY_TEST})
# An entry that is not an order matters only alongside an order in scope.
_NO_ORDER = "unreadable-order"
# An order of a drug in scope, or one that may be, of which nothing at all was checked, or that may mean something
# else.
_UNJUDGED = frozenset(
    {
        "unreadable-session",
        "drug-unreadable",
        "unknown-code",
        "unresolved-drug",
        "kind-unnamed",
        "no-order",
        "named-in-instructions",
        "ordered-as-service",
        "other-release",
        "other-release-unnamed",
        "other-patient",
        "plan-activity",
        "plan-drug-unread",
        "plan-order-missing",
        "plan-order-named",
        "medication-void",
        "order-modified",
        "instructions-unknown",
        "misshapen",
        "order-not-found",
        "selection-unknown",
    }
)
_OWN_PRINCIPLE = Cited(source="practice", section="what was not checked is listed", confidence=Confidence.DEFAULT)


def could_not_check(lines: Sequence[Evidence], variant: str) -> Verdict:
    """Return the verdict on what could not be checked with nothing but what is known to have failed, as a warning."""
    finding = Fired({"count": _counted(lines)}, tuple(dict.fromkeys(lines)), (_OWN_PRINCIPLE,), variant=variant)
    return Verdict(Topic.CHECKS_INCOMPLETE, None, finding)


def with_line(verdicts: Sequence[Verdict], line: Evidence, variant: str) -> tuple[Verdict, ...]:
    """Add a line on what failed after the rules were asked to the verdict on what could not be checked."""
    for place, verdict in enumerate(verdicts):
        finding = verdict.outcome
        if verdict.topic is Topic.CHECKS_INCOMPLETE and isinstance(finding, Fired):
            lines = (*finding.evidence, line)
            values = {**finding.values, "count": _counted(lines)}
            several = "default" if finding.variant == _SINGLE else finding.variant
            finding = msgspec.structs.replace(finding, evidence=lines, values=values, indicator=None, variant=several)
            more = msgspec.structs.replace(verdict, outcome=finding)
            return (*verdicts[:place], more, *verdicts[place + 1 :])
    return (*verdicts, could_not_check((line,), variant))


def _variant(lines: Sized) -> str:
    """Return the variant of the card: the summary of a single line is that line."""
    return _SINGLE if len(lines) == 1 else "default"


def _counted(lines: Sequence[Evidence]) -> str:
    return f"{len(lines)} check{'s' if len(lines) > 1 else ''}"


def unchecked(order: DrugOrder, recognizer: Recognizer) -> Evidence:
    """Return the line on an order of which some check failed outside of its rule."""
    return gap_line(recognizer.known, Gap(None, order.origin.path, FAILED))


def incomplete(
    cases: list[Case],
    telling: list[Verdict],
    shown: list[Verdict],
    session: Session,
    recognizer: Recognizer,
    failed: list[Evidence],
) -> Verdict | None:
    """Gather what no other card says: missing facts, and unusable data that a check needed.

    It is a warning if something present could not be judged and a card would warn if it were absent.
    ``telling`` are the verdicts that say something, ``shown`` those that became a card, ``failed`` the lines on
    what an internal error cost.
    """
    # Each with whether it makes the card a warning; those that do stand first.
    lines: dict[Evidence, bool] = dict.fromkeys(failed, True)
    if not cases and not session.hook.has_orders:
        lines.update(dict.fromkeys(_unknown_treatment(session.patient), True))
    elif not cases and not lines and not any(gap.about is None and gap.reason != _NO_ORDER for gap in session.gaps):
        return None
    unjudged = [gap for gap in session.gaps if gap.reason in _UNJUDGED]
    found = (*_of_verdicts(telling, shown, session.patient), *_of_gaps(cases, shown, session, recognizer))
    for line, is_urgent in found:
        lines[line] = lines.get(line, False) or is_urgent
    if not lines:
        return None
    in_order = tuple(sorted(lines, key=lambda line: not lines[line]))
    drugs = ", ".join(dict.fromkeys(case.drug for case in cases))
    finding = Fired(
        {"count": _counted(in_order)},
        in_order,
        (_OWN_PRINCIPLE,),
        variant=_variant(lines) if drugs else session.hook.variant_without_drug,
        indicator=None if unjudged or any(lines.values()) else Indicator.INFO,
    )
    return Verdict(Topic.CHECKS_INCOMPLETE, None, finding, drug=drugs)


def _of_verdicts(telling: list[Verdict], shown: list[Verdict], patient: Patient) -> Iterator[tuple[Evidence, bool]]:
    """Yield what the rules could not tell and no card shown says, each with whether it is urgent."""
    said = {(each.topic, each.order) for each in shown}
    for verdict in telling:
        if isinstance(verdict.outcome, CannotTell):
            for missing in verdict.outcome.missing:
                if not _sentence(missing, verdict, said):
                    yield _line(missing, verdict.drug), missing.is_urgent
        elif verdict.topic is Topic.COVERAGE_CRITERIA:
            # The sheet says "not known" both for unavailable data and for data not on record, so name the former here.
            for missing in unavailable_parts(patient.absent):
                yield _line(missing, verdict.drug), True


def _of_gaps(
    cases: list[Case], shown: list[Verdict], session: Session, recognizer: Recognizer
) -> Iterator[tuple[Evidence, bool]]:
    """Yield what could not be used and no card shown quotes, each with whether it is urgent."""
    told = {line.gap for v in shown if isinstance(v.outcome, Fired) for line in v.outcome.evidence if line.gap}
    # In an order of their own: the summary may have room for the first ones only.
    for gap in sorted(_gaps(cases, session), key=lambda gap: (gap.about or "", gap.reason, str(gap.on), gap.values)):
        if gap not in told:
            is_read = gap.reason not in UNREAD or not _may_count(gap, session.patient, recognizer.measured)
            is_unjudged = gap.reason in _UNJUDGED and gap in session.gaps
            yield gap_line(recognizer.known, gap), not is_read or is_unjudged or gap.reason in _ALWAYS_URGENT


def _unknown_treatment(patient: Patient) -> Iterable[Evidence]:
    """Name the unavailable medication lists of a patient whose other lists show no checked drug."""
    for part, why in patient.absent:
        if part in TREATMENT_PARTS:
            yield Evidence(f"treatment-unknown-{part}", why)


def _line(missing: Missing, drug: str) -> Evidence:
    return Evidence(f"missing-{missing.what}", drug, values=tuple(sorted(missing.values.items())))


def _sentence(missing: Missing, verdict: Verdict, said: Container[tuple[TopicCode | None, Origin | None]]) -> bool:
    # Unusable data always gets a line on this card.
    return missing.reported_by is Topic.CHECKS_INCOMPLETE or (missing.reported_by, verdict.order) in said


def _gaps(cases: list[Case], session: Session) -> Iterable[Gap]:
    """List the unusable data that matter to a check of one of the orders."""
    yield from (gap for gap in session.gaps if gap.about is None)
    if not cases:
        return
    if not session.patient.gaps:
        return
    needed = {concept for case in cases if case.identity.product for concept in _needed(case)}
    if isinstance(session, BillingSession):
        # What may stop the drug is for the clinical services, which are asked at the same moment.
        needed = {concept for concept in needed if not concept.startswith(_OF_STOPS)}
    # What is also on record as present is no suspicion, and its own card speaks; an old pregnancy has none.
    present = {f"problem-{each.problem}" for each in session.patient.problems if each.is_present(session.today)}
    present.discard(_PREGNANCY)
    for gap in session.patient.gaps:
        if gap.reason in _QUIET or (gap.about == _PREGNANCY and _is_over(gap, cases)):
            continue
        if gap.reason in DOUBTS and gap.about in present:
            continue
        if gap.about is None or (gap.about in needed and not _superseded(gap, session.patient)):
            yield gap


def _is_over(gap: Gap, cases: list[Case]) -> bool:
    """Return whether a possible pregnancy began too long ago to be one now."""
    on = gap.last_day
    return on is not None and all(on < case.days_before(case.threshold("pregnancy_max_days")) for case in cases)


def _needed(case: Case) -> Iterable[str]:
    """Name the concepts that some check of the case reads."""
    product = case.product
    for stop in product.monitoring.stops:
        # A possible pregnancy matters only to a patient who may be pregnant.
        if stop.problem is not Problem.PREGNANCY or may_become_pregnant(case):
            yield f"problem-{stop.problem}"
            if stop.problem is Problem.PREGNANCY:
                yield from _OF_PREGNANCY
    if product.monitoring.stops:
        yield "problem"
    # A dose for severe hepatic impairment turns on it.
    if product.is_oral and any(level.problem is not None for each in product.regimens for level in each.levels):
        yield f"problem-{Problem.SEVERE_HEPATIC}"
    if not case.session.hook.has_orders:
        yield from _monitored(product, near=case.dose_is_near)
        return
    yield from _monitored(product, near=True)
    yield from ("diagnosis", "treatment", "erbb2-mutation")
    if case.needs_weight:
        yield from ("weight", "weight-stated")
    if product.eligibility:
        yield from sorted(_HER2)


def _monitored(product: Product, *, near: bool) -> Iterable[str]:
    """Name the concepts that the monitoring of the product reads; most of them only when a dose is near."""
    if product.monitoring.lvef:
        yield "lvef"
    if near:
        yield "patient"
        for wanted in product.monitoring.before_each_dose:
            yield from wanted.tests


def _may_count(gap: Gap, patient: Patient, measured: Container[str | None]) -> bool:
    """Return whether what could not be read may be what counts: of HER2, where no result that was read is newer."""
    if gap.about in _HER2:
        read = [result.on for result in patient.her2 if result.on is not None]
        return gap.last_day is None or not read or gap.last_day >= max(read)
    return gap.about in measured or gap.about in _OF_PREGNANCY


def _superseded(gap: Gap, patient: Patient) -> bool:
    """Return whether a readable result is newer than the one that could not be read."""
    newest: date | None
    if gap.about in ("weight", "weight-stated"):
        newest = patient.weights[0].on if patient.weights else None
    elif gap.about == "lvef":
        newest = patient.lvefs[0].on if patient.lvefs else None
    elif gap.about == _PREGNANCY_TEST:
        newest = patient.pregnancy_tests[0].on if patient.pregnancy_tests else None
    else:
        results = patient.labs.get(gap.about or "", ())
        newest = results[0].on if results else None
    return newest is not None and gap.last_day is not None and gap.last_day < newest
