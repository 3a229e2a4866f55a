"""Makes once for all the applications of a test run what each would make anew: nearly every test has one of its own.

What is made stays the same; a third of the time of starting an application goes, and two thirds of a page that says
what a version of the policy changes.
"""

from __future__ import annotations

import copy
import sqlite3
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from flask import Flask
from jinja2 import BytecodeCache
from werkzeug.routing import Rule

from cds_service.store import database
from cds_service.workbench.previewing import Previewer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from jinja2.bccache import Bucket
    from sqlalchemy import Connection

    from cds_service.workbench.previewing import Json, Seen
    from cds_service.workbench.specimens import Specimen

_make_tables = database._make_tables
_compile_builder = Rule._compile_builder
_of_specimen = Previewer.of_specimen
_card_of = Previewer.card_of
_statements: list[str] = []
_settings: WeakKeyDictionary[Previewer, str] = WeakKeyDictionary()
"""What the settings of a previewer say, in full."""
_seen: dict[tuple[str, str], Seen] = {}
"""What a case of the rules comes to, by settings and case."""
_cards: dict[tuple[str, str], Json | None] = {}
"""The card on the topic of a case, by settings and case."""


class _InMemory(BytecodeCache):
    """Keeps what was compiled by the name of the template and the digest of its source."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled before."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what has been compiled."""
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


def _builder(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:  # noqa: FBT001, FBT002 - as werkzeug has it
    """Compile what writes the addresses of a rule when the first is written; few ever are."""
    made: list[Callable[..., Any]] = []

    def build(self: Rule, **values: Any) -> Any:
        if not made:
            made.append(_compile_builder(rule, append_unknown))
        return made[0](self, **values)

    return build


def _tables(connection: Connection) -> None:
    """Make the tables of an SQLite database by the statements that made them in the first one."""
    if connection.dialect.name != "sqlite":
        _make_tables(connection)
    elif not _statements:
        _make_tables(connection)
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
        _statements.extend(made.scalars())
        assert _statements
    else:
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        for each in _statements:
            raw.execute(each)
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (database.LATEST_REVISION,))


def _preview(self: Previewer, specimen: Specimen) -> Seen:
    """Judge a case of the rules once for all settings that say the same: nearly every page asks for the shipped ones.

    A site's own policies and prices are read from files, which may change, so what comes of them is judged each time.
    """
    key = _named(self), specimen.id
    if not key[0]:
        return _of_specimen(self, specimen)
    if key not in _seen:
        _seen[key] = _of_specimen(self, specimen)
    return _seen[key]


def _card(self: Previewer, specimen: Specimen) -> Json | None:
    """Write the card of a case once, as its judgment is made once."""
    key = _named(self), specimen.id
    if not key[0]:
        return _card_of(self, specimen)
    if key not in _cards:
        _cards[key] = _card_of(self, specimen)
    return copy.deepcopy(_cards[key])


def _named(previewer: Previewer) -> str:
    """Return what the settings of a previewer say, in full; nothing if a part of them is in files."""
    if previewer not in _settings:
        settings = previewer._settings
        files = settings.coverage.policy_files or settings.coverage.asp_file
        _settings[previewer] = "" if files else f"{settings.model_dump_json()} {settings.site_layer.recorded()}"
    return _settings[previewer]


def keep() -> None:
    """Let every application from now on share templates, writers of addresses, statements, and judged cases."""
    Previewer.of_specimen = _preview  # type: ignore[method-assign]
    Previewer.card_of = _card  # type: ignore[method-assign]
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _InMemory()}
    Rule._compile_builder = _builder  # type: ignore[method-assign]
    database._make_tables = _tables
