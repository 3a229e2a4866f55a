"""The infusion time of an order, in minutes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cards.values.text_cache import cached_by_text
from fhir_mappings.codings import codings, texts
from fhir_mappings.medications.amounts import LEAST_OF_BAG_ML, without_amounts
from fhir_mappings.medications.durations import in_minutes
from fhir_mappings.medications.instructions import written_in
from fhir_mappings.medications.schedule_words import DRUG_NAMES, PREMEDICATION
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.lenient import child, number, objects, text

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

_MINUTES = {
    "min": Decimal(1), "minute": Decimal(1), "minutes": Decimal(1),
    "s": Decimal(1) / 60, "sec": Decimal(1) / 60, "seconds": Decimal(1) / 60,
    "h": Decimal(60), "hr": Decimal(60), "hour": Decimal(60), "hours": Decimal(60),
}  # fmt: skip
_IN_TEXT = re.compile(
    r"(?:\b(?:over|(?:mg|ml|iv|ev|sf|nacl|fisiologica|glucosata|i\.v\.) in"
    r"|(?<!start )(?<!begin )(?:infuse|infusion|run|give)d? (?:iv )?(?:for|in|within)|during"
    r"|\u00fcber|ueber|durante|pendant|gedurende|sur|em|en|przez)"
    r"(?: ?: ?|\s+)(?:at least |mindestens |al menos |au moins )?)"
    r"(\d{1,3}(?:[.,]\d{1,2})?)(?:\s?(?:-|\u2013|to|bis|a)\s?(\d{1,3}(?:[.,]\d)?))?\s?-?\s?(min(?:ute[ns]?|s"
    r"|ut(?:os?|en?|y|i))?|h(?:(?:ou|o)?r(?:as?|s)?|eures?)?|std|stunden?|uur)\b"
    r"|\b(\d{1,3})[ -]?(min(?:ute)?|h(?:our)?)[ -](?:iv )?(?:infusion|perfusion|infusie)\b",
    re.IGNORECASE,
)
# "Observe over 90 minutes" is not how long it runs.
# What is done besides the infusion of the drug: the patient is watched or hydrated, the line flushed.
_WATCHED = re.compile(
    r"(?:observ|monitor|beobacht|\u00fcberwach|surveill|hydrat|flush)[^.;]{0,30}\Z"
    rf"|\b(?:pre-?med\w{{0,10}}|pause|stop|wait|arrive|rinse|test dose|{PREMEDICATION})\b[^.;]{{0,40}}\Z",
    re.IGNORECASE,
)
_BEFORE = 45
_VOLUME = re.compile(
    r"(?<![\d.,])(\d{1,4}(?:[.,]\d{1,2})?) ?ml\b(?! ?/)"
    r"|\btotal vol(?:ume)?(?: ?\(ml\))?[ :=]{1,3}(\d{1,4}(?:[.,]\d{1,2})?)",
    re.IGNORECASE,
)
_RATE = re.compile(r"(?<![\d.,])(\d{1,4}(?:[.,]\d{1,2})?) ?ml ?/ ?(h|hr|hour|min|minute)\b", re.IGNORECASE)
_PER_TIME = re.compile(r"(?P<of>ml|mg)\s?/\s?(?P<time>h|hr|hour|min|minute)")
_PUSH = re.compile(
    r"\b(?:(?:i\.?v\.?|intravenous|slow|rapid)\s+push|iv[rs]?push|ivinjbol|ivp|push|bolus(?:injektion\w{0,2}|gabe\w?"
    r"|ie|em)?"
    r"|direct injection|bolo)\b",
    re.IGNORECASE,
)
# "Do not give as push or bolus", "never as a bolus": up to the end of the clause.
_WARNING = re.compile(
    r"\b(?:not|never|no|avoid|without|instead of|rather than|nicht|nie|niemals|kein\w{0,2}|nunca|jamais|ne pas"
    r"|pas (?:en|de)|non (?:in|somministrare|infondere|dare)|n\u00e3o|nao|niet|nooit|geen)\b[^.;)]*"
    r"|\b(?:push|bol(?:us\w{0,10}|o))\b[^.;)]{0,20}\b(?:(?:zu |te )?vermeiden|vermijden|(?:\u00e0 )?\u00e9viter"
    r"|evitar|da evitare|verboten"
    r"|(?:is |are )?(?:contraindicated|prohibited|not allowed)|to be avoided)\b",
    re.IGNORECASE,
)
_CLAUSES = re.compile(r"[.;,\n]|\bthen\b")
_WORD = re.compile(r"[^\W\d_]{3,40}")
_ONE = Decimal(1)
_WITH_DRUG = Decimal("1.2")
"""A bag of 250 mL also holds the volume of the drug, up to a fifth more."""
_DAY = 24 * 60


def infusion_minutes(resource: Json) -> int | None:
    """Return the minutes, from a rate, the timing, or the text; ``None`` if there are none or several."""
    found = infusion_times(resource)
    return found[0] if len(found) == 1 else None


def infusion_times(resource: Json) -> tuple[int, ...]:
    """List the minutes that an order names, from rates, the timing and the text, the shortest first."""
    found = _in_fields(resource)
    for _, instruction in objects(resource.get("dosageInstruction")):
        for written in (*written_in(instruction), *texts(instruction.get("method"))):
            found |= _in_words(written)
    return _whole(found)


def times_in_fields(resource: Json) -> tuple[int, ...]:
    """List the minutes that the rates and the timing of an order give, the shortest first.

    A rate in milliliters is for the largest volume in the words of its instruction.
    """
    found = _in_fields(resource)
    for _, instruction in objects(resource.get("dosageInstruction")):
        for _, dose_and_rate in objects(instruction.get("doseAndRate")):
            found |= _by_rate_of_bag(dose_and_rate, instruction)
    return _whole(found)


def _whole(minutes: set[Decimal]) -> tuple[int, ...]:
    return tuple(sorted(max(int(each), 1) for each in minutes))


def _in_fields(resource: Json) -> set[Decimal]:
    found: set[Decimal] = set()
    for _, instruction in objects(resource.get("dosageInstruction")):
        for _, dose_and_rate in objects(instruction.get("doseAndRate")):
            per = child(child(dose_and_rate, "rateRatio"), "denominator")
            # A denominator of one hour means a rate; any other is the infusion time of this dose.
            if number(per.get("value")) != 1:
                found |= _minutes(per)
            # A rate that is only a time is the infusion time in the wrong field.
            ends = child(dose_and_rate, "rateRange")
            for time in (child(dose_and_rate, "rateQuantity"), child(ends, "low"), child(ends, "high")):
                found |= _minutes(time)
            found |= _by_rate(dose_and_rate)
        repeat = child(child(instruction, "timing"), "repeat")
        unit = repeat.get("durationUnit") or repeat.get("durationUnits")
        found |= _minutes({"value": repeat.get("durationMax") or repeat.get("duration"), "unit": unit})
    return found


def minutes_in(written: str) -> tuple[int, ...]:
    """List the infusion times of a text in minutes, of any drug, the shortest first."""
    return tuple(sorted(map(int, _in_words(written))))


@cached_by_text
def _in_words(written: str) -> frozenset[Decimal]:
    """Return the minutes that a text names, or that one rate in it takes for the largest volume in it."""
    found: set[Decimal] = set()
    written = in_minutes(written)
    for match in _IN_TEXT.finditer(written):
        if _WATCHED.search(written[max(match.start() - _BEFORE, 0) : match.start()]):
            continue
        *amounts, unit = (each for each in match.groups() if each)
        short = "min" if unit.casefold().startswith("m") else "h"
        for amount in amounts:
            found |= _minutes({"value": amount.replace(",", "."), "unit": short})
    rates = set(_RATE.findall(written))
    volumes = _volumes(written) if len(rates) == 1 else []
    if volumes:
        speed, time = rates.pop()
        if per := Decimal(speed.replace(",", ".")):
            minutes = (max(volumes) / per * _MINUTES[time.casefold()]).quantize(_ONE)
            found |= _minutes({"value": minutes, "unit": "min"})
    return frozenset(found)


def _volumes(written: str) -> list[Decimal]:
    return [Decimal((each or of_all).replace(",", ".")) for each, of_all in _VOLUME.findall(written)]


def _by_rate_of_bag(dose_and_rate: Json, instruction: Json) -> set[Decimal]:
    """Return the minutes that the largest volume in the words of an instruction takes at its rate in milliliters."""
    rate = child(dose_and_rate, "rateQuantity")
    speed = number(rate.get("value"))
    match = _PER_TIME.fullmatch((text(rate.get("code")) or text(rate.get("unit"))).casefold())
    if match is None or match["of"] != "ml" or speed is None or speed <= 0:
        return set()
    named = (each for written in written_in(instruction) for each in _volumes(written))
    # A smaller volume is that of the drug.
    volumes = [each for each in named if each >= LEAST_OF_BAG_ML]
    if not volumes:
        return set()
    minutes = max(volumes) * _WITH_DRUG / speed * _MINUTES[match["time"]]
    return _minutes({"value": minutes.quantize(_ONE), "unit": "min"})


def _by_rate(dose_and_rate: Json) -> set[Decimal]:
    """Return the minutes a dose runs at its rate, if both are in the same unit: 30 for 250 mL at 500 mL/h."""
    dose, rate = child(dose_and_rate, "doseQuantity"), child(dose_and_rate, "rateQuantity")
    amount, speed = number(dose.get("value")), number(rate.get("value"))
    own = (text(dose.get("code")) or text(dose.get("unit"))).casefold()
    match = _PER_TIME.fullmatch((text(rate.get("code")) or text(rate.get("unit"))).casefold())
    if amount is None or speed is None or speed <= 0 or match is None or match["of"] != own:
        return set()
    return _minutes({"value": (amount / speed * _MINUTES[match["time"]]).quantize(_ONE), "unit": "min"})


def is_push(resource: Json, supportive_drugs: frozenset[str] = frozenset()) -> bool:
    """Return whether an order is for a push or bolus. A warning against one, or that of a premedication, is not."""
    for _, instruction in objects(resource.get("dosageInstruction")):
        written = [*written_in(instruction), *texts(instruction.get("method")), *texts(instruction.get("route"))]
        written += [coding.code for coding in codings(instruction.get("route"))]
        if any(_is_own_push(each, supportive_drugs) for each in written if each):
            return True
    return False


def _is_own_push(written: str, supportive_drugs: frozenset[str]) -> bool:
    if not names_a_push(without_amounts(written)):
        return False
    for clause in _CLAUSES.split(_WARNING.sub(" ", written)):
        if (push := _PUSH.search(clause)) is not None:
            named = [
                word for word in _WORD.findall(fold(clause[: push.start()])) if word in supportive_drugs | DRUG_NAMES
            ]
            if not named or named[-1] in DRUG_NAMES:
                return True
    return False


@cached_by_text
def names_a_push(written: str) -> bool:
    """Return whether a text speaks of a push or bolus of any drug without warning against it."""
    plain = _WARNING.sub(" ", written)
    return _PUSH.search(plain) is not None


def _minutes(quantity: Json) -> set[Decimal]:
    value = number(quantity.get("value"))
    factor = _MINUTES.get(text(quantity.get("code")).casefold()) or _MINUTES.get(text(quantity.get("unit")).casefold())
    if value is None or factor is None or not 0 < value * factor <= _DAY:
        return set()
    return {value * factor}
