"""Compiles each template once for all the applications of a test run: every test has one of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask
from jinja2 import BytecodeCache

if TYPE_CHECKING:
    from types import CodeType

    from jinja2.bccache import Bucket


class _InMemory(BytecodeCache):
    """Keeps what was compiled by the name of the template and the digest of its source."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled before."""
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what has been compiled."""
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


def keep() -> None:
    """Let every application that is made from now on share what was compiled."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _InMemory()}
