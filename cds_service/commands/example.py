"""``her2-cds example``: the requests of examples/."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from cds_service.commands.options import fail
from cds_service.tryit import examples


@click.command()
@click.argument("name", required=False)
def example(name: str | None) -> None:
    """Print a request of examples/ as if it were sent today; without a name, list them."""
    if name is None:
        click.echo("\n".join(examples.names()))
        return
    try:
        click.echo(examples.example(name, datetime.now(UTC).date()))
    except LookupError:
        fail(f"no example {name!r}; there are {', '.join(examples.names())}")
