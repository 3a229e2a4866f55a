"""The site's layer through the service: a brand known everywhere, words on the cards, reload, record and replay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from calls import Caller, bundle, call, clean_prefetch, order, rewrite, weight
from command_line import exit_and_output

from cds_service.audit.explain import explain
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from calls import Json

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
WORDS = """
contact: Oncology pharmacy, extension 5555
topics:
  dose-above-maximum:
    links: [{label: Dosing protocol, url: https://intranet.example/dosing}]
"""
CONFIGURATION = """
auth: {mode: "off"}
site: {knowledge: [brands.yaml], wording: [words.yaml]}
"""


@pytest.fixture
def site(tmp_path) -> Path:
    """Return the configuration of a site with a brand and words of its own."""
    (tmp_path / "brands.yaml").write_text(BRAND)
    (tmp_path / "words.yaml").write_text(WORDS)
    path: Path = tmp_path / "her2.yaml"
    path.write_text(CONFIGURATION)
    return path


def newmab(mg: float, **changes: Json) -> Json:
    """Order the new biosimilar by its name alone."""
    return order(mg, medicationCodeableConcept={"text": "Newmab", **changes})


def test_a_new_biosimilar_is_recognized_by_its_name(site) -> None:
    answer = Caller(path=site).post(call(orders=[newmab(700)]))
    assert "dose-above-maximum" in answer.topics
    assert answer.cards[0]["summary"].startswith("Newmab 700 mg")


def test_without_the_layer_the_name_is_unknown() -> None:
    assert Caller().post(call(orders=[newmab(700)])).topics == []


def test_its_billing_code_on_another_drug_is_a_mismatch(site) -> None:
    coded = order(252)
    hcpcs = {"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "Q9999"}
    coded["medicationCodeableConcept"]["coding"].append(hcpcs)
    assert "hcpcs-mismatch" in Caller(path=site).post(call(orders=[coded])).topics


@pytest.mark.parametrize("coding", [[{"system": "http://hl7.org/fhir/sid/ndc", "code": "99999-0001-01"}], []])
def test_its_multi_dose_vial_is_billed_without_jw_and_jz(site, coding) -> None:
    drug = {"coding": coding} if coding else {}
    answer = Caller(path=site).post(call(orders=[newmab(420, **drug)]), "her2-coverage")
    summary = next(c["summary"] for c in answer.cards if c["source"]["topic"]["code"] == "billing-summary")
    assert summary == "Newmab 420 mg: 42 units Q9999, 1x420 mg multi-dose, no JW or JZ"


def test_the_vials_in_stock_may_be_those_of_its_own_brand(site) -> None:
    stock = "coverage: {vials: {newmab: [420], newmap: [420], kadcyla: [150]}}\n"
    site.write_text(f"{CONFIGURATION}{stock}")
    with pytest.raises(ConfigurationError) as error:
        load_settings(site, {})
    assert [each.split(";")[0].rpartition("/")[2] for each in error.value.problems] == [
        "her2.yaml:4: coverage.vials: no product or brand 'newmap'",
        "her2.yaml:4: coverage.vials: kadcyla comes in 100, 160 mg, not in [150]",
    ]


def test_every_card_ends_with_the_contact_and_its_topics_links(site) -> None:
    cards = Caller(path=site).post(call(orders=[order(378)])).cards
    assert all(card["detail"].endswith("Oncology pharmacy, extension 5555") for card in cards)
    above = next(card for card in cards if card["source"]["topic"]["code"] == "dose-above-maximum")
    assert above["links"] == [
        {"label": "Dosing protocol", "url": "https://intranet.example/dosing", "type": "absolute"}
    ]


@pytest.mark.usefixtures("eager")
def test_a_changed_file_takes_effect_and_a_faulty_one_is_refused(site, log_lines) -> None:
    caller = Caller(path=site)
    words = site.parent / "words.yaml"
    rewrite(words, "contact: Extension 7")
    assert caller.post(call(orders=[order(378)])).cards[0]["detail"].endswith("Extension 7")
    rewrite(words, "contact: [")
    assert caller.post(call(orders=[order(378)])).cards[0]["detail"].endswith("Extension 7")
    refused = next(line for line in log_lines if line["event"] == "configuration_refused")
    assert refused["problems"][0].startswith("words.yaml:1: not valid YAML")
    rewrite(words, "contact: Extension 8")
    assert caller.post(call(orders=[order(378)])).cards[0]["detail"].endswith("Extension 8")


@pytest.mark.usefixtures("eager")
def test_a_decision_is_explained_by_the_layer_it_was_made_with(site) -> None:
    caller = Caller(path=site)
    card = caller.post(call(orders=[newmab(700)])).cards[0]
    rewrite(site.parent / "brands.yaml", "brands: []")
    rewrite(site.parent / "words.yaml", "contact: Somebody else")
    assert caller.post(call(orders=[newmab(700)])).topics == []
    explained = explain(caller.store.engine, card["uuid"])
    assert explained is not None
    assert explained["replay"]["identical"]


def test_the_layer_is_part_of_the_configuration_hash(site) -> None:
    first = Caller(path=site).app.extensions["her2_cds"].current().decider.versions
    (site.parent / "words.yaml").write_text("contact: Extension 9")
    second = Caller(path=site).app.extensions["her2_cds"].current().decider.versions
    assert first.configuration_hash != second.configuration_hash
    assert first.wording != second.wording
    assert first.knowledge == second.knowledge


def test_a_file_that_is_not_there_is_reported(site) -> None:
    (site.parent / "brands.yaml").unlink()
    with pytest.raises(ConfigurationError, match=r"brands\.yaml: cannot be read"):
        load_settings(site, {})


def test_the_command_line_checks_and_compares_what_a_site_writes(site) -> None:
    brands = site.parent / "brands.yaml"
    code, said = exit_and_output("knowledge", "check", brands)
    assert code == 0
    assert "brands.yaml: valid" in said
    assert exit_and_output("knowledge", "check", "--config", site)[0] == 0
    code, said = exit_and_output("knowledge", "diff", "default", brands)
    assert code == 1
    assert "brand newmab of trastuzumab is new\n" in said
    assert "\n  hcpcs.Q9999.unit_mg: 10\n" in said
    assert exit_and_output("knowledge", "diff", brands, brands) == (0, "no difference\n")
    code, said = exit_and_output("knowledge", "diff", "default", site)
    assert code == 1
    assert "brand newmab of trastuzumab is new\n" in said
    brands.write_text(BRAND.replace("unit_mg", "unit_mgs"))
    code, said = exit_and_output("knowledge", "check", brands)
    assert code == 2
    assert "brands.yaml:10: brands.0.hcpcs.0.unit_mgs" in said
    assert "did you mean 'unit_mg'" in said


def test_a_change_of_the_layer_is_seen_by_config_diff(site) -> None:
    other = site.parent / "other.yaml"
    other.write_text('auth: {mode: "off"}\n')
    code, said = exit_and_output("config", "diff", other, site)
    assert code == 1
    assert "contact: new, Oncology pharmacy, extension 5555" in said


BY_PRODUCT = """
auth: {mode: "off"}
thresholds:
  weight_max_age_days: {default: 60, kadcyla: 3}
"""


def test_a_threshold_is_set_for_one_product(tmp_path) -> None:
    path = tmp_path / "her2.yaml"
    path.write_text(BY_PRODUCT)
    caller = Caller(path=path)
    kadcyla = caller.post(call(orders=[order(252)], prefetch={**clean_prefetch(), "weight": bundle(weight(days=5))}))
    assert "weight-stale" in kadcyla.topics
    explained = explain(caller.store.engine, kadcyla.cards[0]["uuid"])
    assert explained is not None
    assert explained["replay"]["identical"]
    asked = next(each for each in explained["checks"] if each["topic"] == "weight-stale")["thresholds"]
    assert {"name": "weight_max_age_days.kadcyla", "value": "3"}.items() <= asked[0].items()
    generic = order(420, medicationCodeableConcept={"text": "Herceptin"})
    answer = caller.post(call(orders=[generic], prefetch={**clean_prefetch(), "weight": bundle(weight(days=45))}))
    assert "weight-stale" not in answer.topics


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param("{default: 60, kadcyla: 0}", "must lie between", id="out of bounds"),
        pytest.param("{Kadcyla!: 5}", "lower-case", id="no id of a product"),
        pytest.param("{kadcyla: much}", "must be a number", id="no number"),
    ],
)
def test_a_wrong_threshold_of_a_product_is_reported_with_its_line(tmp_path, given, says) -> None:
    path = tmp_path / "her2.yaml"
    path.write_text(f"thresholds:\n  weight_max_age_days: {given}\n")
    with pytest.raises(ConfigurationError, match=f"her2.yaml:2: .*{says}"):
        load_settings(path, {})


def test_config_show_and_diff_name_the_product(tmp_path) -> None:
    path, other = tmp_path / "her2.yaml", tmp_path / "other.yaml"
    path.write_text(BY_PRODUCT)
    other.write_text('auth: {mode: "off"}\n')
    assert "kadcyla: 3" in exit_and_output("config", "show", "--config", path)[1]
    code, said = exit_and_output("config", "diff", other, path)
    assert code == 1
    assert "kadcyla: " in said


def test_everything_that_is_wrong_in_the_files_is_told_at_once(site) -> None:
    folder = site.parent
    (folder / "brands.yaml").write_text(
        f"{BRAND.replace('of: trastuzumab', 'of: trastuzumap')}products:\n  - {{id: kadcyla, monitorin: {{}}}}\n"
    )
    (folder / "words.yaml").write_text("contac: x\ntopics: {dose-above-maxium: {}, weight-stale: {link: []}}\n")
    (folder / "rules.yaml").write_text(
        "rules:\n"
        "  - {topic: a-b, display: A, indicator: warning, when: {products: [newmab]}, summary: A, rule: A,\n"
        "     by: {source: our-pt, section: '1', confidence: V}}\n"
        "  - {topic: c-d, display: A, indicator: warnin}\n"
    )
    (folder / "codes.json").write_text("{")
    site.write_text(
        f"{CONFIGURATION.replace('words.yaml]', 'words.yaml], rules: [rules.yaml], code_maps: [codes.json]')}"
        "threshold: {}\n"
    )
    code, said = exit_and_output("config", "check", site)
    assert code == 2
    lines = said.replace(f"{folder}/", "").splitlines()
    assert lines == [
        "her2.yaml:4: unknown key 'threshold'; did you mean 'thresholds'?",
        "brands.yaml:14: products.0.monitorin: unknown key 'monitorin'; did you mean 'monitoring'?",
        "brands.yaml:5: brands.0.of: no product 'trastuzumap'; did you mean 'trastuzumab'?",
        # The first rule is not at fault: its brand is missing because of the line before.
        "rules.yaml:4: rules.1.indicator: unknown value 'warnin'; did you mean 'warning'?",
        "words.yaml:1: unknown key 'contac'; did you mean 'contact'?",
        "words.yaml:2: unknown topic 'dose-above-maxium'; did you mean 'dose-above-maximum'?",
        "site.code_maps: codes.json: the file is not valid JSON: it ends too early, at line 1, column 2",
    ]


def test_a_new_brand_is_ordered_on_the_chart_of_an_example(site, tmp_path) -> None:
    code, printed = exit_and_output("example", "kadcyla-clean", "--drug", "Newmab", "--dose", "5600 mg")
    assert code == 0
    request = tmp_path / "request.json"
    request.write_text(printed)
    code, said = exit_and_output("check", request, "--config", site)
    assert (code, said.split()[:4]) == (1, ["CRITICAL", "Newmab", "5600", "mg"])


def test_words_that_a_site_passes_over_are_seen_as_a_change(site) -> None:
    path = site.parent / "over.yaml"
    path.write_text('drug_words:\n  - {words: ["ward 7b"], why: A ward.}\n')
    assert exit_and_output("knowledge", "diff", "default", path) == (1, "drug word ward 7b is new\n  why: A ward.\n")
