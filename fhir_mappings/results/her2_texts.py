"""Reads a HER2 text with every word accounted for, or returns the part that was not understood.

A score counts only if the words around it say that it is a current HER2 result of this specimen. 3+ in at most a tenth
of the cells is 2+ (ASCO/CAP). A contradiction is reported, and neither side is chosen.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from cards.facts.results import Her2Finding
from cards.values.intervals import BOUND_BY_SIGN, Bound, Interval
from fhir_mappings.results.her2_clauses import clauses
from fhir_mappings.results.her2_cursor import Clauses, NotUnderstoodError, Number
from fhir_mappings.results.her2_findings import SCORES, Stated, agree, findings_of
from fhir_mappings.results.her2_general import without_policies
from fhir_mappings.results.her2_handling import without_handling
from fhir_mappings.results.her2_legends import without_legends
from fhir_mappings.results.her2_specimens import parts_of, specimens_of
from fhir_mappings.results.her2_tokens import tokens

if TYPE_CHECKING:
    from cards.knowledge.schema import Terminology

_FITTING = {
    0: {"negative", "ultralow", "null"},
    1: {"negative", "low"},
    2: {"equivocal"},
    3: {"positive"},
}
_OPPOSITE = {0: {"positive"}, 1: {"positive"}, 2: set(), 3: {"negative", "low", "ultralow", "null"}}
_STAINS_NOT_OF = {
    0: {"strong", "complete", "moderate"},
    1: {"strong", "complete", "moderate", "none"},
    2: {"strong", "none"},
    3: {"faint", "moderate", "none"},
}
_ISH_ALONE = frozenset({"positive", "negative", "equivocal", "indeterminate"})
_ALONE = frozenset({"indeterminate", "not-done"})
# Only in groups 1 and 5 do ratio and copies settle the result together.
_CLEAR = {
    (Her2Finding.POSITIVE, Her2Finding.POSITIVE): Her2Finding.POSITIVE,
    (Her2Finding.POSITIVE, Her2Finding.EQUIVOCAL): Her2Finding.POSITIVE,
    (Her2Finding.NEGATIVE, Her2Finding.NEGATIVE): Her2Finding.NEGATIVE,
}
_GROUPS = {1: Her2Finding.POSITIVE, 5: Her2Finding.NEGATIVE}

_STOMACH = re.compile(r"gastr|stomach|[oe]esoph|magen|estoma|estomac|stomac|cluster|basolateral", re.IGNORECASE)


class NotRead(msgspec.Struct, frozen=True):
    """A text that is not understood, with the part responsible."""

    rest: str


TextReading = Stated | NotRead


class Her2Limits:
    """Classifies ratios and copies by the limits in the knowledge."""

    def __init__(self, terminology: Terminology) -> None:
        """Take the limits."""
        self._ratio = terminology.ish_positive
        self._copies = terminology.her2_copies
        self._few_up_to = terminology.her2_stained.few_up_to
        self.handling = terminology.her2_handling

    def by_ratio(self, ratio: Number) -> Her2Finding | None:
        """Classify a ratio, or a bound on one: a bound across the limit decides nothing.

        ``None`` for a number that cannot be a ratio: registries write 99.9 for "not done".
        """
        if not 0 < ratio[0] <= self._ratio.believed_to:
            return None
        interval = Interval.of(*ratio)
        below = interval.is_below(self._ratio.at_least)
        return {True: Her2Finding.NEGATIVE, False: Her2Finding.POSITIVE, None: Her2Finding.INDETERMINATE}[below]

    def by_copies(self, copies: Number) -> Her2Finding | None:
        """Classify a number of gene copies; between the two limits it decides nothing.

        ``INDETERMINATE`` for a bound across a limit, ``None`` for a number too high to be an average per nucleus.
        """
        if not 0 < copies[0] <= self._copies.believed_to:
            return None
        interval = Interval.of(*copies)
        if interval.is_below(self._copies.positive_at_least) is False:
            return Her2Finding.POSITIVE
        if interval.is_below(self._copies.negative_below):
            return Her2Finding.NEGATIVE
        is_between = interval.is_below(self._copies.negative_below) is False and interval.is_below(
            self._copies.positive_at_least
        )
        return Her2Finding.EQUIVOCAL if is_between else Her2Finding.INDETERMINATE

    def is_at_least_equivocal(self, copies: Number) -> bool:
        """Return whether a bound on the gene copies excludes the negative ones."""
        return Interval.of(*copies).is_below(self._copies.negative_below) is False

    def is_more_than_few(self, share: Interval) -> bool | None:
        """Return whether a share of cells is more than few; ``None`` if undecided."""
        is_from = share.low == self._few_up_to < share.high
        return True if is_from else share.is_above(self._few_up_to)

    def by_both_probes(self, found: Clauses) -> set[Her2Finding | None]:
        """Return the ratio of HER2 to chromosome 17 copies; with both probes, copies alone decide nothing.

        Averages are rounded: near the limit, or with a bound instead of a value, their ratio decides nothing either.
        """
        if not (found.copies and found.chromosomes):
            return set()
        if len(found.copies) > 1 or len(found.chromosomes) > 1:
            return {None}
        (copies, bound), (chromosomes, other_bound) = *found.copies, *found.chromosomes
        if chromosomes <= 0:
            return {None}
        ratio = copies / chromosomes
        is_exact = bound is Bound.EXACT and other_bound is Bound.EXACT
        if not is_exact or abs(ratio - self._ratio.at_least) < self._ratio.worked_out_within.number:
            return {Her2Finding.INDETERMINATE}
        return {self.by_ratio((ratio, Bound.EXACT))}


def read_text(written: str, limits: Her2Limits, concept: str) -> TextReading:
    """Read a text of a result whose code means a concept."""
    written = without_policies(without_handling(written, limits.handling))
    if specimens := specimens_of(written):
        return _of_specimens([_read_one(each, limits, concept) for each in specimens])
    whole = _read_one(written, limits, concept)
    if isinstance(whole, NotRead) and (parts := parts_of(written)):
        read = [_read_one(each, limits, concept) for each in parts]
        return whole if any(isinstance(each, NotRead) for each in read) else _of_specimens(read)
    return whole


def _of_specimens(read: list[TextReading]) -> TextReading:
    """Return the result of several specimens: equal ones are one, those that differ contradict each other."""
    first = read[0]
    for each in read:
        if isinstance(each, NotRead):
            return each
    stated = [each for each in read if isinstance(each, Stated)]
    if any(each != first for each in stated):
        pairs = zip(*(findings_of(each) for each in stated), strict=False)
        if all(agree(pair[0], other) for pair in pairs for other in pair[1:]):
            return NotRead("specimens of which one says more")
        return msgspec.structs.replace(stated[0], conflict=True)
    return first


def _read_one(written: str, limits: Her2Limits, concept: str) -> TextReading:
    """Read the text of one specimen."""
    of_ihc, of_ish = concept == "her2-ihc", concept in ("her2-ish", "her2-ish-ratio", "her2-copy-number")
    try:
        if of_ish and (alone := _lone_number(written, concept)) is not None:
            return _of_number(*alone, limits)
        found = clauses(written, of_ihc=of_ihc, of_ish=of_ish)
        if found.is_empty:
            return NotRead(written[:60])
        _take_bare(found, limits, concept)
        return _Judgment(found, limits, of_ish=of_ish, written=written).stated()
    except NotUnderstoodError as error:
        return NotRead(str(error)[:60])


def _lone_number(written: str, concept: str) -> tuple[Number, str] | None:
    """Return the number of a text with nothing else, and what it counts: "2.1", "> 6.0", "1.9 ratio", "3.1 copies".

    What the text says goes before the code of the result: a code of FISH may hold either.
    """
    listed = without_legends(tokens(written))
    named = {token.kind for token in listed} & {"ratio", "copies"}
    found = [token for token in listed if token.kind not in ("ratio", "copies", "per-cell", "link", "score-word")]
    bound = Bound.EXACT
    if found and found[0].kind == "bound":
        bound = BOUND_BY_SIGN[found[0].value]
        found = found[1:]
    if len(found) != 1 or found[0].kind != "number" or len(named) > 1:
        return None
    by_code = "copies" if concept == "her2-copy-number" else "ratio"
    return (Decimal(found[0].value), bound), next(iter(named), by_code)


def _of_number(number: Number, counts: str, limits: Her2Limits) -> TextReading:
    if counts == "copies":
        # A total over all cells, not an average; a new test would not help.
        copies = limits.by_copies(number) or (Her2Finding.INDETERMINATE if number[0] > 0 else None)
        return Stated(by_copies=copies) if copies is not None else NotRead(str(number[0]))
    ratio = limits.by_ratio(number)
    return Stated(by_ratio=ratio) if ratio is not None else NotRead(str(number[0]))


def _take_bare(found: Clauses, limits: Her2Limits, concept: str) -> None:
    """Take a number that the words leave without a name for what the code of the result counts: "2.3 (positive)"."""
    if not found.bare:
        return
    has_copies = bool(found.copies) and concept != "her2-ish-ratio"
    if len(found.bare) > 1 or found.ratios or found.groups or has_copies:
        raise NotUnderstoodError("a number without a name")
    if concept == "her2-copy-number":
        found.copies |= found.bare
        return
    (number,) = found.bare
    ratio, said = limits.by_ratio(number), found.said["ish"] | found.said[""]
    # A code of FISH may hold either; beside a conclusion it must be what goes with that as a ratio.
    if concept == "her2-ish" and said and (ratio is None or said != {ratio.value}):
        raise NotUnderstoodError("a number without a name")
    found.ratios |= found.bare


class _Judgment:
    """Combines what a text says about the methods, or reports that the parts contradict each other."""

    def __init__(self, found: Clauses, limits: Her2Limits, *, of_ish: bool, written: str) -> None:
        self.found, self.limits, self.of_ish, self.written = found, limits, of_ish, written
        self.overall, self.by_ihc, self.by_ish = found.said[""], found.said["ihc"], found.said["ish"]
        self.conflict = False
        ratios = {limits.by_ratio(ratio) for ratio in found.ratios} or limits.by_both_probes(found)
        copies = {limits.by_copies(count) for count in found.copies}
        if None in ratios | copies or len(ratios) > 1 or len(copies) > 1 or len(found.groups) > 1:
            raise NotUnderstoodError("ratio or copies")
        self.ratio: Her2Finding | None = next(iter(ratios), None)
        self.copies: Her2Finding | None = next(iter(copies), None)
        if self.ratio is Her2Finding.POSITIVE and self.copies is Her2Finding.INDETERMINATE:
            # "Ratio 2.5, copies > 4": group 1, however many there are.
            is_enough = all(map(limits.is_at_least_equivocal, found.copies))
            self.copies = Her2Finding.EQUIVOCAL if is_enough else self.copies

    @property
    def has_numbers(self) -> bool:
        """Whether ISH is stated by numbers or a group."""
        return self.ratio is not None or self.copies is not None or bool(self.found.groups)

    def stated(self) -> Stated:
        """Combine the parts."""
        self._settle_open_words()
        said = self.overall | self.by_ihc | self.by_ish
        if said & _ALONE:
            return self._alone(said)
        score = self._score()
        has_ihc = score is not None or bool(self.by_ihc) or bool(self.found.stains)
        # "HER2: negative, ratio 1.1": the status is that of ISH.
        if self.overall and not has_ihc and (self.of_ish or self.has_numbers) and not self.by_ish:
            self.by_ish, self.overall = self.overall, set()
        if self.of_ish and score is not None and not (self.found.names_ihc or self.by_ish or self.has_numbers):
            self._refuse("a score of ISH")
        ish = self._ish()
        self._settle_polysomy(ish)
        ihc = self._ihc(score)
        self._compare(score, ihc, ish if ish is not None else self._by_numbers())
        overall = self._overall(ihc, ish)
        ratio, copies = (None, None) if ish is not None else (self.ratio, self.copies)
        if ratio is Her2Finding.INDETERMINATE and copies is not None:
            self._refuse("copies beside a ratio that decides nothing")
        if ratio is not None and copies is not None and (ratio, copies) in _CLEAR:
            copies = None
        return Stated(ihc, ish, overall, ratio, copies, self.conflict)

    def _settle_open_words(self) -> None:
        """Read "indeterminate (2+)", as Spanish and Portuguese reports call the equivocal score."""
        if self.found.scores == {2}:
            for said in (self.overall, self.by_ihc):
                if "indeterminate" in said:
                    said.remove("indeterminate")
                    said.add("equivocal")

    def _settle_polysomy(self, ish: Her2Finding | None) -> None:
        """Refuse a ratio or copies alone where chromosome 17 is not there twice: they may be of groups 2 to 4.

        A stated conclusion counts, except an amplification beside a lost chromosome, which raises the ratio.
        """
        if not self.found.polysomies or (self.ratio is not None and self.copies is not None):
            return
        if ish is None or ("loss" in self.found.polysomies and ish is Her2Finding.POSITIVE):
            self._refuse("polysomy")

    def _refuse(self, what: str) -> None:
        raise NotUnderstoodError(what)

    def _alone(self, said: set[str]) -> Stated:
        if len(said) > 1 or self.found.scores or self.has_numbers:
            self._refuse(" ".join(sorted(said)))
        finding = Her2Finding(next(iter(said)))
        if finding.value in self.by_ihc:
            return Stated(ihc=finding)
        return Stated(ish=finding) if finding.value in self.by_ish else Stated(overall=finding)

    def _score(self) -> int | None:
        """Return the score, corrected by the share of cells and the words for the stain."""
        scores, shares, stains = self.found.scores, self.found.shares, self.found.stains
        if len(scores) > 1:
            self._refuse("more than one score")
        few = [self.limits.is_more_than_few(share) is False for share in shares]
        many = [self.limits.is_more_than_few(share) is True for share in shares]
        if not scores:
            if shares and not self._share_fits_status(few, many):
                self._refuse("a share of cells")
            said = self.overall | self.by_ihc
            is_faint = "ultralow" in said and stains == {"faint"}
            if (stains - {"none"} and not is_faint) or ("none" in stains and said - {"negative", "null"}):
                self._refuse("a stain without a score")
            return None
        score = next(iter(scores))
        if score < 3 and self._has_no_intense_cells(few_too=score == 2):  # noqa: PLR2004 - the scores themselves
            return score
        if score == 3 and shares and all(few):  # noqa: PLR2004 - the score itself
            # Intense staining of a few cells; in the stomach it depends on the kind of specimen.
            if _STOMACH.search(self.written):
                self._refuse("3+ in few cells of the stomach")
            if stains & {"faint", "moderate", "none"} or (self.overall | self.by_ihc) - {"equivocal"}:
                self._refuse("3+ in few cells")
            return 2
        shares_fit = all(few) if score == 0 else all(many)
        if not shares_fit or stains & _STAINS_NOT_OF[score]:
            self._refuse(f"a share of cells or a stain that {score} does not have")
        return score

    def _has_no_intense_cells(self, *, few_too: bool = False) -> bool:
        """Return whether the share is that of intensely stained cells, as synoptic protocols ask, and is 0 % or few."""
        shares, stains = self.found.shares, self.found.stains
        if not shares or not {"strong", "complete"} <= stains:
            return False
        few = few_too and all(self.limits.is_more_than_few(share) is False for share in shares)
        return few or all(share.high == 0 for share in shares)

    def _share_fits_status(self, few: list[bool], many: list[bool]) -> bool:
        said = self.overall | self.by_ihc
        if said & {"ultralow", "null"}:
            is_zero = all(share.high == 0 for share in self.found.shares)
            return said <= {"negative", "null"} if is_zero else said <= {"negative", "ultralow"} and all(few)
        return (said == {"positive"} and all(many)) or (said == {"negative"} and all(few))

    def _ish(self) -> Her2Finding | None:
        """Return the ISH conclusion: as stated, or as implied by a group."""
        if self.by_ish - _ISH_ALONE or len(self.by_ish) > 1:
            self._refuse(" ".join(sorted(self.by_ish)))
        stated = Her2Finding(next(iter(self.by_ish))) if self.by_ish else None
        group = next(iter(self.found.groups), None)
        if group is not None:
            by_group = _GROUPS.get(group, Her2Finding.WORK_UP)
            if stated is None:
                return by_group
            if by_group is not Her2Finding.WORK_UP and stated is not by_group:
                self.conflict = True
        if stated in (Her2Finding.POSITIVE, Her2Finding.NEGATIVE) and group is None:
            by_numbers = self._by_numbers()
            self.conflict = self.conflict or (by_numbers is not None and by_numbers is not stated)
        return stated

    def _by_numbers(self) -> Her2Finding | None:
        """Return what the numbers alone say; those of groups 2 to 4 go with either conclusion."""
        ratio, copies = self.ratio, self.copies
        if ratio is not None and copies is not None:
            return _CLEAR.get((ratio, copies))
        alone = ratio if ratio is not None else copies
        return alone if alone in (Her2Finding.POSITIVE, Her2Finding.NEGATIVE) else None

    def _ihc(self, score: int | None) -> Her2Finding | None:
        if score is None:
            if "none" in self.found.stains:
                return Her2Finding.NULL
            if len(self.by_ihc) > 1:
                return self._refuse_words(self.by_ihc)
            if self.by_ihc <= {"null"} and self.by_ihc and not self.found.names_receptor and not self.found.names_ihc:
                return self._refuse_words(self.by_ihc)
            return Her2Finding(next(iter(self.by_ihc))) if self.by_ihc else None
        if score == 0:
            words = self.overall | self.by_ihc
            shares = [] if self._has_no_intense_cells() else self.found.shares
            is_null = "null" in words or "none" in self.found.stains or any(share.high == 0 for share in shares)
            some = "faint" in self.found.stains and not any(share.holds(Decimal(0)) for share in shares)
            is_ultralow = "ultralow" in words or some or any(not share.holds(Decimal(0)) for share in shares)
            if is_null and is_ultralow:
                self._refuse("stained and not stained")
            return Her2Finding.NULL if is_null else Her2Finding.ULTRALOW if is_ultralow else Her2Finding.IHC_0
        return SCORES[score]

    def _refuse_words(self, said: set[str]) -> Her2Finding | None:
        self._refuse(" ".join(sorted(said)))
        return None

    def _compare(self, score: int | None, ihc: Her2Finding | None, ish: Her2Finding | None) -> None:
        """Compare the words with the score; a bare "low" or "null" may be a laboratory's flag."""
        if score is None:
            words = self.overall | self.by_ihc
            named = self.found.names_receptor or self.found.names_ihc or ish is not None
            if words & {"low", "null"} and not named and ihc is not Her2Finding.NULL:
                self._refuse(" ".join(sorted(words)))
            return
        for words, with_ish in ((self.by_ihc, False), (self.overall, True)):
            fitting = set(_FITTING[score])
            opposite = set(_OPPOSITE[score])
            if with_ish and ish is Her2Finding.POSITIVE:
                fitting, opposite = {"positive", *(("equivocal",) if score == 2 else ())}, {"negative", "low"}  # noqa: PLR2004
            elif with_ish and ish is Her2Finding.NEGATIVE and score == 2:  # noqa: PLR2004
                fitting, opposite = {"equivocal", "negative", "low"}, {"positive"}
            elif with_ish and ish is Her2Finding.WORK_UP and score == 2:  # noqa: PLR2004
                fitting |= {"negative", "positive"}
            if words <= fitting:
                continue
            if not words & opposite:
                self._refuse(" ".join(sorted(words)))
            self.conflict = True

    def _overall(self, ihc: Her2Finding | None, ish: Her2Finding | None) -> Her2Finding | None:
        """Return the status stated without a method, unless a method says more."""
        words = self.overall
        if not words:
            return None
        if self.found.scores:
            # After the work-up of groups 2 to 4 the conclusion counts.
            concluded = ish is Her2Finding.WORK_UP and words <= {"positive", "negative"}
            return Her2Finding(next(iter(words))) if concluded and len(words) == 1 else None
        if ihc is Her2Finding.NULL:
            return None
        words = words - {"negative"} if words & {"low", "ultralow", "null"} else words
        if len(words) > 1:
            return self._refuse_words(words)
        said = Her2Finding(next(iter(words)))
        if said in (ihc, ish):
            return None
        for other in (ihc, ish):
            if other in (Her2Finding.POSITIVE, Her2Finding.NEGATIVE) and said is not other:
                if said in (Her2Finding.POSITIVE, Her2Finding.NEGATIVE):
                    self.conflict = True
                elif other is Her2Finding.POSITIVE:
                    self._refuse(said)
        return said
