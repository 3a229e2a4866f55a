"""Lists what a report says in words: its conclusion, else the text that it carries, else its narrative."""

from __future__ import annotations

import base64
import binascii
import html
import re
from typing import TYPE_CHECKING

from cards.values.texts import LONGEST
from fhir_mappings.wire.folding import SENTENCES
from fhir_mappings.wire.lenient import child, objects, text

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

CARRIES_TEXT = (b"presentedForm", b'"div"')
"""What a report without a conclusion must hold to say anything."""
_MOST = 20_000
"""The number of characters that are read of a text, some eight pages."""
_TAG = re.compile(r"<[^<>]{0,400}>")
_INLINE = re.compile(r"</?(?:b|i|u|em|strong|span|sup|sub|a|font)\b[^<>]{0,400}>", re.IGNORECASE)
_TEXTS = ("text/plain", "text/html", "text/rtf+plain")
_LINES = re.compile(r"[\r\n]+")


def sentences_of(report: Json) -> list[str]:
    """List the sentences of a report, each bounded."""
    written = text(report.get("conclusion")) or _carried(report) or narrative(report)
    lines = (text(line) for line in _LINES.split(written))
    return [each for line in lines for sentence in SENTENCES.split(line) if (each := sentence.strip()[:LONGEST])]


def narrative(resource: Json) -> str:
    """Return the narrative of a resource as lines of plain text."""
    written = child(resource, "text").get("div")
    return _plain(written) if isinstance(written, str) else ""


def _carried(report: Json) -> str:
    """Return the attached texts that can be read without another program."""
    found = []
    for _, form in objects(report.get("presentedForm")):
        kind, data = text(form.get("contentType")).casefold(), form.get("data")
        if isinstance(data, str) and kind.startswith(_TEXTS):
            try:
                written = base64.b64decode(data[: 2 * _MOST], validate=False).decode(errors="replace")
            except (binascii.Error, ValueError):
                continue
            found.append(_plain(written) if "html" in kind else written[:_MOST])
    return "\n".join(found)


def _plain(written: str) -> str:
    return html.unescape(_TAG.sub("\n", _INLINE.sub(" ", written[:_MOST])))
