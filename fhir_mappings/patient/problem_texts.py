"""What the words of a diagnosis say of a problem of the rules: it is there, was, may be, or is something else.

Every word between a problem and what stands around it is accounted for. A problem behind a word that is not known is
``UNCLEAR``, and told as such: neither believed nor dropped. What follows a problem describes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cards.values.texts import LONGEST
from fhir_mappings.patient.problem_tokens import (
    NOT,
    ORS,
    SIGNS,
    WITHOUT,
    Said,
    Token,
    causes_denied,
    is_denied_cause,
    parts,
)
from fhir_mappings.wire.phrases import Phrases, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cards.knowledge.schema import Problem, ProblemGroup, ProblemWords

"""More than the words of any entry of a problem list; what follows is not looked at."""
_ENDS = frozenset({";", "|", "•"})
_BRACKETS = frozenset({"(", ")", "[", "]"})
_PASSED = frozenset({":", "-", "#", "*", ".", "'", '"', "=", "%", "~", "<", ">", "<=", ">="})


_WEIGHT = (Said.STATED, Said.UNCLEAR, Said.SUSPECTED, Said.PAST, Said.OTHER, Said.DENIED)
"""Which of several statements in one text counts: the first of these."""


_kept: list[tuple[Sequence[ProblemGroup], ProblemWords, ProblemTexts]] = []
_MOST_KEPT = 4


def problem_texts(groups: Sequence[ProblemGroup], around: ProblemWords) -> ProblemTexts:
    """Return the reader of these words; made once, for profiles and versions of a site that share them.

    To index 1,500 phrases takes longer than all the rest of a reader of charts.
    """
    for each in _kept:
        if each[0] is groups and each[1] is around:
            return each[2]
    made = ProblemTexts(groups, around)
    _kept[:] = [*_kept, (groups, around, made)][-_MOST_KEPT:]
    return made


class ProblemTexts:
    """Reads the problems that texts name; one reader serves every request."""

    def __init__(self, groups: Sequence[ProblemGroup], around: ProblemWords) -> None:
        """Index the words; of a phrase in several lists the later list counts."""
        self._phrases = Phrases(())
        for kind, listed in (
            ("described", around.described),
            ("cause", around.causes),
            ("join", around.joins),
            ("past", around.past),
            ("past-after", around.past_after),
            ("doubted", around.doubted),
            ("denied-after", around.denied_after),
            ("unconfirmed", around.unconfirmed),
            ("denied", around.denied),
            ("not-it", around.not_it),
        ):
            for phrase in listed:
                self._add(phrase, kind, None)
        for group in groups:
            for phrase in group.describes:
                self._add(phrase, "doubted", group.problem)
        unless: dict[str, set[Problem]] = {}
        for group in groups:
            for phrase in group.unless:
                unless.setdefault(phrase, set()).add(group.problem)
        for phrase, problems in unless.items():
            self._add(phrase, "unless", frozenset(problems))
        for group in groups:
            for phrase in group.texts:
                self._add(phrase, "problem", group.problem)

    def _add(self, phrase: str, kind: str, value: object) -> None:
        # Words joined by a hyphen are words of their own in a text.
        plain = _plain(phrase) if "-" in phrase else phrase
        self._phrases.add(plain, (kind, value))

    def read(self, written: Iterable[str]) -> dict[Problem, Said]:
        """Return what the texts of one entry say of each problem that they name; the more exact text counts."""
        found: dict[Problem, Said] = {}
        for each in written:
            for problem, said in self._of_text(each).items():
                found[problem] = _both(found.get(problem, said), said)
        return found

    def _of_text(self, written: str) -> dict[Problem, Said]:
        tokens = self._tokens(written)
        if not any(token.kind == "problem" for token in tokens):
            return {}
        listed: dict[Problem, set[Said]] = {}
        for clause in _clauses(tokens):
            places = [at for at, token in enumerate(clause) if token.kind == "problem"]
            earlier: tuple[Problem, Said] | None = None
            for at, following in zip(places, [*places[1:], len(clause)], strict=False):
                start = max((place + 1 for place in places if place < at), default=0)
                problem: Problem = clause[at].value  # type: ignore[assignment]
                left = clause[start:at]
                said = _judged(problem, left, clause[at + 1 : following])
                if earlier is not None and earlier[1] is not Said.STATED:
                    said = _listed(problem, said, left, *earlier)
                earlier = problem, said
                listed.setdefault(problem, set()).add(said)
        return {problem: next(each for each in _WEIGHT if each in said) for problem, said in listed.items()}

    def _tokens(self, written: str) -> list[Token]:
        raw = words_of(written[:LONGEST])
        found, at = [], 0
        while at < len(raw):
            word = raw[at].text
            phrase = self._phrases.longest(raw, at)
            if phrase is not None:
                (kind, value), end = phrase
                named = " ".join(each.text for each in raw[at:end])
                found.append(Token(kind, value, named))
                at = end
                continue
            is_stop = word == "." and not (at + 1 < len(raw) and raw[at + 1].touches)
            ends = word in _ENDS or (is_stop and at > 0 and len(raw[at - 1].text) > 2)  # noqa: PLR2004 - "gr.", "v."
            kind = "end" if ends else "bracket" if word in _BRACKETS else "unknown"
            if kind == "unknown" and (word in _PASSED or word[0].isdigit() or word[0] == "+"):
                kind = "described"
            found.append(Token(kind, None, word))
            at += 1
        return found


def _plain(phrase: str) -> str:
    return " ".join(each.text for each in words_of(phrase))


def _clauses(tokens: Sequence[Token]) -> list[list[Token]]:
    """Split at semicolons and full stops; "Pneumonitis; resolved" stays together."""
    found: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "end":
            found.append([])
        else:
            found[-1].append(token)
    joined: list[list[Token]] = []
    for clause in found:
        only_answers = clause and all(
            each.kind in ("past-after", "denied-after", "unconfirmed", "described", "cause", "bracket")
            for each in clause
        )
        if joined and only_answers:
            joined[-1] += clause
        elif clause:
            joined.append(clause)
    return joined


def _listed(problem: Problem, said: Said, left: Sequence[Token], before: Problem, meant: Said) -> Said:
    """Return what is said of a problem behind another one that is denied, past or doubted: the same where it is joined.

    A comma may join it ("no ILD, pneumonitis") or begin something else ("no ILD, heart failure").
    """
    is_joined = all(token.kind in ("join", "bracket", "described", "cause") or token.written in ORS for token in left)
    has_comma = any(token.written == "," for token in left)
    if is_joined and said in (Said.STATED, Said.SUSPECTED) and (problem is before or not has_comma):
        return meant
    return Said.UNCLEAR if said is Said.STATED else said


def _judged(problem: Problem, left: Sequence[Token], right: Sequence[Token]) -> Said:
    before, behind = _before(problem, left), _behind(problem, right)
    if Said.OTHER in (before, behind):
        is_cause = not any(token.kind == "not-it" for token in (*left, *right))
        # "Viral pneumonitis, likely": with the cause in doubt it may be the drug's.
        return Said.SUSPECTED if is_cause and Said.SUSPECTED in (before, behind) else Said.OTHER
    if before is Said.STATED or before is behind:
        return behind
    if (
        behind is Said.PAST
        and before is Said.SUSPECTED
        and any(_qualifies(each, problem) is Said.OTHER for each in left)
    ):
        # It is over, and had another cause as far as anybody knew.
        return Said.OTHER
    if before is Said.SUSPECTED and behind is Said.DENIED:
        # "Suspected ILD ruled out"; one that was not confirmed may still be there.
        return before if any(token.kind == "unconfirmed" for token in right) else behind
    return before if behind is Said.STATED or before is Said.DENIED else Said.UNCLEAR


def _before(problem: Problem, left: Sequence[Token]) -> Said:
    """Read the words before a problem, the nearest first."""
    unknown = is_far = is_bracketed = False
    passed = -1
    for at in range(len(left) - 1, -1, -1):
        token, kind = left[at], left[at].kind
        if at == passed:
            continue
        if kind == "cause":
            return Said.UNCLEAR if unknown else _of_cause(problem, left[:at])
        if kind == "join":
            is_far = True
        elif kind == "bracket":
            is_bracketed = True
        elif kind == "unknown":
            unknown = unknown or not (is_far or is_bracketed)
        elif kind == "unless" and is_denied_cause(problem, left, at):
            passed = at - 1
        elif (said := _qualifies(token, problem)) is not None:
            if said is Said.OTHER and any(each.kind == "doubted" for each in left[:at]):
                said = Said.DENIED if _is_none(left[:at]) else Said.SUSPECTED
            return Said.UNCLEAR if unknown or is_far else said
    return Said.UNCLEAR if unknown else Said.STATED


def _is_none(left: Sequence[Token]) -> bool:
    """Return whether the words before another cause deny it: "no likely viral" does, "not likely" does not."""
    denied = next((token.written for token in left if token.kind == "denied"), "")
    return bool(denied) and denied not in NOT


def _of_cause(problem: Problem, left: Sequence[Token]) -> Said:
    """Read the words before "due to": "not due to" and "likely due to" are about the cause, the rest is an effect."""
    said = [_qualifies(token, problem) for token in left]
    if not any(said):
        return Said.STATED
    return said[-1] or Said.UNCLEAR


def _qualifies(token: Token, problem: Problem) -> Said | None:
    """Return what a word before a problem makes of it; nothing for one that describes it."""
    if token.kind == "unless":
        return Said.OTHER if problem in token.value else None  # type: ignore[operator]
    if token.kind == "doubted" and token.value is problem:
        # A lung disease without symptoms is one; heart failure without symptoms is not there yet.
        return None
    return {
        "denied": Said.DENIED,
        "not-it": Said.OTHER,
        "doubted": Said.SUSPECTED,
        "unconfirmed": Said.SUSPECTED,
        "past": Said.PAST,
        "past-after": Said.PAST,
    }.get(token.kind)


def _behind(problem: Problem, right: Sequence[Token]) -> Said:
    """Read the words behind a problem, which describe it unless one of them says otherwise."""
    unknown = is_joined = was_past = False
    elsewhere = causes_denied(problem, right)
    for at, token in enumerate(right):
        rest = right[at + 1 :]
        is_of_else = token.written in SIGNS and any(parts(each) for each in right[:at])
        if is_of_else or at in elsewhere:
            # "Heart failure, HER2 negative": the sign of something else.
            continue
        is_last = all(each.kind in ("bracket", "described", "cause") for each in rest)
        is_apart = not unknown or is_last or right[at - 1].written in (",", "(")
        # "Not improving" denies the word behind it.
        describes = bool(rest) and rest[0].kind in ("described", "cause") and rest[0].written[0].isalpha()
        describes = describes and token.written in NOT | WITHOUT
        said = _turns(token, problem, is_last=is_last, describes=describes)
        if said is Said.STATED and token.kind == "denied":
            # What it denies comes after it.
            return said
        is_aside = token.kind == "not-it" and (is_joined or unknown)
        if said in (None, Said.STATED) or (is_aside and rest) or (unknown and token.written in ORS):
            unknown, is_joined = unknown or token.kind == "unknown", is_joined or token.kind == "join"
            was_past = was_past or token.kind == "past"
        elif said is Said.PAST:
            return said if is_apart else Said.UNCLEAR
        else:
            return Said.UNCLEAR if unknown or is_aside or (was_past and token.kind == "unless") else said or Said.STATED
    return Said.STATED


def _turns(token: Token, problem: Problem, *, is_last: bool, describes: bool) -> Said | None:
    """Return what a word behind a problem makes of it; nothing for one that describes it."""
    if token.kind == "denied":
        return Said.DENIED if is_last and not describes else Said.STATED
    if token.kind == "past":
        return Said.PAST if is_last else None
    if token.kind in ("denied-after", "unconfirmed"):
        return Said.DENIED
    return _qualifies(token, problem)


def _both(one: Said, other: Said) -> Said:
    """Return what two texts of one entry say together: the more exact one, or that it is unclear."""
    if one is other:
        return one
    if Said.STATED in (one, other):
        exact = other if one is Said.STATED else one
        return Said.UNCLEAR if exact is Said.DENIED else exact
    return Said.UNCLEAR
