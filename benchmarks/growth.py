"""Does the time grow with the size of a request, or with its square?

    python -m benchmarks.growth [--texts] [--lists] [--only WORD]

Every text of a request with one of everything is replaced, one after the other, by eight kinds of text in two lengths;
every list is made longer by copies of what it holds, each a little different. Ten times as much may take at most twelve
times as long. Times are of the processor, the least of a few, so that a busy machine matters little.
"""

from __future__ import annotations

import argparse
import copy
import gc
import json
import time
from typing import TYPE_CHECKING, Any

from benchmarks.chart import Person
from benchmarks.payloads import SERVICE, Drug, request_of
from cds_service.configuration.settings import Settings
from cds_service.decisions.decider import Decider
from cds_service.protocol.services import BY_ID
from fhir_mappings.request.hook_request import BadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]
Path = tuple[str | int, ...]
AT_MOST = 12.0
TEXTS = {
    "blanks": " ",
    "digits": "1234567890",
    "letters": "trastuzumab emtansine ",
    "doses": "give 252 mg IV over 90 minutes, day 1 of 21, ",
    "results": "HER2 IHC 2+ (FISH ratio 1.9), LVEF 55-60 %, stage IV; ",
    "brackets": "([{<(",
    "signs": "- / % , . ; ",
    "accents": "e\u0301\u00a0\u2013 mg/m\u00b2 ",
}
SHORT, LONG = (200, 2000), (20_000, 200_000)
FEW, MANY = 200, 2000
ORDERS = 30, 300
_WORTH_S = 0.004
"""Less is not told from noise."""


class Subject:
    """The service in this process."""

    def __init__(self) -> None:
        """Start with the defaults."""
        self.decider = Decider(Settings(auth={"mode": "off"}))
        self.keys = tuple(self.decider.templates)
        self._number = 0
        # What is there from the start need not be looked through before each call.
        gc.collect()
        gc.freeze()

    def seconds(self, request: Json, times: int = 3) -> float:
        """Return the least processor time of a few calls; each differs, so that nothing is remembered."""
        return min(self._once(request) for _ in range(times))

    def outgrows(self, small: Json, large: Json, base: float) -> tuple[float, float] | None:
        """Return the times of two sizes if the large one takes too long for its size.

        The small one is asked only if the large one takes long enough to be told from noise, which few do.
        """
        noise = base + _WORTH_S
        if self._once(large) <= noise or (longest := self.seconds(large, 2)) <= noise:
            return None
        least = self.seconds(small, 2)
        return (least, longest) if longest > AT_MOST * least else None

    def _once(self, request: Json) -> float:
        self._number += 1
        body = json.dumps(request).replace("#n#", f"{self._number:06}").encode()
        gc.collect()
        gc.disable()
        began = time.process_time()
        try:
            self.decider.decide(self.decider.read(body, BY_ID[SERVICE].hook))
        except BadRequest as error:
            raise SystemExit(f"{error.code}: {error}") from None
        finally:
            gc.enable()
        return time.process_time() - began


def rich(keys: tuple[str, ...]) -> Json:
    """Make a request with one of everything that is read, and texts wherever a text may stand."""
    person = Person(7)
    request = request_of(person, (Drug("ado-trastuzumab emtansine (KADCYLA) IV", "1371046", mg_per_kg=5),), 8, keys)
    order = request["context"]["draftOrders"]["entry"][0]["resource"]
    said = {"text": "as written", "coding": [{"system": "http://example.org/local", "code": "x-1", "display": "local"}]}
    instruction = order["dosageInstruction"][0]
    order |= {"note": [{"text": "a note"}], "reasonCode": [copy.deepcopy(said)], "category": [copy.deepcopy(said)]}
    order["groupIdentifier"] = {"value": "group-1"}
    order["medicationCodeableConcept"]["extension"] = [
        {"url": "http://example.org/billing-code", "valueCodeableConcept": copy.deepcopy(said)}
    ]
    instruction |= {
        "patientInstruction": "over 90 minutes",
        "additionalInstruction": [copy.deepcopy(said)],
        "method": copy.deepcopy(said),
        "site": copy.deepcopy(said),
        "asNeededCodeableConcept": copy.deepcopy(said),
    }
    instruction["route"]["text"] = "Intravenous"
    instruction["timing"] |= {"code": copy.deepcopy(said), "event": ["2026-11-30"]}
    prefetch = request["prefetch"]
    for holder in prefetch.values():
        for entry in holder.get("entry", ()):
            resource = entry["resource"]
            resource |= {"note": [{"text": "a note"}], "bodySite": copy.deepcopy(said)}
            if resource["resourceType"] == "Observation":
                resource |= {"method": copy.deepcopy(said), "interpretation": [copy.deepcopy(said)]}
                resource["component"] = [{"code": copy.deepcopy(said), "valueString": "part"}]
            else:
                resource |= {"stage": [{"summary": copy.deepcopy(said), "type": copy.deepcopy(said)}]}
                resource["category"] = [copy.deepcopy(said)]
    markers = prefetch["tumorMarkers"]["entry"]
    for code, value in (
        ("85319-2", "HER2 IHC 3+"),
        ("10230-1", "LVEF 55-60 %"),
        ("69548-6", "ERBB2 exon 20 insertion"),
    ):
        narrative = copy.deepcopy(markers[0])
        del narrative["resource"]["valueCodeableConcept"]
        narrative["resource"] |= {"id": f"said-{code}", "valueString": value}
        narrative["resource"]["code"]["coding"][0]["code"] = code
        narrative["resource"]["referenceRange"] = [{"text": "55 to 70"}]
        markers.append(narrative)
    given = {
        "id": "given-1",
        "status": "completed",
        "subject": person.reference,
        "medicationCodeableConcept": copy.deepcopy(order["medicationCodeableConcept"]),
    }
    for key, kind in (
        ("administrations", "MedicationAdministration"),
        ("medications", "MedicationRequest"),
    ):
        if key in prefetch:
            resource = copy.deepcopy(given) | {"resourceType": kind, "effectiveDateTime": "2026-10-01"}
            resource |= {"dosage": {"text": "252 mg", "dose": {"value": 252, "unit": "mg"}}}
            resource |= {"dosageInstruction": copy.deepcopy(order["dosageInstruction"]), "authoredOn": "2026-10-01"}
            prefetch[key]["entry"] = [{"resource": resource}]
    return request


