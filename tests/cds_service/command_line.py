"""Runs a command of ``her2-cds`` in the process of the test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from cds_service.cli import main

if TYPE_CHECKING:
    from click.testing import Result


def run(*arguments: object, **more: Any) -> Result:
    """Run a command; ``more`` goes to the runner, such as ``input`` or ``env``."""
    return CliRunner().invoke(main, [str(each) for each in arguments], **more)


def exit_and_output(*arguments: object) -> tuple[int, str]:
    """Run a command; return its exit code and what it printed."""
    result = run(*arguments)
    return result.exit_code, result.output
