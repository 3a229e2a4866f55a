"""Converts between forms of the workbench and policy content."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cards.knowledge.loader import default_knowledge
from cards.values.quantities import precise
from cds_service.configuration.policy_content import PolicyContent, content_over
from cds_service.configuration.site_text import PARTS
from cds_service.store.record import plain_text

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from cds_service.configuration.site_layer import SiteLayer

_SETTINGS = ("mode", "indicator", "owner")
_OF_TOPIC = re.compile(r"cards\.[a-z][a-z0-9-]{1,59}\.(?:mode|indicator|owner)")
_DIGITS = 18
_SECTIONS = ("cards.", "thresholds.", "shadow.", "site.")


def number_in(text: str) -> int | None:
    """Read a whole number from a form or a URL; one too large for a database counts as none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


def text_in(form: MultiDict[str, str], name: str) -> str:
    """Read a text that every database accepts; empty if missing."""
    return plain_text(form.get(name, ""))


def fields_of(content: PolicyContent) -> dict[str, str]:
    """Return a content as editor fields; what it does not set is left out."""
    fields = {
        f"cards.{topic}.{name}": str(getattr(setting, name))
        for topic, setting in content.cards.items()
        for name in setting.model_fields_set
        if getattr(setting, name) is not None
    }
    for section, values in (("thresholds", content.thresholds), ("shadow", content.shadow)):
        fields |= {f"{section}.{name}": precise(value) for name, value in values.items() if value is not None}
    return fields | {f"site.{part}": getattr(content.site, part) for part in PARTS}


def fields_in(form: MultiDict[str, str]) -> dict[str, str]:
    """Return the editor fields as typed, valid or not."""
    return {name: form[name] for name in form if name.startswith(_SECTIONS)}


def content_from(form: MultiDict[str, str], beneath: SiteLayer) -> PolicyContent:
    """Read content from the editor fields; an empty field means as in the configuration files.

    ``beneath`` are the changes of the files to the shipped knowledge, texts and rules.

    Raises:
        ConfigurationError: a value is wrong.

    """
    cards: dict[str, dict[str, str]] = {}
    for topic in dict.fromkeys(name.split(".")[1] for name in form if _OF_TOPIC.fullmatch(name)):
        given = {name: form.get(f"cards.{topic}.{name}", "").strip() for name in _SETTINGS}
        if any(given.values()):
            cards[topic] = {name: value for name, value in given.items() if value}
    tree: dict[str, Any] = {"cards": cards}
    for section in ("thresholds", "shadow"):
        values = {name: form.get(f"{section}.{name}", "").strip() for name in default_knowledge().thresholds}
        tree[section] = {name: value.replace(",", ".") for name, value in values.items() if value}
    tree["site"] = {part: form.get(f"site.{part}", "") for part in PARTS}
    return content_over(tree, "form", beneath)
