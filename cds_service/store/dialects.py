"""What SQLite and PostgreSQL each say in their own way. The one that is not used is never loaded."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def dialect_of(name: str) -> Any:
    """Return SQLAlchemy's module of a dialect, by the name that an engine gives it."""
    return import_module(f"sqlalchemy.dialects.{'sqlite' if name == 'sqlite' else 'postgresql'}")
