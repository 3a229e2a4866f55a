"""Every command held wrong: one clear line on standard error, nothing on standard output, exit code 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from cds_service.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERVER = ["--fhir-server", "http://127.0.0.1:9/fhir", "--patient", "1"]

FILES: dict[str, bytes] = {
    "good.yaml": b'auth: {mode: "off"}\ndatabase: sqlite:///good.sqlite\n',
    "new.yaml": b'auth: {mode: "off"}\ndatabase: sqlite:///new.sqlite\n',
    "good.sqlite": b"",
    "key.yaml": b"cardz: {}\n",
    "site.yaml": b'auth: {mode: "off"}\nsite: {knowledge: [folder]}\n',
    "folder.yaml": b'auth: {mode: "off"}\ndatabase: sqlite:///folder\n',
    "text.yaml": b'auth: {mode: "off"}\ndatabase: sqlite:///text.txt\n',
    "nowhere.yaml": b'auth: {mode: "off"}\ndatabase: sqlite:///nowhere/a.sqlite\n',
    "refused.yaml": b'auth: {mode: "off"}\ndatabase: postgresql+psycopg://me@127.0.0.1:1/x\n',
    "empty": b"",
    "cut.json": b'{\n "hook":',
    "list.json": b"[]",
    "bundle.json": b'{"resourceType": "Bundle"}',
    "patient.json": b'{"resourceType": "Patient", "id": "1"}',
    "text.txt": b"hello\n",
    "columns.csv": b"HCPCS,limit\nJ9354,1\n",
    "program": b"\x7fELF\x02\x01\x01\x00\x00\xff\xfe" * 9,
}
"""What stands in the folder of a test, beside an empty ``folder``; ``missing`` is not there."""

WITH_CONFIG = [
    ["audit", "export"],
    ["audit", "purge", "--older-than", "3"],
    ["check", "list.json"],
    ["config", "schema"],
    ["config", "show", "--with-policy"],
    ["database", "backup", "new"],
    ["database", "restore", "text.txt"],
    ["database", "upgrade"],
    ["explain", "x"],
    ["feedback", "export"],
    ["knowledge", "check"],
    ["knowledge", "shipped"],
    ["learn", "report"],
    ["learn", "watch"],
    ["policy", "diff", "1", "2"],
    ["policy", "export", "1"],
    ["policy", "list"],
    ["policy", "show", "1"],
    ["policy", "stop", "lvef-missing", "--by", "A", "--reason", "b"],
    ["policy", "stops"],
    ["policy", "trial", "begin", "1", "--by", "A"],
    ["policy", "trial", "end", "1", "--by", "A"],
    ["record", "report", "--month", "2026-11", "--out", "new"],
    ["request", *SERVER],
    ["serve"],
    ["shadow", "report"],
    ["shadow", "review", "x", "lvef-missing", "--verdict", "right", "--by", "A"],
    ["shadow", "sample"],
    ["simulate", "plans"],
]
OF_DATABASE = [
    each for each in WITH_CONFIG if each[0] in {"audit", "database", "explain", "feedback", "learn", "policy", "shadow"}
]
CONFIGS = {
    "missing": "does not exist",
    "folder": "is a directory",
    "key.yaml": "key.yaml:1: unknown key 'cardz'; did you mean 'cards'?",
    "cut.json": "cut.json:2: not valid YAML",
    "list.json": "list.json:1: the file must hold keys and values",
    "program": "program: cannot be read: it is not in UTF-8",
}
DATABASES = {
    "folder.yaml": "unable to open database file",
    "text.yaml": "file is not a database",
    "nowhere.yaml": "there is no folder",
    "refused.yaml": "Connection refused",
}

ROWS = [
    (["sevre"], "No such command 'sevre'"),
    (["--config", "good.yaml", "check", "list.json"], "stand after the command: main COMMAND --config"),
    (["config", "chekc", "good.yaml"], "Did you mean 'check'?"),
    (["asp", "import"], "Missing argument 'FILE'"),
    (["asp", "import", "folder"], "is a directory"),
    (["asp", "import", "columns.csv"], "columns.csv: no row with the columns 'HCPCS Code' and 'Payment Limit'"),
    (["asp", "import", "program"], "program: no row with the columns"),
    (["audit", "purge", "--older-than", "0"], "not in the range"),
    (["audit", "export", "--from", "yesterday"], "'yesterday' does not match the formats"),
    (["audit", "export", "--from", "2026-12-01", "--to", "2026-01-01"], "is not after --from 2026-12-01"),
    (["audit", "export", "--service", "her2-sign"], "'her2-sign' is not one of 'her2-order-select'"),
    (["check"], "Missing argument 'REQUEST_FILE'"),
    (["check", "folder"], "Is a directory"),
    (["check", "missing"], "No such file"),
    (["check", "empty"], "empty: the file cannot be read: the body is empty"),
    (["check", "cut.json"], "it ends too early, at line 2"),
    (["check", "list.json"], "list.json: the file must hold one JSON object, a CDS Hooks request"),
    (["check", "bundle.json"], "bundle.json: this is a FHIR Bundle, not a CDS Hooks request; her2-cds request --order"),
    (["check", "program"], "program: the file cannot be read: the body is not UTF-8 text"),
    (["check", "list.json", "--service", "nope"], "'nope' is not one of 'her2-order-select'"),
    (["config", "check", "folder"], "is a directory"),
    (["config", "check", "empty"], "empty: the file is empty"),
    (["config", "check", "site.yaml"], "folder: cannot be read: it is a folder"),
    (["config", "diff", "folder", "default"], "folder: a folder; name two configuration files"),
    (["config", "diff", "default", "missing"], "missing: no such file; name two configuration files"),
    (["config", "diff", "default"], "Missing argument 'AFTER'"),
    (["config", "show", "--format", "xml"], "'xml' is not one of 'yaml', 'json'"),
    (["config", "demo", "more"], "unexpected extra argument (more)"),
    (["database", "backup", "good.yaml"], "good.yaml: is there already; a backup never replaces another"),
    (["database", "backup", "nowhere/new"], "there is no folder nowhere"),
    (["database", "backup", "new", "--config", "folder.yaml"], "folder: there is no database"),
    (["database", "backup", "folder"], "'folder' is a directory"),
    (["database", "restore", "text.txt"], "text.txt: not a backup of sqlite"),
    (["example", "nothing"], "no example 'nothing'; there are"),
    (["example", "kadcyla-clean", "--drug", "Ogivri"], "--drug and --dose must be used together"),
    (["example", "kadcyla-clean", "--drug", "Ogivri", "--dose", "much"], "a dose is a number and a unit"),
    (["example", "kadcyla-chart-opened", "--drug", "Ogivri", "--dose", "6 mg/kg"], "this example has no draft orders"),
    (["explain", "x"], "no decision and no card 'x' on record"),
    (["explain", "x", "--config", "new.yaml"], "new.sqlite: there is no database; call this where the service runs"),
    (["feedback", "export", "--format", "xml"], "'xml' is not one of 'csv', 'ndjson'"),
    (["knowledge", "check", "folder"], "is a directory"),
    (["knowledge", "check", "key.yaml"], "key.yaml:1: unknown key 'cardz'; known are"),
    (["knowledge", "check", "program"], "program: cannot be read"),
    (["knowledge", "check", "--language", "xx"], "no language 'xx'; there are en, de, es"),
    (["knowledge", "check", "--against", "folder"], "is a directory"),
    (["knowledge", "check", "--against", "empty"], "empty: the file is empty"),
    (["knowledge", "check", "--against", "text.txt"], "text.txt: not a public file that can be read"),
    (["knowledge", "check", "--against", "program"], "program: not text in UTF-8; it must be openFDA"),
    (["knowledge", "check", "--against", "bundle.json"], "bundle.json: no list 'results' of an openFDA answer"),
    (["knowledge", "check", "--shipped", "text.txt"], "text.txt: cannot be read as JSON"),
    (["knowledge", "check", "--shipped", "bundle.json"], "bundle.json: not a file of `knowledge shipped`"),
    (["knowledge", "diff", "folder", "default"], "folder: a folder; name two files, or 'default'"),
    (["learn", "report"], "no decisions of her2-order-sign to report on"),
    (["learn", "report", "--period", "year"], "'year' is not one of"),
    (["policy", "diff", "a", "2"], "a: name two versions by their numbers, or 'default'"),
    (["policy", "show", "1"], "there is no version 1"),
    (["policy", "export", "first"], "'first' is not a valid integer"),
    (["policy", "stop", "lvef-misssing", "--by", "A", "--reason", "b"], "did you mean 'lvef-missing'?"),
    (["policy", "stop", "lvef-missing", "--by", " ", "--reason", "b"], "--by: write a name"),
    (["policy", "trial", "begin", "1", "--by", "A"], "there is no version 1"),
    (["record", "report", "--month", "2026-13", "--out", "new"], "--month: '2026-13' is no month; write 2026-11"),
    (["record", "report", "--month", "2026-11", "--out", "text.txt"], "is a file"),
    (["request", "--fhir-server", "ftp://h/fhir", "--patient", "1"], "--fhir-server: "),
    (["request", "--fhir-server", "http://127.0.0.1:9/fhir", "--patient", "a b"], "the id of a patient has"),
    (["request", *SERVER], "order-sign is about orders: name a file or a drug"),
    (["request", *SERVER, "--drug", "Kadcyla"], "--drug and --dose must be used together"),
    (["request", *SERVER, "--drug", "Kadcyla", "--dose", "lots"], "a dose is a number and a unit"),
    (["request", *SERVER, "--drug", "aspirin", "--dose", "1 mg"], "--drug: "),
    (["request", *SERVER, "--order", "cut.json"], "cut.json: the file cannot be read: the body is not valid JSON"),
    (["request", *SERVER, "--order", "list.json"], "list.json: the file holds no FHIR resource"),
    (["request", *SERVER, "--order", "patient.json"], "patient.json: a Patient is no order"),
    (["request", *SERVER, "--drug", "Kadcyla", "--dose", "252 mg"], "could not be reached (connection refused)"),
    (["serve", "--tls-certificate", "text.txt"], "--tls-certificate and --tls-key go together"),
    (["serve", "--tls-certificate", "text.txt", "--tls-key", "program"], "text.txt: holds no certificate in PEM"),
    (["serve", "--host", "192.0.2.1"], "say --insecure if that is meant"),
    (["shadow", "report", "--topic", "lvef-misssing"], "did you mean 'lvef-missing'?"),
    (["shadow", "sample", "--topic", "lvef-misssing"], "did you mean 'lvef-missing'?"),
    (["shadow", "review", "x", "lvef-missing", "--verdict", "yes", "--by", "A"], "'yes' is not one of"),
    (["shadow", "review", "x", "lvef-missing", "--verdict", "right", "--by", "A"], "no decision 'x' on record"),
    (["simulate"], "say which export to replay: --input DIR"),
    (["simulate", "--input", "text.txt"], "is a file"),
    (["simulate", "--input", "folder"], "folder: no NDJSON files"),
    (["simulate", "generate"], "Missing option '--output'"),
    (["simulate", "generate", "--output", "new", "--patients", "0"], "not in the range"),
    (["simulate", "signals", "folder"], "folder: no result of a simulation: there is no orders.parquet in it"),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Make the folder in which the commands are called."""
    made: Path = tmp_path_factory.mktemp("wrong")
    for name, content in FILES.items():
        (made / name).write_bytes(content)
    (made / "folder").mkdir()
    return made


