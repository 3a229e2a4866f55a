"""Words of the reports that come from the record: measures, signals, answers, names of topics, reasons of overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.presentation.language import ENGLISH
from cards.presentation.translation import languages, wording_in
from cards.presentation.wording import default_wording
from cards.values.text_cache import cached_by_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cds_service.page_words import PageWords
    from cds_service.store.selection import Window


def named(word: str, words: PageWords) -> str:
    """Say a word that a report has as a value; one that is not ours, such as a topic's code, stays as it is."""
    if words.code == ENGLISH:
        return word
    t = words.plain
    return {
        "fired": t("fired"),
        "could not be checked": t("could not be checked"),
        "silent": t("unusually silent"),
        "loud": t("unusually loud"),
        "accepted": t("accepted"),
        "overridden": t("overridden"),
        "configuration": t("configuration"),
        "knowledge": t("knowledge"),
        "code": t("code"),
        "day": t("day"),
        "week": t("week"),
        "more": t("more"),
        "fewer": t("fewer"),
        "no clear difference": t("no clear difference"),
        "no coded reason": t("no coded reason"),
        "critical, overridden": t("critical, overridden"),
        "called wrong": t("called wrong"),
        "has a comment": t("has a comment"),
    }.get(word, word)


def topic_named(topic: str, display: str, words: PageWords) -> str:
    """Say the name of a topic; ``display`` is its English, and all there is for a topic of a site."""
    return _displays(words.code).get(topic, display)


def reason_named(reason: str, words: PageWords) -> str:
    """Say the reason of an override: ours, with its code in brackets or without, in the language; others as sent."""
    ours = _reasons(words.code)
    text, bracket, code = reason.partition(" (")
    return named(f"{ours.get(text, text)}{bracket}{code}", words)


def made(window: Window, when: datetime, words: PageWords) -> str:
    """Say of whose decisions a report is, and when it was made."""
    t = words.plain
    asked = [window.service or t("All services")]
    if window.issuer is not None:
        asked.append(t("issuer {name}", name=window.issuer) if window.issuer else t("clients without a token"))
    if window.tenant is not None:
        asked.append(t("tenant {name}", name=window.tenant) if window.tenant else t("no tenant"))
    return t("{asked}. Made {when} UTC.", asked=", ".join(asked), when=f"{when:%Y-%m-%d %H:%M}")


def window_named(window: Window, words: PageWords) -> str:
    """Say which days a report is of."""
    t = words.plain
    begin, end = (str(each.date()) if each else "" for each in (window.begin, window.end))
    if not begin and not end:
        return t("All time")
    return t("{begin} to {end}", begin=begin or t("the first decision"), end=end or t("now"))


@cached_by_key(8)
def _displays(language: str) -> Mapping[str, str]:
    topics = wording_in(language).topics if language in languages() else {}
    return {str(topic): words.display for topic, words in topics.items()}


@cached_by_key(8)
def _reasons(language: str) -> Mapping[str, str]:
    theirs = wording_in(language).override_reasons if language in languages() else {}
    return {text: theirs.get(code, text) for code, text in default_wording().override_reasons.items()}
