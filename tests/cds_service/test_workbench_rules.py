"""The pages of the workbench about a site's rules: what is in force, and a form that makes a new one."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench import EVE, Seat, bench, words
from calls import SIGN, call, order
from office import Office
from werkzeug.datastructures import MultiDict

from cards.facts.policy import Mode
from cards.facts.topics import topics_of
from cards.knowledge.site_rules import with_rules
from cds_service.configuration.diff import differences
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.configuration.overlay import PublishedPolicy, with_policy
from cds_service.configuration.policy_content import NOTHING, content_differences, read_content, stored_content
from cds_service.policies.library import Library
from cds_service.workbench.forms import content_from
from cds_service.workbench.rule_builder import FIRST
from cds_service.workbench.rule_texts import with_rule

if TYPE_CHECKING:
    from cds_service.store.store import Store

EXAMPLE = Path(__file__).parents[2] / "examples" / "site.yaml"


@pytest.fixture
def seat(store: Store) -> Seat:
    given = load_settings(EXAMPLE, {"HER2_CDS_WORKBENCH__SIGN_IN": "local"})
    return Seat(bench(store, given=given)).sign_in(EVE)


def text_of(page: str) -> str:
    """Read the file that the form has made."""
    found = re.search(r'<pre tabindex="0" aria-label="The file">(.*?)</pre>', page, re.DOTALL)
    assert found is not None
    return unescape(found[1])


def test_the_page_shows_each_rule_with_its_text_its_cases_and_its_card(seat: Seat) -> None:
    page = seat.get("/rules")
    said = words(page)
    assert "site-rules.yaml:8" in said
    assert "unless_result: {codes:" in said
    assert "Enhertu: no hepatitis B surface antigen within 180 days" in said
    assert "tested 181 days ago fires fires" in said
    assert said.index("antiemetic-plan · off") > said.index("hepatitis-b-missing · live")


KEPT = {**FIRST, "topic": "hepatitis-b-checked", "display": "Hepatitis B checked"}


def asked(office: Office) -> list[str]:
    """List the topics of the cards on an order of Enhertu for a patient who has had none."""
    office.shown()
    enhertu = order(378, medicationCodeableConcept={"text": "Enhertu"})
    answer = office.app.test_client().post(f"/cds-services/{SIGN}", json=call(orders=[enhertu])).get_json()
    return [card["source"]["topic"]["code"] for card in answer["cards"]]


def test_a_rule_from_the_form_is_kept_as_a_draft_that_two_people_put_into_force_and_take_back(store: Store) -> None:
    office = Office(store)
    made = office.ada.send("/rules/draft", **KEPT)
    assert made.status_code == 302
    page = words(office.ada.get("/versions/1"))
    assert "hepatitis-b-checked" in page
    assert "hepatitis-b-checked" not in asked(office)
    office.ada.step(1, "submitted")
    assert office.ada.step(1, "approved").status_code == 403
    assert office.ben.step(1, "approved", comment="Agreed").status_code == 302
    assert office.ada.step(1, "published").status_code == 302
    assert "hepatitis-b-checked" in asked(office)
    again = office.ada.send("/rules/draft", **{**KEPT, "topic": "another-one", "display": "Another"})
    assert again.status_code == 302
    rules = library_of(store).version(2).content.site.rules
    assert rules.count("- topic:") == 2
    assert library_of(store).version(2).based_on == 1
    assert office.ada.step(1, "retired", comment="Not wanted").status_code == 302
    assert "hepatitis-b-checked" not in asked(office)


def test_a_wrong_rule_is_not_kept_and_one_who_may_not_write_keeps_none(store: Store) -> None:
    office = Office(store)
    wrong = office.ada.send("/rules/draft", **{**KEPT, "code": "http://loinc.org|5196-2"})
    assert wrong.status_code == 400
    assert "its check digit is wrong" in words(wrong)
    taken = office.ada.send("/rules/draft", **{**KEPT, "topic": "lvef-missing"})
    assert taken.status_code == 400
    assert office.eve.send("/rules/draft", **KEPT).status_code == 403
    assert "Keep it as a draft version" not in words(office.eve.get("/rules/new"))
    assert library_of(store).versions() == []


def library_of(store: Store) -> Library:
    return Library(store.engine)


NEW = """sources:
  our-source:
    title: Committee
rules:
- topic: two
  cases:
  - name: x
