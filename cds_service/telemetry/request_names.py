"""The ids of a request in the logs, ours and the sender's: request id, trace id, hookInstance.

Source: W3C Trace Context, ``traceparent``; ``X-Request-ID`` as proxies and EHRs use it.
"""

from __future__ import annotations

import os
import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import MutableMapping

_LONGEST = 128
_NAME = re.compile(rf"[A-Za-z0-9._~:/+=@-]{{1,{_LONGEST}}}")
_TRACE = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[!-~]{1,200})?")
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16
_FIRST_VERSION, _NO_VERSION = "00", "ff"


@dataclass(slots=True)
class RequestNames:
    """The ids of one request; ``traceparent`` is as sent, or empty."""

    request_id: str
    traceparent: str = ""
    trace_id: str = ""
    hook_instance: str = ""


_NAMES: ContextVar[RequestNames | None] = ContextVar("request_names", default=None)


def begin(request_id: str | None, traceparent: str | None) -> RequestNames:
    """Take the ids sent with a request; a missing or invalid one is generated or omitted."""
    names = RequestNames(request_id if request_id and _NAME.fullmatch(request_id) else os.urandom(16).hex())
    if traceparent and (trace_id := _trace_id(traceparent)):
        names.traceparent, names.trace_id = traceparent, trace_id
    _NAMES.set(names)
    return names


def current() -> RequestNames | None:
    """Return the ids of the request that this thread is working on."""
    return _NAMES.get()


def about_hook(instance: str) -> None:
    """Record the request's hookInstance. Anything but a plain identifier is not logged."""
    names = _NAMES.get()
    if names is not None:
        names.hook_instance = instance if _NAME.fullmatch(instance) else "not an identifier"


def add_names(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the ids to a log line."""
    names = _NAMES.get()
    if names is not None:
        event["request_id"] = names.request_id
        if names.trace_id:
            event["trace_id"] = names.trace_id
        if names.hook_instance:
            event["hook_instance"] = names.hook_instance
    return event


def _trace_id(traceparent: str) -> str:
    """Read the trace id of a ``traceparent``; empty if it is not valid."""
    found = _TRACE.fullmatch(traceparent)
    if found is None:
        return ""
    version, trace, span, _, more = found.groups()
    is_valid = version != _NO_VERSION and trace != _NO_TRACE and span != _NO_SPAN
    return str(trace) if is_valid and not (more and version == _FIRST_VERSION) else ""
