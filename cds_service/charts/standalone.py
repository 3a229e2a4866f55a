"""A report as one self-contained HTML file: no scripts, no fonts, no requests."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cds_service.charts.figures import in_english

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cds_service.charts.figures import Say
    from cds_service.charts.sections import Section

    Pairs = Sequence[tuple[str, str]]
_STYLES = ("page.css", "report.css")


def standalone(  # noqa: PLR0913 - what a page consists of
    title: str,
    lead: Sequence[str],
    sections: Sequence[Section],
    *,
    figures: Pairs = (),
    run: Pairs = (),
    lang: str = "en",
    t: Say = in_english,
) -> str:
    """Write a report: ``figures`` are the key numbers at the top, ``run`` says what it was made from.

    ``lang`` is the language of its sentences, and ``t`` says those of the page itself in it.
    """
    environment = Environment(
        loader=PackageLoader("cds_service"), autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    static = files("cds_service").joinpath("static")
    return environment.get_template("report.html").render(
        title=title,
        lead=lead,
        sections=sections,
        figures=figures,
        run=run,
        lang=lang,
        t=t,
        # Our own files, so nothing in them needs escaping.
        styles=[Markup(static.joinpath(name).read_text("utf-8")) for name in _STYLES],  # noqa: S704
    )
