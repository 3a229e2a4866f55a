"""Reads what the prefetch lacks from the EHR's FHIR server: in parallel, inside one time budget, from nowhere else.

Only servers that are allowed are asked. Redirects are not followed, pages only on the same server, and the token goes
nowhere but there. What did not arrive in time has not arrived.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
import structlog

from fhir_mappings.prefetch import Answer, State, read_answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cds_service.settings import Settings
    from fhir_mappings.hook_request import HookRequest

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PAGES = 10
_CHUNK = 65536
_log = structlog.get_logger()


class FhirClient:
    """Fetches searches and reads; one client serves every request and keeps its connections."""

    def __init__(self, settings: Settings) -> None:
        """Take the allowed servers and the limits from the configuration."""
        self._allowed = [_parts(str(url)) for url in settings.fhir.allowed_servers]
        self._loopback_only = not self._allowed and settings.auth.mode == "off"
        self._budget_s = settings.fhir.timeout_s
        self._body_limit = settings.limits.body_bytes
        self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="fhir")
        self._local = threading.local()

    def may_use(self, request: HookRequest) -> bool:
        """Tell whether the request names a server that may be asked, with no token of another patient."""
        authorization = request.fhir_authorization
        if authorization is not None and authorization.patient not in ("", request.patient_id):
            return False
        return bool(request.fhir_server) and self.is_allowed(request.fhir_server)

    def is_allowed(self, url: str) -> bool:
        """Tell whether an address lies on a server that may be asked."""
        try:
            parts = _parts(url)
        except ValueError:
            return False
        if self._loopback_only:
            return parts[0] in ("http", "https") and parts[1] in _LOOPBACK
        return any(parts[:3] == base[:3] and _below(parts[3], base[3]) for base in self._allowed)

    def fetch(self, request: HookRequest, queries: Mapping[str, str]) -> dict[str, Answer]:
        """Ask for every query at once; the answer of one that failed or was late is ``FAILED``."""
        deadline = time.monotonic() + self._budget_s
        futures: dict[str, Future[Answer]] = {
            key: self._pool.submit(self._ask, request, query, key, deadline) for key, query in queries.items()
        }
        wait(futures.values(), timeout=max(0.0, deadline - time.monotonic()))
        answers = {}
        for key, future in futures.items():
            answers[key] = future.result() if future.done() else Answer(State.FAILED)
            future.cancel()
        return answers

    def _ask(self, request: HookRequest, query: str, key: str, deadline: float) -> Answer:
        base = request.fhir_server.rstrip("/")
        url = f"{base}/{query}"
        token = request.fhir_authorization.access_token if request.fhir_authorization else ""
        try:
            answer = self._page(url, token, f"prefetch.{key}", deadline)
            pages = 1
            while answer.listing is not None and answer.listing.next_page and pages < _PAGES:
                following = answer.listing.next_page
                if not self._same_server(following, base):
                    break
                page = self._page(following, token, f"prefetch.{key}.page[{pages}]", deadline)
                if page.listing is None or page.state is State.FAILED:
                    break
                answer.listing.glimpses += page.listing.glimpses
                answer.listing.broken += page.listing.broken
                answer.listing.next_page = page.listing.next_page
                pages += 1
        except requests.RequestException as error:
            _log.warning("fhir_fetch_failed", key=key, reason=type(error).__name__)
            return Answer(State.FAILED)
        return answer

    def _page(self, url: str, token: str, path: str, deadline: float) -> Answer:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise requests.Timeout
        headers = {"Accept": "application/fhir+json, application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        with self._session().get(
            url, headers=headers, timeout=remaining, allow_redirects=False, stream=True
        ) as response:
            if response.status_code == requests.codes.not_found and "?" not in url:
                return Answer(State.EMPTY)
            if response.status_code != requests.codes.ok:
                _log.warning("fhir_fetch_refused", path=path, status=response.status_code)
                return Answer(State.FAILED)
            body = bytearray()
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > self._body_limit or time.monotonic() > deadline:
                    raise requests.Timeout
        return read_answer(bytes(body), path)

    def _same_server(self, url: str, base: str) -> bool:
        try:
            page, own = _parts(url), _parts(base)
        except ValueError:
            return False
        return page[:3] == own[:3] and _below(page[3], own[3])

    def _session(self) -> requests.Session:
        """Give the connections of this thread: a session is not made to be shared."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            # No proxy and no password file of the machine may have a say in where a token goes.
            session.trust_env = False
            self._local.session = session
        return session


def _parts(url: str) -> tuple[str, str, int | None, str]:
    """Split an address into scheme, host, port and path.

    Raises:
        ValueError: it has no host, a user, or no number for a port.

    """
    split = urlsplit(url)
    if not split.hostname or split.username is not None or split.scheme not in ("http", "https"):
        msg = "no plain http address"
        raise ValueError(msg)
    port = split.port or {"http": 80, "https": 443}[split.scheme]
    return split.scheme, split.hostname.lower(), port, split.path.rstrip("/")


def _below(path: str, base: str) -> bool:
    """Tell whether a path lies at or below another, without climbing out of it."""
    return (path == base or path.startswith(f"{base}/")) and ".." not in path.split("/")
