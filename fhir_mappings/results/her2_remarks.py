"""The interpretation and notes of a HER2 value. A remark that retracts the value voids the result.

A note is free text, and most say nothing about HER2 ("performed at another site"). It counts if it states a result, a
score other than the value, or that the value is wrong.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from cards.facts.results import Her2Finding
from fhir_mappings.codings import codings
from fhir_mappings.results.her2_cursor import Cursor
from fhir_mappings.results.her2_findings import SCORES, Stated, agree, findings_of
from fhir_mappings.results.her2_general import of_earlier_specimens, of_this_result
from fhir_mappings.results.her2_texts import Her2Limits, read_text
from fhir_mappings.results.her2_tokens import tokens
from fhir_mappings.wire.folding import SENTENCES, fold
from fhir_mappings.wire.lenient import objects, text
from fhir_mappings.wire.narratives import notes_of, pages_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cards.values.intervals import Interval
    from fhir_mappings.codings import Coding
    from fhir_mappings.results.her2_token import Token
    from fhir_mappings.wire.lenient import Json

_LONGEST = 2000
_WRONG = re.compile(
    r"\b(?:errors?|erroneous(?:ly)?|erroneamente|wrong(?:ly)?|incorrect(?:ly)?|invalid(?:ated)?|disregard|retract(?:ed)?|"
    r"withdrawn|supersed(?:ed|es)|mistak(?:e|en|enly)|do not use|not valid|unreliable|mislabel(?:l)?ed|swapped|"
    r"irrtum|irrtumlich|fehler|fehlerhaft|falsch|ungultig|erreur|errone|errore|errato|erro|errado|fout|foutief|"
    r"(?:another|different) patient|"
    r"(?<!not )(?<!if )discordant with (?:the )?(?:core|biopsy|excision|resection|f?ish|ihc|other)|blad|"
    r"bledny|incorrecto|incorrecta|erroneo|invalido|failed)\b|"
    # In general it is said of results, or with "may".
    r"(?<!no )(?<!not )(?<!of )(?<!avoid )(?<!avoid a )(?<!exclude )(?<!false[ -])\bfalse[- ](?:negative|positive)\b"
    r"(?! (?:(?:her-?2|ihc|f?ish) )*(?:results?|rates?|may|can|could|findings?)\b)"
)
_ONLY = (
    r"(?:only|solely|exclusively|nur|lediglich|ausschliesslich|solo|solamente|unicamente|uniquement|seulement"
    r"|exclusivement|soltanto|esclusivamente|apenas|somente|alleen|uitsluitend|endast|enbart|kun|bare|tylko|wylacznie"
    r"|pouze|jen|vain|ainoastaan|sadece|doar|numai)"
)
_NOT_INVASIVE = re.compile(
    rf"\b{_ONLY}\b[^.;]{{0,40}}\b(?:in[- ]situ|dcis)\b|\b(?:in[- ]situ|dcis)\b[^.;]{{0,30}}\b{_ONLY}\b|"
    # "Auswertung am DCIS".
    r"^(?:auswertung|bestimmung|bewertung|beurteilung|bestimmt|bewertet|evaluation|evalue\w{0,2}|lecture|valorad[oa]"
    r"|evaluad[oa]|valutat[oa]|avaliad[oa]|bepaald|beoordeeld|bedom[td]|vurderet|vurdert|oceniono|hodnoceno)"
    r" (?:am|an|im|des|sur|du|en|su|sul\w{0,2}|no|na|op|pa|w|v)(?: l')? ?(?:[^\s,]{1,15} ){0,2}(?:in[- ]situ|dcis)\b|"
    r"\bno (?:residual )?invasive\b|"
    r"(?:\b(?:score|scored|result|staining|applies|refers|performed)(?: [a-z]{1,10}){0,3}"
    r"|(?:\bthis|\d ?\+)(?: (?:score|result|stain(?:ing)?))? (?:is|was|represents|comes)"
    r"(?: (?:of|from|in|on|for|the|an?)){0,2})"
    r" (?:in[- ]situ|dcis)\b(?![^.;]{0,30}\b(?:not|excluded|ignored|disregarded)\b)"
)
"""Says that the score is not of the invasive tumor."""
_OF_ANOTHER = re.compile(
    r"^(?:her-?2(?:/neu)?[ :,-]{1,3})?(?:ihc[ :,-]{1,3})?(?:of |in |from )?(?:the |an? )?(?:"
    r"(?:dcis|(?:ductal )?carcinoma in situ|in[- ]situ)(?: (?:component|part|portion|carcinoma|areas?|only))?"
    r"|(?:positive |negative |external |internal |quality )?controls?(?: (?:slide|tissue|specimen|run|material))?"
    r"|xenograft|cell line(?: control)?|proficiency test(?:ing)?(?: sample)?|rejected specimen|specimen rejected"
    r"|(?:specimen )?unsatisfactory(?: specimen)?|specimen of another patient)$"
)
"""A sentence that does nothing but name another material."""
_REVIEW = re.compile(
    r"(?:(?:addendum|amendment)[ :,-]{1,3})?(?:on |by |after |at )?"
    r"(?:(?:central|second|expert|reference|consensus|repeat(?:ed)?)"
    r"(?: (?:lab(?:oratory)?|pathology|pathologist|ihc|her-?2))?"
    r" (?:review|opinion|read(?:ing)?|test(?:ing)?|evaluation|assessment|stain(?:ing)?)|re-?read|zweitbefund(?:ung)?"
    r"|referenzpathologie|segunda opinion|revision central|relecture|second avis|secondo parere|herbeoordeling"
    r"|correct(?:ed|ion)(?: (?:to|result|report|score))?|korrektur|korrigiert\w{0,2}(?: (?:befund|ergebnis|score))?"
    r"|berichtigt\w{0,2}(?: befund)?|rectifi\w{1,8}|correcci\w{1,3}|corregid[oa]|rettifica\w{0,2}|corrett[oa]"
    r"|correzione|retificac\w{1,3}|corrigid[oa]|correcao|correctie|gecorrigeerd|korekta|rattelse|rattat|rettelse|rettet"
    r"|korrigert|oikaisu|korjattu|oprava|corectat|corectie|duzeltme|исправлено)"
    r"(?: (?:is|was|result))?[ :=,-]{1,3}"
)
"""Begins a sentence that gives the result again, without the name of HER2: "central review: 0", "Korrektur: 1+"."""
_POSITIVE = frozenset({Her2Finding.POSITIVE, Her2Finding.IHC_3})
_EQUIVOCAL = frozenset({Her2Finding.EQUIVOCAL, Her2Finding.IHC_2})
_BOTH = frozenset({Her2Finding.POSITIVE, Her2Finding.NEGATIVE})
_NEGATIVE = frozenset(
    {
        *(Her2Finding.NEGATIVE, Her2Finding.IHC_0, Her2Finding.IHC_1),
        *(Her2Finding.LOW, Her2Finding.ULTRALOW, Her2Finding.NULL),
    }
)
# HL7 interpretation codes that are meaningful for HER2; "A", "N", "H" and "L" are laboratory flags.
_INTERPRETATIONS = {
    "POS": Her2Finding.POSITIVE,
    "NEG": Her2Finding.NEGATIVE,
    "ND": Her2Finding.NEGATIVE,
    "E": Her2Finding.EQUIVOCAL,
    "IND": Her2Finding.EQUIVOCAL,
}
# "HER2 3+ should be interpreted as negative".
_CALLED = re.compile(
    r"\b(?:interpreted|considered|regarded|read|treated|classified|reclassified|reported|called|scored)(?: as)?"
    r"(?: her-?2)?[ -](?:negative|(?P<positive>positive))\b"
)
_CELLS = re.compile(
    r"% of (?:the )?(?:(?:invasive|tumou?r|neoplastic|carcinoma|malignant|cancer) ){0,3}cells\b"
    r"|% (?:der|des|de|de las|de los|delle|das|van de|av|af|) ?(?:invasiven |vitalen )?"
    r"(?:tumorzellen|zellen|cellules|celulas|cellule|tumorcellen|cellen|komorek|tumorceller\w{0,2}|celler\w{0,2}|bunek)\b"
)
_STAINS = re.compile(
    r"\b(?:stain|intens|strong|complete|membran|express|positiv|reactiv|(?:an)?gefarbt|farb|anfarb|stark|kraftig"
    r"|vollstandig|marqu|complet|tinc|tenid|color|fuerte|forte|aankleur|sterk|barw|zabarw|siln|farg|farvn|farging)"
)
_NOT_OF_STAIN = frozenset({"other", "score", "legend", "ratio", "copies", "counted"})
# "Heterogeneous: 3+ in 60 %, 0 in 40 %".
_MIXED = re.compile(r"\bheterog|\w{3,12}heterog|\bmosai[ckq]|\bcluster(?:ed)? pattern")
_UNMIXED = re.compile(
    r"\b(?:no|not|without|kein\w{0,2}|ohne|nicht|pas|sans|sin|no|senza|non|sem|geen|niet|brak|bez|ingen|inga|ikke|ej)\b"
)
_A_FEW = re.compile(
    r"\b(?:rare|isolated|scattered|occasional|few|single|vereinzelt\w{0,2}|einzelne|wenige|aisladas|escasas|isolees"
    r"|quelques|rares|isolate|rare|poche|isoladas|raras|poucas|enkele|nieliczne|enstaka|enkelte) "
    r"(?:(?:tumou?r|cancer|neoplastic) )?(?:cells|zellen|tumorzellen|celulas|cellules|cellule|cellen|komorki|celler)\b"
)
_NONE_BUT = re.compile(rf"\b{_ONLY}\b")
_PARTS = re.compile(r"(?<![\w.,])(?:[0-3]\+|[0-3](?= ?(?:in|dans|en|i|w|bei|$|,|\))))")
_NEAR, _NEAREST, _LEVELS = 4, 3, 3
_ENDS = frozenset({"", "stop", "open", "close"})
_OF_NUMBER = frozenset({"comma", "dash", "number", "percent", "plus", "per-cell"})
_BOTH_SIDES = frozenset({"negative", "positive"})


def is_contradicted(
    remarks: Json,
    findings: tuple[Her2Finding, ...],
    limits: Her2Limits,
    meaning: Callable[[Coding], Her2Finding | None],
) -> bool:
    """Return whether the interpretation or a note of a result contradicts its value.

    ``meaning`` returns the finding of a code.
    """
    said = conclusion_of(findings)
    for _, concept in objects(remarks.get("interpretation")):
        for heard in _interpreted(concept, limits, meaning):
            if said is not None and _is_opposite(said, heard):
                return True
        written = text(concept.get("text"))
        if written and said is not Her2Finding.EQUIVOCAL and contradicts(written, findings, limits):
            return True
    notes = " ; ".join(notes_of(remarks))
    return any(
        contradicts(each, findings, limits) or _is_earlier_opposite(each, findings, limits) for each in pages_of(notes)
    )


def _is_earlier_opposite(notes: str, findings: tuple[Her2Finding, ...], limits: Her2Limits) -> bool:
    """Return whether the notes give an earlier specimen the opposite status, as two results on record would."""
    said = conclusion_of(findings)
    for each in of_earlier_specimens(notes[:_LONGEST]):
        reading = read_text(each, limits, "her2-interpretation")
        if not isinstance(reading, Stated):
            reading = read_text(f"her2 {each}", limits, "her2-interpretation")
        heard = conclusion_of(tuple(findings_of(reading))) if isinstance(reading, Stated) else None
        if said in _BOTH and heard in _BOTH and heard is not said:
            return True
    return False


def is_of_another_test(sentence: str, *, is_equivocal: bool) -> bool:
    """Return whether a sentence is about another marker, or about the ISH that an equivocal score waits for."""
    kinds = [each.kind for each in tokens(sentence)]
    return "other" in kinds or ("ish" in kinds and (is_equivocal or "not-done" in kinds or kinds[0] == "ish"))


def _interpreted(
    concept: Json, limits: Her2Limits, meaning: Callable[[Coding], Her2Finding | None]
) -> Iterable[Her2Finding]:
    for coding in codings(concept):
        by_code = _INTERPRETATIONS.get(coding.code.upper()) or meaning(coding)
        if by_code is not None:
            yield by_code
    written = text(concept.get("text"))
    if written:
        reading = read_text(written, limits, "her2-interpretation")
        if isinstance(reading, Stated):
            conclusion = conclusion_of(tuple(findings_of(reading)))
            if conclusion is not None:
                yield conclusion


def conclusion_of(findings: tuple[Her2Finding, ...]) -> Her2Finding | None:
    """Return the overall conclusion of the findings of one result."""
    if any(finding in _POSITIVE for finding in findings):
        return Her2Finding.POSITIVE
    if any(finding in _NEGATIVE for finding in findings):
        return Her2Finding.NEGATIVE
    return Her2Finding.EQUIVOCAL if any(finding in _EQUIVOCAL for finding in findings) else None


def _is_opposite(said: Her2Finding, heard: Her2Finding) -> bool:
    """Return whether an interpretation contradicts the value; 2+ may be called either way once ISH is known."""
    concluded = conclusion_of((heard,))
    return said is not Her2Finding.EQUIVOCAL and concluded is not None and concluded is not said


def contradicts(written: str, findings: tuple[Her2Finding, ...], limits: Her2Limits) -> bool:
    """Return whether a remark contradicts the HER2 finding, or says that the value is wrong."""
    whole = written[:_LONGEST]
    cut = of_this_result(whole)
    if Her2Finding.IHC_3 in findings:
        cut = "; ".join(each for each in SENTENCES.split(cut) if not _is_of_a_few(fold(each)))
    reading = read_text(cut, limits, "her2-interpretation")
    if isinstance(reading, Stated):
        return _differs(reading, findings)
    folded = fold(whole)
    if _WRONG.search(folded) or _NOT_INVASIVE.search(folded):
        return True
    if any(_is_mixed(fold(each)) for each in SENTENCES.split(whole)):
        return True
    if any(_OF_ANOTHER.match(fold(each).strip()) for each in SENTENCES.split(whole)):
        return True
    listed = tokens(cut)
    own = list(_not_of_others(listed))
    scores = {SCORES[int(token.value)] for token in own if token.kind == "score"} | set(_bare_scores(own))
    if len(scores) >= _LEVELS and (_defines(listed) or {each.value for each in listed} >= _BOTH_SIDES):
        # A key to the scores: "HER2 negative (0, 1+), equivocal (2+), positive (3+)".
        return False
    if any(_is_against(sentence, findings, limits) for sentence in SENTENCES.split(cut)):
        return True
    if scores and len(scores) < _LEVELS and not all(any(agree(own, each) for own in findings) for each in scores):
        return True
    named = (
        listed[at + 1 : at + 1 + _NEAR]
        for at, each in enumerate(listed)
        if each.kind == "name" or (each.kind == "ish" and each.value is None)
    )
    if any(_says_otherwise(after, findings) for after in named):
        return True
    # An amplification is never another marker's.
    genes = [each for each in listed if each.kind == "says" and each.value in ("amplified", "not-amplified")]
    return bool(genes) and all(_says_otherwise([each], findings) for each in genes)


def _is_of_a_few(folded: str) -> bool:
    """Return whether a folded sentence gives a few cells a lower score, as most tumors have: "rare cells with 2+"."""
    return _A_FEW.search(folded) is not None and "3+" not in folded and _NONE_BUT.search(folded) is None


def _is_mixed(folded: str) -> bool:
    """Return whether a folded sentence says how the staining differs from part to part."""
    mixed = _MIXED.search(folded)
    return mixed is not None and not _UNMIXED.search(folded[: mixed.start()]) and len(_PARTS.findall(folded)) > 1


def _is_against(sentence: str, findings: tuple[Her2Finding, ...], limits: Her2Limits) -> bool:
    """Return whether a sentence amid others that are not understood contradicts the finding."""
    if (review := _REVIEW.match(fold(sentence).strip())) is not None:
        sentence = review.string[review.end() :]
        reading = read_text(sentence, limits, "her2-interpretation")
        if isinstance(reading, Stated):
            return _differs(reading, findings)
    listed = tokens(sentence)
    if not any(each.kind == "name" for each in listed):
        return Her2Finding.IHC_3 in findings and _is_of_few_cells(sentence, listed, limits)
    reading = read_text(sentence, limits, "her2-interpretation")
    if isinstance(reading, Stated):
        return _differs(reading, findings)
    called = _CALLED.search(fold(sentence))
    if called is None or any(each.kind == "other" for each in listed):
        return False
    heard = Her2Finding.POSITIVE if called["positive"] else Her2Finding.NEGATIVE
    said = conclusion_of(findings)
    return said is not None and _is_opposite(said, heard)


def _is_of_few_cells(sentence: str, listed: list[Token], limits: Her2Limits) -> bool:
    """Return whether a sentence says that few cells stain, which is no 3+: "staining in only 5 % of tumor cells"."""
    folded = fold(sentence)
    if not (_CELLS.search(folded) and _STAINS.search(folded)):
        return False
    if any(each.kind in _NOT_OF_STAIN or (each.kind == "says" and each.value != "positive") for each in listed):
        return False
    shares: list[Interval] = []
    cursor = Cursor(listed)
    while cursor.at < len(listed):
        share = cursor.share() if listed[cursor.at].kind in ("number", "bound") else None
        if share is None:
            cursor.at += 1
        else:
            shares.append(share)
    return bool(shares) and all(limits.is_more_than_few(share) is False for share in shares)


def _differs(reading: Stated, findings: tuple[Her2Finding, ...]) -> bool:
    """Return whether what a text states is not what was found."""
    if _EQUIVOCAL.issuperset(findings) and reading.ihc is None and reading.overall is None:
        # ISH decides an equivocal score either way.
        return reading.conflict
    return reading.conflict or not any(agree(own, stated) for own in findings for stated in findings_of(reading))


def _defines(listed: list[Token]) -> bool:
    """Return whether several scores are explained: "1+ = faint staining; 2+ = moderate staining; 3+ = …"."""
    return sum(one.kind == "score" and other.written == "=" for one, other in pairwise(listed)) >= _LEVELS


def _not_of_others(listed: list[Token]) -> Iterator[Token]:
    """Yield the tokens that do not stand behind another marker."""
    about_other = False
    for token in listed:
        about_other = token.kind == "other" or (about_other and token.kind not in ("name", "ish", "ihc"))
        if not about_other:
            yield token


def _bare_scores(listed: list[Token]) -> Iterator[Her2Finding]:
    """Yield the scores without a plus behind the word: "score 0", and not "score 0-3"."""
    for before, token, behind in zip(listed, listed[1:], [*listed[2:], None], strict=False):
        is_score = before.kind == "score-word" and token.kind == "number" and token.written in ("0", "1", "2", "3")
        if is_score and (behind is None or behind.kind not in _OF_NUMBER):
            yield SCORES[int(token.written)]


def _says_otherwise(after: list[Token], findings: tuple[Her2Finding, ...]) -> bool:
    """Return whether the words after the name of HER2 give it another status."""
    said = conclusion_of(findings)
    for at, token in enumerate(after[:_NEAREST]):
        if token.kind == "other":
            return False
        follows = after[at + 1].kind if at + 1 < len(after) else ""
        is_scored = at > 0 and after[at - 1].kind == "score-word" and follows not in _OF_NUMBER
        if token.kind == "number" and token.written == "0" and (is_scored or follows in _ENDS):
            return said is Her2Finding.POSITIVE
        if token.kind == "says" and token.value in ("positive", "amplified", "negative", "not-amplified"):
            heard = Her2Finding.POSITIVE if token.value in ("positive", "amplified") else Her2Finding.NEGATIVE
            return said is not None and _is_opposite(said, heard)
    return False