def places(value: Any, kind: type, at: Path = ()) -> Iterator[Path]:
    """List where a text, or a list, stands."""
    if isinstance(value, kind) and at:
        yield at
    if isinstance(value, dict | list):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(each, kind, (*at, name))


def put(request: Json, at: Path, value: Any) -> Json:
    """Return a copy with another value at a place."""
    changed = copy.deepcopy(request)
    holder: Any = changed
    for step in at[:-1]:
        holder = holder[step]
    holder[at[-1]] = value
    return changed


def at_place(request: Any, at: Path) -> Any:
    """Return what stands at a place."""
    for step in at:
        request = request[step]
    return request


def text_of(kind: str, length: int) -> str:
    """Return a text of a kind and length that no two calls share."""
    return ("#n# " + TEXTS[kind] * (length // len(TEXTS[kind]) + 1))[:length]


def varied(value: Any, number: int) -> Any:
    """Return a copy that is like another, but not the same."""
    if isinstance(value, dict):
        found = {name: varied(each, number) for name, each in value.items()}
        return found | ({"id": f"{value['id']}-{number}"} if isinstance(value.get("id"), str) else {})
    if isinstance(value, list):
        return [varied(each, number) for each in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value + number
    return f"{value} {number} #n#" if isinstance(value, str) and " " in value else value


NEEDED = frozenset({"hook", "hookInstance", "resourceType", "status", "subject", "reference", "patientId", "userId"})


def main() -> None:
    """Measure and print what grows too fast."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--texts", action="store_true")
    parser.add_argument("--lists", action="store_true")
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    both = not (chosen.texts or chosen.lists)
    subject = Subject()
    request = rich(subject.keys)
    subject.seconds(request, 20)
    base = subject.seconds(request, 20)
    print(f"the request: {base * 1000:.2f} ms")
    measured, over = 0, []
    if chosen.texts or both:
        for at in places(request, str):
            where = ".".join(map(str, at))
            if at[-1] in NEEDED or chosen.only not in where:
                continue
            for kind in TEXTS:
                for few, many in (SHORT, LONG):
                    small, large = (put(request, at, text_of(kind, length)) for length in (few, many))
                    measured += 1
                    if took := subject.outgrows(small, large, base):
                        over.append(f"{where} {kind} {few} to {many}: {took[0] * 1000:.1f} to {took[1] * 1000:.1f} ms")
                        print(over[-1], flush=True)
    if chosen.lists or both:
        for at in places(request, list):
            where = ".".join(map(str, at))
            held = at_place(request, at)
            if not held or chosen.only not in where:
                continue
            sizes = []
            few, many = ORDERS if at[-2:] == ("draftOrders", "entry") else (FEW, MANY)
            for count in (few, many):
                longer = [varied(held[number % len(held)], number) for number in range(count)]
                sizes.append(subject.seconds(put(request, at, longer), 2))
            small, large = sizes
            measured += 1
            is_over = large > base + _WORTH_S and large > AT_MOST * small
            over += [where] * is_over
            flag = "OVER " if is_over else ""
            print(f"{flag}{where} {few} to {many}: {small * 1000:.1f} to {large * 1000:.1f} ms", flush=True)
    print(f"{measured} measured, {len(over)} grow faster than {AT_MOST:g} for 10")


if __name__ == "__main__":
    main()
