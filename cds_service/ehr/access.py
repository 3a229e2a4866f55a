"""Reads missing prefetch data from the EHR's FHIR server: in parallel, within one time budget.

Redirects are not followed, further pages only on the same server, and the token is sent nowhere else. Data that arrive
late are ignored.
"""

from __future__ import annotations

import time
from codecs import BOM_UTF8
from collections.abc import Mapping
from concurrent.futures import wait
from contextvars import copy_context
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol

import requests
import structlog
import urllib3
from urllib3.util.retry import Retry

from cards.facts.outcomes import AN_INTERNAL_ERROR
from cds_service.ehr import reasons
from cds_service.ehr.causes import cause_of, cause_of_refusal, known_type
from cds_service.ehr.connections import EXCHANGE_FAILURES, Exchange
from cds_service.ehr.servers import is_same_server
from fhir_mappings.request.prefetch import Answer, PrefetchState, is_answer_to, read_answer
from fhir_mappings.wire.depth import is_too_deep

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import ThreadPoolExecutor

    from cds_service.ehr.connections import FhirConnections
    from cds_service.ehr.limits import Aside, CallLimit, OnFetched
    from fhir_mappings.request.hook_request import HookRequest

_PAGES = 10
_CHUNK = 65536
_BODIES = 8
"""The total size read for one call, as a multiple of the limit for one body."""
_PAUSE_S = 0.1
_NONE: Mapping[str, Answer] = MappingProxyType({})
_BAD_GATEWAY, _UNAVAILABLE, _TOO_MANY = 502, 503, 429
_log = structlog.get_logger()


class _Client(Protocol):
    """What all calls to FHIR servers share."""

    on_fetched: OnFetched | None
    aside: Aside
    budget_s: float
    body_limit: int
    call_limit: CallLimit
    threads: ThreadPoolExecutor

    @property
    def connections(self) -> FhirConnections:
        """The pooled connections to servers."""


class _Question(NamedTuple):
    """An address to read, the place in the request for its answer, and its page number."""

    url: str
    place: str
    page: int = 0


