"""Reads whether a text reports an ERBB2 mutation: found, not found, or not understood.

An activating mutation changes the protein. Amplification, copy number, fusion, loss, and silent or benign variants are
not activating, however they are reported. What is said of another gene is left out; an unknown gene or word makes the
text unreadable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fhir_mappings.results import variant_words as words
from fhir_mappings.wire.folding import fold
from fhir_mappings.wire.phrases import Phrases, words_of

LONGEST = 400
_MARK = "§"
_ANY = "any"
"""The value of a word for any mutation."""
_RESIDUE = r"(?:ala|arg|asn|asp|cys|gln|glu|gly|his|ile|leu|lys|met|phe|pro|ser|thr|trp|tyr|val|[acdefghiklmnpqrstvwy])"
# "p.Y772_A775dup", "S310F", "p.(Leu755=)", "G776delinsVC"; the groups are the first residue and its change.
_PROTEIN = re.compile(
    rf"(?<![\w.])(?:p\.)?\(?(?P<first>{_RESIDUE})(?P<at>\d{{2,4}})(?:_{_RESIDUE}\d{{2,4}})?"
    r"(?P<change>dup|delins[a-z]{1,12}|ins[a-z]{1,12}|del|fs[a-z0-9*]{0,8}|[a-z]{1,3}|=|\*)\)?(?![\w=*])"
)
_UNCHANGED = re.compile(r"(?<![\w.])p\.\(?[=]\)?")
_CODING = re.compile(
    r"(?<![\w.])(?:nm_\d{4,9}(?:\.\d{1,2})?(?:\((?:erbb2|her2)\))?:?)?"
    r"c\.[\d_]{1,12}(?:[+-]\d{1,4})?(?:dup|del|ins|delins)?[acgt]{0,40}(?:>[acgt]{1,4})?"
)
_SHARE = r"(?:vaf|maf|af|(?:(?:variant|minor|mutant) )?allele (?:frequency|fraction)|allelic fraction)"
_FREQUENCY = re.compile(
    rf"\b{_SHARE}(?: of)?[ :=~<>]{{0,3}}\d{{1,3}}(?:\.\d{{1,4}})? ?%?|\b\d{{1,3}}(?:\.\d{{1,4}})? ?% ?{_SHARE}\b"
)
# Numbers in catalogues of variants, and how many bases changed.
_CATALOGUED = re.compile(r"\b(?:cos[mv]|rs) ?\d{3,12}\b|\b\d{1,3} ?bp\b")
_COPIES = re.compile(r"\b(?:cn|copy number|copies)[ :=~<>]{1,3}\d{1,3}(?:\.\d{1,2})?\b")
_EXON = re.compile(r"\bexon[ :]{0,2}(?:19|20|21|8|17|18|24)\b")
# In Portuguese "no" is "in the": "inserção no éxon 20".
_NO_IS_IN = re.compile(r"(?<=[a-z](?:cao|oes|ada|ado|nte|ora)) no (?=exon|gene|dominio)")
# The exons that were looked at: "(exons 8, 17-22 covered)".
_EXONS = re.compile(
    r"\bexons[ :]{0,2}\d{1,2}(?:(?: ?[,-] ?| and | & )\d{1,2}){1,8}\b(?: (?:covered|tested|analy[sz]ed|sequenced))?"
)
_SAME = {"ala": "a", "arg": "r", "asn": "n", "asp": "d", "cys": "c", "gln": "q", "glu": "e", "gly": "g", "his": "h"}
_SAME |= {"ile": "i", "leu": "l", "lys": "k", "met": "m", "phe": "f", "pro": "p", "ser": "s", "thr": "t", "trp": "w"}
_SAME |= {"tyr": "y", "val": "v"}
_PHRASES = Phrases(
    (
        ("ignored", None, words.IGNORED),
        ("gene", None, words.GENES),
        ("erbb2", None, words.ERBB2),
        ("specimen", None, words.SPECIMENS),
        ("change", None, words.CHANGE),
        ("change", _ANY, words.ANY_CHANGE),
        ("found", None, words.FOUND),
        ("none", None, words.NONE),
        ("other", None, words.OTHER),
        ("unknown", None, words.UNCLEAR),
    )
)
_STOPS = frozenset(".;,|")
_DENIED = frozenset({"none", "change", "specimen"})
_PASSED = frozenset(":=()[]-/\"'")


@dataclass(slots=True)
class _Clause:
    """What a part of a text says between two stops: of which genes, what, and at which residues."""

    sentence: int = 0
    kinds: set[str] = field(default_factory=set)
    genes: set[str] = field(default_factory=set)
    residues: list[int] = field(default_factory=list)
    is_general: bool = False
    """Whether it speaks of any mutation, not of one kind such as an insertion."""

    @property
    def denies_all(self) -> bool:
        """Whether it says that there is no mutation at all."""
        return self.is_general and "none" in self.kinds <= _DENIED

    @property
    def names_one(self) -> bool:
        """Whether it names a change of the protein that was found."""
        return "named" in self.kinds and not self.kinds & {"none", "other"}


def mutation_in(written: str) -> bool | None:
    """Return whether a text reports an activating mutation; ``None`` if it is not understood."""
    if len(written) > LONGEST:
        return None
    clauses = _clauses(written)
    if any("unknown" in each.kinds for each in clauses):
        return None
    own = _of_erbb2(clauses)
    if own is None or (any(each.denies_all for each in own) and any(each.names_one for each in own)):
        return None
    return _verdict([each.kinds for each in own if each.kinds])


def names_another_change(written: str) -> bool:
    """Return whether a label names a change that is not an activating mutation: "copy_number_gain", "p.Leu755="."""
    kinds = _every_kind(written)
    return "other" in kinds and "none" not in kinds


def names_a_change(written: str) -> bool:
    """Return whether a label names a protein change: "p.Y772_A775dup"."""
    return "named" in _every_kind(written)


def residues_in(written: str) -> tuple[int, ...]:
    """List the first residues of ERBB2's protein changes in a text that may be activating: 310 of "p.S310F"."""
    clauses = _clauses(written[:LONGEST])
    own = _of_erbb2(clauses)
    return tuple(residue for each in (clauses if own is None else own) for residue in each.residues)


