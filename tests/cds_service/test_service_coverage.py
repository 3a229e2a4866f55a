"""The coverage service over HTTP: its cards, its configuration, its record, and that nothing clinical hangs on it."""

from __future__ import annotations

import io
import json
import random
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from calls import (
    COVERAGE,
    INSTANCE,
    PATIENT,
    SELECT,
    SIGN,
    Caller,
    aspirin,
    bundle,
    call,
    cancer,
    clean_prefetch,
    days_ago,
    ihc,
    labs,
    observation,
    order,
    troubled_prefetch,
    weight,
    without,
)
from click.testing import CliRunner
from command_line import run

from cds_service.audit.explain import explain
from cds_service.cli import main
from cds_service.configuration.coverage_files import CoverageFileError, read_price_file
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.configuration.settings import Settings

if TYPE_CHECKING:
    from structlog.typing import EventDict

Json = dict[str, Any]
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
PRICES = (
    "Payment Allowance Limits for Medicare Part B Drugs,,,\n"
    '"Effective October 1, 2026 through December 31, 2099",,,\n'
    "HCPCS Code,Short Description,HCPCS Code Dosage,Payment Limit\n"
    "J9354,Inj ado-trastuzumab emt 1mg,1 MG,42.198\n"
    "Q5112,Inj ontruzant 10 mg,10 MG,29.808\n"
)
OWN_POLICY = """
sources:
  plan: {title: Plan policy, url: https://plan.example.org/kadcyla, as_of: "2026-10"}
policies:
  - id: PLAN-KADCYLA
    title: Kadcyla
    payer: Example Plan
    products: [kadcyla]
    by: &by {source: plan, section: "1", confidence: V}
    paths:
      - ref: "1"
        name: All uses
        months: 3
        by: *by
        criteria:
          - {check: age_at_least, ref: "1.1", text: Adult, years: 18, by: *by}
"""


def drug(text: str, mg: float, **changes: Any) -> Json:
    return order(mg, medicationCodeableConcept={"text": text}, **changes)


def cards(caller: Caller, *orders: Json, prefetch: Json | None = None) -> dict[str, Json]:
    found = caller.post(call(COVERAGE, list(orders) or [order()], prefetch), COVERAGE).cards
    topics = [card["source"]["topic"]["code"] for card in found]
    assert len(topics) == len(set(topics))
    return dict(zip(topics, found, strict=True))


def gastric() -> Json:
    return clean_prefetch() | {"weight": bundle(weight(80)), "conditions": bundle(cancer("C16.0"))}


@pytest.mark.parametrize(
    ("ordered", "prefetch", "summary", "lines"),
    [
        pytest.param(
            order(252), None, "Kadcyla 252 mg: 252 units J9354, 1x160 + 1x100 mg, 8 mg JW",
            ("J9354 x 252, no modifier", "J9354-JW x 8"), id="70 kg Kadcyla",
        ),
        pytest.param(
            order(306), clean_prefetch() | {"weight": bundle(weight(85))},
            "Kadcyla 306 mg: 306 units J9354, 2x160 mg, 14 mg JW", ("J9354 x 306, no modifier", "J9354-JW x 14"),
            id="85 kg Kadcyla",
        ),
        pytest.param(
            drug("Enhertu", 378), None, "Enhertu 378 mg: 378 units J9358, 4x100 mg, 22 mg JW",
            ("J9358 x 378, no modifier", "J9358-JW x 22"), id="70 kg Enhertu, breast",
        ),
        pytest.param(
            drug("Enhertu", 512), gastric(), "Enhertu 512 mg: 512 units J9358, 6x100 mg, 88 mg JW",
            ("J9358 x 512, no modifier", "J9358-JW x 88"), id="80 kg Enhertu, gastric",
        ),
    ],
)  # fmt: skip
def test_service_the_worked_examples_of_the_billing_pages_are_reproduced(
    service, ordered, prefetch, summary, lines
) -> None:
    card = cards(service, ordered, prefetch=prefetch)["billing-summary"]
    assert (card["summary"], card["indicator"]) == (summary, "info")
    assert all(line in card["detail"] for line in lines)
    assert "-JZ" not in card["detail"]


