"""SQL that differs between SQLite and PostgreSQL; only the dialect in use is loaded."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def dialect_of(name: str) -> Any:
    """Return SQLAlchemy's module for a dialect, by the engine's dialect name."""
    return import_module(f"sqlalchemy.dialects.{'sqlite' if name == 'sqlite' else 'postgresql'}")
