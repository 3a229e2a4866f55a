"""Ada, Ben and Eve before the same service, and an EHR that calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench import ADA, BEN, EVE, Seat, bench
from calls import SIGN, bundle, call, clean_prefetch, weight

from cds_service.clock import Clock, now
from cds_service.policies.library import Library
from cds_service.policies.publication import Publication

if TYPE_CHECKING:
    from cds_service.store.store import Store

OLD_WEIGHT = call(prefetch={**clean_prefetch(), "weight": bundle(weight(days=45))})
SIXTY = {"thresholds__weight_max_age_days": "60"}


class Office:
    """Ada, Ben and Eve before the same service, and an EHR that calls it."""

    def __init__(self, store: Store, clock: Clock = now, **settings: Any) -> None:
        """Sign all three in."""
        self.store = store
        self.ada = Seat(bench(store, clock, **settings)).sign_in(ADA)
        self.app = self.ada.browser.application
        self.ben = Seat(self.app.test_client()).sign_in(BEN)
        self.eve = Seat(self.app.test_client()).sign_in(EVE)
        self._publication = Publication(Library(store.engine), self.app.extensions["her2_cds"])

    def shown(self) -> list[str]:
        """Sign an order with a weight of 45 days ago, after this process has asked what is in force."""
        self._publication.look()
        answer = self.app.test_client().post(f"/cds-services/{SIGN}", json=OLD_WEIGHT).get_json()
        return [card["source"]["topic"]["code"] for card in answer["cards"]]

    def approved(self, number: int = 1, **content: str) -> None:
        """Write a version from the files and have it approved."""
        self.ada.send("/versions", title="Older weights", **{"from": "files"})
        self.ada.revise(number, comment="The day clinic weighs every six weeks", **content)
        self.ada.step(number, "submitted")
        assert self.ben.step(number, "approved", comment="Agreed").status_code == 302