def refused(arguments: list[str]) -> str:
    """Call a command and return the line in which it says why it did nothing."""
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    if lines[0].startswith("Usage:"):
        assert lines[1].startswith("Try ")
        lines = [line for line in lines[2:] if line]
    assert len(lines) == 1, lines
    return lines[0]


@pytest.fixture(autouse=True)
def _in_folder(folder, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.delenv("HER2_CDS_CONFIG", raising=False)


@pytest.mark.parametrize("config", CONFIGS)
def test_every_command_refuses_a_configuration_that_is_wrong(config) -> None:
    for arguments in WITH_CONFIG:
        assert CONFIGS[config] in refused([*arguments, "--config", config]), arguments


@pytest.mark.parametrize("config", DATABASES)
def test_every_command_on_the_record_refuses_a_database_that_is_wrong(config) -> None:
    for arguments in OF_DATABASE:
        if arguments[1] not in {"backup", "restore"}:  # the rows below have them
            assert DATABASES[config] in refused([*arguments, "--config", config]), arguments


@pytest.mark.parametrize(("arguments", "says"), ROWS, ids=[" ".join(arguments) for arguments, _ in ROWS])
def test_a_command_with_wrong_options_fails_with_one_line(monkeypatch, arguments, says) -> None:
    monkeypatch.setenv("HER2_CDS_CONFIG", "good.yaml")
    assert says in refused(arguments)


def test_every_command_has_a_row_in_the_table() -> None:
    called = {tuple(arguments) for arguments in [*WITH_CONFIG, *(arguments for arguments, _ in ROWS)]}
    missing = [path for path in _commands(main, ()) if not any(each[: len(path)] == path for each in called)]
    assert missing == []


def _commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from _commands(found, (*path, name))
