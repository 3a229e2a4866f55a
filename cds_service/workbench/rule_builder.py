"""Builds a site rule from a form: its file, whether it is valid, its cases and its card.

The rule becomes part of a draft version, or its file is added to ``site.rules``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from cards.knowledge.loader import default_knowledge
from cards.knowledge.schema import KnowledgeError, Scope
from cards.knowledge.site_rules import with_rules
from cards.presentation.site_wording import with_rule_words
from cards.site_cases import CaseRun, run_cases
from cds_service.configuration.site_layer import SiteLayer
from cds_service.workbench.previewing import Previewer
from cds_service.workbench.site_rules import card_of_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from cards.knowledge.schema import Knowledge
    from cds_service.configuration.settings import Settings

Json = dict[str, Any]
FIELDS = (
    "topic", "display", "indicator", "product", "first_dose", "test", "code", "code_display", "within_days", "orders",
    "unless_drug", "summary", "rule", "source", "source_title", "source_url", "source_as_of", "section",
)  # fmt: skip
FIRST = {
    "topic": "hepatitis-b-missing",
    "display": "Hepatitis B not tested",
    "indicator": "warning",
    "product": "enhertu",
    "first_dose": "true",
    "code": "http://loinc.org|5196-1",
    "code_display": "Hepatitis B surface antigen",
    "within_days": "180",
    "orders": "on",
    "summary": "{drug}: no {test} within {limit}",
    "rule": "Test before the first dose.",
    "source_title": "Pharmacy and therapeutics committee",
    "source_url": "https://intranet.example/pt",
    "source_as_of": "2026-11",
    "section": "1",
}
"""The initial values of the form: the example in the documentation."""
_FILE = "new-rule.yaml"
_NEW = "our-source"
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Built:
    """A rule from the form: the text of its file, and its errors, or its cases and card."""

    text: str
    problem: str = ""
    runs: Sequence[CaseRun] = ()
    card: Json | None = None


def choices(known: Knowledge) -> Json:
    """Return the form's choices: the products, the tests by name with one code each, and the site's sources."""
    shipped = default_knowledge().sources
    return {
        "products": [(each.id, each.name) for each in known.products if each.scope is Scope.CHECKED],
        "tests": sorted(
            (
                (name, concept.display, concept.loinc[0].code if concept.loinc else "")
                for name, concept in known.terminology.concepts.items()
                if concept.asked_by is not None
            ),
            key=lambda each: each[1].casefold(),
        ),
        "sources": [(name, each.title) for name, each in known.sources.items() if name not in shipped],
    }


def built(fields: Mapping[str, str], settings: Settings, today: Callable[[], date]) -> Built:
    """Build the file of a rule and test it: read it, run its cases, and render the card of the first that fires."""
    text = _file(fields, settings.site_layer.known)
    layer = settings.site_layer
    try:
        known = with_rules(layer.known, [(_FILE, text)])
        words = with_rule_words(layer.wording, known.site_rules[-1:])
        runs = [run for run in run_cases(known) if run.rule is known.site_rules[-1]]
    except KnowledgeError as error:
        return Built(text, str(error))
    wrong = next((run.says for run in runs if not run.is_right), "")
    tried = settings.changed({}, site_layer=SiteLayer(known, words))
    return Built(text, wrong, runs, card_of_rule(known.site_rules[-1], Previewer(tried, today)))


def _file(fields: Mapping[str, str], known: Knowledge) -> str:
    given = {name: " ".join(fields.get(name, "")[:_LONGEST].split()) for name in FIELDS}
    source = given["source"] or _NEW
    tree: Json = {}
    if source not in known.sources:
        names = {"title": "source_title", "url": "source_url", "as_of": "source_as_of"}
        tree["sources"] = {source: {key: given[name] for key, name in names.items()}}
    rule: Json = {key: given[key] for key in ("topic", "display", "indicator")}
    when: Json = {"products": [given["product"]]} if given["product"] else {}
    if given["first_dose"] in ("true", "false"):
        when["first_dose"] = given["first_dose"] == "true"
    if when:
        rule["when"] = when
    condition = _condition(given)
    if condition:
        rule["unless_result"] = condition
    if given["unless_drug"]:
        rule["unless_drug"] = [each.strip() for each in given["unless_drug"].split(",") if each.strip()]
    rule |= {"summary": given["summary"], "rule": given["rule"]}
    code = given["code"] or _code_of(given["test"], known)
    if given["orders"] and code:
        display = given["code_display"] or _display_of(given["test"], known) or code
        rule["order_test"] = {"code": code, "display": display}
    rule["by"] = {"source": source, "section": given["section"] or "1", "confidence": "V"}
    rule["cases"] = _cases(given, condition, known)
    return yaml.safe_dump({**tree, "rules": [rule]}, sort_keys=False, allow_unicode=True, width=110)


def _condition(given: Mapping[str, str]) -> Json:
    if not given["code"] and not given["test"]:
        return {}
    condition: Json = {"codes": [given["code"]]} if given["code"] else {"tests": [given["test"]]}
    if given["code_display"] and given["code"]:
        condition["display"] = given["code_display"]
    if given["within_days"]:
        condition["within_days"] = int(given["within_days"]) if given["within_days"].isdigit() else given["within_days"]
    return condition


def _cases(given: Mapping[str, str], condition: Json, known: Knowledge) -> list[Json]:
    """Generate cases at the edges of a rule, as a starting point for its author."""
    common: Json = {"first_dose": False} if given["first_dose"] == "false" else {}
    if not condition:
        return [{"name": "nothing else on record", "expect": "fires", **common}]
    named: Json = {"code": given["code"]} if given["code"] else {"test": given["test"]}
    concept = known.terminology.concepts.get(given["test"])
    key = str(concept.asked_by) if concept is not None and not given["code"] and concept.asked_by else "labs"
    cases: list[Json] = [{"name": "none on record", "expect": "fires", **common}]
    days = condition.get("within_days")
    if isinstance(days, int):
        cases += [
            {"name": f"{days} days old", "expect": "silent", **common, "results": [{**named, "days_ago": days}]},
            {"name": f"{days + 1} days old", "expect": "fires", **common, "results": [{**named, "days_ago": days + 1}]},
        ]
    else:
        cases.append({"name": "on record", "expect": "silent", **common, "results": [{**named, "days_ago": 30}]})
    return [*cases, {"name": "results not sent", "expect": "cannot-tell", **common, "not_sent": [key]}]


def _code_of(test: str, known: Knowledge) -> str:
    concept = known.terminology.concepts.get(test)
    if concept is None or not (concept.order_loinc or concept.loinc):
        return ""
    return f"http://loinc.org|{concept.order_loinc or concept.loinc[0].code}"


def _display_of(test: str, known: Knowledge) -> str:
    concept = known.terminology.concepts.get(test)
    return concept.display if concept is not None else ""
