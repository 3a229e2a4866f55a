"""What a site lays over the shipped knowledge and words: known everywhere, or refused with its line."""

from __future__ import annotations

import re

import pytest
from builders import KNOWN

from cards.identification.recognizer import Recognizer
from cards.knowledge.located import Document, merged_over
from cards.knowledge.schema import Confidence, Knowledge, KnowledgeError
from cards.knowledge.site import with_site
from cards.presentation.site_wording import with_site_words
from cards.presentation.wording import default_wording

WORDING = default_wording()
BRAND = """
sources:
  our-pt: {title: Pharmacy and therapeutics committee, url: https://intranet.example/pt, as_of: "2026-11"}
brands:
  - of: trastuzumab
    id: newmab
    name: Newmab
    generic: trastuzumab-newx
    names: [Newmab, trastuzumab-newx]
    hcpcs: [{code: Q9999, unit_mg: 10, by: {source: our-pt, section: "3", confidence: V}}]
    packages:
      - {ndc: 99999-0001-01, contents_mg: 420, multi_dose: true, by: {source: our-pt, section: "3", confidence: V}}
"""
SOONER = """
sources:
  our-pt: {title: Pharmacy and therapeutics committee, url: https://intranet.example/pt, as_of: "2026-11"}
products:
  - id: kadcyla
    monitoring: {lvef: {interval_months: 2, by: {source: our-pt, section: "4", confidence: V}}}
"""
WORDS = """
contact: Oncology pharmacy, extension 5555
topics:
  dose-above-maximum:
    variants:
      default: {summary: "{drug} {dose} is above {maximum}: call pharmacy"}
    links: [{label: Dosing protocol, url: https://intranet.example/dosing}]
"""


def test_a_brand_takes_its_name_its_codes_and_nothing_else() -> None:
    known = with_site(KNOWN, [("site.yaml", BRAND)])
    recognizer = Recognizer(known)
    brand = known.product("trastuzumab").brand("newmab")
    assert brand is not None
    assert recognizer.hcpcs["Q9999"].target.product == "trastuzumab"
    target = recognizer.ndc("99999-0001-01")
    assert target is not None
    assert target.brand == "newmab"
    assert known.version != KNOWN.version


def test_the_site_vouches_for_its_own_citations() -> None:
    brand = with_site(KNOWN, [("site.yaml", BRAND)]).product("trastuzumab").brand("newmab")
    assert brand is not None
    assert brand.hcpcs[0].by.confidence is Confidence.SITE
    unsure = with_site(KNOWN, [("site.yaml", BRAND.replace("confidence: V", "confidence: K"))])
    kept = unsure.product("trastuzumab").brand("newmab")
    assert kept is not None
    assert kept.hcpcs[0].by.confidence is Confidence.UNVERIFIED


WORDS_OF_ORDERS = """
drug_words:
  - {words: [kreuzberg, ward zz7], why: A building and a ward.}
"""


def test_a_site_says_which_of_its_words_name_no_drug() -> None:
    def read(known: Knowledge, text: str) -> tuple[bool, tuple[str, ...]]:
        found = Recognizer(known).read_text(text)
        return found.names_drug, found.unread

    assert read(KNOWN, "Kreuzberg trastuzumab 440 mg ward zz7") == (True, ("kreuzberg", "ward", "zz7"))
    own = with_site(KNOWN, [("site.yaml", WORDS_OF_ORDERS)])
    assert own.version != KNOWN.version
    assert read(own, "Kreuzberg trastuzumab 440 mg ward zz7") == (True, ())
    assert read(own, "Kreuzberg trastuzumab vedotin")[1] == read(KNOWN, "trastuzumab vedotin")[1]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("[emtansin]", "'emtansin' may name a drug"),
        ("[zz-tecan]", "'tecan' may name a drug"),
        ("[our kadcyla]", "'kadcyla' may name a drug"),
        ("[vedo]", "'vedo' may name a drug"),
        ("[newumab]", "'newumab' may name a drug"),
        ("['--']", "has no letter or digit"),
    ],
)
def test_a_site_cannot_hide_a_drug_behind_its_words(words: str, why: str) -> None:
    with pytest.raises(KnowledgeError, match=why) as refused:
        with_site(KNOWN, [("site.yaml", f"drug_words:\n  - {{words: {words}, why: none}}\n")])
    assert str(refused.value).startswith("site.yaml:2")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("confidence: V", "confidence: D", "and its source is a document"),
        ("source: our-pt", "source: practice", "a default of this service has confidence D, not V"),
        ("url: https", "own: true, url: https", "own is for defaults of the service"),
    ],
)
def test_a_site_cannot_pass_its_values_off_as_defaults_of_the_service(old: str, new: str, why: str) -> None:
    with pytest.raises(KnowledgeError, match=why) as refused:
        with_site(KNOWN, [("site.yaml", BRAND.replace(old, new, 1))])
    assert str(refused.value).startswith("site.yaml:")


