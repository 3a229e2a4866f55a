"""The keys that a client publishes at an address: cached, refreshed, and fetched again when a key is unknown.

The address comes from the configuration, never from a token. A call waits only briefly for a fetch, and forged tokens
cannot cause more than one fetch every half minute.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import requests
import structlog

from cds_service.ehr.connections import EXCHANGE_FAILURES
from cds_service.ehr.deadline import bound
from cds_service.keys.jwk import JwkProblem, KeySet, VerificationKey, read_keys
from cds_service.keys.strict_json import read_object
from cds_service.protocol.refusals import Reason, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

RENEW_S = 300
"""After this time the keys are refreshed in the background of the call that notices."""
WAIT_FOR_RENEWAL_S = 3600
"""After this time without traffic, or without success, a call waits for the refresh."""
USELESS_S = 86_400
"""After this time without success the keys are no longer used: one of them may have been revoked."""
BETWEEN_FETCHES_S = 30
WAIT_S = 1.5
"""How long a call waits at most; the fetch itself may continue."""
WAIT_AT_ONCE = 32
"""How many calls may wait for one address; others are told to retry."""
FETCH_S = 5.0
MAX_BYTES = 256 * 1024
_CHUNK = 16_384
_log = structlog.get_logger()


class FetchedKeys:
    """The keys published at one address."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep the address; nothing is fetched before a token needs a key."""
        self.url = url
        self._clock = clock
        self._lock = threading.Lock()
        self._held: tuple[KeySet, float] | None = None
        self._tried: float | None = None
        self._running: threading.Event | None = None
        self._places = threading.BoundedSemaphore(WAIT_AT_ONCE)

    def find(self, key_id: str, algorithm: str) -> VerificationKey:
        """Return the key with an id.

        Raises:
            Refused: the address does not answer, has no such key, or the key is not for the algorithm.

        """
        held = self._held
        if held is None or key_id not in held[0] or self._clock() - held[1] > WAIT_FOR_RENEWAL_S:
            self._wait(self._fetch())
            held = self._held
        elif self._clock() - held[1] > RENEW_S:
            self._fetch()
        if held is None or self._clock() - held[1] > USELESS_S:
            raise Refused(Reason.KEYS_UNAVAILABLE)
        return held[0].find(key_id, algorithm)

    def _wait(self, fetch: threading.Event | None) -> None:
        """Wait for a fetch, but not for one that has already taken too long: many calls may arrive meanwhile."""
        if fetch is None or self._tried is None:
            return
        # A flood of forged tokens must not block every thread of the service here.
        if not self._places.acquire(blocking=False):
            raise Refused(Reason.KEYS_UNAVAILABLE)
        try:
            fetch.wait(max(0.0, self._tried + WAIT_S - self._clock()))
        finally:
            self._places.release()

    def _fetch(self) -> threading.Event | None:
        """Start a fetch, unless one is running or was just made; return the event that signals its end."""
        with self._lock:
            now = self._clock()
            # A connection that sends its headers too slowly is abandoned; a new one may do better.
            if self._running is not None and now - (self._tried or now) <= BETWEEN_FETCHES_S:
                return self._running
            if self._tried is not None and now - self._tried < BETWEEN_FETCHES_S:
                return None
            self._tried = now
            done = self._running = threading.Event()
            # A daemon thread: an address that never answers must not delay a stop.
            threading.Thread(target=self._renew, args=(done,), name="jwks", daemon=True).start()
            return done

    def _renew(self, done: threading.Event) -> None:
        try:
            keys, problems = read_keys(read_object(fetch(self.url)))
        except JwkProblem as problem:
            _log.warning("jwks_refused", url=self.url, problem=str(problem))
        except EXCHANGE_FAILURES as error:
            _log.warning("jwks_not_fetched", url=self.url, reason=type(error).__name__)
        else:
            for each in problems:
                _log.warning("jwk_refused", url=self.url, problem=str(each))
            self._held = (keys, self._clock())
        finally:
            with self._lock:
                if self._running is done:
                    self._running = None
            done.set()


def fetch(url: str) -> bytes:
    """Read an address: no redirects, no proxy, no credentials of the machine, bounded in size and time.

    Raises:
        OSError: it cannot be read (requests' errors are OSErrors too).
        urllib3.exceptions.HTTPError: it broke off.

    """
    deadline = time.monotonic() + FETCH_S
    with requests.Session() as session:
        session.trust_env = False
        bound(session, FETCH_S)
        headers = {"Accept": "application/jwk-set+json, application/json"}
        with session.get(url, headers=headers, timeout=FETCH_S, allow_redirects=False, stream=True) as response:
            if response.status_code != requests.codes.ok:
                raise requests.HTTPError(f"status {response.status_code}")
            body = bytearray()
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > MAX_BYTES or time.monotonic() > deadline:
                    raise requests.Timeout
            if time.monotonic() > deadline:
                # Cut off at the deadline, so the answer is incomplete.
                raise requests.Timeout
    return bytes(body)
