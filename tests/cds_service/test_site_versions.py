"""The knowledge, words and rules of a site as versions: checked, tried, published by two people, and rolled back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from bench import words
from calls import SIGN, call, order
from click.testing import CliRunner
from office import Office

from cds_service.cli import main
from cds_service.configuration.diff import differences
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.configuration.overlay import PublishedPolicy, with_policy
from cds_service.configuration.policy_content import NOTHING, content_of_file, content_over, stored_content
from cds_service.configuration.settings import Settings
from cds_service.configuration.site_content import changed_shipped_values, with_texts

if TYPE_CHECKING:
    from pathlib import Path

    from cds_service.store.store import Store

WORDING = 'contact: "Oncology pharmacy, extension 5555"'
KNOWLEDGE = """
sources:
  our-pt: {title: Pharmacy and therapeutics committee, url: https://intranet.example/pt, as_of: "2026-11"}
products:
  - id: kadcyla
    monitoring: {lvef: {interval_months: 2, by: {source: our-pt, section: "4", confidence: V}}}
"""
RULES = """
rules:
  - topic: hepatitis-b-missing
    display: Hepatitis B not tested
    indicator: warning
    when: {products: [kadcyla], first_dose: true}
    unless_result: {codes: ["http://loinc.org|5196-1"], within_days: 180}
    summary: "{drug}: no hepatitis B surface antigen within 180 days"
    rule: Test before the first dose.
    order_test: {code: "http://loinc.org|5196-1", display: Hepatitis B surface antigen}
    by: {source: practice, section: "7", confidence: V}
"""
TOO_MUCH = call(orders=[order(378)])
SHIPPED = Settings().site_layer


def details(office: Office) -> str:
    answer = office.app.test_client().post(f"/cds-services/{SIGN}", json=TOO_MUCH)
    return "\n".join(card["detail"] for card in answer.get_json()["cards"])


def test_words_of_a_site_go_from_draft_to_the_card_and_back(store: Store) -> None:
    office = Office(store)
    assert "extension 5555" not in details(office)
    office.approved(**{"site.wording": WORDING})
    page = words(office.eve.get("/versions/1"))
    assert "contact: new, Oncology pharmacy, extension 5555" in page
    assert office.ada.step(1, "published").status_code == 302
    office.shown()
    assert "extension 5555" in details(office)
    assert office.ada.step(1, "retired", comment="Another number").status_code == 302
    office.shown()
    assert "extension 5555" not in details(office)


def test_a_faulty_text_is_refused_with_its_part_and_line(store: Store) -> None:
    office = Office(store)
    office.ada.send("/versions", title="Contact")
    refused = office.ada.revise(1, **{"site.wording": "topics:\n  dose-above-maximun: {}"})
    assert refused.status_code == 400
    assert "form, site.wording:2: unknown topic 'dose-above-maximun'; did you mean 'dose-above-maximum'?" in words(
        refused
    )


def test_a_version_overrides_knowledge_of_the_files_and_keeps_the_replaced_values() -> None:
    content = content_over({"site": {"knowledge": KNOWLEDGE}}, "version 3", SHIPPED)
    place = "knowledge.products.kadcyla.monitoring.lvef.interval_months"
    assert content.site.shipped[place] == "3"
    assert stored_content(content.canonical(), "version 3") == content
    settings = with_policy(Settings(), PublishedPolicy(content, 3, content.hash))
    lvef = settings.site_layer.known.product("kadcyla").monitoring.lvef
    assert lvef is not None
    assert lvef.interval_months == 2
    assert settings.site_layer.recorded()["knowledge"][0][0] == "version 3, site.knowledge"
    assert Settings().site_layer is SHIPPED


def test_a_version_brings_a_rule_and_its_mode() -> None:
    tree = {"site": {"rules": RULES}, "cards": {"hepatitis-b-missing": {"mode": "shadow"}}}
    content = content_over(tree, "version 4", SHIPPED)
    settings = with_policy(Settings(), PublishedPolicy(content, 4, content.hash))
    assert str(settings.policy().mode("hepatitis-b-missing")) == "shadow"
    with pytest.raises(ConfigurationError, match="unknown topic 'hepatitis-b-missing'"):
        content_over({"cards": tree["cards"]}, "version 5", SHIPPED)


@pytest.mark.parametrize("section", ["thresholds", "shadow"])
def test_a_version_that_sets_a_threshold_of_an_unknown_product_is_refused(section: str) -> None:
    tree = {section: {"weight_max_age_days.kadcila": 9}}
    with pytest.raises(ConfigurationError, match=r"version 6: .*unknown product 'kadcila'; did you mean 'kadcyla'"):
        content_over(tree, "version 6", SHIPPED)


def test_what_a_release_changes_under_an_overlay_is_reported() -> None:
    content = content_over({"site": {"knowledge": KNOWLEDGE}}, "version 3", SHIPPED)
    above = with_texts(SHIPPED, content.site, "version 3")
    assert changed_shipped_values(content.site.shipped, SHIPPED, above) == []
    place = "knowledge.products.kadcyla.monitoring.lvef.interval_months"
    older = {**content.site.shipped, place: "6"}
    assert changed_shipped_values(older, SHIPPED, above) == [f"{place}: was 6, is now 3; the overlay says 2"]
    gone = {**content.site.shipped, "knowledge.products.gone": "1"}
    assert "no longer there" in changed_shipped_values(gone, SHIPPED, above)[0]


def test_a_content_without_a_site_is_written_as_before() -> None:
    content = content_over({"thresholds": {"weight_max_age_days": 60}}, "form", SHIPPED)
    assert content.canonical() == '{"thresholds":{"weight_max_age_days":"60"}}'
    assert "site" not in content.as_yaml()


WHOLE = {
    "cards": {"hepatitis-b-missing": {"mode": "shadow"}, "weight-stale": {"owner": "Pharmacy"}},
    "thresholds": {"weight_max_age_days": 45},
    "shadow": {"weight_max_age_days": 60},
    "site": {"knowledge": KNOWLEDGE, "wording": WORDING, "rules": RULES},
}


def test_an_exported_version_can_be_imported_again_as_it_was() -> None:
    content = content_over(WHOLE, "form", SHIPPED)
    assert content_of_file(content.as_yaml(), "text", SHIPPED) == content
    assert content_of_file(content.as_yaml(), "text", SHIPPED).hash == content.hash
    assert content_of_file(NOTHING.as_yaml(), "text", SHIPPED) == NOTHING


def test_an_exported_version_is_a_configuration_file_with_its_texts(tmp_path: Path) -> None:
    content = content_over(WHOLE, "form", SHIPPED)
    path = tmp_path / "version.yaml"
    path.write_text(content.as_yaml(), encoding="utf-8")
    settings, published = load_settings(path, {}), content.as_settings()
    assert settings.site_layer.known.version == published.site_layer.known.version
    assert settings.site_layer.wording.version == published.site_layer.wording.version
    assert str(settings.policy().mode("hepatitis-b-missing")) == "shadow"
    assert differences(settings, published) == []


def test_the_texts_of_a_file_override_the_files_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text("contact: The old extension", encoding="utf-8")
    path = tmp_path / "her2.yaml"
    path.write_text("site: {wording: [words.yaml], text: {wording: 'contact: The new extension'}}", encoding="utf-8")
    assert load_settings(path, {}).site_layer.wording.contact == "The new extension"
    path.write_text("site:\n  text:\n    rules: |\n      rules:\n        - topc: x\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"her2\.yaml, site\.rules:2: .*did you mean 'topic'"):
        load_settings(path, {})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("auth: {mode: 'off'}", "text:1: unknown key 'auth'"),
        ("site: {knowledge: [a.yaml]}", "text:1: site.knowledge"),
        ("thresholds:\n  weight_max_age_dayz: 3", "text:2: "),
        (
            "site:\n  text: {wording: 'contac: x'}",
            "text, site.wording:1: unknown key 'contac'; did you mean 'contact'?",
        ),
        ("cards: {weight-stale: &x {mode: off}}\nshadow: *x", "text:2: write the value out; no aliases"),
        ("- 1", "text"),
    ],
)
def test_a_file_that_is_not_a_version_is_not_imported(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        content_of_file(text, "text", SHIPPED)
    assert says in "; ".join(error.value.problems)


def test_the_workbench_begins_a_version_with_an_exported_one(store: Store) -> None:
    office = Office(store)
    content = content_over({"site": {"wording": WORDING}}, "form", SHIPPED)
    assert office.ada.send("/versions", title="Contact", text=content.as_yaml(), **{"from": "text"}).status_code == 302
    assert "contact: new, Oncology pharmacy, extension 5555" in words(office.ada.get("/versions/1"))
    refused = office.ada.send("/versions", title="Contact", text="auth: {}", **{"from": "text"})
    assert refused.status_code == 400
    assert "text:1: unknown key" in words(refused)


def test_versions_with_equal_content_over_equal_files_are_the_same() -> None:
    first = content_over({"site": {"wording": f"{WORDING}\r\n"}}, "form", SHIPPED)
    assert first.hash == content_over({"site": {"wording": WORDING}}, "form", SHIPPED).hash


def test_overriding_files_record_what_they_replace_for_the_next_release(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(KNOWLEDGE, encoding="utf-8")
    run = CliRunner().invoke
    kept = run(main, ["knowledge", "shipped", str(tmp_path / "site.yaml")])
    values = json.loads(kept.output)
    place = "knowledge.products.kadcyla.monitoring.lvef.interval_months"
    assert values[place] == "3"
    (tmp_path / "kept.json").write_text(json.dumps({**values, place: "6"}), encoding="utf-8")
    arguments = ["knowledge", "check", str(tmp_path / "site.yaml"), "--shipped"]
    changed = run(main, [*arguments, str(tmp_path / "kept.json")])
    assert f"{place}: was 6, is now 3; the overlay says 2" in changed.output
    assert changed.exit_code == 1
    (tmp_path / "same.json").write_text(kept.output, encoding="utf-8")
    assert run(main, [*arguments, str(tmp_path / "same.json")]).exit_code == 0
    (tmp_path / "odd.json").write_text("[1]", encoding="utf-8")
    assert run(main, [*arguments, str(tmp_path / "odd.json")]).exit_code == 2
