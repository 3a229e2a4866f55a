"""HTML pages, all with one strict Content-Security-Policy, so that no text from a chart can become a script."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request

from cards.presentation.language import ENGLISH
from cds_service.page_words import PageWords, page_languages, page_words
from cds_service.web.answers import decider

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


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Render a template in the browser's language; values are escaped."""
    words, locale = words_of_request(), decider().wording.locale
    is_signed = words.code == ENGLISH or (words.code == locale.code and bool(locale.signed_by))
    shared = {
        "t": words.say,
        "dated": words.dated,
        "lang": words.code,
        "lang_of_cards": locale.code,
        "is_signed": is_signed,
    }
    written = render_template(template, **shared, **values)
    answer = Response(written, status, content_type="text/html; charset=utf-8")
    answer.headers["Content-Language"] = words.code
    answer.headers["Vary"] = "Accept-Language"
    answer.headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in _POLICY.items())
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return answer
