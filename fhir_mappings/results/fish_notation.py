"""Reads the cytogenetic notation of a HER2 FISH: "nuc ish(D17Z1,ERBB2)x2[100]", "nuc ish(D17Z1x2,ERBB2 amp)[50]".

Source: ISCN, interphase in situ hybridization. Only what settles the result is read: an amplification, or two signals
of each probe. Anything else stays in the text, where it is not understood.
"""

from __future__ import annotations

import re

_NOTATION = re.compile(
    r"\bnuc ?ish ?(?:17[pq][\d.pqce~]{0,12} ?)?\((?P<probes>[^()\[\]]{3,80})\) ?(?:x(?P<all>\d{1,2}))?"
    r" ?(?:\[\d{1,4}(?:/\d{1,4})?\])?",
    re.IGNORECASE,
)
_PROBE = re.compile(r"(?P<name>[a-z0-9/-]{2,12}?) ?(?:x(?P<count>\d{1,2})|(?P<amp>amp))?", re.IGNORECASE)
_GENES = frozenset({"her2", "her-2", "erbb2", "her2/neu", "her-2/neu"})
_CHROMOSOMES = frozenset({"d17z1", "cep17", "cen17", "cep-17"})
_NORMAL = "2"


def without_notation(written: str) -> str:
    """Return a text with the notation of FISH in words."""
    return _NOTATION.sub(_in_words, written) if "ish" in written.casefold() else written


def _in_words(found: re.Match[str]) -> str:
    probes: dict[str, re.Match[str]] = {}
    for each in found["probes"].split(","):
        probe = _PROBE.fullmatch(each.strip())
        name = probe["name"].casefold() if probe is not None else ""
        kind = "gene" if name in _GENES else "chromosome" if name in _CHROMOSOMES else ""
        if probe is None or not kind or kind in probes:
            return found[0]
        probes[kind] = probe
    if "gene" not in probes:
        return found[0]
    if probes["gene"]["amp"]:
        return " ; HER2 amplified ; "
    counts = {each["count"] or found["all"] for each in probes.values()}
    return " ; HER2 not amplified ; " if counts == {_NORMAL} and len(probes) > 1 else found[0]
