"""Reads decisions for reports: which orders were judged, what fired on them, and what could not be checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import func, select

from cards.facts.order import DrugOrder
from cards.facts.policy import Mode
from cards.identification.identity import identify
from cards.identification.recognizer import Recognizer, recognizer_for
from cards.knowledge.loader import default_knowledge
from cds_service.store.selection import decided_in
from cds_service.store.tables import configurations, decisions, shadow_verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Engine, Row, Select

    from cds_service.store.selection import Window

_AT_A_TIME = 1000
NOT_SETTLED = "not settled"
Json = dict[str, Any]


class _Orders(msgspec.Struct):
    orders: tuple[DrugOrder, ...]


_orders = msgspec.json.Decoder(_Orders)


@dataclass(frozen=True, slots=True)
class Findings:
    """A policy's result for a request: (topic, order) of what fired, by mode, and what was missing for the rest."""

    configuration: str
    fired: frozenset[tuple[str, str]]
    in_shadow: frozenset[tuple[str, str]]
    missing: tuple[tuple[str, str, str], ...]

    def shown(self, topic: str) -> set[str]:
        """Return the orders on which a topic fired and was not in the shadow."""
        return {order for name, order in self.fired if name == topic}

    def of(self, topic: str) -> set[str]:
        """Return the orders on which a topic fired, shown or not."""
        return {order for name, order in self.fired | self.in_shadow if name == topic}


@dataclass(frozen=True, slots=True)
class Judged:
    """A decision as reports see it. ``orders``: the product of each order that was judged, by its name.

    ``patient`` is the recorded pseudonym; without one, each decision counts as a separate patient.
    """

    id: str
    at: datetime
    patient: str
    client: str
    prescriber: str
    versions: tuple[tuple[str, str], ...]
    orders: dict[str, str]
    found: Findings
    tried: Findings | None


def newest(engine: Engine, window: Window, at_most: int) -> Window:
    """Narrow a window to its newest decisions, or return it unchanged if it has no more than that."""
    chosen = select(decisions.c.at).where(*decided_in(window))
    statement = chosen.order_by(decisions.c.at.desc()).offset(at_most).limit(1)
    with engine.connect() as connection:
        before = connection.execute(statement).scalar()
    return window if before is None else replace(window, begin=before + timedelta(microseconds=1))


def streamed(connection: Connection, statement: Select[Any]) -> Iterator[Row[Any]]:
    """Yield the rows of a query, a thousand in memory at a time."""
    yield from connection.execution_options(yield_per=_AT_A_TIME).execute(statement)


def judgments(engine: Engine, window: Window) -> Iterator[Judged]:
    """Yield the decisions of a window that judged an order, oldest first."""
    statement = (
        select(
            decisions, shadow_verdicts.c.configuration_hash.label("tried"), shadow_verdicts.c.verdicts.label("trial")
        )
        .outerjoin(shadow_verdicts, shadow_verdicts.c.decision_id == decisions.c.id)
        .where(*decided_in(window))
        .order_by(decisions.c.at, decisions.c.id)
    )
    recognizer = recognizer_for(default_knowledge())
    with engine.connect() as connection:
        for row in streamed(connection, statement):
            verdicts = msgspec.json.decode(row.verdicts)
            names = {*verdicts["clear"], *verdicts["not-applicable"]}
            names |= {each["order"] for each in (*verdicts["fired"], *verdicts["cannot-tell"])}
            names.discard("")
            products = dict(_products(row.facts, recognizer)) if names else {}
            if names:
                yield Judged(
                    row.id,
                    row.at,
                    row.patient or row.id,
                    _client(row.issuer, row.tenant),
                    (row.user or "unknown")[:12],
                    (
                        ("code", row.code_version),
                        ("knowledge", row.knowledge_version),
                        ("wording", row.wording_version),
                        ("configuration", row.configuration_hash),
                    ),
                    {name: products.get(name, NOT_SETTLED) for name in sorted(names)},
                    _findings(row.configuration_hash, verdicts),
                    _findings(row.tried, msgspec.json.decode(row.trial)) if row.tried else None,
                )


def services_on_record(engine: Engine) -> dict[str, int]:
    """Count the decisions of each service."""
    counted = select(decisions.c.service, func.count()).group_by(decisions.c.service).order_by(decisions.c.service)
    with engine.connect() as connection:
        return {service: int(count) for service, count in connection.execute(counted)}


def settings_of(connection: Connection, digests: Iterable[str]) -> dict[str, Json]:
    """Return the settings for configuration hashes."""
    chosen = select(configurations).where(configurations.c.hash.in_(digests))
    return {row.hash: msgspec.json.decode(row.content) for row in connection.execute(chosen)}


def _client(issuer: str | None, tenant: str | None) -> str:
    return " / ".join(part for part in (issuer or "client without a token", tenant) if part)


def _products(facts: str, recognizer: Recognizer) -> Iterator[tuple[str, str]]:
    for order in _orders.decode(facts).orders:
        product = identify(order, recognizer).product
        yield order.origin.reference or order.origin.path, product.id if product else NOT_SETTLED


def _findings(configuration: str, verdicts: Json) -> Findings:
    fired = [(each["mode"], (each["topic"], each["order"])) for each in verdicts["fired"]]
    return Findings(
        configuration,
        frozenset(place for mode, place in fired if mode == Mode.LIVE),
        frozenset(place for mode, place in fired if mode == Mode.SHADOW),
        tuple(
            (each["topic"], each["order"], missing["what"])
            for each in verdicts["cannot-tell"]
            for missing in each["missing"]
        ),
    )
