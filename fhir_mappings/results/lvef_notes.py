"""What the notes and the interpretation of an ejection fraction say against its value: a lower one, or "reduced"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.knowledge.schema import About
from cards.values.intervals import Bound
from fhir_mappings.results.lvef_texts import (
    LvefStated,
    descriptions_in,
    fractions_in,
    named_descriptions_in,
    read_lvef_text,
)
from fhir_mappings.results.named_lvef import LVEF_IN_NOTES
from fhir_mappings.results.result_notes import remarks, sentences
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.note_statements import note_statement_reader

if TYPE_CHECKING:
    from decimal import Decimal

    from cards.knowledge.schema import Terminology
    from fhir_mappings.wire.lenient import Json

_SHOWN = 60
FUNCTION = re.compile(
    rf"{LVEF_IN_NOTES.pattern}"
    r"|\b(?:(?:lv|left ventricular|linksventrikul\w{1,5}|systolic|systolische)[ -]){1,2}(?:pump)?funk?[ct]tion\b"
    r"|\b(?:funcion|funcao|fonction|funzione|disfuncion|disfuncao|disfunzione|dysfonction) (?:sistolica|systolique)\b"
)
# Begins another measurement of the ejection fraction that a note gives without its name.
_MEASURED_AGAIN = re.compile(
    r"\b(?:repeat\w*|re-?measur\w*|re-?check\w*|re-?calculat\w*|over-?read|re-?read|nachmess\w*|kontrollmess\w*"
    r"|korrekt\w*|korrig\w*|relecture|en realite|en realidad|rectif\w*|revis\w*|corre[cz]\w*|rettif\w*"
    r"|herbeoordel\w*|gecorrigeer\w*|korekt\w*|ratt\w{3,7}|rettet|rettelse|oprav\w*|[34] ?d|simpson\w*|biplan\w*"
    r"|visuell\w*|visual\w*|visuel\w*|muga|cmr|mrt|mri|irm|rmn?|eftergransk\w*|gennemgang"
    r"|(?:second |2nd |zweit)?(?:reader|befunder\w{0,2}|lector|lecteur|lettore|leitor)(?: ?[2b])?)\b"
)
# "Um 20 % abgefallen", "en baisse de 15 points".
_FALLEN = (
    r"(?:abgefallen|gefallen|gesunken|reduziert|vermindert|abfall|decreased?|declined?|dropped|fallen|drop|fall|baisse"
    r"|diminue\w?|diminution|chute|descenso|caida|disminuid[oa]|calo|ridott[oa]|riduzione|queda|reducao|daling|gedaald"
    r"|spadek|obnizona|sjunkit|sankning|faldet|fald|falt|laskenut|pokles\w?|scadere)"
)
_BY = r"(?:um|by|of|de|del|di|met|o|med|von|van)"
_POINTS = r" ?(?:%|(?:percentage )?points?|prozentpunkte?|punkte?|puntos?|punti|pontos?|punten|punktow|enheter)"
_FALL = re.compile(
    rf"\b{_BY} (?P<by>\d{{1,2}}){_POINTS}.{{0,20}}\b{_FALLEN}\b"
    rf"|\b{_FALLEN} (?:\S{{1,15}} ){{0,4}}?{_BY} (?P<of>\d{{1,2}}){_POINTS}"
)
_DIGIT = re.compile(r"\d")
_DENIAL = re.compile(
    r"\b(?:nicht|kein\w{0,2}|not|no|without|ohne|pas|sans|sin|non|nao|sem|senza|niet|geen|nie|bez|inte|ej|utan|ikke|uten"
    r"|uden|ei|ne|neni|nu|fara|degil|не|без)\b"
)


class LvefNotes:
    """Reads what stands beside ejection fractions; one reader serves every request."""

    def __init__(self, terminology: Terminology) -> None:
        """Keep what is known of ejection fractions in words."""
        self._known = terminology.lvef_in_words
        self._statements = note_statement_reader(terminology.note_statements)

    def other_fraction(self, value: Decimal, holder: Json) -> str:
        """Return the sentence of a note or an interpretation with a lower ejection fraction; empty without one.

        It counts where a label may act on it, or where it calls a higher value reduced.
        """
        for sentence in sentences(remarks(holder)):
            folded = fold(sentence)
            is_named = LVEF_IN_NOTES.search(folded) is not None
            if self._gives_lower(value, sentence, folded, is_named=is_named):
                return sentence[:_SHOWN]
            is_named = is_named or FUNCTION.search(folded) is not None
            if self._calls_reduced(value, sentence, folded, is_named=is_named):
                return sentence[:_SHOWN]
        return ""

    def _gives_lower(self, value: Decimal, sentence: str, folded: str, *, is_named: bool) -> bool:
        """Return whether a sentence has a lower fraction, or a fall, on which a label may act."""
        known = self._known
        has_percent = "%" in sentence
        found = read_lvef_text(sentence, known) if has_percent or is_named else None
        if isinstance(found, LvefStated):
            if found.bound in (Bound.BELOW, Bound.AT_MOST):
                return found.value <= value
            return found.bound is Bound.EXACT and self._matters(value, found.value, found.upper)
        if has_percent and (is_named or _MEASURED_AGAIN.search(folded)):
            # The sentence is not understood.
            lower = fractions_in(sentence)
            is_restated = value in lower and not _DENIAL.search(folded)
            if not is_restated and any(known.widest < each and self._matters(value, each) for each in lower):
                return True
        fall = _FALL.search(folded) if is_named else None
        if fall is not None and int(fall["by"] or fall["of"]) >= known.told_from:
            return True
        return not has_percent and self._statements.says(folded, About.LVEF, value=value)

    def _calls_reduced(self, value: Decimal, sentence: str, folded: str, *, is_named: bool) -> bool:
        """Return whether a sentence calls the ejection fraction reduced, though the value is higher."""
        known = self._known
        called = descriptions_in(sentence)
        if is_named and not called and not _DIGIT.search(folded) and not _DENIAL.search(folded):
            called = named_descriptions_in(sentence)
        is_severe = "severe" in called and value > known.severe.highest
        is_reduced = ("reduced" in called and is_named) or self._statements.says(folded, About.LVEF_NORMAL)
        return is_severe or (is_reduced and value > known.reduced.highest)

    def _matters(self, value: Decimal, other: Decimal, upper: Decimal | None = None) -> bool:
        """Return whether a label may act on an ejection fraction below the value: it is not normal, or much lower."""
        known = self._known
        fall = value - (upper or other)
        return fall > 0 and (other < known.normal.lowest or fall >= known.told_from)
