"""docs/authentication.md: its lines do what it says, its settings are valid, and every reason and setting is on it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml
from calls import Caller
from signers import bearer

from cds_service.configuration.auth_settings import AuthSettings, ClientSettings
from cds_service.configuration.loading import load_settings
from cds_service.configuration.settings import Settings
from cds_service.protocol.refusals import Reason

PAGE = (Path(__file__).parents[2] / "docs" / "authentication.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def test_auth_page_creates_a_token_that_is_admitted(tmp_path) -> None:
    (script,) = blocks("python")
    (tmp_path / "make_token.py").write_text(script)

    def token(path: str) -> str:
        command = [sys.executable, "make_token.py", path]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603

    first = token("/cds-services")
    caller = Caller(load_settings(tmp_path / "try-it.yaml", {}))
    assert caller.get("/cds-services").status == 401
    assert caller.get("/cds-services", headers=bearer(first)).status == 200
    assert caller.get("/cds-services", headers=bearer(token("/cds-services"))).status == 200


def test_auth_page_shows_settings_that_are_valid(tmp_path) -> None:
    site, sandbox, generator = blocks("yaml")
    generator = f"auth:\n  mode: required\n  clients:\n{generator}"
    for number, text in enumerate(
        (site.replace("jwks_file: other-ehr.json", "jku: [https://x.example]"), sandbox, generator)
    ):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text)
        assert load_settings(path, {}).auth.mode == "required"


def test_auth_page_names_every_reason_with_its_status() -> None:
    for reason in Reason:
        (row,) = (line for line in PAGE.splitlines() if line.startswith("| `") and f"`{reason}`" in line)
        assert (f"({reason.status})" in row) is (reason.status != 401)


def test_auth_page_names_every_setting_and_default() -> None:
    defaults = AuthSettings()
    for name in set(AuthSettings.model_fields) - {"mode", "clients"}:
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}`"))
        value = getattr(defaults, name)
        assert (", ".join(value) if isinstance(value, list) else str(value)) in row
    for name in ClientSettings.model_fields:
        assert re.search(rf"\b{name}\b", PAGE)
    assert yaml.safe_load(blocks("yaml")[0])["public_url"] != str(Settings().public_url)