class FhirAccess:
    """Access to one server for one call. The time budget starts with the first query."""

    def __init__(self, client: _Client, request: HookRequest) -> None:
        """Take the server and the token of the call."""
        self._client = client
        self._base = request.fhir_server.rstrip("/")
        authorization = request.fhir_authorization
        self._headers = {"Accept": "application/fhir+json, application/json"}
        if authorization is not None:
            self._headers["Authorization"] = f"Bearer {authorization.access_token}"
        self._deadline: float | None = None
        self.failures: dict[str, str] = {}
        """Why a place in the request has no answer, for the operator."""
        self.causes: dict[str, str] = {}
        """The root cause, if known."""
        self._bytes_left = client.body_limit * _BODIES

    def fetch(self, queries: Mapping[str, str], begun: Mapping[str, Answer] = _NONE) -> dict[str, Answer]:
        """Run all queries at once, each by its place in the request; one that failed or was late is ``FAILED``.

        ``begun`` are answers from the prefetch: if one has a next page on the same server, reading continues there.

        Raises:
            ServerBusyError: too many calls wait for FHIR servers already.

        """
        addresses = {place: f"{self._base}/{query}" for place, query in queries.items()}
        # An id may be anything, even "..", so a path that leads outside the server's base is not requested.
        asked = {place: _Question(url, place) for place, url in addresses.items() if is_same_server(url, self._base)}
        following = {
            place: _Question(answer.listing.next_page, place, 1)
            for place, answer in begun.items()
            if answer.listing is not None and is_same_server(answer.listing.next_page, self._base)
        }
        if not asked and not following:
            return {}
        began = time.monotonic()
        with self._client.call_limit.asked(), self._client.aside():
            pages = self._ask_all({**asked, **following})
        if self._client.on_fetched is not None:
            answered = _answered(pages)
            self._client.on_fetched(answered, len(pages) - answered, time.monotonic() - began)
        fetched = {place: self._checked(_joined(tuple(pages.get(place, ()))), place, queries) for place in queries}
        searched = [answer.state for place, answer in fetched.items() if "?" in queries[place]]
        if searched and all(state is PrefetchState.FAILED for state in searched):
            # Without one search answered, "not found" says that this is not the address of the patient's server.
            for place in [place for place, answer in fetched.items() if answer.state is PrefetchState.EMPTY]:
                self.failures[place] = f"{reasons.REFUSED} (HTTP {requests.codes.not_found})"
                fetched[place] = Answer(PrefetchState.FAILED)
        return fetched | {place: _joined((begun[place], *pages[place])) for place in following}

    def _checked(self, answer: Answer, place: str, queries: Mapping[str, str]) -> Answer:
        """Reject an answer to something other than what was asked."""
        if is_answer_to(answer, queries[place]):
            return answer
        if answer.state is not PrefetchState.FAILED:
            self.failures.setdefault(place, reasons.NO_FHIR)
        return Answer(PrefetchState.FAILED)

    def _ask_all(self, questions: Mapping[str, _Question]) -> dict[str, list[Answer]]:
        """Read several addresses and their pages, and return what has arrived by the deadline."""
        now = time.monotonic()
        if self._deadline is None:
            self._deadline = now + self._client.budget_s
        arrived: dict[str, list[Answer]] = {key: [] for key in questions}
        exchanges = {key: Exchange() for key in questions}
        futures = [
            # Copies the context, so that log lines of a fetch carry the call's ids.
            self._client.threads.submit(copy_context().run, self._ask, exchanges[key], question, arrived[key])
            for key, question in questions.items()
        ]
        wait(futures, timeout=max(0.0, self._deadline - now))
        for future, exchange in zip(futures, exchanges.values(), strict=True):
            if not future.done() and not future.cancel():
                exchange.give_up()
        return arrived

    def _ask(self, exchange: Exchange, question: _Question, arrived: list[Answer]) -> None:
        """Read page after page into ``arrived``; the caller may stop waiting at any time."""
        url, seen = question.url, {question.url}
        try:
            for number in range(question.page, _PAGES):
                place = f"{question.place}.page[{number}]" if number else question.place
                page = self._page(exchange, url, place)
                url = page.listing.next_page if page.listing is not None else ""
                arrived.append(page)
                if url in seen or not is_same_server(url, self._base):
                    break
                seen.add(url)
        except EXCHANGE_FAILURES as error:
            self.failures[question.place] = _why(error)
            cause = self.causes[question.place] = cause_of(error)
            _log.warning("fhir_fetch_failed", place=question.place, reason=type(error).__name__, cause=cause)
        except Exception as error:  # noqa: BLE001 - nobody waits for what this thread raises
            self.failures[question.place] = AN_INTERNAL_ERROR
            _log.error("fhir_fetch_failed", place=question.place, reason=type(error).__name__)
        finally:
            exchange.end()

    def _page(self, exchange: Exchange, url: str, place: str) -> Answer:
        """Request once, and a second time if that may help; it is always a read, so a retry does no harm."""
        try:
            answer, pause_s = self._once(exchange, url, place)
        except requests.ConnectionError as error:
            if not _was_cut_off(error):
                raise
            answer, pause_s = Answer(PrefetchState.FAILED), 0.0
        if pause_s is None or pause_s >= self._remaining():
            return answer
        time.sleep(pause_s)
        return self._once(exchange, url, place)[0]

    def _remaining(self) -> float:
        return (self._deadline or 0.0) - time.monotonic()

    def _once(self, exchange: Exchange, url: str, place: str) -> tuple[Answer, float | None]:
        """Return the answer, and how long to pause before a retry; ``None`` if a retry is pointless."""
        remaining = self._remaining()
        if remaining <= 0:
            raise requests.Timeout
        with self._client.connections.get(exchange, url, self._headers, remaining) as response:
            if response.status_code == requests.codes.not_found and "?" not in url:
                self.failures[place] = f"{reasons.REFUSED} (HTTP {response.status_code})"
                return Answer(PrefetchState.EMPTY), None
            if response.status_code != requests.codes.ok:
                self.failures[place] = f"{reasons.REFUSED} (HTTP {response.status_code})"
                cause = self.causes[place] = cause_of_refusal(response.headers, self._refusal(response))
                _log.warning("fhir_fetch_refused", place=place, status=response.status_code, cause=cause)
                return Answer(PrefetchState.FAILED), _pause(response)
            body = self._body(response)
        if is_too_deep(body):
            _log.warning("fhir_fetch_unreadable", place=place, reason="nested too deep")
            return Answer(PrefetchState.FAILED), None
        answer = read_answer(body, place)
        if answer.state is PrefetchState.FAILED:
            self.failures[place] = reasons.NO_FHIR
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
            _log.warning("fhir_fetch_unreadable", place=place, reason="no FHIR", content_type=known_type(kind))
        if answer.listing is None:
            # In a prefetch ``null`` means "none on record", but a server says that with an empty Bundle.
            self.failures[place] = reasons.NO_FHIR
            return Answer(PrefetchState.FAILED), None
        return answer, None

    def _refusal(self, response: requests.Response) -> bytes:
        """Read the beginning of a refusal, which may give a reason; ignored if it cannot be read."""
        try:
            return response.raw.read1(_CHUNK, decode_content=True) if self._remaining() > 0 else b""
        except EXCHANGE_FAILURES:
            return b""

    def _body(self, response: requests.Response) -> bytes:
        """Read a body within the limits on time and on unpacked size."""
        body = bytearray()
        # Data are processed as they arrive: a slow body must not hold the thread until it is complete.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            self._bytes_left -= len(chunk)
            if len(body) > self._client.body_limit or self._bytes_left < 0 or self._remaining() <= 0:
                raise requests.Timeout
        # A byte order mark says nothing; some servers write it.
        return bytes(body).removeprefix(BOM_UTF8)


