"""Applies a site's changes to the shipped knowledge: its own sources, brands of known products, and products.

A new biosimilar needs only a brand. Everything else stays as shipped.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from cards.knowledge.complete import need_complete
from cards.knowledge.drug_names import name_in
from cards.knowledge.loader import check
from cards.knowledge.located import Document, merged_over, nearest, vouched_for
from cards.knowledge.names import level_problem
from cards.knowledge.problems import Problems, with_all_files, with_files
from cards.knowledge.schema import (
    AtcEntry,
    Brand,
    Cited,
    HcpcsEntry,
    Knowledge,
    KnowledgeError,
    KnowledgeRecord,
    Package,
    Product,
    RetiredCode,
    RxNormEntry,
    Source,
)
from cards.knowledge.schema.drug_words import IgnoredWords
from cards.knowledge.site_conflicts import place_of, refuse_taken
from cards.values.codes import MalformedCodeError

if TYPE_CHECKING:
    from collections.abc import Iterable

_QUOTED = re.compile(r"'([^']{1,80})'")
_WHOLE = frozenset({"name", "generic", "scope", "brands"})
_POSITIVE = frozenset(
    {"mg", "mg_per_kg", "mg_per_ml", "unit_mg", "contents_mg", "vials", "times_a_day", "cycles", "weeks", "minutes"}
    | {"within_days", "every_days", "later_every_days", "interval_days", "interval_months"}
)
"""Keys whose number counts or measures something that there is."""
_SECTIONS = ("sources", "brands", "products", "drug_words")


class SiteHcpcs(KnowledgeRecord, frozen=True, kw_only=True):
    """A billing code of a brand; without a descriptor it gets one from the brand's generic name."""

    code: str
    unit_mg: Decimal
    descriptor: str | None = None
    by: Cited


class SiteDrugWords(KnowledgeRecord, frozen=True, kw_only=True):
    """A site's words that accompany drug names but do not name a drug; ``why`` says what they are."""

    words: tuple[str, ...]
    why: str


class SiteBrand(KnowledgeRecord, frozen=True, kw_only=True):
    """A brand of a known product; ``of`` is the product's id. Its label is that of the product unless it names one."""

    of: str
    id: str
    name: str
    generic: str
    names: tuple[str, ...] = ()
    label: str | None = None
    rxnorm: tuple[RxNormEntry, ...] = ()
    atc: tuple[AtcEntry, ...] = ()
    hcpcs: tuple[SiteHcpcs, ...] = ()
    retired_hcpcs: tuple[RetiredCode, ...] = ()
    own_hcpcs: bool = True
    packages: tuple[Package, ...] = ()


def with_site(known: Knowledge, files: Iterable[tuple[str, str]]) -> Knowledge:
    """Apply a site's files, each a name and its text, to the knowledge.

    Raises:
        KnowledgeError: files are wrong; each problem names the file, the line and the nearest known word.

    """
    return with_all_files(known, files, _with_file)


def site_over(known: Knowledge, files: Iterable[tuple[str, str]], problems: Problems) -> Knowledge:
    """Apply what can be applied of a site's files, and note what is wrong in them."""
    return with_files(known, files, _with_file, problems)


def _with_file(known: Knowledge, document: Document, problems: Problems) -> Knowledge:
    with problems.caught():
        document.allow_only(_SECTIONS)
    before = len(problems.found)
    given = document.tree.get("sources")
    with problems.caught(*(given if isinstance(given, dict) else ())):
        known = msgspec.structs.replace(known, sources={**known.sources, **_sources(known, document)})
    own = frozenset(given) if isinstance(given, dict) else frozenset()
    for section, added in _ADDED.items():
        ids: set[Any] = set()
        with problems.caught():
            for index, tree in enumerate(document.entries(section)):
                identifier = tree.get("id") if isinstance(tree, dict) else None
                with problems.caught(identifier):
                    if identifier is not None and str(identifier) in ids:
                        where = document.where((section, str(index), "id"))
                        raise KnowledgeError(f"{where}: {section}.{index}.id: {identifier!r} stands here twice")
                    ids.add(str(identifier))
                    known = added(known, document, vouched_for(tree, own), (section, str(index)))
    known = msgspec.structs.replace(known, version=document.version_over(known.version))
    if len(problems.found) == before:
        _check_whole(known, document)
    return known


def _check_whole(known: Knowledge, document: Document) -> None:
    """Check the references between the parts, and every code."""
    try:
        check(known)
    except MalformedCodeError as error:
        where = document.where(place_of(document.tree, error.text, ()))
        raise KnowledgeError(f"{where}: {error}") from None
    except KnowledgeError as error:
        # The message quotes the id or the source that is wrong.
        quoted = _QUOTED.search(str(error))
        where = document.where(place_of(document.tree, quoted[1], ())) if quoted else document.name
        raise KnowledgeError(f"{where}: {error}") from None


def _sources(known: Knowledge, document: Document) -> dict[str, Source]:
    given = document.tree.get("sources") or {}
    sources = document.convert(given, dict[str, Source], ("sources",))
    for name, source in sources.items():
        if source.own:
            raise KnowledgeError(f"{document.where(('sources', name, 'own'))}: own is for defaults of the service")
        if name in known.sources:
            raise KnowledgeError(f"{document.where(('sources', name))}: the source {name!r} already exists")
    return sources


