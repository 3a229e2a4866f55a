"""What is due when a chart is opened: one info card for each drug, however many tests it lists.

Each rule's verdict stays separate; only the display is combined. Drugs with the same missing tests, such as trastuzumab
and pertuzumab, share a card. Anything that would stop the next dose is a line on that card, or an info card if nothing
is due.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cards.facts.outcomes import Evidence, Fired, Indicator, OrderTests
from cards.facts.topics import Topic, TopicCode
from cards.presentation.urgency import STOPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cards.facts.outcomes import Verdict
    from cards.facts.session import Session
    from cards.knowledge.schema import Knowledge

_FOR_THE_NEXT_DOSE = frozenset({Topic.LIVER_TESTS_MISSING, Topic.BLOOD_COUNT_MISSING, Topic.PREGNANCY_TEST_MISSING})


def due_cards(fired: Iterable[Verdict], session: Session, known: Knowledge) -> tuple[Verdict, ...]:
    """Combine the findings of an opened chart, in the display order of the rules.

    Nothing is due for a patient who is deceased in the chart, which is told by itself.
    """
    died = any(gap.reason == "deceased" for gap in session.patient.gaps)
    by_drug: dict[str, list[Verdict]] = {}
    rest = []
    for verdict in fired:
        if verdict.order is None:
            rest.append(verdict)
        elif not died:
            by_drug.setdefault(verdict.drug, []).append(verdict)
    alike: dict[tuple[tuple[TopicCode, tuple[str, ...]], ...], list[list[Verdict]]] = {}
    for found in by_drug.values():
        alike.setdefault(tuple((each.topic, _tests((each,))) for each in found), []).append(found)
    return (*(_together(drugs, session, known) for drugs in alike.values()), *rest)


def _together(drugs: Sequence[Sequence[Verdict]], session: Session, known: Knowledge) -> Verdict:
    """Combine the findings of one drug, or of several with the same missing tests."""
    stops = [each for each in drugs[0] if each.topic in STOPS]
    # If nothing is due, the card is about the first stop.
    found = [each for each in drugs[0] if each.topic not in STOPS] or [stops.pop(0)]
    first, tests = found[0], _tests(found)
    drug = " and ".join(each[0].drug for each in drugs)
    findings = [each.outcome for each in found if isinstance(each.outcome, Fired)]
    stopping = [each.outcome for each in stops if isinstance(each.outcome, Fired)]
    shown_by = tuple(line for each in drugs for line in _treatment(each[0], session))
    would_stop = tuple(Evidence("would-stop", drug, parts=finding.evidence) for finding in stopping)
    waits = all(each.topic in _FOR_THE_NEXT_DOSE or each.topic in STOPS for each in found)
    values: Mapping[str, str] = findings[0].values
    variant, notes = findings[0].variant, findings[0].notes
    fixes = [OrderTests(tests, is_urgent=False, is_all=len(found) > 1)] if tests else []
    if len(found) > 1:
        values = {"tests": _listed([known.terminology.concepts[test].display for test in tests])}
        variant = "due"
        notes = tuple((f"due-{each.topic}", finding.values) for each, finding in zip(found, findings, strict=True))
        fixes += [OrderTests(_tests((each,)), is_urgent=False) for each in found]
    together = Fired(
        values,
        (*(line for finding in findings for line in finding.evidence), *would_stop, *shown_by),
        tuple(dict.fromkeys(cited for finding in (*findings, *stopping) for cited in finding.cited)),
        variant,
        Indicator.INFO if waits else None,
        notes,
        tuple(fixes),
    )
    return msgspec.structs.replace(first, outcome=together, drug=drug)


def _treatment(verdict: Verdict, session: Session) -> tuple[Evidence, ...]:
    """Return the evidence that the patient is on the drug."""
    shown = [each for each in session.patient.treatments if each.origin == verdict.order]
    return tuple(
        Evidence(
            f"treatment-{each.state}",
            each.on.isoformat() if each.on else "",
            each.origin,
            values=(("drug", verdict.drug),),
        )
        for each in shown[:1]
    )


def _tests(found: Sequence[Verdict]) -> tuple[str, ...]:
    """List the tests that findings ask for, each once."""
    return tuple(
        dict.fromkeys(
            concept
            for each in found
            if isinstance(each.outcome, Fired)
            for fix in each.outcome.fixes
            if isinstance(fix, OrderTests)
            for concept in fix.concepts
        )
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
