"""A site's knowledge, card texts and rules as text inside another document: a version, or a configuration file."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from cds_service.configuration.section import Section

SITE_TEXT_LIMIT = 60_000
PARTS = ("knowledge", "wording", "rules")


def _lines(text: object) -> object:
    """Normalize a browser's line endings and strip trailing space."""
    return text.replace("\r\n", "\n").rstrip() if isinstance(text, str) else text


_Text = Annotated[str, BeforeValidator(_lines), Field(max_length=SITE_TEXT_LIMIT)]


class SiteText(Section):
    """Changes to the knowledge, card texts and rules: YAML, as in a site's file."""

    knowledge: _Text = Field("", description="Sources, brands and products, as in a file of site.knowledge.")
    wording: _Text = Field("", description="Words, contact and links, as in a file of site.wording.")
    rules: _Text = Field("", description="Rules of the site, as in a file of site.rules.")

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return not (self.knowledge or self.wording or self.rules)

    def parts(self) -> dict[str, str]:
        """Return the texts that are not empty."""
        return {part: text for part in PARTS if (text := getattr(self, part))}
