"""Fuzzes the way of a request from bytes to record, guided by coverage (atheris).

    pip install --group fuzz && python fuzz/request_path.py -max_total_time=600 CORPUS

The corpus folder begins with the examples. An answer of 5xx, an answer that is no JSON, or a decision that cannot be
read back is a crash; atheris writes the input beside it.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cards", "fhir_mappings", "cds_service"]):
    from cds_service.app import create_app
    from cds_service.configuration.settings import Settings
    from cds_service.protocol.services import SERVICES
    from cds_service.store.store import open_store
    from cds_service.tryit import examples

import structlog

_FINE = frozenset({200, 400, 412, 413})
_BY_HOOK = {service.hook.encode(): service.id for service in reversed(SERVICES)}


def main() -> None:
    """Run until told otherwise."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    folder = Path(tempfile.mkdtemp(prefix="her2-cds-fuzz-"))
    store = open_store(f"sqlite:///{folder}/her2-cds.sqlite3")
    client = create_app(settings=Settings(), store=store).test_client()
    corpus = next((Path(each) for each in sys.argv[1:] if not each.startswith("-")), None)
    if corpus is not None:
        corpus.mkdir(exist_ok=True)
        for name in examples.names():
            whole = json.loads(examples.example(name, datetime.now(UTC).date()))
            (corpus / name).write_text(json.dumps(whole, separators=(",", ":")))

    def lazy(data: bytes) -> None:
        service = next((found for hook, found in _BY_HOOK.items() if b'"' + hook + b'"' in data), "her2-order-sign")
        answer = client.post(f"/cds-services/{service}", data=data, content_type="application/json")
        body = json.loads(answer.data)
        if answer.status_code not in _FINE or ("cards" in body) != (answer.status_code == 200):  # noqa: PLR2004
            raise AssertionError(answer.status_code)
        if not store.recorder.is_up:
            raise AssertionError("a decision could not be recorded")

    atheris.Setup(sys.argv, lazy)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
