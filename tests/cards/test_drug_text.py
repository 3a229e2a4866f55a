"""The law of drug texts: an unknown word added anywhere is told, unless it stands on a list of what names no drug."""

from __future__ import annotations

import re

import pytest
from builders import KNOWN, ORIGIN, RECOGNIZER
from hypothesis import assume, given
from hypothesis import strategies as st

from cards.facts.order import DrugOrder, EvidenceKind, IdentityEvidence
from cards.identification.folding import fold, key, words_of
from cards.identification.identity import Identity, IdentityStatus, identify
from cards.knowledge.schema import Scope
from cards.values.codes import hcpcs_with_modifiers, ndc_readings

WORDS = KNOWN.drug_words
LISTED = frozenset(
    word
    for group in (
        *(each.words for each in (*WORDS.ignored, *WORDS.warnings, *WORDS.warning_words)),
        *(each.words for each in (*WORDS.premedication, *WORDS.supportive)),
        *((each.word, *each.variants) for each in WORDS.spellings),
        *(each.names for each in KNOWN.drug_classes),
        *(each.names for each in KNOWN.ambiguous_names),
        *(each.names for each in KNOWN.products),
        *(brand.names for each in KNOWN.products for brand in each.brands),
    )
    for name in group
    for word in key(name)
)
PATTERNS = [re.compile(each.pattern) for each in WORDS.patterns]
READ = {
    "trastuzumab 420 mg IV": "trastuzumab",
    "Ogivri (trastuzumab-dkst)": "trastuzumab",
    "ADO-TRASTUZUMAB EMTANSINE (KADCYLA) CHEMO IV ORDERABLE": "kadcyla",
    "Trastuzumab-Emtansin 160 mg": "kadcyla",
    "fam-trastuzumab deruxtecan-nxki": "enhertu",
    "trastuzumab deruxtec\u00e1n": "enhertu",
    "Perjeta 420 mg/14 mL": "pertuzumab",
    "pertuzumab, trastuzumab, and hyaluronidase-zzxf": "phesgo",
    "Herceptin SC 600 mg/5 mL": "hylecta",
    "Margenza": "margenza",
    "zanidatamab-hrii": "ziihera",
}
UNKNOWN_WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=14).filter(
    lambda word: word not in LISTED and not any(pattern.fullmatch(word) for pattern in PATTERNS)
)


def identified(text: str, rxnorm: str = "") -> Identity:
    evidence = [IdentityEvidence(EvidenceKind.TEXT, "", text, "x")]
    if rxnorm:
        evidence.append(IdentityEvidence(EvidenceKind.CODING, "rxnorm", rxnorm, "x"))
    return identify(DrugOrder(ORIGIN, evidence=tuple(evidence)), RECOGNIZER)


@pytest.mark.parametrize(("text", "product"), READ.items(), ids=str)
def test_every_word_of_a_name_is_read(text: str, product: str) -> None:
    assert RECOGNIZER.read_text(text).is_read
    found = identified(text).product
    assert found is not None
    assert found.id == product


@given(st.sampled_from(sorted(READ)), UNKNOWN_WORDS, st.integers(0, 12))
def test_an_unknown_word_anywhere_is_reported(text: str, word: str, place: int) -> None:
    words = text.split()
    changed = " ".join((*words[:place], word, *words[place:]))
    assume(key(changed) != key(text))
    assert word in " ".join(RECOGNIZER.read_text(changed).unread)
    assert identified(changed).status is IdentityStatus.AMBIGUOUS
    assert identified(changed).in_scope


@given(UNKNOWN_WORDS, st.sampled_from(sorted({each for group in WORDS.payload_endings for each in group.endings})))
def test_a_payload_is_never_settled_by_a_code(stem: str, ending: str) -> None:
    word = stem + fold(ending)
    assume(word not in LISTED and RECOGNIZER.read_text(word).meanings == ())
    assert identified(f"trastuzumab {word}").status is IdentityStatus.AMBIGUOUS
    assert identified(f"trastuzumab {word}", "224905").status is IdentityStatus.CONFLICT


