"""Diagnosis codes for a claim: the recorded ones, checked character by character, and the matching receptor code."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from cards.knowledge.schema import Cited, Tier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cards.facts.billing import Receptor, RecordedCode
    from cards.knowledge.schema.billing import Diagnoses, ReceptorCode
    from cards.readings.her2 import Her2Status

_BREAST = "C50"
_RECEPTORS = "Z17"
_MALIGNANT = re.compile(r"C\d[0-9A-Z]")
_CATEGORY = 3
_SEX, _SIDE = 5, 6
_BOTH = 2


class Fault(StrEnum):
    """What is wrong with a recorded code; the texts are in the wording."""

    INCOMPLETE = "incomplete"
    NO_SUCH_CODE = "no-such-code"
    OTHER_SEX = "other-sex"
    CONTRADICTS_HER2 = "contradicts-her2"
    PARENT = "parent"


class Checked(msgspec.Struct, frozen=True):
    """A recorded code, the meaning of its characters, and what is wrong with it, if anything."""

    recorded: RecordedCode
    says: str
    fault: Fault | None
    by: Cited


def primary_codes(recorded: tuple[RecordedCode, ...], known: Diagnoses, sex: str) -> tuple[Checked, ...]:
    """Check the codes of the primary cancer, not those of metastases."""
    found = [each for each in recorded if _MALIGNANT.match(each.code) and not each.code.startswith(known.secondary)]
    return tuple(_checked(each, known, sex) for each in found)


def secondary_codes(recorded: tuple[RecordedCode, ...], known: Diagnoses) -> tuple[RecordedCode, ...]:
    """List the codes of metastases."""
    return tuple(each for each in recorded if each.code.startswith(known.secondary))


def _checked(recorded: RecordedCode, known: Diagnoses, sex: str) -> Checked:
    if recorded.code.startswith(_BREAST):
        return _breast(recorded, known, sex)
    for complete in known.complete:
        if recorded.code.startswith(complete.category):
            fault = None if recorded.code in complete.codes else Fault.NO_SUCH_CODE
            if fault and any(code.startswith(recorded.code) for code in complete.codes):
                fault = Fault.INCOMPLETE
            return Checked(recorded, "", fault, complete.by)
    return Checked(recorded, "", None, known.by)


def _breast(recorded: RecordedCode, known: Diagnoses, sex: str) -> Checked:
    """Read a breast cancer code by its characters: the fifth is the sex, the sixth the side."""
    rules = known.breast
    if recorded.code in rules.without_sex:
        return Checked(recorded, "", None, next(each.by for each in known.complete))
    plain = recorded.code.replace(".", "")
    characters = plain[_CATEGORY:]
    allowed = (rules.sites, "".join(rules.sexes), "".join(rules.sides))
    if len(characters) > len(allowed) or any(
        character not in options for character, options in zip(characters, allowed, strict=False)
    ):
        return Checked(recorded, "", Fault.NO_SUCH_CODE, rules.by)
    if len(characters) < len(allowed):
        return Checked(recorded, "", Fault.INCOMPLETE, rules.by)
    coded_sex = rules.sexes[plain[_SEX - 1]]
    fault = Fault.OTHER_SEX if sex in rules.sexes.values() and sex != coded_sex else None
    return Checked(recorded, f"{coded_sex}, {rules.sides[plain[_SIDE - 1]]}", fault, rules.by)


def receptor_codes(
    recorded: tuple[RecordedCode, ...], known: Diagnoses, status: Her2Status
) -> tuple[tuple[RecordedCode, ReceptorCode | None, Fault | None], ...]:
    """Check the recorded receptor codes against the HER2 results. A code supports; the result is the proof."""
    meanings = {each.code: each for each in known.receptors}
    found = []
    for each in recorded:
        if not each.code.startswith(_RECEPTORS):
            continue
        meaning = meanings.get(each.code)
        fault = None
        if meaning is None and any(code.startswith(each.code) for code in meanings):
            fault = Fault.PARENT
        elif meaning is not None and meaning.her2_positive is not None and _her2(status) is not None:
            fault = None if meaning.her2_positive == _her2(status) else Fault.CONTRADICTS_HER2
        found.append((each, meaning, fault))
    return tuple(found)


def hormone_of_codes(recorded: tuple[RecordedCode, ...], known: Diagnoses) -> bool | None:
    """Return the hormone receptor status in recorded codes; ``None`` if there is none, or they disagree."""
    codes = {each.code for each in recorded}
    positive, negative = known.hormone.positive in codes, known.hormone.negative in codes
    return None if positive == negative else positive


def receptor_code(
    known: Diagnoses, status: Her2Status, receptors: Mapping[Receptor, bool], *, coded: bool | None = None
) -> ReceptorCode | None:
    """Return the receptor code that the results support; nothing if HER2 is not settled.

    HER2-low and HER2-ultralow are coded as HER2 negative. Hormone receptor negative requires both receptors. Without
    results, the status ``coded`` in a recorded code is used.
    """
    her2 = _her2(status)
    if her2 is None:
        return None
    hormone = True if any(receptors.values()) else False if len(receptors) == _BOTH else None
    if not receptors:
        hormone = coded
    return next(
        each for each in known.receptors if each.her2_positive == her2 and each.hormone_receptor_positive is hormone
    )


def _her2(status: Her2Status) -> bool | None:
    """Return whether HER2 is positive for a claim; nothing if the results leave it open or disagree."""
    if not status.possible or status.disagree:
        return None
    if status.possible == {Tier.POSITIVE}:
        return True
    return None if Tier.POSITIVE in status.possible else False
