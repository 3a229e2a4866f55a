"""Why a read from a FHIR server failed, for the log: in our own words or from closed lists, never the server's text.

A server may put the requested address, and with it a patient id, into its answer.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from typing import TYPE_CHECKING, Any

import requests
import urllib3

from fhir_mappings.wire.exact_json import Unreadable, decode_sent
from fhir_mappings.wire.lenient import objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_CHAIN = 12
_TYPES = frozenset(
    {"application/fhir+json", "application/json", "application/fhir+xml", "application/xml", "text/html", "text/plain"}
)
# X509_V_ERR of OpenSSL
_CERTIFICATE = {
    9: "it is not valid yet",
    10: "it has expired",
    18: "it is signed by itself; name the authority in fhir.ca_bundle",
    19: "its authority is not known; name it in fhir.ca_bundle",
    20: "its authority is not known; name it in fhir.ca_bundle",
    21: "its chain is not complete",
    62: "it is for another name",
    64: "it is for another address",
}
_AT_THE_BOTTOM = (
    ((ssl.SSLError,), "TLS: no common protocol, or no TLS at this port"),
    ((socket.gaierror, urllib3.exceptions.NameResolutionError), "the name of the server is not known here"),
)
_ELSE = (
    ((requests.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError), "no connection in time"),
    (
        (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError),
        "no whole answer in time, or one over the limit of size",
    ),
    ((urllib3.exceptions.ProtocolError,), "the server closed the connection"),
    ((UnicodeError,), "the access token holds characters that no header can"),
    ((urllib3.exceptions.DecodeError,), "the body is not packed as its Content-Encoding says"),
)
# FHIR R4, http://hl7.org/fhir/issue-type
_ISSUES = re.compile(
    r"invalid|structure|required|value|invariant|security|login|unknown|expired|forbidden|suppressed|processing|"
    r"not-supported|duplicate|multiple-matches|not-found|deleted|too-long|code-invalid|extension|too-costly|"
    r"business-rule|conflict|transient|lock-error|no-store|exception|timeout|incomplete|throttled|informational"
)
# RFC 6750, 3.1
_TOKEN_ERRORS = ("invalid_request", "invalid_token", "insufficient_scope")


def cause_of(error: BaseException) -> str:
    """Return the root cause of a failed request, as far as it is known."""
    chain = list(_chain(error))
    for each in chain:
        if isinstance(each, ssl.SSLCertVerificationError):
            return f"certificate not accepted: {_CERTIFICATE.get(each.verify_code, f'OpenSSL code {each.verify_code}')}"
    if (found := _words(chain, _AT_THE_BOTTOM)) is not None:
        return found
    for each in chain:
        if isinstance(each, OSError) and each.errno in errno.errorcode:
            return os.strerror(each.errno or 0).lower()
    return _words(chain, _ELSE) or "no connection"


def _words(chain: Iterable[BaseException], table: Iterable[tuple[tuple[type[BaseException], ...], str]]) -> str | None:
    return next((words for each in chain for kinds, words in table if isinstance(each, kinds)), None)


def cause_of_refusal(headers: Mapping[str, str], body: bytes) -> str:
    """Return a server's reason for a refusal: the token error, and the issue types."""
    challenge = headers.get("WWW-Authenticate", "")[:1000]
    found = [error for error in _TOKEN_ERRORS if error in challenge]
    found += dict.fromkeys(code for code in _issue_codes(body) if _ISSUES.fullmatch(code))
    return ", ".join(found) or "no reason given"


def known_type(written: str) -> str:
    """Return a content type if it is on the list, or say that it is another."""
    return written.lower() if written.lower() in _TYPES else "another" if written else "none"


def _issue_codes(body: bytes) -> Iterator[str]:
    try:
        outcome: Any = decode_sent(body)
    except Unreadable:
        return
    if isinstance(outcome, dict):
        for _, issue in objects(outcome.get("issue")):
            yield text(issue.get("code"))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes, however the library links them."""
    waiting: list[BaseException] = [error]
    for _ in range(_CHAIN):
        if not waiting:
            return
        each = waiting.pop(0)
        yield each
        held = (each.__cause__, each.__context__, getattr(each, "reason", None), *each.args)
        waiting += [other for other in held if isinstance(other, BaseException)]
