"""Tokenizes a HER2 text: every character belongs to a token, and unknown ones are kept."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from fhir_mappings.results import her2_words as words
from fhir_mappings.results.fish_notation import without_notation
from fhir_mappings.results.her2_changes import with_changes
from fhir_mappings.results.her2_plain_words import IGNORED
from fhir_mappings.results.her2_token import CHANGE, KIT, Token
from fhir_mappings.results.report_lines import checked
from fhir_mappings.wire.phrases import Phrases, Word, is_plain, words_of

LONGEST = 4000
"""A longer text is a file, not a result, and is not read."""
# "Re-read as 1+" is about the same stain; "RE" alone is the estrogen receptor in Romance languages.
_AGAIN = re.compile(
    r"\bre-(?=read|test|review|scor|stain|evaluat|assess|examin|analy|interpret|biops|excis|cut|run|do)", re.IGNORECASE
)
# "ADDENDUM 05/20/2026:", "Nachtrag vom 20.05.2026:", "Amendment #1:" begin a sentence of the same report.
_ADDENDUM = re.compile(
    r"\b(?:addendum|addenda|amendment|nachtrag|adenda|addendo|adendo|aanvulling|uzupełnienie|tillägg|tillæg|tillegg"
    r"|lisälausunto|dodatek|ek rapor|compte rendu complémentaire|дополнение)"
    r"(?: report| comment| result| diagnosis)?(?: ?(?:#|no\.? ?)?\d{1,2}\b(?![/.-]))?"
    r"(?: ?\(?(?:vom |of |dated |on )?\d{1,4}[/.-]\d{1,2}[/.-]\d{2,4}\)?)? ?:",
    re.IGNORECASE,
)
# Synoptic protocols print the definition of score 0 after it, which does not describe this specimen's staining.
_FAINT = (
    r"(?:[ ,/]{1,2}(?:and|or|faint|barely|perceptible|visible|membrane|membranous|staining|that|which|is|in|within)\b)"
    r"{0,12}"
)
_SCORE_0 = re.compile(
    r"no (?:membrane )?staining(?: is observed| observed| seen)?,? or (?:membrane )?(?:staining (?:that )?is )?"
    rf"(?:faint{_FAINT}[ ,/]{{1,2}})?incomplete{_FAINT} (?:<=|≤|<|less than|up to|at most)? ?10 ?%"
    r"(?: of (?:the )?(?:invasive )?(?:tumou?r |carcinoma )?cells)?",
    re.IGNORECASE,
)
# "Margins are negative", "the lymph nodes were positive": a status that is not of HER2.
_MARGINS = re.compile(
    r"\b(?:margins?(?: (?:is|are|was|were)|:)|(?:lymph |sentinel )?nodes (?:are|were)|lvi:|lymphovascular invasion:)"
    r" ?(?:all )?(?:negative|positive|clear|free)(?: for (?:carcinoma|tumou?r|malignancy|metastas[ei]s))?\b",
    re.IGNORECASE,
)
_O_CLOCK = re.compile(r"\b(?:at )?\d{1,2}(?::\d{2})? ?o['\u2019]? ?clock\b", re.IGNORECASE)
# "Left breast, 2:00"; of in situ hybridization, "24:12" may be counts.
_CLOCK_TIME = re.compile(r"\b(breast|left|right),? (?:at )?(?:1[0-2]|[1-9]):[0-5]\d\b(?! ?[.:]?\d)", re.IGNORECASE)
# "Block A3", never "block 3+".
_BLOCK = re.compile(
    r"\b(?:block|blocks|cassette|slide|slides)(?: (?:tested|used))? ?[:#]? ?[a-z]\d{1,2}(?:[-.]\d{1,2})?(?![\w+])"
    r"(?:(?: ?[,/&] ?| (?:and|und|y|et) )[a-z]\d{1,2}(?![\w+])){0,4}",
    re.IGNORECASE,
)
# "Score 2+ of 3+" and "1+ (of 3)" name the end of the scale; "3+ of 3 cores" counts cores.
_END_OF_SCALE = re.compile(
    r"((?<![\w.])[0-3] ?\+|\bscore:? [0-3]\+?|"
    r"(?<![\w.])[0-3](?= ?(?:out )?of 3\+|(?<=^.) out of 3|(?<=[:=] .) out of 3))"
    r" ?(?:(?:out of|of|von|sur|su|de|van|af|av|z|din) 3 ?\+?(?= ?(?:[.,;)\]]|$))"
    r"|\((?:out of|of|von|sur|su|de|van|af|av|z|din) 3 ?\+?\))",
    re.IGNORECASE,
)
# "Negativo (1+/3+)", "score 0/3": of three; two blocks would not be called negative together.
_OF_THREE = re.compile(
    r"(negativ\w*[ ,:;(]{1,4}(?:score:? ?)?1\+|\bscore:? ?0) ?/ ?3\+?(?= ?(?:[.,;)\]]|$))",
    re.IGNORECASE,
)
# "HER2 +ve"; "3+ ve" is "and" in Turkish.
_SHORT_SIGN = re.compile(r"(?:(?<=[\s(])|(?<=her2)|^)([+\-\u2013\u2212])ve\b", re.IGNORECASE)
_SPELLED_SCORE = re.compile(r"\b(score:?(?: of)? )(one|two|three)\b", re.IGNORECASE)
_SEE_ISH = re.compile(
    r"\bsee (?:separate )?f?ish(?: addendum| report| results?)?(?= ?(?:[.;)]|$))|"
    r"\bsee (?:separate )?f?ish (?:addendum|report)\b|\bsee addendum for f?ish\b|\breflexed to f?ish\b",
    re.IGNORECASE,
)
# In the stomach a biopsy is scored by one cluster of five stained cells.
_CLUSTER = re.compile(
    r"\b(?:in )?(?:an? )?(?:tumou?r cell )?clusters?(?: with| of)?(?: (?:>=|≥|at least) ?5(?: or more)?"
    r"(?: cohesive| stained| tumou?r| neoplastic){0,3} cells| of 5 cells)|\b(?:in )?(?:a )?tumou?r cell clusters?\b|"
    r"\bin (?:>=|≥|at least) ?5(?: cohesive| stained| tumou?r| neoplastic){0,3} cells\b",
    re.IGNORECASE,
)
_CONTROL_KIND = (
    r"(?:internal|external|positive|negative|on[- ]slide|batch|run|assay|tissue|quality|reagent|known)"
    r"(?: (?:positive|negative|tissue))?"
)
# "Internal and external controls stained appropriately.": a whole statement, or none.
_CONTROLS_BEHAVED = re.compile(
    rf"\b(?:(?:all|both|the|with) )?(?:{_CONTROL_KIND}(?: ?(?:and|or|&|/|,) ?{_CONTROL_KIND}){{0,2}} )?controls?"
    r"(?: tissue| slides?)?:?"
    r"(?: (?:are|is|was|were|have|has|been|found to be|reviewed and|examined and|run and|all|stain(?:ed|s|ing)?"
    r"|react(?:ed|s)?|perform(?:ed|s)?|show(?:ed|s)?|demonstrated?s?|behaved?|worked|function(?:ed|s)?)){0,4}"
    r" (?:appropriate(?:ly)?|adequate(?:ly)?|satisfactor(?:y|ily)|acceptabl[ey]|valid|well|properly|correctly"
    r"|(?:as )?expected)(?: (?:staining|reactivity|reactions?|results?))?(?=\s?(?:[.;,)\n]|$))",
    re.IGNORECASE,
)
# "HER2 positive control appropriate" says nothing of the tumor.
_CONTROL = re.compile(r"\b(?:positive|negative)(?: (?:and|or|&) (?:positive|negative))? (controls?)\b", re.IGNORECASE)
# "FISH检测": letters of two scripts that touch are two words.
_SCRIPTS = re.compile(
    r"(?<=[A-Za-z])(?=[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af])|(?<=[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af])(?=[A-Za-z])"
)
_ARROW = re.compile(r"->|=>|→")
_PLUSES = frozenset({"plus", "cruces", "cruz", "croci", "cruzes", "croix"})
_ZERO = "zero"
_SPELLED = {
    **dict.fromkeys(("one", "una", "une", "uma"), 1),
    **dict.fromkeys(("two", "dos", "deux", "due", "duas"), 2),
    **dict.fromkeys(("three", "tres", "trois", "tre"), 3),
}
_SCORES = frozenset("0123")
_IN_BRACKETS = "(+)"
_MOST_PLUSES = 3
_THINGS = frozenset(
    {
        *("result", "results", "test", "tests", "testing", "specimen", "specimens", "sample", "samples", "tissue"),
        *("core", "cores", "block", "blocks", "slide", "slides", "report", "study", "studies", "performed", "analysis"),
        *("assay", "found", "biopsy", "biopsies", "tumor", "tumors", "tumour", "cells", "tumor cells", "tumour cells"),
        *("invasive cells", "invasive tumor cells", "cancer cells", "neoplastic cells", "carcinoma cells"),
    }
)
_NUMBERED = frozenset(
    {
        *(
            "tumor",
            "tumour",
            "tumors",
            "tumeur",
            "specimen",
            "specimens",
            "sample",
            "samples",
            "core",
            "cores",
            "block",
        ),
        *("blocks", "slide", "slides", "biopsy", "biopsies", "tissue", "lymph node", "carcinoma", "cancer", "quadrant"),
        *("test", "tests", "guzka", "biopsia", "biopsie", "biopsja"),
    }
)
_ENDS = frozenset(".,;:|()[]-")
_SYMBOLS = {
    **dict.fromkeys(".;|*•·", "stop"),
    **dict.fromkeys(",/", "comma"),
    **dict.fromkeys(":=", "link"),
    **dict.fromkeys("([{", "open"),
    **dict.fromkeys(")]}", "close"),
    **dict.fromkeys("\"'", "ignored"),
    "-": "dash",
    "+": "plus",
}
_TABLES: tuple[tuple[str, Any, str], ...] = (
    *(("ignored", None, group) for group in IGNORED.values()),
    *(("stain", stain, listed) for stain, listed in words.STAINS.items()),
    *(("bound", bound, listed) for bound, listed in words.BOUNDS.items()),
    ("percent", None, words.PERCENT),
    ("legend", None, words.LEGEND),
    ("score-word", None, words.SCORE),
    ("group", None, words.GROUP),
    ("per-cell", None, words.PER_CELL),
    ("counted", None, words.CELLS_COUNTED),
    ("copies", None, words.COPIES),
    ("chromosome", None, words.CHROMOSOME),
    ("ratio", None, words.RATIO),
    ("other", None, words.OTHER_MARKERS),
    ("done", None, words.DONE),
    ("no", None, words.NO),
    ("some", None, words.SOME),
    ("pending", None, words.PENDING),
    ("not-done", None, words.NOT_DONE),
    *(("polysomy", change, listed) for change, listed in words.POLYSOMY.items()),
    ("ignored", None, words.NO_POLYSOMY),
    ("ish", None, words.ISH),
    ("ish", CHANGE, words.AMPLIFICATION),
    ("ihc", None, words.IHC),
    ("ihc", KIT, words.KITS),
    ("ihc", CHANGE, words.OVEREXPRESSION),
    ("name", None, words.NAMES),
    *(("says", meaning, listed) for meaning, listed in words.MEANINGS.items()),
    ("unplaced", None, words.UNPLACED),
    ("earlier", None, words.EARLIER),
    ("current", None, words.CURRENT),
    ("dash", None, "to | bis"),
    ("by", None, "by | via | per | mediante | durch | mittels | middels"),
    ("or-less", "<=", "or less | or fewer | oder weniger | o menos | ou moins | o meno"),
    ("or-less", ">=", "or more | oder mehr | o mas | ou plus | o piu"),
)


def _phrases() -> Phrases:
    found = Phrases(_TABLES)
    for phrase in re.split(r"[|\n]", words.OF_OTHERS):
        if phrase.strip():
            found.add(phrase, ("of-others", None), only_new=True)
    return found


_PHRASES = _phrases()


def tokens(written: str) -> list[Token]:
    """Return the tokens of a text, without the words that do not change its meaning."""
    if len(written) > LONGEST:
        return [Token("unknown", None, written[:40])]
    found = _read(words_of(_without_notes(written)))
    return with_changes([token for token in _with_things(found) if token.kind != "ignored"])


def _with_things(found: list[Token]) -> list[Token]:
    """Return the tokens with things that are counted, missing or numbered as unknown: "0 results", "tumor 1".

    Such a word says nothing by itself; beside a bare number, or behind a denial, it says what that is of.
    """
    return [
        token._replace(kind="unknown")
        if (token.kind == "ignored" and token.written in _THINGS and _is_of_thing(found, at))
        or (token.kind == "number" and token.written in _SCORES and at and found[at - 1].written in _NUMBERED)
        else token
        for at, token in enumerate(found)
    ]


def _is_of_thing(found: list[Token], at: int) -> bool:
    if at == 0 or (at + 1 < len(found) and found[at + 1].kind == "link"):
        return False
    before = at - 1
    if found[before].kind == "number":
        is_scored = before > 0 and found[before - 1].kind == "score-word"
        return found[before].written in _SCORES and not is_scored
    if found[at].written == "found":
        return False
    if found[before].kind == "stain":
        return bool(found[before].value == "none")
    is_denied = any(each.kind == "no" for each in found[max(0, before - 2) : before])
    return found[before].value == CHANGE and is_denied


def _read(raw: list[Word]) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(raw):
        token, at = _token(raw, at)
        found += token
    return found


def is_known(written: str) -> bool:
    """Return whether every word of a short text is known."""
    return all(token.kind != "unknown" for token in _read(words_of(written)))


def _without_notes(written: str) -> str:
    """Remove text that is not about this result, and start a sentence at an addendum or an arrow."""
    plain = _AGAIN.sub("re", written) if "e-" in written else written
    plain = _SEE_ISH.sub("FISH pending", _ADDENDUM.sub(" ; ", without_notation(checked(plain, is_known))))
    plain = _END_OF_SCALE.sub(r"\1", _CLUSTER.sub(" ", plain))
    if "/3" in plain or "/ 3" in plain:
        plain = _OF_THREE.sub(r"\1", plain)
    if not plain.isascii():
        plain = _SCRIPTS.sub(" ", plain)
    folded = plain.casefold()
    if "+ve" in folded or "-ve" in folded or "\u2013ve" in folded or "\u2212ve" in folded:
        plain = _SHORT_SIGN.sub(lambda found: " positive" if found[1] == "+" else " negative", plain)
    if "control" in folded:
        plain = _CONTROL.sub(r"\1", _CONTROLS_BEHAVED.sub("controls appropriate", plain))
    if "score" in folded:
        plain = _SPELLED_SCORE.sub(lambda found: f"{found[1]}{_SPELLED[found[2].casefold()]}", plain)
    if ":" in folded:
        plain = _CLOCK_TIME.sub(r"\1", plain)
    if "margin" in folded or "nodes" in folded or "lvi" in folded or "vascular" in folded:
        plain = _MARGINS.sub(" ", plain)
    if "clock" in folded:
        plain = _O_CLOCK.sub(" ", plain)
    if "incomplete" in folded:
        plain = _SCORE_0.sub(" ", plain)
    return _ARROW.sub(" ; ", _BLOCK.sub(" ", plain))


def _token(raw: list[Word], at: int) -> tuple[list[Token], int]:
    """Return the tokens at a position, and the next position."""
    word = raw[at].text
    if word in _SCORES and (scored := _score(raw, at)):
        return scored
    found = _PHRASES.longest(raw, at)
    if found is not None:
        (kind, value), end = found
        written = " ".join(each.text for each in raw[at:end])
        if kind == "says" and ":" in written and end < len(raw) and raw[end].text not in _ENDS:
            # "Amplification: no result" is no answer.
            kind = "unknown"
        if kind in ("name", "ish", "ihc", "other"):
            return _with_sign(raw, end, Token(kind, value, written))
        return [Token(kind, value, written)], end
    if word[0].isdecimal():
        return [Token("number", Decimal(word), word) if is_plain(raw, at) else Token("unknown", None, word)], at + 1
    if word == _ZERO:
        return [Token("score", 0, word)], at + 1
    if word[0] == "+":
        return _pluses(raw, at)
    if word in _SPELLED and at + 1 < len(raw) and raw[at + 1].text in _PLUSES:
        return [Token("score", _SPELLED[word], word)], at + 2
    if word == "/" and 0 < at < len(raw) - 1 and _is_sign_between(raw[at - 1].text, raw[at + 1].text):
        # "+/-" and "3+/-" are not scores; "+++/+++" is one score twice.
        return [Token("unknown", None, word)], at + 1
    return [Token(_SYMBOLS.get(word, "unknown"), None, word)], at + 1


def _is_sign_between(before: str, after: str) -> bool:
    is_repeated = before == after and before in ("++", "+++")
    return not is_repeated and all(each == "-" or each[0] == "+" for each in (before, after))


def _touches(raw: list[Word], at: int) -> bool:
    """Return whether a raw token touches the one before it."""
    return at < len(raw) and raw[at].touches


def _score(raw: list[Word], at: int) -> tuple[list[Token], int] | None:
    """Read "3+", "3 +", "3(+)", "3 plus"; ``None`` for a digit without a plus."""
    word, rest = raw[at].text, [each.text for each in raw[at + 1 : at + 4]]
    if rest[:1] == ["+"] and not (_touches(raw, at + 2) and raw[at + 2].text[0].isdecimal()):
        return [Token("score", int(word), word + "+")], at + 2
    if rest == ["(", "+", ")"]:
        return [Token("score", int(word), word + "+")], at + 4
    if rest and rest[0] in _PLUSES and rest[1:2] != ["de"]:
        return [Token("score", int(word), word + "+")], at + 2
    return None


def _pluses(raw: list[Word], at: int) -> tuple[list[Token], int]:
    """Read "++", "+++" and "+2"; one plus alone is a sign."""
    word = raw[at].text
    if word in ("++", "+++") and not (_touches(raw, at) and raw[at - 1].text[0].isdecimal()):
        return [Token("score", len(word), word)], at + 1
    if word == "+" and _touches(raw, at + 1) and raw[at + 1].text in _SCORES and not _touches(raw, at + 2):
        return [Token("score", int(raw[at + 1].text), "+" + raw[at + 1].text)], at + 2
    end = at + 1
    while end < len(raw) and raw[end].text == "+" and end - at <= _MOST_PLUSES:
        end += 1
    before, after = raw[max(at - 1, 0)].text, raw[end].text if end < len(raw) else ""
    is_apart = (not raw[at].touches or before == "(") and "-" not in (before, after)
    if word == "+" and is_apart and 1 < end - at <= _MOST_PLUSES:
        # "+ + +".
        return [Token("score", end - at, " ".join("+" * (end - at)))], end
    return [Token("plus" if word == "+" else "unknown", None, word)], at + 1


def _with_sign(raw: list[Word], end: int, token: Token) -> tuple[list[Token], int]:
    """Read the sign of "HER2+" and "FISH-"; of "HER 2+" the "2+" may be the score or the name and the sign."""
    past = end + len(_IN_BRACKETS)
    bracketed = "".join(each.text for each in raw[end:past])
    # Of HER2, "(+)" may be the score of 1+.
    if bracketed == "(-)" or (bracketed == _IN_BRACKETS and token.kind != "name"):
        said = "positive" if bracketed == _IN_BRACKETS else "negative"
        return [token, Token("says", said, bracketed)], past
    sign = raw[end].text if end < len(raw) and _touches(raw, end) else ""
    if sign == "+":
        spaced = token.kind == "name" and raw[end - 1].text == "2" and not _touches(raw, end - 1)
        if spaced or (_touches(raw, end + 1) and raw[end + 1].text[0].isdecimal()):
            return [Token("unknown", None, token.written + "+")], end + 1
        return [token, Token("says", "positive", "+")], end + 1
    if sign in ("++", "+++") and _touches(raw, end - 1):
        return [token, Token("score", len(sign), sign)], end + 1
    if sign == "-" and not _touches(raw, end + 1):
        return [token, Token("says", "negative", "-")], end + 1
    return [token], end