@pytest.mark.parametrize(
    ("text", "mg", "says"),
    [
        ("Herceptin", 420, "42 units J9355"),
        ("Ontruzant", 420, "42 units Q5112"),
        ("Herzuma", 420, "42 units Q5113"),
        ("Ogivri", 420, "42 units Q5114"),
        ("Trazimera", 420, "42 units Q5116"),
        ("Kanjinti", 420, "42 units Q5117"),
        ("Hercessi", 420, "42 units Q5146"),
        ("Herceptin Hylecta", 600, "60 units J9356"),
        ("Perjeta", 840, "840 units J9306"),
        ("Perjeta", 420, "420 units J9306"),
        ("Phesgo", 1800, "180 units J9316"),
        ("Phesgo", 1200, "120 units J9316"),
        ("Margenza", 1050, "210 units J9353"),
        ("Ziihera", 1400, "700 units J9276"),
        ("Poherdy", 420, "no HCPCS code on file"),
    ],
)
def test_service_every_product_has_its_billing_summary(service, text, mg, says) -> None:
    card = cards(service, drug(text, mg))["billing-summary"]
    assert says in card["summary"]
    assert len(card["summary"]) < 140


def test_service_coverage_carries_out_no_clinical_check(service) -> None:
    """An overdose in a troubled chart: the clinical service warns, the coverage service bills and is silent on it."""
    clinical = service.post(call(SIGN, [order(378)], troubled_prefetch())).topics
    coverage = cards(service, order(378), prefetch=troubled_prefetch())
    assert "dose-above-maximum" in clinical
    assert set(coverage) <= {"billing-summary", "billing-units-mismatch", "coverage-criteria", "checks-incomplete"}
    assert set(clinical).isdisjoint({"billing-summary", "billing-units-mismatch", "coverage-criteria"})


def test_service_coverage_leaves_what_may_stop_the_drug_to_the_clinical_services(service) -> None:
    suspected = {
        "resourceType": "Condition",
        "id": "ild-1",
        "subject": {"reference": f"Patient/{PATIENT}"},
        "verificationStatus": {"coding": [{"code": "provisional"}]},
        "code": {"text": "Pneumonitis"},
    }
    chart = clean_prefetch() | {"other": bundle(suspected)}
    assert service.post(call(SIGN, [order()], chart)).topics == ["checks-incomplete"]
    assert "checks-incomplete" not in cards(service, order(), prefetch=chart)


def test_service_an_order_out_of_scope_gets_silence(service) -> None:
    assert service.post(call(COVERAGE, [aspirin()]), COVERAGE).body == {"cards": []}


def test_service_each_order_gets_its_own_cards(service) -> None:
    found = service.post(call(COVERAGE, [order(), {**drug("Perjeta", 420), "id": "order-2"}]), COVERAGE)
    assert found.topics.count("billing-summary") == 2
    assert len({card["uuid"] for card in found.cards}) == len(found.cards)


def test_service_what_cannot_be_billed_is_reported(service) -> None:
    named_twice = order(medicationCodeableConcept={
        "coding": [{"system": RXNORM, "code": "1371046"}], "text": "fam-trastuzumab deruxtecan (Enhertu)"
    })  # fmt: skip
    found = cards(service, named_twice)
    assert set(found) == {"checks-incomplete"}
    assert "which drug is ordered is not clear" in found["checks-incomplete"]["detail"]


def test_service_the_same_data_is_needed_as_for_signing(service) -> None:
    lacking = call(COVERAGE, prefetch=without(clean_prefetch(), "weight"))
    answer = service.post(lacking, COVERAGE)
    assert answer.status == 200
    assert "checks-incomplete" in answer.topics


