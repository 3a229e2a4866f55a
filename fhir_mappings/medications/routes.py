"""The route of an order: by code, by the concept's text, or by the word right after an amount in the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cards.identification.folding import fold
from cards.knowledge.schema import Route
from cards.values.text_cache import cached_by_text
from cards.values.texts import LONGEST
from fhir_mappings.codings import codings, texts
from fhir_mappings.medications.dose_words import speaks_of_a_dose
from fhir_mappings.medications.instructions import written_in
from fhir_mappings.medications.schedule_words import PREMEDICATION
from fhir_mappings.wire.lenient import items, objects, text
from fhir_mappings.wire.narratives import notes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.knowledge.schema import Terminology
    from fhir_mappings.wire.lenient import Json

_LONGEST = 120
_STROKE = re.compile(r"\b([si])/([cmv])\b|\b(sub)-(q)\b")
_WORD = re.compile(r"[^\W_]+")
# A route in a text is that of the order's own drug right behind its amount, "give" or "route:", as the first word, or
# alone; not where a line or another drug follows.
_NOT_OF_OTHERS = (
    r"(?! ?(?:port|catheter|line|reservoir|access|site|antibiotic|fluid|hydration|contrast|heparin|enoxaparin|lovenox"
    rf"|\w{{0,4}}filgrastim|neulasta|denosumab|octreotide|goserelin|fulvestrant|{PREMEDICATION})\w{{0,2}}\b)"
)
_OWN_AMOUNT = re.compile(
    r"(?:\b([a-z]{3,30})[ :]{1,2})?(?<![\d.,])\d[\d.,]{0,8}\s?m[gl](?:\s?/\s?kg)?(?:\s{0,3}\([^()]{0,40}\)|\))?"
    rf"\s{{1,3}}(?:by |as |via |given )?([a-z][a-z.]{{1,20}})\b{_NOT_OF_OTHERS}"
)
_GIVE = re.compile(
    r"(?<!not )(?<!never )(?<!n't )(?:\b(?:give|given|administer|administered|inject|infuse)"
    r"(?: (?:the|this|dose|drug|it|by|via|as|an?|slow|slowly|deep|kadcyla|enhertu)){0,4}"
    # "À injecter en sous-cutané", "poner por vía subcutánea".
    r"|\b(?:injecter|administrer|donner|faire|administrar|poner|inyectar|aplicar|injetar|fare|iniettare|somministrare)"
    r"(?: (?:en|in|per|por|par|via|voie|la|a)){0,3}"
    r"|\b(?:route )?(?:changed?|switch(?:ed)?|converted?)(?: (?:the )?route)? to"
    # "Give it" is no abbreviation of "intrathecal".
    rf"|\broute ?[:=]) ?(?<=[ :=])(?!it\b)([a-z][a-z.-]{{1,20}})\b{_NOT_OF_OTHERS}"
)
_FIRST = re.compile(
    r"\W{0,3}([a-z][a-z.]{1,20})\b(?=\.? ?(?:\Z|[,;:/]|inf\w|inj\w|push|bolus|piggyback|drip|route|use\b|only|over\b"
    r"|every|each|once|q ?\d|in(?:to)? (?:the )?|alle|cada|tou[st]|ogni|elke|co \d|x ?1\b))"
    rf"{_NOT_OF_OTHERS}"
)
# "IM" is a word of German, too: in the instructions of an order it is a route where nothing that it governs follows.
_NOTHING_GOVERNED = re.compile(
    r"\.? ?(?:\Z|[,;:()/]|\.(?!\w)|q ?\d|inj\w|only|over|every|each|once|daily|weekly|now|today|x ?\d|alle|cada)"
)
_PORT = re.compile(r"\b(?:port\w*|catheter|line)\b")
_NEXT_WORD = re.compile(r" ([a-z][a-z0-9]{1,30})")
_NOT_NAMES = re.compile(r"push|bolus|piggyback|drip|inj\w*|tonight|tomorrow|thigh|left|right|slow\w*|please|deep|route")
_FEW_WORDS = 3
# Not behind the letters of "s.c.".
_SENTENCES = re.compile(r"(?<=[a-z0-9]{2})[.;] |\n")
_OTHERS = re.compile(rf"\b(?:heparin|enoxaparin|lovenox|access|site|{PREMEDICATION})\b")
_PREMEDICATION = re.compile(rf"\bpre-?med|\b(?:{PREMEDICATION})\b")


# "Kadcyla IM": in capitals at the end of a name it is a route.
_LAST_IN_NAME = re.compile(r"[ (](I\.?M|I\.?T|I\.?P)\b\.?\)?\Z")
# "PO LIOF 100MG" is a freeze-dried powder in Portuguese.
_POWDER = re.compile(r"\bp[o\u00f3] (?=(?:liof|lyof|para\b|p/|p |inj|sol|conc|est))", re.IGNORECASE)


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
        self._of_text = cached_by_text(self._read_text)
        self._phrases: list[tuple[str, Route]] = []
        self._in_two_words: dict[str, Route] = {}
        """Those that a hyphen may join: "sous-cutané"."""
        for each in terminology.routes:
            self._codes |= {entry.code: each.route for entry in each.snomed}
            self._texts |= {_plain(written): each.route for written in each.texts}
            for written in each.words:
                words = _plain(written)
                if " " in words:
                    self._phrases.append((f" {words} ", each.route))
                    self._in_two_words[words] = each.route
                else:
                    self._words[words] = each.route

    def read(self, resource: Json) -> OrderedRoute:
        """Return the route of the first instruction that names one."""
        unread = ""
        for _, instruction in objects(resource.get("dosageInstruction")):
            for concept in filter(None, items(instruction.get("route"))):
                found = self._of_concept(concept)
                if found.route is not None:
                    in_text = self._beside(resource, found.route) or self._other_in_texts(resource, found.route)
                    return found._replace(in_text=in_text)
                unread = unread or found.written
        if unread:
            return OrderedRoute(None, unread)
        said = self._only(_instructed(resource))
        if said.route is None:
            return next((OrderedRoute(*each) for each in self._meant(_coded(resource))), said)
        return said if said.in_text else said._replace(in_text=self._beside(resource, said.route))

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

    def _read_text(self, written: str) -> frozenset[Route]:
        plain = _plain(written)
        if (whole := self._texts.get(plain)) is not None:
            return frozenset({whole})
        found = (self._words[word] for word in plain.split() if word in self._words)
        around = f" {plain} "
        return frozenset(found).union(route for phrase, route in self._phrases if phrase in around)

    def in_names(self, names: Iterable[str], said: OrderedRoute) -> OrderedRoute:
        """Add the route in the names of a drug to what its order says: the only one ("Kadcyla SC"), or another one.

        A name may list all routes of a product, so the stated one among several is right, unless one is a wrong one.
        """
        plain = [_without_powder(each[:_LONGEST]) for each in names]
        plain += [found[1] for each in plain if (found := _LAST_IN_NAME.search(each))]
        if said.route is None:
            return said if said.written else next((OrderedRoute(*each) for each in self._meant(plain)), said)
        if said.in_text:
            return said
        return said._replace(in_text=next((each for each in plain if self._is_of_another(each, said.route)), ""))

    def _is_of_another(self, name: str, stated: Route) -> bool:
        """Return whether a name of a drug gives another route than the stated one; "PO" may be a powder, elsewhere."""
        routes = self._of_text(name) - {Route.ORAL}
        return bool(routes) and (stated not in routes or (Route.OTHER in routes and stated is not Route.OTHER))

    def in_notes(self, resource: Json, said: OrderedRoute) -> OrderedRoute:
        """Add what the notes of an order say: another route than the stated one, or the only one."""
        written = list(notes_of(resource))
        if said.route is not None:
            others = (self._other_in(each, said.route) for each in written)
            return said if said.in_text else said._replace(in_text=next(filter(None, others), ""))
        return said if said.written else self._only(written, of_order=False)

    def _beside(self, resource: Json, stated: Route) -> str:
        """Return a method or a site that is of another route than the stated one: "intrathecal space"."""
        return next((said for route, said in self._meant(_coded(resource)) if route is not stated), "")

    def _meant(self, written: Iterable[str]) -> Iterator[tuple[Route, str]]:
        """Yield the route that each text means, if it is one, with the text."""
        for said in (each[:_LONGEST] for each in written):
            routes = self._of_text(said)
            # A port lies under the skin, and what is given through it goes into a vein.
            is_port = Route.SUBCUTANEOUS in routes and _PORT.search(fold(said)) is not None
            if len(routes) == 1 and not is_port:
                yield next(iter(routes)), said

    def _other_in_texts(self, resource: Json, stated: Route) -> str:
        """Return another route in the text for the order's own drug."""
        return next(filter(None, (self._other_in(each, stated) for each in _instructed(resource))), "")

    def _other_in(self, written: str, stated: Route) -> str:
        plain = _in_letters(written)
        # By mouth is how premedication is taken, but not the only amount of a text without any.
        is_alone = plain.count("mg") == 1 and _PREMEDICATION.search(plain) is None
        others = () if is_alone else (Route.ORAL,)
        return next((said for said, route in self._own(plain) if route not in (stated, *others)), "")

    def _own(self, plain: str, *, of_order: bool = True) -> Iterator[tuple[str, Route]]:
        """Yield the routes that a folded text gives for the order's own drug, each as written.

        Where the text is not ``of_order``, an unknown word behind a route may be another drug: "give SC xgeva".
        """
        found = [match for match in _OWN_AMOUNT.finditer(plain) if not match[1] or speaks_of_a_dose(match[1])]
        found += _GIVE.finditer(plain)
        if (first := _FIRST.match(plain)) is not None:
            found.append(first)
        for match in found:
            said = match[match.lastindex or 0]
            route = self._words.get(_plain(said)) or self._in_two_words.get(_plain(said))
            if route is None and ("." in said or _NOTHING_GOVERNED.match(plain, match.end())):
                route = self._texts.get(_plain(said))
            if route is not None and (of_order or not _names_another(plain[match.end() :])):
                yield said, route
        for sentence in _SENTENCES.split(plain):
            others = () if of_order else (word for word in sentence.split() if not self._of_text(word))
            is_short = sentence.strip().count(" ") < _FEW_WORDS and not _OTHERS.search(sentence)
            if is_short and not any(map(_may_be_a_name, others)):
                alone = self._of_text(sentence) or self._of_text(sentence.removesuffix(" injection"))
                if len(alone) == 1:
                    yield sentence.strip(" ."), next(iter(alone))

    def _only(self, written_texts: Iterable[str], *, of_order: bool = True) -> OrderedRoute:
        """Return the route that texts give where no field does; of several, the first and the next."""
        found: dict[Route, str] = {}
        for written in written_texts:
            for said, route in self._own(_in_letters(written), of_order=of_order):
                # A card names it: "the intrathecal route".
                found.setdefault(route, said.removesuffix("ly"))
        routes = [*found.items()]
        if not routes:
            return OrderedRoute()
        return OrderedRoute(*routes[0], in_text=routes[1][1] if len(routes) > 1 else "")


def _names_another(behind: str) -> bool:
    word = _NEXT_WORD.match(behind)
    return word is not None and _may_be_a_name(word[1])


def _may_be_a_name(word: str) -> bool:
    return not speaks_of_a_dose(word) and _NOT_NAMES.fullmatch(word) is None


def _coded(resource: Json) -> Iterator[str]:
    """Yield the texts of the methods and sites of an order."""
    instructions = objects(resource.get("dosageInstruction"))
    return (said for name in ("method", "site") for _, each in instructions for said in texts(each.get(name)))


def _instructed(resource: Json) -> Iterator[str]:
    return (said for _, each in objects(resource.get("dosageInstruction")) for said in written_in(each))


@cached_by_text
def _without_powder(name: str) -> str:
    return _POWDER.sub(" ", name)


def _in_letters(written: str) -> str:
    """Fold a text, and write its abbreviations of routes without a stroke: "s/c" is "sc"."""
    return _STROKE.sub(lambda match: "".join(filter(None, match.groups())), fold(written[:LONGEST]))


def _plain(written: str) -> str:
    return " ".join(_WORD.findall(fold(written).replace(".", "")))
