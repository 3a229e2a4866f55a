"""The command line. A command is loaded only when it is called, so none pays for the imports of another."""

from __future__ import annotations

import gc
from importlib import import_module

import click

from cds_service import __version__

_COMMANDS = {
    "asp": "asp",
    "audit": "record",
    "check": "check",
    "config": "config",
    "database": "database",
    "example": "example",
    "explain": "record",
    "feedback": "learn",
    "knowledge": "knowledge",
    "learn": "learn",
    "policy": "policy",
    "record": "committee",
    "request": "request",
    "serve": "serve",
    "shadow": "shadow",
    "simulate": "simulate",
}
"""Each command, and the module of ``commands`` that defines it under the same name."""


class _Commands(click.Group):
    """Finds commands by their modules."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what comes before the command; for an option of a command there, say where it belongs."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            name = error.option_name
            raise click.UsageError(
                f"{error.message} Options stand after the command: {ctx.info_name} COMMAND {name}"
            ) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        # Loading creates hundreds of thousands of permanent objects; garbage collection would take a sixth of that
        # time.
        gc.disable()
        try:
            command: click.Command = getattr(import_module(f"cds_service.commands.{module}"), cmd_name)
        finally:
            gc.freeze()
            gc.enable()
        return command


@click.command(cls=_Commands)
@click.version_option(__version__, prog_name="her2-cds")
def main() -> None:
    """Decision support for orders of HER2-targeted cancer drugs, over CDS Hooks and FHIR R4."""
