"""The learning report for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cds_service.learning.volume_page import left_out, volume_lines
from cds_service.page_words import IN_ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cds_service.page_words import PageWords

Json = dict[str, Any]


def percent(one: Json, words: PageWords = IN_ENGLISH) -> str:
    """Write a share with its interval."""
    t = words.plain
    if one["share"] is None:
        return t("not known")
    low, high = (f"{100 * each:.0f}" for each in one["interval95"])
    return t("{share} % ({low} to {high})", share=f"{100 * one['share']:.0f}", low=low, high=high)


def cut(report: Json, words: PageWords = IN_ENGLISH) -> list[str]:
    """Say that only the newest decisions were read, if there were more than a page may read."""
    found, t = report["cut"], words.plain
    if not found:
        return []
    begin = found["from"][:16].replace("T", " ")
    return [t("Only the newest {count} decisions were read, from {begin} on.", count=found["decisions"], begin=begin)]


def stopped_lines(stopped: Iterable[Json], words: PageWords = IN_ENGLISH) -> Iterator[str]:
    """Say for each stopped topic who stopped it, when and why."""
    t = words.plain
    for each in stopped:
        yield t(
            "{topic} is stopped since {since} UTC by {person}: {reason}. Its cards are not shown.",
            topic=each["topic"],
            since=each["since"][:16].replace("T", " "),
            person=each["by"],
            reason=" ".join(each["reason"].split()),
        )


def extent(report: Json, words: PageWords = IN_ENGLISH) -> str:
    """Say how much a report is about."""
    t = words.plain
    decisions, orders, cards = report["decisions"], report["orders"], report["cards"]
    read = [
        t("1 decision") if decisions == 1 else t("{count} decisions", count=decisions),
        t("1 order") if orders == 1 else t("{count} orders", count=orders),
        t("1 card") if cards == 1 else t("{count} cards", count=cards),
    ]
    return t("{decisions} on {orders}, {cards} shown", decisions=read[0], orders=read[1], cards=read[2])


def learning_lines(report: Json) -> Iterator[str]:
    """Yield the report line by line: first what went silent or loud, then the responses to cards."""
    yield extent(report)
    yield from cut(report)
    yield from stopped_lines(report["stopped"])
    yield ""
    yield "silent or loud"
    yield from (f"  {line}" for line in volume_lines(report["volume"]))
    for each in report["signals"]:
        over = "" if each["over"] == 1 else f" over the last {each['over']} {report['period']}s"
        count = f"{each['hits']} of {each['orders']} orders"
        yield f"  {each['begin']}  {each['topic']} ({each['measure']}): {each['signal']}{over}, {count}"
    if not report["signals"] and not report["volume"]["signals"]:
        yield "  none, as far as enough is known to say so"
    if report["volume"]["charts"]:
        yield f"  {left_out(report['volume'])}"
    yield ""
    yield "what changed"
    for each in report["changes"]:
        yield f"  {each['at'][:16]}  {each['what']} {each['before']} -> {each['after']}"
        yield from (f"    {words}" for words in each["words"])
    yield ""
    yield "what became of the cards (share of those whose client sends feedback, 95 % interval)"
    for each in report["topics"]:
        yield f"  {each['topic']}: {each['shown']} shown"
        for outcome, one in each["outcomes"].items():
            yield f"    {outcome:<22} {one['cards']:>5}  {percent(one)}"
        if each["unknown"]:
            yield f"    no feedback from this client {each['unknown']}"
    yield ""
    yield "reasons of overrides"
    for each in report["reasons"]:
        yield f"  {each['topic']}: {each['reason']}  {each['cards']}  {percent(each)}"
    yield ""
    yield "comments"
    for each in report["comments"]:
        yield f"  {each['at'][:10]}  {each['topic']} ({each['drug']}): {' '.join(each['comment'].split())}"
