"""Reads Conditions as cancers, their setting, receptor codes and problems: what is recorded, never what it might imply.

"History of" is not current, and nodes alone (C77) do not make a cancer metastatic.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from cards.facts.origins import Gap, Origin
from cards.facts.patient import Diagnosis, PresentProblem, SiteProblem, Staging
from cards.facts.results import CodedHer2, Receptor, ReceptorResult
from cards.identification.recognizer import CODE_SYSTEMS
from cards.knowledge.schema import About, Problem, Setting
from fhir_mappings.codings import NO_CODE_MAP, codings, texts
from fhir_mappings.patient.ages import days_at_age
from fhir_mappings.patient.condition_concepts import ConceptReader
from fhir_mappings.patient.condition_states import NOT_CERTAIN, REFUTED, StateReader
from fhir_mappings.patient.problem_tokens import Said
from fhir_mappings.patient.site_problems import SiteProblemReader
from fhir_mappings.patient.staging import StageReader
from fhir_mappings.wire.cached_json import CachedByJson
from fhir_mappings.wire.folding import SENTENCES, fold
from fhir_mappings.wire.lenient import child, day, items, objects
from fhir_mappings.wire.narratives import notes_of
from fhir_mappings.wire.note_statements import note_statement_reader
from fhir_mappings.wire.times import last_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from cards.knowledge.schema import Cancer, ReceptorCode, Terminology
    from fhir_mappings.codings import CodeMap, Coding
    from fhir_mappings.patient.condition_concepts import Meaning
    from fhir_mappings.wire.lenient import Json

_STATED = ("code", "clinicalStatus", "verificationStatus", "stage", "severity")
# For these a resolved one counts too: the label stops treatment if it began during treatment.
_REMEMBERED = frozenset({Problem.ILD, Problem.HEART_FAILURE})
_OPEN = frozenset({Said.SUSPECTED, Said.UNCLEAR})
_GRADE = re.compile(r"\b(?:ctcae |toxicity )?(?:grade|gr\.?|grad|g) ?([1-5])\b")
_LONGEST = 200
_LONGEST_CODES = 60
_ABATEMENT = frozenset(f"abatement{kind}" for kind in ("DateTime", "Period", "String", "Age", "Range", "Boolean"))


class ReadCondition(NamedTuple):
    """What one Condition says.

    ``is_past`` is about the diagnosis; anything else that is over is left out. ``suspected`` is a possible problem,
    neither confirmed nor ruled out; ``may_be`` one that its code may mean where it has no words. Of ``not_understood``,
    its codes, nothing is known; ``is_empty``: it has neither a code nor words. ``ruled_out`` is the problem that a
    refuted entry was about, ``began`` then its last day.
    """

    diagnosis: Diagnosis | None = None
    is_past: bool = False
    problem: PresentProblem | None = None
    staging: Staging | None = None
    receptors: Sequence[ReceptorResult | CodedHer2] = ()
    site_problems: Sequence[SiteProblem] = ()
    suspected: Gap | None = None
    may_be: Problem | None = None
    began: date | None = None
    not_understood: str = ""
    is_empty: bool = False
    ruled_out: Problem | None = None
    noted: Gap | None = None
    """What the note of a cancer says against it."""

    @property
    def says_something(self) -> bool:
        """Whether a rule may use anything that it says."""
        stated = self.diagnosis, self.problem, self.staging, self.suspected, self.may_be
        return any(stated) or bool(self.receptors or self.site_problems)


class _Stated(NamedTuple):
    """What the codes and text of a Condition say."""

    is_past: bool
    cancer: Cancer | None
    problem: Problem | None
    setting: Setting | None
    receptors: Sequence[tuple[ReceptorCode, Coding]]
    her2: bool | None
    label: str
    stage_label: str
    grade: int | None
    lasts: bool
    site_problems: tuple[str, ...]
    suspected: tuple[Problem, str] | None = None
    was: bool = False
    """Whether its words say that the problem is over."""
    may_be: Problem | None = None
    not_understood: str = ""
    is_empty: bool = False

    @property
    def says_something(self) -> bool:
        """Whether it is about anything that a rule uses; a HER2 status in words belongs to a cancer."""
        return any(
            (self.cancer, self.problem, self.setting, self.receptors, self.site_problems, self.suspected, self.may_be)
        )


class ConditionReader:
    """Reads the Conditions of a chart, and the reasons of orders."""

    def __init__(self, terminology: Terminology, code_map: CodeMap = NO_CODE_MAP) -> None:
        """Index the codes and the words."""
        self.terminology = terminology
        self.stages = StageReader(terminology, code_map)
        self.concepts = ConceptReader(terminology, self.stages, code_map)
        self._states = StateReader(terminology)
        self._site_problems = SiteProblemReader(terminology.site_problems, code_map)
        self._statements = note_statement_reader(terminology.note_statements)
        self._as_stated = CachedByJson(self._stated_by)

    def read(self, condition: Json, origin: Origin, born: date | None = None) -> ReadCondition:
        """Read a Condition: a cancer, a problem that a rule uses, a setting, receptors; if refuted, what it rules out.

        ``born`` is the patient's birthday, for what is dated by age.
        """
        stated = self._as_stated([condition.get(name) for name in _STATED])
        if stated is None:
            return self._ruled_out(condition)
        if stated.not_understood or stated.is_empty:
            return ReadCondition(is_past=stated.is_past, not_understood=stated.not_understood, is_empty=stated.is_empty)
        if not stated.says_something:
            return ReadCondition(is_past=stated.is_past)
        began, latest, is_onset = _began(condition, born)
        is_over, ended = _abated(condition, born)
        if is_onset and began is not None and ended is not None and ended < began:
            # One of the two dates is wrong: it is over, and since when is not known.
            is_over, ended = True, None
        has_end = is_over or ended is not None
        # A permanent state is never past, whatever its entry says.
        is_past = (stated.is_past or is_over or stated.was) and not stated.lasts
        diagnosis = problem = staging = suspected = None
        if stated.cancer is not None:
            diagnosis = Diagnosis(stated.cancer, stated.label, origin)
        if stated.problem is not None:
            until = None if stated.lasts else ended
            problem = PresentProblem(
                stated.problem, stated.label, origin, began, is_past, until, is_onset, stated.grade, latest
            )
        if stated.setting is not None:
            staging = Staging(stated.setting, stated.stage_label, began, origin)
        if stated.suspected is not None and not (stated.is_past or has_end):
            suspect, status = stated.suspected
            values = (("label", stated.label[:60]), ("status", status))
            suspected = Gap(f"problem-{suspect}", origin.path, "suspected", began, values, latest)
        return ReadCondition(
            diagnosis,
            stated.is_past or has_end,
            problem,
            staging,
            [*_receptors(stated.receptors, origin, began), *_her2_in_words(stated, has_end, origin)]
            if stated.receptors or stated.her2 is not None
            else [],
            [
                SiteProblem(code, stated.label, origin, began, stated.is_past or is_over, ended)
                for code in stated.site_problems
            ],
            suspected,
            may_be=stated.may_be if not is_past or stated.may_be in _REMEMBERED else None,
            began=began,
            noted=self._noted(condition, diagnosis) if diagnosis is not None and "note" in condition else None,
        )

    def _noted(self, condition: Json, diagnosis: Diagnosis) -> Gap | None:
        """Return what the note of a cancer says against it: the diagnosis was changed, or a later biopsy differs."""
        for page in notes_of(condition):
            for sentence in SENTENCES.split(page):
                if self._statements.says(fold(sentence), About.DIAGNOSIS):
                    values = (("label", diagnosis.label[:60]), ("note", " ".join(sentence.split())[:80]))
                    return Gap("diagnosis", diagnosis.origin.path, "noted", None, values)
        return None

    def _ruled_out(self, condition: Json) -> ReadCondition:
        """Return the problem that a refuted entry rules out, and the last day that it names."""
        if self._states.verification(condition) == "entered-in-error":
            return ReadCondition()
        days = (day(condition.get(name)) for name in ("recordedDate", "onsetDateTime", "abatementDateTime"))
        newest = max((each for each in days if each is not None), default=None)
        return ReadCondition(ruled_out=self.concepts.meaning(child(condition, "code")).problem, began=newest)

    def _stated_by(self, members: list[Any]) -> _Stated | None:
        """Read the codes and text of a Condition, regardless of patient and dates."""
        condition: Json = {name: member for name, member in zip(_STATED, members, strict=True) if member is not None}
        verification = self._states.verification(condition)
        if verification in REFUTED:
            return None
        concept = child(condition, "code")
        meaning = self.concepts.meaning(concept)
        is_past = self.is_past(condition)
        is_certain = verification not in NOT_CERTAIN
        label = label_of(concept)
        # A past problem counts only if its effect does not end, or if it may have begun during treatment.
        problem = meaning.past_problem if is_past else meaning.problem
        was = is_past or meaning.said is Said.PAST
        if was and meaning.problem in _REMEMBERED:
            problem = meaning.problem
        elif meaning.said is Said.PAST:
            problem = meaning.past_problem
        is_open = not is_certain or meaning.said in _OPEN
        status = verification if not is_certain else str(meaning.said)
        own = self._site_problems.read(concept) if self._site_problems and is_certain else ()
        is_known = own or not meaning.not_understood
        return _Stated(
            is_past,
            meaning.cancer,
            None if is_open else problem,
            # What is only suspected does not make a cancer metastatic.
            None if is_past or is_open else self._setting(condition, meaning),
            meaning.receptors if is_certain else (),
            meaning.her2 if is_certain else None,
            label,
            _staging_label(condition, label),
            _grade(condition),
            lasts=meaning.past_problem is not None,
            site_problems=own,
            suspected=(problem, status) if problem is not None and is_open and not was else None,
            was=was,
            may_be=meaning.may_be,
            not_understood="" if is_known else "; ".join(map(_written_code, meaning.not_understood))[:_LONGEST_CODES],
            is_empty=meaning.is_empty,
        )

    def is_refuted(self, condition: Json) -> bool:
        """Return whether the record says that the patient never had the condition."""
        return self._states.verification(condition) in REFUTED

    def is_past(self, condition: Json) -> bool:
        """Return whether the record says that the condition is over."""
        return self._states.is_past(condition)

    def _setting(self, condition: Json, meaning: Meaning) -> Setting | None:
        """Read whether a Condition says that a cancer is metastatic or early; nothing if it says neither."""
        if meaning.is_history:
            return None
        if meaning.is_metastasis:
            return Setting.METASTATIC
        # Kidney disease and pressure ulcers have stages, too.
        if meaning.cancer is None:
            return None
        found = {self.stages.of_stage(stage) for stage in _stages(condition)} | meaning.settings
        return Setting.METASTATIC if Setting.METASTATIC in found else Setting.EARLY if found - {None} else None


def _staging_label(condition: Json, label: str) -> str:
    """Return the text that states the setting."""
    stage = next((written for each in _stages(condition) for written in texts(each)), "")
    return ", ".join(dict.fromkeys(each for each in (label, stage) if each))[:80]


def _receptors(
    read: Sequence[tuple[ReceptorCode, Coding]], origin: Origin, on: date | None
) -> Iterator[ReceptorResult | CodedHer2]:
    """Yield the receptor statuses in the codes of a Condition."""
    for stated, coding in read:
        for receptor, positive in (
            (Receptor.ESTROGEN, stated.estrogen),
            (Receptor.PROGESTERONE, stated.progesterone),
            (Receptor.EITHER, stated.hormone),
        ):
            if positive is not None:
                yield ReceptorResult(positive, on, origin, receptor)
        if stated.her2 is not None:
            yield CodedHer2(stated.her2, coding.code, origin, coding.display[:60])


def _her2_in_words(stated: _Stated, is_over: bool, origin: Origin) -> Iterator[CodedHer2]:  # noqa: FBT001
    """Yield the HER2 status in the text of a present cancer, where no code of the entry gives one."""
    is_coded = any(receptor.her2 is not None for receptor, _ in stated.receptors)
    if stated.her2 is not None and not (is_coded or is_over or stated.is_past):
        yield CodedHer2(stated.her2, "", origin, stated.label[:60])


def label_of(concept: Json) -> str:
    """Return the name of a concept for a card: its text, a display, or a code, one of a known system first."""
    if named := next(iter(texts(concept)), ""):
        return named
    by_system = sorted(codings(concept), key=lambda each: each.system not in CODE_SYSTEMS)
    return next((coding.code for coding in by_system if coding.code), "")


def _written_code(coding: Coding) -> str:
    return f"{CODE_SYSTEMS.get(coding.system, '')} {coding.code}".strip()


def _stages(condition: Json) -> list[Json]:
    return [
        concept
        for _, stage in objects(condition.get("stage"))
        for concept in items(stage.get("summary"))
        if isinstance(concept, dict)
    ]


def _began(condition: Json, born: date | None) -> tuple[date | None, date | None, bool]:
    """Return the day on which a Condition began or, failing that, was recorded, and whether it is the former.

    In between: the last possible day, if the date is only a month or year.
    """
    for candidate in (condition.get("onsetDateTime"), child(condition, "onsetPeriod").get("start")):
        if (found := day(candidate)) is not None:
            last = last_day(candidate)
            return found, last if last != found else None, True
    if (within := days_at_age(condition, "onset", born)) is not None:
        return *within, True
    return day(condition.get("recordedDate")), None, False


def _abated(condition: Json, born: date | None) -> tuple[bool, date | None]:
    """Return whether a Condition is over without a date, and its last day if it has one."""
    if _ABATEMENT.isdisjoint(condition):
        return False, None
    period = child(condition, "abatementPeriod")
    for candidate in (condition.get("abatementDateTime"), period.get("end"), period.get("start")):
        if (found := last_day(candidate)) is not None:
            return False, found
    if (within := days_at_age(condition, "abatement", born)) is not None:
        return False, within[1]
    said = any(name in condition for name in ("abatementString", "abatementAge", "abatementRange"))
    return said or condition.get("abatementBoolean") is True, None


def _grade(condition: Json) -> int | None:
    """Return the CTCAE grade in an entry; ``None`` if there is none, or several."""
    concepts = [child(condition, "code"), child(condition, "severity"), *_stages(condition)]
    said = " ".join(each for concept in concepts for each in texts(concept))[:_LONGEST].casefold()
    found = {int(each) for each in _GRADE.findall(said)}
    return found.pop() if len(found) == 1 else None
