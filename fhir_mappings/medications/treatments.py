"""Reads earlier doses and active drugs from the chart, as far as rules use them.

Administrations, orders and statements for drugs that no rule uses are skipped after checking the name.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from cards.facts.order import DoseUnit
from cards.facts.origins import Gap, Origin
from cards.facts.patient import Treatment, TreatmentState
from cards.identification.identity import IdentityStatus, identify, names_fluid
from cards.identification.recognizer import CODE_SYSTEMS
from cards.values.quantities import Mg, MgPerKg
from fhir_mappings.codings import CLINICAL, NO_CODE_MAP, codings, drug_coding, texts
from fhir_mappings.medications import own_periods
from fhir_mappings.medications.dosage import starts
from fhir_mappings.medications.doses_in_text import doses_in
from fhir_mappings.medications.given_notes import NotedAmount, denial, noted_amount, unread_amount
from fhir_mappings.medications.medication import TENTATIVE, concept_alone, orders_replaced
from fhir_mappings.medications.tablets import tablet_mg, tablet_strengths
from fhir_mappings.medications.written_codes import codes_in_text
from fhir_mappings.patient.conditions import label_of
from fhir_mappings.patient.staging import words
from fhir_mappings.wire.cached_json import CachedByJson
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, day, objects, text
from fhir_mappings.wire.note_statements import note_statement_reader
from fhir_mappings.wire.references import References

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo
    from decimal import Decimal

    from cards.facts.order import OrderedDose
    from cards.identification.recognizer import Recognizer
    from cards.identification.targets import Meaning
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.medications.medication import MedicationReader
    from fhir_mappings.wire.lenient import Json

# The year of the first trials of HER2 drugs; an earlier day stands for an unknown one, as 1970-01-01 does.
_FIRST_DOSES = 1990
_WHOLE_DAY, _LONGEST_TIME, _LONGEST_CODES, _LONGEST_ROUTE, _LONGEST_NAME = 10, 40, 80, 40, 80
_ORDERS = frozenset({"MedicationRequest", "MedicationOrder"})
KINDS = frozenset({"MedicationAdministration", "MedicationStatement", *_ORDERS})
_STATES = {
    ("MedicationAdministration", "completed"): TreatmentState.GIVEN,
    ("MedicationAdministration", "in-progress"): TreatmentState.GIVEN,
    # Stopped or held after it was started: part of the dose was given.
    ("MedicationAdministration", "stopped"): TreatmentState.GIVEN,
    ("MedicationAdministration", "on-hold"): TreatmentState.GIVEN,
    **{(kind, "completed"): TreatmentState.COMPLETED for kind in _ORDERS},
    **{(kind, "active"): TreatmentState.ACTIVE for kind in _ORDERS},
    ("MedicationStatement", "active"): TreatmentState.ACTIVE,
}
_WHOLE = "completed"
# Every status that FHIR R4 has for these resources.
_STATUSES = frozenset(
    {
        "active", "cancelled", "completed", "draft", "entered-in-error", "in-progress", "intended", "not-done",
        "not-taken", "on-hold", "stopped",
    }
)  # fmt: skip
_TIMES = (
    "effectiveDateTime", "effectiveTimeDateTime", "occurenceDateTime", "occurrenceDateTime"
)  # fmt: skip
_PERIODS = ("effectivePeriod", "effectiveTimePeriod", "occurencePeriod", "occurrencePeriod")
# The dose at the beginning of a text; later it may name another drug's dose.
_LEADS = re.compile(r"(?:(?:dose|given|administered|infused|i\.?v\.?|intravenous(?:ly)?)[\s:]+)*:?\d", re.IGNORECASE)
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?")
# "Do not give", and, in releases before R4, that a dose was not given or taken.
_DENIED = ("doNotPerform", "notGiven", "wasNotGiven", "wasNotTaken")
# Where an administration has words.
_WORDS = frozenset({"note", "dosage", "statusReason"})


class _Drug(NamedTuple):
    product: str
    names: tuple[str, ...]
    is_unclear: bool = False
    classes: tuple[str, ...] = ()
    is_of_fluid: bool = False
    """Its words name a fluid and what that is for: without a dose by mass it is the fluid alone."""


class TreatmentReader:
    """Reads the treatments of one chart."""

    def __init__(
        self,
        medication: MedicationReader,
        recognizer: Recognizer,
        zone: tzinfo | None = None,
        code_map: CodeMap = NO_CODE_MAP,
    ) -> None:
        """Keep what reading needs; one reader serves every request.

        ``zone`` is the site's time zone, which decides the day of a dose. Without one the day is as written.
        """
        self._zone = zone
        self._code_map = code_map
        self._medication = medication
        self._recognizer = recognizer
        self._statements = note_statement_reader(recognizer.known.terminology.note_statements)
        self._care, self._doses_given = (
            words(recognizer.known.procedures.care),
            words(recognizer.known.procedures.doses),
        )
        self._drug_alone = CachedByJson(self._drug_by_concept)
        self._unknown_alone = CachedByJson(self._unknown_by_concept)

    def read(self, resource: Json, path: str, references: References) -> Treatment | None:
        """Read one resource; ``None`` if no rule uses its drug, or if the drug was not given."""
        kind = text(resource.get("resourceType"))
        state = _STATES.get((kind, text(resource.get("status"))))
        if state is None or text(resource.get("intent")) in TENTATIVE:
            return None
        if self.is_denied(resource):
            return None
        drug = self._drug_of(resource, references)
        if drug is None:
            return None
        identifier = text(resource.get("id"))
        origin = Origin(f"{kind}/{identifier}" if identifier else "", path)
        read = self._given if kind == "MedicationAdministration" else self._ordered
        return read(resource, drug, origin, state, references)

    def _ordered(
        self, resource: Json, drug: _Drug, origin: Origin, state: TreatmentState, references: References
    ) -> Treatment:
        """Read an order or a statement."""
        is_order = text(resource.get("resourceType")) in _ORDERS
        is_standing = state is TreatmentState.ACTIVE and is_order and bool(drug.product)
        return Treatment(
            drug.product,
            self._as_routed(drug.names, resource),
            _when(resource),
            origin,
            state,
            self._dose(resource, drug, references),
            ended=own_periods.ended(resource, by_supply=not drug.product),
            classes=drug.classes,
            days=self._medication.days(resource) if is_standing else (),
            group=text(child(resource, "groupIdentifier").get("value")) if is_standing else "",
            replaces=orders_replaced(resource) if is_standing else (),
        )

    def _given(
        self, resource: Json, drug: _Drug, origin: Origin, state: TreatmentState, references: References
    ) -> Treatment:
        """Read an administration; one without an amount has that of the order it carries out."""
        at = _time(resource)
        on = self.day_of(at)
        if drug.product and on is not None and on.year < _FIRST_DOSES:
            on = None
        dose = self._dose(resource, drug, references)
        noted = NotedAmount(unread_amount(resource)) if dose is None else noted_amount(resource, dose)
        by_order = self._dose_of_order(resource, drug, references) if dose is None and not noted.another else None
        return Treatment(
            drug.product,
            drug.names,
            on,
            origin,
            state,
            dose or by_order,
            within=_within(at) if on is None else None,
            at=_instant(at),
            stopped=text(resource.get("status")) != _WHOLE,
            unread_dose=noted.another,
            reduced_in_words=noted.reduced,
            classes=drug.classes,
            as_ordered=by_order is not None,
        )

    def _as_routed(self, names: tuple[str, ...], resource: Json) -> tuple[str, ...]:
        """Return the names of a drug with its routes where each takes it out of a class: ketoconazole for the skin."""
        instructions = [each for name in ("dosageInstruction", "dosage") for _, each in objects(resource.get(name))]
        routes = [" ".join(texts(each.get("route")))[:_LONGEST_ROUTE] for each in instructions]
        if not routes or not all(routes):
            return names
        return next((routed for name in names if (routed := self._routed(name, names, routes))), names)

    def _routed(self, name: str, names: tuple[str, ...], routes: list[str]) -> tuple[str, ...]:
        read = self._recognizer.read_classes
        if any(read(name) == read(f"{name} ({route})") for route in routes):
            return ()
        return tuple(f"{each} ({'; '.join(dict.fromkeys(routes))})" for each in names)

    def is_denied(self, resource: Json) -> bool:
        """Return whether a resource says that the drug was not given or taken, or is not to be."""
        return any(resource.get(name) is True for name in _DENIED) or resource.get("taken") == "n"

    def denied(self, resource: Json, treatment: Treatment) -> Gap | None:
        """Return a gap if the record of a dose says in words that it was not given."""
        if not treatment.product or _WORDS.isdisjoint(resource):
            return None

        def names_it(written: str) -> bool:
            return any(target.product == treatment.product for each in self._meanings(written) for target in each)

        if not (said := denial(resource, names_it, self._statements)):
            return None
        values = (("date", str(treatment.on or "?")), ("drug", treatment.names[0]), ("note", said))
        return Gap("treatment", treatment.origin.path, "denied-in-note", treatment.on, values)

    def product_of(self, resource: Json, references: References) -> str:
        """Return the product that a resource names by code or name; empty unless it names exactly one."""
        drug = self._drug_of(resource, references)
        if drug is not None and drug.product:
            return drug.product
        meanings = [each for name in (drug.names if drug is not None else ()) for each in self._meanings(name)]
        found = {target.product for meaning in meanings for target in meaning}
        return found.pop() if len(found) == 1 else ""

    @staticmethod
    def entry(resource: Json, references: References) -> tuple[tuple[str, str], ...]:
        """Return how an entry that cannot be used names its drug, and its day: the value "entry" of a gap, if any."""
        written = (each if each.__class__ is str else label_of(each) for each in _concepts(resource, references))
        name = next((each for each in written if each), text(child(resource, "medicationReference").get("display")))
        when = _when(resource) or day(_time(resource))
        said = ", ".join(filter(None, (name[:_LONGEST_NAME], str(when or ""))))
        return (("entry", said),) if said else ()

    def amount_of(self, resource: Json, references: References) -> Mg | MgPerKg | None:
        """Return the amount that a dispense or a statement names in its dosage, where it names one."""
        drug = self._drug_of(resource, references)
        dosage = resource.get("dosageInstruction") or resource.get("dosage")
        if drug is None or dosage is None:
            return None
        instructed = {**resource, "dosageInstruction": dosage}
        doses = self._medication.doses(instructed, references) or self._doses_in_text(instructed, drug)
        found = {_in_mg(each, self._tablet_mg(drug)) for each in doses}
        return found.pop() if len(found) == 1 else None

    def is_care(self, concept: Json) -> bool:
        """Return whether a procedure that names a drug is care around it, not a dose: an echocardiogram, a port."""
        said = [fold(each) for each in texts(concept)]
        return any(map(self._care.search, said)) and not any(map(self._doses_given.search, said))

    def day_of(self, at: str) -> date | None:
        """Return the day of a time at the site; without a time zone it is local time. A month or year is no day."""
        if len(at) < _WHOLE_DAY:
            return None
        if self._zone is not None and len(at) > _WHOLE_DAY:
            try:
                moment = datetime.fromisoformat(at)
                if moment.tzinfo is not None:
                    return moment.astimezone(self._zone).date()
            except (ValueError, OverflowError):
                pass
        return day(at)

    def _meanings(self, name: str) -> tuple[Meaning, ...]:
        return self._recognizer.read_text(name).meanings

    def _drug_by_concept(self, concept: Any) -> _Drug | None:
        return self._drug({"medicationCodeableConcept": concept}, References())

    def _drug(self, resource: Json, references: References) -> _Drug | None:
        """Return the drug of a resource; ``None`` if no rule uses it."""
        if not self._is_of_interest(resource, references):
            return None
        order = self._medication.drug(resource, references)
        identity = identify(order, self._recognizer)
        is_settled = identity.status is IdentityStatus.SETTLED
        product = identity.product.id if identity.product and is_settled else ""
        billed = self._recognizer.billed_names(order.billing) if order.billing else ()
        names = tuple(dict.fromkeys((*self._recognizer.names_of(order.evidence), *billed)))
        coded = [each for each in order.evidence if each.system]
        of_site = (self._recognizer.coded_classes(each.system, each.value) for each in coded)
        classes = tuple(dict.fromkeys(name for group in of_site for name in group))
        if not names and not product and classes:
            names = tuple(f"{each.system} {each.value}" for each in coded)
        is_unclear = not is_settled and identity.in_scope
        if not (product or names or is_unclear):
            return None
        is_of_fluid = identity.in_scope and names_fluid(identity, self._recognizer)
        return _Drug(product, names or (product,), is_unclear, classes, is_of_fluid)

    def _dose(self, resource: Json, drug: _Drug, references: References) -> Mg | MgPerKg | None:
        """Return the dose of an administration, or the first one of an order in milligrams or tablets."""
        strength = self._tablet_mg(drug)
        given = self._medication.given(child(_dosage(resource), "dose"))
        if given is not None and (dose := _in_mg(given, strength)) is not None:
            return dose
        if given is None and (written := _dose_in_words(resource)) and _LEADS.match(written):
            named = doses_in(written)
            in_all = [dose for dose in named if isinstance(dose, Mg)] or named
            return in_all[0] if len(in_all) == 1 else None
        doses = self._medication.doses(resource, references) or self._doses_in_text(resource, drug)
        return next((dose for each in doses if (dose := _in_mg(each, strength)) is not None), None)

    def _dose_of_order(self, resource: Json, drug: _Drug, references: References) -> Mg | MgPerKg | None:
        """Return the only dose of the order that an administration without an amount carries out."""
        order = references.resolve(child(resource, "request") or child(resource, "prescription"), resource)
        if not drug.product or order is None or self.product_of(order, references) != drug.product:
            return None
        read = [_in_mg(each, self._tablet_mg(drug)) for each in self._medication.doses(order, references)]
        doses = [dose for dose in read if isinstance(dose, Mg)] or read
        return doses[0] if len(set(doses)) == 1 else None

    def _doses_in_text(self, resource: Json, drug: _Drug) -> tuple[OrderedDose, ...]:
        """Return the doses that only the text of an order gives, in milligrams first."""
        if not drug.product or "dosageInstruction" not in resource:
            return ()
        read = self._medication.doses_only_in_text(resource)
        if not self._recognizer.are_names_of(self._recognizer.product(drug.product), read.names):
            return ()
        return tuple(sorted(read.doses, key=lambda dose: dose.unit is not DoseUnit.MG))

    def _tablet_mg(self, drug: _Drug) -> Decimal | None:
        """Return the strength of a drug's tablets: from its name, or the only one marketed."""
        tablets = self._recognizer.product(drug.product).tablets if drug.product else None
        if tablets is None:
            return None
        marketed = tablets.strengths_mg
        return tablet_mg({}, tablet_strengths(drug.names)) or (marketed[0] if len(marketed) == 1 else None)

    def status_gap(self, resource: Json, references: References) -> str:
        """Return why the status of a treatment with a relevant drug says nothing; empty if it does, or for other drugs.

        "Unknown" is no answer: the dose may have been given, the order may be in force.
        """
        status = text(resource.get("status"))
        status = "" if status == "unknown" else status
        if status in _STATUSES:
            return ""
        return ("status-unknown" if status else "no-status") if self._drug_of(resource, references) is not None else ""

    def is_unclear(self, resource: Json, references: References) -> bool:
        """Return whether a treatment may be one of several drugs, including one that is checked."""
        drug = self._drug_of(resource, references)
        return drug is not None and drug.is_unclear

    def _drug_of(self, resource: Json, references: References) -> _Drug | None:
        concept = concept_alone(resource)
        drug = self._drug_alone(concept) if concept else self._drug(resource, references)
        if drug is None or not drug.is_of_fluid:
            return drug
        given = self._medication.given(child(_dosage(resource), "dose"))
        doses = (*self._medication.doses(resource, references), *((given,) if given is not None else ()))
        has_mass = any(_in_mg(dose, None) is not None for dose in doses) or doses_in(_dose_in_words(resource))
        return drug if has_mass else None

    def has_unknown_drug(self, resource: Json, references: References) -> bool:
        """Return whether a treatment that would count refers to a missing Medication without naming the drug."""
        referred = child(resource, "medicationReference")
        kind, status = text(resource.get("resourceType")), text(resource.get("status"))
        if not referred or (kind, status) not in _STATES or text(referred.get("display")):
            return False
        return references.resolve(referred, resource) is None

    def unknown_code(self, resource: Json, references: References) -> str:
        """Return the codes of a treatment that would count but names its drug only by codes that are not known."""
        kind, status = text(resource.get("resourceType")), text(resource.get("status"))
        if (kind, status) not in _STATES or text(resource.get("intent")) in TENTATIVE:
            return ""
        concept = concept_alone(resource)
        if concept is not None:
            # Nearly every entry has words.
            return "" if concept.__class__ is dict and text(concept.get("text")) else self._unknown_alone(concept)
        referred = child(resource, "medicationReference")
        return "" if text(referred.get("display")) else self._unknown(resource, references)

    def has_no_drug(self, resource: Json, references: References) -> bool:
        """Return whether a treatment that would count names its drug neither in words nor by a code."""
        kind, status = text(resource.get("resourceType")), text(resource.get("status"))
        # Another release of FHIR has a status of its own, and the drug elsewhere.
        may_count = (kind, status) in _STATES or (status and status not in _STATUSES)
        if not may_count or text(resource.get("intent")) in TENTATIVE:
            return False
        concept = resource.get("medicationCodeableConcept")
        if concept.__class__ is dict and text(concept.get("text")):
            # Nearly every entry has words.
            return False
        if text(child(resource, "medicationReference").get("display")):
            return False
        return not any(
            each.__class__ is str or texts(each) or any(coding.code for coding in codings(each, self._code_map))
            for each in _concepts(resource, references)
        )

    def _unknown_by_concept(self, concept: Any) -> str:
        return self._unknown({"medicationCodeableConcept": concept}, References())

    def _unknown(self, resource: Json, references: References) -> str:
        concepts = list(_concepts(resource, references))
        if any(concept.__class__ is str or texts(concept) for concept in concepts):
            return ""
        coded = [coding for concept in concepts for coding in map(drug_coding, codings(concept, self._code_map))]
        found = [coding for coding in coded if coding.code]
        if not found or any(self._recognizer.is_settled(each.system, each.code) for each in found):
            return ""
        written = (f"{CODE_SYSTEMS.get(each.system, each.system.upper())} {each.code}".strip() for each in found)
        return ", ".join(dict.fromkeys(written))[:_LONGEST_CODES]

    def _is_of_interest(self, resource: Json, references: References) -> bool:
        """Return whether a code or a name is for a product or class that a rule uses."""
        reference_to = child(resource, "medicationReference")
        if reference_to and (not text(reference_to.get("display")) or references.resolve(reference_to, resource)):
            return True
        if self._is_named(text(resource.get("medicationCodeableConcept"))):
            return True
        for _, concept in objects(resource.get("medicationCodeableConcept")):
            for coding in map(drug_coding, codings(concept, self._code_map)):
                if coding.system in CLINICAL and (
                    self._recognizer.coded(coding.system, coding.code)
                    or self._recognizer.coded_name(coding.system, coding.code)
                    or self._recognizer.coded_classes(coding.system, coding.code)
                ):
                    return True
                if coding.system in ("hcpcs", "ndc"):
                    return True
            if any(self._is_named(written) for written in texts(concept)):
                return True
        return self._is_named(text(reference_to.get("display")))

    def _is_named(self, written: str) -> bool:
        return bool(written) and bool(
            self._recognizer.read_text(written).names_drug
            or self._recognizer.read_classes(written)
            or any(codes_in_text(written))
        )


