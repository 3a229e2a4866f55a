"""Translations of the pages: each sentence under its English, which is shown if there is none.

Templates and scripts mark a sentence as ``t("…")``. A translation belongs to exactly that sentence: if the English has
changed, the page shows the English, and ``her2-cds knowledge check --language`` lists it.
"""

from __future__ import annotations

import ast
import json
import re
from contextlib import suppress
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import yaml
from markupsafe import Markup, escape

from cards.knowledge.loader import default_knowledge
from cards.knowledge.located import Document
from cards.knowledge.schema import KnowledgeError
from cards.knowledge.shipped import shipped_file
from cards.presentation.language import ENGLISH, Locale
from cards.presentation.translation import languages, wording_in
from cards.values.text_cache import cached_by_key
from cds_service.tryit.scenarios import FAMILIES, HER2_CHOICES, measurements, read_scenarios
from fhir_mappings.request.builder import WRONG_INPUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from importlib.resources.abc import Traversable

_FIELD = re.compile(r"\{([a-z_]{1,40})\}")
# A sentence in a template, a script or Python, in the quotes used there.
_SAID = re.compile(r"""\b(?:t|say)\(\s{0,40}(?:"((?:[^"\\]|\\.){1,600})"|'((?:[^'\\]|\\.){1,600})')""")
_FIGURES = frozenset({"percent", "number", "dose", "weight"})
"""Placeholders for numbers, which get the language's decimal separator."""
_CODE = (
    "smart/course.py",
    "smart/lab_panels.py",
    "smart/label_words.py",
    "smart/lvef_panel.py",
    "smart/launch.py",
    "smart/exchange.py",
    "web/smart.py",
    "web/pages.py",
)
_REFUSAL = re.compile(r"LaunchError\(\s*\"[a-z0-9-]{1,40}\",\s*f?\"((?:[^\"\\]|\\.){1,300})\"")
_REPORTS = ("learning", "audit", "charts")
"""Folders whose reports say their sentences as ``t("…")``, over several lines of code where they are long."""
_REFUSALS = ("policies/lifecycle.py", "policies/stops.py", "policies/library.py", "workbench/provider.py")
"""Where steps and sign-ins are refused, in sentences that a page says in its own language."""
_OF_REFUSALS = frozenset({"StepRefusedError", "SignInError"})
_BUILT = "decisions/request_from_server.py"
_NOT_BUILT = frozenset({"NotReachedError", "NotFoundError", "UnknownDrugError"})
"""What the try-it page says where no request could be built."""
_TABLES = frozenset({"_NOT_NOW", "_DONE"})
"""Tables of what refusals are made of."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sentences: dict[str, str]


class PageWords(NamedTuple):
    """A page language: its code, its sentences by their English, and its number and date formats."""

    code: str
    sentences: Mapping[str, str]
    locale: Locale = Locale()

    def say(self, english: str, **values: Any) -> Markup:
        """Return a sentence as markup; values are escaped, unless they are our own markup."""
        said: Markup = escape(self.sentences.get(english, english))
        return said.format(**self._written(values)) if values else said

    def plain(self, english: str, **values: Any) -> str:
        """Return a sentence as plain text, for callers that escape it."""
        said = self.sentences.get(english, english)
        return said.format(**self._written(values)) if values else said

    def dated(self, day: date | None) -> str:
        """Format a day; empty for none."""
        if day is None:
            return ""
        return self.locale.date.format(year=f"{day.year:04}", month=f"{day.month:02}", day=f"{day.day:02}")

    def figure(self, written: str) -> str:
        """Write a number with the decimal mark of the language."""
        return written.replace(".", self.locale.decimal)

    def grouped(self, count: int) -> str:
        """Write a whole number with the thousands mark of the language."""
        return f"{count:,}".replace(",", "," if self.locale.decimal == "." else ".")

    def _written(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._value(name, value) for name, value in values.items()}

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, date):
            return self.dated(value)
        return self.figure(str(value)) if name in _FIGURES else value


IN_ENGLISH = PageWords(ENGLISH, {})


def page_languages() -> tuple[str, ...]:
    """List the page languages, English first."""
    found = sorted(each.name.removesuffix(".yaml") for each in files(__name__).iterdir() if each.name.endswith(".yaml"))
    return (ENGLISH, *found)


@cached_by_key(16)
def page_words(language: str) -> PageWords:
    """Return the words of a language; English for an unknown one.

    Raises:
        KnowledgeError: its file is wrong; the message names the line.

    """
    name = f"{language}.yaml"
    if language not in page_languages() or language == ENGLISH:
        return IN_ENGLISH
    file = shipped_file(files(__name__).joinpath(name))
    with suppress(msgspec.ValidationError, yaml.YAMLError):
        sentences = file.read(_File).sentences
        if not any(_misplaced(*each) for each in sentences.items()):
            return PageWords(language, sentences, _locale(language))
    # This one names the line.
    return read_words(file.text, language, f"page_words/{name}")


def read_words(text: str, language: str, name: str) -> PageWords:
    """Read a file of sentences.

    Raises:
        KnowledgeError: its placeholders differ from those of the English; the message names the line.

    """
    document = Document(text, name)
    sentences = document.convert(document.tree, _File).sentences
    for english, said in sentences.items():
        if differing := _misplaced(english, said):
            wrong = ", ".join(f"{{{field}}}" for field in sorted(differing))
            raise KnowledgeError(f"{document.where(('sentences', english))}: the placeholders differ: {wrong}")
    return PageWords(language, sentences, _locale(language))


def _misplaced(english: str, said: str) -> set[str]:
    """Return the placeholders that only one of two sentences has."""
    return set(_FIELD.findall(english)) ^ set(_FIELD.findall(said))


def _locale(language: str) -> Locale:
    return wording_in(language).locale if language in languages() else Locale()


@cached_by_key(16)
def script_words(language: str) -> str:
    """Return the sentences of the workbench's scripts in a language, as JSON by their English; empty for English."""
    words = page_words(language)
    if not words.sentences:
        return ""
    scripts = _texts(files("cds_service").joinpath("static/workbench"))
    named = dict.fromkeys(each for text in scripts for each in _named(text))
    return json.dumps({each: words.sentences[each] for each in named if each in words.sentences}, ensure_ascii=False)


