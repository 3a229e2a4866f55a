"""docs/sandbox.md: the settings that it shows are valid, and the addresses and names are the service's own."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from signers import Signer

from cds_service.configuration.loading import load_settings
from cds_service.protocol.services import SERVICES
from cds_service.smart.launch import scopes

PAGE = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_sandbox_page_shows_valid_settings(tmp_path, block) -> None:
    (tmp_path / "sandbox-jwks.json").write_text(json.dumps({"keys": [Signer().jwk]}))
    config = tmp_path / "her2.yaml"
    config.write_text(block)
    load_settings(config, {})


def test_sandbox_page_names_what_there_is() -> None:
    flat = " ".join(PAGE.split())
    assert scopes(from_ehr=True) in flat
    assert set(re.findall(r"her2-(?:order|patient)-[a-z]+", PAGE)) <= {service.id for service in SERVICES}
    assert "/smart/callback" in PAGE
