"""Drugs and problems in site rules: by the service's names, by any name, or by code ("system|code")."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from cards.knowledge.located import nearest
from cards.knowledge.schema import DrugClass, Problem
from cards.values.codes import MalformedCodeError, SnomedCode

if TYPE_CHECKING:
    from collections.abc import Collection

    from cards.knowledge.schema import Cited

SNOMED = "http://snomed.info/sct"
SYSTEM = re.compile(r"(?:https?://|urn:)[!-{}~]{1,200}")
CODE = re.compile(r"[!-{}~]{1,60}")
_RXNORM, _ATC = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://www.whocc.no/atc"
_SHAPES = {
    _RXNORM: ("rxnorm", re.compile(r"\d{2,8}"), "2 to 8 digits"),
    # From the anatomical main group to the substance.
    _ATC: (
        "atc",
        re.compile(r"[A-V](?:\d{2}(?:[A-Z](?:[A-Z](?:\d{2})?)?)?)?"),
        "a code like L01DB01, or its beginning",
    ),
}
_DRUG = re.compile(r"[A-Za-z][A-Za-z0-9 /.-]{2,59}")
# A name this similar to one of the service's words is a misspelling of it.
_MISSPELT = 0.88


class NotUsableError(ValueError):
    """The name of a drug or problem cannot be used; the message says why."""


def drug_code(written: str) -> tuple[str, str] | None:
    """Return the short name of the system and the code; ``None`` for a name.

    Raises:
        NotUsableError: it is a code of an unsupported system, or not a valid code of its system.

    """
    if "|" not in written:
        return None
    system, _, code = written.partition("|")
    system = system.rstrip("/")
    if system not in _SHAPES:
        hint = nearest(system, _SHAPES)
        raise NotUsableError(f"{written!r}: a drug is named by a code of {_RXNORM} or {_ATC}{hint}")
    name, shape, what = _SHAPES[system]
    if not shape.fullmatch(code):
        raise NotUsableError(f"{code!r} is no code of {system}: {what}")
    return name, code


def check_drug(written: str, known: Collection[str]) -> None:
    """Refuse a drug that is neither a known word, a name, nor a code.

    Raises:
        NotUsableError: it is not one of these, or it looks like a known word misspelled.

    """
    if written in known or drug_code(written) is not None:
        return
    if not _DRUG.fullmatch(written):
        raise NotUsableError(f"{written!r}: name a drug, 3 to 60 letters, or write system|code")
    if difflib.get_close_matches(written.casefold(), known, n=1, cutoff=_MISSPELT):
        raise NotUsableError(f"no drug or class {written!r}{nearest(written.casefold(), known)}")


def class_of(written: str, reason: str, by: Cited) -> DrugClass:
    """Return the drug class made for a name or a code."""
    coded = drug_code(written)
    if coded is None:
        return DrugClass(id=written, names=(written,), of_site=True, reason=reason, by=by)
    system, code = coded
    rxnorm, atc = ((code,), ()) if system == "rxnorm" else ((), (code,))
    return DrugClass(id=written, names=(), rxnorm=rxnorm, atc=atc, of_site=True, reason=reason, by=by)


def check_problem(written: str) -> None:
    """Refuse a problem that is neither one of the service's words nor a code.

    Raises:
        NotUsableError: it is neither; the message names the nearest word.

    """
    words = tuple(map(str, Problem))
    if written in words:
        return
    system, mark, code = written.partition("|")
    if not mark:
        raise NotUsableError(f"unknown problem {written!r}{nearest(written, words)} (or write system|code)")
    if not SYSTEM.fullmatch(system) or not CODE.fullmatch(code):
        raise NotUsableError(f"{written!r}: write system|code, such as http://hl7.org/fhir/sid/icd-10-cm|B18.1")
    if system.rstrip("/") == SNOMED:
        try:
            SnomedCode(code)
        except MalformedCodeError as error:
            raise NotUsableError(f"{code!r} is not a code of {SNOMED}: its check digit is wrong") from error
