"""Prometheus metrics. No label contains patient data or text from a caller.

With several workers, the metrics are combined in a folder that ``her2-cds serve`` sets as ``PROMETHEUS_MULTIPROC_DIR``.
"""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from cards.knowledge.loader import default_knowledge
from cards.presentation.wording import default_wording
from cards.values.text_cache import cached_by_key
from cds_service import __version__
from cds_service.telemetry.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Metric

    from cds_service.store.recorder import Recorder

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_SMALL, _MEDIUM = 32 * 1024, 256 * 1024
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

_registry = CollectorRegistry()
_kept: dict[str, Any] = {"registry": _registry}
_requests = Counter("her2_cds_requests", "Calls of the services, by answer.", ["service", "status"], **_kept)
_seconds = Histogram(
    "her2_cds_answer_seconds",
    "Time from the whole request to the whole answer, by the size of the request: small up to 32 KiB, medium to 256.",
    ["service", "size"],
    buckets=_SECONDS,
    **_kept,
)
_cards = Counter("her2_cds_cards", "Cards given.", ["service", "topic", "indicator"], **_kept)
_suppressed = Counter("her2_cds_suppressed", "Cards left out as repeats.", ["service", "topic"], **_kept)
_gaps = Counter("her2_cds_gaps", "What was sent and could not be read, by reason.", ["reason"], **_kept)
_failed = Counter(
    "her2_cds_failed", "Checks and other parts of an answer that an internal error cost.", ["part"], **_kept
)
_feedback = Counter(
    "her2_cds_feedback", "Feedback entries, by outcome; refused ones too.", ["service", "outcome"], **_kept
)
_records = Counter("her2_cds_records", "Decisions recorded at once, or kept waiting for the store.", ["fate"], **_kept)
_refused = Counter("her2_cds_auth_refused", "Calls that were not let in, by reason.", ["reason"], **_kept)
_fetches = Counter("her2_cds_fetches", "Reads and searches on FHIR servers, by what came of them.", ["fate"], **_kept)
_fetch_seconds = Histogram(
    "her2_cds_fetch_seconds",
    "Time that a call waited for what it fetched.",
    buckets=_SECONDS,
    **_kept,
)
_client_requests = Counter(
    "her2_cds_client_requests",
    "Calls of the services by who calls: configured issuers and tenants, else other.",
    ["issuer", "tenant", "service", "status"],
    **_kept,
)
_client_cards = Counter(
    "her2_cds_client_cards", "Cards given, by who called.", ["issuer", "tenant", "topic", "indicator"], **_kept
)
_client_feedback = Counter(
    "her2_cds_client_feedback", "Feedback entries, by who sent them.", ["issuer", "tenant", "outcome"], **_kept
)
_shed = Counter("her2_cds_shed", "Calls that were turned away because there was no room for them.", **_kept)
_store_up = Gauge("her2_cds_store_up", "1 while the store takes records.", multiprocess_mode="livemin", **_kept)
_waiting = Gauge("her2_cds_records_waiting", "Records that wait for the store.", multiprocess_mode="livesum", **_kept)
_configuration = Gauge(
    "her2_cds_configuration_refused",
    "1 while the configuration files cannot be used and the last good ones stay in force.",
    multiprocess_mode="livemax",
    **_kept,
)
_policy = Gauge(
    "her2_cds_policy_version",
    "The version of the policy in force, 0 for none; of several workers, by the one that changed last.",
    multiprocess_mode="livemostrecent",
    **_kept,
)
_trial = Gauge(
    "her2_cds_policy_trial",
    "The version of the policy on trial, 0 for none; of several workers, by the one that changed last.",
    multiprocess_mode="livemostrecent",
    **_kept,
)
_out_of_limits = Gauge(
    "her2_cds_out_of_limits",
    "Topics and drugs that were silent or loud in the last whole week.",
    multiprocess_mode="livemostrecent",
    **_kept,
)
_stopped = Gauge(
    "her2_cds_topic_stopped",
    "1 while a topic is stopped in an emergency; of several workers, by the one that changed last.",
    ["topic"],
    multiprocess_mode="livemostrecent",
    **_kept,
)


# Several times the number of label combinations that can occur.
_CHILDREN = 4096


@cached_by_key(_CHILDREN)
def _child(metric: Any, *labels: str) -> Any:
    return metric.labels(*labels)