def test_a_shipped_product_keeps_what_the_site_does_not_override() -> None:
    before, after = KNOWN.product("kadcyla"), with_site(KNOWN, [("site.yaml", SOONER)]).product("kadcyla")
    assert after.monitoring.lvef is not None
    assert after.monitoring.lvef.interval_months == 2
    assert after.monitoring.lab_rows == before.monitoring.lab_rows
    assert after.regimens == before.regimens


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "id: kadcyla",
            "id: kadcila",
            "site.yaml:5: products.0.id: no product 'kadcila' ships; did you mean 'kadcyla'?",
        ),
        ("interval_months: 2", "interval_months: 0", "lvef.interval_months: must be more than 0"),
        ("interval_months: 2", "interval_months: -2", "must be more than 0"),
        ("interval_months: 2", "interval_months: two", "must be a whole number"),
    ],
)
def test_a_wrong_site_product_is_reported_with_its_line(old: str, new: str, says: str) -> None:
    with pytest.raises(KnowledgeError, match=re.escape(says)):
        with_site(KNOWN, [("site.yaml", SOONER.replace(old, new))])


def test_no_file_changes_nothing() -> None:
    assert with_site(KNOWN, []) is KNOWN
    assert with_site_words(WORDING, []) is WORDING


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param("brands:", "brandz:", "site.yaml:4: .*'brandz'; did you mean 'brands'", id="section"),
        pytest.param("    generic:", "    genric:", "site.yaml:8: .*genric.*did you mean 'generic'", id="field"),
        pytest.param("of: trastuzumab", "of: trastuzumb", "site.yaml:5: .*did you mean 'trastuzumab'", id="product"),
        pytest.param("{source: our-pt, section", "{source: our-p, section", "site.yaml:10: .*'our-pt'", id="source"),
        pytest.param(
            "url: https://", "url: www.", "site.yaml:3: sources.our-pt: url must be an address", id="no address"
        ),
        pytest.param(
            "our-pt: {", "our-pt: {page: 3, ", "site.yaml:3: sources.our-pt.page: unknown", id="key of a source"
        ),
        pytest.param("our-pt:", "ucum:", "site.yaml:3: the source 'ucum' already exists", id="source that ships"),
        pytest.param("Q9999", "Q99", "site.yaml:10: .*Q99", id="code"),
        pytest.param("unit_mg: 10", "unit_mg: ten", "site.yaml:10: ", id="number"),
        pytest.param("id: newmab", "id: ogivri", "", id="the id of a brand that ships replaces it"),
        pytest.param(
            "names: [Newmab", "names: [Kadcyla", "site.yaml:9: .*name 'Kadcyla' belongs to Kadcyla", id="other drug"
        ),
        pytest.param("names: [Newmab", "names: [Ogivri", "site.yaml:9: .*'Ogivri' belongs to Ogivri", id="other brand"),
        pytest.param("names: [Newmab", "names: [trastuzumab", "site.yaml:9: .*belongs to Herceptin", id="every brand"),
        pytest.param("names: [Newmab", "names: [ado-trastuzumab", "belongs to several drugs", id="any of two"),
        pytest.param("names: [Newmab", "names: [paclitaxel", "site.yaml:9: .*the drug class 'taxane'", id="a class"),
        pytest.param("generic: trastuzumab-newx", "generic: pertuzumab", "site.yaml:8: .*to Pertuzumab", id="generic"),
        pytest.param("name: Newmab", "name: KADCYLA", "site.yaml:7: .*'KADCYLA' belongs to Kadcyla", id="name"),
        pytest.param("Q9999", "J9354", "site.yaml:10: .*code 'J9354' belongs to Kadcyla", id="another drug's code"),
        pytest.param("Q9999", "J3490", "site.yaml:10: .*drugs without a code of their own", id="a code of no drug"),
        pytest.param("Q9999", "Q5114", "", id="brands of one product may share a code"),
        pytest.param("generic: trastuzumab-newx", "generic: trastuzumab-dkst", "", id="and a generic name"),
        pytest.param("99999-0001-01", "50242-0088-02", "site.yaml:12: .*belongs to Kadcyla", id="a carton of another"),
        pytest.param("99999-0001-01", "99999-001-1", "site.yaml:12: .*an NDC of 11 digits", id="NDC of ten digits"),
        pytest.param(
            "brands:\n", BRAND[BRAND.index("brands") :], "site.yaml:14: brands.1.id: 'newmab' stands", id="twice"
        ),
        pytest.param("multi_dose: true", "multi_dose: often", "must be true or false", id="yes or no"),
        pytest.param("unit_mg: 10", "unit_mg: 10 mg", "must be a number", id="a unit after a number"),
        pytest.param("    generic: trastuzumab-newx\n", "", "the key 'generic' is missing", id="a key that is missing"),
        pytest.param("    generic:", "\tgeneric:", "site.yaml:8: not valid YAML: a tab; YAML is indented", id="a tab"),
        pytest.param(
            "unit_mg: 10", "unit_mg: 0", "site.yaml:10: .*unit_mg: must be more than 0", id="a unit of nothing"
        ),
        pytest.param("id: newmab", "id: kadcyla", "an id is used twice", id="the id of another product"),
        pytest.param("  - of", "  - &a of", "", id="an anchor alone"),
        pytest.param("names: [Newmab, trastuzumab-newx]", "names: [a, *b]", "site.yaml:9: an alias", id="alias"),
    ],
)
def test_what_is_wrong_is_reported_with_its_line(old: str, new: str, says: str) -> None:
    text = BRAND.replace(old, new, 1)
    if not says:
        with_site(KNOWN, [("site.yaml", text)])
        return
    with pytest.raises(KnowledgeError, match=says):
        with_site(KNOWN, [("site.yaml", text)])


