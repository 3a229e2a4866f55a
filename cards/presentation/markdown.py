"""Text from a chart, as a card may show it."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&])")
# "<" becomes an entity, so no detail holds HTML even where a backslash escape is not honored.
_TAG = re.compile(r"\\<(?=[A-Za-z/!?])")
_ESCAPED = re.compile(r"\\([^\w\s])")


def escape(text: str) -> str:
    """Make a text from a chart harmless in GitHub Flavored Markdown; line breaks become spaces."""
    return _TAG.sub("&lt;", _MARKUP.sub(r"\\\1", " ".join(text.split())))


def unescape(text: str) -> str:
    """Undo `escape`, for a summary, which is plain text."""
    return _ESCAPED.sub(r"\1", text.replace("&lt;", "<"))