def answered(service: str, status: int, seconds: float, body_bytes: int) -> None:
    """Count a call and its duration."""
    size = "small" if body_bytes <= _SMALL else "medium" if body_bytes <= _MEDIUM else "large"
    _child(_requests, service, str(status)).inc()
    _child(_seconds, service, size).observe(seconds)


def decided(service: str, cards: Iterable[tuple[str, str]], suppressed: Iterable[str], gaps: Iterable[str]) -> None:
    """Count a decision's cards by topic and indicator, suppressed repeats, and gaps."""
    for topic in suppressed:
        _child(_suppressed, service, topic).inc()
    for topic, indicator in cards:
        _child(_cards, service, topic, indicator).inc()
    for reason in gaps:
        _child(_gaps, reason).inc()


def called(client: tuple[str, str], service: str, status: int, cards: Iterable[tuple[str, str]] = ()) -> None:
    """Count a call and its cards for a client; issuer and tenant are label values."""
    _child(_client_requests, *client, service, str(status)).inc()
    for topic, indicator in cards:
        _child(_client_cards, *client, topic, indicator).inc()


def failed(part: str) -> None:
    """Count a failed check or other failed part of an answer; the rest of the answer was sent."""
    _child(_failed, part).inc()


def recorded(recorder: Recorder, *, at_once: bool) -> None:
    """Count a record."""
    _child(_records, "at-once" if at_once else "waiting").inc()
    if not at_once:
        _waiting.set(recorder.waiting)


def store_changed(recorder: Recorder) -> None:
    """Record whether the store accepts records."""
    _store_up.set(1 if recorder.is_up else 0)
    _waiting.set(recorder.waiting)


def reloaded(taken: bool) -> None:  # noqa: FBT001 - told by a callback of one argument
    """Record whether the configuration files are the ones in force."""
    _configuration.set(0 if taken else 1)


def watched(out_of_limits: int) -> None:
    """Record how many topics and drugs were silent or loud in the last week that was examined."""
    _out_of_limits.set(out_of_limits)


def policy_in_force(version: int | None) -> None:
    """Record the policy version in force in this process."""
    _policy.set(version or 0)


def policy_on_trial(version: int | None) -> None:
    """Record the policy version on trial in this process."""
    _trial.set(version or 0)


def topic_stopped(topic: str, *, stopped: bool) -> None:
    """Record whether a topic is stopped in this process."""
    _child(_stopped, topic).set(1 if stopped else 0)


def feedback_received(client: tuple[str, str], service: str, outcomes: Iterable[str]) -> None:
    """Count a client's feedback by service and outcome."""
    for outcome in outcomes:
        _child(_feedback, service, outcome).inc()
        _child(_client_feedback, *client, outcome).inc()


def fetched(answered: int, failed: int, seconds: float) -> None:
    """Count one call's fetches."""
    _child(_fetches, "answered").inc(answered)
    _child(_fetches, "failed").inc(failed)
    _fetch_seconds.observe(seconds)


def shed() -> None:
    """Count a call that was refused because of overload."""
    _shed.inc()


def refused(reason: str) -> None:
    """Count a call that failed authentication."""
    _child(_refused, str(reason)).inc()


def forget_this_process() -> None:
    """Remove this process's files from the shared folder: only its workers report metrics."""
    folder = os.environ.get(MULTIPROCESS_VARIABLE)
    for path in Path(folder).glob(f"*_{os.getpid()}.db") if folder else ():
        path.unlink()


class _Build(Collector):
    """The running version, as a gauge that is always 1."""

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that the knowledge is not loaded on registration."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Return the versions of the code, knowledge, wording and Python."""
        told = {
            "version": __version__,
            "knowledge": default_knowledge().version,
            "wording": default_wording().version,
            "python": platform.python_version(),
        }
        build = GaugeMetricFamily("her2_cds_build_info", "1, with the versions as labels.", labels=list(told))
        build.add_metric(list(told.values()), 1)
        yield build


def exposition() -> tuple[bytes, str]:
    """Return all metrics in Prometheus text format, and the content type."""
    # Collectors that read at scrape time give the same result in any worker.
    now = CollectorRegistry()
    now.register(_Build())
    now.register(Processes())
    counted = _registry
    if MULTIPROCESS_VARIABLE in os.environ:
        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    return generate_latest(counted) + generate_latest(now), CONTENT_TYPE_LATEST
