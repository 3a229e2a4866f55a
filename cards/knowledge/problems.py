"""Collects what is wrong in a site's files, so that one check tells all of it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from cards.knowledge.located import Document
from cards.knowledge.schema import KnowledgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
_MOST = 100


class Problems:
    """The problems found so far, in the order of the files."""

    def __init__(self) -> None:
        """Start without a problem."""
        self.found: list[str] = []
        self._missing: set[str] = set()

    @contextmanager
    def caught(self, *defines: object) -> Iterator[None]:
        """Note what is wrong inside the block, and continue after it.

        ``defines`` are the ids that the block would have made known. A later part that refers to one of them is not at
        fault, so its problem is not noted.
        """
        try:
            yield
        except KnowledgeError as error:
            self.found += [each for each in error.problems if not self._follows(each)]
            self._missing.update(f" {each!r}" for each in defines if isinstance(each, str))

    def refuse(self) -> None:
        """Raise if there is a problem.

        Raises:
            KnowledgeError: with every problem, up to 100.

        """
        if self.found:
            raise KnowledgeError(*self.found[:_MOST])

    def _follows(self, problem: str) -> bool:
        return any(name in problem for name in self._missing)


def with_all_files(start: T, files: Iterable[tuple[str, str]], add: Callable[[T, Document, Problems], T]) -> T:
    """Apply a site's files in turn, each a name and its text.

    Raises:
        KnowledgeError: files are wrong; each problem names the file, the line and the nearest known word.

    """
    problems = Problems()
    found = with_files(start, files, add, problems)
    problems.refuse()
    return found


def with_files(
    start: T, files: Iterable[tuple[str, str]], add: Callable[[T, Document, Problems], T], problems: Problems
) -> T:
    """Apply what can be applied of a site's files in turn, each a name and its text, and note what is wrong in them."""
    for name, text in files:
        with problems.caught():
            start = add(start, Document(text, name), problems)
    return start