def _concepts(resource: Json, references: References) -> Iterator[Any]:
    """Yield what names the drug of a treatment, in it or in the Medication that it refers to; a bare text as text."""
    concept = resource.get("medicationCodeableConcept")
    yield from (concept,) if concept.__class__ is str else (each for _, each in objects(concept))
    medication = references.resolve(child(resource, "medicationReference"), resource) or {}
    yield from (each for _, each in objects(medication.get("code")))
    for _, ingredient in objects(medication.get("ingredient")):
        yield from (each for _, each in objects(ingredient.get("itemCodeableConcept")))


def _time(resource: Json) -> str:
    """Return when an administration began, as written in the chart; empty if not stated."""
    times = [text(resource.get(name)) for name in _TIMES]
    times += [text(child(resource, name).get("start")) or text(child(resource, name).get("end")) for name in _PERIODS]
    return next((each for each in times if each), "")


def _instant(written: str) -> str:
    """Return a time as text that is the same for equal instants in any time zone."""
    try:
        moment = datetime.fromisoformat(written)
        return moment.astimezone(UTC).isoformat() if moment.tzinfo is not None else written[:_LONGEST_TIME]
    except (ValueError, OverflowError):
        return written[:_LONGEST_TIME]


def _within(written: str) -> tuple[date, date] | None:
    """Return the first and the last day of a month or year."""
    match = _PARTIAL.fullmatch(written)
    if match is None:
        return None
    year, month = int(match[1]), int(match[2]) if match[2] else None
    try:
        first = date(year, month or 1, 1)
        last = date(year, 12, 31) if month is None else (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    return first, last


def _dosage(resource: Json) -> Json:
    """Return the dosage of an administration, which some clients send as a list of one."""
    several = objects(resource.get("dosage"))
    return several[0][1] if len(several) == 1 else {}


def _dose_in_words(resource: Json) -> str:
    return text(_dosage(resource).get("text"))


def _when(resource: Json) -> date | None:
    """Return the day of a dose, or the day from which an order holds."""
    period = child(resource, "effectivePeriod")
    candidates = [resource.get("effectiveDateTime"), period.get("start")]
    candidates += [*starts(resource), *(resource.get(name) for name in ("authoredOn", "dateWritten", "dateAsserted"))]
    return next((found for candidate in candidates if (found := day(candidate)) is not None), None)


def _in_mg(dose: OrderedDose, tablet: Decimal | None) -> Mg | MgPerKg | None:
    if dose.unit is DoseUnit.MG:
        return Mg(dose.number)
    if dose.unit is DoseUnit.TABLET and tablet is not None:
        return Mg(dose.number * tablet)
    return MgPerKg(dose.number) if dose.unit is DoseUnit.MG_PER_KG else None
