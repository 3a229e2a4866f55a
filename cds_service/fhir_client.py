"""Reads what the prefetch lacks from the EHR's FHIR server: in parallel, inside one time budget, from nowhere else.

Only servers that are allowed are asked. Redirects are not followed, pages only on the same server, and the token goes
nowhere but there. What did not arrive in time has not arrived.
"""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import requests
import structlog
import urllib3

from fhir_mappings.prefetch import Answer, State, read_answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cds_service.settings import Settings
    from fhir_mappings.hook_request import HookRequest

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PAGES = 10
_CHUNK = 65536
# What is read differently by those who split an address and those who call it, is no address.
_ADDRESS = re.compile(r"[!-\[\]-~]+")
# A token that cannot be sent is a UnicodeError; what comes while a body is read is urllib3's own.
_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)
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
        """Tell whether the base address of a server is one that may be asked."""
        try:
            parts = _parts(url)
        except ValueError:
            return False
        if "?" in url or "#" in url:
            return False
        if self._loopback_only:
            return parts[0] in ("http", "https") and parts[1] in _LOOPBACK
        return any(parts[:3] == base[:3] and _below(parts[3], base[3]) for base in self._allowed)

    def fetch(self, request: HookRequest, queries: Mapping[str, str]) -> dict[str, Answer]:
        """Ask for every query at once; the answer of one that failed or was late is ``FAILED``."""
        deadline = time.monotonic() + self._budget_s
        arrived: dict[str, list[Answer]] = {key: [] for key in queries}
        futures = [
            self._pool.submit(self._ask, request, query, key, deadline, arrived[key]) for key, query in queries.items()
        ]
        wait(futures, timeout=max(0.0, deadline - time.monotonic()))
        for future in futures:
            future.cancel()
        return {key: _joined(tuple(pages)) for key, pages in arrived.items()}

    def _ask(self, request: HookRequest, query: str, key: str, deadline: float, arrived: list[Answer]) -> None:
        """Read page after page into ``arrived``, whose reader may stop waiting at any time."""
        base = request.fhir_server.rstrip("/")
        url = f"{base}/{query}"
        token = request.fhir_authorization.access_token if request.fhir_authorization else ""
        try:
            while len(arrived) < _PAGES:
                path = f"prefetch.{key}.page[{len(arrived)}]" if arrived else f"prefetch.{key}"
                page = self._page(url, token, path, deadline)
                url = page.listing.next_page if page.listing is not None else ""
                arrived.append(page)
                if not url or not self._same_server(url, base):
                    break
        except _FAILURES as error:
            _log.warning("fhir_fetch_failed", key=key, reason=type(error).__name__)

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
            # What has come is looked at at once: a body that trickles in must not hold the thread until it is whole.
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > self._body_limit or time.monotonic() > deadline:
                    raise requests.Timeout
        answer = read_answer(bytes(body), path)
        # ``null`` says "none on record" in a prefetch; a server says it with an empty Bundle.
        return answer if answer.listing is not None else Answer(State.FAILED)

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
            # What a server remembers of one call, with the token of one user, must not go along with the next.
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self._local.session = session
        return session


def _joined(pages: Sequence[Answer]) -> Answer:
    """Make the pages of a search one answer; where a page lacks, the last one still names the next."""
    if not pages or pages[0].listing is None:
        return pages[0] if pages else Answer(State.FAILED)
    first, whole = pages[0], pages[0].listing
    for page in pages[1:]:
        if page.listing is None or page.state is State.FAILED:
            break
        whole.glimpses += page.listing.glimpses
        whole.broken += page.listing.broken
        whole.next_page = page.listing.next_page
    state = State.PRESENT if whole.glimpses or whole.broken else first.state
    return Answer(state, whole, any(page.partial for page in pages))


def _parts(url: str) -> tuple[str, str, int | None, str]:
    """Split an address into scheme, host, port and path.

    Raises:
        ValueError: it has no host, a user, no number for a port, or a character that no address has.

    """
    split = urlsplit(url)
    host = split.hostname if _ADDRESS.fullmatch(url) and split.username is None else None
    if not host or split.scheme not in ("http", "https"):
        msg = "no plain http address"
        raise ValueError(msg)
    port = split.port or {"http": 80, "https": 443}[split.scheme]
    return split.scheme, host.lower(), port, split.path.rstrip("/")


def _below(path: str, base: str) -> bool:
    """Tell whether a path lies at or below another, without climbing out of it."""
    return (path == base or path.startswith(f"{base}/")) and ".." not in unquote(path).split("/")
