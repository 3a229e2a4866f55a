"""Writes the sheet on which a pharmacist signs a release, from the page of the rules.

``scripts/sign_off.py docs/rules.md [--since OLD_RULES.md] [--release 0.1.0]``: one line for each topic and product,
with the digest of what the page says of it. With the page of the last signed release only what changed is listed to be
checked; what is as it was signed is listed below. Values that are not verified are listed by themselves.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from pathlib import Path

_TOPIC = re.compile(r"^## ([a-z][a-z0-9-]{1,60})$", re.MULTILINE)
_PRODUCT = re.compile(r"^### (.{1,60})$", re.MULTILINE)
_UNVERIFIED = "**(verify)**"
_ABOUT = (
    "Each line is one section of docs/rules.md: its cases, its card, its numbers and their sources. "
    "The digest names the text that was read."
)
_SIGNATURES = """| | name | license | date | signature |
|---|---|---|---|---|
| oncology pharmacist | | | | |
| second person | | | | |"""
_HEADINGS = ("## Products", "## What no card checks")


def sections(page: str) -> dict[str, str]:
    """Split the page into what it says of each topic and each product."""
    before, _, rest = page.partition(_HEADINGS[0])
    products, _, unchecked = rest.partition(_HEADINGS[1])
    found = _split(_TOPIC, before, "")
    found |= _split(_PRODUCT, products, "product: ")
    found["what no card checks"] = unchecked.partition("\n## ")[0]
    return found


def _split(heading: re.Pattern[str], text: str, prefix: str) -> dict[str, str]:
    starts = [*heading.finditer(text)]
    ends = [*(each.start() for each in starts[1:]), len(text)]
    return {prefix + each[1]: text[each.end() : end].strip() for each, end in zip(starts, ends, strict=True)}


def digest(text: str) -> str:
    """Name a text by its content."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def sheet(page: str, since: str | None, release: str) -> str:
    """Write the sheet."""
    now, before = sections(page), sections(since) if since is not None else {}
    new = {name: text for name, text in now.items() if before.get(name) != text}
    signed = [name for name in now if name not in new]
    gone = [name for name in before if name not in now]
    unverified = [
        f"- {name}: {line.strip('| ')}"
        for name, text in now.items()
        for line in text.splitlines()
        if _UNVERIFIED in line and name.startswith("product: ")
    ]
    parts = [
        f"# Sign-off of release {release}",
        f"{_ABOUT} Page as a whole: `{digest(page)}`.",
        f"## To be checked ({len(new)})",
        _table(new),
        f"## As signed before ({len(signed)})" if since is not None else "",
        "\n".join(f"- {name} `{digest(now[name])}`" for name in signed),
        "## No longer there" if gone else "",
        "\n".join(f"- {name}" for name in gone),
        f"## Values that are not verified ({len(unverified)})",
        "\n".join(unverified) or "None.",
        "## Signature",
        _SIGNATURES,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(checked: dict[str, str]) -> str:
    if not checked:
        return "Nothing changed."
    rows = [
        f"| {name} | {text.count('| Fires') + text.count('| Silent')} | `{digest(text)}` | ☐ | |"
        for name, text in checked.items()
    ]
    return "| section | cases | digest | agrees with the label | remark |\n|---|---|---|---|---|\n" + "\n".join(rows)


def main() -> None:
    """Print the sheet of a page."""
    parser = argparse.ArgumentParser(description="Write the sheet on which a pharmacist signs a release.")
    parser.add_argument("page", type=Path)
    parser.add_argument("--since", type=Path, help="the page of the release that was signed last")
    parser.add_argument("--release", default="unreleased")
    given = parser.parse_args()
    since = given.since.read_text(encoding="utf-8") if given.since else None
    sys.stdout.write(sheet(given.page.read_text(encoding="utf-8"), since, given.release))


if __name__ == "__main__":
    main()
