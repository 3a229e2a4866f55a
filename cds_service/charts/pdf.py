"""A report as a PDF, laid out by WeasyPrint from the self-contained page.

It is optional (``her2-cds[charts]``), needs Pango from the system, and runs in a separate process, because it takes 100
MB for a few seconds and reads a page with clinicians' comments. It never fetches anything.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from ctypes.util import find_library
from importlib.util import find_spec

import structlog

_SECONDS = 120
_HANDED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "HOME", "LANG")
# A drawing takes its colors from CSS properties of the page, each with a fallback; a PDF uses the fallback.
_COLOR = re.compile(r"var\(--[a-z-]{1,30}, ?(#[0-9a-fA-F]{3,8})\)")
_log = structlog.get_logger(__name__)


def can_print() -> bool:
    """Return whether WeasyPrint and Pango are installed."""
    return find_spec("weasyprint") is not None and find_library("pango-1.0") is not None


def as_pdf(page: str) -> bytes | None:
    """Return a page as a PDF; ``None`` if that is not possible here, with the reason in the log."""
    if not can_print():
        return None
    environment = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "cds_service.charts.pdf"],
            input=page.encode(),
            capture_output=True,
            check=True,
            timeout=_SECONDS,
            env=environment,
        )
    except (OSError, subprocess.SubprocessError) as error:
        _log.warning("pdf_not_made", error=type(error).__name__)
        return None
    return done.stdout if done.stdout.startswith(b"%PDF-") else None


def _print() -> None:
    """Read a page from standard input, and write the PDF to standard output."""
    from weasyprint import HTML  # noqa: PLC0415 - an extra, and only this process needs it
    from weasyprint.urls import URLFetcher  # noqa: PLC0415

    page = _COLOR.sub(r"\1", sys.stdin.buffer.read().decode())
    fetcher = URLFetcher(allowed_protocols=())
    sys.stdout.buffer.write(HTML(string=page, url_fetcher=fetcher).write_pdf(pdf_tags=True))


if __name__ == "__main__":
    _print()
