"""Splits a HER2 text into its specimens: "A. Breast: 3+. B. Lymph node: 3+", "1) 3+ 2) 1+"."""

from __future__ import annotations

import re

_LABEL = re.compile(
    r"(?:(?<=[\s.;,:(])|^)(?:(?:specimen|part|sample) ?#?)?([A-F]|[1-6])[.):] (?=\s{0,3}[A-Za-z(\d])", re.ASCII
)
_LISTS = "ABCDEF", "123456"


def specimens_of(written: str) -> tuple[str, ...]:
    """Return the text of each specimen behind the words that stand before the first; none for a text of one.

    The labels must count up from the first: "A." and "B.", never "B." alone. The caller has limited the length.
    """
    labels = list(_LABEL.finditer(written))
    listed = "".join(label[1] for label in labels)
    if len(labels) < 2 or not any(each.startswith(listed) for each in _LISTS):  # noqa: PLR2004 - several
        return ()
    ends = [*(label.start() for label in labels[1:]), len(written)]
    head = written[: labels[0].start()]
    return tuple(f"{head} ; {written[label.end() : end]}" for label, end in zip(labels, ends, strict=True))
