"""The route of an order: by code, by the concept's text, or by the word right after an amount in the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cards.identification.folding import fold
from cards.knowledge.schema import Route
from cards.values.texts import LONGEST
from fhir_mappings.codings import codings, texts
from fhir_mappings.medications.dose_words import speaks_of_a_dose
from fhir_mappings.medications.schedule_words import PREMEDICATION
from fhir_mappings.wire.lenient import items, objects, text

if TYPE_CHECKING:
    from cards.knowledge.schema import Terminology
    from fhir_mappings.wire.lenient import Json

_LONGEST = 120
_WORD = re.compile(r"[^\W_]+")
_BEHIND_AMOUNT = re.compile(
    r"\d\s{0,3}mg(?:\s{0,2}/\s{0,2}kg)?(?:\s{0,3}\([^()]{0,40}\))?\s{1,3}(?:by |as |via |given )?([a-z][a-z.]{1,20})"
)
# A route in a text is that of the order's own drug right behind its amount, behind "give", or alone.
_OWN_AMOUNT = re.compile(
    r"(?:\b([a-z]{3,30})[ :]{1,2})?(?<![\d.,])\d[\d.,]{0,8}\s?m[gl]\)?\s(?:by |as |via |given )?([a-z][a-z.]{1,20})\b"
    r"(?! ?(?:port|catheter|line|reservoir))"
)
_GIVE = re.compile(
    r"(?<!not )(?<!never )(?<!n't )\b(?:give|given|administer|administered|inject|infuse)"
    r"(?: (?:the|this|dose|drug|it|by|via|as|an?|slow|slowly|deep|kadcyla|enhertu)){0,4}"
    r" ([a-z][a-z.]{1,20})\b(?! ?(?:port|catheter|line|reservoir))"
)
_FEW_WORDS = 3
_PREMEDICATION = re.compile(rf"\bpre-?med|\b(?:{PREMEDICATION})\b")


class OrderedRoute(NamedTuple):
    """The route of an order; ``route`` is ``None`` if none is stated or ``written`` was not understood.

    ``in_text`` is another route that the text of the instructions gives.
    """

    route: Route | None = None
    written: str = ""
    in_text: str = ""


class RouteReader:
    """Reads routes with one terminology."""

    def __init__(self, terminology: Terminology) -> None:
        """Index the codes, the texts, and the words that mean a route anywhere."""
        self._codes: dict[str, Route] = {}
        self._texts: dict[str, Route] = {}
        self._words: dict[str, Route] = {}
        self._phrases: list[tuple[str, Route]] = []
        for each in terminology.routes:
            self._codes |= {entry.code: each.route for entry in each.snomed}
            self._texts |= {_plain(written): each.route for written in each.texts}
            for written in each.words:
                words = _plain(written)
                if " " in words:
                    self._phrases.append((f" {words} ", each.route))
                else:
                    self._words[words] = each.route

    def read(self, resource: Json) -> OrderedRoute:
        """Return the route of the first instruction that names one."""
        unread = ""
        for _, instruction in objects(resource.get("dosageInstruction")):
            for concept in filter(None, items(instruction.get("route"))):
                found = self._of_concept(concept)
                if found.route is not None:
                    return found._replace(in_text=self._other_in_texts(resource, found.route))
                unread = unread or found.written
        if unread:
            return OrderedRoute(None, unread)
        return self._in_texts(resource)

    def _of_concept(self, concept: Json) -> OrderedRoute:
        listed = list(codings(concept))
        # A concept sent as plain text is read like its text; a bare code, like a word.
        said = texts(concept) or [each for each in (text(concept),) if each] or [each.code for each in listed]
        by_text = {route: each[:_LONGEST] for each in said for route in self._of_text(each[:_LONGEST])}
        found = {self._codes[each.code] for each in listed if each.system == "snomed" and each.code in self._codes}
        found |= by_text.keys()
        written = said[0][:_LONGEST] if said else ""
        if Route.OTHER in found:
            # If the code says intravenous, "Intrathecal" in the text is the more harmful reading.
            return OrderedRoute(Route.OTHER, by_text.get(Route.OTHER, written))
        return OrderedRoute(found.pop() if len(found) == 1 else None, written)

    def _of_text(self, written: str) -> set[Route]:
        plain = _plain(written)
        if (whole := self._texts.get(plain)) is not None:
            return {whole}
        found = {self._words[word] for word in plain.split() if word in self._words}
        around = f" {plain} "
        return found | {route for phrase, route in self._phrases if phrase in around}

    def in_notes(self, resource: Json, stated: Route | None) -> str:
        """Return another route than the stated one in the notes of an order, for its own drug."""
        written = (text(note.get("text")) for _, note in objects(resource.get("note")))
        return next((said for each in written if each and stated and (said := self._other_in(each, stated))), "")

    def _other_in_texts(self, resource: Json, stated: Route) -> str:
        """Return another route in the text for the order's own drug."""
        written = (text(instruction.get("text")) for _, instruction in objects(resource.get("dosageInstruction")))
        return next((said for each in written if each and (said := self._other_in(each, stated))), "")

    def _other_in(self, written: str, stated: Route) -> str:
        plain = fold(written[:LONGEST])
        # By mouth is how premedication is taken, but not the only amount of a text without any.
        is_alone = plain.count("mg") == 1 and _PREMEDICATION.search(plain) is None
        others = () if is_alone else (Route.ORAL,)
        own: list[str] = [route for word, route in _OWN_AMOUNT.findall(plain) if not word or speaks_of_a_dose(word)]
        own += _GIVE.findall(plain)
        own += [plain, plain.removesuffix(" injection")] if plain.count(" ") < _FEW_WORDS else []
        for said in own:
            routes = self._of_text(said)
            if len(routes) == 1 and routes.isdisjoint({stated, *others}):
                return said.strip()
        return ""

    def _in_texts(self, resource: Json) -> OrderedRoute:
        """Return the route after an amount ("252 mg IV") or "give", or one alone; nothing if there are several."""
        found: dict[Route, str] = {}
        for _, instruction in objects(resource.get("dosageInstruction")):
            plain = fold(text(instruction.get("text"))[:LONGEST])
            for written in (*_BEHIND_AMOUNT.findall(plain), *_GIVE.findall(plain)):
                route = self._words.get(_plain(written))
                if route is not None:
                    # A card names it: "the intrathecal route".
                    found.setdefault(route, written.removesuffix("ly"))
            if plain.count(" ") < _FEW_WORDS and len(alone := self._of_text(plain)) == 1:
                found.setdefault(alone.pop(), plain)
        return OrderedRoute(*next(iter(found.items()))) if len(found) == 1 else OrderedRoute()


def _plain(written: str) -> str:
    return " ".join(_WORD.findall(fold(written).replace(".", "")))
