"""HER2 status: whether it is known and unambiguous, and qualifies the patient for the drug."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.facts.outcomes import (
    CannotTell,
    Clear,
    Evidence,
    Fired,
    Missing,
    NotApplicable,
    OrderTests,
    Outcome,
    RemoveOrder,
)
from cards.facts.results import Her2Finding, Her2Method
from cards.facts.topics import Topic
from cards.knowledge.schema import Cancer, Cited, Confidence, Setting, Tier
from cards.readings.case import dated, is_bare_code, shortened
from cards.readings.eligibility import Answer, answer_for, depends_on_grade, may_fit, needs_ihc_score
from cards.readings.her2 import ANY_GRADE, EQUIVOCAL, POSITIVE, grades_of, her2_of, her2_of_another_tumor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cards.facts.patient import Diagnosis
    from cards.facts.results import Her2Result, Mutation
    from cards.knowledge.schema import Eligibility
    from cards.readings.case import Case

_HER2_CONCEPTS = frozenset(
    {"her2-ihc", "her2-ish", "her2-ish-ratio", "her2-interpretation", "her2-immunoassay", "her2-copy-number"}
)
_MUTATION = frozenset({"erbb2-mutation"})
_TESTING = Cited(source="asco-cap", section="HER2 testing algorithm", confidence=Confidence.PRIMARY)
_NOT_BY_HER2 = NotApplicable("the indication does not turn on a HER2 tissue result")


def her2_missing(case: Case) -> Outcome:
    """Fire when there is no valid tissue HER2 result; serum, preliminary and canceled results do not count."""
    if not case.depends_on_her2:
        return _NOT_BY_HER2
    status = her2_of(case)
    if status.possible:
        return Clear()
    if status.disagree:
        return NotApplicable("the results on record contradict themselves, and that card says so")
    coded, future = case.coded_her2, case.in_future(_HER2_CONCEPTS)
    return Fired(
        values={"code": coded[0].code or coded[0].label, "said": _said(coded[0].positive)}
        if coded
        else {"date": future},
        evidence=(*_results(case), *_of_another_tumor(case), *_coded(case), *case.unusable(_HER2_CONCEPTS)),
        cited=_cited(case),
        variant=_how_missing(case, future=bool(future)),
        fixes=(OrderTests((_test_on(case, "her2-ihc"),)),),
    )


def her2_ish_missing(case: Case) -> Outcome:
    """Fire when IHC is 2+ and no ISH decides between positive and low."""
    if not case.depends_on_her2:
        return _NOT_BY_HER2
    status = her2_of(case)
    if not status.needs_ish:
        return Clear()
    if status.ish_in_doubt:
        return NotApplicable("there is an ISH that contradicts itself, and that card says so")
    if answer_for(case, frozenset({Tier.POSITIVE, Tier.LOW})) is Answer.NONE:
        return NotApplicable("neither grade qualifies, and that card says so")
    return Fired(
        values={},
        evidence=_results(case),
        cited=(_TESTING,),
        fixes=(OrderTests((_test_on(case, "her2-ish"),)),),
    )


def her2_not_eligible(case: Case) -> Outcome:
    """Fire when the documented status does not qualify the patient for this product and indication."""
    if not case.depends_on_her2:
        return _NOT_BY_HER2
    status = her2_of(case)
    if not status.possible:
        reported_by = Topic.HER2_DISCORDANT if status.disagree else Topic.HER2_MISSING
        return CannotTell((Missing("her2", reported_by=reported_by),))
    verdict = answer_for(case, status.possible)
    if verdict is Answer.ALL and not status.unsettled:
        return Clear()
    if verdict is Answer.NONE:
        if _another_result_qualifies(case):
            return CannotTell((Missing("her2", reported_by=Topic.HER2_DISCORDANT),))
        return _not_eligible(case)
    if status.unsettled:
        return CannotTell(
            (Missing("her2-tier", reported_by=Topic.HER2_TIER_UNCLEAR, values={"status": _status(case)}),)
        )
    if status.needs_ish:
        reported_by = Topic.HER2_DISCORDANT if status.ish_in_doubt else Topic.HER2_ISH_MISSING
        return CannotTell((Missing("her2-ish", reported_by=reported_by),))
    if _is_grade_the_main_gap(case):
        return CannotTell(
            (Missing("her2-tier", reported_by=Topic.HER2_TIER_UNCLEAR, values={"status": _status(case)}),)
        )
    return CannotTell(_undecided(case))


def _another_result_qualifies(case: Case) -> bool:
    """Return whether a contradicting result would qualify by itself: another score, or ISH of another day or specimen.

    If the biopsy before treatment was 3+ and the residual tumor is 1+, adjuvant treatment depends on the former. The
    treating team decides which one counts, and the card on discordant results asks.
    """
    return any(
        (result.method is Her2Method.IHC or _is_of_another_time(result, her2_of(case).ish))
        and answer_for(case, grades_of(result)) is not Answer.NONE
        for result in her2_of(case).against
        if result.method is not Her2Method.INTERPRETATION
    )


def _is_of_another_time(result: Her2Result, counted: Her2Result | None) -> bool:
    return counted is not None and (result.on, result.specimen) != (counted.on, counted.specimen)


def _is_grade_the_main_gap(case: Case) -> bool:
    """Return whether the missing grade is the main problem: the cancer must be known; the card lists the rest."""
    return bool(case.cancers) and depends_on_grade(case)


def _not_eligible(case: Case) -> Fired:
    rows = case.eligibility_for_cancers
    notes: list[tuple[str, Mapping[str, str]]] = []
    if not case.cancers:
        notes.append(("cancer-unknown-eligibility", {}))
    return Fired(
        values={"status": _status(case), "needed": "; ".join(dict.fromkeys(row.wording for row in rows))},
        evidence=(*_results(case), *_diagnoses(case)),
        cited=(*dict.fromkeys(row.by for row in rows), *_copies_citation(case)),
        notes=tuple(notes),
        fixes=(RemoveOrder(),),
    )


def her2_tier_unclear(case: Case) -> Outcome:
    """Fire when a result does not determine a grade that the product depends on: a bare IHC 0, "negative" alone.

    So does a bare "positive", or ISH alone, for a cancer in which the label requires IHC 3+.
    """
    if not case.depends_on_her2:
        return _NOT_BY_HER2
    status = her2_of(case)
    if not status.possible or status.needs_ish:
        return NotApplicable("another card asks for the result")
    if status.unsettled:
        return _work_up(case)
    if needs_ihc_score(case):
        return Fired(
            values={"status": _status(case)},
            evidence=(*_results(case), *_diagnoses(case)),
            cited=_cited(case),
            variant="positive-without-score",
            fixes=(OrderTests((_test_on(case, "her2-ihc"),)),),
        )
    if len(status.possible) == 1 or not _is_grade_the_main_gap(case):
        return Clear()
    equivocal = status.possible == EQUIVOCAL
    bare_zero = Tier.LOW not in status.possible
    return Fired(
        values={"status": _status(case)},
        evidence=(*_results(case), *_diagnoses(case)),
        cited=(_TESTING, *dict.fromkeys(row.by for row in case.eligibility_for_cancers if may_fit(case, row))),
        notes=tuple((f"also-{missing.what}", {}) for missing in _undecided(case)),
        variant="equivocal" if equivocal else "default" if bare_zero else "no-score",
        fixes=(OrderTests((_test_on(case, "her2-ish"),)),) if equivocal else (),
    )


def _work_up(case: Case) -> Outcome:
    """Ask for the combined work-up of an indeterminate ISH result, unless no grade would qualify."""
    if answer_for(case, her2_of(case).possible) is Answer.NONE:
        return NotApplicable("no grade qualifies, and that card says so")
    unsettled = her2_of(case).unsettled
    # A count that no guideline classifies is not in a group.
    is_group = unsettled[0].finding is not Her2Finding.INDETERMINATE
    return Fired(
        values={"results": shortened(" and ".join(dict.fromkeys(_short(result) for result in unsettled)))},
        evidence=(*_results(case), *_diagnoses(case)),
        cited=(_TESTING, case.known.terminology.her2_copies.by),
        variant="work-up" if is_group else "no-average",
        fixes=_remaining_work_up(case, is_group=is_group),
    )


def _remaining_work_up(case: Case, *, is_group: bool) -> tuple[OrderTests, ...]:
    """Offer the part of the work-up that can be ordered; a recount of an existing ISH is requested from pathology."""
    if not is_group:
        return (OrderTests((_test_on(case, "her2-ish"),)),)
    return (OrderTests((_test_on(case, "her2-ihc"),)),) if her2_of(case).ihc is None else ()


def her2_discordant(case: Case) -> Outcome:
    """Fire when valid results disagree: between specimens, methods, or a code and its own display."""
    if not case.depends_on_her2:
        return _NOT_BY_HER2
    status = her2_of(case)
    if not status.results:
        return NotApplicable("no HER2 result")
    if not status.disagree:
        return _against_codes(case)
    conflict = any(result.conflict for result in status.results)
    return Fired(
        values={"results": " and ".join(_short(result) for result in _discordant_pair(case, conflict=conflict))},
        evidence=_results(case),
        cited=(_TESTING,),
        variant="code-and-display" if conflict else "default",
    )


def _discordant_pair(case: Case, *, conflict: bool) -> tuple[Her2Result, ...]:
    """Return the newest result and one that it disagrees with; or a result that contradicts itself."""
    status = her2_of(case)
    if conflict:
        return (next(result for result in status.results if result.conflict),)
    agreeing = next((result for result in status.results if result not in status.against), None)
    against = next(iter(status.against))
    return (agreeing, against) if agreeing is not None else (against,)


def _against_codes(case: Case) -> Outcome:
    """Fire when a diagnosis code says the opposite of the pathology; a code for negative agrees with HER2-low."""
    possible = her2_of(case).possible
    wrong = [
        coded
        for coded in case.coded_her2
        if (possible == POSITIVE and not coded.positive) or (possible and coded.positive and not possible & POSITIVE)
    ]
    if not wrong:
        return Clear()
    terms = case.known.terminology
    by = terms.receptor_codes.source_of(wrong[0].code) if wrong[0].code else terms.diagnosis_her2.by
    return Fired(
        values={"status": _status(case), "code": wrong[0].code or wrong[0].label, "said": _said(wrong[0].positive)},
        evidence=(*_results(case), *_coded(case)),
        cited=(_TESTING, by),
        variant="diagnosis-code" if wrong[0].code else "diagnosis-text",
    )


def indication_unsupported(case: Case) -> Outcome:
    """Fire when the recorded cancer is not on the label of this product."""
    if not case.eligibility:
        return NotApplicable("no labeled indication on file")
    if not case.cancers:
        return CannotTell((Missing("cancer"),))
    if case.eligibility_for_cancers:
        said = tuple(Missing("reason-on-order", values={"said": each}) for each in case.order.unread_reasons)
        return CannotTell(said) if said else Clear()
    if _is_partner(case):
        return NotApplicable("it is given beside a product whose label names the cancer and this partner")
    rows = case.eligibility
    diagnosis = (case.order.reasons or case.patient.diagnoses)[0]
    return Fired(
        values={"cancer": _named(diagnosis), "needed": "; ".join(dict.fromkeys(row.wording for row in rows))},
        evidence=_diagnoses(case),
        cited=tuple(dict.fromkeys(row.by for row in rows)),
    )


def _is_partner(case: Case) -> bool:
    """Return whether the label of a concurrent product includes the combination for the recorded cancer."""
    return any(
        case.product.id in row.with_products and not case.cancers.isdisjoint(row.cancers)
        for product in case.known.products
        if product.id in case.concurrent_names
        for row in product.eligibility
    )


def _named(diagnosis: Diagnosis) -> str:
    if not is_bare_code(diagnosis.label):
        return shortened(diagnosis.label)
    site = "this cancer" if diagnosis.cancer is Cancer.OTHER else f"{diagnosis.cancer} cancer"
    return f"{site} ({diagnosis.label})"


def erbb2_mutation_missing(case: Case) -> Outcome:
    """Fire when the drug is ordered for lung cancer and no ERBB2 mutation is on record.

    IHC 3+ replaces it only if the label has an indication by IHC.
    """
    rows = [row for row in case.eligibility_for_cancers if row.erbb2_mutation]
    if not rows or not case.cancers <= set(rows[0].cancers):
        return NotApplicable("the indication does not turn on an ERBB2 mutation")
    by_staining = any(row.ihc_3_only for row in case.eligibility_for_cancers)
    found = [mutation for mutation in case.patient.mutations if mutation.found]
    if by_staining and her2_of(case).ihc_3:
        return Clear()
    if found:
        return _outside_kinase_domain(rows[0], found) or Clear()
    is_unread = case.unread(_MUTATION)
    return Fired(
        values={},
        evidence=(
            *(
                Evidence("mutation", dated(mutation.as_reported, mutation.on), mutation.origin)
                for mutation in case.patient.mutations
            ),
            *case.unusable(_MUTATION),
        ),
        cited=(rows[0].by,),
        variant="not-found" if case.patient.mutations else "unread" if is_unread else "default",
        fixes=(OrderTests(("erbb2-mutation",)),),
    )


def _outside_kinase_domain(row: Eligibility, found: list[Mutation]) -> Fired | None:
    """Fire when every mutation on record is named, and lies before the kinase domain that the label asks for."""
    domain = row.kinase_domain
    if domain is None or not all(each.residues and max(each.residues) <= domain.not_up_to for each in found):
        return None
    return Fired(
        values={"mutation": shortened(found[0].as_reported)},
        evidence=tuple(Evidence("mutation", dated(each.as_reported, each.on), each.origin) for each in found),
        cited=(row.by, domain.by),
        variant="outside-domain",
    )


def _undecided(case: Case) -> tuple[Missing, ...]:
    """List the unknown facts that the answer depends on."""
    missing = []
    if not case.cancers:
        missing.append(Missing("cancer"))
    if case.setting is None and any(row.settings for row in case.eligibility_for_cancers):
        missing.append(Missing("setting", values={"status": _status(case)}))
    turns_on_receptor = any(
        row.hormone_receptor_positive and may_fit(case, row) for row in case.eligibility_for_cancers
    )
    if turns_on_receptor and case.setting is not Setting.EARLY and case.hormone_receptor_positive is None:
        missing.append(Missing("hormone-receptor", values={"status": _status(case)}))
    if needs_ihc_score(case):
        missing.append(
            Missing("ihc-score", reported_by=Topic.HER2_TIER_UNCLEAR, values={"status": _status(case)}),
        )
    return tuple(missing)


_TIER_WORDS = {
    frozenset({Tier.POSITIVE}): "positive",
    frozenset({Tier.LOW}): "low",
    frozenset({Tier.ULTRALOW}): "ultralow",
    frozenset({Tier.NULL}): "IHC 0 without staining",
    frozenset({Tier.ULTRALOW, Tier.NULL}): "IHC 0",
    frozenset({Tier.LOW, Tier.ULTRALOW, Tier.NULL}): "negative",
    ANY_GRADE: "not settled",
    frozenset({Tier.POSITIVE, Tier.LOW}): "equivocal (IHC 2+)",
}


def _test_on(case: Case, concept: str) -> str:
    """Return the test to order: the one for breast tissue, or for other cancers the one without an organ."""
    return concept if not case.cancers or Cancer.BREAST in case.cancers else f"{concept}-any-tissue"


def _of_another_tumor(case: Case) -> tuple[Evidence, ...]:
    return tuple(
        Evidence("her2-other-tumour", dated(f"{result.method}: {result.as_reported}", result.on), result.origin)
        for result in her2_of_another_tumor(case)
    )


def _said(positive: bool) -> str:  # noqa: FBT001 - a word for a fact
    return "positive" if positive else "negative"


def _coded(case: Case) -> tuple[Evidence, ...]:
    return tuple(
        Evidence("her2-code" if each.code else "her2-words", each.label, each.origin) for each in case.coded_her2
    )


def _copies_citation(case: Case) -> tuple[Cited, ...]:
    """Cite the limits on gene copies if the status depends on them."""
    ish = her2_of(case).ish
    return (case.known.terminology.her2_copies.by,) if ish is not None and ish.by_copies else ()


def _status(case: Case) -> str:
    """Return the status as pathologists write it."""
    status = her2_of(case)
    if status.possible == EQUIVOCAL and status.ihc is None:
        return "equivocal"
    if status.possible == POSITIVE and status.ihc is not None and status.ihc_3 is False:
        return f"positive by ISH (IHC {_score(status.ihc.finding)})"
    words = _TIER_WORDS.get(status.possible, "unclear")
    scored = status.ihc is not None and status.ihc.finding.startswith("ihc-") and status.possible != POSITIVE
    if scored and status.ihc is not None and len(status.possible) == 1:
        ish = ", ISH not amplified" if status.ish is not None else ""
        return f"{words} (IHC {_score(status.ihc.finding)}{ish})"
    return words


def _score(finding: str) -> str:
    return finding.removeprefix("ihc-")


def _short(result: Her2Result) -> str:
    return shortened(f"{result.method} {result.as_reported}")


def _results(case: Case) -> tuple[Evidence, ...]:
    return tuple(
        Evidence("her2-result", dated(f"{result.method}: {result.as_reported}", result.on), result.origin)
        for result in her2_of(case).results
    )


def _diagnoses(case: Case) -> tuple[Evidence, ...]:
    diagnoses = case.order.reasons or case.patient.diagnoses
    lines = [Evidence("diagnosis", diagnosis.label, diagnosis.origin) for diagnosis in diagnoses]
    # The order's reason is often the same condition as in the chart.
    deciding = {(each.origin.reference, each.label): each for each in case.stagings if each.setting is case.setting}
    lines += [
        Evidence(
            "setting",
            dated(each.label, each.on) if each.on else each.label,
            each.origin,
            values=(("setting", each.setting),),
        )
        for each in deciding.values()
    ]
    return tuple(lines)


def _cited(case: Case) -> tuple[Cited, ...]:
    return tuple(dict.fromkeys(row.by for row in case.eligibility_for_cancers))


def _how_missing(case: Case, *, future: bool) -> str:
    """Return the variant of the card on a missing HER2 result."""
    if case.coded_her2:
        return "coded" if case.coded_her2[0].code else "worded"
    if case.unread(_HER2_CONCEPTS):
        return "in-text"
    return "future" if future and not case.patient.her2 else "default"
