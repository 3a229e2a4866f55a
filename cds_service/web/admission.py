"""Admits as many calls as can be answered, and refuses the others at once.

Once a call has waited for seconds, the EHR has given up on it, and work on it only delays the next. So a few calls are
processed at a time, a few more wait briefly, and the rest get 503 with ``Retry-After`` within milliseconds. Health and
metrics are never refused.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cds_service.web.slots import Slots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cds_service.web.slow_bodies import Bodies

CALLS_AT_ONCE = 8
"""Calls that one process handles at a time; one that waits for a FHIR server releases its slot."""
WAITING = 40
"""Calls that wait for a slot while more come than can be answered."""
BURST = 80
"""Calls that may wait beyond these in a burst; a line of 120 is answered in a third of a second."""
PATIENCE_S = 0.5
"""How long a call waits for a slot."""
RETRY_AFTER_S = "1"
_GUARDED = "/cds-services/"
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class NoRoomError(Exception):
    """The service is at its limit; the caller should retry shortly."""


class Admission:
    """Limits the calls that one process handles and queues."""

    def __init__(
        self,
        at_once: int = CALLS_AT_ONCE,
        waiting: int = WAITING,
        patience_s: float = PATIENCE_S,
        burst: int = BURST,
    ) -> None:
        """Start with no calls."""
        self._slots = Slots(at_once)
        self._waiting = waiting
        self._burst = burst
        self._patience_s = patience_s
        self._beyond = 0
        self._lock = threading.Lock()
        self._of_thread = threading.local()

    @property
    def is_full(self) -> bool:
        """Whether a call arriving now would have to be refused."""
        return self._slots.waiting >= self._waiting and self._beyond >= self._burst

    def lets_in(self) -> bool:
        """Return whether a call arriving now may come in.

        A burst finds more room than lasting overload does: beyond the usual line a number of calls come in, and as many
        again only once nobody has been waiting.
        """
        line = self._slots.waiting
        if line < self._waiting:
            if not line:
                self._beyond = 0
            return True
        with self._lock:
            has_room = self._beyond < self._burst
            self._beyond += has_room
        return has_room

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot while a call is processed, waiting for one if necessary.

        Raises:
            NoRoomError: no slot is free, or none became free in time.

        """
        # Who was let in is not turned away for the length of the line: the body has been read for nothing then.
        if not self._slots.take(self._patience_s, self._waiting + self._burst):
            raise NoRoomError
        self._of_thread.has_slot = True
        try:
            yield
        finally:
            self._of_thread.has_slot = False
            self._slots.give()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Release the call's slot, if it has one, while the block waits for another system.

        There is no time limit on getting it back: slots are freed within milliseconds.
        """
        if not getattr(self._of_thread, "has_slot", False):
            yield
            return
        self._slots.give()
        try:
            yield
        finally:
            self._slots.take_back()


class Doorkeeper:
    """WSGI middleware: refuses a call before it reaches the application if the service is full."""

    def __init__(
        self,
        application: Callable[..., Any],
        admission: Admission,
        bodies: Bodies,
        refusal: bytes,
        on_shed: Callable[[], None],
    ) -> None:
        """Take the application and the refusal to send; ``on_shed`` is called for each refusal."""
        self._application = application
        self._admission = admission
        self._bodies = bodies
        self._refusal = refusal
        self._headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(refusal))),
            ("Retry-After", RETRY_AFTER_S),
            ("Access-Control-Allow-Origin", "*"),
        ]
        self._on_shed = on_shed

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Handle a WSGI request."""
        if environ["REQUEST_METHOD"] not in _WITHOUT_BODY:
            is_call = environ["PATH_INFO"].startswith(_GUARDED)
            if self._bodies.is_full or (is_call and not self._admission.lets_in()):
                self._on_shed()
                start_response("503 Service Unavailable", self._headers)
                return [self._refusal]
            environ["wsgi.input"] = self._bodies.of(environ)
        answer: Iterable[bytes] = self._application(environ, start_response)
        return answer
