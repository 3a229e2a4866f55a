"""What a site lays over the shipped knowledge and words: read from its files, and kept with every decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cards.knowledge.loader import default_knowledge
from cards.knowledge.located import SIZE_LIMIT
from cards.knowledge.schema import Knowledge, KnowledgeError
from cards.knowledge.site import with_site
from cards.knowledge.site_rules import with_rules
from cards.presentation.site_wording import with_rule_words, with_site_words
from cards.presentation.wording import Wording, default_wording
from cards.site_cases import run_cases
from cards.values.text_cache import cached_by_key
from cds_service.configuration.layers import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Texts = tuple[tuple[str, str], ...]
"""Files by name and text, the lowest first."""
_BYTES = 4 * SIZE_LIMIT


@dataclass(frozen=True, slots=True)
class SiteLayer:
    """The knowledge and the words of a site, and the files that make them differ from what ships."""

    known: Knowledge
    wording: Wording
    knowledge_files: Texts = ()
    wording_files: Texts = ()
    rule_files: Texts = ()

    def recorded(self) -> dict[str, Any]:
        """Return the files in full, for the record; empty if the site changes nothing."""
        files = {"knowledge": self.knowledge_files, "wording": self.wording_files, "rules": self.rule_files}
        return {name: [list(each) for each in texts] for name, texts in files.items() if texts}


def read_site_layer(knowledge: Iterable[Path], wording: Iterable[Path], rules: Iterable[Path] = ()) -> SiteLayer:
    """Read the files of a site.

    Raises:
        ConfigurationError: one cannot be read or is wrong; each problem names file, line and nearest known word.

    """
    knowledge, wording, rules = tuple(knowledge), tuple(wording), tuple(rules)
    try:
        return site_layer(_texts(knowledge), _texts(wording), _texts(rules))
    except KnowledgeError as error:
        raise ConfigurationError([str(error)], (*knowledge, *wording, *rules)) from None


@cached_by_key(16)
def site_layer(knowledge: Texts, wording: Texts, rules: Texts = ()) -> SiteLayer:
    """Lay files over what ships, and run the cases of the site's rules.

    Raises:
        KnowledgeError: one of them is wrong, or a rule does not answer as one of its cases says.

    """
    known = with_rules(with_site(default_knowledge(), knowledge), rules)
    words = with_site_words(with_rule_words(default_wording(), known.site_rules), wording)
    for result in run_cases(known):
        if not result.is_right:
            raise KnowledgeError(f"{result.case.where}: {result.says}")
    return SiteLayer(known, words, knowledge, wording, rules)


def layer_of_record(configuration: dict[str, Any]) -> SiteLayer:
    """Return the site layer that a decision was made with.

    If this version of the service can no longer read it, the shipped knowledge is used, and the versions show the
    difference.
    """
    recorded = configuration.get("site") or {}
    keys = ("knowledge", "wording", "rules")
    knowledge, wording, rules = (tuple((n, text) for n, text in recorded.get(key, ())) for key in keys)
    try:
        return site_layer(knowledge, wording, rules)
    except KnowledgeError:
        return site_layer((), ())


def _texts(paths: tuple[Path, ...]) -> Texts:
    return tuple((path.name, _text(path)) for path in paths)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _BYTES:
            raise KnowledgeError(f"{path}: it is larger than {_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{path}: cannot be read ({type(error).__name__})") from None
