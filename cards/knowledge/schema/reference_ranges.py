"""The codes and words by which a reference range is normal, and for whom."""

from __future__ import annotations

from decimal import Decimal

from cards.knowledge.schema.sourced import Cited, KnowledgeRecord


class AdultAges(KnowledgeRecord, frozen=True, kw_only=True):
    """The ages, in years, that a range must cover completely to count as an adult range for any patient."""

    from_years: Decimal
    to_years: Decimal
    by: Cited


class ReferenceRanges(KnowledgeRecord, frozen=True, kw_only=True):
    """The codes and words of normal ranges, of the two sexes, and of ages in days.

    ``normal_words`` may accompany a range without changing its meaning.
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
