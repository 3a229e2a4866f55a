"""``her2-cds knowledge``: check and compare a site's changes to the shipped knowledge and card texts."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cards.knowledge.billing_loader import default_billing
from cards.knowledge.located import Document, nearest
from cards.knowledge.schema import KnowledgeError
from cards.presentation.language import ENGLISH
from cards.presentation.translation import languages, untranslated
from cards.presentation.wording import Wording, WordingError
from cards.readings.case import counted
from cds_service.commands.options import FILE, config_option, fail, output_option, settings_of
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.site_content import changed_shipped_values, overridden_values
from cds_service.configuration.site_diff import Change, changes, told
from cds_service.configuration.site_layer import SiteLayer, read_site_layer, site_layer
from cds_service.page_words import untranslated_pages
from cds_service.public_files.against import check_against
from cds_service.public_files.findings import PublicFileError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cds_service.public_files.findings import Finding

SAME, DIFFERENT = 0, 1
_DEFAULT = "default"
_OF_KNOWLEDGE = frozenset({"sources", "brands", "products", "drug_words"})
_OF_RULES = frozenset({"rules"})
_OF_CONFIGURATION = frozenset({"auth", "site"})
_OF_WORDS = frozenset(Wording.__struct_fields__)
_OVERLAID = ("knowledge.", "wording.")
"""How the places begin that ``knowledge shipped`` prints."""


@click.group()
def knowledge() -> None:
    """Check and compare the site's changes to the shipped knowledge and card texts."""


@knowledge.command("check")
@click.argument("files", nargs=-1, type=FILE)
@click.option("--against", multiple=True, type=FILE, help="A public file to compare the knowledge with.")
@click.option("--shipped", "kept", type=FILE, help="What `knowledge shipped` printed before an upgrade.")
@click.option("--language", help="List the sentences that this language still shows in English (es, de).")
@config_option
def check(
    files: tuple[Path, ...], against: tuple[Path, ...], kept: Path | None, language: str | None, config: Path | None
) -> None:
    """Validate FILES, or those in the configuration; problems are reported with file, line and nearest known word.

    With --shipped, list the shipped values that a release has changed underneath the site's own.

    With --language, the sentences without a translation are listed as well, and the exit code is 1 where there are any.

    With --against, the knowledge including these files is compared with files as agencies publish them: openFDA's NDC
    directory (JSON), the CMS NDC to HCPCS crosswalk (CSV), the quarterly HCPCS file, RXNCONSO, the ICD-10-CM order
    file, or a structured product label (XML).

    Exit code: 0 they can be used and nothing differs, 1 a public file says otherwise, 2 a file cannot be used.
    """
    layer = _layer(files) if files else settings_of(config).site_layer
    # Everything is read before anything is printed: a file that cannot be used leaves one line and nothing else.
    in_english = _in_english(language, layer) if language else []
    before = _kept(kept) if kept is not None else {}
    compared = [(path, _compared(path, layer)) for path in against]
    named = [name for name, _ in (*layer.knowledge_files, *layer.wording_files, *layer.rule_files)]
    _print_changes(changes(site_layer((), ()), layer))
    cases = sum(len(rule.cases) for rule in layer.known.site_rules)
    if layer.known.site_rules:
        click.echo(f"{counted(len(layer.known.site_rules), 'rule')}, {counted(cases, 'case')}, all as expected")
    click.echo(f"{', '.join(named)}: valid" if named else "nothing is laid over what ships")
    if language:
        click.echo(f"{language}: {len(in_english)} said in English")
        _print_indented(in_english)
    changed = changed_shipped_values(before, _shipped_and_site(layer), layer)
    if kept is not None:
        click.echo(f"{kept.name}: {counted(len(changed), 'value')} changed by this release")
        _print_indented(changed)
    for path, found in compared:
        click.echo(f"{path.name}: {counted(len(found), 'difference')}")
        _print_indented(each.line for each in found)
    sys.exit(DIFFERENT if in_english or changed or any(found for _, found in compared) else SAME)


