"""Applies a site's wording to the shipped one: sentences, a contact, links of a topic, override reasons.

A file has the structure of ``cards/wording/en.yaml``, with only the differences. Every placeholder in a sentence must
be one of the topic's shipped sentences; a misspelled one is refused with its line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from cards.facts.outcomes import Indicator
from cards.facts.topics import Topic
from cards.knowledge.located import Document, check_sentence, merged_over, nearest
from cards.knowledge.problems import Problems, with_all_files, with_files
from cards.knowledge.schema import KnowledgeError
from cards.presentation.wording import Sentence, TopicWording, Wording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cards.knowledge.schema import SiteRule

_FIELD = re.compile(r"\{([^{}]{0,80})\}")
# Scheme, a host without a user, and a path in printable ASCII.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?(?:[/?#][!-~]{0,1000})?")
_OPEN = frozenset({"override_reasons", "thresholds", "locale"})
"""Sections to which a site may add keys."""


def with_site_words(wording: Wording, files: Iterable[tuple[str, str]]) -> Wording:
    """Apply a site's files, each a name and its text, to the shipped wording.

    Raises:
        KnowledgeError: files are wrong; each problem names the file, the line and the nearest known word.

    """
    return with_all_files(wording, files, _with_file)


def words_over(wording: Wording, files: Iterable[tuple[str, str]], problems: Problems) -> Wording:
    """Apply the files that can be applied, and note what is wrong in the others."""
    return with_files(wording, files, _with_file, problems)


def with_rule_words(wording: Wording, rules: Iterable[SiteRule]) -> Wording:
    """Add the texts of a site's rules, each under its own topic.

    Raises:
        KnowledgeError: the topic already ships, or an override reason is unknown; the message names the line.

    """
    topics, notes = dict(wording.topics), dict(wording.notes)
    problems = Problems()
    for rule in rules:
        with problems.caught():
            if rule.topic in topics:
                raise KnowledgeError(f"{rule.where}: the topic {rule.topic!r} ships with the service; choose another")
            for reason in rule.override_reasons:
                if reason not in wording.override_reasons:
                    hint = nearest(reason, wording.override_reasons)
                    raise KnowledgeError(f"{rule.where}: unknown override reason {reason!r}{hint}")
        due = wording.topics[Topic.LVEF_MISSING].variants["due"]
        topics[rule.topic] = TopicWording(
            display=rule.display,
            indicator=Indicator(rule.indicator),
            variants={"default": Sentence(rule.summary, rule.rule), "due": due},
            override_reasons=rule.override_reasons,
        )
        notes[f"due-{rule.topic}"] = rule.display.replace("{", "{{").replace("}", "}}") + "."
    problems.refuse()
    return msgspec.structs.replace(wording, topics=topics, notes=notes)


def _with_file(wording: Wording, document: Document, problems: Problems) -> Wording:
    shipped: dict[str, Any] = msgspec.to_builtins(wording)
    before = len(problems.found)
    for section, given in document.tree.items():
        with problems.caught():
            if section == "version" or section not in shipped:
                known = set(shipped) - {"version"}
                hint = nearest(str(section), known) or f"; known are {', '.join(sorted(known))}"
                raise KnowledgeError(f"{document.where((str(section),))}: unknown key {section!r}{hint}")
            if section == "topics":
                _check_topics(document, given, shipped["topics"])
            elif section not in _OPEN:
                _check(document, given, shipped[section], (section,))
    if len(problems.found) > before:
        return wording
    made = document.convert(merged_over(shipped, document.tree), Wording)
    _check_links(document, made)
    return msgspec.structs.replace(made, version=document.version_over(wording.version))


def _check_topics(document: Document, given: Any, shipped: dict[str, Any]) -> None:
    """Check the variants of each topic: a sentence may use whatever the shipped sentences of its variant use."""
    problems = Problems()
    for topic, words in given.items() if isinstance(given, dict) else ():
        with problems.caught():
            _check_topic(document, str(topic), words, shipped)
    problems.refuse()


def _check_topic(document: Document, topic: str, words: Any, shipped: dict[str, Any]) -> None:
    here = ("topics", topic)
    if topic not in shipped:
        raise KnowledgeError(f"{document.where(here)}: unknown topic {topic!r}{nearest(topic, shipped)}")
    variants = words.get("variants") if isinstance(words, dict) else None
    known = shipped[topic]["variants"]
    for name, sentences in variants.items() if isinstance(variants, dict) else ():
        place = (*here, "variants", str(name))
        if name not in known:
            raise KnowledgeError(f"{document.where(place)}: unknown variant {name!r}{nearest(str(name), known)}")
        fields = {"drug", *_FIELD.findall(" ".join(known[name].values()))}
        for key, sentence in sentences.items() if isinstance(sentences, dict) else ():
            check_sentence(document, sentence, fields, (*place, str(key)))


def _check(document: Document, given: Any, shipped: Any, place: tuple[str, ...]) -> None:
    """Refuse an unknown key, and a placeholder that the shipped sentence does not have."""
    if isinstance(given, dict) and isinstance(shipped, dict):
        for key, value in given.items():
            here = (*place, str(key))
            if key not in shipped:
                raise KnowledgeError(
                    f"{document.where(here)}: unknown key {'.'.join(here)!r}{nearest(str(key), shipped)}"
                )
            _check(document, value, shipped[key], here)
    elif isinstance(shipped, str):
        check_sentence(document, given, set(_FIELD.findall(shipped)), place)


def _check_links(document: Document, wording: Wording) -> None:
    for topic, words in wording.topics.items():
        for index, link in enumerate(words.links):
            if not _ADDRESS.fullmatch(link.url):
                where = document.where(("topics", topic, "links", str(index), "url"))
                raise KnowledgeError(f"{where}: topics.{topic}.links.{index}.url: no http or https address")
