"""The database: opened by its address, its tables made by migrations, on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from cds_service.store.database import DatabaseError, open_engine, upgrade
from cds_service.store.tables import decision_cards, decisions, metadata


def test_the_migrations_make_the_tables_that_the_code_knows(database_url: str) -> None:
    engine = open_engine(database_url)
    _migrate(engine, "head")
    upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    migrated = _made(engine)
    with engine.begin() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE alembic_version")
    upgrade(engine)
    upgrade(engine)
    # Creating the tables in an empty database gives the same as running the migrations in turn.
    assert _made(engine) == migrated
    engine.dispose()


def _migrate(engine: Engine, revision: str) -> None:
    settings = Config()
    settings.set_main_option("script_location", "cds_service.store:migrations")
    with engine.begin() as connection:
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)


def _made(engine: Engine) -> dict[str, list[str]]:
    """Describe each table, its columns in their order, its keys and its indexes; and the revision."""
    asked = inspect(engine)
    made = {
        name: [
            *map(str, asked.get_columns(name)),
            str(asked.get_pk_constraint(name)),
            *sorted(map(str, asked.get_foreign_keys(name))),
            *sorted(
                str({**each, "dialect_options": {kind: str(said) for kind, said in each["dialect_options"].items()}})
                for each in asked.get_indexes(name)
            ),
            *sorted(map(str, asked.get_unique_constraints(name))),
        ]
        for name in asked.get_table_names()
    }
    with engine.connect() as connection:
        made["revision"] = list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())
    return made


def test_a_database_with_other_tables_is_migrated(database_url: str) -> None:
    engine = open_engine(database_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE of_others (id INTEGER)")
    upgrade(engine)
    assert {"of_others", "decisions", "alembic_version"} <= set(inspect(engine).get_table_names())
    engine.dispose()


def test_several_processes_that_start_at_once_create_the_tables_once(database_url: str) -> None:
    engines = [open_engine(database_url) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(upgrade, engines))
    with engines[0].connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1
    for engine in engines:
        engine.dispose()


def test_tables_of_a_newer_version_are_left_alone(database_url: str) -> None:
    engine = open_engine(database_url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match="newer version"):
        upgrade(engine)
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "no address of a database"),
        ("", "no address of a database"),
        ("mysql://user@host/db", "can be used"),
        ("postgresql+asyncpg://user@host/db", "can be used"),
        ("sqlite:////no/such/folder/x.sqlite3", "no folder /no/such/folder"),
    ],
)
def test_an_address_of_no_database_is_refused_in_one_line(url: str, says: str) -> None:
    with pytest.raises(DatabaseError, match=says) as error:
        open_engine(url)
    assert "\n" not in str(error.value)


def test_a_server_that_cannot_be_reached_is_named_without_its_password() -> None:
    engine = open_engine("postgresql://her2:s3cret@127.0.0.1:1/her2")
    with pytest.raises(DatabaseError, match=r"127\.0\.0\.1") as error:
        upgrade(engine)
    assert "s3cret" not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite3").write_bytes(b"this is a letter, not a database" * 50)
    engine = open_engine(f"sqlite:///{tmp_path}/x.sqlite3")
    with pytest.raises(DatabaseError, match="not a database"):
        upgrade(engine)
    engine.dispose()


def test_a_record_in_the_first_tables_is_migrated(database_url: str) -> None:
    engine = open_engine(database_url)
    row = {
        "id": "d-1", "at": datetime(2026, 1, 1, tzinfo=UTC), "service": "s", "hook_instance": "i", "duration_ms": 1.0,
        "code_version": "0", "knowledge_version": "0", "wording_version": "0", "configuration_hash": "0",
        "facts": "{}", "verdicts": "{}", "late": False,
    }  # fmt: skip
    first_columns = ("decision_id", "position", "uuid", "topic", "indicator", "content")
    card = dict.fromkeys(first_columns, "x") | {"decision_id": "d-1", "position": 0}
    _migrate(engine, "0001")
    with engine.begin() as connection:
        connection.execute(decisions.insert(), row)
        names = ", ".join(first_columns)
        connection.execute(text(f"INSERT INTO decision_cards ({names}) VALUES (:{names.replace(', ', ', :')})"), card)  # noqa: S608
    upgrade(engine)
    with engine.connect() as connection:
        kept = connection.execute(decision_cards.select()).one()
    assert (kept.uuid, kept.order_name, kept.finding) == ("x", None, None)
    engine.dispose()