def insured_by(name: str) -> Json:
    """Return a coverage in force."""
    return {
        "resourceType": "Coverage",
        "id": "cov-1",
        "status": "active",
        "beneficiary": {"reference": f"Patient/{PATIENT}"},
        "payor": [{"display": name}],
    }


def test_service_needs_neither_prescriber_nor_payer(service) -> None:
    detail = cards(service)["coverage-criteria"]["detail"]
    assert "No payer was sent" in detail
    # Without a payer nothing of one state's policy is shown.
    assert "Louisiana" not in detail
    insured = cards(
        service, prefetch=clean_prefetch() | {"coverage": bundle(insured_by("Louisiana Healthcare Connections"))}
    )
    assert "**Not known** · I.A.2" in insured["coverage-criteria"]["detail"]


def test_service_a_medicare_advantage_plan_by_its_type_is_no_original_medicare(service) -> None:
    plan = insured_by("Medicare") | {"type": {"text": "Medicare Advantage HMO"}}
    assert "coverage-criteria" not in cards(service, prefetch=clean_prefetch() | {"coverage": bundle(plan)})


def test_service_prescriber_and_payer_are_used_where_they_are_sent(service) -> None:
    role = {
        "resourceType": "PractitionerRole",
        "id": "role-1",
        "practitioner": {"reference": "Practitioner/onc-17"},
        "specialty": [{"text": "Hematology/Oncology"}],
    }
    payer = insured_by("Louisiana Healthcare Connections")
    detail = cards(service, prefetch=clean_prefetch() | {"team": bundle(role), "coverage": bundle(payer)})[
        "coverage-criteria"
    ]["detail"]
    assert "**Met** · I.A.2" in detail
    assert "Payer on record: Louisiana Healthcare Connections" in detail


def test_service_units_of_a_claim_line_are_held_against_the_dose(service) -> None:
    line = {
        "resourceType": "ServiceRequest",
        "id": "claim-1",
        "status": "draft",
        "intent": "order",
        "code": {"coding": [{"system": HCPCS, "code": "J9355"}]},
        "quantityQuantity": {"value": 420},
        "subject": {"reference": f"Patient/{PATIENT}"},
        "basedOn": [{"reference": "MedicationRequest/order-1"}],
    }
    card = cards(service, drug("Herceptin", 420), line)["billing-units-mismatch"]
    assert card["indicator"] == "warning"
    assert "42 units J9355 (10 mg each), not 420" in card["summary"]
    assert service.post(call(SIGN, [drug("Herceptin", 420), line])).topics == []


def test_service_what_a_chart_says_is_escaped(service) -> None:
    spoilt = cancer() | {"code": {"coding": [{"system": ICD10, "code": "C50.911", "display": "<img src=x> **bold**"}]}}
    payer = {
        "resourceType": "Coverage", "id": "c", "status": "active",
        "payor": [{"display": "[click](http://x) &lt;b&gt;"}],
        "beneficiary": {"reference": f"Patient/{PATIENT}"},
    }  # fmt: skip
    found = cards(service, prefetch=clean_prefetch() | {"conditions": bundle(spoilt), "c": bundle(payer)})
    said = "".join(card["detail"] for card in found.values())
    assert "&lt;img src=x\\> \\*\\*bold\\*\\*" in said
    assert "\\[click\\](http://x) &lt;b\\>" in said
    assert "<" not in said


def test_service_cards_hold_lists_and_neither_tables_nor_html(service) -> None:
    for card in cards(service, drug("Enhertu", 378)).values():
        for line in card["detail"].splitlines():
            assert not line.lstrip().startswith(("|", "<", "#"))
            assert "<" not in line.replace("\\<", "")


ADJUSTED = [
    pytest.param({"coverage": {"policies": ["UHC-KADCYLA"]}}, id="another policy"),
    pytest.param({"coverage": {"vials": {"kadcyla": [100]}}}, id="another stock"),
    pytest.param({"cards": {"coverage-criteria": {"mode": "off"}, "billing-summary": {"mode": "off"}}}, id="off"),
]


