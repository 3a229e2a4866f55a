"""``her2-cds example``: the requests of ``examples/``."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from cds_service.commands.options import fail
from cds_service.tryit import examples
from fhir_mappings.request.builder import BuildError, draft_order


@click.command()
@click.argument("name", required=False)
@click.option("--drug", help="Order this drug, by its name, instead; for example one that the site has added.")
@click.option("--dose", help='The dose of that drug, such as "252 mg" or "3.6 mg/kg".')
def example(name: str | None, drug: str | None, dose: str | None) -> None:
    """Print a request of examples/ as if it were sent today; without a name, list them."""
    if name is None:
        click.echo("\n".join(examples.names()))
        return
    if (drug is None) != (dose is None):
        fail("--drug and --dose must be used together")
    try:
        text = examples.example(name, datetime.now(UTC).date())
        click.echo(text if drug is None or dose is None else _with_order(text, drug, dose))
    except LookupError:
        fail(f"no example {name!r}; there are {', '.join(examples.names())}")
    except BuildError as error:
        fail(str(error))


def _with_order(text: str, drug: str, dose: str) -> str:
    """Put an order of a drug in the place of those in a request."""
    request = json.loads(text)
    context = request["context"]
    if "draftOrders" not in context:
        raise BuildError("this example has no draft orders; choose another")
    order = draft_order(drug, dose, context["patientId"])
    amount = order["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]
    value = amount["value"]
    amount["value"] = int(value) if value == int(value) else float(value)
    context["draftOrders"]["entry"] = [{"resource": order}]
    return json.dumps(request, indent=2)
