"""Checks that the names used in payer policies exist, with their places in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cards.knowledge.located import nearest
from cards.knowledge.schema import Cited
from cards.knowledge.schema import coverage as shapes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.knowledge.located import Place
    from cards.knowledge.schema import Knowledge
    from cards.knowledge.schema.billing import BillingKnowledge
    from cards.knowledge.schema.coverage import PolicyFile

Problem = tuple["Place", str]
_MOST_NAMED = 12


def problems(file: PolicyFile, known: Knowledge, billing: BillingKnowledge) -> Iterator[Problem]:
    """Yield each unknown name, with its place and the nearest known one."""
    for name in file.sources:
        if name in known.sources:
            yield ("sources", name), f"the source {name!r} is there already; name yours otherwise"
    sources = {*known.sources, *file.sources}
    products = {product.id for product in known.products}
    for number, policy in enumerate(file.policies):
        place: Place = ("policies", str(number))
        yield from _unknown(policy.products, products, "product", (*place, "products"))
        for where, cited in _cited(policy, place):
            yield from _unknown_one(cited.source, sources, "unknown source", (*where, "source"))
        for index, path in enumerate(policy.paths):
            for each, criterion in enumerate(path.criteria):
                here = (*place, "paths", str(index), "criteria", str(each))
                if isinstance(criterion, shapes.OneOf):
                    for inner, alternative in enumerate(criterion.of):
                        yield from _of_check(alternative, (*here, "of", str(inner)), products, known, billing)
                else:
                    yield from _of_check(criterion, here, products, known, billing)


def _of_check(
    criterion: shapes.Check, place: Place, products: set[str], known: Knowledge, billing: BillingKnowledge
) -> Iterator[Problem]:
    match criterion:
        case shapes.PriorTherapy(groups=groups):
            wanted = {group.id for group in billing.drug_groups}
            yield from _unknown(groups, wanted, "drug group", (*place, "groups"))
        case shapes.PrescriberSpecialty(specialty=specialty):
            wanted = {each.id for each in billing.specialties}
            yield from _unknown_one(specialty, wanted, "no specialty", (*place, "specialty"))
        case shapes.ResultsOnRecord(tests=tests):
            yield from _unknown(tests, set(known.terminology.concepts), "test", (*place, "tests"))
        case shapes.GivenWith(products=named):
            yield from _unknown(named, products, "product", (*place, "products"))
        case shapes.SingleAgent(beside=named):
            yield from _unknown(named, products, "product", (*place, "beside"))
        case _:
            pass


def _unknown(names: Iterable[str], known: set[str], what: str, place: Place) -> Iterator[Problem]:
    for index, name in enumerate(names):
        yield from _unknown_one(name, known, f"no {what}", (*place, str(index)))


def _unknown_one(name: str, known: set[str], what: str, place: Place) -> Iterator[Problem]:
    if name not in known:
        listed = sorted(known)
        more = ", …" if len(listed) > _MOST_NAMED else ""
        hint = nearest(name, known) or f"; there are {', '.join(listed[:_MOST_NAMED])}{more}"
        yield place, f"{what} {name!r}{hint}"


def _cited(node: object, place: Place) -> Iterator[tuple[Place, Cited]]:
    """Yield every citation in a policy with its place."""
    if isinstance(node, Cited):
        yield place, node
    elif isinstance(node, msgspec.Struct):
        for field in node.__struct_fields__:
            yield from _cited(getattr(node, field), (*place, field))
    elif isinstance(node, tuple):
        for index, item in enumerate(node):
            yield from _cited(item, (*place, str(index)))
