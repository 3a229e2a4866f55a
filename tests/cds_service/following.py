"""A service in this process that is told of what is published and tried when a test says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from calls import SIGN, Caller, call, order
from policy_people import Watch

from cds_service.policies.library import Library
from cds_service.policies.publication import Publication

if TYPE_CHECKING:
    from pathlib import Path

    from cds_service.decisions.active import Configuration

HIGH = call(orders=[order(378)])
"""An order of a dose that is too high."""


class Following(Caller):
    """A service in this process that is told of what is published when a test says so."""

    def __init__(self, path: Path | None = None, database: str | None = None) -> None:
        """Start."""
        super().__init__(path=path, database=database)
        self.watch = Watch()
        self.library = Library(self.store.engine, self.watch)
        self.configuration: Configuration = self.app.extensions["her2_cds"]
        self.publication = Publication(self.library, self.configuration)
        self.app.extensions["her2_cds_publication"] = self.publication

    def topics(self, service: str = SIGN) -> list[str]:
        """Look for what is published, and give the topics of the cards on an order that is too high."""
        self.publication.look()
        return [card["source"]["topic"]["code"] for card in self.post(HIGH, service).body["cards"]]


def events(lines: list[Any], name: str) -> list[Any]:
    """Return the lines of a log about one kind of event."""
    return [line for line in lines if line["event"] == name]
