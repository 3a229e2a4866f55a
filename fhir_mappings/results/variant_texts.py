"""Reads whether a text reports an ERBB2 mutation: found, not found, or not understood.

An activating mutation changes the protein. Amplification, copy number, fusion, loss, and silent or benign variants are
not activating, however they are reported. An unknown gene or word makes the text unreadable.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fhir_mappings.results import variant_words as words
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.phrases import Phrases, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 400
_RESIDUE = r"(?:ala|arg|asn|asp|cys|gln|glu|gly|his|ile|leu|lys|met|phe|pro|ser|thr|trp|tyr|val|[acdefghiklmnpqrstvwy])"
# "p.Y772_A775dup", "S310F", "p.(Leu755=)", "G776delinsVC"; the groups are the first residue and its change.
_PROTEIN = re.compile(
    rf"(?<![\w.])(?:p\.)?\(?(?P<first>{_RESIDUE})(?P<at>\d{{2,4}})(?:_{_RESIDUE}\d{{2,4}})?"
    r"(?P<change>dup|delins[a-z]{1,12}|ins[a-z]{1,12}|del|fs[a-z0-9*]{0,8}|[a-z]{1,3}|=|\*)\)?(?![\w=*])"
)
_UNCHANGED = re.compile(r"(?<![\w.])p\.\(?[=]\)?")
_CODING = re.compile(
    r"(?<![\w.])(?:nm_\d{4,9}(?:\.\d{1,2})?:?)?c\.[\d_]{1,12}(?:dup|del|ins|delins)?[acgt]{0,40}(?:>[acgt]{1,4})?"
)
_FREQUENCY = re.compile(
    r"(?:vaf|allele frequency|af|variant allele frequency|allelic fraction)[ :=]{0,3}\d{1,3}(?:\.\d{1,4})? ?%?"
)
_EXON = re.compile(r"\bexon[ :]{0,2}(?:19|20|21|8|17|18|24)\b")
_SAME = {"ala": "a", "arg": "r", "asn": "n", "asp": "d", "cys": "c", "gln": "q", "glu": "e", "gly": "g", "his": "h"}
_SAME |= {"ile": "i", "leu": "l", "lys": "k", "met": "m", "phe": "f", "pro": "p", "ser": "s", "thr": "t", "trp": "w"}
_SAME |= {"tyr": "y", "val": "v"}
_PHRASES = Phrases(
    (
        ("ignored", None, words.IGNORED),
        ("change", None, words.CHANGE),
        ("found", None, words.FOUND),
        ("none", None, words.NONE),
        ("other", None, words.OTHER),
    )
)
_STOPS = frozenset(".;,|")
_PASSED = frozenset(":=()[]-/\"'")


def mutation_in(written: str) -> bool | None:
    """Return whether a text reports an activating mutation; ``None`` if it is not understood."""
    if len(written) > LONGEST:
        return None
    clauses: list[set[str]] = [set()]
    for kind in _kinds(written):
        if kind == "unknown":
            return None
        if kind == "stop":
            clauses.append(set())
        elif kind != "ignored":
            clauses[-1].add(kind)
    return _verdict([clause for clause in clauses if clause])


def names_another_change(written: str) -> bool:
    """Return whether a label names a change that is not an activating mutation: "copy_number_gain", "p.Leu755="."""
    kinds = set(_kinds(written[:LONGEST]))
    return "other" in kinds and "none" not in kinds


def names_a_change(written: str) -> bool:
    """Return whether a label names a protein change: "p.Y772_A775dup"."""
    return "named" in set(_kinds(written[:LONGEST]))


def residues_in(written: str) -> tuple[int, ...]:
    """List the first residues of the protein changes in a text that may be activating: 310 of "p.S310F"."""
    found = _PROTEIN.finditer(fold(written[:LONGEST]))
    return tuple(int(match["at"]) for match in found if _of_protein(match["first"], match["change"]) == "named")


def _verdict(clauses: list[set[str]]) -> bool | None:
    if not clauses:
        return None
    every = set().union(*clauses)
    has_change = [clause for clause in clauses if clause & {"change", "named"} and not clause & {"none", "other"}]
    denied = any(clause == {"none"} for clause in clauses)
    if has_change and not denied:
        # A benign or silent variant is described in its own clause.
        about = [clause for clause in clauses if "other" in clause and "none" not in clause]
        return None if about and any(clause == {"change"} for clause in has_change) else not about
    if has_change:
        return False if len(clauses) == len(has_change) + 1 == 2 else None  # noqa: PLR2004 - the change and its denial
    if every == {"found"}:
        return True
    return False if every & {"none", "other"} else None


def _kinds(written: str) -> Iterator[str]:
    """Yield the kind of each part of a text."""
    folded = _FREQUENCY.sub(" ", _CODING.sub(" ", fold(written)))
    rest: list[str] = []
    end = 0
    for match in _PROTEIN.finditer(folded):
        rest.append(folded[end : match.start()])
        end = match.end()
        yield _of_protein(match["first"], match["change"])
    rest.append(folded[end:])
    joined = _EXON.sub(" exon ", _UNCHANGED.sub(" silent ", " ".join(rest)))
    listed = words_of(joined)
    at = 0
    while at < len(listed):
        found = _PHRASES.longest(listed, at)
        if found is not None:
            (kind, _), at = found
            yield kind
            continue
        word = listed[at].text
        at += 1
        if word not in _PASSED:
            yield "stop" if word in _STOPS else "unknown"


def _of_protein(first: str, change: str) -> str:
    """Classify a protein change: silent and truncating changes are not activating."""
    to, was = _SAME.get(change, change), _SAME.get(first, first)
    return "other" if change in ("=", "*", "ter", "x") or change.startswith("fs") or to == was else "named"
