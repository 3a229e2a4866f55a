"""The application as a WSGI server loads it; ``HER2_CDS_CONFIG`` names the configuration file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cds_service.app import create_app
from cds_service.logs import configure_logs

if TYPE_CHECKING:
    from flask import Flask

CONFIG_VARIABLE = "HER2_CDS_CONFIG"


def application() -> Flask:
    """Build the application of one worker."""
    configure_logs()
    path = os.environ.get(CONFIG_VARIABLE)
    return create_app(Path(path) if path else None)
