"""Reads MedicationRequests as drug orders: every coding, text, ingredient and billing code that names the drug."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from cards.facts.order import DrugOrder, EvidenceKind, IdentityEvidence, OrderNote, WrittenNdc
from cards.facts.origins import Gap, Origin, Pointer
from cards.facts.patient import Diagnosis, Staging
from cards.facts.results import CodedHer2, ReceptorResult
from cards.knowledge.schema import Diluent
from cards.values.text_cache import cached_by_text
from fhir_mappings.codings import CLINICAL, NO_CODE_MAP, codings, drug_coding, texts
from fhir_mappings.medications import billing_extensions, diluents, dosage, doses_in_text
from fhir_mappings.medications.dosage import Strength
from fhir_mappings.medications.drug_concepts import Said, Source, billing_code, codes_billed, said_of_drug
from fhir_mappings.medications.held_amounts import held_amounts
from fhir_mappings.medications.instructed import InstructionReader
from fhir_mappings.medications.named_problems import named_problems
from fhir_mappings.medications.order_notes import notes
from fhir_mappings.medications.order_remarks import remark_in_name
from fhir_mappings.medications.order_statements import order_statements
from fhir_mappings.medications.routes import RouteReader
from fhir_mappings.medications.tablets import counts_tablets, milligrams_in, supply, tablet_mg, tablet_strengths
from fhir_mappings.medications.text_dose import DoseOnlyInText, dose_only_in_text
from fhir_mappings.results.units import dose_scale
from fhir_mappings.wire.cached_json import CachedByJson
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, number, objects, reference, text
from fhir_mappings.wire.narratives import notes_of
from fhir_mappings.wire.note_statements import note_statement_reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date, tzinfo

    from cards.facts.order import NamedProblem, OrderedDose
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.patient.conditions import ConditionReader, ReadCondition
    from fhir_mappings.wire.lenient import Json
    from fhir_mappings.wire.references import References

NO_ORDER = frozenset({"cancelled", "stopped", "revoked", "entered-in-error", "completed"})
TENTATIVE = frozenset({"proposal", "plan"})
"""The intents of what is not asked for yet."""
_LONGEST_FORM = 120
_OTHER_CANCER = re.compile(
    r"\b(?:lung|bronch\w{2,6}|prostat\w{1,4}|ovar\w{1,4}|pancrea\w{1,5}|bladder|urotheli\w{2}|kidney|renal|liver"
    r"|hepato\w{4,8}"
    r"|thyroid|cervi\w{1,4}|endometri\w{2,3}|uter\w{2,4}|head and neck|salivary|skin|brain|testic\w{2,4})\b.{0,20}"
    r"\b(?:cancer|carcinoma|adenocarcinoma|neoplasm|tumou?r|malignanc\w{1,3})|\b(?:cancer|carcinoma|neoplasm"
    r"|tumou?r) of (?:the )?"
    r"(?:lung|bronchus|prostate|ovary|pancreas|bladder|kidney|liver|thyroid|cervix|endometrium|uterus|skin|brain)\b"
    r"|melanom|lymphom|leuk[ae]?emi|leucemi|myelom|\b(?:lungen|bronchial|prostata|ovarial|pankreas|blasen|nieren"
    r"|leber|schilddrusen"
    r"|zervix|endometrium)(?:karzinom|krebs)|(?:cancer|carcinome) (?:du poumon|bronchique|de la prostate|de l'ovaire"
    r"|du pancreas)"
    r"|(?:cancer|carcinoma|tumore) (?:de|di|del|della|do|da|alla|al) (?:pulmon|polmone|pulmao|prostata|ovario|pancreas)"
    r"|(?:long|prostaat|eierstok|alvleesklier)kanker|rak (?:pluca|prostaty|jajnika|trzustki)"
)
_SPREAD = re.compile(r"metast|\bmets?\b|secondary|spread|filiae|absiedlung|history|family|hx|risk|screen")
_NESTED = 40
"""The most resources whose ingredients are looked at for one order."""


_Said = TypeVar("_Said", Diagnosis, Staging, ReceptorResult, CodedHer2)


class _InNames(NamedTuple):
    """What the texts that name a drug say about its amount, and against its order."""

    is_part: bool
    tablet_strengths: frozenset[Decimal]
    mg: tuple[Decimal, ...]
    notes: tuple[OrderNote, ...]


@cached_by_text
def _in_names(*names: str) -> _InNames:
    remarks = tuple(dict.fromkeys(filter(None, map(remark_in_name, names))))
    return _InNames(
        any(map(dosage.says_part, names)),
        tablet_strengths(names),
        milligrams_in(names),
        (OrderNote("", remarks=remarks),) if remarks else (),
    )


def concept_alone(resource: Json) -> Any:
    """Return the concept if it is all that a resource says about its drug, without a reference to a Medication."""
    return None if "medicationReference" in resource else resource.get("medicationCodeableConcept")


class MedicationReader:
    """Reads the drug orders of a session."""

    def __init__(
        self,
        conditions: ConditionReader,
        code_map: CodeMap = NO_CODE_MAP,
        supportive_drugs: frozenset[str] = frozenset(),
        zone: tzinfo | None = None,
    ) -> None:
        """Keep what reading needs; one reader serves every request.

        ``zone`` is the site's time zone, which decides the day of a planned dose. Without one the day is as written.

        An amount that instructions name beside one of the supportive drugs is not one of the order's own drug.
        """
        self._conditions = conditions
        self._code_map = code_map
        self._supportive_drugs = supportive_drugs
        self._routes = RouteReader(conditions.terminology)
        self._statements = note_statement_reader(conditions.terminology.note_statements)
        self._said_alone = CachedByJson(self._said_by_concept)
        self._instructed = InstructionReader(self._routes, code_map, supportive_drugs, zone).read

    def is_order(self, resource: Json) -> bool:
        """Return whether a request is an active order, not completed or withdrawn."""
        return text(resource.get("status")) not in NO_ORDER and resource.get("doNotPerform") is not True

    def read(self, resource: Json, path: str, references: References, *, in_focus: bool = True) -> DrugOrder:
        """Read one order."""
        named, medication, made_up_in = self._named(resource, path, references)
        said = self._instructed(resource.get("dosageInstruction"))
        doses = said.doses
        if medication:
            doses = self._doses(resource, medication)
            made_up_in |= diluents.of_ingredients(medication)
        made_up_in |= said.diluents
        counted = counts_tablets(doses)
        route = self._routes.in_notes(resource, said.route) if "note" in resource else said.route
        names = [each.value for each in named.evidence if not each.system]
        route = self._routes.in_names(names, route)
        in_names = _in_names(*names)
        return DrugOrder(
            origin=named.origin,
            evidence=named.evidence,
            billing=named.billing,
            ndcs=named.ndcs,
            gaps=named.gaps,
            doses=doses,
            text_doses=said.text_doses,
            interval_days=said.interval_days,
            cycles=said.cycles,
            schedule=said.schedule,
            infusion_minutes=said.infusion_minutes,
            set_minutes=said.set_minutes,
            held=held_amounts(resource, medication) if medication or "dispenseRequest" in resource else (),
            is_push=said.is_push,
            is_part=said.is_part
            or in_names.is_part
            or ("note" in resource and dosage.is_part_of_dose({"note": resource["note"]})),
            group=text(child(resource, "groupIdentifier").get("value")),
            notes=(*(notes(resource) if "note" in resource else ()), *in_names.notes),
            diluents=tuple(sorted(made_up_in)) if made_up_in else (),
            diluent_ml=said.diluent_ml,
            weight_basis=said.weight_basis,
            route=route.route,
            route_written=route.written,
            route_in_text=route.in_text,
            form=next(iter(texts(child(medication, "form"))), "")[:_LONGEST_FORM] if "form" in medication else "",
            tablet_mg=tablet_mg(medication, in_names.tablet_strengths),
            named_mg=in_names.mg if counted else (),
            instructed_mg=milligrams_in(doses_in_text.instructed(resource)) if counted else (),
            doses_by_text=said.doses_by_text,
            text_shares=said.text_shares,
            text_tablets=said.text_tablets,
            max_dose=_with_notes(said.max_dose, resource) if "note" in resource else said.max_dose,
            text_beside=said.text_beside,
            has_unread_number=said.has_unread_number,
            timings=said.timings,
            text_remarks=said.text_remarks,
            text_cycle=said.text_cycle,
            repeats_day=said.repeats_day,
            supply=supply(resource) if "dispenseRequest" in resource else None,
            text_other_units=said.text_other_units,
            text_sums=said.text_sums,
            text_weights=said.text_weights,
            text_volumes=said.text_volumes,
            max_a_day=said.max_a_day,
            start=said.start,
            tentative=text(resource.get("intent")) in TENTATIVE,
            in_focus=in_focus,
            replaces=orders_replaced(resource),
        )

    def drug(self, resource: Json, references: References) -> DrugOrder:
        """Read only what is ordered, without places, for resources of the chart."""
        return self._named(resource, "", references)[0]

    def doses(self, resource: Json, references: References) -> tuple[OrderedDose, ...]:
        """Return the doses that an order of the chart names."""
        if medication := self._medication(resource, references):
            return self._doses(resource, medication)
        return self._instructed(resource.get("dosageInstruction")).doses

    def doses_only_in_text(self, resource: Json) -> DoseOnlyInText:
        """Read the doses in the text of an order that has none in its fields, if all of the text is understood."""
        return dose_only_in_text(resource, self._supportive_drugs)

    def named_problems(self, written: Iterable[str]) -> tuple[NamedProblem, ...]:
        """List the problems that stop a drug and that the texts of an order name."""
        return named_problems(written, self._conditions.concepts)

    def statements(self, written: Iterable[str], own_names: Iterable[str]) -> tuple[str, ...]:
        """List the sentences of the texts of an order, of a drug with some names, that nobody should overlook."""
        return order_statements(written, self._statements, own_names)

    def days(self, resource: Json) -> tuple[date, ...]:
        """Return the days for which an order of the chart names doses: each named day, or the first day."""
        said = self._instructed(resource.get("dosageInstruction"))
        return said.schedule.days or ((said.start,) if said.start is not None else ())

    def given(self, quantity: Json) -> OrderedDose | None:
        """Read the quantity of a dose that was given."""
        return dosage.quantity_dose(self._code_map.in_standard_units(quantity))

    def _doses(self, resource: Json, medication: Json) -> tuple[OrderedDose, ...]:
        instructions = self._code_map.in_standard_units(resource.get("dosageInstruction"))
        return tuple(dosage.doses({"dosageInstruction": instructions}, _strength(medication)))

    def _named(self, resource: Json, path: str, references: References) -> tuple[DrugOrder, Json, frozenset[Diluent]]:
        """Read the drug; also return the referenced Medication, and the diluents named with the drug."""
        identifier = text(resource.get("id"))
        origin = Origin(f"MedicationRequest/{identifier}" if identifier else "", path)
        medication = self._medication(resource, references)
        if concept := concept_alone(resource):
            said = self._said_alone(concept, path)
        else:
            said = said_of_drug(self._sources(resource, medication, path), self._code_map)
        evidence = said.evidence
        if medication:
            medication = self._with_parts(medication, resource, references)
            evidence += tuple(self._ingredients(medication, path))
        beside = billing_extensions.on_order(resource, medication)
        billing = [billing_code(each, origin) for each in said.billing]
        of_order = (codes_billed(coding, pointer) for coding, pointer in beside if coding.system == "hcpcs")
        billing += [billing_code(each, origin, beside_drug=True) for found in of_order for each in found]
        written = billing_extensions.words_of(resource)
        in_words = (codes_billed(coding, ()) for coding in billing_extensions.in_words(written))
        billing += [
            billing_code(each, origin, on_the_order=False, beside_drug=True) for found in in_words for each in found
        ]
        packages = (WrittenNdc(coding.code, (), path) for coding, _ in beside if coding.system == "ndc")
        named = (WrittenNdc(code, (), path) for code in billing_extensions.packages_in_words(written))
        ndcs = (*said.ndcs, *dict.fromkeys((*packages, *named)))
        gaps: tuple[Gap, ...] = ()
        if not evidence:
            evidence = said.supply_texts
        if not evidence and not said.billing and not ndcs and reference(resource.get("medicationReference")):
            gaps = (Gap("drug", path, "unresolved-drug"),)
        order = DrugOrder(origin=origin, evidence=evidence, billing=tuple(billing), ndcs=ndcs, gaps=gaps)
        return order, medication, said.diluents

    def _medication(self, resource: Json, references: References) -> Json:
        """Find the Medication that the order refers to; an empty one if there is none or it is not available."""
        referred = resource.get("medicationReference")
        return (references.resolve(referred, resource) or {}) if reference(referred) else {}

    def _sources(self, resource: Json, medication: Json, path: str) -> Iterator[Source]:
        if bare := text(resource.get("medicationCodeableConcept")):
            # A text in place of a concept still names the drug.
            yield Source({"text": bare}, f"{path}.medicationCodeableConcept", ())
        for index, concept in objects(resource.get("medicationCodeableConcept")):
            pointer: Pointer = ("medicationCodeableConcept",) if index is None else ("medicationCodeableConcept", index)
            yield Source(concept, f"{path}.medicationCodeableConcept", pointer)
        if isinstance(medication.get("code"), dict):
            wanted = reference(resource.get("medicationReference"))
            pointer = ()
            if wanted.startswith("#"):
                index = next(index for index, each in objects(resource.get("contained")) if each is medication)
                pointer = ("contained", "code") if index is None else ("contained", index, "code")
            yield Source(medication["code"], f"{path}.medicationReference", pointer)
        display = text(child(resource, "medicationReference").get("display"))
        if display:
            yield Source({"text": display}, f"{path}.medicationReference.display", ())

    def _said_by_concept(self, concept: Any, path: str) -> Said:
        return said_of_drug(self._sources({"medicationCodeableConcept": concept}, {}, path), self._code_map)

    def _ingredients(self, medication: Json, path: str) -> list[IdentityEvidence]:
        found = []
        for index, ingredient in objects(medication.get("ingredient")):
            where = f"{path}.medicationReference.ingredient[{index or 0}]"
            concept = child(ingredient, "itemCodeableConcept")
            for coding in map(drug_coding, codings(concept, self._code_map)):
                if coding.system in CLINICAL:
                    found.append(IdentityEvidence(EvidenceKind.INGREDIENT_CODING, coding.system, coding.code, where))
                if coding.display:
                    found.append(IdentityEvidence(EvidenceKind.INGREDIENT_TEXT, "", coding.display, where))
            display = text(concept.get("text")) or text(child(ingredient, "itemReference").get("display"))
            if display:
                found.append(IdentityEvidence(EvidenceKind.INGREDIENT_TEXT, "", display, where))
        return list(dict.fromkeys(found))

    def _with_parts(self, medication: Json, resource: Json, references: References) -> Json:
        """Return a Medication with the concepts of its ingredients that are resources of their own, and with theirs."""
        parts = (part for _, part in objects(medication.get("ingredient")))
        if not any(reference(part.get("itemReference")) for part in parts):
            return medication
        return {**medication, "ingredient": list(self._parts(medication, resource, references, {id(medication)}))}

    def _parts(self, holder: Json, resource: Json, references: References, seen: set[int]) -> Iterator[Json]:
        """Yield the ingredients of a Medication or a Substance, and those of each that is such a resource, once."""
        for _, part in objects(holder.get("ingredient")):
            referred = part.get("itemReference") or part.get("substanceReference")
            found = references.resolve(referred, resource) or references.resolve(referred, holder) or {}
            yield {"itemCodeableConcept": part.get("substanceCodeableConcept") or child(found, "code"), **part}
            if found and id(found) not in seen and len(seen) < _NESTED:
                seen.add(id(found))
                yield from self._parts(found, resource, references, seen)

    def with_reasons(
        self, order: DrugOrder, resource: Json, references: References, is_of_patient: Callable[[Json], bool]
    ) -> DrugOrder:
        """Add what an order's own reasons say: cancers, setting, receptors. Reasons of other patients do not count."""
        path = order.origin.path
        read = [
            self._conditions.read({"code": concept}, Origin("", f"{path}.reasonCode[{index or 0}]"))
            for index, concept in objects(resource.get("reasonCode"))
        ]
        for _, referred in objects(resource.get("reasonReference")):
            wanted = reference(referred)
            condition = references.resolve(referred, resource)
            if condition is None and (display := text(referred.get("display"))):
                # What was not sent is known by its name.
                condition = {"code": {"text": display}}
            elif condition is not None and not is_of_patient(condition):
                continue
            if condition is not None:
                read.append(self._conditions.read(condition, Origin(wanted, f"{path}.reasonReference")))
        if not read:
            return order
        stated = [each for condition in read for each in condition.receptors]
        return msgspec.structs.replace(
            order,
            unread_reasons=tuple(_unread_cancers(resource, read)),
            reasons=tuple(each.diagnosis for each in read if each.diagnosis is not None),
            stagings=tuple(each.staging for each in read if each.staging is not None),
            receptors=tuple(each for each in stated if isinstance(each, ReceptorResult)),
            coded_her2=tuple(each for each in stated if isinstance(each, CodedHer2)),
        )


