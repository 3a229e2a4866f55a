"""What instructions say of the dose without an amount: "dose level -1", "loading dose", "half dose", "cycle 15"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.facts.order import DoseRemark, RemarkKind
from cards.identification.folding import fold
from cards.values.text_cache import cached_by_text
from cards.values.texts import LONGEST
from fhir_mappings.medications.order_remarks import remarks_on_order
from fhir_mappings.medications.patient_remarks import remarks_on_patient

if TYPE_CHECKING:
    from collections.abc import Iterable

_DOSE = r"(?:dose|dosis|dosage)"
_LESS = r"(?:reduced|lowered|decreased|reduziert)"
_REDUCED = r"(?:reducida|reduite|ridotta|reduzida|verlaagd|zmniejszona|dimezzata|diminuita|diminuida|diminuee|abaissee)"
_MORE = (
    r"(?:increased|raised|escalated|doubled|tripled|erhoht|verdoppelt|verdreifacht|duplicada|triplicada|doublee|triplee"
    r"|raddoppiata|triplicata|dobrada|verdubbeld|verdrievoudigd|podwojona|potrojona)"
)
# A dose without its unit: "lower the dose to 210".
_LOWER = r"(?:lower|reduce|decrease|drop|cut)"
_ALONE = r"\d{2,4}(?:[.,]\d)?(?![\d.,]*[^\W_]| ?[%/]| [a-z])"
_PERCENT = r"(?:%|per ?cento?\b|pct\b|prozent\b|por ?ci?ento\b|pour ?cent\b)"
_RAISE = r"(?:increas\w{1,3}|rais\w{1,3}|escalat\w{1,3}|erhoh\w{1,4}|aument\w{1,5}|augment\w{1,5})"
# "1.25 x", "0.8 times the dose": not of a limit, and not a power of ten.
_TIMES = rf"(?: ?x|-?fold| times)\b(?! ?(?:uln|lln|10|\d))(?: the)?(?: usual| full)?(?: {_DOSE})?"
_SAID = {
    RemarkKind.REDUCED: re.compile(
        rf"\b(?:{_DOSE} level|dl) ?(?:-|minus) ?[1-3]\b|\b{_DOSE} (?:was |is |has been )?{_LESS}\b|\b{_LESS} {_DOSE}\b"
        rf"|\A ?(?:{_LESS}|{_LOWER}) (?:by )?\d{{1,2}} ?{_PERCENT}|\b{_DOSE} reduction\b"
        rf"|\b(?:reduzierte|verringerte|verminderte|halbierte) {_DOSE}\b|\b{_DOSE} {_REDUCED}\b"
        rf"|\A\W*(?:{_LESS}|{_REDUCED}|half|halved|halbiert)\W*\Z"
        rf"|\breduce(?: the)? {_DOSE}\b|\bdosisreduktion\b"
        rf"|\b(?:reduccion|reduction|riduzione|reducao|reduktion|cut|decrease|lower|reduce) (?:(?:the )?{_DOSE} )?"
        rf"(?:de|del|di|um|by|von) \d{{1,2}} ?{_PERCENT}"
        rf"|\b(?:reduire|reduite?|ridurre|ridott[ao]|reducir|reducid[ao]|reduzir|reduzid[ao]|reduzieren|reduziert|verlagen"
        rf"|verlaagd) (?:(?:la |die )?{_DOSE} )?(?:de|del|um|en un|em|met|di) \d{{1,2}} ?{_PERCENT}"
        rf"|\b{_DOSE} (?:halbieren|halbiert|halveren|gehalveerd)\b|\b(?:reducir|bajar) (?:{_DOSE} )?a la mitad\b"
        rf"|\b(?:halbier\w{{1,3}}|dimezzar\w) (?:die |la )?{_DOSE}\b|\breduire (?:la )?{_DOSE} de moitie\b"
        rf"|\b(?:halve|demi|mezza|meia|polow\w)[ -]{_DOSE}\b"
        rf"|\b(?:half|halb\w|media|(?:three|3) quarters?|two thirds|[123] ?[/\u2044] ?[234])(?: of)?(?: the)? {_DOSE}\b"
        r"|\b(?:reduce|decrease|lower|drop)[ds]? (?:by |down )?(?:1|one|2|two|a) (?:dose )?levels?\b"
        r"|\blevel ?(?:-|minus) ?[1-3]\b|(?<![\d.])(?:-|minus) ?[1-3] (?:dl|(?:dose )?levels?)\b"
        rf"|(?:\u2193 ?(?:{_DOSE} ?)?(?:by )?\d{{1,2}} ?{_PERCENT}|\d{{1,2}} ?{_PERCENT} ?(?:{_DOSE} ?)?\u2193)"
        r"|\b(?:1|one|2|two|a) (?:dose )?levels? (?:down|lower|less|below)\b"
        r"|\b(?:bajar|bajad[oa]|reducir|reducid[oa]|baisser|baissee?|diminuer|descendre|scendere|ridurre|ridott[oa]|abbassare|descer"
        rf"|baixar|reduzir|reduzid[oa])(?: (?:la|a))?(?: {_DOSE})?(?: (?:de|di|em|d'|en))? ?(?:un|um|une|uma)"
        r" (?:nivel|niveau|palier|livello)\b"
        rf"|\b(?:{_DOSE} )?um (?:eine|1) (?:dosis)?stufe (?:ge)?(?:senk|reduzier|verringer)\w{{1,2}}\b"
        r"|\bhalf (?:now|today)\b|\b(?:level [1-3]|first|second|third) (?:dose )?reduction\b"
        rf"|\b{_LOWER}(?: the)? {_DOSE}(?: down)? to {_ALONE}|(?:\A|[.:] )(?:please )?{_LOWER} to {_ALONE}"
        rf"|\b{_DOSE} auf \d{{2,4}}(?:[.,]\d)? (?:senken|gesenkt|reduzieren|reduziert)\b"
        rf"|\b(?:bajar|reducir|reduire|ridurre|reduzir)(?: (?:la|a))? {_DOSE} ad? {_ALONE}"
        rf"|(?<![\d/+\u00b1])(?<![\d/+\u00b1] )(?:-|\b(?:minus|less|weniger|menos|moins)) ?[1-7]\d ?{_PERCENT}"
        rf"|\b[1-7]\d ?{_PERCENT} (?:less|lower|weniger|menos|moins)\b"
        rf"|(?<![\d.,])0[.,][3-9]\d?{_TIMES}"
    ),
    RemarkKind.RAISED: re.compile(
        rf"\b(?:verdoppelte|doppelte|dreifache|erhohte) {_DOSE}\b|\b{_DOSE} (?:doble|triple|doppia|tripla|dupla)\b"
        r"|\bdosi doppie\b"
        rf"|\b[23] ?x {_DOSE}\b|\b{_DOSE} ?x ?[23] (?:today|now|heute|hoy|oggi|hoje)\b|\A\W*(?:doubled?|x ?2|2 ?x)\W*\Z"
        rf"|\b{_DOSE} (?:was |is |has been )?{_MORE}\b|\b{_MORE} {_DOSE}\b"
        rf"|\b(?:increase|double|triple|tripler|triplicare?)(?: (?:the|la))? {_DOSE}\b"
        rf"|\b(?:give|administer|infuse) (?:a )?double\b(?! ?-?(?:check|lumen|bag|glov|line))"
        rf"|(?<![\d.,<>=/-])(?:10[1-9]|1[1-9]\d|[23]\d\d)(?:[.,]\d)? ?{_PERCENT}(?: of (?:the )?{_DOSE}\b)?"
        rf"|(?<![\w/])\+ ?\d{{1,3}} ?{_PERCENT}|\b{_RAISE}(?: \w{{1,12}}){{0,2}} \d{{1,3}} ?{_PERCENT}"
        rf"|\b\d{{1,3}} ?{_PERCENT}(?: {_DOSE})? (?:{_RAISE}|higher|more|hoher|mas)\b|(?<![\d.,])1[.,][1-9]\d?{_TIMES}"
    ),
    RemarkKind.LOADING: re.compile(
        r"\bloading dose\b|\bdosis de carga\b|\bdose de (?:charge|ataque)\b|\bdose di carico\b"
        r"|\b(?:lade|aufsattigungs|oplaad)dosis\b|\bdawka nasycajaca\b"
    ),
    RemarkKind.MAINTENANCE: re.compile(
        r"\bmaintenance dose\b|\bmaintenance:? \d|\bmaintenance\Z"
        r"|\bdosis de mantenimiento\b|\bdose d'entretien\b|\berhaltungsdosis\b"
        r"|\bdose di mantenimento\b|\bdose de manutencao\b|\bonderhoudsdosis\b|\bdawka podtrzymujaca\b"
    ),
}
_CUES = re.compile(
    rf"dos[ei]|\bdouble|{_LOWER} to|\bdl\b|level|nivel|niveau|palier|livello|stufe|\u2193|maintenance"
    rf"|\bhal[fb]|reduc|reduit|ridott|diminui|x ?2\b|\b2 ?x|reduction|\d ?{_PERCENT}"
    r"|\d(?: ?x|-?fold| times)\b"
)
# A percentage that is neither of a solution, nor of a result, a tolerance or a rate may be a share of the dose.
_SHARE = re.compile(rf"(?<![\d.,<>=/-])(?<![<>=-] )[3-9]\d(?:[.,]\d)? ?{_PERCENT}")
_NOT_OF_DOSE = re.compile(
    r"\b(?:nacl|ns|saline|dextrose|glucose|sodium|chloride|solution|alcohol|ethanol|rate|speed|spo2|sao2|sats?"
    r"|saturation|o2|oxygen|lvef|ef|muga|echo|ejection|fevi|within|tolerance|band\w{0,3}|round\w{0,3}|hematocrit|hct"
    r"|risk|chance|cells?|ki-?67|her2|positiv\w{0,2}|ideal|ibw|weight|infused|infuse|first|remaining|baseline|uln"
    r"|predicted|max"
    r"|maximum|up to|at least|fall|drop|if|weight|pneumonitis|response|neut\w{0,8}|lymph\w{0,6}|mono\w{0,5}"
    r"|eos\w{0,8}|blasts?|retic\w{0,9}|hba1c|fev1?|dlco|kps|karnofsky|pps|ecog|variance|waste|loss|gain|tumou?r|bmi"
    r"|humidity)\b|\u00b1"
)
# What may be done later or was done before, what a protocol says in general, and another drug's dose.
_NOT_NOW = re.compile(
    r"\b(?:if|when|unless|until|should|consider|may|in case|bei|wenn|falls|si|en caso|se|no|not|without|never"
    r"|kein\w{0,2}"
    r"|per (?:protocol|label|pi|package|policy)|guid\w{1,6}|tables?|instructions?|see|refer|after|following|since|post"
    r"|previous\w{0,2}|prior|last|then|followed|ago|completed|received"
    rf"|{_DOSE} given|(?:was|were|has been) (?:already )?(?:given|administered)|given (?:on |at )?(?:\d{{1,2}}[/.-]"
    rf"|\d{{4}}-|already)|dexamet\w{{1,8}}|steroids?|prednis\w{{1,6}}|rate)\b"
)
_NONE = re.compile(r"(?<![\d.,])0 ?%")
_CLAUSES = re.compile(r"[;\n,]|\.(?!\d)")
_OF_HEART = re.compile(r"\b(?:lvef|ef|fevi|fevg|feve|ejection fraction)\b[^;\n.]{0,80}%")
_CYCLE = re.compile(
    r"\b(?:cycle|zyklus|ciclo) ?(?:no\.? ?|number |nr\.? ?|#)?(\d{1,2})"
    # "Cycle 21 days" is its length.
    r"(?![\d.-]| ?-? ?(?:days?|wk|weeks?|tage?)(?! ?\d))"
    r"|\bc(\d{1,2}) ?,? ?d ?\d{1,2}\b"
    # As a clause of its own; "after the first cycle" is another time.
    r"|(?:\A|[.;,:(] ?)(?:first|1st) cycle ?(?=[:;,.)]|\Z)"
)
# What is said of the first cycle and of those after it is of the course, not of this dose.
_OF_COURSE = re.compile(
    r"\b(?:subsequent\w{0,2}|thereafter|afterwards?|then|following|later|onwards?|remaining|danach|dann|anschliessend|ab"
    r"|weitere\w?|despues|luego|posterior\w{0,4}|siguientes?|ensuite|puis|suivants?|poi|successiv\w{1,2}|depois"
    r"|seguintes?|daarna|nastepn\w{1,3})\b"
    r"|\b(?:cycle|zyklus|ciclo) ?1 ?(?:and|und|y|et|e|en|i|or|to|bis|a|&|,|\+) ?\d"
)


@cached_by_text
def dose_remarks(written: str) -> tuple[DoseRemark, ...]:
    """List what a text says of the dose in words; what it says only of other times or conditions is left out."""
    plain = fold(written[:LONGEST])
    found = {each.kind: each for each in (*remarks_on_patient(plain), *remarks_on_order(plain))}
    if _CUES.search(plain) is None:
        return tuple(found.values())
    # "EF was 45 %, now 61 %": of the heart, to the end of the sentence.
    plain = _OF_HEART.sub(" ", plain)
    for clause in _CLAUSES.split(plain):
        if _NOT_NOW.search(clause) or _NONE.search(clause):
            continue
        for kind, said in _SAID.items():
            if (match := said.search(clause)) is not None and not ("%" in match[0] and _NOT_OF_DOSE.search(clause)):
                found.setdefault(kind, DoseRemark(kind, match[0]))
        if RemarkKind.REDUCED not in found and (share := _SHARE.search(clause)) and not _NOT_OF_DOSE.search(clause):
            found[RemarkKind.REDUCED] = DoseRemark(RemarkKind.REDUCED, share[0])
    if RemarkKind.LOADING in found and RemarkKind.MAINTENANCE in found:
        # The text describes the course, not this dose.
        del found[RemarkKind.LOADING], found[RemarkKind.MAINTENANCE]
    return tuple(found.values())


def cycle_number(texts: Iterable[str]) -> int | None:
    """Return the number of the cycle that instructions name; ``None`` if they name none, or several."""
    folded = [fold(written[:LONGEST]) for written in texts]
    found = {int(match[1] or match[2] or 1) for written in folded for match in _CYCLE.finditer(written)}
    if len(found) != 1:
        return None
    number = found.pop()
    return None if number == 1 and any(map(_OF_COURSE.search, folded)) else number
