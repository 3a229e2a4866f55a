"""Splits a HER2 text into its specimens or parts: "A. Breast: 3+. B. Lymph node: 3+", "Focus 1: 3+, focus 2: 1+"."""

from __future__ import annotations

import re

_WORD = (
    r"(?i:foc(?:us|i)|foyer|foco|focolaio|herd|haard|ognisko|tumou?r|tumeur|tumore|lesion|lésion|lesión|lesione|lesão"
    r"|läsion|mass|nodul[eo]?|nódulo|knoten|core|specimen|part|sample|block|site) ?(?:no\.? ?|nr\.? ?|n[°º] ?|#)?"
)
_LABEL = re.compile(rf"(?:(?<=[\s.;,:(])|^)(?:{_WORD})?([A-F]|[1-6])[.):] (?=\s{{0,3}}[A-Za-z(\d])")
# Every label ends so; most texts have none, and to look for this is cheaper.
_MAY_BE_LABEL = re.compile(r"[A-F1-6][.):] ")
_LISTS = "ABCDEF", "123456"
# "Tumor 1", never "tumor 3+".
_PART = re.compile(rf"\b{_WORD}([A-F]|[1-6])(?![\w%]| ?\+|[.,/-]\w)")
_LEFT = (
    r"left|lt|l(?=[:=]| [0-3])|links|gauche|izquierd[oa]|izda|izq|sinistr[oa]|sx|esquerd[oa]|lew[ay]|venstre|vänster"
)
_RIGHT = r"right|rt|r(?=[:=]| [0-3])|rechts|droite?|derech[oa]|dcha|destr[oa]|dx|direit[oa]|praw[ay]|højre|høyre|höger"
_PRIMARY = r"primary(?: tumou?r)?|primärtumor|primärius|tumor primario|primario|primitif"
_SECONDARY = (
    r"(?:(?:axillary|sentinel|lymph) ){0,2}node(?: metastasis)?|(?:nodal |lymph node )?metastasis"
    r"|lymphknoten(?:metastase)?|metastase|ganglio|ganglion|linfonodo|metástasis|métastase|metastasi"
)
# Two parts by name, each once in a text and in any order.
_PAIRS = tuple(
    tuple(re.compile(rf"\b(?:{side})\b(?: ?[:=])?", re.IGNORECASE) for side in pair)
    for pair in ((_LEFT, _RIGHT), (_PRIMARY, _SECONDARY))
)


def specimens_of(written: str) -> tuple[str, ...]:
    """Return the text of each specimen behind the words that stand before the first; none for a text of one.

    The labels must count up from the first: "A." and "B.", never "B." alone. The caller has limited the length.
    """
    return _split(written, _LABEL) if _MAY_BE_LABEL.search(written) else ()


def parts_of(written: str) -> tuple[str, ...]:
    """Return the text of each part of one case, such as its foci or its two sides; none for a text of one."""
    if counted := _split(written, _PART):
        return counted
    for pair in _PAIRS:
        found = [[*side.finditer(written)] for side in pair]
        if all(len(each) == 1 for each in found):
            return _texts(written, sorted((each[0] for each in found), key=re.Match.start))
    return ()


def _split(written: str, label: re.Pattern[str]) -> tuple[str, ...]:
    labels = list(label.finditer(written))
    listed = "".join(each[1] for each in labels)
    if len(labels) < 2 or not any(each.startswith(listed) for each in _LISTS):  # noqa: PLR2004 - several
        return ()
    return _texts(written, labels)


def _texts(written: str, labels: list[re.Match[str]]) -> tuple[str, ...]:
    ends = [*(label.start() for label in labels[1:]), len(written)]
    head = written[: labels[0].start()]
    return tuple(f"{head} ; {written[label.end() : end]}" for label, end in zip(labels, ends, strict=True))