def _with_brand(known: Knowledge, document: Document, tree: Any, place: tuple[str, ...]) -> Knowledge:
    brand = document.convert(tree, SiteBrand, place)
    ids = [product.id for product in known.products]
    if brand.of not in ids:
        where = document.where((*place, "of"))
        raise KnowledgeError(f"{where}: {'.'.join(place)}.of: no product {brand.of!r}{nearest(brand.of, ids)}")
    _need_sources(known, document, tree, place)
    _need_positive(document, tree, place)
    product = known.product(brand.of)
    made = Brand(
        id=brand.id,
        name=brand.name,
        generic=brand.generic,
        names=tuple(dict.fromkeys((brand.name, brand.generic, *brand.names))),
        label=brand.label or product.label,
        rxnorm=brand.rxnorm,
        atc=brand.atc,
        hcpcs=tuple(
            HcpcsEntry(
                code=each.code,
                unit_mg=each.unit_mg,
                descriptor=each.descriptor or f"Injection, {brand.generic}, {each.unit_mg.normalize():f} mg",
                by=each.by,
            )
            for each in brand.hcpcs
        ),
        retired_hcpcs=brand.retired_hcpcs,
        own_hcpcs=brand.own_hcpcs and bool(brand.hcpcs),
        packages=brand.packages,
    )
    brands = (*(each for each in product.brands if each.id != made.id), made)
    product = msgspec.structs.replace(product, brands=brands)
    refuse_taken(known, product, document, tree, place)
    return _with(known, product)


def _with_drug_words(known: Knowledge, document: Document, tree: Any, place: tuple[str, ...]) -> Knowledge:
    """Add words in the site's order sentences that do not name a drug, such as a building or an order set.

    A word that is part of a drug's name, or ends like one, is refused: ignoring it would hide another drug.
    """
    group = document.convert(tree, SiteDrugWords, place)
    for word in group.words:
        if not any(map(str.isalnum, word)):
            raise KnowledgeError(f"{document.where((*place, 'words'))}: {word!r} has no letter or digit")
        if (named := name_in(word, known)) is not None:
            why = f"{named!r} may name a drug, so it cannot be passed over"
            raise KnowledgeError(f"{document.where((*place, 'words'))}: {why}")
    words = known.drug_words
    added = IgnoredWords(words=group.words, why=group.why)
    return msgspec.structs.replace(known, drug_words=msgspec.structs.replace(words, ignored=(*words.ignored, added)))


def _with_product(known: Knowledge, document: Document, tree: Any, place: tuple[str, ...]) -> Knowledge:
    """Add a product, or apply changes to the shipped one with this id."""
    if not isinstance(tree, dict) or not isinstance(tree.get("id"), str):
        raise KnowledgeError(f"{document.where(place)}: {'.'.join(place)}: a product needs an id")
    shipped = next((each for each in known.products if each.id == tree["id"]), None)
    if shipped is None and not set(tree) >= _WHOLE:
        hint = nearest(tree["id"], [each.id for each in known.products])
        said = f"no product {tree['id']!r} ships{hint}; a product of your own needs {', '.join(sorted(_WHOLE))}"
        raise KnowledgeError(f"{document.where((*place, 'id'))}: {'.'.join(place)}.id: {said}")
    whole = tree if shipped is None else merged_over(msgspec.to_builtins(shipped), tree)
    product = document.convert(whole, Product, place)
    if shipped is None:
        product = _by_every_name(product)
    _need_sources(known, document, tree, place)
    _need_positive(document, tree, place)
    need_complete(product, document, tree, place, is_new=shipped is None)
    refuse_taken(known, product, document, tree, place)
    return _with(known, product)


def _by_every_name(product: Product) -> Product:
    """Return a new product that is recognized by its names and those of its brands without listing them again."""
    named = ((brand, tuple(dict.fromkeys((brand.name, *brand.names)))) for brand in product.brands)
    brands = tuple(msgspec.structs.replace(brand, names=names) for brand, names in named)
    names = tuple(dict.fromkeys((product.name, product.generic, *product.names, *(each.generic for each in brands))))
    return msgspec.structs.replace(product, brands=brands, names=names)


def _with(known: Knowledge, product: Product) -> Knowledge:
    """Replace the product with the same id, or append a new one."""
    if all(each.id != product.id for each in known.products):
        return msgspec.structs.replace(known, products=(*known.products, product))
    products = tuple(product if each.id == product.id else each for each in known.products)
    return msgspec.structs.replace(known, products=products)


_ADDED = {"products": _with_product, "brands": _with_brand, "drug_words": _with_drug_words}


def _need_positive(document: Document, tree: Any, place: tuple[str, ...]) -> None:
    """Refuse a dose, an amount or an interval of nothing or less, naming its line."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key in _POSITIVE and isinstance(value, int | Decimal) and value <= 0:
                where = document.where((*place, key))
                raise KnowledgeError(f"{where}: {'.'.join((*place, key))}: must be more than 0")
            _need_positive(document, value, (*place, str(key)))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            _need_positive(document, value, (*place, str(index)))


def _need_sources(known: Knowledge, document: Document, tree: Any, place: tuple[str, ...]) -> None:
    """Refuse a citation of an unknown source, naming its line."""
    if isinstance(tree, dict):
        source = tree.get("source")
        if "confidence" in tree and isinstance(source, str) and source not in known.sources:
            where = document.where((*place, "source"))
            raise KnowledgeError(f"{where}: unknown source {source!r}{nearest(source, known.sources)}")
        if "confidence" in tree and isinstance(source, str):
            for why in level_problem(str(tree["confidence"]), known.sources[source]):
                raise KnowledgeError(f"{document.where((*place, 'confidence'))}: {why}")
        for key, value in tree.items():
            _need_sources(known, document, value, (*place, str(key)))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            _need_sources(known, document, value, (*place, str(index)))
