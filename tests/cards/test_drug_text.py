"""The law of drug texts: an unknown word added anywhere is told, unless it stands on a list of what names no drug."""

from __future__ import annotations

import re
from decimal import Decimal
from unicodedata import normalize

import pytest
from builders import KNOWN, ORIGIN, RECOGNIZER
from hypothesis import assume, given
from hypothesis import strategies as st

from cards.facts.order import DoseUnit, DrugOrder, EvidenceKind, IdentityEvidence, OrderedDose
from cards.identification.folding import fold, key, words_of
from cards.identification.identity import Identity, IdentityStatus, identify
from cards.knowledge.schema import Diluent, Scope
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
# Names and words of form, written apart and together.
APART = [
    "カドサイラ",
    "トラスツズマブ",
    "エムタンシン",
    "点滴静注用",
    "曲妥珠单抗",
    "注射用",
    "注射液",
    "트라스투주맙",
    "엠탄신",
    "밀리그램",
]
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
    lambda word: (
        word not in LISTED
        and not any(pattern.fullmatch(word) for pattern in PATTERNS)
        # At the end of a text it is taken for the listed word, cut off.
        and not any(each.startswith(word) for each in LISTED)
    )
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


def mistyped(word: str, data: st.DataObject) -> str:
    """Return a word with one letter wrong, missing, added or moved."""
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    return data.draw(
        st.sampled_from(
            [
                word[:place] + letter + word[place + 1 :],
                word[:place] + word[place + 1 :],
                word[:place] + letter + word[place:],
                word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
            ]
        )
    )


@given(
    st.sampled_from(["trastuzumab", "Herceptin", "trastuzumab-dkst", "pertuzumab"]),
    st.sampled_from(["emtansine", "deruxtecan", "vedotin", "rezetecan", "duocarmazine", "imbotolimod"]),
    st.sampled_from(["", "IV", "160 mg", "in NaCl 0.9 % 250 mL", "INTRAVENOUS SOLU"]),
    st.data(),
)
def test_a_payload_mistyped_twice_is_never_the_antibody(
    antibody: str, payload: str, tail: str, data: st.DataObject
) -> None:
    found = identified(f"{antibody} {mistyped(mistyped(payload, data), data)} {tail}")
    assert found.product is None or found.product.id not in ("trastuzumab", "pertuzumab", "hylecta", "phesgo")


@given(st.lists(st.sampled_from(APART), min_size=1, max_size=4), st.sampled_from(["", "100", "160"]))
def test_words_of_scripts_without_blanks_are_read_together_as_apart(words: list[str], number: str) -> None:
    apart = RECOGNIZER.read_text(" ".join((*words, number)))
    together = RECOGNIZER.read_text("".join(words) + number)
    assert (together.meanings, together.is_read) == (apart.meanings, apart.is_read)


@pytest.mark.parametrize("text", ["트라스투주맙비도틴", "曲妥珠单抗维布妥昔", "トラスツズマブベドチン"])
def test_another_payload_written_together_with_an_antibody_is_asked_about(text: str) -> None:
    assert identified(text).status is IdentityStatus.AMBIGUOUS


@given(st.sampled_from(["Kadcyla 160 mg", "fam-trastuzumab deruxtecan-nxki 100 mg", "Perjeta 420 mg"]), st.data())
def test_the_last_word_of_a_field_may_be_cut_off(text: str, data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(["intravenous", "concentrate", "injektionsflaska", "subcutaneous", "inyectable"]))
    written = f"{text} {word[: data.draw(st.integers(6, len(word)))]}"
    assert RECOGNIZER.read_text(written).is_read
    assert RECOGNIZER.read_text(written).meanings == RECOGNIZER.read_text(text).meanings


@pytest.mark.parametrize("word", ["erzetcean", "herseptune", "rezetcan"])
def test_what_sounds_like_the_name_beside_it_may_still_be_a_payload(word: str) -> None:
    assert identified(f"trastuzumab {word}").status is IdentityStatus.AMBIGUOUS


@pytest.mark.parametrize("cut", ["inye", "intrav", "meta", "emta", "vedo", "duoc", "brengit", "TDM"])
def test_what_begins_behind_an_antibody_is_never_taken_for_a_word_of_form(cut: str) -> None:
    assert identified(f"trastuzumab {cut}").status is IdentityStatus.AMBIGUOUS
    assert identified(f"Herceptin-{cut}").status is IdentityStatus.AMBIGUOUS


