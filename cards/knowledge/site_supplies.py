"""The vials of a site's own products and brands, as its packages state them, so that their claims can be worked out."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from cards.knowledge.loader import default_knowledge
from cards.knowledge.schema import Scope
from cards.knowledge.schema.billing import BillingKnowledge, Form, Supply, Vial

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cards.knowledge.schema import Knowledge, Package, Product


def with_site_supplies(billing: BillingKnowledge, known: Knowledge) -> BillingKnowledge:
    """Add the vials of packages that do not ship with the service."""
    if known is default_knowledge():
        return billing
    shipped = {package.ndc for product in default_knowledge().products for package in _packages(product)}
    supplies = {supply.product: supply for supply in billing.supplies}
    for product in known.products:
        added = [package for package in _packages(product) if package.ndc not in shipped]
        is_new = product.id not in supplies
        if product.scope is Scope.CHECKED and not product.is_oral and (added or is_new):
            supply = supplies.get(product.id) or _supply(product)
            vials = {(vial.contents_mg, vial.multi_dose): vial for vial in supply.vials}
            for package in added:
                vial = _vial(package, product, supply.form)
                if vial is not None:
                    vials.setdefault((vial.contents_mg, vial.multi_dose), vial)
            supplies[product.id] = msgspec.structs.replace(supply, vials=tuple(vials[key] for key in sorted(vials)))
    return msgspec.structs.replace(billing, supplies=tuple(supplies.values()))


def _packages(product: Product) -> Iterator[Package]:
    for brand in product.brands:
        yield from brand.packages


def _supply(product: Product) -> Supply:
    """Return the supply of a site's product, still without vials."""
    ready = product.concentration is not None and product.concentration.ready_to_use
    package = next(_packages(product), None)
    cited = package.by if package is not None else product.regimens[0].by
    return Supply(product=product.id, form=Form.SOLUTION if ready else Form.POWDER, vials=(), by=cited)


def _vial(package: Package, product: Product, form: Form) -> Vial | None:
    """Return the vial of a package; none for a fraction of a milligram, which no claim counts."""
    if package.contents_mg != int(package.contents_mg):
        return None
    volume: Decimal | None = None
    if form is Form.SOLUTION:
        if product.concentration is None:
            return None
        volume = package.contents_mg / product.concentration.mg_per_ml
    return Vial(contents_mg=int(package.contents_mg), volume_ml=volume, multi_dose=package.multi_dose)
