"""Charts: the same figures give the same bytes, nothing breaks the policy of the pages, and a fault costs no report."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from cds_service.charts import drawing
from cds_service.charts.comparisons import bars, lines, ranges
from cds_service.charts.control import control_chart
from cds_service.charts.drawing import draw
from cds_service.charts.figures import Bar, Period, Range
from cds_service.charts.sections import Section, drawn
from cds_service.charts.standalone import standalone
from cds_service.web.pages import _POLICY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cds_service.charts.figures import Chart

SVG = "{http://www.w3.org/2000/svg}"
MARKUP = '<script>document.title="owned"</script>&"\'</svg>'
PERIODS = [
    Period("2026-01-05", 10.0),
    Period("2026-01-12", None),
    Period("2026-01-19", 12.0, 2.0, 11.0, 30.0),
    Period("2026-01-26", 55.0, 2.0, 11.0, 30.0, "loud", "1"),
    Period("2026-02-02", 60.0, 2.0, 11.0, 30.0, "loud"),
    Period("2026-02-09", 0.0, 2.0, 11.0, 30.0, "silent", "2-4"),
]


def _charts() -> dict[str, Chart]:
    found = {
        "bars": bars("Bars", [Bar("lvef-missing", 2.5, 1.25), Bar(MARKUP, 0.0, 3.0)]),
        "bars-of-one": bars("Bars of one", [Bar("none", 0.0), Bar("north", 0.0)]),
        "lines": lines("Lines", [Bar("2026-01", 2.5, 1.0), Bar("2026-03", 4.0, None)]),
        "lines-of-one": lines("Lines of one", [Bar("2026-01", 2.5)]),
        "ranges": ranges("Ranges", [Range("a", 0.5, 0.25, 1.0), Range("b", 0.0, 0.0, 0.0)]),
        "control": control_chart(MARKUP, PERIODS, 7),
    }
    return {name: chart for name, chart in found.items() if chart is not None}


@pytest.fixture(scope="module")
def pictures() -> dict[str, str]:
    """Draw one chart of each kind."""
    charts = _charts()
    return dict(zip(charts, draw(list(charts.items())), strict=True))


def _texts(picture: str) -> list[str]:
    return [each.text or "" for each in ET.fromstring(picture).iter(f"{SVG}text")]  # noqa: S314 - our own


def test_the_same_figures_give_the_same_bytes_in_another_process(pictures) -> None:
    charts = _charts()
    drawing._drawn.clear()
    assert dict(zip(charts, draw(list(charts.items())), strict=True)) == pictures


def test_a_chart_drawn_before_is_not_drawn_again(pictures, monkeypatch) -> None:
    assert all(pictures.values())
    monkeypatch.setattr(drawing.sys, "executable", "/nonexistent")
    (again,) = draw([("other-name", _charts()["control"])])
    assert again == pictures["control"].replace("control-", "other-name-")


@pytest.mark.parametrize("name", list(_charts()))
def test_a_chart_is_described_in_words(name, pictures) -> None:
    root = ET.fromstring(pictures[name])  # noqa: S314 - our own
    title, words = root.findall(f"{SVG}title") + root.findall(f"{SVG}desc")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {words.get('id')}" == f"{name}-title {name}-words"
    assert title.text == _charts()[name].title
    assert words.text


def test_a_bar_has_its_name_and_value(pictures) -> None:
    texts = _texts(pictures["bars"])
    assert {"lvef-missing", "2.5", "1.25", "0", "3", "A", "B"} <= set(texts)


def test_an_interval_reaches_from_its_lower_to_its_upper_end(pictures) -> None:
    root = ET.fromstring(pictures["ranges"])  # noqa: S314 - our own
    rules = [each for each in root.iter(f"{SVG}line") if each.get("stroke-width") == "3"]
    length = [abs(float(each.get("x2", 0))) for each in rules]
    scale = [each for each in root.iter(f"{SVG}line") if each.get("stroke", "").startswith("var(--chart-grid")]
    whole = max(abs(float(each.get("x2", 0))) for each in scale) / 1.15
    assert length == [pytest.approx(0.75 * whole, abs=1), 0.0]


def test_a_control_chart_shows_limits_changes_and_where_each_signal_began(pictures) -> None:
    picture = pictures["control"]
    texts = _texts(picture)
    # Each word twice: its background, and the word.
    assert [each for each in texts if each in ("loud", "silent")] == ["loud", "silent"] * 2
    assert {"1", "2-4"} <= set(texts)
    assert picture.count('fill="var(--chart-band') == 4
    assert picture.count('stroke="var(--chart-usual') == 4
    assert picture.count('stroke="var(--chart-change') == 2
    shapes = ET.fromstring(picture).iter(f"{SVG}path")  # noqa: S314 - our own
    assert len([each for each in shapes if each.get("fill", "").startswith("var(--chart-signal")]) == 3
    assert "loud in the period of 2026-01-26, loud in the period of 2026-02-02, silent in" in picture


def test_a_period_without_orders_interrupts_the_line(pictures) -> None:
    root = ET.fromstring(pictures["control"])  # noqa: S314 - our own
    (line,) = [each for each in root.iter(f"{SVG}path") if each.get("stroke") == "currentColor"]
    assert (line.get("d") or "").count("M") == 2


def test_no_chart_without_figures() -> None:
    assert [bars("t", []), lines("t", []), ranges("t", []), control_chart("t", [], 7)] == [None] * 4


@pytest.fixture
def page_of_the_service(pictures) -> Iterator[str]:
    """Serve the charts inline under the policy of the service's pages."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", "; ".join(f"{name} {value}" for name, value in _POLICY.items()))
            self.end_headers()
            body = f'<!doctype html><html lang="en"><title>charts</title><main>{"".join(pictures.values())}</main>'
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_charts_comply_with_the_policy_of_the_pages_and_run_no_script(browser, page_of_the_service) -> None:
    said: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(page_of_the_service)
    page.wait_for_load_state("load")
    assert page.locator("svg").count() == len(_charts())
    assert page.title() == "charts"
    assert page.locator("svg *[style], svg style, svg script").count() == 0
    page.close()
    assert [each for each in said if "Content Security Policy" in each or "owned" in each] == []