@pytest.mark.parametrize(
    "text",
    [
        "trastuzumab emtnsine",
        "trastuzumab emtan sine",
        "Trastuzumab-metnasine IV",
        "Trastuzumab-blorbex 160 mg",
        "trastuzumab MMAE",
        "Trastuzumab DM4 conjugated",
        "trastuzumab imbotolimod",
        "177Lu-DOTA-trastuzumab",
    ],
)
def test_no_code_of_the_antibody_settles_a_name_with_what_may_be_a_payload(text: str) -> None:
    assert identified(text, "224905").status is IdentityStatus.CONFLICT


@pytest.mark.parametrize("text", ["trastuzumab-abcd 420 mg", "trastuzumab clinic special", "Trastuzumab-Accord"])
def test_a_new_suffix_or_other_words_beside_the_code_of_the_antibody_are_no_conflict(text: str) -> None:
    assert identified(text, "224905").status is IdentityStatus.SETTLED


@pytest.mark.parametrize("tablets", ["Tukysa", "lapatinib 250 mg tablet", "neratinib"])
@pytest.mark.parametrize(
    "said", ["with trastuzumab", "(in combination with Herceptin and capecitabine)", "after T-DM1"]
)
def test_the_partners_of_tablets_are_not_ordered_with_them(tablets: str, said: str) -> None:
    assert identified(f"{tablets} {said}").status is IdentityStatus.SETTLED


@pytest.mark.parametrize(
    "text", ["Kadcyla with Tukysa", "trastuzumab with pertuzumab", "Tukysa or Nerlynx", "T-DM1, Tukysa"]
)
def test_other_drugs_named_together_are_asked_about(text: str) -> None:
    assert identified(text).status in (IdentityStatus.AMBIGUOUS, IdentityStatus.CONFLICT)


@pytest.mark.parametrize(
    "text", ["Letrozole 2.5 mg with Tykerb", "capecitabine + tucatinib", "loperamide for neratinib"]
)
def test_another_drug_before_the_name_of_tablets_is_asked_about(text: str) -> None:
    assert identified(text).status is IdentityStatus.AMBIGUOUS


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Kadcyla or docetaxel", "docetaxel"),
        ("Tykerb or capecitabine 500 mg", "capecitabine"),
        ("Perjeta (oder Docetaxel)", "docetaxel"),
    ],
)
def test_a_choice_between_drugs_is_asked_about(text: str, word: str) -> None:
    found = identified(text)
    assert found.status is IdentityStatus.AMBIGUOUS
    assert word in found.unread


@pytest.mark.parametrize("cut", ["en", "ad", "(ado", "entan", "a"])
def test_the_last_word_behind_an_antibody_may_begin_a_conjugate(cut: str) -> None:
    assert identified(f"trastuzumab {cut}").status is IdentityStatus.AMBIGUOUS
    assert identified("trastuzumab en perfusion").status is IdentityStatus.SETTLED


WRITTEN = {
    "capitals": str.upper,
    "small letters": str.lower,
    "listed last": lambda text: f"zz{text}",
    "underscores": lambda text: text.replace(" ", "_"),
    "percent signs": lambda text: text.replace(" ", "%20"),
    "plus signs": lambda text: text.replace(" ", "+"),
    "en dashes": lambda text: text.replace("-", "\u2013"),
    "hyphens that do not break": lambda text: text.replace("-", "\u2011"),
    "hard blanks": lambda text: text.replace(" ", "\u00a0"),
    "lines": lambda text: text.replace(" ", "\n"),
    "marks": lambda text: f'***"{text}"***',
    "decomposed letters": lambda text: normalize("NFD", text),
}


@pytest.mark.parametrize("way", WRITTEN)
@pytest.mark.parametrize(("text", "product"), {**READ, "zanidatamab-hri": "ziihera", "T-DM1": "kadcyla"}.items())
def test_what_interfaces_do_to_a_name_does_not_change_it(text: str, product: str, way: str) -> None:
    assert identified(WRITTEN[way](text)).product == RECOGNIZER.product(product)