"""


SOURCE = "our-source:\n    title: Committee\n"
TWO = "- topic: two\n  cases:\n  - name: x\n"
ANEW = f"rules:\n- topic: one\n{TWO}sources:\n  {SOURCE}"
INDENTED = TWO.replace("\n", "\n  ").rstrip(" ")
ONE = "  # one\n  - topic: one\n    rule: x  # as agreed\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", NEW),
        (f"# ours\nrules:\n{ONE}\n# end\n", f"sources:\n  {SOURCE}# ours\nrules:\n{ONE}  {INDENTED}\n# end\n"),
        (
            "sources:\n  pt: {title: P}\nrules:\n- topic: one\n",
            f"sources:\n  pt: {{title: P}}\n  {SOURCE}rules:\n- topic: one\n{TWO}",
        ),
        (
            "rules:\n- topic: one\nsources:\n  pt:\n    title: P\n",
            f"rules:\n- topic: one\n{TWO}sources:\n  pt:\n    title: P\n  {SOURCE}",
        ),
        ("rules: [{topic: one}]", ANEW),
        ("rules: []", ANEW.replace("- topic: one\n", "")),
    ],
)
def test_a_rule_is_added_after_the_existing_ones(text: str, expected: str) -> None:
    assert with_rule(text, NEW) == expected


def test_a_topic_of_the_site_has_a_page_of_its_own(seat: Seat) -> None:
    page = seat.get("/topics/hepatitis-b-missing")
    assert page.status_code == 200
    assert "Test before the first dose." in words(page)
    assert seat.get("/topics/no-such-rule").status_code == 404


def test_a_version_may_set_a_topic_of_the_site() -> None:
    settings = load_settings(EXAMPLE, {})
    content = content_from(MultiDict({"cards.hepatitis-b-missing.mode": "off"}), settings.site_layer)
    assert list(content.cards) == ["hepatitis-b-missing"]
    # It is kept, and taken again when the rule is gone.
    again = stored_content(content.canonical(), "version 3")
    assert again.hash == content.hash
    published = with_policy(settings, PublishedPolicy(again, 3, again.hash))
    assert published.policy().mode("hepatitis-b-missing") is Mode.OFF
    said = [each.says for each in differences(settings, published)]
    assert said == ["hepatitis-b-missing: off instead of live"]
    assert [each.says for each in content_differences(NOTHING, again)] == said
    with pytest.raises(ConfigurationError, match="unknown topic 'hepatitis-b-mising'; did you mean"):
        read_content("cards: {hepatitis-b-mising: {mode: off}}", topics=topics_of(settings.site_layer.known))


def test_a_site_without_rules_is_told_that_it_has_none(store: Store) -> None:
    assert "This site has no rules of its own." in words(Seat(bench(store)).sign_in(EVE).get("/rules"))


def test_the_form_makes_a_rule_that_is_valid_with_its_cases_and_its_card(store: Store) -> None:
    seat = Seat(bench(store)).sign_in(EVE)
    assert "Hepatitis B not tested" in seat.get("/rules/new").text
    page = seat.send("/rules/new", **FIRST)
    said = words(page)
    assert "Enhertu: no Hepatitis B surface antigen within 180 days" in said
    assert "181 days old fires fires" in said
    assert "results not sent cannot tell cannot tell" in said
    settings = load_settings(None, {})
    known = with_rules(settings.site_layer.known, [("r.yaml", text_of(page.text))])
    assert "hepatitis-b-missing" in topics_of(known)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"topic": "lvef-missing"}, "the topic 'lvef-missing' ships with the service"),
        ({"topic": "Not So"}, "lower-case letters, digits and hyphens"),
        ({"code": "5196-1"}, "write system|code, such as http://loinc.org|5196-1"),
        ({"code": "http://loinc.org|5196-2"}, "its check digit is wrong"),
        ({"within_days": "soon"}, "within_days: must be a whole number"),
        ({"summary": "{drug}: no {tset}"}, "unknown placeholder {tset}; did you mean 'test'?"),
        ({"summary": "<b>No</b>"}, "a card holds no HTML"),
        ({"summary": ""}, "must say something"),
    ],
)
def test_the_form_says_what_is_wrong(store: Store, changes: dict[str, str], says: str) -> None:
    page = Seat(bench(store)).sign_in(EVE).send("/rules/new", **{**FIRST, **changes})
    assert says in words(page)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"code": "", "code_display": "", "test": "lvef", "within_days": "42", "first_dose": "false"}, "tests: - lvef"),
        ({"code": "", "orders": "", "unless_drug": "ondansetron, granisetron", "within_days": ""}, "unless_drug:"),
        ({"within_days": ""}, "on record silent silent"),
    ],
)
def test_the_form_makes_other_rules_too(store: Store, changes: dict[str, str], says: str) -> None:
    page = Seat(bench(store)).sign_in(EVE).send("/rules/new", **{**FIRST, **changes})
    assert says in words(page)
    assert 'role="alert"' not in page.text
    assert '<article class="card' in page.text
