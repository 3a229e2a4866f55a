"""Is a page of the list of decisions as fast among a million as among a thousand?

    python -m benchmarks.listing [--rows 1000000] [--databases URL URL]

Fills two databases, one with a thousand decisions and one with many, and asks for the same pages of both: the first,
one far back, and with each filter. Each time is the least of a few. The first page and the deep one may take at most
three times as long; a page with a filter says how far it had to look. Without the addresses of two empty databases
they are SQLite files that are thrown away.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.console import Console
from rich.table import Table

from cds_service.store.database import open_engine, upgrade
from cds_service.store.listing import ListPage, Place, listed
from cds_service.store.selection import CardFilter, Window
from cds_service.store.tables import decision_cards, decisions, feedback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

FEW = 1000
RATIO = 3.0
_AT_A_TIME = 5000
_TIMES = 5
_END = datetime(2026, 11, 1, tzinfo=UTC)
_APART = timedelta(seconds=40)
_FACTS = '{"orders": [' + '{"drug": "made up"}, ' * 16 + "]}"
_TOPICS = (("weight-stale", "warning", 0.2), ("lvef-overdue", "warning", 0.05), ("ild-active", "critical", 0.0004))
_RARE_OUTCOME, _RARE_DRUG = 0.001, 0.0005
_DRUGS = ("kadcyla", "enhertu", "trastuzumab")


class Asked(NamedTuple):
    """What a page is asked for."""

    name: str
    window: Window = Window()
    cards: CardFilter = CardFilter()
    is_deep: bool = False
    is_held: bool = False


PAGES = (
    Asked("the first page", is_held=True),
    Asked("a page in the middle", is_deep=True, is_held=True),
    Asked("a tenant", Window(tenant="clinic-7")),
    Asked("a service", Window(service="her2-order-dispatch")),
    Asked("a common topic", cards=CardFilter(topic="weight-stale")),
    Asked("a common topic, in the middle", cards=CardFilter(topic="weight-stale"), is_deep=True),
    Asked("a rare topic", cards=CardFilter(topic="ild-active")),
    Asked("an indicator", cards=CardFilter(indicator="critical")),
    Asked("a card on a drug", cards=CardFilter(product="kadcyla")),
    Asked("a drug", cards=CardFilter(drug="kadcyla")),
    Asked("a rare drug", cards=CardFilter(drug="margenza")),
    Asked("overridden", cards=CardFilter(outcome="overridden")),
    Asked("accepted (rare)", cards=CardFilter(outcome="accepted")),
)


def main() -> int:
    """Fill, ask, print; 1 if a page exceeds the ratio set for it."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--databases", nargs=2, metavar="URL")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = [f"sqlite:///{Path(folder) / name}.sqlite3" for name in ("few", "many")]
        few, many = given.databases or files
        return _measure(few, many, given.rows)


def _measure(few_url: str, many_url: str, rows: int) -> int:
    few, many = _filled(few_url, FEW), _filled(many_url, rows)
    table = Table("page", f"{FEW:,} ms", f"{rows:,} ms", "ratio", "found", "looked back to")
    is_kept = True
    for asked in PAGES:
        (before, _), (after, page) = (_timed(engine, count, asked) for engine, count in ((few, FEW), (many, rows)))
        ratio = after / before
        is_kept &= not asked.is_held or ratio <= RATIO
        found, to = str(len(page.decisions)), str(page.looked_to.date()) if page.looked_to else ""
        table.add_row(asked.name, f"{1000 * before:.1f}", f"{1000 * after:.1f}", f"{ratio:.1f}", found, to)
    Console(width=110, highlight=False).print(table)
    for engine in (few, many):
        engine.dispose()
    return 0 if is_kept else 1


def _timed(engine: Engine, count: int, asked: Asked) -> tuple[float, ListPage]:
    before = Place(_END - _APART * (count // 2), "") if asked.is_deep else None
    took = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        page = listed(engine, asked.window, asked.cards, before=before)
        took.append(time.perf_counter() - began)
    return min(took), page


def _filled(url: str, count: int) -> Engine:
    engine = open_engine(url)
    upgrade(engine)
    began = time.perf_counter()
    lot = Random(7)
    for first in range(0, count, _AT_A_TIME):
        rows: dict[Any, list[dict[str, Any]]] = {decisions: [], decision_cards: [], feedback: []}
        for number in range(first, min(first + _AT_A_TIME, count)):
            for table, row in _rows(number, lot):
                rows[table].append(row)
        with engine.begin() as connection:
            for table, those in rows.items():
                if those:
                    connection.execute(table.insert(), those)
    if engine.dialect.name == "postgresql":
        import psycopg  # noqa: PLC0415 - for PostgreSQL alone

        # The service's own connections would not wait so long for an answer.
        address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("ANALYZE")
    Console().print(f"{count:,} decisions in {time.perf_counter() - began:.0f} s")
    return engine


def _rows(number: int, lot: Random) -> Iterator[tuple[Any, dict[str, Any]]]:
    at, name = _END - _APART * number, str(uuid.UUID(int=lot.getrandbits(128)))
    tenant = f"clinic-{lot.randrange(20)}"
    service = "her2-order-dispatch" if lot.random() < 0.001 else "her2-order-sign"  # noqa: PLR2004 - one in a thousand
    client = {"issuer": "https://ehr.example", "tenant": tenant}
    yield (
        decisions,
        {
            "id": name, "at": at, "service": service, "hook_instance": name, **client, "patient": f"p{number // 8}",
            "user": "u", "duration_ms": 1.0, "code_version": "0", "knowledge_version": "0", "wording_version": "0",
            "configuration_hash": "0" * 64, "facts": _FACTS, "verdicts": _FACTS, "late": False,
            "products": ",margenza," if lot.random() < _RARE_DRUG else f",{lot.choice(_DRUGS)},",
        },
    )  # fmt: skip
    for position, (topic, indicator, share) in enumerate(_TOPICS):
        if lot.random() >= share:
            continue
        card = str(uuid.UUID(int=lot.getrandbits(128)))
        product = lot.choice(_DRUGS)
        yield (
            decision_cards,
            {
                "decision_id": name, "position": position, "uuid": card, "topic": topic, "indicator": indicator,
                "content": '{"summary": "Made up"}', "order_name": "", "product": product, "finding": None,
            },
        )  # fmt: skip
        drawn = lot.random()
        outcome = "accepted" if drawn < _RARE_OUTCOME else "overridden" if drawn < 0.3 else None  # noqa: PLR2004
        if outcome is not None:
            yield (
                feedback,
                {
                    "digest": uuid.UUID(int=lot.getrandbits(128)).hex * 2, "received_at": at, "service": service,
                    **client, "card": card, "known": True, "outcome": outcome, "outcome_at": at, "content": "{}",
                },
            )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
