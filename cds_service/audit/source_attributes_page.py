"""Writes the source attributes as a page in Markdown: for a committee, and for ``docs/source-attributes.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ELEMENTS = {
    "race": "race",
    "ethnicity": "ethnicity",
    "language": "language",
    "sexual_orientation": "sexual orientation",
    "gender_identity": "gender identity",
    "sex": "sex",
    "date_of_birth": "date of birth",
    "social_determinants_of_health": "social determinants of health",
    "health_status_assessments": "health status assessments",
}
_SETTING = "practice"
_CONFIDENCE = {
    "V": "read in the primary text",
    "V2": "read in a secondary text",
    "S": "stated by the site",
    "D": "a default of the service",
    "K": "not verified",
}


def page(told: Mapping[str, Any], introduction: str = "") -> str:
    """Write the page. ``introduction`` stands below the title."""
    parts = [
        "# Source attributes",
        introduction,
        "\n".join(_whole(told)),
        "## What it is not for",
        _list(told["notFor"]),
        "## Limits that hold for every card",
        _list(told["limits"]),
        "## Topics",
        *(_topic(each) for each in told["interventions"]),
        "## Documents",
        "\n".join(_documents(told["interventions"])),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _whole(told: Mapping[str, Any]) -> Iterator[str]:
    yield "| | |\n|---|---|"
    for label, key in (
        ("Rules", "regulation"),
        ("Developer", "developer"),
        ("Funding", "funding"),
        ("Kind", "kind"),
        ("Intended use", "intendedUse"),
        ("Users", "users"),
        ("Patients", "patients"),
        ("Release", "release"),
        ("First released", "firstReleased"),
        ("Version of the knowledge", "knowledgeVersion"),
    ):
        if told.get(key):
            yield f"| {label} | {told[key]} |"


def _topic(told: Mapping[str, Any]) -> str:
    heading = f"### {told['topic']}"
    if not told["described"]:
        return f"{heading}\n\n*{told['display']}.* Not described yet."
    cited = ", ".join(_cited(each) for each in told["citations"])
    nothing = "none of the elements that the regulation names"
    used = [_ELEMENTS[name] for name, is_used in told["uses"].items() if is_used]
    unused = [_ELEMENTS[name] for name, is_used in told["uses"].items() if not is_used]
    lines = [
        f"*{told['display']}*, {told['indicator']}.",
        f"Services: {', '.join(f'`{each}`' for each in told['services'])}",
        f"Sources: {cited}",
        "Reads: "
        + "; ".join(f"{each['data'][0].lower()}{each['data'][1:]} ({each['fhir']})" for each in told["reads"]),
        f"Uses: {', '.join(used) or nothing}. Does not use: {', '.join(unused)}.",
        f"Known limits: {' '.join(told['limits'])}",
    ]
    return "\n\n".join((heading, "\n".join(f"- {line}" for line in lines)))


def _cited(document: Mapping[str, Any]) -> str:
    if document["id"] == _SETTING:
        return "a setting of the site"
    return f"`{document['id']}` ({document['asOf']}; {_CONFIDENCE[document['confidence']]})"


def _documents(topics: Iterable[Mapping[str, Any]]) -> list[str]:
    found = {each["id"]: each for topic in topics for each in topic.get("citations", ())}
    return [
        f"- `{name}`: [{each['title']}]({each['url']}), as of {each['asOf']}" for name, each in sorted(found.items())
    ]


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {each}" for each in items)
