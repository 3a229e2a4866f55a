"""What an operator sees and sets: metrics of one worker and of several, TLS, keys, and the errors of a wrong start."""

from __future__ import annotations

import http.client
import json
import signal
import ssl
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from calls import (
    KEYS,
    SIGN,
    Caller,
    authorization,
    bundle,
    call,
    clean_prefetch,
    order,
    outcome,
    troubled_prefetch,
    without,
)
from chart_server import ChartServer
from command_line import run
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from prometheus_client.parser import text_string_to_metric_families
from running import refused, served, start, stop

from cds_service.store.database import open_engine
from cds_service.store.reading import since

if TYPE_CHECKING:
    from pathlib import Path


def numbers(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_calls_cards_gaps_and_records_are_counted() -> None:
    caller = Caller()
    before = numbers(caller.client.get("/metrics").text)
    caller.post(call(prefetch=troubled_prefetch() | {"labs": bundle(7)}))
    caller.post(without(call(), "prefetch"))
    caller.post(call(orders=[order() | {"dosageInstruction": "?"}]))
    after = numbers(caller.client.get("/metrics").text)

    def more(name: str, **labels: str) -> float:
        key = (name, tuple(sorted(labels.items())))
        return after.get(key, 0) - before.get(key, 0)

    assert more("her2_cds_requests_total", service=SIGN, status="200") == 2
    assert more("her2_cds_requests_total", service=SIGN, status="412") == 1
    assert more("her2_cds_answer_seconds_count", service=SIGN, size="small") == 3
    assert more("her2_cds_cards_total", service=SIGN, topic="her2-ish-missing", indicator="warning") == 1
    assert more("her2_cds_records_total", fate="at-once") == 2
    assert sum(after.values()) > sum(before.values())
    assert any(
        name == "her2_cds_gaps_total" and after[name, labels] > before.get((name, labels), 0) for name, labels in after
    )
    assert after["her2_cds_store_up", ()] == 1


def test_what_is_fetched_is_counted() -> None:
    server = ChartServer(clean_prefetch())
    caller = Caller()
    before = numbers(caller.client.get("/metrics").text)
    caller.post(without(call(), "prefetch") | {"fhirServer": server.base, "fhirAuthorization": authorization()})
    server.close()
    after = numbers(caller.client.get("/metrics").text)
    more = {
        fate: after["her2_cds_fetches_total", (("fate", fate),)]
        - before.get(("her2_cds_fetches_total", (("fate", fate),)), 0)
        for fate in ("answered", "failed")
    }
    assert more == {"answered": len(KEYS), "failed": 0}
    assert after["her2_cds_fetch_seconds_count", ()] > before.get(("her2_cds_fetch_seconds_count", ()), 0)


def test_metrics_contain_nothing_about_a_patient() -> None:
    caller = Caller()
    chart = troubled_prefetch() | {"patient": outcome()}
    caller.post(json.loads(json.dumps(call(prefetch=chart)).replace("pat-1", "MARKPAT")))
    assert "MARK" not in caller.client.get("/metrics").text


def test_several_workers_share_numbers_and_record(tmp_path: Path) -> None:
    service = start(tmp_path, "--workers", "2")
    try:
        for number in range(24):
            assert service.send("POST", f"/cds-services/{SIGN}", call() | {"hookInstance": f"i-{number}"})[0] == 200
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
        connection.request("GET", "/metrics")
        counted = numbers(connection.getresponse().read().decode())
        connection.close()
    finally:
        assert stop(service) == 0
    key = ("her2_cds_requests_total", (("service", SIGN), ("status", "200")))
    assert counted[key] == 24
    assert counted["her2_cds_store_up", ()] == 1
    engine = open_engine(f"sqlite:///{tmp_path}/her2-cds.sqlite3")
    kept = list(since(engine))
    engine.dispose()
    assert {each.row.hook_instance for each in kept} == {f"i-{number}" for number in range(24)}
    assert len({each.row.patient for each in kept}) == 1, "the workers share the key of the hash"


def test_calls_in_flight_are_answered_and_recorded_before_a_stop(tmp_path: Path) -> None:
    with served(tmp_path) as service, ExitStack() as connections:
        answers = []
        for number in range(5):
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
            connections.callback(connection.close)
            body = json.dumps(call(prefetch=troubled_prefetch()) | {"hookInstance": f"i-{number}"})
            connection.request("POST", f"/cds-services/{SIGN}", body, {"Content-Type": "application/json"})
            answers.append(connection)
        service.process.send_signal(signal.SIGTERM)
        cards = [json.loads(connection.getresponse().read())["cards"] for connection in answers]
        assert service.process.wait(20) == 0
    assert all(cards)
    engine = open_engine(f"sqlite:///{tmp_path}/her2-cds.sqlite3")
    assert len(list(since(engine))) == 5
    engine.dispose()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a certificate for this machine and its key, and the key of another."""
    folder = tmp_path_factory.mktemp("tls")
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    for file, owner in (("key.pem", key), ("other.pem", ec.generate_private_key(ec.SECP256R1()))):
        written = owner.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / file).write_bytes(written)
    return folder


def test_the_service_speaks_tls_by_itself(tmp_path: Path, certificate: Path) -> None:
    trust = ssl.create_default_context(cafile=certificate / "cert.pem")
    files = ("--tls-certificate", str(certificate / "cert.pem"), "--tls-key", str(certificate / "key.pem"))
    service = start(tmp_path, *files, tls=trust)
    try:
        assert f"https://127.0.0.1:{service.port}/" in service.printed
        status, _, answer = service.send("POST", f"/cds-services/{SIGN}", call())
        assert (status, answer) == (200, {"cards": []})
    finally:
        assert stop(service) == 0


@pytest.mark.parametrize(
    ("arguments", "variables", "says"),
    [
        pytest.param(["--tls-certificate", "cert.pem"], {}, "go together", id="a certificate without a key"),
        pytest.param(
            ["--tls-certificate", "cert.pem", "--tls-key", "other.pem"], {}, "cannot be used for TLS", id="another key"
        ),
        pytest.param(
            ["--tls-certificate", "key.pem", "--tls-key", "key.pem"], {}, "holds no certificate", id="no certificate"
        ),
        pytest.param([], {"HER2_CDS_DATABASE": "nonsense"}, "no address of a database", id="no database"),
        pytest.param([], {"HER2_CDS_DATABASE": "sqlite:////no/where/x"}, "no folder /no/where", id="no folder"),
        pytest.param([], {"HER2_CDS_AUDIT__PATIENT_KEY": "short"}, "at least 16", id="a short key"),
        pytest.param([], {"HER2_CDS_OPERATOR__TOKEN": "short"}, "at least 16", id="a short token"),
    ],
)
def test_a_wrong_start_ends_with_one_line(
    certificate: Path, arguments: list[str], variables: dict[str, str], says: str
) -> None:
    said = [line for line in refused(certificate, *arguments, port=1, **variables).splitlines() if line[:1] != "{"]
    assert len(said) == 1, said
    assert says in said[0]


@pytest.mark.parametrize("section", ["operator:\n  token", "audit:\n  patient_key"])
def test_a_secret_in_a_file_is_refused(tmp_path: Path, section: str) -> None:
    (tmp_path / "x.yaml").write_text(f"{section}: a-secret-that-should-not-be-here\n")
    refused = run("config", "check", tmp_path / "x.yaml")
    assert refused.exit_code == 2
    assert "x.yaml:2" in refused.output
    assert "is a secret; set HER2_CDS_" in refused.output
    assert "should-not-be-here" not in refused.output


def test_a_secret_of_digits_is_read_as_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HER2_CDS_OPERATOR__TOKEN", "12345678901234567890")
    (tmp_path / "x.yaml").write_text('auth: {mode: "off"}')
    assert run("config", "check", tmp_path / "x.yaml").exit_code == 0


def test_a_start_without_a_patient_key_is_logged(tmp_path: Path) -> None:
    with served(tmp_path, HER2_CDS_AUDIT__PATIENT_KEY="0123456789abcdef") as service:
        assert stop(service) == 0
    assert "no_patient_key" not in [line["event"] for line in service.logged]
    with served(tmp_path) as other:
        assert stop(other) == 0
    assert "no_patient_key" in [line["event"] for line in other.logged]
