"""Draws charts in a separate process.

Vega-Lite runs in a JavaScript engine that holds Python's global lock, takes a second to start and uses 150 MB. In a
worker of the service, orders would have to wait for it. If a chart cannot be drawn, the report still has its table.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections import OrderedDict
from html import escape
from threading import Lock
from typing import TYPE_CHECKING

import structlog
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cds_service.charts.figures import Chart

_SECONDS, _WAIT_SECONDS = 60, 10
# What the process needs to start; none of the service's secrets is passed on.
_HANDED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
_KEPT = 300
_ROOT = re.compile(r'^<svg [^>]*?viewBox="([0-9. ]+)"[^>]*>')
_log = structlog.get_logger(__name__)
_drawn: OrderedDict[str, str] = OrderedDict()
_one_at_a_time = Lock()


def draw(charts: Sequence[tuple[str, Chart]]) -> list[Markup]:
    """Draw charts, each with a name that is unique on the page; the SVG of one that cannot be drawn is empty.

    Drawings are cached. A second caller waits a short time for the first.
    """
    texts = [chart.text for _, chart in charts]
    pictures = {text: picture for text in texts if (picture := _drawn.get(text))}
    wanted = [text for text in dict.fromkeys(texts) if text not in pictures]
    if wanted and _one_at_a_time.acquire(timeout=_WAIT_SECONDS):
        try:
            fresh = dict(zip(wanted, _vega_lite(wanted), strict=True))
            _drawn.update((text, picture) for text, picture in fresh.items() if picture)
            while len(_drawn) > _KEPT:
                _drawn.popitem(last=False)
        finally:
            _one_at_a_time.release()
        pictures |= fresh
    elif wanted:
        _log.warning("charts_not_drawn", charts=len(wanted), error="another report is being drawn")
    return [_titled(name, chart, pictures.get(text, "")) for (name, chart), text in zip(charts, texts, strict=True)]


def can_draw() -> bool:
    """Return whether what draws charts is installed; the extra ``charts`` brings it."""
    return importlib.util.find_spec("vl_convert") is not None


def _vega_lite(texts: Sequence[str]) -> list[str]:
    """Run the drawing process; the content of a chart is never logged."""
    if not can_draw():
        _log.warning(
            "charts_not_drawn",
            charts=len(texts),
            error="her2-cds[charts] is not installed (in a clone: scripts/install .venv requirements-charts.lock)",
        )
        return [""] * len(texts)
    command = [sys.executable, "-m", "cds_service.charts.vega_lite"]
    environment = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command,
            input=json.dumps(texts).encode(),
            capture_output=True,
            check=True,
            timeout=_SECONDS,
            env=environment,
        )
        pictures: list[str] = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        _log.warning("charts_not_drawn", charts=len(texts), error=type(error).__name__)
        return [""] * len(texts)
    return pictures


def _titled(name: str, chart: Chart, picture: str) -> Markup:
    """Give a drawing its title and text description, and let the page set its size."""
    found = _ROOT.match(picture)
    if found is None:
        return Markup("")
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{found[1]}" role="img" '
        f'aria-labelledby="{name}-title {name}-words">'
        f'<title id="{name}-title">{escape(chart.title)}</title><desc id="{name}-words">{escape(chart.words)}</desc>'
    )
    return Markup(head + picture[found.end() :])  # noqa: S704 - what is filled in is escaped here and by Vega
