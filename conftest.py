"""What all tests share."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def nothing_is_collected_at_the_bottom(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep the garbage collector out of a test that goes to the limit of recursion.

    A collection that happens to start there finalises what other tests have left behind, has no stack to do it with,
    and the failure is put down to this test.
    """
    if "deep" not in request.node.name:
        yield
        return
    gc.collect()
    gc.disable()
    yield
    gc.enable()
