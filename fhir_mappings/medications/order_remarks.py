"""What a text says of an order as a whole: that it is taken back, is for use as needed, or has another dose soon."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.facts.order import DoseRemark, RemarkKind
from cards.values.texts import LONGEST
from fhir_mappings.codings import codings, texts
from fhir_mappings.medications.order_waits import CUES as CUES_OF_WAITING
from fhir_mappings.medications.order_waits import WAITS
from fhir_mappings.medications.schedule_words import DATE, DAYS_IN, HOUR, NUMBERS, PREMEDICATION
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import objects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fhir_mappings.wire.lenient import Json

_THIS = (
    r"(?: (?:this|the|that|today'?s|all))?(?: (?:doses?|drug|orders?|medication|medicine|cycle|infusion|treatments?|one"
    r"|chemo(?:therapy)?|therapy|tx)){0,2}"
    r"(?: (?:today|now|for now|this week|this time))?"
)
_WHY = r"(?:,? (?:per|by|on|due to|because|since|as|until|pending|awaiting|from) .{1,60}| \d[\d/.-]{2,9})?"
# "Until the echo is there".
_UNTIL = (
    r"(?: (?:bis|hasta|jusqu'a\w{0,3}|avant|fino a|ate|do|tot|todavia|aun|encore|heute|hoy|hui|oggi|hoje|vandaag)"
    r"\b.{0,60})?"
)
# What somebody waits for before the dose: a result, not an approval of the payer.
_AWAITED = (
    r"(?:(?:is )?(?:pending|awaiting|awaits?|waiting (?:for|on)|wartet? auf|pendiente de|en attente d(?:e |'|u )"
    r"|in attesa d[ie]|aguardando|aguarda|wacht op|oczekuje na|czeka na) ?(?:the |an? |new |repeat |la |le |el |lo )?"
    r"(?:echo\w{0,15}|eco\w{0,15}|muga|lvef|labs?|lab results?|results?|cbc|lfts?|platelets?|biopsy|her2\w{0,8}"
    r"|patholog\w{1,3}"
    r"|scan|mri|ct|clearance|cardiology|analitica|laborwerte?|labor|bilan|esami|exames|uitslag\w{0,3}|lab"
    r"|wynik\w{0,2})\b.{0,40}"
    r"|(?:echo\w{0,15}|muga|lvef|labs?|(?:lab )?results?|her2\w{0,8}|biopsy|laborwerte?|labor) (?:still |steht noch "
    r"|noch |is |are )?(?:pending|awaited|outstanding|ausstehend|aus|offen|pendiente))"
)
# A clause that takes the order back; one with a condition ("hold if platelets fall") does not.
_TAKEN_BACK = re.compile(
    r"(?:please )?(?:do not|don't|never|not to) (?:be )?"
    r"(?:give|given|administer(?:ed)?|infused?|inject(?:ed)?|take|use|dispense|start(?:ed)?|treat)"
    rf"{_THIS}(?: (?:yet|today|now|until .{{1,60}}|before .{{1,60}}))?"
    rf"|(?:please )?(?:(?:put |order |dose )?on )?hold{_THIS}(?:(?: - ?| )(?:per|by) .{{1,60}})?(?: (?:pending|until"
    rf"|awaiting|for now).{{0,60}})?"
    r"(?: (?:x ?|for )?(?:\d{1,2}|an?|one|two|three) ?(?:d|days?|w|wks?|weeks?|months?|cycles?))?"
    r"(?: (?:and )?then (?:resume|restart|re-start|continue|start|give)\b.{0,40})?"
    rf"|(?:please )?(?:cancel|void|discontinue|d/c|stop(?: taking)?|omit|skip|disregard|ignore){_THIS}{_WHY}"
    r"|(?:(?:dose|order|drug|this|one) ){0,2}(?:(?:was|is|has been) )?"
    rf"(?:cancell?ed|void(?:ed)?|discontinued|d/c'?d|stopped|omitted|held|skipped|withdrawn){_WHY}"
    rf"|(?:delay|postpone|defer)(?:red|ed)?{_THIS}(?: (?:until|to|for|by) .{{1,60}}){_WHY}"
    r"|(?:order |ordered |dose |this )?(?:is |was )?(?:entered |ordered |written )?(?:in error|by mistake)"
    r"|(?:(?:order|ordered|entered|written|dose|this|is|was) ){0,4}(?:for |on |under |in )?(?:the )?"
    r"(?:wrong|another|a different|other) (?:patient|chart|pt)(?:'s)?"
    r"|(?:this is a )?test (?:order|patient|entry|only)|this is (?:only )?a test"
    r"|do not (?:fill|prepare|process|release)"
    r"|(?:this is an? )?duplicate(?: order| entry| dose)?"
    r"|(?:pharmacy ?:? ?)?(?:please )?clarify(?: (?:the|this))?(?: (?:dose|order|drug|weight|frequency|schedule)){0,2}"
    r"|(?:please )?see (?:the )?(?:new|other|corrected|revised|updated) order"
    r"|(?:(?:this|dose|it|order|treatment|drug) ){0,2}(?:should|must|needs? to|to) be"
    r" (?:held|stopped|delayed|postponed|skipped|omitted|cancell?ed)(?: today| for now| this cycle)?"
    r"(?: (?:until|pending) (?:the )?(?:echo\w{0,10}|muga|lvef|labs?|mri|scan|seen|cleared|md|dr)\b.{0,40})?"
    # Somebody doubts the number that the dose is made from.
    r"|(?:(?:the |this )?(?:dose|weight|amount|it|this|rate|\d{2,4} ?(?:mg|kg)) )?(?:seems|looks|appears)(?: to be)?"
    r"(?: (?:too|very|a bit|a little|rather|quite|way|unusually)){0,2}"
    r" (?:high|low|wrong|off|incorrect|large|small|excessive)"
    r"|(?:(?:the |body )?(?:weight|wt|dose|height)) (?:was |is )?(?:entered|recorded|documented|charted|taken|in) "
    r"(?:in |as )?(?:lbs?|pounds?|the wrong units?|wrong(?:ly)?|incorrectly|wrong units?|error)"
    r"|(?:wrong|incorrect) (?:weight|dose|units?|drug|medication|order)"
    r"|(?:therapie)?pause (?:bis|wegen|aufgrund|fur|nach) .{1,60}|therapiepause"
    r"|(?:(?:dosis|gabe|therapie|infusion|verordnung|auftrag) )?(?:bitte )?(?:(?:noch )?nicht"
    r" (?:geben|verabreichen|applizieren|infundieren)|pausier(?:en|t)|storn(?:ieren|iert|o)|absetzen|abgesetzt"
    rf"|verschieben|verschoben|zuruckstellen|zuruckgestellt|aussetzen|ausgesetzt){_UNTIL}"
    r"|(?:(?:la )?dosis |orden |prescripcion )?(?:por favor )?(?:no (?:administrar|poner|dar|infundir|iniciar)"
    r"|suspend(?:er|ido|ida)|anular|anulad[oa]|cancelar|cancelad[oa]|aplazar|aplazad[oa]|posponer|retrasar"
    rf"|nao (?:administrar|infundir|aplicar|fazer)|adiar|adiad[oa]){_UNTIL}"
    r"|(?:(?:la )?(?:dose|cure) )?(?:ne pas (?:administrer|donner|faire|perfuser)|suspend(?:re|ue?)"
    rf"|annul(?:er|ee?)|reporte[re]e?){_UNTIL}"
    rf"|(?:non (?:somministrare|infondere)|sospe(?:ndere|so|sa)|annulla(?:re|to|ta)|rinvia(?:re|to|ta)){_UNTIL}"
    rf"|(?:nie podawac|nie podac|nie przetaczac|wstrzymac|wstrzymano|odroczyc|odroczono|anulowac|anulowano){_UNTIL}"
    r"|(?:(?:dosis|kuur|gift) )?(?:(?:nog )?niet (?:toedienen|geven|starten|inlopen)|uitstellen|uitgesteld"
    rf"|annuleren|geannuleerd|pauzeren){_UNTIL}"
    r"|(?:(?:bitte|por favor|gabe|la|dosis|dose|cure|kuur) ){0,2}(?:verschieben|verschoben|posponer|aplazar|retrasar"
    r"|adiar|reporter|rinviare|odroczyc|uitstellen|uitgesteld)"
    r" (?:auf|um|para|una|uma|un|d'une|de|di|o|op|met|een|[1-9])\b.{0,40}"
    r"|hold (?:this|the|today'?s) (?:dose|cycle|infusion|treatment) (?:for|due to|because of|d/t) .{1,60}"
    r"|(?:hold|skip|omit|cancel|delay|postpone) (?:cycle|dose|infusion) ?#?\d{1,2}(?: .{1,60})?"
    r"|(?:please )?(?:wait for|await(?:ing)?|pending) (?:the |an? )?(?:repeat )?(?:echo\w{0,10}|muga|lvef|labs?|cbc"
    r"|lfts?|results?|scan|ct|mri|approval|clearance)(?: results?)?(?: (?:before|first|then|prior).{0,60})?"
    r"|(?:bitte )?(?:dosis|dosierung) (?:uber)?prufen|(?:por favor )?(?:verificar|comprobar|revisar) (?:la )?dosis"
    r"|(?:merci de )?(?:verifier|controler) la dose|verificare la dose"
    r"|(?:(?:bitte|gabe|infusion|dosis|therapie|zyklus \d{1,2}) ){0,2}(?:auf|um) .{1,30} (?:verschieben|verschoben)"
    rf"|(?:(?:dose|order|infusion|treatment|hold|on hold) )?{_AWAITED}"
    r"|(?:dose|order|amount)(?: is)? (?:pending|tbd|tba|to be (?:determined|confirmed|calculated))(?: .{1,40})?"
    r"|withhold|zuruckhalten|(?:stop|end)(?: it| drug| treatment)? after (?:today|this (?:dose|cycle))"
    r"|(?:please )?do not (?:mix|compound|draw up|hang|send)(?! (?:with|in|using)\b)(?: .{1,60})?"
    r"|(?:this is |it is )?not (?:the )?(?:right|correct|same|this) (?:patient|drug|dose|order)"
    r"|(?:delay|postpone|defer|verschieben|retrasar|reporter|rinviare)(?: (?:by|for|um|de|d'|di))? ?"
    r"(?:\d{1,2}|an?|one|two|eine|una|une?) ?(?:days?|weeks?|wks?|woche|semana|semaine|settimana)"
    r"|(?:patient |pt )?not (?:yet )?cleared(?: (?:by|for) .{1,40})?|needs? (?:a )?new (?:weight|order|dose)"
    r"|neues gewicht (?:erforderlich|notig|notwendig)|falscher pat\.?|irrtumlich (?:verordnet|bestellt|eingegeben)"
    r"|(?:prescrit[oa]?|prescritto|ordenad[oa]|indicad[oa]) (?:por|par|per) (?:error|erreur|errore|erro)"
    r"|(?:echo\w{0,15}|eco\w{0,15}|echographie|labor|bilan|analitica) (?:en attente|steht aus|in attesa|pendente"
    r"|pendiente)"
    r"|(?:please )?(?:verify|re-?check|confirm|clarify) (?:the )?(?:body )?(?:weight|wt)"
    r"|(?:(?:patient|pt|she|he) )?(?:to|will|should) (?:receive|get|be (?:given|treated|infused)|start|come)"
    r"(?: (?:this|it|dose|cycle))? (?:next (?:week|month)|tomorrow|later)(?: instead)?"
    r"|(?:noch )?nicht freigegeben|freigabe (?:fehlt|ausstehend|offen)"
    r"|(?:error|erreur|errore|erro) d[ei] (?:patient|paciente|paziente)|patientenverwechslung"
    r"|(?:suspender|aplazar|posponer|omitir|suspendre|reporter|sospendere|rinviare|adiar|pausieren|aussetzen"
    r"|uitstellen)"
    r" (?:por|debido a|pour|en raison de|per|a causa di|wegen|aufgrund|vanwege) .{1,60}"
    r"|falscher patient|paciente (?:equivocado|incorrecto|errado)|mauvais patient|paziente sbagliato"
)
_TAKEN_BACK_IN_NAME = re.compile(
    r"\b(?:(?:on )?hold|discontinued|d/c'?d|cancell?ed|voided|do not (?:use|give|administer|dispense)"
    r"|test (?:order|drug|medication|entry)|pausiert|abgesetzt|storniert|suspendid[oa]|anulad[oa]|cancelad[oa]"
    r"|suspendue?|wrong (?:patient|pt|drug|medication|order|dose)|(?:ordered|entered) in error"
    r"|falscher patient|paciente (?:equivocado|incorrecto|errado)|mauvais patient|paziente sbagliato)\b"
)
_PIECES = re.compile(r"[()\[\]{}!,*|]|:(?!\d)| ?(?:->|=>|--+) ?| - |^- ?")
_EDGES = " -\"'*_#>=.:"
_POLITE = re.compile(r"(?:please|pls|plz|kindly|bitte|por favor|favor de|merci de|per favore|note|nb)[ :,]{1,2}")
# "252 mg IV over 90 minutes HOLD": what takes an order back may follow its dose without a mark.
_BEHIND_DOSE = re.compile(
    r"(?:\d|\b(?:m?g|kg|ml|iv|ivpb|sc|sq|subq|po|min|mins|minutes|h|hrs?|hours?|d|days?|wks?|weeks?|cycles?|once|daily"
    r"|q\d{1,2}[dw]|ns|saline|dose|infusion)) (?=[a-z])"
)
# What is to be done if something happens.
_IF = re.compile(r"\b(?:if|when|unless|in case|for any|reactions?|grade|wenn|falls|bei|si|en caso|se)\b")
# "Prior therapy: THP, stopped 2024".
_OF_BEFORE = re.compile(
    r" ?(?:prior|previous|past|earlier) (?:\w{1,14} )?(?:therap\w{1,3}|treatments?|lines?|chemo\w{0,9}|regimens?)\b"
    r"|(?:vortherap|vorbehandl)\w{1,6}\b|tratamientos? previos?\b|traitements? anterieurs?\b|terapi[ae] precedent[ei]\b"
)
# "Stop: 11/22/26 09:01" is when an order ends.
_ENDS_ON = re.compile(r"\b(?:stop|end)(?: date)?(?:/time)? ?:? ?\d{1,4}[/.-]\d")
_NEEDED = (
    r"(?:as needed|as required|prn|p\.r\.n\.?|(?:only )?(?:if|when) (?:needed|required|necessary)|bei bedarf"
    r"|si necesario|segun necesidad|au besoin|si besoin|se necessario|al bisogno)"
)
_AS_NEEDED = re.compile(
    r"(?:(?:take|give|use|administer|infuse|inject|dose|\d[\d.,]{0,6} ?(?:mg|ml|tab\w{0,4}))"
    r"(?: [\w./()-]{1,20}){0,8} )?"
    rf"(?:only )?{_NEEDED}(?: only)?(?: for .{{1,30}})?"
    r"|(?:take|give|use)(?: (?:it|this|only|\d|tablets?|\w{2,8} tablets?)){0,3} (?:only )?(?:if|when|for)"
    r"(?: (?:you|the patient|patient|pt))?(?: (?:have|has|feels?|is|are))?"
    r" (?:pain|nause\w{1,4}|diarrh\w{1,4}|sick|symptom\w{0,8}|needed)"
)
_DAY_NAMES = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_IT = r"(?: (?:the|this|same|it|dose|infusion|treatment|bag)){0,3}"
_AGAIN = re.compile(
    rf"\b(?:(?:repeat|re-?dose){_IT}(?: again)?|(?:give|infuse|administer){_IT} again|(?:and |then )?again"
    r"|(?:second|2nd|another|other|additional|extra|same|rest of (?:the )?|(?P<next>next))"
    r" ?(?:dose|infusion|treatment|bag|half)(?: (?:is|due|to be given|given))?"
    r"|(?:and|then|,) (?:another )?\d[\d.,]{0,5} ?m[gl](?: iv)?)"
    r" (?:(?P<soon>today|tonight|(?:this|in the) (?:evening|afternoon)|pm\b|p\.m\b|at \d{1,2}(?::\d\d)? ?(?:[ap]\.?m)?)"
    rf"|(?P<day>tomorrow|the next day)|(?P<week>next (?:week|{_DAY_NAMES})|(?:on |this )?{_DAY_NAMES})"
    r"|(?:in|after) (?P<n>\d{1,2}|one|two|three|four) ?(?P<u>h|hrs?|hours?|d|days?|w|wks?|weeks?)"
    r"|(?:on )?d(?:ay)? ?(?P<nth>\d{1,2}))(?![\w/.-]\w)"
    rf"|\b(?:(?:and|then|,) (?:another )?\d[\d.,]{{0,5}} ?m[gl](?: iv)?|(?:additional|extra|second|2nd)"
    rf" (?:dose|infusion)) on (?:{DATE})(?![\w/-])"
    r"|\b(?:[2-9]|two|three) (?:doses|infusions) (?:(?:in )?(?:this|one|a|the same)|per|each|every) week\b"
    r"|\b(?:(?:segunda|otra|siguiente|proxima) dosis|(?:zweite|weitere|nachste) (?:gabe|dosis|infusion)"
    r"|(?:deuxieme|autre|prochaine) (?:dose|cure|perfusion)|(?:seconda|altra|prossima) (?:dose|infusione)"
    r"|repetir|wiederholen|wiederholung|repeter|ripetere)"
    r" (?:(?P<tomorrow>manana|morgen|demain|domani|amanha)"
    r"|(?:en|in|nach|dans|tra|dopo|em) (?P<m>\d{1,2}) (?P<v>horas?|dias?|semanas?|stunden|tagen?|wochen?|heures|jours?"
    r"|semaines?|ore|giorni|settimane?))\b"
    r"|(?:\b(?:dosis|gabe|infusion) |(?<!\w )\b)in (?P<g>\d{1,2}) (?P<h>stunden|tagen?|wochen?) wiederhol\w{2,3}\b"
    r"|\b(?:(?:may )?repeat(?: dose)? x ?[1-9]|(?:give|administer|infuse) (?:[2-9]|two|three) (?:doses|infusions)"
    r"|(?:[2-9]|two|three) (?:doses|infusions) \d{1,2} ?(?:h|hours?|days?) apart"
    r"|(?:in|as) (?:[2-9]|two|three) (?:divided |separate |split )?(?:doses|parts|halves)"
    r"|(?<!\w )(?:\d[\d.,]{0,5} ?mg )twice(?! (?:an?|per|every|each|daily|weekly|monthly)\b))"
)
# Every alternative above holds one of these.
_CUES = re.compile(
    r"do not|don't|never|hold|held|pending|await|waiting|outstanding|\btb[ad]\b|to be \w|wart(?:e|et|en)? auf"
    r"|ausstehend|noch aus|offen|pendiente"
    r"|en attente|in attesa|aguarda|wacht op|czek(?:a|uje) na|cancel|void|disc|d/c|stop|omit|skip|disregard|ignore"
    r"|delay|postpone|defer|error"
    r"|mistake|wrong|another|different|other|duplicate|clarify|\btest|withdrawn|to be given|corrected|revised|updated"
    r"|seems|looks|appears|entered|recorded|documented|charted|\blbs?\b|pound|incorrect"
    r"|nicht|pause |pausier|therapiepause|storn|abgese|absetz|verschieb|verschob|suspen|anul|annul"
    r"|aplaz|reporte|non (?:somm|inf)|sospe|nao "
    r"|zuruck|ausgesetzt|aussetz|pospon|retras|adia|rinvia|nie p|wstrzym|odrocz|niet |uitst|uitgest|pauzer"
    r"|freig|erreur|errore|\berror?\b|patientenv|omitir|receive|next (?:week|month)|re-?check|confirm|verify|posp"
    r"|withh|zuruckh|after (?:to|th)|mix|compound|draw up|hang|send|not (?:the|right|cor|same|this|yet|clear)"
    r"|new (?:we|or|do)"
    r"|neues|falscher|irrtum|por er|par er|per er|attente|attesa|pend|steht|semana|semaine|settimana|woche|wait"
    r"|prufen|verifi|comprobar|revisar|controler"
    r"|ne pas|no (?:adm|poner|dar|inf|ini)|falscher|equivocado|incorrecto|errado|mauvais|sbagliato"
    r"|needed|required|necessary|prn|p\.r\.n|bedarf|neces|besoin|bisogno|pain|nause|diarrh|sick|symptom"
    r"|rapid|quickly|fast|wide|schnell|plus vite|snel|repe[at]|doses|infusions|\d ?mg|extra|additional|again"
    r"|re-?dose|second|2nd|next|same|rest of|\btwice\b|apart|divided|separate|split"
    r"|m[gl](?: iv)? (?:at|tom|next|in|after|on)|\b(?:[2-9]|two|three) (?:d|infusions|parts|halves)"
    r"|segunda|otra|siguiente|proxima|zweite|weitere|nachste|wiederhol|deuxieme|autre|prochaine|altra|prossima|ripet"
)
_FAST = re.compile(
    r"\b(?:(?:administer|infuse|give|run)(?: it| in)? (?:rapidly|quickly|fast|wide[ -]open)(?! through)|wide[ -]open"
    r"|as (?:fast|quickly|rapidly) as (?:possible|tolerated)|so schnell wie moglich|lo mas rapido posible"
    r"|le plus vite possible|zo snel mogelijk|il piu rapidamente possibile)\b"
)
_OTHER_FLUID = re.compile(r"\b(?:flush\w{0,3}|fluids?|hydrat\w{1,4}|saline|ns|bolus)\b")
_SENTENCES = re.compile(r"[;\n]|\.(?!\d)")
_OTHER_DRUG = re.compile(rf"\b(?:{PREMEDICATION})\b")
_LONGEST_REASON = 40


def remarks_on_order(plain: str) -> Iterator[DoseRemark]:
    """Yield the remarks of a folded text."""
    if _CUES.search(plain) is None and CUES_OF_WAITING.search(plain) is None:
        return
    for sentence in _SENTENCES.split(_ENDS_ON.sub(" ", plain)):
        yield from _of_sentence(sentence)


def remark_in_name(name: str) -> DoseRemark | None:
    """Return what the name of a drug says against its order: "*** HOLD *** Kadcyla", "Herceptin (discontinued)"."""
    found = _TAKEN_BACK_IN_NAME.search(fold(name[:LONGEST]))
    return None if found is None else DoseRemark(RemarkKind.TAKEN_BACK, found[0])


def only_as_needed(instruction: Json) -> DoseRemark | None:
    """Return the remark that FHIR's own elements make of an instruction with a dose, in R4 or R5."""
    if "doseAndRate" not in instruction:
        return None
    for name in ("asNeededCodeableConcept", "asNeededFor"):
        for _, concept in objects(instruction.get(name)):
            for said in (*texts(concept), *(each.code for each in codings(concept))):
                return DoseRemark(RemarkKind.AS_NEEDED, f"as needed: {said[:_LONGEST_REASON]}")
    flags = [instruction.get(name) for name in ("asNeededBoolean", "asNeeded")]
    return DoseRemark(RemarkKind.AS_NEEDED, "as needed") if True in flags or "true" in flags else None


