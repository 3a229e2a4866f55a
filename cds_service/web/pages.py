"""HTML pages, all with one strict Content-Security-Policy, so that no text from a chart can become a script.

A page is made of parts. An error inside one costs that part, whose place says so; what it needs is therefore given to
the template as functions, which are called inside the part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flask import Response, render_template, request
from markupsafe import Markup
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from cards.presentation.language import ENGLISH
from cards.values.caching import lazy
from cds_service.decisions import failures
from cds_service.page_words import IN_ENGLISH, PageWords, page_languages, page_words
from cds_service.telemetry.request_names import current
from cds_service.web.answers import decider

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def words_of_request() -> PageWords:
    """Return the page words in the browser's language if available, else in the site's."""
    offered = page_languages()
    wanted = request.accept_languages.best_match(offered) if request.accept_languages else None
    site = decider().settings.site.language
    return page_words(wanted or (site if site in offered else ENGLISH))


def say(english: str, **values: Any) -> str:
    """Say a sentence as text in the language of who asks."""
    return words_of_request().plain(english, **values)


_FAILED_PART = Markup('<section class="panel"><h2>{}</h2><p class="notice warn" role="alert">{}</p></section>')
_FAILED_PAGE = Markup(
    '<!doctype html><html lang="{}"><head><meta charset="utf-8"><title>her2-cds</title>'
    '<link rel="stylesheet" href="/static/page.css"></head><body><main><section class="panel"><h1>{}</h1><p>{}</p>'
    "</section></main></body></html>"
)


def part(title: str, caller: Callable[[], str]) -> str:
    """Render what a template encloses in a call of this; if that fails, its place says so."""
    try:
        return caller()
    except (HTTPException, SQLAlchemyError):
        # These are about the whole page: it is not there, or the database does not answer.
        raise
    except Exception as error:  # noqa: BLE001 - one part must not cost the others
        failures.part_failed("page", error)
    said = say("This could not be shown: an internal error, which is in the log. What it would say is unknown.")
    return _FAILED_PART.format(title, said)


class _Later(Generic[T]):
    """A value of one page, made at most once."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make

    @lazy
    def value(self) -> T:
        return self._make()


def later(make: Callable[[], T]) -> Callable[[], T]:
    """Return a function for a template, which makes a value when the first part asks for it."""
    held = _Later(make)
    return lambda: held.value


def failed_page() -> Response:
    """Return the page in place of one that could not be shown at all; it needs no template."""
    try:
        words = words_of_request()
    except Exception:  # noqa: BLE001 - said in English then
        words = IN_ENGLISH
    t = words.plain
    title = t("This page could not be shown")
    return _as_page(_FAILED_PAGE.format(words.code, title, internal_error(words)), 500, words.code)


def internal_error(words: PageWords) -> str:
    """Say that there was an internal error, and under which id the log has it."""
    t = words.plain
    said = t("An internal error occurred; the log has it. Before you send anything again, check whether it was done.")
    names = current()
    return f"{said} {t('The id of this request is {id}.', id=names.request_id)}" if names is not None else said


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Render a template in the browser's language; values are escaped."""
    words, locale = words_of_request(), decider().wording.locale
    is_signed = words.code == ENGLISH or (words.code == locale.code and bool(locale.signed_by))
    shared = {
        "t": words.say,
        "part": part,
        "dated": words.dated,
        "lang": words.code,
        "lang_of_cards": locale.code,
        "is_signed": is_signed,
    }
    written = render_template(template, **shared, **values)
    return _as_page(written, status, words.code)


def _as_page(written: str, status: int, language: str) -> Response:
    answer = Response(written, status, content_type="text/html; charset=utf-8")
    answer.headers["Content-Language"] = language
    answer.headers["Vary"] = "Accept-Language"
    answer.headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in _POLICY.items())
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return answer
