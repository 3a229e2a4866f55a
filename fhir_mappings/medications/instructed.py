"""What the dosage instructions of an order say, its doses and all else."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from cards.facts.schedules import Schedule
from fhir_mappings.medications import diluents, dosage, doses_in_text
from fhir_mappings.medications.amounts import without_amount
from fhir_mappings.medications.dose_remarks import cycle_number, dose_remarks
from fhir_mappings.medications.dose_shares import shares_in
from fhir_mappings.medications.drawn_volumes import volumes_drawn
from fhir_mappings.medications.infusion import infusion_times, is_push, times_in_fields
from fhir_mappings.medications.number_words import amounts_in_words
from fhir_mappings.medications.order_remarks import only_as_needed
from fhir_mappings.medications.other_units import amounts_in_other_units
from fhir_mappings.medications.planned_times import at_site
from fhir_mappings.medications.schedule import by_instruction, names_day_twice
from fhir_mappings.medications.stated_weights import weights_in
from fhir_mappings.medications.tablet_counts import tablets_in
from fhir_mappings.medications.tablets import timings
from fhir_mappings.medications.weight_basis import weight_basis
from fhir_mappings.wire.cached_json import CachedByJson

if TYPE_CHECKING:
    from datetime import date, tzinfo

    from cards.facts.order import (
        AmountInOtherUnit,
        CountedTablets,
        DosageTiming,
        DoseRemark,
        NotedDose,
        OrderedDose,
        StatedWeight,
    )
    from cards.knowledge.schema import Diluent
    from cards.values.quantities import Mg, MgPerKg
    from fhir_mappings.codings import CodeMap
    from fhir_mappings.medications.routes import OrderedRoute, RouteReader
    from fhir_mappings.wire.lenient import Json


class Instructed(msgspec.Struct, frozen=True):
    """What the dosage instructions of an order say; its doses, assuming no Medication gives a strength.

    ``names_supportive``: they name a supportive drug, and an amount beside it is not one of the order's own drug.
    ``may_count_tablets``, ``may_name_others``, ``may_name_maximum``, ``may_name_sum``: their words leave room for
    `text_tablets`, `text_beside`, `max_dose` and `text_sums`.
    """

    doses: tuple[OrderedDose, ...]
    text_doses: tuple[Mg | MgPerKg, ...]
    schedule: Schedule
    interval_days: Decimal | None
    cycles: int | None
    start: date | None
    route: OrderedRoute
    diluents: frozenset[Diluent]
    infusion_minutes: tuple[int, ...]
    is_push: bool
    is_part: bool
    timings: tuple[DosageTiming, ...]
    doses_by_text: tuple[tuple[Mg | MgPerKg, ...], ...] = ()
    text_shares: tuple[Decimal, ...] = ()
    text_tablets: tuple[CountedTablets, ...] = ()
    max_dose: OrderedDose | None = None
    diluent_ml: Decimal | None = None
    weight_basis: str = ""
    names_supportive: bool = False
    text_beside: tuple[NotedDose, ...] = ()
    has_unread_number: bool = False
    may_count_tablets: bool = False
    may_name_others: bool = False
    may_name_maximum: bool = False
    may_name_sum: bool = False
    text_remarks: tuple[DoseRemark, ...] = ()
    text_cycle: int | None = None
    repeats_day: bool = False
    text_other_units: tuple[AmountInOtherUnit, ...] = ()
    text_sums: tuple[tuple[Decimal, ...], ...] = ()
    text_weights: tuple[StatedWeight, ...] = ()
    text_volumes: tuple[Decimal, ...] = ()
    max_a_day: OrderedDose | None = None
    set_minutes: tuple[int, ...] = ()


class InstructionReader:
    """Reads dosage instructions; those that differ only in the milligrams are read once."""

    def __init__(
        self, routes: RouteReader, code_map: CodeMap, supportive_drugs: frozenset[str], zone: tzinfo | None
    ) -> None:
        """Keep what reading needs; ``zone`` and ``supportive_drugs`` as in `MedicationReader`."""
        self._routes = routes
        self._code_map = code_map
        self._supportive_drugs = supportive_drugs
        self._zone = zone
        self.read = CachedByJson(self._read_instructions)
        self._beside_amounts = CachedByJson(self._read_beside_amounts)

    def _read_instructions(self, instructions: Any) -> Instructed:
        instructions = self._code_map.in_standard_units(instructions)
        resource = {"dosageInstruction": instructions}
        alike = without_amount(instructions)
        said = self._beside_amounts(instructions if alike is None else alike)
        if alike is not None and any(rhythm.unread for rhythm in said.schedule.rhythms):
            # Text that was not understood is quoted as written.
            said = self._beside_amounts(instructions)
        named = doses_in_text.doses_by_text(resource, self._supportive_drugs if said.names_supportive else frozenset())
        # What the words alone rule out is not looked for again with each amount.
        written = tuple(doses_in_text.instructed(resource)) if said.may_count_tablets or said.may_name_others else ()
        counted = (tablets for each in written for tablets in tablets_in(each))
        beside = (found for each in written for found in doses_in_text.beside_unlisted_words(each))
        return msgspec.structs.replace(
            said,
            doses=tuple(dosage.doses(resource, None)),
            text_doses=tuple(dict.fromkeys(each for group in named for each in group)),
            doses_by_text=named if len(named) > 1 else (),
            text_tablets=tuple(dict.fromkeys(counted)) if said.may_count_tablets else (),
            max_dose=dosage.max_dose(resource, _maxima(resource) if said.may_name_maximum else ()),
            max_a_day=dosage.max_of_day(resource),
            text_beside=tuple(dict.fromkeys(beside)) if named and said.may_name_others else (),
            text_sums=_joined(resource) if named and said.may_name_sum else (),
        )

    def _read_beside_amounts(self, instructions: Any) -> Instructed:
        """Read everything but the doses, which vary between patients while the rest is the same."""
        resource = {"dosageInstruction": at_site(instructions, self._zone)}
        stated = by_instruction(resource)
        schedule = Schedule(tuple(dict.fromkeys(rhythm for _, said in stated for rhythm in said)))
        written = tuple(doses_in_text.instructed(resource))
        needed = [remark for each, _ in stated if (remark := only_as_needed(each)) is not None]
        return Instructed(
            (),
            (),
            schedule,
            schedule.interval_days,
            schedule.count,
            dosage.start(resource),
            self._routes.read(resource),
            diluents.of_instructions(resource),
            infusion_times(resource),
            is_push(resource, self._supportive_drugs),
            dosage.is_part_of_dose(resource),
            timings(stated),
            diluent_ml=diluents.volume_of_instructions(resource),
            weight_basis=weight_basis(resource),
            names_supportive=doses_in_text.names_one_of(resource, self._supportive_drugs),
            text_shares=tuple(dict.fromkeys(share for each in written for share in shares_in(each))),
            has_unread_number=any(amounts_in_words(each)[1] for each in written),
            may_count_tablets=any(map(tablets_in, written)),
            may_name_others=any(map(doses_in_text.has_unlisted_word_before_amount, written)),
            may_name_maximum=any(map(doses_in_text.maxima_in, written)),
            may_name_sum=any(map(doses_in_text.sums_in, written)),
            text_remarks=tuple(
                dict.fromkeys((*needed, *(remark for each in written for remark in dose_remarks(each))))
            ),
            text_cycle=cycle_number(written),
            set_minutes=times_in_fields(resource),
            repeats_day=names_day_twice(stated),
            text_weights=tuple(dict.fromkeys(found for each in written for found in weights_in(each))),
            text_volumes=tuple(dict.fromkeys(found for each in written for found in volumes_drawn(each))),
            text_other_units=tuple(dict.fromkeys(found for each in written for found in amounts_in_other_units(each))),
        )


def _maxima(resource: Json) -> tuple[Decimal, ...]:
    return tuple(most for each in doses_in_text.instructed(resource) for most in doses_in_text.maxima_in(each))


def _joined(resource: Json) -> tuple[tuple[Decimal, ...], ...]:
    written = doses_in_text.instructed(resource)
    return tuple(dict.fromkeys(amounts for each in written for amounts in doses_in_text.sums_in(each)))
