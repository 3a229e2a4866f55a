"""Problems that stop a drug and that only the words of an order name: "12 weeks pregnant" in a note or a reason."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cards.facts.order import NamedProblem
from cards.knowledge.schema import Problem
from cards.values.texts import LONGEST
from fhir_mappings.medications.amounts import without_amounts
from fhir_mappings.patient.problem_tokens import Said
from fhir_mappings.wire.folding import SENTENCES, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fhir_mappings.patient.condition_concepts import ConceptReader

_WANTED = (Problem.PREGNANCY, Problem.ILD, Problem.HEART_FAILURE)
_TOLD = frozenset({Said.STATED, Said.SUSPECTED, Said.UNCLEAR})
# What a sentence says of anybody, of a condition or of the handling of the drug is not said of this patient.
_OF_ANYBODY = re.compile(
    r"\b(?:if|when(?:ever)?|unless|in case|should|must|may|can|could|might|has to|have to|needs? to|hold|held"
    r"|interrupt\w{0,3}"
    r"|discontinu\w{1,5}|withhold|permanently|any grade|grade \d ?(?:or|\+|-)|toxicit\w{1,3}|adverse|side effects?"
    r"|women|females?"
    r"|(?:daughter|sister|wife|husband|spouse|mother|tochter|schwester|ehefrau|mutter|hija|hermana|esposa|madre|fille"
    r"|soeur|epouse|mere|figlia|sorella|moglie|filha|irma|mae) (?:is|ist|esta|est|e)"
    r"|caregivers?|staff|nurses|handl\w{1,4}|partners?|contracepti\w{1,3}|fetal|fetus|unborn|warnings?|precautions?"
    r"|boxed|contraindicat\w{1,3}|category|instructed|aware|teaching|cave|nein|not (?:possible|applicable|pregnant)|n/a"
    r"|nie dotyczy|cleared|resolved|excluded|denie[ds]|niet|geen|nie (?:jest |ma )?|brak|ruled out|reviewed"
    r"|discussed|counsel\w{0,5}|educat\w{1,4}|consent\w{0,3}"
    r"|wenn|falls|sofern|sollte\w?|muss|mussen|kann|konnen|darf|durfen|bei|frauen|vermeiden|verhut\w{1,6}|aufgeklart"
    r"|aufklarung"
    r"|si|en caso|doit|doivent|peut|peuvent|femmes|evit\w{1,4}|debe\w?|puede\w?|mujeres|evitar|se|in caso|deve"
    r"|devono|puo|donne|evitare"
    r"|em caso|pode|mulheres|als|indien|moet|kan|vrouwen|vermijd\w{0,3}|jesli|w przypadku|nalezy|moze|kobiet\w{0,2}"
    r"|unikac)\b"
)
# What follows is looked for, feared or asked.
_LOOKED_FOR = re.compile(
    r"\b(?:monitor\w{0,3}|watch|observ\w{1,4}|screen\w{0,3}|check\w{0,3}|verif\w{1,5}|assess\w{0,5}|evaluat\w{1,4}"
    r"|test\w{0,3}"
    r"|prevent\w{0,4}|avoid\w{0,3}|re:|last|zeichen|tekenen|controll\w|uwaga|risks?|signs?|symptoms?|report\w{0,3}"
    r"|contact|call|tell|inform|notify|ask|caution|prior to"
    r"|before|during|after|until|history|hx|family|plan\w{0,5}|uberwach\w{1,4}|achten|risiko|anzeichen|symptome|vor"
    r"|wahrend|nach"
    r"|surveill\w{1,5}|risque|signes|avant|pendant|vigilar|riesgo|signos|antes|durante|monitorare|rischio|segni"
    r"|prima|risco|sinais|controle\w{0,3}|voor|tijdens|ryzyk\w|objaw\w{1,2}|przed)\b"
)
# "ILD monitoring", "pregnancy test": the word before it is what is looked for.
_COMPOUND = re.compile(r"monitor|screen|check|test|prevent|risk|sign|symptom|history|plan|controll|kontroll")
_HCG_POSITIVE = re.compile(
    r"\bpositive (?:serum |urine |beta[ -]?|b-?)?hcg\b|\bhcg(?: test)?:? (?:is )?pos(?:itive)?\b"
)
_LABEL = 60


def is_of_anybody(plain: str) -> bool:
    """Return whether a folded sentence speaks of a condition, a warning or the handling, not of this patient."""
    return _OF_ANYBODY.search(plain) is not None


def named_problems(written: Iterable[str], concepts: ConceptReader) -> tuple[NamedProblem, ...]:
    """List the problems that the texts of an order say, or may say, that the patient has; each is told once."""
    found: dict[Problem, NamedProblem] = {}
    for each in written:
        for problem, said in _in_text(each[:LONGEST], concepts):
            found.setdefault(problem, NamedProblem(problem, said))
    return tuple(found.values())


def _in_text(written: str, concepts: ConceptReader) -> Iterator[tuple[Problem, str]]:
    if not concepts.may_name_stop(without_amounts(written)):
        return
    for sentence in SENTENCES.split(written):
        plain = fold(sentence)
        if is_of_anybody(plain):
            continue
        said = concepts.named_in(plain)
        named = {problem for problem in _WANTED if said.get(problem) in _TOLD}
        # "Pregnancy test positive" is an answer.
        if (looked_for := _LOOKED_FOR.search(plain)) and "posit" not in plain:
            before = plain[: looked_for.start()]
            is_compound = _COMPOUND.match(looked_for[0]) and before.rstrip()[-1:].isalpha()
            said = concepts.named_in(before.rstrip().rpartition(" ")[0] if is_compound else before)
            named = {problem for problem in named if said.get(problem) in _TOLD}
        if _HCG_POSITIVE.search(plain):
            named.add(Problem.PREGNANCY)
        for problem in sorted(named):
            yield problem, sentence.strip()[:_LABEL]
