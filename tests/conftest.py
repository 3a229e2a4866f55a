"""What holds for every test."""

import os

from hypothesis import settings
from processes import pytest_addoption, pytest_runtestloop

__all__ = ["pytest_addoption", "pytest_runtestloop"]

# How long an example takes depends on the machine, not on the code. A law that hangs is ended all the same. Examples
# are other ones in every run: few are tried every day, and ten times as many in ``make soak``.
settings.register_profile(
    "any machine", parent=settings(), deadline=None, max_examples=500 if os.environ.get("SOAK") else 50
)
settings.load_profile("any machine")
