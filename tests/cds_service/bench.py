"""The workbench as a person with a browser uses it, without the browser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Any

from cds_service.app import create_app
from cds_service.clock import Clock, now
from cds_service.configuration.settings import Settings
from cds_service.policies.library import Library
from cds_service.policies.views import UnknownVersionError
from cds_service.store.store import Store, open_store

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

ADA, BEN, EVE = "local|ada", "local|ben", "local|eve"
"""Who writes and publishes, who approves, and who only looks."""
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_SEEN = re.compile(r'name="seen" value="([^"]+)"')


def bench(store: Store, clock: Clock = now, given: Settings | None = None, **settings: Any) -> FlaskClient:
    """Return a browser before the door of a workbench with people who are made up; ``given``: with these settings."""
    taken = given or Settings.model_validate({"workbench": {"sign_in": "local"}, **settings})
    return create_app(settings=taken, store=store, clock=clock).test_client()


def opened(path: Any) -> Store:
    """Open a store in a folder."""
    return open_store(f"sqlite:///{path / 'her2-cds.sqlite3'}")


@dataclass
class Seat:
    """Somebody who sits before the workbench."""

    browser: FlaskClient

    def get(self, path: str, **query: str) -> TestResponse:
        """Open a page."""
        return self.browser.get(f"/workbench{path}", query_string=query)

    def send(self, path: str, **fields: str) -> TestResponse:
        """Send a form, with the token that the pages carry."""
        named = {name.replace("__", "."): value for name, value in fields.items()}
        return self.browser.post(f"/workbench{path}", data={"csrf_token": self.token(), **named})

    def token(self) -> str:
        """Read the token of a form."""
        found = _TOKEN.search(self.get("/sign-in").text)
        assert found is not None
        return found[1]

    def sign_in(self, subject: str) -> Seat:
        """Sign in as somebody."""
        assert self.send("/sign-in", subject=subject).status_code == 302
        return self

    def step(self, number: int, kind: str, seen: str = "", **fields: str) -> TestResponse:
        """Take a step with a version, as it stands on the page."""
        return self.send(f"/versions/{number}/steps", kind=kind, seen=seen or self.seen(number), **fields)

    def revise(self, number: int, **fields: str) -> TestResponse:
        """Put content into a draft, as it stands."""
        return self.send(f"/versions/{number}/content", seen=self.seen(number), **fields)

    def seen(self, number: int) -> str:
        """Return the last step of a version, which its page shows and its forms send back; empty where there is none.

        The page itself judges every case of the rules first, half a second of work for each new content.
        """
        library = Library(self.browser.application.extensions["her2_cds_store"].engine)
        try:
            return str(library.version(number).last.id)
        except UnknownVersionError:
            return ""

    def seen_on_page(self, number: int) -> str:
        """Read which step the page of a version shows as the last."""
        found = _SEEN.search(self.get(f"/versions/{number}").text)
        return found[1] if found else ""


def words(answer: TestResponse) -> str:
    """Return what a page says, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())
