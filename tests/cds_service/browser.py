"""A visit to a page of the service in Chromium: what it loaded, what it complained of, how accessible it is."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

# The headless shell draws no browser window, which saves a third of the CPU time.
CHROMIUM = next(
    (path for path in map(Path, ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")) if path.exists()), None
)
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    # What draws is a thread of the browser, and scripts are compiled, and garbage collected, in the thread that runs
    # them: with less to tell each other, pages and axe's rules take a fifth less processor time.
    "--in-process-gpu",
    "--js-flags=--single-threaded",
    # A page that was left keeps its process for the next visitor, with what has been compiled.
    "--process-per-site",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 360, "height": 800}
DESK = {"width": 1280, "height": 900}
# A page may be slow on a busy machine; a broken page never loads.
_PATIENCE_MS = 40_000
expect.set_options(timeout=_PATIENCE_MS)
_PICTURES = "SCREENSHOTS"
_axe = Axe()
_left: dict[str, list[Page]] = {}
"""The pages of the browser that visitors have left, by what they look like."""
_MOST_OF_A_LOOK = 3
# The contrast of colors is what takes axe longest, and the rows of a table repeat it. Text looks like other text if it
# and all that surrounds it have the same tags, classes, attributes, colors, fonts and visibility. Labels and fields are
# always judged: theirs depends on one another.
_CHOOSE_WHAT_TO_JUDGE = """most => {
  const looks = new Map(), seen = new Map();
  for (const each of document.querySelectorAll('*')) {
    delete each.dataset.judged;
    if (!each.checkVisibility()) continue;
    const style = getComputedStyle(each);
    let own = '';
    for (const node of each.childNodes) if (node.nodeType === 3) own += node.data.trim();
    const look = [
      looks.get(each.parentElement), each.tagName, each.getAttributeNames(), each.getAttribute('class'), each.disabled,
      Math.min(own.length, 3), style.color, style.backgroundColor, style.backgroundImage, style.opacity,
      style.fontSize, style.fontWeight, style.textShadow,
    ].join('|');
    let found = seen.get(look);
    if (!found) seen.set(look, found = {number: seen.size, count: 0});
    found.count += 1;
    looks.set(each, found.number);
    if (found.count <= most || each.matches('label, label *, input, select, textarea, button, [aria-labelledby]'))
      each.dataset.judged = '';
  }
  axe.configure({rules: [{id: 'color-contrast', selector: '[data-judged]'}]});
}"""

# What keeps the rules is not reported, and would be written out and read again.
_FIND = "axe.run({resultTypes: ['violations']}).then(({violations}) => ({violations}))"


@dataclass
class Visit:
    """One visitor with one page."""

    page: Page
    base: str
    pictures: Path
    look: str = ""
    asked: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Listen to everything that the page does."""
        for event, heard in self._listeners().items():
            self.page.on(event, heard)  # type: ignore[call-overload]

    def _listeners(self) -> dict[str, Callable[[Any], None]]:
        return {"request": self._ask, "pageerror": self._fail, "console": self._hear}

    def _ask(self, request: Request) -> None:
        self.asked.append(request)

    def _fail(self, error: Exception) -> None:
        self.complaints.append(str(error))

    def _hear(self, message: ConsoleMessage) -> None:
        # A page must handle a refused call, and the browser logs each one.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(message.text)

    def open(self, path: str) -> None:
        """Go to an address of the service."""
        self.page.goto(f"{self.base}{path}")

    def sent(self, path: str) -> list[Any]:
        """List the bodies that were sent to an address."""
        return [each.post_data_json for each in self.asked if urlsplit(each.url).path == path and each.post_data]

    def picture(self, name: str) -> None:
        """Keep how the page looks, if somebody wants to see it."""
        if _PICTURES not in os.environ:
            return
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=self.pictures / f"{name}.png", full_page=True)

    def check(self, name: str = "") -> None:
        """Look for what makes a page hard to use: axe's rules, and a page wider than its window."""
        assert not (found := inaccessible(self.page)), found
        wide, window = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= window
        if name:
            self.picture(name)

    def end(self, *hosts: str) -> None:
        """Hold the visit to what every visit must hold to: nothing from elsewhere, and no complaint."""
        allowed = {urlsplit(self.base).netloc, *hosts}
        assert {urlsplit(each.url).netloc for each in self.asked} <= allowed
        assert self.complaints == []

    def leave(self) -> None:
        """Leave the page to the next visitor with the same look, as if nobody had been there.

        A new page costs a process, and compiles all scripts again. The service's pages keep nothing but cookies.
        """
        for event, heard in self._listeners().items():
            self.page.remove_listener(event, heard)
        self.page.unroute_all(behavior="ignoreErrors")
        self.page.goto("about:blank")
        self.page.emulate_media(media="null")
        self.page.set_viewport_size(json.loads(self.look)["viewport"])
        self.page.context.clear_cookies()
        self.page.context.clear_permissions()
        _left.setdefault(self.look, []).append(self.page)


def inaccessible(page: Page) -> str:
    """Report where a page breaks axe's rules; nothing if it keeps all of them."""
    page.evaluate(_axe.axe_script)
    page.evaluate(_CHOOSE_WHAT_TO_JUDGE, _MOST_OF_A_LOOK)
    found = AxeResults(page.evaluate(_FIND))
    return found.generate_report() if found.violations_count else ""


def visit(browser: Browser, base: str, pictures: Path, **look: Any) -> Visit:
    """Begin a visit: on a desk and by daylight unless something else is said, and without motion."""
    wanted = {"viewport": DESK, "reduced_motion": "reduce", **look}
    name = json.dumps(wanted, sort_keys=True)
    if left := _left.get(name):
        page = left.pop()
    else:
        context = browser.new_context(**wanted)
        context.set_default_timeout(_PATIENCE_MS)
        page = context.new_page()
    begun = Visit(page, base, pictures, name)
    begun.start()
    return begun


def closed() -> None:
    """Forget the pages that were left: their browser has been closed."""
    _left.clear()


def folder_of_pictures(fallback: Path) -> Path:
    """Return the folder where pictures are kept: the one that SCREENSHOTS names, else one that is thrown away."""
    named = os.environ.get(_PICTURES)
    return Path(named) if named else fallback
