"""Every command that a page of the documentation names exists, with every option that it is given there."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from cds_service.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_INLINE = re.compile(r"`(?:\.venv/bin/)?her2-cds ([^`\n]+)`")
_BLOCK = re.compile(r"```[a-z]*\n(.*?)```", re.DOTALL)
_IN_BLOCK = re.compile(r"(?:^|\|) *(?:[A-Z_0-9]+=\S+ +|sudo +)?(?:\.venv/bin/)?her2-cds ([^|#\n]+)", re.MULTILINE)
_WORD = re.compile(r"[^\s\[\]|]+")
_ANY = "…"


def commands_in(text: str) -> list[str]:
    """Return what stands behind each ``her2-cds`` of a page."""
    joined = text.replace("\\\n", " ")
    in_blocks = [found for block in _BLOCK.findall(joined) for found in _IN_BLOCK.findall(block)]
    return [*(each.split(" | ")[0] for each in _INLINE.findall(joined)), *in_blocks]


def wrong_in(written: str) -> str:
    """Say what is unknown in a command; nothing where all of it is known."""
    command: click.Command = main
    words = _WORD.findall(written)
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        name = words.pop(0).rstrip(",.;:)")
        if name == _ANY:
            return ""
        found = command.get_command(click.Context(command), name)
        if found is None:
            return f"no command {name}"
        command = found
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)} | {"--help", "--version"}
    options = [word.split("=")[0].rstrip(",.;:)") for word in words if word.startswith("--")]
    return "; ".join(f"no option {each}" for each in options if each not in known)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_commands_that_exist(page: Path) -> None:
    written = commands_in(page.read_text(encoding="utf-8"))
    assert {each: wrong for each in written if (wrong := wrong_in(each))} == {}


def test_an_unknown_command_or_option_in_a_document_is_found() -> None:
    assert wrong_in("chek request.json") == "no command chek"
    assert wrong_in("check request.json --no-such") == "no option --no-such"
    assert wrong_in("learn report --period=week") == ""
    text = "```\nher2-cds config chek FILE  # a note\n.venv/bin/her2-cds example x | .venv/bin/her2-cds check -\n```"
    assert [each.strip() for each in commands_in(text)] == ["config chek FILE", "example x", "check -"]