def untranslated_pages(language: str) -> tuple[str, ...]:
    """List the page sentences without a translation."""
    known = page_words(language).sentences
    return tuple(each for each in page_sentences() if each not in known)


def page_sentences() -> tuple[str, ...]:
    """List every page sentence, in English."""
    service = files("cds_service")
    found: dict[str, None] = {}
    for folder in ("templates", "static/tryit", "static"):
        for text in _texts(service.joinpath(folder)):
            found |= dict.fromkeys(_named(text))
    for text in _texts(service.joinpath("workbench"), (".py",)):
        found |= dict.fromkeys(_said(ast.parse(text), {"say": 0}))
    for folder in _REPORTS:
        for text in _texts(service.joinpath(folder), (".py",)):
            found |= dict.fromkeys(_said(ast.parse(text), {"t": 0}))
    for path in _REFUSALS:
        tree = ast.parse(service.joinpath(path).read_text(encoding="utf-8"))
        found |= dict.fromkeys([*_said(tree, dict.fromkeys(_OF_REFUSALS, 1)), *_in_tables(tree)])
    for path in _CODE:
        text = service.joinpath(path).read_text(encoding="utf-8")
        found |= dict.fromkeys([*_named(text), *_REFUSAL.findall(text)])
    built = ast.parse(service.joinpath(_BUILT).read_text(encoding="utf-8"))
    found |= dict.fromkeys((*WRONG_INPUT, *_said(built, dict.fromkeys(_NOT_BUILT, 0))))
    found |= dict.fromkeys((*FAMILIES.values(), *(label for label, _ in HER2_CHOICES)))
    known = default_knowledge()
    displays = (known.terminology.concepts[test].display for test in measurements(known))
    found |= dict.fromkeys(f"{display[:1].upper()}{display[1:]}" for display in displays)
    found |= dict.fromkeys(each.meaning for each in known.thresholds.values())
    for scenario in read_scenarios().scenarios:
        found |= dict.fromkeys((scenario.title, scenario.story))
    return tuple(found)


def _named(text: str) -> Iterator[str]:
    for double, single in _SAID.findall(text):
        yield (double or single).replace('\\"', '"').replace("\\'", "'")


def _said(tree: ast.AST, places: Mapping[str, int]) -> Iterator[str]:
    """Find the sentences that some functions are called with, each at its place among the arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in places:
            given = node.args[places[node.func.id] :][:1]
            yield from (each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str))


def _in_tables(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in _TABLES:
            tables = (each for each in ast.walk(node.value) if isinstance(each, ast.Dict))
            values = (value for table in tables for value in table.values)
            yield from (each.value for each in values if isinstance(each, ast.Constant) and isinstance(each.value, str))


def _texts(folder: Traversable, kinds: tuple[str, ...] = (".html", ".js")) -> Iterable[str]:
    for entry in folder.iterdir():
        if entry.name.endswith(kinds):
            yield entry.read_text(encoding="utf-8")
        elif entry.name == "workbench" and entry.is_dir():
            yield from _texts(entry)
