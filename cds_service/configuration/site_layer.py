"""A site's changes to the shipped knowledge and card texts: read from its files, and kept with every decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cards.knowledge.loader import default_knowledge
from cards.knowledge.located import SIZE_LIMIT
from cards.knowledge.problems import Problems
from cards.knowledge.schema import Knowledge, KnowledgeError
from cards.knowledge.site import site_over
from cards.knowledge.site_rules import rules_over
from cards.presentation.language import ENGLISH
from cards.presentation.site_wording import with_rule_words, words_over
from cards.presentation.translation import languages, wording_in
from cards.presentation.wording import Wording
from cards.site_cases import run_cases
from cards.values.text_cache import cached_by_key
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.strict_yaml import unread

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

Texts = tuple[tuple[str, str], ...]
"""Files by name and text, the lowest first."""
_BYTES = 4 * SIZE_LIMIT


@dataclass(frozen=True, slots=True)
class SiteLayer:
    """The knowledge and card texts of a site, and the files that change the shipped ones."""

    known: Knowledge
    wording: Wording
    knowledge_files: Texts = ()
    wording_files: Texts = ()
    rule_files: Texts = ()
    language: str = ENGLISH

    def recorded(self) -> dict[str, Any]:
        """Return the files in full and the language, for the record; empty if the site changes nothing."""
        files = {"knowledge": self.knowledge_files, "wording": self.wording_files, "rules": self.rule_files}
        recorded: dict[str, Any] = {name: [list(each) for each in texts] for name, texts in files.items() if texts}
        return recorded if self.language == ENGLISH else {**recorded, "language": self.language}


def read_site_layer(
    knowledge: Iterable[Path], wording: Iterable[Path], language: str = ENGLISH, rules: Iterable[Path] = ()
) -> SiteLayer:
    """Read the site's files and apply them over the card texts of a language.

    Raises:
        ConfigurationError: one cannot be read or is wrong; each problem names file, line and nearest known word.

    """
    knowledge, wording, rules = tuple(knowledge), tuple(wording), tuple(rules)
    problems = Problems()
    try:
        texts = [_texts(paths, problems) for paths in (knowledge, wording, rules)]
        problems.refuse()
        return site_layer(texts[0], texts[1], language, texts[2])
    except KnowledgeError as error:
        raise ConfigurationError(list(error.problems), (*knowledge, *wording, *rules)) from None


@cached_by_key(16)
def site_layer(knowledge: Texts, wording: Texts, language: str = ENGLISH, rules: Texts = ()) -> SiteLayer:
    """Apply files over the shipped knowledge and texts, and run the cases of the site's rules.

    A language that does not ship is English with the texts in a site's file.

    Raises:
        KnowledgeError: one of them is wrong, there is no such language, or a rule fails one of its cases.

    """
    problems = Problems()
    known = rules_over(site_over(default_knowledge(), knowledge, problems), rules, problems)
    said = shipped_words(language)
    with problems.caught():
        said = with_rule_words(said, known.site_rules)
    before = len(problems.found)
    said = words_over(said, wording, problems)
    if said.locale.code != language and len(problems.found) == before:
        there = ", ".join(languages())
        problems.found.append(
            f"site.language: no language {language!r}; there are {there}, and that of a file of site.wording that "
            f"has locale: {{code: {language}}}"
        )
    problems.refuse()
    for result in run_cases(known):
        if not result.is_right:
            problems.found.append(f"{result.case.where}: {result.says}")
    problems.refuse()
    return SiteLayer(known, said, knowledge, wording, rules, language)


def shipped_words(language: str) -> Wording:
    """Return the shipped texts in a language, in English if it does not ship."""
    return wording_in(language if language in languages() else ENGLISH)


def layer_of_record(configuration: dict[str, Any]) -> SiteLayer:
    """Return the site layer that a decision was made with.

    If this version of the service can no longer read it, the shipped knowledge is used, and the versions show the
    difference.
    """
    recorded = configuration.get("site") or {}
    keys = ("knowledge", "wording", "rules")
    knowledge, wording, rules = (tuple((n, text) for n, text in recorded.get(key, ())) for key in keys)
    try:
        return site_layer(knowledge, wording, recorded.get("language", ENGLISH), rules)
    except KnowledgeError:
        return site_layer((), ())


def _texts(paths: tuple[Path, ...], problems: Problems) -> Texts:
    texts = []
    for path in paths:
        with problems.caught():
            texts.append((path.name, _text(path)))
    return tuple(texts)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _BYTES:
            raise KnowledgeError(f"{path}: it is larger than {_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{path}: {unread(error)}") from None
