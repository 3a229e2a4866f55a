"""A form with a policy's open questions: the criteria that the chart does not answer, and the known data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from cards.coverage.criteria_rule import answer_path
from cards.coverage.view import Status
from cards.facts.origins import Origin
from cards.knowledge.schema.coverage import ApprovalPath, Check, OneOf, PayerPolicy
from cards.readings.case import dated
from cards.readings.her2 import her2_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.coverage.paths import Chosen
    from cards.coverage.view import View
    from cards.facts.outcomes import Evidence

# The characters of a FHIR id, short enough for suffixes.
_NAMED = re.compile(r"[A-Za-z0-9.-]{1,40}")
_PARTS = re.compile(r"([A-Za-z0-9.-]{1,40})\.(\d{1,3})\.([0-9a-f]{1,16})")
_MOST_LINES = 8
_MET = "criterion-met"


class Known(msgspec.Struct, frozen=True):
    """A known fact from the order or the chart: a key of the wording, the value, and its resource."""

    label: str
    value: str
    origin: Origin | None = None


class Form(msgspec.Struct, frozen=True):
    """The form for one path of a policy, with the open criteria and the prefilled data."""

    policy: PayerPolicy
    path: ApprovalPath
    asked: tuple[Check | OneOf, ...]
    id: str
    known: tuple[Known, ...] = ()


def form_of(chosen: Chosen, view: View) -> Form | None:
    """Make the form for an order.

    Returns ``None`` if nothing is left to ask, or if the policy's id cannot be part of an address.
    """
    if chosen.path is None or not _NAMED.fullmatch(chosen.policy.id):
        return None
    answer = answer_path(chosen.path, view)
    mask = sum(1 << index for index, status in enumerate(answer.standings) if status is Status.NOT_KNOWN)
    form = _form(chosen.policy, chosen.policy.paths.index(chosen.path), mask)
    if form is None:
        return None
    met = (
        Known("form-met", _said(line), _origin_of(line))
        for line, status in zip(answer.lines, answer.standings, strict=True)
        if status is Status.MET
    )
    return msgspec.structs.replace(form, known=(*_known(view), *met))


def form_named(name: str, policies: Iterable[PayerPolicy]) -> Form | None:
    """Find an empty form by its id, which names the criteria and contains no patient data."""
    parts = _PARTS.fullmatch(name)
    policy = next((each for each in policies if parts is not None and each.id == parts[1]), None)
    if parts is None or policy is None:
        return None
    return _form(policy, int(parts[2]) - 1, int(parts[3], 16))


def _form(policy: PayerPolicy, place: int, mask: int) -> Form | None:
    if not 0 <= place < len(policy.paths):
        return None
    path = policy.paths[place]
    asked = tuple(each for index, each in enumerate(path.criteria) if mask >> index & 1)
    if not asked or mask >> len(path.criteria):
        return None
    return Form(policy, path, asked, f"{policy.id}.{place + 1}.{mask:x}")


def _said(line: Evidence) -> str:
    """Return the criterion that is met; of alternatives, the one that is."""
    shown = next((each for each in line.below if each.label == _MET), line)
    return f"{dict(shown.values)['ref']}: {shown.text}"


def _origin_of(line: Evidence) -> Origin | None:
    """Return the resource of the first evidence for a criterion or its alternatives."""
    shown = (*line.parts, *(part for each in line.below if each.label == _MET for part in each.parts))
    return next((part.origin for part in shown if part.origin is not None), None)


def _known(view: View) -> Iterator[Known]:
    """Yield what a nurse would copy from the chart, with its resource."""
    case = view.case
    order = case.order.origin
    yield Known("form-drug", case.drug, order)
    for ordered in case.order.doses[:1]:
        yield Known("form-dose", ordered.as_written, order)
    for payer in view.facts.payers[:1]:
        yield Known("form-payer", payer.name, payer.origin)
    for code in view.facts.codes[:_MOST_LINES]:
        said = code.code if code.label in ("", code.code) else f"{code.code} {code.label}"
        yield Known("form-diagnosis", said, code.origin)
    for staging in case.stagings[:1]:
        yield Known("form-stage", dated(staging.label, staging.on), staging.origin)
    for result in her2_of(case).results[:_MOST_LINES]:
        yield Known("form-her2", f"{result.method} {dated(result.as_reported, result.on)}", result.origin)
    for given in case.history[:_MOST_LINES]:
        if given.on is not None:
            yield Known("form-doses-given", given.on.isoformat(), given.origin)