def _parts(sentence: str) -> Iterator[str]:
    """Yield a sentence, its parts between marks, and what follows a dose in it, each without "please" or "note:"."""
    for part in (sentence, *_PIECES.split(sentence)):
        plain = part.strip(_EDGES)
        for said in (plain, *(plain[found.end() :] for found in _BEHIND_DOSE.finditer(plain))):
            polite = _POLITE.match(said)
            yield said if polite is None else said[polite.end() :]


def _of_sentence(sentence: str) -> Iterator[DoseRemark]:
    """Yield what takes the order back, leaves it to somebody's need, or gives another dose soon."""
    if _IF.search(_AS_NEEDED.sub(" ", sentence)) is None and _OF_BEFORE.match(sentence.strip()) is None:
        taken_back = next(
            (each for each in _parts(sentence) if _TAKEN_BACK.fullmatch(each) or WAITS.fullmatch(each)), ""
        )
        if taken_back:
            yield DoseRemark(RemarkKind.TAKEN_BACK, taken_back)
    fast = _FAST.search(sentence)
    if fast is not None and _OTHER_DRUG.search(sentence) is None and _OTHER_FLUID.search(sentence) is None:
        yield DoseRemark(RemarkKind.TOO_FAST, fast[0])
    for piece in _PIECES.split(sentence):
        if _AS_NEEDED.fullmatch(piece.strip()) and _OTHER_DRUG.search(piece) is None:
            yield DoseRemark(RemarkKind.AS_NEEDED, piece.strip())
    for match in _AGAIN.finditer(sentence):
        # "The next dose today" is this one.
        is_this = match["next"] is not None and match["soon"] is not None
        if not is_this and _OTHER_DRUG.search(sentence) is None:
            yield DoseRemark(RemarkKind.AGAIN, match[0], _days_until(match))


def _days_until(match: re.Match[str]) -> Decimal:
    """Return the days until a dose that is to be given again; zero for the same day, or if they are not said."""
    if match["nth"] is not None:
        return Decimal(int(match["nth"]) - 1)
    for number, unit in (("n", "u"), ("m", "v"), ("g", "h")):
        if match[number] is not None:
            return DAYS_IN.get(match[unit], HOUR) * (NUMBERS.get(match[number]) or int(match[number]))
    if match["week"] is not None:
        return DAYS_IN["week"]
    return Decimal(match["day"] is not None or match["tomorrow"] is not None)
