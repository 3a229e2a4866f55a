"""Everything an export contains about one patient, and the requests that the service would have got for each order.

The resources are read once, and each request gets those known at its time. Doses and other orders count only if they
are certainly earlier than the order, because a dose on the same day is usually the result of that order.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from cards.facts.session import Hook
from fhir_mappings.as_of.event_times import EventTime, when
from fhir_mappings.as_of.known_since import before_its_end, known_since
from fhir_mappings.as_of.signers import encounter_of, signed_by
from fhir_mappings.medications.dosage import starts
from fhir_mappings.request.hook_request import HookRequest
from fhir_mappings.request.prefetch import Answer, PrefetchState
from fhir_mappings.wire.exact_json import Unreadable
from fhir_mappings.wire.lenient import child, reference, text
from fhir_mappings.wire.resources import ResourceList
from fhir_mappings.wire.stubs import ResourceStub

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zoneinfo import ZoneInfo

    from fhir_mappings.as_of.searches import Searches
    from fhir_mappings.wire.lenient import Json

HOOK, INSTANCE, USER = Hook.SIGN, "simulation", "simulation"
ORDER = "MedicationRequest"
_EARLIER_ONLY = frozenset({"MedicationAdministration", "MedicationRequest"})
_WITH_ORDERS = frozenset({"MedicationRequest", "ServiceRequest"})
_STATIC = frozenset({"Patient", "Medication"})
_NEVER_SIGNED = frozenset({"draft", "entered-in-error"})
_DRUGS = "drugs"
_ALWAYS = EventTime(date.min)


@dataclass(slots=True)
class _Held:
    """A resource in the chart: since when it is visible, and its state before it ended."""

    stub: ResourceStub
    since: EventTime
    earlier_only: bool
    order: str = ""
    end: EventTime | None = None
    before: ResourceStub | None = None

    def at(self, moment: EventTime) -> ResourceStub | None:
        """Return the resource as of a time; nothing if it was not known then."""
        # The same comparison as in ``EventTime``, inlined because it runs for each resource at each order.
        day, time = self.since
        mine, its = (day, moment.day) if time is None or moment.at is None else (time, moment.at)
        if mine > its or (self.earlier_only and mine == its):  # type: ignore[operator]
            return None
        if self.end is not None and not self.end.is_before(moment):
            return self.before
        return self.stub


@dataclass(slots=True)
class SignedTogether:
    """Orders of one patient that were signed at the same time; ``dated_by`` says how the time is known."""

    moment: EventTime
    dated_by: str
    orders: list[ResourceStub] = field(default_factory=list)
    services: list[ResourceStub] = field(default_factory=list)

    @property
    def references(self) -> frozenset[str]:
        """The references of the orders."""
        return frozenset(order.reference for order in self.orders)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An order that cannot be replayed, and why."""

    order: str
    reason: str


