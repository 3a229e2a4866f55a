"""Coverage statements as the coverage-information extension on the EHR's own order.

Source: HL7 Da Vinci Coverage Requirements Discovery 2.2.1, ext-coverage-information and its invariants crd-ci-q1 to q9.
"""

from __future__ import annotations

import copy
import uuid
from typing import TYPE_CHECKING, Any

from cards.billing.coverage_statement import Authorization, Covered
from fhir_mappings.coverage.questionnaires import canonical
from fhir_mappings.wire.exact_json import encode
from fhir_mappings.wire.lenient import items, objects, reference, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from cards.billing.coverage_statement import Reason, Statement
    from cards.knowledge.schema import Source
from fhir_mappings.wire.lenient import Json

COVERAGE_INFORMATION = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
_REASONS = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"
_DETAILS = "http://terminology.hl7.org/CodeSystem/crd-coverage-detail"
_HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
_NAMESPACE = uuid.UUID("b8b1f9a4-3f57-5d0a-9a3c-0a6f1c1b7d21")
_OURS = "her2-cds-"
# Parts that change without a new statement.
_OF_THE_DAY = frozenset({"date", "coverage-assertion-id"})
_LONGEST = 1_000


class CoverageWriter:
    """Writes statements in one wording; ``sources`` give the address of the policy behind each."""

    def __init__(self, words: Mapping[str, str], sources: Mapping[str, Source], base_url: str) -> None:
        """Keep the words of the reasons, the documents that policies are read from, and the address of the forms."""
        self._words = words
        self._base_url = base_url
        self._sources = sources

    def update(self, stated: Sequence[Statement], resource: Json, today: date, words: str) -> Json | None:
        """Write the action that adds the statements to their order; none if they say nothing new.

        Only our own extensions are added or changed. A payer's statement about the same coverage is left alone.
        """
        kept: list[Any] = copy.deepcopy(items(resource.get("extension")))
        is_new = False
        for statement in stated:
            made = self.extension(statement, today)
            places = _of_coverage(kept, statement.coverage.reference)
            own = [place for place in places if _trace(kept[place]).startswith(_OURS)]
            if len(own) < len(places):
                continue
            if own and all(_content(kept[place]) == _content(made) for place in own):
                continue
            is_new = True
            at = own[0] if own else len(kept)
            kept = [each for place, each in enumerate(kept) if place not in own]
            kept.insert(at, made)
        if not is_new:
            return None
        changed = {**copy.deepcopy(resource), "extension": kept}
        return {"type": "update", "description": words.format(drug=stated[0].drug), "resource": changed}

    def extension(self, statement: Statement, today: date) -> Json:
        """Write one statement."""
        parts = list(self._parts(statement))
        traced = b"|".join((statement.order.reference.encode(), encode(parts)))
        parts.append({"url": "date", "valueDate": today.isoformat()})
        identifier = f"{_OURS}{uuid.uuid5(_NAMESPACE, traced.decode())}"
        parts.append({"url": "coverage-assertion-id", "valueString": identifier})
        if statement.coverage.until is not None and statement.covered is not Covered.NOT_COVERED:
            parts.append({"url": "expiry-date", "valueDate": statement.coverage.until.isoformat()})
        return {"url": COVERAGE_INFORMATION, "extension": parts}

    def _parts(self, statement: Statement) -> Iterable[Json]:
        authorization = statement.authorization
        yield {"url": "coverage", "valueReference": {"reference": statement.coverage.reference}}
        yield {"url": "covered", "valueCode": str(statement.covered)}
        if authorization is not None:
            yield {"url": "pa-needed", "valueCode": str(authorization)}
        if statement.documents:
            yield {"url": "doc-needed", "valueCode": "clinical"}
            is_for_approval = authorization in (Authorization.NEEDED, Authorization.CONDITIONAL)
            yield {"url": "doc-purpose", "valueCode": "withpa" if is_for_approval else "retain-doc"}
        if Covered.CONDITIONAL.value in (statement.covered, authorization):
            yield {"url": "info-needed", "valueCode": "OTH"}
        if statement.approval:
            yield {"url": "satisfied-pa-id", "valueString": statement.approval}
        for code in statement.billing_codes:
            yield {"url": "billingCode", "valueCoding": {"system": _HCPCS, "code": code}}
        if statement.form is not None:
            yield {"url": "questionnaire", "valueCanonical": canonical(statement.form, self._base_url)}
        for reason in statement.reasons:
            yield {"url": "reason", "valueCodeableConcept": self._reason(reason)}
        source = self._sources.get(statement.policy.source) if statement.policy is not None else None
        if source is not None and source.url.startswith("http"):
            yield _policy_link(source)

    def _reason(self, reason: Reason) -> Json:
        said = self._words[reason.key].format(**{name: self._worded(name, each) for name, each in reason.values})
        said = said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"
        if reason.code:
            return {"coding": [{"system": _REASONS, "code": reason.code}], "text": said}
        return {"text": said}

    def _worded(self, name: str, value: str) -> str:
        """Return the names of chart parts; everything else is text already."""
        if name != "parts":
            return value
        return ", ".join(self._words[f"part-{part}"] for part in value.split(","))


def stated_in(action: Json) -> Iterator[dict[str, str]]:
    """Yield the content of our action as codes: order, coverage, covered or not, and the trace id."""
    resource = action["resource"]
    order = f"{text(resource.get('resourceType'))}/{text(resource.get('id'))}"
    for _, extension in objects(resource.get("extension")):
        if extension.get("url") == COVERAGE_INFORMATION and (trace := _trace(extension)).startswith(_OURS):
            codes = {part["url"]: text(part.get("valueCode")) for _, part in objects(extension.get("extension"))}
            coverage = next((reference(part.get("valueReference")) for part in _named(extension, "coverage")), "")
            authorization = {"pa-needed": codes["pa-needed"]} if "pa-needed" in codes else {}
            yield {"order": order, "coverage": coverage, "covered": codes["covered"], **authorization, "id": trace}


def _policy_link(source: Source) -> Json:
    return {
        "url": "detail",
        "extension": [
            {"url": "category", "valueCode": "cat-other"},
            {"url": "code", "valueCodeableConcept": {"coding": [{"system": _DETAILS, "code": "policy-link"}]}},
            {"url": "value", "valueUrl": source.url},
            {"url": "qualification", "valueString": f"{source.title} ({source.as_of})"},
        ],
    }


def _of_coverage(extensions: list[Any], coverage: str) -> list[int]:
    """List the positions of the statements about one coverage."""
    return [
        place
        for place, each in enumerate(extensions)
        if isinstance(each, dict)
        and each.get("url") == COVERAGE_INFORMATION
        and any(reference(part.get("valueReference")) == coverage for part in _named(each, "coverage"))
    ]


def _trace(extension: Json) -> str:
    return next((text(part.get("valueString")) for part in _named(extension, "coverage-assertion-id")), "")


def _named(extension: Json, url: str) -> Iterable[Json]:
    return (part for _, part in objects(extension.get("extension")) if part.get("url") == url)


def _content(extension: Json) -> bytes:
    """Return the content of an extension, without its date."""
    return encode([part for _, part in objects(extension.get("extension")) if part.get("url") not in _OF_THE_DAY])
