"""The alerts and the dashboard under ``deploy``: Prometheus reads every query, and each asks for what there is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from servers import lacking

from cds_service.telemetry import metrics
from cds_service.telemetry.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "her2-cds.rules.yaml"
DASHBOARD = json.loads((DEPLOY / "grafana" / "her2-cds.json").read_text(encoding="utf-8"))
_OF_PROMETHEUS = {"up": {"job", "instance"}}
_SCRAPED = {"job", "instance", "le"}
_VARIABLES = {"$__rate_interval": "5m", "$service": ".*", "$issuer": ".*", "$tenant": ".*"}
_METRIC = re.compile(r"\b((?:her2_cds|process)_[a-z0-9_]+|up)\b(?:\{([^}]*)\})?")
_LABEL = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)")
_BY = re.compile(r"\bby \(([^)]*)\)")
_PATIENCE_S = 60


def panels() -> list[dict[str, Any]]:
    """Return the panels that ask for anything."""
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def queries() -> dict[str, str]:
    """Return every query of alerts and dashboard by where it stands, without Grafana's variables."""
    alerts = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    found = {each["alert"]: each["expr"] for each in alerts}
    for panel in panels():
        found |= {f"{panel['title']} {target['refId']}": target["expr"] for target in panel["targets"]}
    found |= {f"annotation {each['name']}": each["expr"] for each in DASHBOARD["annotations"]["list"]}
    for name, value in _VARIABLES.items():
        found = {where: query.replace(name, value) for where, query in found.items()}
    return found


def exported() -> dict[str, set[str]]:
    """Return the labels of every series that the service has, by its name."""
    return _OF_PROMETHEUS | {f"{name}{each}": labels for name, (ends, labels) in own().items() for each in ends}


def own() -> dict[str, tuple[tuple[str, ...], set[str]]]:
    """Return the metrics of the service: how the names of their series end, and their labels."""
    ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
    counted = set(metrics._registry._collector_to_names)
    found = {each._name: (ends[each._type], {*each._labelnames} | _SCRAPED) for each in counted}
    for family in (*Processes().collect(), *metrics._Build().collect()):
        labels = {label for sample in family.samples for label in sample.labels}
        found[family.name] = (ends[family.type], labels | _SCRAPED)
    return found


def promtool(*arguments: str | Path) -> str:
    """Run promtool and return what it says."""
    if shutil.which("promtool") is None:
        lacking("promtool (Debian's package prometheus)")
    done = subprocess.run(  # noqa: S603 - our own arguments
        ["promtool", *map(str, arguments)],  # noqa: S607
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
        cwd=RULES.parent,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_alerts_fire_only_for_their_reasons() -> None:
    assert "SUCCESS" in promtool("check", "rules", RULES)
    assert promtool("test", "rules", "her2-cds.test.yaml", "her2-cds-days.test.yaml").count("SUCCESS") == 2


def test_every_alert_is_tested() -> None:
    alerts = {each["alert"] for each in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]}
    tested = "".join(path.read_text(encoding="utf-8") for path in RULES.parent.glob("*.test.yaml"))
    assert {name for name in alerts if name not in tested} == set()


def test_prometheus_reads_every_query_of_the_dashboard(tmp_path: Path) -> None:
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries().values())]
    file = tmp_path / "queries.yaml"
    file.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", file)


@pytest.mark.parametrize("where", sorted(queries()))
def test_a_query_asks_for_what_the_service_has(where: str) -> None:
    query, have = queries()[where], exported()
    asked = _METRIC.findall(query)
    assert asked
    assert {name for name, _ in asked} <= have.keys()
    of_all = set.union(*(have[name] for name, _ in asked))
    for name, selector in asked:
        assert set(_LABEL.findall(selector)) <= have[name], name
    assert {label.strip() for labels in _BY.findall(query) for label in labels.split(",")} <= of_all


def test_every_metric_of_the_service_is_on_the_dashboard_or_has_an_alert() -> None:
    shown = {name for query in queries().values() for name, _ in _METRIC.findall(query)}
    assert {name for name, (ends, _) in own().items() if not {f"{name}{each}" for each in ends} & shown} == set()


def test_the_panels_have_ids_and_places_of_their_own() -> None:
    every = DASHBOARD["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    cells = [cell for panel in every for cell in _cells(panel["gridPos"])]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def _cells(place: dict[str, int]) -> Iterator[tuple[int, int]]:
    for x in range(place["x"], place["x"] + place["w"]):
        yield from ((x, y) for y in range(place["y"], place["y"] + place["h"]))
