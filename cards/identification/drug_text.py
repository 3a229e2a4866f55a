"""Reads a drug text completely: what it names, and which of its words are not understood.

No word is dropped. It is part of a name, is listed as not naming a drug (``drug_words.yaml``), or is reported: next to
the name of an antibody, an unknown word may be the payload that makes it another drug.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from cards.identification.draft import Draft, Span
from cards.identification.folding import words_of
from cards.identification.guesses import Guesser
from cards.identification.splitting import Splitter
from cards.identification.targets import Meaning, Target, merged, products_of, with_brands_together
from cards.identification.vocabulary import PREFIXES, Known
from cards.knowledge.schema import Route, Says, WordKind
from cards.values.texts import CUT, bounded, is_cut

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from cards.identification.folding import Word
    from cards.identification.vocabulary import Vocabulary
    from cards.knowledge.schema import Product

_ALTERNATIVES = re.compile(r"\A[\s()\[\]{},]*(?:/|\||or|vs|oder|ou|eller|lub|o|of|nebo|ili|veya)[\s()\[\]{}]*\Z")
# Nothing but an opening bracket or a hyphen between two names: the second one says again what the first one is.
_APPOSED = re.compile(r"[\s(\[-]{1,3}")
_CONCENTRATION = re.compile(r"(\d{1,5}(?:[.,]\d{1,3})?)\s{0,3}mg\s{0,3}/\s{0,3}(\d{1,3}(?:[.,]\d{1,3})?)?\s{0,3}ml")
_AMOUNT = re.compile(r"(\d{1,5}(?:[.,]\d{1,3})?)\s{0,3}mg(?!\s{0,3}/\s{0,3}(?:kg|m))")
# Milligrams of a drug; those of a milliliter are the strength of the fluid.
_MASS = re.compile(r"\d\s{0,3}mg\b(?!\s{0,3}/\s{0,3}ml)")
_ROUTES = {Says.INTRAVENOUS: Route.INTRAVENOUS, Says.SUBCUTANEOUS: Route.SUBCUTANEOUS}
_SHORTEST_CUT = 5
# The maker in brackets, as dictionaries give it: "(Mawdsley-Brooks & Company Ltd)".
_MAKER = re.compile(
    r"\((?:[^()]|\([^()]{1,30}\)){2,60} (?:ltd|limited|plc|gmbh|ag|inc|srl|spa|ulc|llc|bv|ab|sa|kg|corp)\.?\)"
)
_QUOTED = 40
_ANTIBODY = "mab"
_BEFORE_LOT = 4


class DrugText(NamedTuple):
    """The meaning of a drug text.

    ``meanings`` are what it names, one for each name. ``guesses`` are what a misspelled name may mean. ``unread`` are
    the words that are not understood, and ``others`` those that look like another drug's name or payload. A text that
    names nothing and has no guess is not about a known drug, so its words are ignored. ``names_nothing``: every word is
    understood, and none names a drug or a fluid: "Chemotherapy infusion". ``says_conjugate``: it is one, which it need
    not name: "Antibody-Drug Conjugate".
    """

    meanings: tuple[Meaning, ...] = ()
    guesses: tuple[Meaning, ...] = ()
    unread: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    names_nothing: bool = False
    says_conjugate: bool = False

    @property
    def names_drug(self) -> bool:
        """Whether it names, or seems to name, a known drug."""
        return bool(self.meanings or self.guesses)

    @property
    def is_read(self) -> bool:
        """Whether every word is understood."""
        return not self.unread


_SUFFIX = 4


class DrugTextReader:
    """Reads drug texts with one vocabulary."""

    def __init__(self, vocabulary: Vocabulary, products: Mapping[str, Product]) -> None:
        """Keep the vocabulary and the products."""
        self._vocabulary = vocabulary
        self._splitter = Splitter(vocabulary)
        self._guesser = Guesser(vocabulary)
        self._products = products
        combined = (each for each in products.values() if each.parts)
        self._under_the_skin = tuple(each for each in combined if each.route is Route.SUBCUTANEOUS)

    def read(self, text: str) -> DrugText:
        """Read a text."""
        written = bounded(text)
        draft = self._draft(written)
        words = draft.words
        if is_cut(written):
            draft.unread.append(CUT)
        whole = self._by_ingredients(draft)
        sure = [span for span in draft.spans if not self._is_guess(span, draft)]
        guessed = [span for span in draft.spans if self._is_guess(span, draft)]
        draft.unread += [words[place].text for place in draft.loose]
        draft.unread += [draft.as_written(span) for span in guessed]
        meanings = [whole] if whole else []
        meanings = self._with_alternatives(meanings, sure, draft)
        meanings = list(dict.fromkeys(self._without_parts(meanings)))
        meanings = self._in_form(meanings, draft)
        self._drop_own_words(meanings, draft)
        self._drop_makers(draft)
        self._note_payload_words(meanings, draft)
        self._note_partners_before(draft)
        if not meanings and not guessed:
            meanings = self._class_alone(draft)
        choices = draft.choices()
        draft.unread += choices
        others = list(dict.fromkeys((*self._others(draft), *choices)))
        if not meanings and not guessed:
            others += [words[place].text for place in draft.partners]
            others += [word for word in self._known_others(draft) if word not in others]
        guesses = [span.meaning for span in guessed]
        if draft.unread and not meanings and not guesses:
            guesses = list(self._guesser.guesses(draft.words, draft.unread, written))
        if not (meanings or guesses or draft.unread or draft.partners):
            # Nothing but a warning: "Do not substitute Kadcyla for trastuzumab" names no drug that is ordered.
            guesses = draft.ruled_out
        return DrugText(
            tuple(meanings),
            tuple(dict.fromkeys(guesses)),
            tuple(dict.fromkeys(word[:_QUOTED] for word in draft.unread)),
            tuple(dict.fromkeys(word[:_QUOTED] for word in others)),
            not (meanings or guesses or others or draft.unread or Says.FLUID in draft.said),
            Says.CONJUGATE in draft.said,
        )

    def _others(self, draft: Draft) -> list[str]:
        """List the words that may name another drug or its payload, and the parts of names that stand alone."""
        others = [word for word in draft.unread if self._may_be_other(word, draft)]
        if not others and self._vocabulary.is_payload("".join(draft.unread)):
            # A payload with a blank in it: "trastuzumab emtan sine".
            others = draft.unread.copy()
        loose = (draft.words[place].text for place in draft.loose)
        return [*others, *(word for word in loose if word not in others)]

    def _may_be_other(self, word: str, draft: Draft) -> bool:
        """Return whether an unknown word may name another drug or its payload, by its form or as part of the name."""
        is_attached = len(word) > _SUFFIX and f"{_ANTIBODY}-{word}" in draft.folded
        return is_attached or word in PREFIXES or self._vocabulary.is_payload(word) or self._vocabulary.is_drug(word)

    def names_partner_first(self, text: str) -> bool:
        """Return whether a text names another drug before those of the service, and gives these no amount."""
        draft = self._draft(bounded(text))
        first = min((span.first for span in draft.spans), default=len(draft.words))
        others = [place for place in range(first) if self._vocabulary.is_other_drug(draft.words[place].text)]
        if first == len(draft.words) or not (others or any(place < first for place in draft.partners)):
            return False
        return _AMOUNT.search(draft.folded, draft.words[first].start) is None

    def is_of_fluid(self, text: str) -> bool:
        """Return whether a text names a fluid and then a drug that it is for, and gives the drug no amount.

        "Dextrose 5 % flush after Enhertu", "sodium chloride 0.9 % 250 mL, diluent for Kadcyla".
        """
        draft = self._draft(bounded(text))
        name = min(draft.spans, default=None)
        if name is None or draft.said.get(Says.FLUID, name.first) >= name.first or _MASS.search(draft.folded):
            return False
        beside = {
            word.text for word in (*draft.words[name.first - 1 : name.first], *draft.words[name.end : name.end + 1])
        }
        return not beside.isdisjoint(self._vocabulary.fluid_purposes)

    def _draft(self, written: str) -> Draft:
        """Read the words of a text, each as part of a name, as listed, or as not understood."""
        folded, words = self._splitter.split(written)
        draft = Draft(folded, words, self._all_known(words))
        self._read_words(draft)
        return draft

    def route_of_form(self, form: str) -> Route | None:
        """Return the route that a dose form states; ``None`` if it states none, or several."""
        draft = self._draft(bounded(form))
        if any(word.text in self._vocabulary.oral_forms for word in draft.words):
            return Route.ORAL
        stated = [route for said, route in _ROUTES.items() if said in draft.said]
        return stated[0] if len(stated) == 1 else None

    def _all_known(self, words: Sequence[Word]) -> list[Known]:
        """Look up every word; the last one may be cut off, as a field of fixed length does, but not behind a name."""
        known = [self._known(word.text) for word in words]
        if len(known) > 1 and known[-1].kind is None and not self._vocabulary.is_name(known[-2].word):
            known[-1] = known[-1]._replace(word=self._vocabulary.completed(known[-1].word))
        return known

    def _known(self, word: str) -> Known:
        vocabulary = self._vocabulary
        found = vocabulary.look_up(word)
        if found.kind is not None or vocabulary.is_listed(word) or vocabulary.is_ignored(word):
            return found
        return vocabulary.nearest(word) or found

    def _read_words(self, draft: Draft) -> None:
        """Process every word, from the first to the last."""
        place, count = 0, len(draft.words)
        while place < count:
            place = (
                self._warning(draft, place)
                or self._premedication(draft, place)
                or self._phrase(draft, place)
                or self._single(draft, place)
            )

    def _warning(self, draft: Draft, place: int) -> int:
        """Skip a warning and the drug names it rules out; return the index after it, or 0 if no warning starts here."""
        place = self._warns(draft, place)
        if not place:
            return 0
        stop = draft.clause_end(place)
        first = place
        while place < len(draft.words) and draft.words[place].start < stop:
            if place > first and draft.words[place].text in self._vocabulary.warning_ends:
                break
            if again := self._warns(draft, place):
                place = again
            elif name_end := self._longest(draft, place, self._vocabulary.names):
                draft.warned.update(range(place, name_end))
                draft.ruled_out.append(self._vocabulary.names[draft.usual(place, name_end)])
                place = name_end
            elif draft.words[place].text in self._vocabulary.warning_words:
                place += 1
            else:
                place = self._phrase(draft, place, within_warning=True) or self._single(draft, place)
        return place

    def _warns(self, draft: Draft, place: int) -> int:
        """Return the index after the words that begin a warning at a word; 0 if none do."""
        are_tablets = any(self._are_tablets(span.meaning) for span in draft.spans)
        warnings = self._vocabulary.beside_tablets if are_tablets else self._vocabulary.warnings
        reach = self._vocabulary.reach.get(draft.words[place].text, 0)
        written = tuple(word.text for word in draft.words[place : place + reach])
        length = next((n for n in range(len(written), 0, -1) if written[:n] in warnings), 0)
        return place + length if length else 0

    def _are_tablets(self, meaning: Meaning) -> bool:
        return all(self._products[target.product].is_oral for target in meaning)

    def _premedication(self, draft: Draft, place: int) -> int:
        """Skip the supportive drugs that a text names as premedication; return the index after them, or 0.

        Every other word of the clause is read as anywhere else.
        """
        if not draft.spans:
            return 0
        place = self._longest(draft, place, self._vocabulary.premedication)
        if not place:
            return 0
        stop = draft.clause_end(place)
        while place < len(draft.words) and draft.words[place].start < stop:
            place = (
                self._longest(draft, place, self._vocabulary.supportive)
                or self._phrase(draft, place)
                or self._single(draft, place)
            )
        return place

    def _phrase(self, draft: Draft, place: int, *, within_warning: bool = False) -> int:
        """Record the longest name or listed phrase that begins at a word; return the index after it, or 0."""
        vocabulary = self._vocabulary
        end = 0 if within_warning else self._longest(draft, place, vocabulary.names)
        passed = self._longest(draft, place, vocabulary.ignored)
        if end == place + 1 and draft.known[place].is_cut and len(draft.words[place].text) < _SHORTEST_CUT:
            # "ENT drops": three letters alone are an abbreviation sooner than a payload that is cut off.
            end = 0
        if end and end >= passed:
            draft.spans.append(Span(place, end, vocabulary.names[draft.usual(place, end)]))
            return end
        if not within_warning and (named := self._longest(draft, place, vocabulary.classes)) and named >= passed:
            draft.classes.append(Span(place, named, vocabulary.classes[draft.usual(place, named)]))
            return named
        if passed:
            said = vocabulary.ignored[draft.usual(place, passed)]
            if said is not None and not within_warning:
                draft.said.setdefault(said, place)
            if passed > place + 1:
                draft.in_phrase.update(range(place, passed))
            return passed
        if beside := self._longest(draft, place, vocabulary.partners):
            draft.partners.append(place)
        return beside

    def _longest(self, draft: Draft, place: int, phrases: Container[tuple[str, ...]]) -> int:
        """Return the index after the longest of some phrases that begins at a word; 0 if none does."""
        furthest = min(place + self._vocabulary.reach.get(draft.known[place].word, 0), len(draft.words))
        return next((each for each in range(furthest, place, -1) if draft.usual(place, each) in phrases), 0)

    def _single(self, draft: Draft, place: int) -> int:
        """Process a word that does not begin a phrase."""
        word = draft.words[place].text
        if draft.known[place].kind is not None:
            draft.loose.append(place)
        elif not self._vocabulary.is_ignored(word):
            before = tuple(each.text for each in draft.words[max(place - _BEFORE_LOT, 0) : place])
            after = tuple(each.text for each in draft.words[place + 1 : place + 1 + _BEFORE_LOT])
            is_of_lot = self._vocabulary.is_package_number(before, word)
            if not (is_of_lot or self._vocabulary.numbers_package(before, word, after)):
                draft.unread.append(word)
        return place + 1

    def _note_partners_before(self, draft: Draft) -> None:
        """Report a partner drug before the name: "docetaxel before Kadcyla" may be an order of docetaxel."""
        first = min((span.first for span in draft.spans), default=0)
        draft.unread += [draft.words[place].text for place in draft.partners if place < first]

    def _known_others(self, draft: Draft) -> list[str]:
        """List the known drugs of no service that a text names, unless it says that they are given before another."""
        if self._vocabulary.names_premedication(tuple(word.text for word in draft.words)):
            return []
        return list(filter(self._vocabulary.is_other_drug, draft.unread))

    def _class_alone(self, draft: Draft) -> list[Meaning]:
        """Return what a class of drugs may mean: "anti-HER2 antibody"; nothing if another drug may be named."""
        if not draft.classes or draft.partners:
            return []
        first = draft.classes[0]
        supportive = self._vocabulary.supportive_drugs
        before = {word.text for word in draft.words[: first.first]}
        if before.intersection(draft.unread) or any(word.text in supportive for word in draft.words):
            return []
        return [first.meaning]

    def _by_ingredients(self, draft: Draft) -> Meaning | None:
        """Find the product whose ingredients are all in the text, in any order; the one with the most wins."""
        places = [place for place, known in enumerate(draft.known) if place not in draft.warned and not known.is_typo]
        present = {draft.known[place].word for place in places}
        best: tuple[int, str, frozenset[str]] | None = None
        for product in self._products.values():
            for needed in product.all_of:
                if present.issuperset(needed) and (best is None or len(needed) > best[0]):
                    best = (len(needed), product.id, frozenset(needed))
        if best is None:
            return None
        needed_words = best[2]
        if any(needed_words.issubset(draft.usual(span.first, span.end)) for span in draft.spans):
            # The full name is present, so other names are separate drugs.
            return None
        draft.loose = [place for place in draft.loose if draft.known[place].word not in needed_words]
        draft.spans = [
            span
            for span in draft.spans
            if not needed_words.union(PREFIXES).issuperset(draft.usual(span.first, span.end))
        ]
        return frozenset({Target(best[1])})

    def _is_guess(self, span: Span, draft: Draft) -> bool:
        """Return whether a name depends on a corrected word: one that is mistyped, or a payload that is cut off."""
        known = draft.known[span.first : span.end]
        if len(known) == 1:
            return known[0].is_typo or known[0].is_cut
        if any(each.kind is WordKind.PAYLOAD and each.is_cut for each in known):
            # "trastuzumab emtans": only the prefix of the conjugate, as in "ado-trastuzumab emtans", makes it certain.
            return PREFIXES.isdisjoint(each.word for each in known)
        mistyped = [each for each in known if each.is_typo]
        return bool(mistyped) and not (
            all(each.kind is WordKind.ANTIBODY for each in mistyped)
            and any(each.kind in (WordKind.PAYLOAD, WordKind.ENZYME) for each in known)
        )

    def _with_alternatives(self, meanings: list[Meaning], spans: Iterable[Span], draft: Draft) -> list[Meaning]:
        """Combine names given as alternatives ("T-DM1/T-DXd") to one meaning."""
        previous: Span | None = None
        contradicts = False
        choices: set[Meaning] = set()
        for span in spans:
            if meanings and previous and _are_alternatives(previous, span, draft.between(previous, span)):
                choices.discard(meanings[-1])
                meanings[-1] = merged(meanings[-1] | span.meaning)
                choices.add(meanings[-1])
            else:
                contradicts = contradicts or (
                    previous is not None
                    and _APPOSED.fullmatch(draft.between(previous, span)) is not None
                    and self._are_other_biosimilars(meanings[-1], span.meaning)
                )
                meanings.append(span.meaning)
            previous = span
        # "Kadcyla (T-DM1) or Enhertu (T-DXd)": the second name of a drug does not decide between the two.
        offered = [products_of(choice) for choice in choices]
        meanings = [each for each in meanings if not any(products_of(each) < products for products in offered)]
        return meanings if contradicts else with_brands_together(meanings)

    def _are_other_biosimilars(self, first: Meaning, second: Meaning) -> bool:
        """Return whether two names are of different biosimilars of one product: "Ogivri (trastuzumab-anns)"."""
        brands = [self._products[target.product].brand(target.brand) for target in (*first, *second)]
        return (
            len(products_of(first | second)) == 1
            and first.isdisjoint(second)
            and all(brand is not None and "-" in brand.generic for brand in brands)
        )

    def _without_parts(self, meanings: list[Meaning]) -> list[Meaning]:
        """Drop the names of ingredients if their combination is named."""
        parts = {part for meaning in meanings for target in meaning for part in self._products[target.product].parts}
        return [meaning for meaning in meanings if not all(target.product in parts for target in meaning)]

    def _in_form(self, meanings: list[Meaning], draft: Draft) -> list[Meaning]:
        """Resolve names shared by a subcutaneous product and its intravenous ingredients."""
        targets = {target for meaning in meanings for target in meaning}
        product = next((each for each in self._under_the_skin if _are_own_names(targets, each, self._products)), None)
        if product is None:
            return meanings
        amounts = {_decimal(found) for found in _AMOUNT.findall(draft.folded)}
        of_parts = set(product.component_doses_mg)
        is_its_dose = any(product.has_dose(amount) for amount in amounts) or bool(amounts and amounts <= of_parts)
        strength = product.concentration.mg_per_ml if product.concentration else None
        stated = ((_decimal(mass), _decimal(volume or "1")) for mass, volume in _CONCENTRATION.findall(draft.folded))
        is_its_strength = strength is not None and any(mass == strength * volume for mass, volume in stated)
        into_a_vein = Says.INTRAVENOUS in draft.said
        under_the_skin = Says.SUBCUTANEOUS in draft.said or is_its_strength
        is_combined = len(product.parts) > 1
        as_solution = (is_combined and is_its_dose) or (Says.SOLUTION in draft.said and (is_its_dose or is_combined))
        if (under_the_skin or as_solution) and not into_a_vein:
            return [frozenset({Target(product.id)})]
        if under_the_skin or (is_its_dose and not into_a_vein and not is_combined):
            return [frozenset({*targets, Target(product.id)})]
        return meanings

    def _drop_own_words(self, meanings: Sequence[Meaning], draft: Draft) -> None:
        """Drop unread words that belong to other names of the one product named, such as its suffix."""
        named = {target.product for meaning in meanings for target in meaning}
        if len(named) == 1:
            product = self._products[named.pop()]
            own = self._vocabulary.words_of_product.get(product.id, frozenset())
            draft.unread = [
                word for word in draft.unread if word not in own and not self._is_cut_suffix(word, product, draft)
            ]

    def _drop_makers(self, draft: Draft) -> None:
        """Drop unread words in the name of a company in brackets; what may name a drug stays."""
        makers = " ".join(_MAKER.findall(draft.folded)) if draft.unread else ""
        if makers:
            named = {word.text for word in words_of(makers)}
            draft.unread = [word for word in draft.unread if word not in named or self._may_be_other(word, draft)]

    def _is_cut_suffix(self, word: str, product: Product, draft: Draft) -> bool:
        """Return whether a word is the beginning of the FDA's suffix, as fields of fixed length leave it.

        Behind an antibody alone it may begin a payload, too, so there no more than a letter may be missing.
        """
        if f"-{word}" not in draft.folded:
            return False
        is_bare = product.generic in self._vocabulary.antibodies
        if is_bare and (len(word) != _SUFFIX - 1 or self._vocabulary.begins_payload(word)):
            return False
        own = self._vocabulary.words_of_product.get(product.id, frozenset())
        return any(len(each) == _SUFFIX and each.startswith(word) for each in own)

    def _note_payload_words(self, meanings: Sequence[Meaning], draft: Draft) -> None:
        """Report words after an antibody that are otherwise ignored: "conjugate", or the first letters of a payload."""
        bare = any(
            self._products[target.product].generic in self._vocabulary.antibodies
            for meaning in meanings
            for target in meaning
        )
        if not bare:
            return
        if Says.CONJUGATE in draft.said:
            draft.unread.append(draft.words[draft.said[Says.CONJUGATE]].text)
        named = {place for span in draft.spans for place in range(span.first, span.end)}
        named |= draft.warned | draft.in_phrase
        for place in range(1, len(draft.words)):
            # "trastuzumab e 160 mg", "trastuzumab de": normally a preposition, but here possibly a truncated payload.
            word = draft.words[place].text
            if (
                draft.known[place - 1].kind is WordKind.ANTIBODY
                and not named.intersection((place, place + 1))
                and word.isalpha()
                and word not in draft.unread
                and self._vocabulary.may_cut_payload(word, is_last=place == len(draft.words) - 1)
            ):
                draft.unread.append(word)


def _are_alternatives(first: Span, second: Span, between: str) -> bool:
    """Return whether a text gives two names as alternatives: "T-DM1/T-DXd", or brands of one drug in a list."""
    if _ALTERNATIVES.match(between):
        return True
    named = {target.product for target in first.meaning | second.meaning}
    branded = all(target.brand for target in first.meaning | second.meaning)
    return len(named) == 1 and branded and first.meaning != second.meaning and between.strip() == ","


def _are_own_names(targets: set[Target], product: Product, products: Mapping[str, Product]) -> bool:
    """Return whether names are those of a product's ingredients, or of the brand that its brand name includes."""
    if {target.product for target in targets} != set(product.parts):
        return False
    brands = (products[target.product].brand(target.brand) for target in targets if target.brand)
    return all(brand is not None and brand.name in product.name for brand in brands)


def _decimal(written: str) -> Decimal:
    return Decimal(written.replace(",", "."))
