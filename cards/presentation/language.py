"""Localizes the values on a card: numbers, dates, units, and terms from rules and knowledge.

Sentences of the wording are translated when they are loaded (`cards.presentation.translation`). Values from rules, such
as "3.6 mg/kg (252 mg)", "2026-11-21" or a label's next step, are localized when the card is rendered.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ENGLISH = "en"
_LONGEST = 4_000
_DATE = re.compile(r"(?<![\w.-])(\d{4})-(\d{2})(?:-(\d{2}))?(?![\w-])")
_NUMBER = re.compile(r"(?<![\w.,-])(\d{1,3}(?:,\d{3}){1,4}|\d{1,12})(\.\d{1,12})?(?![\d\w]|[.,]\d)")
_VERBATIM = frozenset(
    {"written", "word", "value", "unit", "drug", "code", "ndc", "title", "policy", "payer", "path", "ref"}
)
"""Placeholders for quotations and names, which are not localized."""
_QUOTED = frozenset({"problem", "other", "first", "second", "descriptor", "meaning_of_code"})
"""Placeholders for quotations that may have an amount or a date: only the numbers are localized."""
_OWN_WORDS = ("pregnancy test ",)
"""Texts that rules use when there is no chart entry to quote."""
_TAIL = re.compile(r"(?<=, )(undated|ended)(?= \d{4}-|[,;)]|$)")
"""Texts about the date after a quotation."""
_VERBATIM_LINES = frozenset(
    {"identity-unread", "identity-other", "package", "ndc", "billing-code", "hcpcs", "document"}
)
_OF_POLICIES = ("criterion-", "policy", "path", "payer")
"""A payer's own text is not translated."""
_QUOTED_LINES = frozenset(
    {"problem", "diagnosis", "dose-in-text", "identity-text", "in-session", "active-drug", "setting", "mutation"}
)


class Locale(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A language: its code and name, its number and date formats, and its terms for values.

    ``date`` and ``month`` have ``{year}``, ``{month}`` and ``{day}``. ``knowledge`` translates whole texts of the
    knowledge, ``terms`` words and phrases wherever they stand, ``counted`` nouns behind a number. ``unsigned`` appears
    on every card until ``signed_by`` names who reviewed the translation, and when.
    """

    code: str = ENGLISH
    name: str = "English"
    decimal: str = "."
    date: str = "{year}-{month}-{day}"
    month: str = "{year}-{month}"
    units: dict[str, str] = {}
    knowledge: dict[str, str] = {}
    terms: dict[str, str] = {}
    counted: dict[str, str] = {}
    unsigned: str = ""
    signed_by: str = ""


class Localizer:
    """Localizes values for sentences; English is left unchanged."""

    def __init__(self, locale: Locale) -> None:
        """Prepare for one language."""
        self.locale = locale
        self.is_plain = locale == Locale()
        words = {**locale.knowledge, **locale.terms}
        self._words: Mapping[str, str] = words
        self._pattern = _any_of(words)
        self._counted = _any_of(locale.counted, after=r"(?<=\d )")
        self._units = _any_of(locale.units, after=r"(?<=[\d )])")

    @property
    def notice(self) -> str:
        """The notice on every card until the translation is signed."""
        return "" if self.locale.signed_by else self.locale.unsigned

    def filled(self, name: str, value: str) -> str:
        """Localize the value of a placeholder."""
        if self.is_plain or name in _VERBATIM:
            return value
        is_quoted = name in _QUOTED and not value.startswith(_OWN_WORDS)
        return self.figures(value) if is_quoted else self.text(value)

    def all_filled(self, values: Mapping[str, str]) -> Mapping[str, str]:
        """Localize the values of a sentence's placeholders."""
        return values if self.is_plain else {name: self.filled(name, value) for name, value in values.items()}

    def line(self, label: str, text: str) -> str:
        """Localize the text of a line of evidence."""
        if self.is_plain or label in _VERBATIM_LINES or label.startswith(_OF_POLICIES):
            return text
        return self.figures(text) if label in _QUOTED_LINES else self.text(text)

    def text(self, text: str) -> str:
        """Localize a text from a rule or the knowledge: its terms, then its numbers."""
        if self.is_plain:
            return text
        if whole := self._words.get(" ".join(text.split())):
            return self.figures(whole)
        if self._pattern is not None and len(text) <= _LONGEST:
            text = self._pattern.sub(lambda match: self._words[match[0]], text)
        return self.figures(text)

    def figures(self, text: str) -> str:
        """Localize only the numbers, dates and units of a text."""
        if self.is_plain or len(text) > _LONGEST:
            return text
        text = _TAIL.sub(lambda match: self.locale.terms.get(match[0], match[0]), text)
        text = _DATE.sub(self._dated, text)
        text = _NUMBER.sub(self._number, text)
        if self._counted is not None:
            text = self._counted.sub(lambda match: self.locale.counted[match[0]], text)
        if self._units is not None:
            text = self._units.sub(lambda match: self.locale.units[match[0]], text)
        return text

    def joined(self, names: Iterable[str]) -> str:
        """Join drug names with the language's "and"; a name may already be a list."""
        conjunction = f" {self.locale.terms.get('and', 'and')} "
        return conjunction.join(name.replace(" and ", conjunction) for name in names)

    def _dated(self, match: re.Match[str]) -> str:
        year, month, day = match.groups()
        shape = self.locale.date if day else self.locale.month
        return shape.format(year=year, month=month, day=day)

    def _number(self, match: re.Match[str]) -> str:
        whole, fraction = match.groups()
        # Thousands separators are omitted: half of the readers would take a point there for a decimal point.
        return whole.replace(",", "") + (self.locale.decimal + fraction[1:] if fraction else "")


def _any_of(words: Iterable[str], after: str = r"(?<!\w)") -> re.Pattern[str] | None:
    """Return a pattern for any of some whole words, longest first."""
    ordered = sorted(words, key=len, reverse=True)
    return re.compile(f"{after}(?:{'|'.join(map(re.escape, ordered))})(?!\\w)") if ordered else None