@pytest.mark.parametrize("changes", ADJUSTED)
def test_service_no_payer_rule_changes_a_clinical_card(service, changes, tmp_path) -> None:
    """Whatever is configured for coverage, the clinical services answer byte for byte the same."""
    (tmp_path / "asp.csv").write_text(PRICES, encoding="utf-8")
    (tmp_path / "own.yaml").write_text(OWN_POLICY, encoding="utf-8")
    files = {"asp_file": tmp_path / "asp.csv", "policy_files": [tmp_path / "own.yaml"]}
    other = Caller(Settings(**{**changes, "coverage": {**files, **changes.get("coverage", {})}}))
    for name in (SIGN, SELECT):
        for body in (call(name), call(name, [order(378), drug("Enhertu", 252, id="order-2")], troubled_prefetch())):
            assert other.post(body, name).raw == service.post(body, name).raw
    assert other.post(call(COVERAGE), COVERAGE).raw != service.post(call(COVERAGE), COVERAGE).raw


def configured(tmp_path: Path, text: str, **files: str) -> Caller:
    for name, content in files.items():
        (tmp_path / name.replace("_", ".")).write_text(content, encoding="utf-8")
    path = tmp_path / "site.yaml"
    path.write_text(f"{text}\nauth: {{mode: off}}", encoding="utf-8")
    return Caller(path=path)


def test_service_a_site_adds_its_own_policy_without_code(tmp_path) -> None:
    caller = configured(tmp_path, "coverage: {policy_files: [own.yaml]}", own_yaml=OWN_POLICY)
    card = cards(caller)["coverage-criteria"]
    assert card["summary"] == "Kadcyla, PLAN-KADCYLA (All uses): 1 met, 0 not met, 0 not known"
    assert card["source"]["url"] == "https://plan.example.org/kadcyla"
    assert "Plan policy, 1 (2026-10)" in card["detail"]


def test_service_a_site_puts_the_policies_in_its_order(tmp_path) -> None:
    caller = configured(tmp_path, "coverage: {policies: [AETNA-KADCYLA, LA.PHAR.229]}")
    assert "AETNA-KADCYLA" in cards(caller)["coverage-criteria"]["summary"]
    assert "coverage-criteria" not in cards(caller, drug("Enhertu", 378))


