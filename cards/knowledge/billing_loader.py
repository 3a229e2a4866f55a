"""Loads the billing knowledge and the payer policies, and checks both against the rest of the knowledge."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from cards.knowledge.loader import citations, default_knowledge, parse
from cards.knowledge.located import Document
from cards.knowledge.policy_names import problems
from cards.knowledge.schema import KnowledgeError, Scope, Source
from cards.knowledge.schema import coverage as shapes
from cards.knowledge.schema.billing import BillingKnowledge, Form
from cards.knowledge.schema.coverage import PayerPolicy, PolicyFile
from cards.knowledge.shipped import shipped_file
from cards.values.caching import once
from cards.values.codes import Icd10Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.resources.abc import Traversable


def load_billing(root: Traversable | None = None) -> BillingKnowledge:
    """Read the billing knowledge.

    Raises:
        KnowledgeError: an unknown field, a value without a source, a product without vials.

    """
    root = root or files("cards") / "knowledge"
    name = "billing.yaml"
    billing = parse(shipped_file(root / name), name, BillingKnowledge)
    known = default_knowledge()
    _need_sources(billing, known.sources)
    supplied = [supply.product for supply in billing.supplies]
    # Tablets are dispensed by a pharmacy: there are no vials, and no HCPCS units are billed.
    checked = [product.id for product in known.products if product.scope is Scope.CHECKED and not product.is_oral]
    if sorted(supplied) != sorted(checked):
        raise KnowledgeError(f"{name}: vials are wanted for {sorted(checked)}, once each")
    for supply in billing.supplies:
        if any((vial.volume_ml is None) is (supply.form is Form.SOLUTION) for vial in supply.vials):
            raise KnowledgeError(f"{name}: {supply.product}: a solution has a volume, a powder none")
    classes = {group.id for group in known.drug_classes}
    for group in billing.drug_groups:
        for product in group.products:
            known.product(product)
        if unknown := set(group.classes) - classes:
            raise KnowledgeError(f"{name}: {group.id}: unknown drug classes {sorted(unknown)}")
    diagnoses = billing.diagnoses
    for code in (*(c for each in diagnoses.complete for c in each.codes), *(each.code for each in diagnoses.receptors)):
        Icd10Code(code)
    return billing


def load_policies(text: str, name: str, billing: BillingKnowledge) -> PolicyFile:
    """Read a site's own file of payer policies.

    Raises:
        KnowledgeError: an unknown check or field, a criterion without a source, an unknown product, group or test; the
            message names the line, and the nearest known word.

    """
    document = Document(text, name, aliases=True)
    file = document.convert(document.tree, PolicyFile)
    for place, problem in problems(file, default_knowledge(), billing):
        raise KnowledgeError(f"{document.where(place)}: {'.'.join(place)}: {problem}")
    return file


def _shipped_policies(path: Traversable, billing: BillingKnowledge) -> PolicyFile:
    """Read a shipped file of payer policies.

    Raises:
        KnowledgeError: as for a site's own; the message names the file.

    """
    file = parse(shipped_file(path), path.name, PolicyFile)
    for _, problem in problems(file, default_knowledge(), billing):
        raise KnowledgeError(f"{path.name}: {problem}")
    return file


def _need_sources(node: object, sources: Mapping[str, Source]) -> None:
    for cited in citations(node):
        if cited.source not in sources:
            raise KnowledgeError(f"unknown source {cited.source!r}")


def flat(criteria: Iterable[shapes.Check | shapes.OneOf]) -> Iterable[shapes.Check]:
    """Return every check of some criteria, with alternatives flattened."""
    for criterion in criteria:
        if isinstance(criterion, shapes.OneOf):
            yield from criterion.of
        else:
            yield criterion


@once
def default_billing() -> BillingKnowledge:
    """Return the shipped billing knowledge; read once."""
    return load_billing()


@once
def default_policies() -> tuple[PayerPolicy, ...]:
    """Return the shipped policies, a single payer's policy before those of a billing page."""
    folder = files("cards") / "knowledge" / "policies"
    names = sorted((entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=_own_text_first)
    read = [_shipped_policies(folder / name, default_billing()) for name in names]
    return tuple(policy for file in read for policy in file.policies)


def _own_text_first(name: str) -> tuple[bool, str]:
    return name.endswith("-payers.yaml"), name
