"""What a command and a server load: nothing that only others need, for that is most of the time of a start."""

from __future__ import annotations

import subprocess
import sys

import pytest
from running import PATIENCE_S


@pytest.mark.parametrize(
    ("program", "heavy"),
    [
        pytest.param(
            "from click.testing import CliRunner; from cds_service.cli import main; "
            "body = CliRunner().invoke(main, ['example', 'kadcyla-at-the-enhertu-dose']).output; "
            "assert CliRunner().invoke(main, ['check', '-'], input=body).exit_code == 1",
            {"requests", "urllib3", "sqlalchemy", "alembic", "flask", "psycopg"},
            id="a check of a request that asks no server",
        ),
        pytest.param(
            "from cds_service.configuration.settings import Settings; from cds_service.wsgi import preload; "
            "from cds_service.store.store import open_store; preload(Settings()); open_store('sqlite:///:memory:').close()",
            {
                "alembic",
                "psycopg",
                "flask_wtf",
                "wtforms",
                "cds_service.workbench.blueprint",
                "cryptography",
                "jwt",
                "fhir",
            },
            id="a server with a new file and without a workbench, signed calls or SMART launches",
        ),
        pytest.param(
            "from click import Context; from cds_service.cli import main; main.get_command(Context(main), 'serve')",
            {"rich", "pygments", "cryptography", "jwt", "flask_wtf", "duckdb"},
            id="the command that serves",
        ),
        pytest.param(
            "from cds_service.web import tracing; assert tracing.begin() is None",
            {"opentelemetry.sdk", "opentelemetry.exporter"},
            id="tracing without an endpoint",
        ),
    ],
)
def test_nothing_unneeded_is_loaded_for(tmp_path, program: str, heavy: set[str]) -> None:
    asked = f"import sys; {program}; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", asked], capture_output=True, text=True, cwd=tmp_path, timeout=PATIENCE_S, check=False
    )
    assert done.stdout.strip().splitlines()[-1:] == ["[]"], done.stdout + done.stderr
