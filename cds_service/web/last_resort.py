"""Answers what the application itself could not: a call with the card that says so, anything else with a plain error.

Most EHRs show an error of the server as if nothing were wrong. So an error before a call is taken in, in its ids, its
place in the queue, its route or the headers of its answer, ends in the same card as one inside it. A caller who has not
been let in is asked to try again instead: no error opens the door.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from cds_service.decisions import failures
from cds_service.protocol.operation_outcome import operation_outcome
from cds_service.web.admission import RETRY_AFTER_S
from fhir_mappings.wire.exact_json import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ADMITTED = "her2_cds.admitted"
"""Set in the WSGI environment once a caller has been let in."""
_CALLS, _FEEDBACK = "/cds-services/", "/feedback"
_HEADERS = (("Content-Type", "application/json"), ("Access-Control-Allow-Origin", "*"))
_TRY_AGAIN = ("try-again", "the call cannot be answered just now; send it again")
_INTERNAL = ("internal", "an internal error, recorded in the log")


class LastAnswer(NamedTuple):
    """A whole answer."""

    status: HTTPStatus
    headers: list[tuple[str, str]]
    body: bytes


class LastResort:
    """The outermost WSGI middleware: whatever is raised inside, there is an answer."""

    def __init__(
        self,
        application: Callable[..., Any],
        unchecked: Callable[[str], dict[str, Any]],
        is_open: Callable[[], bool],
        base_url: str,
    ) -> None:
        """Take the application and prepare the answers, so that nothing needs to be made when all else fails.

        ``unchecked`` returns the answer of a service, by its id, of whose call nothing could be read; ``is_open`` says
        whether calls need no authentication.
        """
        self._application = application
        self._unchecked = unchecked
        self._is_open = is_open
        self._spare = encode(unchecked(""))
        self._later = encode(operation_outcome(*_TRY_AGAIN, base_url=base_url))
        self._error = encode(operation_outcome(*_INTERNAL, base_url=base_url))

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Handle a WSGI request."""
        try:
            answered: Iterable[bytes] = self._application(environ, start_response)
        except Exception as error:  # noqa: BLE001 - nobody above would answer
            failures.part_failed("call", error)
        else:
            return answered
        answer = self.answer(environ)
        start_response(f"{answer.status.value} {answer.status.phrase}", answer.headers)
        return [answer.body]

    def answer(self, environ: dict[str, Any]) -> LastAnswer:
        """Return the answer to a request that failed."""
        path = str(environ.get("PATH_INFO", ""))
        if is_call(environ):
            if self._is_let_in(environ):
                return _whole(HTTPStatus.OK, self._card(path))
            return _whole(HTTPStatus.SERVICE_UNAVAILABLE, self._later)
        if path.startswith(_CALLS) or path == _CALLS.rstrip("/"):
            return _whole(HTTPStatus.SERVICE_UNAVAILABLE, self._later)
        return _whole(HTTPStatus.INTERNAL_SERVER_ERROR, self._error)

    def _is_let_in(self, environ: dict[str, Any]) -> bool:
        try:
            return ADMITTED in environ or self._is_open()
        except Exception:  # noqa: BLE001 - who cannot be asked has not said yes
            return False

    def _card(self, path: str) -> bytes:
        try:
            return encode(self._unchecked(path.removeprefix(_CALLS)))
        except Exception:  # noqa: BLE001 - the spare one is written already
            return self._spare


def is_call(environ: dict[str, Any]) -> bool:
    """Return whether a request calls a hook."""
    path = str(environ.get("PATH_INFO", ""))
    return environ.get("REQUEST_METHOD") == "POST" and path.startswith(_CALLS) and not path.endswith(_FEEDBACK)


def _whole(status: HTTPStatus, body: bytes) -> LastAnswer:
    headers = [*_HEADERS, ("Content-Length", str(len(body)))]
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("Retry-After", RETRY_AFTER_S))
    return LastAnswer(status, headers, body)
