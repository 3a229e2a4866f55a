"""The application as a WSGI server loads it; ``HER2_CDS_CONFIG`` names the configuration file."""

from __future__ import annotations

import atexit
import gc
import os
import threading
from multiprocessing.util import Finalize
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from cards.knowledge.billing_loader import default_billing, default_policies
from cards.knowledge.loader import default_knowledge
from cards.presentation.wording import default_wording
from cds_service.app import create_app, workbench_of
from cds_service.configuration.environment import CONFIG_VARIABLE
from cds_service.learning.watch_thread import start_watching
from cds_service.policies.library import Library
from cds_service.policies.publication import Publication, follow
from cds_service.server import end_with_parent
from cds_service.store.purge_thread import start_purging
from cds_service.telemetry import metrics
from cds_service.telemetry.logs import configure_logs
from cds_service.tryit.scenarios import read_scenarios
from cds_service.web import tracing
from cds_service.web.slow_bodies import Watcher
from fhir_mappings.medications.actions import models

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from cds_service.configuration.settings import Settings
    from cds_service.decisions.active import Configuration

_OBJECTS_BETWEEN_COLLECTIONS = 50_000
_YOUNG_COLLECTIONS = 50
_MIDDLE_COLLECTIONS = 100


def application() -> Flask:
    """Build the application of one worker."""
    configure_logs()
    end_with_parent()
    path = os.environ.get(CONFIG_VARIABLE)
    traces = tracing.begin()
    app = create_app(Path(path) if path else None)
    store, configuration = app.extensions["her2_cds_store"], app.extensions["her2_cds"]
    app.extensions["her2_cds_publication"] = Publication(Library(store.engine), configuration)
    follow(app.extensions["her2_cds_publication"])
    start_purging(store.engine, lambda: configuration.current().decider.settings.audit.keep_days)
    start_watching(store.engine, lambda: configuration.current().decider.settings.audit.watch)
    Watcher(app.extensions["her2_cds_bodies"], *_time_limits(configuration)).start()
    if traces is not None:
        traces.watch(app)
        _at_the_end(traces.close)
    _at_the_end(store.close)
    _freeze_garbage()
    structlog.get_logger().info("worker_started", worker=os.getpid())
    return app


def _at_the_end(close: Callable[[], None]) -> None:
    """Close at process exit; ``multiprocessing`` processes run exit handlers only since Python 3.13."""
    is_closed = threading.Event()

    def once() -> None:
        if not is_closed.is_set():
            is_closed.set()
            close()

    atexit.register(once)
    Finalize(None, once, exitpriority=1)


def _time_limits(configuration: Configuration) -> tuple[Callable[[], float], Callable[[], float]]:
    """Return the time limits for a body and an answer from the configuration in force."""
    return (
        lambda: configuration.current().decider.settings.limits.body_s,
        lambda: configuration.current().decider.settings.fhir.timeout_s,
    )


def preload(settings: Settings, workers: int = 1) -> None:
    """Load what every worker needs before the fork, so that workers share memory and start quickly.

    The FHIR models are needed for suggestions only. A single worker shares them with nobody, and loads them for the
    first one, which then takes 50 ms longer.
    """
    for read in (default_knowledge, default_billing, default_policies, default_wording, read_scenarios):
        read()
    if workers > 1:
        models()
    workbench_of(settings)
    metrics.forget_this_process()
    # Garbage collection in a worker would write to every shared object, and so copy it.
    gc.freeze()


def _freeze_garbage() -> None:
    """Keep the garbage collector from scanning the knowledge and the code repeatedly.

    Objects that exist after the start are permanent; and a request creates thousands of short-lived objects, freed by
    reference count, which should not trigger a collection every seven hundred.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, _YOUNG_COLLECTIONS, _MIDDLE_COLLECTIONS)