@pytest.mark.parametrize(
    "answer",
    ["import sys; sys.exit(1)", "print('no JSON')", "import time; time.sleep(9)"],
    ids=["the process ends", "it answers nonsense", "it takes too long"],
)
def test_a_chart_that_cannot_be_drawn_does_not_stop_the_report(answer, tmp_path, monkeypatch) -> None:
    broken = tmp_path / "python"
    broken.write_text(f"#!{sys.executable}\n{answer}\n")
    broken.chmod(0o755)
    monkeypatch.setattr(drawing.sys, "executable", str(broken))
    monkeypatch.setattr(drawing, "_SECONDS", 1)
    drawing._drawn.clear()
    (section,) = drawn([Section("a", "Title", chart=_charts()["control"])])
    assert section.svg == ""
    assert section.text == ("The chart could not be drawn; the table has its figures.",)
    assert "could not be drawn" in standalone("Report", [], [section])


def test_a_report_without_the_extra_says_what_draws_charts(monkeypatch, log_lines) -> None:
    monkeypatch.setattr(drawing.importlib.util, "find_spec", lambda _: None)
    drawing._drawn.clear()
    (section,) = drawn([Section("a", "Title", chart=_charts()["control"])])
    assert section.text == ("Charts need the extra her2-cds[charts]; the table has the figures.",)
    assert [line["error"] for line in log_lines] == [
        "her2-cds[charts] is not installed (in a clone: scripts/install .venv requirements-charts.lock)"
    ]


def test_one_chart_that_cannot_be_drawn_does_not_affect_the_others() -> None:
    texts = ['{"mark": {"type": "no such mark"}}', _charts()["control"].text]
    done = subprocess.run(
        [sys.executable, "-m", "cds_service.charts.vega_lite"],
        input=json.dumps(texts).encode(),
        capture_output=True,
        check=True,
    )
    broken, whole = json.loads(done.stdout)
    assert broken == ""
    assert whole.startswith("<svg")


def test_a_specification_fetches_nothing(tmp_path) -> None:
    (tmp_path / "figures.json").write_text('[{"a": 1}]')
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/figures.json"
    specification = {"data": {"url": address}, "mark": "point", "encoding": {"x": {"field": "a"}}}
    subprocess.run(
        [sys.executable, "-m", "cds_service.charts.vega_lite"],
        input=json.dumps([json.dumps(specification)]).encode(),
        capture_output=True,
        check=True,
    )
    server.shutdown()
    server.server_close()
    assert asked == []


def test_a_second_reader_waits_briefly_and_not_at_all_if_everything_is_drawn(pictures, monkeypatch) -> None:
    monkeypatch.setattr(drawing, "_WAIT_SECONDS", 0.01)
    assert all(pictures.values())
    charts = _charts()
    draw([("control", charts["control"])])
    new = bars("new", [Bar("a", 1.5)])
    assert new is not None
    with drawing._one_at_a_time:
        assert draw([("control", charts["control"]), ("new", new)]) == [pictures["control"], ""]
    assert all(draw([("control", charts["control"]), ("new", new)]))


def test_no_secret_goes_to_the_process_that_draws(tmp_path, monkeypatch) -> None:
    spy = tmp_path / "python"
    spy.write_text(f"#!{sys.executable}\nimport os, json, sys\njson.dump([' '.join(os.environ)], sys.stdout)\n")
    spy.chmod(0o755)
    monkeypatch.setattr(drawing.sys, "executable", str(spy))
    monkeypatch.setenv("HER2_CDS_DATABASE__URL", "postgresql://name:secret@db/x")
    (given,) = drawing._vega_lite(["{}"])
    assert "PATH" in given
    assert "HER2_CDS" not in given


def test_the_cache_is_bounded(monkeypatch) -> None:
    monkeypatch.setattr(drawing, "_KEPT", 2)
    monkeypatch.setattr(drawing, "_vega_lite", lambda texts: ['<svg viewBox="0 0 1 1"></svg>' for _ in texts])
    drawing._drawn.clear()
    charts = [bars("t", [Bar("a", float(number))]) for number in range(5)]
    pictures = draw([(f"c{number}", chart) for number, chart in enumerate(charts) if chart is not None])
    assert all(pictures)
    assert len(drawing._drawn) == 2
    drawing._drawn.clear()


def test_nothing_of_the_package_needs_the_engine_in_the_service() -> None:
    loaded = "import sys, cds_service.learning.page, cds_service.charts.drawing; print('vl_convert' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, check=True, cwd=Path.cwd())  # noqa: S603
    assert done.stdout.strip() == b"False"
