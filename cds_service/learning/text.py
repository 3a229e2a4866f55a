"""The learning report for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cds_service.learning.volume_page import left_out, volume_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Json = dict[str, Any]


def percent(one: Json) -> str:
    """Write a share with its interval."""
    if one["share"] is None:
        return "not known"
    low, high = one["interval95"]
    return f"{100 * one['share']:.0f} % ({100 * low:.0f} to {100 * high:.0f})"


def cut(report: Json) -> list[str]:
    """Say that only the newest decisions were read, if there were more than a page may read."""
    found = report["cut"]
    return (
        [f"Only the newest {found['decisions']} decisions were read, from {found['from'][:16].replace('T', ' ')} on."]
        if found
        else []
    )


def stopped_lines(stopped: Iterable[Json]) -> Iterator[str]:
    """Say for each stopped topic who stopped it, when and why."""
    for each in stopped:
        since = each["since"][:16].replace("T", " ")
        reason = " ".join(each["reason"].split())
        yield f"{each['topic']} is stopped since {since} UTC by {each['by']}: {reason}. Its cards are not shown."


def extent(report: Json) -> str:
    """Say how much a report is about."""
    read = ((report["decisions"], "decision"), (report["orders"], "order"), (report["cards"], "card"))
    decisions, orders, cards = (f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in read)
    return f"{decisions} on {orders}, {cards} shown"


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