def test_service_payment_limits_from_the_file_that_cms_publishes(tmp_path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("Oct 2026 NOC Pricing File.csv", "no table")
        file.writestr("section 508/Oct 2026 ASP Pricing File.csv", PRICES.encode("cp1252") + b"J0001,\xa0,1 MG,1\n")
    (tmp_path / "asp.zip").write_bytes(archive.getvalue())
    caller = configured(tmp_path, "coverage: {asp_file: asp.zip}")
    detail = cards(caller)["billing-summary"]["detail"]
    assert "42.198 USD a unit of J9354 (2026 Q4" in detail
    assert "10,971.48 USD for 260 units" in detail
    assert "J9358 is not in the price file" in cards(caller, drug("Enhertu", 378))["billing-summary"]["detail"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_service_a_damaged_archive_of_prices_is_read_or_refused(tmp_path, method) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as file:
        file.writestr("Oct 2026 ASP Pricing File.csv", PRICES * 20)
    path = tmp_path / "asp.zip"
    refused = []
    for number in range(600):
        chance = random.Random(number)  # noqa: S311 - no secret
        raw = bytearray(archive.getvalue())
        for _ in range(chance.randint(1, 4)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        path.write_bytes(raw[: chance.randrange(len(raw))] if number % 3 == 0 else raw)
        try:
            read_price_file(path)
        except CoverageFileError as error:
            refused.append(str(error))
    assert len(refused) > 100
    assert all(said.startswith(f"{path}: ") for said in refused)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "coverage: {policies: [UHC-KADCILA]}",
            "yaml:1: coverage: no policy 'UHC-KADCILA'; did you mean 'UHC-KADCYLA'?",
        ),
        ("coverage: {vials: {kadcila: [100]}}", "site.yaml:1: coverage.vials: no product or brand 'kadcila'"),
        ("coverage: {vials: {kadcyla: [150]}}", "kadcyla comes in 100, 160 mg, not in"),
        ("coverage: {vials: {kadcyla: []}}", "kadcyla comes in 100, 160 mg"),
        ("coverage: {asp_files: x}", "unknown key 'coverage.asp_files'; did you mean 'asp_file'?"),
        ("coverage: {asp_file: none.csv}", "none.csv: it cannot be read"),
        ("coverage: {asp_file: bad.csv}", "bad.csv: no row with the columns"),
        ("coverage: {policy_files: [bad.yaml]}", "bad.yaml:1: policies.0"),
        ("coverage: {policy_files: [twice.yaml]}", "the policy 'LA.PHAR.229' is there twice"),
    ],
)
def test_service_a_configuration_that_is_wrong_is_refused(tmp_path, text, says) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n", encoding="utf-8")
    (tmp_path / "bad.yaml").write_text("policies: [{id: 3}]\n", encoding="utf-8")
    (tmp_path / "twice.yaml").write_text(OWN_POLICY.replace("PLAN-KADCYLA", "LA.PHAR.229"), encoding="utf-8")
    path = tmp_path / "site.yaml"
    path.write_text(f"{text}\nauth: {{mode: off}}", encoding="utf-8")
    result = run("config", "check", path)
    assert result.exit_code == 2
    assert says in result.stderr
    with pytest.raises(ConfigurationError):
        Caller(path=path)


def test_service_the_files_are_found_beside_the_configuration(tmp_path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("coverage: {asp_file: asp.csv, policy_files: [own.yaml]}", encoding="utf-8")
    settings = load_settings(path, {})
    assert settings.coverage.asp_file == tmp_path / "asp.csv"
    assert settings.coverage.policy_files == [tmp_path / "own.yaml"]


def test_service_the_price_file_is_imported_by_a_command(tmp_path) -> None:
    (tmp_path / "cms.csv").write_text(PRICES + "J0001,Other,1 MG,1.5\n", encoding="utf-8")
    out = tmp_path / "asp-own.csv"
    result = run("asp", "import", tmp_path / "cms.csv", "--output", out)
    assert result.exit_code == 0, result.stderr
    assert "2026 Q4: 2026-10-01 to 2099-12-31" in result.stdout
    assert "J9354" in out.read_text(encoding="utf-8")
    assert "J0001" not in out.read_text(encoding="utf-8")
    assert "not in the file: " in result.stdout
    caller = configured(tmp_path, "coverage: {asp_file: asp-own.csv}")
    assert "10,971.48 USD" in cards(caller)["billing-summary"]["detail"]


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"PK\x03\x04 broken", b'"' + b"x" * 300_000])
def test_service_a_file_that_is_no_price_file_is_refused_by_the_command(tmp_path, content) -> None:
    (tmp_path / "cms.csv").write_bytes(content)
    result = run("asp", "import", tmp_path / "cms.csv")
    assert result.exit_code == 2
    assert "cms.csv" in result.stderr


def test_service_the_command_line_asks_the_coverage_service(tmp_path) -> None:
    (tmp_path / "request.json").write_text(json.dumps(call(COVERAGE)), encoding="utf-8")
    asked = ["check", str(tmp_path / "request.json"), "--format", "json"]
    assert json.loads(CliRunner().invoke(main, asked).stdout) == {"cards": []}
    result = run(*asked, "--service", COVERAGE)
    assert result.exit_code == 1
    topics = [card["source"]["topic"]["code"] for card in json.loads(result.stdout)["cards"]]
    assert topics == ["billing-summary", "coverage-criteria"]


