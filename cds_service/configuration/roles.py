"""What a person may do in the workbench and on the command line."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a person may do."""

    VIEWER = "viewer"
    EDITOR = "editor"
    """Writes content and submits it for review."""
    REVIEWER = "reviewer"
    """Approves what somebody else has written."""
    PUBLISHER = "publisher"
    """Publishes approved versions, and retires them."""