@given(st.sampled_from(["trastuzumab", "pertuzumab"]), st.sampled_from(["emtansine", "deruxtecan"]), st.data())
def test_a_misspelled_payload_is_never_the_antibody(antibody: str, payload: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(payload) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    kind = data.draw(st.sampled_from(["wrong", "missing", "more", "moved"]))
    typed = {
        "wrong": payload[:place] + letter + payload[place + 1 :],
        "missing": payload[:place] + payload[place + 1 :],
        "more": payload[:place] + letter + payload[place:],
        "moved": payload[:place] + payload[place : place + 2][::-1] + payload[place + 2 :],
    }[kind]
    found = identified(f"{antibody} {typed}")
    assert found.product is None or found.product.id in ("kadcyla", "enhertu")


@given(st.text(max_size=120))
def test_any_text_is_read_or_not_and_nothing_breaks(text: str) -> None:
    read = RECOGNIZER.read_text(text)
    assert read.is_read == (read.unread == ())
    assert set(read.others) <= set(read.unread) or not read.names_drug


@given(st.text("0123456789-N4MLml ./*", max_size=30))
def test_any_package_code_is_read_or_not(text: str) -> None:
    assert all(re.fullmatch(r"\d{5}-\d{4}(-\d{2})?", each) for each in ndc_readings(text))


@pytest.mark.parametrize(
    "written",
    [
        "50242-088-01",
        "50242-0088-01",
        "50242008801",
        "5024208801",
        "50242 0088 01",
        "50242.0088.01",
        "NDC 50242-088-01",
        "ndc:50242-0088-01",
        "N450242008801",
        "N450242008801ML1",
        "N450242008801 UN 2",
        "N4 50242-0088-01",
        "NDC11 50242008801",
        "00350242088017",
        "350242088017",
        "050242-0088-01",
        "050242008801",
    ],
)
def test_a_package_code_in_every_form(written: str) -> None:
    target = RECOGNIZER.ndc(written)
    assert target is not None
    assert target.product == "kadcyla"


@pytest.mark.parametrize("written", ["", "96413", "J930", "J93080", "J9308-", "J9308-JWX1Y", "X" * 200, "J9308 given"])
def test_codes_that_are_not_billing_codes(written: str) -> None:
    assert hcpcs_with_modifiers(written) is None


def test_every_ignored_word_has_a_reason() -> None:
    groups = (WORDS.spellings, WORDS.ignored, WORDS.patterns, WORDS.warnings, WORDS.payload_endings, WORDS.drug_endings)
    assert all(each.why for group in groups for each in group)


def test_no_word_that_may_be_passed_over_names_a_drug() -> None:
    named = {key(name) for product in KNOWN.products for name in (product.name, product.generic, *product.names)}
    named |= {key(brand.name) for product in KNOWN.products for brand in product.brands}
    assert not named & {key(word) for group in WORDS.ignored for word in group.words}


@pytest.mark.parametrize(
    ("text", "rxnorm"),
    [
        pytest.param("Docetaxel with trastuzumab", "72962", id="docetaxel"),
        pytest.param("docetaxel (with Herceptin and Perjeta), THP cycle 1", "72962", id="with two HER2 drugs"),
        pytest.param("Docetaxel 75 mg/m2 with trastuzumab 6 mg/kg", "72962", id="doses by weight in words"),
        pytest.param("CARBOplatin AUC 6 with docetaxel/trastuzumab/pertuzumab", "40048", id="carboplatin"),
        pytest.param("ondansetron before Kadcyla", "26225", id="an antiemetic"),
    ],
)
def test_a_regimen_in_words_is_for_the_drug_of_its_code(text: str, rxnorm: str) -> None:
    assert not identified(text, rxnorm).in_scope
    assert identified(text).in_scope


@pytest.mark.parametrize(
    ("text", "rxnorm"),
    [
        pytest.param("Trastuzumab with docetaxel", "72962", id="the HER2 drug comes first"),
        pytest.param("Kadcyla", "72962", id="the drug of the code is not named"),
        pytest.param("Docetaxel with trastuzumab", "224905", id="the code of the HER2 drug"),
        pytest.param("Docetaxel with trastuzumab", "99999999", id="a code that is not known"),
        pytest.param("T-DM1 after docetaxel", "72962", id="a short name first"),
    ],
)
def test_a_regimen_in_words_that_may_be_for_the_her2_drug_is_asked_about(text: str, rxnorm: str) -> None:
    assert identified(text, rxnorm).status in (IdentityStatus.AMBIGUOUS, IdentityStatus.CONFLICT)


def test_every_listed_other_drug_is_known_as_one_and_is_none_of_ours() -> None:
    words = [word for group in WORDS.other_drugs for word in group.words]
    assert [word for word in words if not RECOGNIZER.other_drugs(word)] == []
    checked = {product.id for product in KNOWN.products if product.scope is Scope.CHECKED}
    read = [RECOGNIZER.read_text(word) for word in words]
    ours = {target.product for text in read for meaning in (*text.meanings, *text.guesses) for target in meaning}
    assert not ours & checked
    names = {
        word for product in KNOWN.products if product.id in checked for name in product.names for word in key(name)
    }
    names |= {
        word for spelling in WORDS.spellings for name in (spelling.word, *spelling.variants) for word in key(name)
    }
    names |= {word for group in (*WORDS.ignored, *WORDS.oral_forms) for phrase in group.words for word in key(phrase)}
    assert [name for name in names if RECOGNIZER.other_drugs(name)] == []


@pytest.mark.parametrize(
    "word", ["Novacillin", "Zelosetronum", "certoparin", "Abelplatino", "Mirogabaciclib", "Exagliflozin"]
)
def test_a_stem_that_no_her2_drug_has_names_another_drug(word: str) -> None:
    assert RECOGNIZER.other_drugs(f"{word} 10 mg")


@pytest.mark.parametrize(
    "word", ["zelotuzumab", "mirozotinib", "abelotecan", "novotansine", "certodotin", "statin", "platin"]
)
def test_a_stem_of_her2_drugs_or_a_short_word_names_none(word: str) -> None:
    assert not RECOGNIZER.other_drugs(f"{word} 10 mg")


def test_words_are_folded_alike_in_every_script() -> None:
    assert fold("Trastuzum\u00e1b\u00ae \u0422\u0440\u0430\u0441\u0442") == "trastuzumab trast"
    # Greek by sound, but no unit; a word that mixes scripts by shape, unless a letter has no Latin shape.
    assert fold("\u039a\u03b1\u03bd\u03c4\u03c3\u03af\u03bb\u03b1 100 \u03bcg") == "kadsila 100 \u03bcg"
    assert fold("\u041aad\u0441yla \u039fgivri mg\u041f\u0430\u043a\u043b\u0438") == "kadcyla ogivri mgpakli"
    assert [word.text for word in words_of(fold("0,9% 20mg/mL T-DM1"))] == ["0,9", "20mg", "ml", "t", "dm1"]
