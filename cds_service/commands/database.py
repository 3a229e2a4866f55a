"""``her2-cds database``: upgrade the tables, back up, restore."""

from __future__ import annotations

from pathlib import Path

import click

from cds_service.commands.options import FILE, config_option, fail, settings_of
from cds_service.commands.record import open_record
from cds_service.store.backup import BackupError, back_up
from cds_service.store.backup import restore as restored
from cds_service.store.database import DatabaseError

_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def database() -> None:
    """Maintain the database."""


@database.command("upgrade")
@config_option
def database_upgrade(config: Path | None) -> None:
    """Create or migrate the tables now; ``serve`` does this by itself at startup."""
    engine = open_record(settings_of(config), may_be_new=True)
    click.echo(f"{engine.url.render_as_string(hide_password=True)}: its tables are those of this version")


@database.command("backup")
@click.argument("file", type=_NEW_FILE)
@config_option
def backup(file: Path, config: Path | None) -> None:
    """Copy the whole database to a new FILE, even while the service is running.

    PostgreSQL needs its own pg_dump on this machine.
    """
    settings = settings_of(config)
    try:
        size = back_up(settings.database, file)
    except (BackupError, DatabaseError) as error:
        fail(str(error))
    click.echo(f"{file}: {size} bytes; it holds health data")


@database.command("restore")
@click.argument("file", type=FILE)
@config_option
def restore(file: Path, config: Path | None) -> None:
    """Restore the configured database from a backup FILE; the database must not exist yet.

    PostgreSQL needs an empty database and its own pg_restore on this machine.
    """
    settings = settings_of(config)
    try:
        restored(settings.database, file)
    except (BackupError, DatabaseError) as error:
        fail(str(error))
    click.echo(f"the database is made from {file}; its tables are those of this version")
