"""How a reference range says that it is the normal one, and for whom."""

from __future__ import annotations

from decimal import Decimal

from cards.knowledge.schema.sourced import Cited, KnowledgeRecord


class AdultAges(KnowledgeRecord, frozen=True, kw_only=True):
    """The ages, in years, all of which a range holds for that is one of adults, whatever the patient's age."""

    from_years: Decimal
    to_years: Decimal
    by: Cited


class ReferenceRanges(KnowledgeRecord, frozen=True, kw_only=True):
    """The codes and words of normal ranges, of the two sexes, and of ages in days.

    ``normal_words`` may appear beside a range without changing its meaning.
    """

    normal_types: tuple[str, ...] = ()
    normal_words: tuple[str, ...] = ()
    female_words: tuple[str, ...] = ()
    male_words: tuple[str, ...] = ()
    female_codes: tuple[str, ...] = ()
    male_codes: tuple[str, ...] = ()
    to_words: tuple[str, ...] = ()
    up_to_words: tuple[str, ...] = ()
    from_words: tuple[str, ...] = ()
    age_units: dict[str, Decimal] = {}  # noqa: RUF012 - msgspec copies it
    by: Cited | None = None
    adults: AdultAges | None = None
