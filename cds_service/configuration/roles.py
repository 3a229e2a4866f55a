"""What a person may do in the workbench and on the command line."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person may do."""

    VIEWER = "viewer"
    EDITOR = "editor"
    """Writes content and puts it to review."""
    REVIEWER = "reviewer"
    """Approves what somebody else has written."""
    PUBLISHER = "publisher"
    """Puts into force what was approved, and takes out of force."""
