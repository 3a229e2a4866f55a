"""Leaves out of a HER2 text what is not about this result: a laboratory's policy, a condition, an earlier specimen.

Of a value only whole sentences of known words are left out: "HER2 2+ cases are reflexed to ISH". Of a remark, which
counts only where it contradicts the value, also what stands under a condition, is said of patients or results in
general, or is said of an earlier specimen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fhir_mappings.wire.folding import SENTENCES, fold

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = r"(?:her-?2|c?-?erb-?b-?2)"
_STATUS = r"(?:negativ\w{0,4}|positiv\w{0,4}|equivocal\w{0,2}|amplified|[0-3] ?\+)"
_CASES = r"(?:cases|specimens|samples|results|tumou?rs|scores|patients|cancers|women)"
_ISH = r"(?:f?ish|cish|sish|d-?ish|ddish|(?:fluorescence )?in situ hybridi[sz]ation)"
_SAID = (
    r"(?:equivocal|negative|positive|indeterminate|\(?[0-3] ?\+\)?|0|her-?2(?:/neu)?|ihc|immunohistochemistry|status"
    r"|score[sd]?|results?|of|as|with|an?|and|or|by|/)"
)
_POLICY = re.compile(
    rf"(?:^|(?<=[.;\n]))\s*(?:(?:all|any) )?(?:{_SAID}[ -]){{0,6}}{_CASES} (?:{_SAID} ){{0,8}}(?:are|will be) "
    r"(?:(?:automatically|routinely|always|reflexively) )?"
    r"(?:reflexed|reflex tested|sent|sent out|submitted|referred|tested|confirmed|evaluated) (?:(?:to|for|by|with) )?"
    rf"(?:(?:reflex|confirmatory) )?(?:her-?2 )?(?:{_ISH}|testing|confirmation)(?: (?:testing|analysis|studies))?"
    r"(?: (?:as )?(?:per|according to|by) (?:(?:our|the|current|asco ?/ ?cap) )?"
    r"(?:(?:laboratory|lab|institutional|departmental) )?(?:policy|protocol|guidelines?))? ?(?=[.;\n]|$)",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"(?:^|(?<=[.;\n]))\s*scores of [0-3]\+?(?: ?(?:and|or|to|,|-) ?[0-3]\+?){0,2} are "
    r"(?:considered|regarded as|reported as|interpreted as|classified as|defined as) "
    r"(?:negative|positive|equivocal) ?(?=[.;\n]|$)",
    re.IGNORECASE,
)
_TURNS_ON = rf"(?: [\w'/-]+){{0,5}}? (?:{_NAME}|{_STATUS}|{_ISH})"
_BRACKETS = r"[^,(]*(?:\([^)]*\)[^,(]*)*"
# A sentence that begins with a condition is hypothetical as a whole; behind one in its middle, up to a comma.
_CONDITION = re.compile(
    r"^(?:if|should(?! (?:be|read|have)\b)|when|whenever|provided that|in case(?: of| that)?|in the event (?:of|that)"
    r"|wenn|falls|sofern|sollte(?= (?:der|die|das|sich|her-?2))|indien|als|jesli|jezeli|hvis|om"
    r"|en cas de|en caso de(?: que)?|in caso di"
    r"|em caso de|si"
    rf"|se(?= (?:l'|(?:il|lo|la|o|a|her-?2|negativ\w*|positiv\w*|risultato|score|ihc)\b))){_TURNS_ON}.*"
    rf"|\b(?:if|unless|provided that|in case(?: of| that)?|in the event (?:of|that)){_TURNS_ON}{_BRACKETS}"
)
_DOES = (
    r"(?:reflex\w*|sent|submitted|referred|forwarded|re-?tested|tested|confirmed|reviewed|eligible|candidates?|treated"
    r"|benefit|undergo|require\w*|need|repeated|recommended|respond|qualify|considered)"
)
_VERB = r"(?:are|will be|should|must|may|can|require|need|undergo|qualify|respond|benefit)"
_IN_GENERAL = re.compile(
    rf"^(?:per [^,]{{1,40}}, )?(?:\S+ ){{0,5}}?(?:\S{{0,20}}{_STATUS}\S{{0,20}} (?:\S+ ){{0,3}}?{_CASES}"
    rf"|{_CASES} (?:with|of|scored|that are) (?:\S+ ){{0,4}}?\S{{0,20}}{_STATUS}\S{{0,20}}(?: \S+){{0,3}}?)"
    rf" {_VERB}\b(?!.*{_STATUS})(?:.*\b{_DOES}\b|(?<=require)|(?<=need))"
    rf"|^(?:\S+ )?(?:{_CASES} (?:with|of|scored) (?:\S+ ){{0,4}}?\S{{0,20}}{_STATUS}\S{{0,20}}(?: \S+){{0,3}}?"
    rf"|(?:\S+ ){{0,3}}?\S{{0,20}}{_STATUS}\S{{0,20}} (?:\S+ ){{0,3}}?{_CASES}) are "
    r"(?:called|named|considered|(?:classified|regarded|reported|interpreted|defined) as)\b"
    r"|\b(?:is|are) defined (?:as|by)\b"
    r"|^(?:an?|any) (?:\S+ ){0,4}?(?:result|score|status|test)\b"
    r".*\b(?:predicts?|does not|indicates?|means|is associated)\b"
    r"|^(?:an?|any) (?:ihc |her-?2 )*(?:score|result) of \S+(?: \S+){0,3}? "
    r"(?:would|should|must|requires|needs|triggers)\b"
)
# "Los casos 2+ se envían a FISH", "vid 2+ utförs ISH".
_ABROAD = re.compile(
    r"^(?:\w{4,9}: )?(?:(?:los|i|les|os|alle|de|die) )?"
    r"(?:casos|casi|cas|falle|gevallen|przypadki|fall|tilfaelde|tilfeller|pripady|cazurile)\b"
    r".{0,20}? [0-3] ?\+ (?!.*\b[0-3] ?\+)"
    r"|^(?:bei|bij|vid|ved|w przypadku|przy|pri|en cas de|en caso de|em caso de|in caso di)"
    r" (?:(?:einem|een|en|et|un|um) )?"
    r"(?:ihc[- ]|her-?2[- ])?(?:score |scor |skor |escore |resultat |wyniku )?[0-3] ?\+"
)
_FALSE = re.compile(r"\bfalse(?:ly)?[- ](?:negative|positive)s?\b")
_EARLIER = re.compile(
    r"^(?:(?:the|an?|her|his|in|im|en|nel|la|le|el|il|o|a|der|die|das|den|dem|de|het|patient's|i|w|v) ){0,2}(?:"
    r"(?:prior|previous|earlier|vorherige\w*|fruhere\w*|vorige|eerdere?|poprzedni\w*|tidigare|tidligere|forrige"
    r"|aiemm\w*|aikaisem\w*|predchozi\w*|onceki)"
    r"(?! to\b)(?: \S+){0,3}? ?(?:specimen|biops\w*|core|result|report|status|score|sample|resection|excision"
    rf"|study|studie|test|pathology|tumou?r|wynik\w*|befund\w*|prove|{_NAME}|[:=])"
    r"|vorbefund\w*|voruntersuchung|previously (?:reported|scored|called|known|her-?2|\(|[0-3] ?\+)"
    r"|(?:\w+ ){0,2}(?:previ[oa]|anterior|anterieure?|precedente?)\b)"
)
_NOW = re.compile(
    r"\b(?:current(?:ly)?|now|today|this (?:specimen|biopsy|sample|time|excision|resection)|present (?:specimen|biopsy)"
    r"|aktuell\w*|jetzt|actual\w*|actuel\w*|attual\w*|atual\w*|huidig\w*|obecn\w*|nuvarande|navaerende"
    r"|on (?:re-?)?review)\b"
)
# "Previous report corrected: HER2 negative", "unclear if HER2 is negative".
_CHANGED = re.compile(
    r"\b(?:correct|amend|revis|chang|updat|replac|supersed|korrig|bericht|geander|rettif|rectif|corrig)"
)
_ASKED = re.compile(
    r"\b(?:unclear|uncertain|unknown|unsure|sure|doubt\w*|question\w*|checks?|verify|confirm|determine)\b"
)
_HERE = re.compile(
    rf"\b(?:(?:this|these) (?:case|patient|woman|tumou?r|cancer|specimen|sample|result|score|biopsy|{_CASES})|here"
    r"|the (?:present|current|patient))\b"
)
_SHORT = 40
_DATED = re.compile(
    r"^(?: ?\([^()]{0,30}\))?(?:[ (,:]|(?:from|of|in|vom|von|aus|de|du|del|van|z|av|fra)\b"
    r"|\d{1,4}[./-]?)*\)?[ :,-]*(?![+%])"
)
"""The date of an earlier specimen, behind its name."""


def without_policies(written: str) -> str:
    """Leave out the sentences of known words that say what a laboratory does with its cases, or how it names scores."""
    if " are " not in written and " will be " not in written:
        return written
    return _KEY.sub(" ", _POLICY.sub(" ", written))


def of_this_result(remark: str) -> str:
    """Return a remark without what it says under a condition, in general, or of an earlier specimen.

    The caller has limited its length. A remark of which nothing is left out is returned as it is.
    """
    sentences = SENTENCES.split(remark)
    kept = [_kept(sentence) for sentence in sentences]
    return " ; ".join(kept) if kept != sentences else remark


def of_earlier_specimens(remark: str) -> Iterator[str]:
    """Yield what a remark says of earlier specimens, without their name and date; the caller has limited its length."""
    for sentence in SENTENCES.split(remark):
        folded = fold(sentence).strip()
        earlier = _EARLIER.match(folded)
        if earlier is not None and not _CHANGED.search(folded):
            now = _NOW.search(folded, earlier.end())
            yield _DATED.sub("", folded[earlier.end() : now.start() if now is not None else None])


def _kept(sentence: str) -> str:
    folded = fold(sentence)
    if (_IN_GENERAL.search(folded) or _ABROAD.search(folded.strip())) and not _HERE.search(folded):
        return ""
    left = _FALSE.sub(" ? ", folded if _ASKED.search(folded) else _CONDITION.sub(" ", folded))
    if (earlier := _EARLIER.match(left)) is not None and not _CHANGED.search(left):
        left = left[_end_of_earlier(left, earlier.end()) :]
    return sentence if left == folded else left


def _end_of_earlier(sentence: str, named: int) -> int:
    """Return where a sentence about an earlier specimen comes to this one, if it does.

    A list behind a colon is all of that specimen; else it ends at a comma.
    """
    if (now := _NOW.search(sentence, named)) is not None:
        return now.start()
    comma = sentence.find(",", named)
    return comma if comma >= 0 and ":" not in sentence[:comma][: named + _SHORT] else len(sentence)