def _why(error: Exception) -> str:
    """Return what went wrong with a request, without its address."""
    if isinstance(error, requests.Timeout):
        return reasons.TOO_LATE
    return reasons.NOT_REACHED


def _answered(pages: Mapping[str, Sequence[Answer]]) -> int:
    return sum(bool(each) and each[0].state is not PrefetchState.FAILED for each in pages.values())


def _was_cut_off(error: requests.ConnectionError) -> bool:
    """Return whether the server closed the connection before answering, as happens with pooled connections."""
    return bool(error.args) and isinstance(error.args[0], urllib3.exceptions.ProtocolError)


def _pause(response: requests.Response) -> float | None:
    """Return how long a busy server asks to wait; ``None`` if it refused for another reason."""
    if response.status_code not in (_BAD_GATEWAY, _UNAVAILABLE, _TOO_MANY):
        return None
    wanted = response.headers.get("Retry-After")
    if wanted is None:
        return None if response.status_code == _TOO_MANY else _PAUSE_S
    try:
        return max(0.0, Retry().parse_retry_after(wanted))
    except urllib3.exceptions.InvalidHeader:
        return None


def _joined(pages: Sequence[Answer]) -> Answer:
    """Join the pages of a search; if a page is missing, the result still names the next one."""
    if not pages or pages[0].listing is None:
        return pages[0] if pages else Answer(PrefetchState.FAILED)
    first, whole = pages[0], pages[0].listing
    for page in pages[1:]:
        if page.listing is None or page.state is PrefetchState.FAILED:
            break
        whole.stubs += page.listing.stubs
        whole.matches += page.listing.matches
        whole.broken += page.listing.broken
        whole.next_page = page.listing.next_page
        whole.is_joined = True
    state = PrefetchState.PRESENT if whole.stubs or whole.broken else first.state
    partial, withheld = any(page.partial for page in pages), any(page.withheld for page in pages)
    return Answer(state, whole, partial=partial, withheld=withheld)