def test_words_are_replaced_sentence_by_sentence() -> None:
    words = with_site_words(WORDING, [("words.yaml", WORDS)])
    topic = words.topics[next(each for each in words.topics if each == "dose-above-maximum")]
    shipped = WORDING.topics[next(each for each in WORDING.topics if each == "dose-above-maximum")]
    assert topic.variants["default"].summary.endswith("call pharmacy")
    assert topic.variants["default"].rule == shipped.variants["default"].rule
    assert topic.links[0].label == "Dosing protocol"
    assert words.contact == "Oncology pharmacy, extension 5555"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param("{dose}", "{doze}", "words.yaml:6: .*{doze}; did you mean 'dose'", id="placeholder"),
        pytest.param("dose-above-maximum", "dose-above-max", "words.yaml:4: .*dose-above-maximum", id="topic"),
        pytest.param("default:", "defalt:", "words.yaml:6: .*did you mean 'default'", id="variant"),
        pytest.param(
            "    links:", "    link:", "words.yaml:7: topics.dose-above-maximum.link: unknown", id="of a topic"
        ),
        pytest.param("contact:", "contacts:", "words.yaml:2: unknown key 'contacts'; did you mean 'contact'", id="key"),
        pytest.param("{maximum}", "{maximum", "words.yaml:6: .*brace", id="an unmatched brace"),
        pytest.param("https://intranet", "javascript:x//", "words.yaml:7: .*no http or https address", id="address"),
        pytest.param("{drug}", "{drug.__class__}", "words.yaml:6: .*unknown placeholder", id="an attribute"),
    ],
)
def test_words_that_cannot_be_used_are_reported_with_their_line(old: str, new: str, says: str) -> None:
    with pytest.raises(KnowledgeError, match=says):
        with_site_words(WORDING, [("words.yaml", WORDS.replace(old, new, 1))])


def test_the_size_of_a_file_is_limited() -> None:
    with pytest.raises(KnowledgeError, match="characters"):
        Document("a: " + "x" * 1_100_000, "large.yaml")
    with pytest.raises(KnowledgeError, match="values"):
        Document("a: [" + "1," * 60_000 + "1]", "many.yaml")
    with pytest.raises(KnowledgeError, match=r"twice.yaml:2: .*given twice"):
        Document("a: 1\na: 2\n", "twice.yaml")


def test_a_tree_is_merged_key_by_key_and_a_list_replaced_as_a_whole() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    assert merged_over(base, {"a": {"c": [3]}}) == {"a": {"b": 1, "c": [3]}, "d": 1}
    assert base == {"a": {"b": 1, "c": [1, 2]}, "d": 1}
