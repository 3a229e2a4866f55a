"""Recognizes a ZIP archive, whatever is wrong with it."""

from __future__ import annotations

import zipfile
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def is_archive(file: Path | IO[bytes]) -> bool:
    """Tell whether a file is a ZIP archive, also one whose directory is damaged."""
    try:
        return zipfile.is_zipfile(file)
    except ValueError:
        # Python 3.14 looks for the directory where a damaged end says that it is.
        return True
