"""Lists what a report says in words: its conclusion and the text that it carries, or else its narrative."""

from __future__ import annotations

import base64
import binascii
import html
import re
from itertools import chain
from typing import TYPE_CHECKING

from cards.values.texts import LONGEST
from fhir_mappings.wire.folding import SENTENCES
from fhir_mappings.wire.lenient import child, objects, text
from fhir_mappings.wire.narratives import pages_of

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

CARRIES_TEXT = (b"presentedForm", b'"div"')
"""What a report must hold to say anything outside its conclusion."""
_MOST_PAGES = 50
"""The maximum number of pages that are read of a text; sequencing reports are long."""
_MOST = _MOST_PAGES * LONGEST
_TAG = re.compile(r"<[^<>]{0,400}>")
_INLINE = re.compile(r"</?(?:b|i|u|em|strong|span|sup|sub|a|font)\b[^<>]{0,400}>", re.IGNORECASE)
_TEXTS = ("text/plain", "text/html", "text/rtf+plain")
_LINES = re.compile(r"[\r\n]+")


def sentences_of(report: Json) -> list[str]:
    """List the sentences of a report, each bounded."""
    concluded, carried = list(pages_of(report.get("conclusion"), _MOST_PAGES)), _carried(report)
    lines = _LINES.split(carried if carried or concluded else narrative(report))
    pages = chain(concluded, (page for line in lines for page in pages_of(line, _MOST_PAGES)))
    return [each for page in pages for sentence in SENTENCES.split(page) if (each := sentence.strip())]


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