@pytest.mark.parametrize("letter", "bcfjkmnoprstuv")
def test_a_single_letter_is_an_abbreviation_but_behind_an_antibody(letter: str) -> None:
    assert identified(f"Kadcyla 160 mg {letter} inf").status is IdentityStatus.SETTLED
    assert identified(f"trastuzumab {letter} 160 mg").status is IdentityStatus.AMBIGUOUS


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("Herceptin (NOT Kadcyla, NOT Enhertu)", "trastuzumab"),
        (r"Kadcyla\n160 mg\tIV", "kadcyla"),
        (r"Kadcyla\.br\160 mg", "kadcyla"),
        ("KADCYLA 160 MG PDR V INFUSIEOPLOSSING", "kadcyla"),
        ("KADCYLA PDR V INFOPL CONC 100MG", "kadcyla"),
        ("Trastuzumab emtansina 160 mg Pó conc sol inf Fr IV", "kadcyla"),
        ("ADO-TRASTUZUMAB EMTANSINE (KADCYLA) CHEMO HAZ CAT 1 IVPB", "kadcyla"),
        ("PHESGO INJVLST 600/600MG FLACON 10ML", "phesgo"),
        ("KADCYLA INFUSIEPDR 160MG FLACON", "kadcyla"),
        ("Kadcyla 160 mg Plv. z. Herst. e. Konz. z. Herst. e. Inf.-Lsg.", "kadcyla"),
        ("KADCYLA 160 mg pó p/ conc p/ sol p/ perf", "kadcyla"),
    ],
)
def test_what_stands_around_a_name_is_passed_over(text: str, product: str) -> None:
    assert identified(text).product == RECOGNIZER.product(product)


@pytest.mark.parametrize(
    "maker", ["Blorbex & Company Ltd", "Blorb Healthcare (Distribution) Limited", "A B Blorbex GmbH"]
)
def test_the_company_in_brackets_is_no_part_of_the_name(maker: str) -> None:
    assert identified(f"Trastuzumab emtansine 160 mg vials ({maker})").status is IdentityStatus.SETTLED


@pytest.mark.parametrize("said", ["(blorbtecan Ltd)", "(Kadcyla Ltd)", "Blorbex Ltd", "(blorbex) Ltd"])
def test_what_may_name_a_drug_is_no_company(said: str) -> None:
    assert identified(f"trastuzumab 420 mg {said}").status in (IdentityStatus.AMBIGUOUS, IdentityStatus.CONFLICT)


def test_what_a_text_says_is_missing_is_not_named() -> None:
    assert identified("trastuzumab without pertuzumab").product == RECOGNIZER.product("trastuzumab")


@pytest.mark.parametrize(
    "written", ["ado-trastuzumab", "TRASTUZUMAB (ADO)", "ADO-TRASTUZUMAB CHEMO IVPB", "fam-trastuzumab", "fam-trast"]
)
@pytest.mark.parametrize("rxnorm", ["224905", "2289227"])
def test_no_code_of_the_antibody_settles_the_beginning_of_a_conjugate(written: str, rxnorm: str) -> None:
    assert identified(written, rxnorm).status is IdentityStatus.CONFLICT


@pytest.mark.parametrize(("written", "rxnorm"), [("ado-trastuzumab", "1371041"), ("fam-trastuzumab", "2267576")])
def test_the_code_of_the_conjugate_settles_it(written: str, rxnorm: str) -> None:
    assert identified(written, rxnorm).status is IdentityStatus.SETTLED


@pytest.mark.parametrize("text", ["Chemotherapy infusion, cycle 3", "Chemo per protocol", "420 mg IV"])
def test_a_text_that_names_no_drug_at_all(text: str) -> None:
    assert RECOGNIZER.read_text(text).names_nothing


@pytest.mark.parametrize(
    "text", ["Sodium chloride 0.9 %", "Dextrose 50 % syringe", "Paclitaxel", "Ondansetron 8 mg", "Blorbex", "Kadcyla"]
)
def test_a_text_that_names_a_drug_or_a_fluid_or_may_name_one(text: str) -> None:
    assert not RECOGNIZER.read_text(text).names_nothing


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
        "50242*0088*01",
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
        "(01)00350242088017",
        "(01)00350242088017(17)280131(10)H4321",
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