def _of_erbb2(clauses: list[_Clause]) -> list[_Clause] | None:
    """Return the clauses about ERBB2, of a text that may name other genes; ``None`` where that is not clear.

    A clause without a gene is about the one before. A fusion names its partner. Genes in a list, "EGFR, ALK: negative",
    need what is said of them; a denial is of all in its sentence.
    """
    if not any("gene" in each.genes for each in clauses):
        return clauses
    clauses = _with_denials(clauses)
    found: list[_Clause] = []
    about, is_open = "", False
    for each in clauses:
        named = each.genes - {"gene"} if each.kinds == {"other"} and len(each.genes) > 1 else each.genes
        about = next(iter(named)) if len(named) == 1 else about if not named else ""
        if not about or (is_open and about == "erbb2"):
            return None
        is_open = not each.kinds and (is_open or "gene" in named)
        if about == "erbb2":
            found.append(each)
    return found if not is_open else None


def _with_denials(clauses: list[_Clause]) -> list[_Clause]:
    """Return the clauses with a denial for each gene of a sentence in which nothing else is said."""
    said: dict[int, set[str]] = {}
    for each in clauses:
        said.setdefault(each.sentence, set()).update(each.kinds)
    return [
        _Clause(each.sentence, {"none"}, each.genes)
        if each.genes and not each.kinds and "none" in said[each.sentence] and said[each.sentence] <= _DENIED
        else each
        for each in clauses
    ]


def _every_kind(written: str) -> set[str]:
    return set().union(*(each.kinds for each in _clauses(written[:LONGEST])))


def _verdict(clauses: list[set[str]]) -> bool | None:
    if not clauses:
        return None
    every = set().union(*clauses)
    has_change = [clause for clause in clauses if clause & {"change", "named"} and not clause & {"none", "other"}]
    if has_change and any(clause == {"none", "specimen"} for clause in clauses):
        # "Detected in plasma, not in tissue".
        return None
    clauses = [clause - {"specimen"} for clause in clauses]
    denied = any(clause == {"none"} for clause in clauses)
    if has_change and not denied:
        # "S310F, benign"; a clause that names its own variant is about that one.
        about = [clause for clause in clauses if "other" in clause and not clause & {"none", "named"}]
        return None if about and any(clause - {"specimen"} == {"change"} for clause in has_change) else not about
    if has_change:
        return False if len(clauses) == len(has_change) + 1 == 2 else None  # noqa: PLR2004 - the change and its denial
    if every - {"specimen"} == {"found"}:
        return True
    return False if every & {"none", "other"} else None


def _clauses(written: str) -> list[_Clause]:
    """Split a text into what its clauses say; a word that is not known is of the kind "unknown"."""
    folded = _NO_IS_IN.sub(" em ", fold(written).replace(_MARK, " ? "))
    folded = _CATALOGUED.sub(" ", _FREQUENCY.sub(" ", _CODING.sub(" ", folded)))
    # Each protein change leaves a sign of its own, so that it stays in its clause.
    proteins = list(_PROTEIN.finditer(folded))
    marked = _PROTEIN.sub(f" {_MARK} ", folded)
    marked = _EXON.sub(" exon ", _EXONS.sub(" exon ", _COPIES.sub(" copy number ", _UNCHANGED.sub(" silent ", marked))))
    found, at, listed = [_Clause()], 0, words_of(marked)
    changes = iter(proteins)
    while at < len(listed):
        word, phrase = listed[at].text, _PHRASES.longest(listed, at)
        if phrase is not None:
            (kind, value), at = phrase
            if kind in ("gene", "erbb2"):
                found[-1].genes.add(kind)
            elif kind != "ignored":
                found[-1].kinds.add(kind)
                found[-1].is_general = found[-1].is_general or value is _ANY
            continue
        at += 1
        if word == _MARK:
            change = next(changes)
            kind = _of_protein(change["first"], change["change"])
            found[-1].kinds.add(kind)
            found[-1].residues += [int(change["at"])] if kind == "named" else []
        elif word in _STOPS:
            found.append(_Clause(found[-1].sentence + (word != ",")))
        elif word not in _PASSED:
            found[-1].kinds.add("unknown")
    return found


def _of_protein(first: str, change: str) -> str:
    """Classify a protein change: silent and truncating changes are not activating."""
    to, was = _SAME.get(change, change), _SAME.get(first, first)
    return "other" if change in ("=", "*", "ter", "x") or change.startswith("fs") or to == was else "named"