def _with_notes(stated: OrderedDose | None, resource: Json) -> OrderedDose | None:
    """Return the maximum that an order states, or a lower one in its notes: "dose capped at 200 mg"."""
    in_notes = dosage.least_in_words(most for each in notes_of(resource) for most in doses_in_text.maxima_in(each))
    if stated is None or in_notes is None or stated.unit is not in_notes.unit:
        return stated or in_notes
    return min(stated, in_notes, key=lambda each: each.number)


def _unread_cancers(resource: Json, read: list[ReadCondition]) -> Iterator[str]:
    """Yield the reasons of an order that name a cancer of an organ where none was read as a cancer of the labels."""
    if any(each.diagnosis is not None for each in read):
        return
    for name in ("reasonCode", "reasonReference"):
        for _, reason in objects(resource.get(name)):
            for written in (*texts(reason), text(reason.get("display"))):
                if _OTHER_CANCER.search(fold(written)) and not _SPREAD.search(fold(written)):
                    yield written[:_LONGEST_FORM]
                    break


def has_reasons_of(resource: Json, other: Json) -> bool:
    """Return whether two orders state the same reasons, and none that is contained in one of them."""
    if "contained" in resource or "contained" in other:
        return False
    return all(resource.get(name) == other.get(name) for name in ("reasonCode", "reasonReference"))


