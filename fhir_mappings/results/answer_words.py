"""The answers of a yes-or-no test in the languages that laboratories write, every word of them accounted for."""

from __future__ import annotations

import re

from fhir_mappings.wire.phrases import Phrases, words_of

_LONGEST = 120
"""Longer than any plain answer; a longer text is a narrative."""
_YES = """
positive | pos | detected | present | pregnant | reactive | weakly positive | weak positive | strongly positive
positiv | schwach positiv | positivo | positiva | debil positivo | positif | positive faible | positief | dodatni
dodatnia
pozytywny | pozitivni | pozitif | nachgewiesen | detectado | detectada | detecte | rilevato | schwanger | embarazada
enceinte | incinta | gravida | zwanger | положительный | положительно | (+) | + | ++ | +++ | positiivinen | positivt
pozitiv | pozitivny | pozitywna | dodatnie | faint positive | positive for pregnancy | positive for hcg | 陽性 | 阳性
양성
"""
_NO = """
negative | neg | not detected | none detected | absent | not pregnant | non reactive | nonreactive | negativ | negativo
negativa | negatif | negatief | ujemny | ujemna | negatywny | negativni | nicht nachgewiesen | nicht nachweisbar
no detectado | no detectada | non detecte | non rilevato | nao detectado | niet aantoonbaar | nie wykryto
nicht schwanger | no embarazada | pas enceinte | отрицательный | отрицательно | (-) | - | negatiivinen | negativny
negatywna | ujemne | negative for pregnancy | negative for hcg | 陰性 | 阴性 | 음성
"""
_NAMES = """
hcg | beta hcg | b hcg | bhcg | ß hcg | β hcg | hcg beta | quant | quantitative | quantitativ | total | intact | level
hcg ß | hcg β | serum hcg | choriogonadotropin
urine | serum | blood | qual | qualitative | pregnancy test | pregnancy | test
result | upt | poc | upreg | schwangerschaftstest | urin | test de embarazo | prueba de embarazo | test di gravidanza
internal control valid | internal control ok | procedural control valid | internal qc valid | internal qc ok | qc ok
internal control : valid | internal control : ok | internal control : pass | internal qc : valid | internal qc : ok
control : valid | control : ok | qc : valid | qc : ok | qc : pass | internal control passed | control passed
qc valid | qc pass | control valid | controls valid | test de grossesse | teste de gravidez
ur | ql | qn | serpl | ser | pl
zwangerschapstest | test ciazowy | preg | preg test | screen | poct | preg u | u preg | u hcg | : | = | . | , | ( | )
"""
"""What names the test, or says that it worked, and answers nothing."""
_CUT_OFF = re.compile(r"\(? ?([<>])=? ?\d{1,3}(?:[.,]\d)? ?m?\[?(?:iu|ui|ie|u)\]? ?/ ?m?l\b ?\)?", re.IGNORECASE)
"""The limit of the test beside its answer: "Negative (< 5 mIU/mL)"."""
_ANSWERS = Phrases((("name", None, _NAMES), ("says", False, _NO), ("says", True, _YES)))


def names_test(written: str) -> bool:
    """Return whether a text is nothing but the name of the test."""
    words = words_of(written[:_LONGEST])
    at = 0
    while at < len(words):
        found = _ANSWERS.longest(words, at)
        if found is None or found[0][0] != "name":
            return False
        _, at = found
    return bool(words)


def answered(written: str) -> bool | None:
    """Return whether a text answers yes or no; nothing where a word is not known, or where it says both."""
    if len(written) > _LONGEST:
        return None
    # A dash between blanks joins two parts; alone or in brackets it is an answer.
    words = words_of(_CUT_OFF.sub(" ", written.replace(" - ", " : ")))
    said: set[bool] = set()
    at = 0
    while at < len(words):
        found = _ANSWERS.longest(words, at)
        if found is None:
            return None
        (kind, value), at = found
        if kind == "says":
            said.add(value)
    by_limit = {side == ">" for side in _CUT_OFF.findall(written)}
    # A limit may stand beside an answer; it is not an answer itself.
    return said.pop() if len(said) == 1 and by_limit <= said else None
