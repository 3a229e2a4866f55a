"""Translates the wording: each sentence by its English, so that a changed sentence falls back to English.

A translation belongs to exactly the sentence it was made from. If the English has changed, the old translation may not
say what the rule now means; the card then shows the English, and a check lists it.
"""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import yaml

from cards.knowledge.loader import citations
from cards.knowledge.shipped import shipped_file
from cards.presentation.language import ENGLISH, Locale
from cards.presentation.wording import Wording, WordingError, default_wording
from cards.values.text_cache import cached_by_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.knowledge.schema import Knowledge

_FIELD = re.compile(r"\{([^{}]{0,80})\}")
_LETTER = re.compile(r"[A-Za-z]{2}")
"""Sentences without words, such as ``{text}: {meaning}`` or a code, are the same in every language."""
_SECTIONS = (
    *("headings", "topics", "notes", "evidence", "gaps", "suggestions", "actions", "override_reasons"),
    *("places_of_request", "lists_of_request", "thresholds", "harm"),
)
_NO_WORDS = frozenset({"indicator", "override_reasons", "topics", "topic", "higher", "links", "url"})
"""Keys whose values are codes."""


class Catalog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of translations: the language, and each sentence of the wording under its English."""

    locale: Locale
    sentences: dict[str, str]


class Translated(NamedTuple):
    """A wording in a language: ``missing`` are the English sentences without a translation, ``unused`` the reverse."""

    wording: Wording
    missing: tuple[str, ...]
    unused: tuple[str, ...]


def languages() -> tuple[str, ...]:
    """List the languages that ship, English first."""
    folder = files("cards") / "wording"
    found = sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    return (ENGLISH, *(name for name in found if name != ENGLISH))


def wording_in(language: str) -> Wording:
    """Return the wording in a shipped language.

    Raises:
        WordingError: it does not ship, or its file is wrong.

    """
    return default_wording() if language == ENGLISH else translated(language).wording


@cached_by_key(16)
def translated(language: str) -> Translated:
    """Translate the wording into a shipped language; cached.

    Raises:
        WordingError: it does not ship, or its file has a field or placeholder that is unknown.

    """
    name = f"{language}.yaml"
    if language not in languages():
        raise WordingError(f"no language {language!r}; there are {', '.join(languages())}")
    file = shipped_file(files("cards") / "wording" / name)
    try:
        catalog = file.read(Catalog)
    except (msgspec.ValidationError, yaml.YAMLError) as error:
        raise WordingError(f"{name}: {error}") from error
    return translate(default_wording(), catalog, name, file.text)


def translate(wording: Wording, catalog: Catalog, name: str, text: str) -> Translated:
    """Translate a wording with a catalog; ``text`` is that of its file, for error lines and the version.

    Raises:
        WordingError: a placeholder of a translation is not in its sentence; the message names file and line. Raises:

    """
    known = {plain(english): said for english, said in catalog.sentences.items()}
    for english, said in known.items():
        for field in sorted(set(_FIELD.findall(said)) - set(_FIELD.findall(english))):
            raise WordingError(f"{name}:{_line(text, said, field)}: unknown placeholder {{{field}}} in {said!r}")
    missing: dict[str, None] = {}
    used: set[str] = set()

    def say(tree: Any, key: str = "") -> Any:
        if isinstance(tree, dict):
            return {k: v if k in _NO_WORDS and key != "override_reasons" else say(v, k) for k, v in tree.items()}
        if isinstance(tree, list):
            return [say(each, key) for each in tree]
        if not isinstance(tree, str) or not _LETTER.search(_FIELD.sub("", tree)):
            return tree
        english = plain(tree)
        if english not in known:
            missing[english] = None
            return tree
        used.add(english)
        # Leading and trailing spaces matter if a sentence is part of another.
        return tree[: len(tree) - len(tree.lstrip())] + known[english] + tree[len(tree.rstrip()) :]

    tree = msgspec.to_builtins(wording)
    for section in _SECTIONS:
        tree[section] = _section(section, tree[section], say)
    version = hashlib.sha256(f"{wording.version}\n{text}".encode()).hexdigest()[:12]
    made = msgspec.convert({**tree, "locale": msgspec.to_builtins(catalog.locale), "version": version}, Wording)
    unused = tuple(english for english in known if english not in used)
    return Translated(made, tuple(missing), unused)


def _section(name: str, tree: Any, say: Any) -> Any:
    """Translate the values of a section: its own keys are names, whatever they are."""
    if isinstance(tree, dict):
        return {key: say(value, name if isinstance(value, str) else key) for key, value in tree.items()}
    return [say(each, name) for each in tree]


def plain(sentence: str) -> str:
    """Normalize the spaces of a sentence, for use as a key."""
    return " ".join(sentence.split())


def sentences(wording: Wording) -> Iterator[str]:
    """Yield every sentence of the wording that can be translated, each once."""
    yield from translate(wording, Catalog(Locale(), {}), "", "").missing


def untranslated(language: str, known: Knowledge) -> tuple[str, ...]:
    """List what a language still shows in English: sentences, and texts of the knowledge quoted on cards."""
    found = translated(language)
    told = found.wording.locale.knowledge
    texts = dict.fromkeys(plain(text) for text in quoted_texts(known))
    return (*found.missing, *(text for text in texts if text not in told))


def quoted_texts(known: Knowledge) -> Iterator[str]:
    """Yield the texts of the knowledge that cards quote, without names of drugs and titles of documents."""
    for product in known.products:
        yield from (row.wording for row in product.eligibility)
        watched = product.monitoring
        yield from (row.then for row in watched.lab_rows)
        yield from (row.then for row in watched.lvef_rows)
        yield from (stop.then for stop in watched.stops)
        if watched.contraception is not None:
            yield watched.contraception.then
        yield from (stop.grade_1 for stop in watched.stops if stop.grade_1)
        if watched.hepatic_pair:
            yield watched.hepatic_pair.then
        if product.confusion:
            yield product.confusion
        yield from (each.instead for each in product.forbidden_diluents)
        yield from (each.then for each in product.interactions)
        yield from (each.what for each in product.prophylaxis)
    own = [name for name, source in known.sources.items() if source.own]
    yield from (known.sources[name].title for name in own)
    yield from (cited.section for cited in citations(known) if cited.source in own)
    yield from (pair.reason for pair in known.kept_apart)
    yield from (group.reason for group in known.drug_classes if group.reason)
    for concept in known.terminology.concepts.values():
        yield concept.display
        if concept.order_display:
            yield concept.order_display
        if concept.button:
            yield concept.button


def _line(text: str, said: str, field: str) -> int:
    """Find the line of a placeholder in a translation."""
    begin = said.split(f"{{{field}}}", 1)[0][:40]
    lines = text.splitlines()
    found = (n for n, line in enumerate(lines, 1) if f"{{{field}}}" in line and begin[-20:] in line)
    return next(found, next((n for n, line in enumerate(lines, 1) if f"{{{field}}}" in line), 1))