def test_service_the_record_can_be_judged_again_with_policies_and_prices_of_then(database_url, tmp_path) -> None:
    (tmp_path / "own.yaml").write_text(OWN_POLICY, encoding="utf-8")
    (tmp_path / "asp.csv").write_text(PRICES, encoding="utf-8")
    coverage = {"policy_files": [tmp_path / "own.yaml"], "asp_file": tmp_path / "asp.csv", "vials": {"kadcyla": [100]}}
    caller = Caller(Settings(coverage=coverage), database=database_url)
    found = cards(caller)
    # The old files are gone; the record has their content.
    (tmp_path / "own.yaml").unlink()
    (tmp_path / "asp.csv").unlink()
    for card in found.values():
        explained = explain(caller.store.engine, card["uuid"])
        assert explained is not None
        assert explained["replay"] == {"identical": True, "otherVersionsNow": []}
        assert explained["decision"]["service"] == COVERAGE
        assert explained["decision"]["hookInstance"] == INSTANCE


def test_service_no_log_line_and_no_record_names_prescriber_or_person(log_lines: list[EventDict]) -> None:
    caller = Caller()
    person = {
        "resourceType": "Practitioner", "id": "marked-doctor", "name": [{"family": "Markedname"}],
        "qualification": [{"code": {"text": "Oncology"}}],
    }  # fmt: skip
    payer = {
        "resourceType": "Coverage", "id": "c", "status": "active", "beneficiary": {"reference": f"Patient/{PATIENT}"},
        "payor": [{"reference": f"Patient/{PATIENT}", "display": "Markedpatient"}],
    }  # fmt: skip
    ordered = order(requester={"reference": "Practitioner/marked-doctor"})
    lists = {"p": bundle(person), "c": bundle(payer, insured_by("Louisiana Healthcare Connections"))}
    found = cards(caller, ordered, prefetch=clean_prefetch() | lists)
    assert "**Met** · I.A.2" in found["coverage-criteria"]["detail"]
    explained = explain(caller.store.engine, found["coverage-criteria"]["uuid"])
    for said in (json.dumps(explained, default=str), json.dumps(log_lines, default=str)):
        assert "marked-doctor" not in said
        assert "Marked" not in said


def test_service_prior_therapy_comes_from_the_charts_own_lists(service) -> None:
    def given(name: str, text: str, days: int) -> Json:
        return {
            "resourceType": "MedicationAdministration",
            "id": name,
            "status": "completed",
            "medicationCodeableConcept": {"text": text},
            "subject": {"reference": f"Patient/{PATIENT}"},
            "effectiveDateTime": days_ago(days),
        }

    prefetch = clean_prefetch() | {
        "administrations": bundle(given("a-1", "trastuzumab-dkst", 200), given("a-2", "PACLitaxel 80 mg/m2", 210)),
        "coverage": bundle(insured_by("Louisiana Healthcare Connections")),
    }
    detail = cards(service, prefetch=prefetch)["coverage-criteria"]["detail"]
    assert "**Met** · I.A.5.a" in detail
    assert f"PACLitaxel 80 mg/m2, {days_ago(210)}" in detail


def test_service_a_complete_chart_has_nothing_to_correct(service) -> None:
    receptor = {"valueCodeableConcept": {"text": "Negative"}}
    metastasis = {**cancer("C78.7"), "id": "metastasis"}
    prefetch = clean_prefetch() | {
        "tumorMarkers": bundle(
            ihc(), observation("er-1", "16112-5", 300, **receptor), observation("pr-1", "16113-3", 300, **receptor)
        ),
        "labs": bundle(*labs()),
        "conditions": bundle(cancer(), metastasis),
    }
    detail = cards(service, prefetch=prefetch)["billing-summary"]["detail"]
    assert "Z17.420 fits the results" in detail
    assert "Fix before billing" not in detail