class PatientHistory:
    """The resources of one patient, indexed by when they were known."""

    def __init__(self, patient_id: str, resources: Iterable[bytes], wanted: Searches, zone: ZoneInfo) -> None:
        """Read every resource once."""
        self.patient_id = patient_id
        self._zone = zone
        self.left_out: list[LeftOut] = []
        self.undated: dict[str, int] = defaultdict(int)
        self._by_reference = _newest(resources)
        self._lists: dict[str, list[_Held]] = {key: [] for key in wanted}
        self._statuses = {key: search for key, search in wanted.items() if search.statuses is not None}
        drugs = sorted(name for name in self._by_reference if name.startswith("Medication/"))
        self._drugs = [self._by_reference[name] for name in drugs]
        self._fill(wanted)
        self.sessions = sorted(self._sessions(), key=_in_order)

    def resource(self, wanted: str) -> Json:
        """Find a resource of the patient by its reference; an empty one if there is none."""
        stub = self._by_reference.get(wanted)
        return stub.content if stub is not None else {}

    def lacks_medication_of(self, order: Json) -> bool:
        """Return whether an order refers to a Medication that is not in the export, and does not name the drug."""
        referred = child(order, "medicationReference")
        wanted = reference(referred)
        return bool(wanted) and wanted[0] != "#" and wanted not in self._by_reference and not referred.get("display")

    def request(self, session: SignedTogether) -> HookRequest:
        """Return the request that the service would have received when the orders of a session were signed."""
        entries = [{"resource": {**order.content, "status": "draft"}} for order in session.orders]
        entries += [{"resource": {**service.content, "status": "draft"}} for service in session.services]
        # The Medications that the orders refer to are included, so that they need not be fetched.
        named = {reference(order.content.get("medicationReference")) for order in session.orders}
        entries += [{"resource": self.resource(name)} for name in sorted(named) if name in self._by_reference]
        draft_orders: Json = {"resourceType": "Bundle", "entry": entries}
        orders = [order.content for order in session.orders]
        return HookRequest(
            HOOK,
            INSTANCE,
            self.patient_id,
            signed_by(orders) or USER,
            (),
            draft_orders,
            self._answers(session),
            encounter_id=encounter_of(orders).rpartition("/")[2],
        )

    def _answers(self, session: SignedTogether) -> dict[str, Answer]:
        own, moment = session.references, session.moment
        answers = {}
        for key, listed in self._lists.items():
            search = self._statuses.get(key)
            seen = [
                stub
                for held in listed
                if (stub := held.at(moment)) is not None and held.order not in own and stub.reference not in own
            ]
            if search is not None:
                seen = [stub for stub in seen if search.wants_status(stub.content)]
            answers[key] = _answer(seen)
        if self._drugs:
            answers[_DRUGS] = _answer(self._drugs)
        return answers

    def _fill(self, wanted: Searches) -> None:
        """Put each resource into the lists that match it, newest first if the query says so."""
        last_given = self._last_given()
        for name, stub in sorted(self._by_reference.items()):
            asking = wanted.asking(stub.resource_type, stub.codes[0])
            if not asking:
                continue
            held = self._hold(stub, last_given.get(name))
            if held is not None:
                for key in asking:
                    self._lists[key].append(held)
        for key, search in wanted.items():
            if search.newest_first:
                self._lists[key].sort(key=lambda held: held.stub.day, reverse=True)
            # The position in the whole history, so that it is the same for every order.
            for index, held in enumerate(self._lists[key]):
                held.stub.path = f"prefetch.{key}.entry[{index}].resource"
                if held.before is not None:
                    held.before.path = held.stub.path

    def _hold(self, stub: ResourceStub, last_given: EventTime | None) -> _Held | None:
        content, kind = stub.content, stub.resource_type
        if kind in _STATIC:
            return _Held(stub, _ALWAYS, earlier_only=False)
        since = known_since(content, self._zone)
        if since is None:
            self.undated[kind] += 1
            return None
        held = _Held(stub, since, kind in _EARLIER_ONLY)
        if kind == "MedicationAdministration":
            held.order = reference(content.get("request"))
        if (ended := before_its_end(content, last_given, self._zone)) is not None:
            held.end = ended[0]
            held.before = ResourceStub.of_content(ended[1], "")
        return held

    def _last_given(self) -> dict[str, EventTime]:
        """Return for each order the time of its last administration."""
        found: dict[str, EventTime] = {}
        for stub in self._by_reference.values():
            if stub.resource_type == "MedicationAdministration":
                order = reference(stub.content.get("request"))
                given = known_since(stub.content, self._zone) if order else None
                if given is not None and (order not in found or found[order].is_before(given)):
                    found[order] = given
        return found

    def _sessions(self) -> Iterator[SignedTogether]:
        """Group the orders by the time at which they were signed, as written."""
        found: dict[str, SignedTogether] = {}
        for name, stub in sorted(self._by_reference.items()):
            if stub.resource_type not in _WITH_ORDERS:
                continue
            content = stub.content
            is_order = stub.resource_type == ORDER
            reason = ("" if stub.reference else "no-id") or _why_not(content) if is_order else ""
            if reason:
                self.left_out.append(LeftOut(name, reason))
                continue
            moment, written, dated_by = self._signed(content)
            if moment is None or (not is_order and content.get("status") == "entered-in-error"):
                if is_order:
                    self.left_out.append(LeftOut(name, "no-time"))
                continue
            session = found.setdefault(written, SignedTogether(moment, dated_by))
            (session.orders if is_order else session.services).append(stub)
        return (session for session in found.values() if session.orders)

    def _signed(self, order: Json) -> tuple[EventTime | None, str, str]:
        """Return when an order was signed: when it was authored, else its first dose, else its encounter's start."""
        encounter = self.resource(reference(order.get("encounter")))
        for dated_by, written in (
            ("authored", text(order.get("authoredOn"))),
            ("first-dose", _first_dose(order)),
            ("encounter", text(child(encounter, "period").get("start"))),
        ):
            moment = when(written, self._zone)
            # An order cannot be replayed as of a month.
            if moment is not None and len(written) >= len("2026-01-01"):
                return moment, written, dated_by
        return None, "", ""


def _in_order(session: SignedTogether) -> tuple[int, float, str]:
    return session.moment.day.toordinal(), session.moment.at or 0.0, session.orders[0].reference


def _why_not(order: Json) -> str:
    if isinstance(order.get("medication"), dict):
        return "other-release"
    if text(order.get("status")) in _NEVER_SIGNED:
        return "not-signed" if order["status"] == "draft" else "entered-in-error"
    if order.get("doNotPerform") is True:
        return "do-not-perform"
    return "reported" if order.get("reportedBoolean") is True or "reportedReference" in order else ""


def _first_dose(order: Json) -> str:
    return next((written for named in starts(order) if (written := text(named))), "")


def _newest(resources: Iterable[bytes]) -> dict[str, ResourceStub]:
    """Read each resource; of several versions of one, the last written counts."""
    found: dict[str, tuple[ResourceStub, bytes]] = {}
    nameless = 0
    for raw in resources:
        try:
            stub = ResourceStub.of(raw, "")
        except Unreadable:
            continue
        name = stub.reference
        if not name:
            nameless += 1
            name = f"{stub.resource_type}?{nameless:06}"
        other = found.get(name)
        if other is None or _version(*other) < _version(stub, raw):
            found[name] = stub, raw
    return {name: stub for name, (stub, _) in found.items()}


def _version(stub: ResourceStub, raw: bytes) -> tuple[str, bytes]:
    return text(child(stub.content, "meta").get("lastUpdated")), raw


def _answer(stubs: list[ResourceStub]) -> Answer:
    """Return the answer to a query."""
    if not stubs:
        return Answer(PrefetchState.EMPTY)
    return Answer(PrefetchState.PRESENT, ResourceList(stubs, is_bundle=True))
