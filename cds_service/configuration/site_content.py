"""A site's knowledge, card texts and rules inside a policy version: file contents that override the site's files.

The overridden values are kept as they were when the version was written, so that a release that changes one of them is
noticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from cards.knowledge.schema import KnowledgeError
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.site_diff import changes
from cds_service.configuration.site_layer import site_layer
from cds_service.configuration.site_text import SiteText

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cds_service.configuration.site_layer import SiteLayer, Texts

_SHIPPED_LIMIT = 4_000


class SiteContent(SiteText):
    """A version's changes to the knowledge, card texts and rules."""

    shipped: dict[str, str] = Field(
        {}, max_length=_SHIPPED_LIMIT, description="The overridden values at the time it was written."
    )

    def tree(self) -> dict[str, object]:
        """Return what is set, and nothing else."""
        return {} if self.is_empty else {**self.parts(), **({"shipped": self.shipped} if self.shipped else {})}


def with_texts(beneath: SiteLayer, content: SiteText, name: str) -> SiteLayer:
    """Apply texts over the site's files; ``name`` is how error messages call the version or file they are from.

    Raises:
        ConfigurationError: a text is wrong; the message names the part, the line and the nearest known word.

    """
    if content.is_empty:
        return beneath
    try:
        return site_layer(
            (*beneath.knowledge_files, *_file(name, "knowledge", content)),
            (*beneath.wording_files, *_file(name, "wording", content)),
            beneath.language,
            (*beneath.rule_files, *_file(name, "rules", content)),
        )
    except KnowledgeError as error:
        raise ConfigurationError(list(error.problems)) from None


def _file(name: str, part: str, content: SiteText) -> Texts:
    text: str = getattr(content, part)
    return ((f"{name}, site.{part}", text),) if text else ()


def overridden_values(beneath: SiteLayer, above: SiteLayer) -> dict[str, str]:
    """Return the values that a layer overrides, by place."""
    return {f"{each.kind}.{each.place}": each.before for each in changes(beneath, above) if each.before}


def changed_shipped_values(shipped: Mapping[str, str], beneath: SiteLayer, above: SiteLayer) -> list[str]:
    """Describe which overridden values have changed since the override was written."""
    now = overridden_values(beneath, above)
    said = {f"{each.kind}.{each.place}": each.after for each in changes(beneath, above)}
    found = []
    for place, was in shipped.items():
        if place not in now:
            found.append(f"{place}: was {was}, and is now what the overlay says, or is no longer there")
        elif now[place] != was:
            found.append(f"{place}: was {was}, is now {now[place]}; the overlay says {said[place] or 'nothing'}")
    return found