def _print_indented(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(f"  {line}")


def _print_changes(found: Iterable[Change]) -> None:
    for _, says, detail in told(found):
        click.echo(says)
        if detail:
            _print_indented(detail.split("; "))


def _in_english(language: str, layer: SiteLayer) -> list[str]:
    """List the sentences that have no translation."""
    try:
        return [*untranslated(language, layer.known), *untranslated_pages(language)]
    except WordingError as error:
        fail(str(error))


def _compared(path: Path, layer: SiteLayer) -> list[Finding]:
    """List where the knowledge differs from a public file."""
    try:
        return check_against(path, layer.known, default_billing(), datetime.now(UTC).date())
    except PublicFileError as error:
        fail(str(error))


def _kept(path: Path) -> dict[str, str]:
    """Read what ``knowledge shipped`` printed."""
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        fail(f"{path}: cannot be read as JSON")
    places = before if isinstance(before, dict) else {"": ""}
    if not all(isinstance(said, str) and place.startswith(_OVERLAID) for place, said in places.items()):
        fail(f"{path}: not a file of `knowledge shipped`")
    return places


@knowledge.command("shipped")
@click.argument("files", nargs=-1, type=FILE)
@config_option
def shipped(files: tuple[Path, ...], config: Path | None) -> None:
    """Print the shipped values that FILES, or those in the configuration, replace, as JSON.

    Keep it with the files. After an upgrade, ``knowledge check --shipped KEPT.json`` says which of these values the
    release has changed.
    """
    layer = _layer(files) if files else settings_of(config).site_layer
    click.echo(
        json.dumps(overridden_values(_shipped_and_site(layer), layer), indent=2, ensure_ascii=False, sort_keys=True)
    )


def _shipped_and_site(layer: SiteLayer) -> SiteLayer:
    return site_layer((), (), layer.language if layer.language in languages() else ENGLISH)


@knowledge.command("diff")
@click.argument("before")
@click.argument("after")
@output_option("text", "json")
def diff(before: str, after: str, output: str) -> None:
    """Print what is different in AFTER; each is a file of the site, or a configuration with the files it names.

    ``default`` stands for the shipped knowledge.

    Exit code: 0 they are the same, 1 they are different, 2 one cannot be used.
    """
    found = changes(_named(before), _named(after))
    if output == "json":
        click.echo(json.dumps([each._asdict() for each in found], indent=2))
    else:
        _print_changes(found)
        if not found:
            click.echo("no difference")
    sys.exit(DIFFERENT if found else SAME)


def _named(name: str) -> SiteLayer:
    if name == _DEFAULT:
        return site_layer((), ())
    path = Path(name)
    if not path.is_file():
        fail(f"{name}: {'a folder' if path.is_dir() else 'no such file'}; name two files, or 'default'")
    is_configuration = not _OF_CONFIGURATION.isdisjoint(_sections(path))
    return settings_of(path).site_layer if is_configuration else _layer((path,))


def _layer(files: tuple[Path, ...]) -> SiteLayer:
    """Read files by their content: rules; knowledge (sources, brands, products, drug words); otherwise card texts."""
    try:
        rules = [path for path in files if _has(path, _OF_RULES)]
        rest = [path for path in files if path not in rules]
        of_knowledge = [path for path in rest if _has(path, _OF_KNOWLEDGE)]
        return read_site_layer(of_knowledge, [path for path in rest if path not in of_knowledge], rules=rules)
    except ConfigurationError as error:
        fail("\n".join(error.problems))


def _has(path: Path, sections: frozenset[str]) -> bool:
    """Return whether a file has one of some sections, perhaps misspelled."""
    found = _sections(path)
    return not found.isdisjoint(sections) or any(nearest(each, sections) for each in found - _OF_WORDS)


def _sections(path: Path) -> frozenset[str]:
    try:
        return frozenset(map(str, Document(path.read_text(encoding="utf-8"), path.name).tree))
    except (KnowledgeError, OSError, UnicodeDecodeError):
        # Errors are reported when the file is read in full.
        return _OF_KNOWLEDGE
