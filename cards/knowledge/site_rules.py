"""Reads a site's rules: resolves names, checks codes, and adds the tests they use to the terminology.

Shipped rules use none of these tests, so a site rule never changes their outcome.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from cards.knowledge.loader import default_knowledge
from cards.knowledge.located import Document, check_sentence, nearest, vouched_for
from cards.knowledge.problems import Problems, with_all_files, with_files
from cards.knowledge.schema import (
    CaseResult,
    Cited,
    CodeEntry,
    Concept,
    Confidence,
    Kind,
    Knowledge,
    KnowledgeError,
    LocalCode,
    OrderedTest,
    Query,
    ResultCondition,
    RuleCase,
    Scope,
    SiteRule,
    Source,
)
from cards.knowledge.site_codes import (
    CODE,
    SNOMED,
    SYSTEM,
    NotUsableError,
    check_drug,
    check_problem,
    class_of,
    drug_code,
)
from cards.values.codes import LoincCode, MalformedCodeError, SnomedCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cards.knowledge.located import Place
    from cards.knowledge.schema import DrugClass

PLACEHOLDERS = frozenset({"drug", "test", "result", "date", "days", "limit"})
"""What a rule's sentences may name: the drug, the test, its newest result, that result's day and age, the limit."""
_SECTIONS = ("sources", "rules")
_SET_HERE = ("where", "concept")
_SET_BY_THE_READER = (
    (r"rules\.\d+\.where", "where"),
    (r"rules\.\d+\.cases\.\d+\.where", "where"),
    (r"rules\.\d+\.order_test\.concept", "concept"),
)
_TOPIC = re.compile(r"[a-z][a-z0-9-]{2,59}")
_LOINC = "http://loinc.org"
# HTML has no place on a card.
_TAG = re.compile(r"<[A-Za-z/!?]")
_LONGEST_SUMMARY, _LONGEST_DAYS, _MOST_RULES, _MOST_CASES = 139, 3660, 200, 50
_ON_VIEW = frozenset({Query.LVEF, Query.LABS})


def with_rules(known: Knowledge, files: Iterable[tuple[str, str]]) -> Knowledge:
    """Add the rules in some files, each a name and its text, to the knowledge.

    Raises:
        KnowledgeError: files are wrong; each problem names the file, the line and the nearest known word.

    """
    return with_all_files(known, files, _with_file)


def rules_over(known: Knowledge, files: Iterable[tuple[str, str]], problems: Problems) -> Knowledge:
    """Add the rules that can be added, and note what is wrong with the others."""
    return with_files(known, files, _with_file, problems)


def _with_file(known: Knowledge, document: Document, problems: Problems) -> Knowledge:
    with problems.caught():
        document.allow_only(_SECTIONS)
    for pattern, name in _SET_BY_THE_READER:
        for where in document.lines:
            if re.fullmatch(pattern, ".".join(where)):
                raise KnowledgeError(f"{document.where(where)}: unknown key {name!r}")
    given = document.tree.get("sources")
    with problems.caught(*(given if isinstance(given, dict) else ())):
        known = msgspec.structs.replace(known, sources={**known.sources, **_sources(known, document)})
    entries = document.entries("rules")
    if len(entries) > _MOST_RULES:
        raise KnowledgeError(f"{document.where(('rules',))}: rules: more than {_MOST_RULES}")
    own = frozenset(known.sources) - frozenset(default_knowledge().sources)
    for index, tree in enumerate(entries):
        place = ("rules", str(index))
        with problems.caught():
            rule = document.convert(vouched_for(tree, own), SiteRule, place, _SET_HERE)
            known = _RuleReader(known, document, place).added(rule)
    return msgspec.structs.replace(known, version=document.version_over(known.version))


def _sources(known: Knowledge, document: Document) -> dict[str, Source]:
    """Read the sources of a file; a source may be repeated if it is identical."""
    given = document.tree.get("sources") or {}
    sources = document.convert(given, dict[str, Source], ("sources",))
    for name, source in sources.items():
        if known.sources.get(name, source) != source:
            raise KnowledgeError(f"{document.where(('sources', name))}: another source {name!r} already exists")
    return sources


class _RuleReader:
    """Checks one rule against the knowledge, and resolves its names."""

    def __init__(self, known: Knowledge, document: Document, place: Place) -> None:
        self._known = known
        self._document = document
        self._place = place
        self._concepts = dict(known.terminology.concepts)
        self._by_code = {
            key: name
            for name, concept in self._concepts.items()
            for key in (
                *((_LOINC, entry.code) for entry in concept.loinc),
                *((SNOMED, entry.code) for entry in concept.snomed),
                *((entry.system, entry.code) for entry in concept.local),
            )
        }
        self._brands = {brand.id: product.id for product in known.products for brand in product.brands}
        self._products = {each.id for each in known.products if each.scope is Scope.CHECKED}
        self._drugs = (
            {each.id for each in known.products} | set(self._brands) | {group.id for group in known.drug_classes}
        )

    def added(self, rule: SiteRule) -> Knowledge:
        """Return the knowledge with the rule added.

        Raises:
            KnowledgeError: it names something unknown; the message names the line.

        """
        self._check(rule)
        fallback = rule.order_test.display if rule.order_test else None
        changed: dict[str, Any] = {"where": self._document.where(self._place)}
        if rule.order_test is not None:
            changed["order_test"] = self._ordered(rule.order_test, rule.by)
        for name in ("any_result", "no_result", "unless_result"):
            condition: ResultCondition | None = getattr(rule, name)
            if condition is not None:
                changed[name] = self._condition(condition, rule, (name,), fallback)
        changed["cases"] = tuple(self._case(case, index, rule) for index, case in enumerate(rule.cases))
        rule = msgspec.structs.replace(rule, **changed)
        if rule.on_view:
            self._check_view(rule)
        terminology = self._known.terminology
        own_problems = (each for each in rule.problems if "|" in each)
        terminology = msgspec.structs.replace(
            terminology,
            concepts=self._concepts,
            site_problems=tuple(dict.fromkeys((*terminology.site_problems, *own_problems))),
        )
        return msgspec.structs.replace(
            self._known,
            site_rules=(*self._known.site_rules, rule),
            terminology=terminology,
            drug_classes=(*self._known.drug_classes, *self._drug_names(rule)),
        )

    def _refuse(self, why: str, *steps: str) -> NoReturn:
        place = (*self._place, *steps)
        raise KnowledgeError(f"{self._document.where(place)}: {'.'.join(place)}: {why}")

    def _check(self, rule: SiteRule) -> None:
        if not _TOPIC.fullmatch(rule.topic):
            self._refuse("lower-case letters, digits and hyphens, 3 to 60 of them", "topic")
        if self._known.site_rule(rule.topic) is not None:
            self._refuse(f"there is a rule {rule.topic!r} already", "topic")
        if rule.by.source not in self._known.sources:
            hint = nearest(rule.by.source, self._known.sources)
            self._refuse(f"unknown source {rule.by.source!r}{hint}", "by", "source")
        if rule.by.confidence is Confidence.DEFAULT and not self._known.sources[rule.by.source].own:
            self._refuse(
                "confidence D is for defaults of this service, and its source is a document", "by", "confidence"
            )
        self._check_words(rule)
        names = self._products | set(self._brands)
        for index, product in enumerate(rule.when.products):
            if product not in names or self._brands.get(product, product) not in self._products:
                hint = nearest(product, names)
                self._refuse(f"no product {product!r} is checked{hint}", "when", "products", str(index))
        self._check_each(lambda drug: check_drug(drug, self._drugs), rule.when.on_drug, "when", "on_drug")
        self._check_each(lambda drug: check_drug(drug, self._drugs), rule.unless_drug, "unless_drug")
        self._check_each(check_problem, rule.when.has_problem, "when", "has_problem")
        self._check_each(check_problem, rule.has_problem, "has_problem")
        age = rule.when.age
        if age is not None and age.at_least is None and age.below is None:
            self._refuse("give at_least, below, or both", "when", "age")
        if age is not None and age.below is not None and age.below <= max(age.at_least or 0, 0):
            self._refuse("nobody is that old: below must be more than at_least, and than 0", "when", "age")
        if rule.any_result is not None and rule.any_result in (rule.no_result, rule.unless_result):
            self._refuse("the rule wants the same result to be there and not to be there", "any_result")
        if len(rule.cases) > _MOST_CASES:
            self._refuse(f"more than {_MOST_CASES}", "cases")

    def _check_each(self, check: Callable[[str], object], written: Iterable[str], *steps: str) -> None:
        for index, each in enumerate(written):
            try:
                check(each)
            except NotUsableError as error:
                self._refuse(str(error), *steps, str(index))

    def _check_words(self, rule: SiteRule) -> None:
        longest = max(len(brand.name) for product in self._known.products for brand in product.brands)
        for key in ("summary", "rule"):
            sentence = getattr(rule, key)
            check_sentence(self._document, sentence, PLACEHOLDERS, (*self._place, key))
            if _TAG.search(sentence):
                self._refuse("a card holds no HTML", key)
            if not sentence.strip():
                self._refuse("must say something", key)
        if len(rule.summary.replace("{drug}", "-" * longest)) > _LONGEST_SUMMARY:
            self._refuse(f"with the longest drug name longer than {_LONGEST_SUMMARY} characters", "summary")

    def _condition(
        self, condition: ResultCondition, rule: SiteRule, steps: tuple[str, ...], fallback: str | None
    ) -> ResultCondition:
        """Resolve the codes of a condition to tests."""
        if not condition.codes and not condition.tests:
            self._refuse('name codes ("http://loinc.org|5196-1") or tests', *steps)
        days = condition.within_days
        if days is not None and not 1 <= days <= _LONGEST_DAYS:
            self._refuse(f"1 to {_LONGEST_DAYS} days", *steps, "within_days")
        if condition.has_bounds and condition.values:
            self._refuse("compares a number or values, not both", *steps)
        if condition.has_bounds and not condition.unit:
            self._refuse("a number needs its unit", *steps)
        if condition.is_empty:
            self._refuse("no number lies within these limits", *steps)
        for index, name in enumerate(condition.tests):
            concept = self._concepts.get(name)
            if concept is None or concept.kind is Kind.SITE:
                self._refuse(f"unknown test {name!r}{nearest(name, self._concepts)}", *steps, "tests", str(index))
        shown = condition.display or fallback
        named = [self._test(code, shown, rule.by, (*steps, "codes", str(i))) for i, code in enumerate(condition.codes)]
        condition = msgspec.structs.replace(condition, tests=tuple(dict.fromkeys((*condition.tests, *named))))
        if not condition.display:
            condition = msgspec.structs.replace(condition, display=self._concepts[condition.tests[0]].display)
        self._check_comparison(condition, steps)
        return condition

    def _check_comparison(self, condition: ResultCondition, steps: tuple[str, ...]) -> None:
        for name in condition.tests:
            concept = self._concepts[name]
            if condition.compares and concept.kind is Kind.LABORATORY and not condition.newest:
                self._refuse(f"of {concept.display} only the newest day is read; write newest: true", *steps)
            if condition.has_bounds and concept.kind is not Kind.SITE and condition.unit != concept.unit:
                unit = f"is judged in {concept.unit}" if concept.unit else "is no number"
                self._refuse(f"{concept.display} {unit}, not {condition.unit}", *steps, "unit")

    def _test(self, written: str, display: str | None, by: Cited, steps: tuple[str, ...]) -> str:
        """Return the name of the test that a code means, adding it if it is new."""
        system, mark, code = written.partition("|")
        if not mark or not SYSTEM.fullmatch(system) or not CODE.fullmatch(code):
            self._refuse(f"{written!r}: write system|code, such as {_LOINC}|5196-1", *steps)
        system = system.rstrip("/")
        if (system, code) in self._by_code:
            return self._by_code[system, code]
        try:
            entry = CodeEntry(code=code, display=display or code)
            shape: dict[str, Any] = {"loinc": ()}
            if system == _LOINC:
                shape = {"loinc": (msgspec.structs.replace(entry, code=str(LoincCode(code))),)}
            elif system == SNOMED:
                shape["snomed"] = (msgspec.structs.replace(entry, code=str(SnomedCode(code))),)
            else:
                shape["local"] = (LocalCode(system=system, code=code),)
        except MalformedCodeError:
            self._refuse(f"{code!r} is not a code of {system}: its check digit is wrong", *steps)
        name = f"{system}|{code}"
        self._concepts[name] = Concept(
            display=display or code, order_display=display, kind=Kind.SITE, asked_by=Query.LABS, by=by, **shape
        )
        self._by_code[system, code] = name
        return name

    def _ordered(self, test: OrderedTest, by: Cited) -> OrderedTest:
        return msgspec.structs.replace(test, concept=self._test(test.code, test.display, by, ("order_test", "code")))

    def _case(self, case: RuleCase, index: int, rule: SiteRule) -> RuleCase:
        """Resolve the names of a case."""
        steps = ("cases", str(index))
        drug = case.drug or next(iter(rule.when.products), next(iter(sorted(self._products))))
        if drug not in self._products and self._brands.get(drug) not in self._products:
            names = self._products | set(self._brands)
            self._refuse(f"no product {drug!r} is checked{nearest(drug, names)}", *steps, "drug")
        self._check_each(check_problem, case.problems, *steps, "problems")
        self._check_each(drug_code, case.drugs, *steps, "drugs")
        results = tuple(
            self._case_result(each, rule, (*steps, "results", str(number))) for number, each in enumerate(case.results)
        )
        where = self._document.where((*self._place, *steps))
        hook = case.hook or ("order-sign" if "order-sign" in rule.hooks else rule.hooks[0])
        return msgspec.structs.replace(case, drug=drug, hook=hook, results=results, where=where)

    def _case_result(self, result: CaseResult, rule: SiteRule, steps: tuple[str, ...]) -> CaseResult:
        if (result.code is None) == (result.test is None):
            self._refuse("name a code or a test", *steps)
        if result.test is not None and result.test not in self._concepts:
            self._refuse(f"unknown test {result.test!r}{nearest(result.test, self._concepts)}", *steps, "test")
        name = result.test or self._test(result.code or "", None, rule.by, (*steps, "code"))
        return msgspec.structs.replace(result, test=name)

    def _check_view(self, rule: SiteRule) -> None:
        """Refuse conditions on data that are not read when a chart is opened."""
        if rule.order_test is None:
            self._refuse("at patient-view a rule asks for a test; name order_test", "when", "moments")
        tests = [name for condition in rule.results for name in condition.tests]
        unread = [name for name in tests if self._concepts[name].asked_by not in _ON_VIEW]
        if unread or rule.when.tiers:
            what = self._concepts[unread[0]].display if unread else "HER2"
            self._refuse(f"{what} is not read at patient-view", "when", "moments")

    def _drug_names(self, rule: SiteRule) -> Iterable[DrugClass]:
        """Yield the drugs that no shipped rule uses, each as its own class, so that the chart is read for them."""
        for drug in dict.fromkeys((*rule.when.on_drug, *rule.unless_drug)):
            if drug not in self._drugs:
                yield class_of(drug, rule.display, rule.by)
