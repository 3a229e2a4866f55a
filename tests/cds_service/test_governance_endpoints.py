"""``GET /source-attributes``: of the configuration in force, with the sources of the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calls import Caller

from cards.facts.topics import Topic
from cds_service.configuration.loading import load_settings

if TYPE_CHECKING:
    from pathlib import Path

SITE = """
sources:
  our-pt: {title: Pharmacy and therapeutics committee, url: https://intranet.example/pt, as_of: "2026-11"}
products:
  - id: kadcyla
    monitoring: {lvef: {interval_months: 2, by: {source: our-pt, section: "4", confidence: V}}}
"""


def test_every_topic_with_its_sources_and_what_it_reads(service: Caller) -> None:
    body = service.get("/source-attributes").body
    topics = {each["topic"]: each for each in body["interventions"]}
    assert set(topics) == {str(topic) for topic in Topic}
    assert body["regulation"].startswith("45 CFR 170.315(b)(11)")
    pregnancy = topics["pregnancy-test-missing"]
    assert [name for name, used in pregnancy["uses"].items() if used] == [
        "sex",
        "date_of_birth",
        "health_status_assessments",
    ]
    assert pregnancy["services"] == ["her2-order-select", "her2-order-sign", "her2-order-dispatch", "her2-patient-view"]
    assert topics["coverage-criteria"]["services"] == [
        "her2-coverage",
        "her2-coverage-select",
        "her2-coverage-dispatch",
    ]
    assert {"asOf", "title", "url", "confidence"} <= set(topics["lvef-hold"]["citations"][0])


def test_the_sources_of_the_site_are_among_them(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    path = tmp_path / "config.yaml"
    path.write_text(
        "auth: {mode: 'off'}\nsite: {knowledge: [site.yaml]}\ncards: {lvef-overdue: {mode: shadow, indicator: info}}\n",
        encoding="utf-8",
    )
    caller = Caller(load_settings(path))
    found = {each["topic"]: each for each in caller.get("/source-attributes").body["interventions"]}
    cited = {each["id"]: each for each in found["lvef-overdue"]["citations"]}
    assert (cited["our-pt"]["confidence"], cited["our-pt"]["title"]) == ("S", "Pharmacy and therapeutics committee")
    assert (found["lvef-overdue"]["mode"], found["lvef-overdue"]["indicator"]) == ("shadow", "info")
    assert "our-pt" not in {each["id"] for each in found["dose-above-maximum"]["citations"]}


def test_the_page_is_markdown(service: Caller) -> None:
    answer = service.client.get("/source-attributes?format=markdown")
    assert answer.content_type == "text/markdown; charset=utf-8"
    assert "### dose-above-maximum" in answer.text
    assert "not described" not in answer.text.lower()
