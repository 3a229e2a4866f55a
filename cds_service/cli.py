"""The command line. A command is loaded only when it is called, so none pays for the imports of another."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from cds_service import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@contextmanager
def _without(package: str) -> Iterator[None]:
    """Hide an optional package from the libraries that are imported meanwhile.

    structlog draws tracebacks with rich if it finds it. A server logs JSON, and would pay a thirtieth of its start.
    """
    loaded: dict[str, Any] = sys.modules
    if package in loaded:
        yield
        return
    loaded[package] = None
    try:
        yield
    finally:
        del loaded[package]


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
            with _without("rich") if cmd_name == "serve" else nullcontext():
                command: click.Command = getattr(import_module(f"cds_service.commands.{module}"), cmd_name)
        finally:
            gc.freeze()
            gc.enable()
        return command


@click.command(cls=_Commands)
@click.version_option(__version__, prog_name="her2-cds")
def main() -> None:
    """Decision support for orders of HER2-targeted cancer drugs, over CDS Hooks and FHIR R4."""
