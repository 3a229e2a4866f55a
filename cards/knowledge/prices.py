"""Payment limits from a CMS pricing file for Part B drugs (average sales price), as a site provides it.

The file is a table after some lines of title and notes, one of which gives the period of validity. Source:
https://www.cms.gov/medicare/payment/part-b-drugs/asp-pricing-files. There is no other source of prices.
"""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

import msgspec

from cards.values.codes import HcpcsCode

_PERIOD = re.compile(
    r"effective\s+([a-z]+)\s+(\d{1,2}),?\s+(\d{4})\s*(?:through|thru|to|-|\u2013)\s*([a-z]+)\s+(\d{1,2}),?\s+(\d{4})",
    re.IGNORECASE,
)
_OPEN_PERIOD = re.compile(r"effective\s+([a-z]+)\s+(\d{1,2}),?\s+(\d{4})", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CODE, _LIMIT, _DOSAGE = "hcpcs code", "payment limit", "hcpcs code dosage"
_COINSURANCE = ("co-insurance percentage", "coinsurance percentage")
_MONTHS_IN_QUARTER = 3
_LAST_DAY = timedelta(days=1)


class PriceFileError(ValueError):
    """The file has no readable payment limits; the message says what is missing."""


class Price(msgspec.Struct, frozen=True):
    """The payment limit of one unit in US dollars, the unit as the file has it (``1 MG``), coinsurance in percent."""

    limit: Decimal
    dosage: str
    coinsurance: Decimal | None = None


class PriceList(msgspec.Struct, frozen=True):
    """The payment limits of one quarter, by HCPCS code."""

    since: date
    until: date
    prices: dict[str, Price]

    @property
    def quarter(self) -> str:
        """The first quarter of validity, as ``2026 Q4``."""
        return f"{self.since.year} Q{(self.since.month - 1) // _MONTHS_IN_QUARTER + 1}"

    def days_expired(self, on: date) -> int:
        """Count the days since the limits expired; zero or less while they are valid."""
        return (on - self.until).days


def read_prices(text: str) -> PriceList:
    """Read the payment limits.

    Raises:
        PriceFileError: the table, its period, or any price is missing.

    """
    try:
        rows = list(csv.reader(text.splitlines()))
    except csv.Error as error:
        raise PriceFileError(f"it is no CSV table ({error})") from None
    header = next((n for n, row in enumerate(rows) if {_CODE, _LIMIT} <= {_plain(cell) for cell in row}), None)
    if header is None:
        raise PriceFileError("no row with the columns 'HCPCS Code' and 'Payment Limit'")
    since, until = _period(" ".join(cell for row in rows[:header] for cell in row))
    columns = [_plain(cell) for cell in rows[header]]
    prices: dict[str, Price] = {}
    for row in rows[header + 1 :]:
        named = dict(zip(columns, row, strict=False))
        code, limit = HcpcsCode.of(named.get(_CODE, "").strip().upper()), _amount(named.get(_LIMIT, ""))
        if code is None or limit is None:
            continue
        share = next((_amount(named[column].rstrip("% ")) for column in _COINSURANCE if column in named), None)
        price = Price(limit, " ".join(named.get(_DOSAGE, "").split()), share)
        if prices.setdefault(str(code), price) != price:
            raise PriceFileError(f"{code} stands there twice with different limits")
    if not prices:
        raise PriceFileError("no payment limit could be read")
    return PriceList(since, until, prices)


def _plain(cell: str) -> str:
    return " ".join(cell.replace("_", " ").casefold().split())


def _amount(cell: str) -> Decimal | None:
    try:
        amount = Decimal(cell.strip().lstrip("$").replace(",", ""))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount > 0 else None


def _period(title: str) -> tuple[date, date]:
    """Read the period of validity; a quarter if only its first day is given."""
    if match := _PERIOD.search(title):
        since, until = _day(*match.groups()[:3]), _day(*match.groups()[3:])
        if since <= until:
            return since, until
        raise PriceFileError("the limits end before they begin")
    if match := _OPEN_PERIOD.search(title):
        since = _day(*match.groups())
        month = since.month + _MONTHS_IN_QUARTER
        return since, date(since.year + (month > len(_MONTHS)), (month - 1) % len(_MONTHS) + 1, 1) - _LAST_DAY
    raise PriceFileError("no line says from when the limits hold ('Effective October 1, 2026 through …')")


def _day(month: str, day: str, year: str) -> date:
    try:
        return date(int(year), _MONTHS.index(month[:3].casefold()) + 1, int(day))
    except ValueError:
        raise PriceFileError(f"{month} {day}, {year} is no date") from None
