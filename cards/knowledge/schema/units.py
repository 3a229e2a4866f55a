"""Units as people write them: the parts of a unit, and the factor to a measurement's canonical unit."""

from __future__ import annotations

from decimal import Decimal

from cards.knowledge.schema.sourced import Cited, KnowledgeRecord


class UnitEntry(KnowledgeRecord, frozen=True, kw_only=True):
    """Spellings of one unit, or of one part of a unit, and its size."""

    factor: Decimal
    texts: tuple[str, ...]
    by: Cited


class IgnoredWords(KnowledgeRecord, frozen=True, kw_only=True):
    """Words that may accompany a unit without changing the amount, and why."""

    texts: tuple[str, ...]
    because: str
    by: Cited


class UnitTable(KnowledgeRecord, frozen=True, kw_only=True):
    """The units of one kind of measurement, as factors to ``unit``.

    A ``whole`` unit is complete; any other is one of ``numerators`` over a volume, times ``scale``. ``is_count``: the
    numerator may be a power of ten, a number of thousands, or one of ``counted``.
    """

    unit: str
    scale: Decimal = Decimal(1)
    is_count: bool = False
    counted: tuple[str, ...] = ()
    numerators: tuple[UnitEntry, ...] = ()
    whole: tuple[UnitEntry, ...] = ()


class Units(KnowledgeRecord, frozen=True, kw_only=True):
    """All units of measurements."""

    ignored: tuple[IgnoredWords, ...]
    volumes: tuple[UnitEntry, ...]
    tables: dict[str, UnitTable]