def with_reasons_of(order: DrugOrder, other: DrugOrder) -> DrugOrder:
    """Add the reasons that were read of another order, at the places of this one."""
    if not (other.reasons or other.stagings or other.receptors or other.coded_her2 or other.unread_reasons):
        return order
    path, begun = order.origin.path, len(other.origin.path)

    def here(said: tuple[_Said, ...]) -> tuple[_Said, ...]:
        return tuple(
            msgspec.structs.replace(each, origin=Origin(each.origin.reference, path + each.origin.path[begun:]))
            for each in said
        )

    return msgspec.structs.replace(
        order,
        unread_reasons=other.unread_reasons,
        reasons=here(other.reasons),
        stagings=here(other.stagings),
        receptors=here(other.receptors),
        coded_her2=here(other.coded_her2),
    )


def orders_replaced(resource: Json) -> tuple[str, ...]:
    """List the orders that an order replaces, or carries out as part of a plan."""
    if "priorPrescription" not in resource and "basedOn" not in resource:
        return ()
    named = [resource.get("priorPrescription"), *(referred for _, referred in objects(resource.get("basedOn")))]
    found = (reference(each) for each in named)
    return tuple(dict.fromkeys(each for each in found if each.startswith("MedicationRequest/")))


def _strength(medication: Json) -> Strength | None:
    """Return the concentration of the only ingredient measured in milligrams."""
    found = []
    for _, ingredient in objects(medication.get("ingredient")):
        ratio = child(ingredient, "strength")
        above, below = child(ratio, "numerator"), child(ratio, "denominator")
        mass, volume = number(above.get("value")), number(below.get("value"))
        mass_scale = dose_scale(text(above.get("code")), text(above.get("unit")))
        volume_scale = dose_scale(text(below.get("code")), text(below.get("unit")))
        if mass is None or volume is None or mass_scale is None or volume_scale is None:
            continue
        if mass_scale.unit == "mg" and volume_scale.unit == "mL":
            found.append(Strength(mass * mass_scale.factor, volume * volume_scale.factor))
    return found[0] if len(found) == 1 else None