@pytest.mark.parametrize("text", ["Furosemide 40 mg", "Influenza vaccine", "insulin lispro", "Paclitaxel 100 mg"])
def test_a_text_that_names_another_drug_than_its_code_is_a_conflict(text: str) -> None:
    assert identified(text, "1371041").status is IdentityStatus.CONFLICT


def test_the_payload_of_the_conjugate_may_stand_beside_its_code() -> None:
    assert identified("fam-trastuzumab (DXd)", "2267576").status is IdentityStatus.SETTLED
    assert identified("trastuzumab (DXd)", "1371041").status is IdentityStatus.CONFLICT


@pytest.mark.parametrize(
    ("drug", "class_of_drug", "status"),
    [
        ("trastuzumab", "Antibody-Drug Conjugate", IdentityStatus.AMBIGUOUS),
        ("Kadcyla", "Antibody-Drug Conjugate", IdentityStatus.SETTLED),
        ("trastuzumab", "Monoclonal antibodies and antibody drug conjugates", IdentityStatus.SETTLED),
        ("trastuzumab", "HER2 inhibitors", IdentityStatus.SETTLED),
    ],
)
def test_an_antibody_in_the_class_of_conjugates_is_asked_about(
    drug: str, class_of_drug: str, status: IdentityStatus
) -> None:
    evidence = tuple(IdentityEvidence(EvidenceKind.TEXT, "", each, "x") for each in (drug, class_of_drug))
    assert identify(DrugOrder(ORIGIN, evidence=evidence), RECOGNIZER).status is status


FLUSH, MIXTURE = "Dextrose 5 % flush after Enhertu", "Sodium chloride 0.9 % with Kadcyla"
SALINE = (Diluent.SODIUM_CHLORIDE,)


@pytest.mark.parametrize(
    ("text", "number", "unit", "diluents", "is_ours"),
    [
        pytest.param(FLUSH, 50, DoseUnit.ML, (), False, id="a flush"),
        pytest.param("NS 250 mL (for Kadcyla)", 1, DoseUnit.OTHER, (), False, id="a bag for a drug"),
        pytest.param("NaCl flush before and after T-DM1", 1, DoseUnit.TABLET, (), False, id="one each"),
        pytest.param("NaCl 0.9 %, diluent for Kadcyla", 250, DoseUnit.ML, SALINE, False, id="its diluent"),
        pytest.param(
            "NaCl 0.9 %, diluent for Enhertu", 100, DoseUnit.ML, SALINE, True, id="a diluent it must not have"
        ),
        pytest.param(FLUSH, 378, DoseUnit.MG, (), True, id="a dose of the drug"),
        pytest.param("NaCl for infusion with Kadcyla", 250, DoseUnit.ML, (), True, id="a mixture for infusion"),
        pytest.param("NS 250 mL (Kadcyla diluent)", 250, DoseUnit.ML, (), False, id="its purpose behind the name"),
        pytest.param(MIXTURE, 250, DoseUnit.ML, SALINE, True, id="a mixture"),
        pytest.param("NS 250 mL for Kadcyla 400 mg", 250, DoseUnit.ML, (), True, id="an amount in words"),
        pytest.param("NS 250 mL for Kadcyla 3.6 mg/kg", 250, DoseUnit.ML, (), True, id="a dose by weight in words"),
        pytest.param(
            "NaCl 9 mg/mL 250 mL flush after Kadcyla", 250, DoseUnit.ML, (), False, id="the strength of the fluid"
        ),
        pytest.param("Kadcyla, flush with NS after", 250, DoseUnit.ML, (), True, id="the drug first"),
    ],
)
def test_a_fluid_that_says_what_it_is_for_is_not_the_drug(
    text: str, number: int, unit: DoseUnit, diluents: tuple[Diluent, ...], *, is_ours: bool
) -> None:
    evidence = (IdentityEvidence(EvidenceKind.TEXT, "", text, "x"),)
    dose = OrderedDose(Decimal(number), unit, f"{number} {unit}", (), 0, Decimal(1))
    order = DrugOrder(ORIGIN, evidence=evidence, doses=(dose,), diluents=diluents)
    assert identify(order, RECOGNIZER).in_scope == is_ours
    assert identified(text).in_scope, "without a dose the drug may be meant"


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
