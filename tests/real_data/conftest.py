"""What the tests on real and on broken requests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cds_service.decisions import failures

if TYPE_CHECKING:
    from collections.abc import Iterator


def _raise(_part: str, error: Exception) -> None:
    raise error


@pytest.fixture(scope="session", autouse=True)
def failures_are_raised() -> Iterator[None]:
    """Raise the error of a step that fails: the card that tells of it would hide what a request has set off."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(failures, "part_failed", _raise)
        yield
