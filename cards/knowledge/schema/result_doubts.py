"""What a note, a flag or a missing value of a result says against it, or against another result of the same time."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from cards.knowledge.schema.sourced import Cited, KnowledgeRecord


class Error(StrEnum):
    """How the true value may differ from the reported one."""

    UNFIT = "unfit"
    FALSELY_HIGH = "falsely-high"
    FALSELY_LOW = "falsely-low"


class Doubt(KnowledgeRecord, frozen=True, kw_only=True):
    """Words of a note that make a result of some concepts doubtful; without concepts, any result.

    A value that errs only toward harm still counts: a normal AST of a hemolyzed sample is normal. ``beside_name``: the
    words count only in a sentence that names the measurement, as reports have others of the same kind. ``begins``: they
    count only as the first words of a sentence, which then is about the result itself; with both, either will do.
    ``of_normal``: they speak against a normal value only. Beside words of ``unless`` they are about something else.
    """

    words: tuple[str, ...]
    concepts: tuple[str, ...] = ()
    error: Error = Error.UNFIT
    beside_name: bool = False
    begins: bool = False
    of_normal: bool = False
    unless: tuple[str, ...] = ()
    because: str
    by: Cited


class LaboratoryFlags(KnowledgeRecord, frozen=True, kw_only=True):
    """The flags by which a laboratory marks a value: codes of HL7, and complete texts.

    ``low``, ``high`` and ``either`` mark critical values; ``below`` and ``above`` those outside of the range of normal.
    ``phoned`` are the words of a note with which it says that it called about a critical value.
    """

    low: tuple[str, ...]
    high: tuple[str, ...]
    either: tuple[str, ...]
    below: tuple[str, ...]
    above: tuple[str, ...]
    off_scale_low: tuple[str, ...]
    off_scale_high: tuple[str, ...]
    abnormal: tuple[str, ...]
    """Flags that say something only of a result without a value."""
    phoned: tuple[str, ...]
    rule_for_phoning: tuple[str, ...] = ()
    by: Cited


class NeverCritical(KnowledgeRecord, frozen=True, kw_only=True):
    """The values of a test, in its unit, that no laboratory calls critical; used where a result has no range."""

    concept: str
    at_least: Decimal
    at_most: Decimal
    by: Cited


class ResultDoubts(KnowledgeRecord, frozen=True, kw_only=True):
    """All that speaks against a result.

    Right behind a word of ``mild``, or before one of ``denied`` in the same sentence, a doubt does not count.
    ``withheld`` are the codes of a missing value that say that there is one, ``elsewhere`` the words.
    """

    doubts: tuple[Doubt, ...] = ()
    mild: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    flags: LaboratoryFlags | None = None
    never_critical: tuple[NeverCritical, ...] = ()
    withheld: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    """What stands behind a number in a note that is a result: units, in the forms that notes use."""
    same_within_percent: Decimal = Decimal(0)
    """How much two values of one result may differ that were rounded, or stated in two units."""
    by: Cited | None = None
