"""Prints cards in a terminal for a person to read: in color if the terminal has it, otherwise plain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.markdown import Markdown
from rich.padding import Padding
from rich.text import Text

from cards.facts.policy import Mode
from fhir_mappings.coverage.coverage_information import stated_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from cards.facts.policy import Policy
    from cds_service.decisions.decision import Decision

_STYLES = {"critical": "bold white on red", "warning": "bold black on yellow", "info": "bold white on blue"}


def print_decision(decision: Decision, policy: Policy, console: Console) -> None:
    """Print each card with its evidence, source and suggestions; if there are none, say what that means."""
    if not decision.cards:
        console.print(_silence(decision, policy))
    else:
        _print_cards(decision.cards, console)
    for action in decision.actions:
        for each in stated_in(action):
            said = " · ".join(f"{name}: {value}" for name, value in each.items() if name != "id")
            console.print(Text(f"{action['description']} ({said})", style="cyan"))
    hidden = sorted(f"{topic} ({mode})" for topic, mode in policy.modes.items() if mode is not Mode.LIVE)
    if hidden and decision.verdicts:
        console.print(Text(f"Not shown, by the configuration: {', '.join(hidden)}", style="yellow"))


def _silence(decision: Decision, policy: Policy) -> Text:
    if not decision.verdicts:
        return Text("No cards: nothing here concerns a drug that is checked.", style="dim")
    if any(mode is not Mode.LIVE for mode in policy.modes.values()):
        return Text("No cards: every check that is shown and applies was carried out and found nothing.")
    return Text("No cards: every check that applies was carried out and found nothing.", style="green")


def _print_cards(cards: Sequence[dict[str, Any]], console: Console) -> None:
    for card in cards:
        console.print(
            Text.assemble(
                (f" {card['indicator'].upper()} ", _STYLES[card["indicator"]]),
                " ",
                (card["summary"], "bold"),
                ("  " + card["source"]["topic"]["code"], "dim"),
            )
        )
        console.print(Padding(Markdown(card["detail"]), (0, 0, 0, 4)))
        for suggestion in card.get("suggestions", ()):
            console.print(Padding(Text(f"→ {suggestion['label']}", style="cyan"), (0, 0, 0, 4)))
        for link in card.get("links", ()):
            console.print(Padding(Text(f"{link['label']}: {link['url']}", style="dim"), (0, 0, 0, 4)))
        console.print(Padding(Text(card["source"]["url"], style="dim"), (0, 0, 0, 4)))
        console.print()
    count = len(cards)
    console.print(f"{count} card{'s' if count > 1 else ''}")


_OUTCOMES = {
    "fired": "bold",
    "could-not-check": "yellow",
    "checked-and-fine": "green",
    "not-applicable": "dim",
}


def print_explanation(explanation: dict[str, Any], console: Console) -> None:
    """Print the explanation of a decision: first what fired, then what could not be checked, then the rest."""
    decision = explanation["decision"]
    console.print(Text(f"Decision {decision['id']}", style="bold"))
    console.print(f"  {decision['at']}  {decision['service']}  {decision['durationMs']} ms")
    versions = explanation["versions"]
    console.print("  " + "  ".join(f"{name} {value[:12]}" for name, value in versions.items()))
    policy = explanation["policy"]
    if policy is not None:
        console.print(f"  by version {policy['version']} of the policy ({policy['hash'][:12]})")
    for topic, stop in explanation["stopped"].items():
        said = f"  {topic} was stopped {stop['at'][:16]} UTC by {stop['by']}: {' '.join(stop['reason'].split())}"
        console.print(Text(said, style="yellow"))
    again = explanation["replay"]
    console.print(f"  judged again on the recorded facts: {_replayed(again)}")
    for outcome, style in _OUTCOMES.items():
        checks = [check for check in explanation["checks"] if check["outcome"] == outcome]
        if checks:
            console.print()
            console.print(Text(f"{outcome} ({len(checks)})", style=style))
        for check in checks:
            console.print(Padding(Text(_check_line(check)), (0, 0, 0, 2)))
            if outcome == "fired":
                console.print(Padding(Markdown(check["detail"]), (0, 0, 0, 6)))
            for threshold in check["thresholds"]:
                console.print(Padding(Text(_threshold_line(threshold), style="dim"), (0, 0, 0, 6)))
    for card in explanation["cards"]:
        console.print()
        console.print(Text(f"card {card['uuid']}  {card['source']['topic']['code']}: {card['feedback']['state']}"))

    for each in explanation["suppressed"]:
        because = each["because"]
        reason = because.get("display") or because.get("code") or ""
        said = " ".join(part for part in (reason, because.get("comment", "")) if part)
        console.print()
        console.print(Text(f"not repeated: {each['topic']}  {each['order']}\n    {each['summary']}", style="dim"))
        console.print(Text(f"    overridden {because['receivedAt']} on card {because['overriddenCard']}: {said}"))
    if explanation["shadow"]:
        shown = ", ".join(explanation["shadow"]["wouldShow"]) or "no card"
        version = explanation["shadow"]["version"]
        tried = f"version {version}" if version else explanation["shadow"]["configuration"][:12]
        console.print(Text(f"\non trial {tried}: {shown}", style="dim"))


def _threshold_line(threshold: dict[str, Any]) -> str:
    own = threshold["value"] is None
    value = "the label's own" if own else f"{threshold['value']} {threshold['unit']}"
    return f"{threshold['name']} = {value} (set by {threshold['set_by']})"


def _replayed(again: dict[str, Any]) -> str:
    others = ", ".join(again["otherVersionsNow"])
    same = "the same cards" if again["identical"] else "OTHER CARDS"
    return f"{same} (now with another version of {others})" if others else same


def _check_line(check: dict[str, Any]) -> str:
    shown = "" if check["mode"] == "live" else f" [{check['mode']}, not shown]"
    head = f"{check['topic']}{shown}  {check['order']}"
    if check["outcome"] == "fired":
        return f"{head}\n    {check['says']}"
    if check["outcome"] == "could-not-check":
        return "\n    ".join([head, *check["missing"]])
    return f"{head}  {check['because']}" if "because" in check else head
