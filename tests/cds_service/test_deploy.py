"""The files under ``deploy`` hold what the service needs: Kubernetes as kubectl renders it, nginx as nginx runs it."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from calls import Caller
from servers import free_port, lacking

from cds_service.commands.serve import serve
from cds_service.configuration.loading import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
_PATIENCE_S = 30
_DIGEST = re.compile(r"[a-z0-9./-]+@sha256:[0-9a-f]{64}")

# --- Kubernetes ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["base", "example"])
def rendered(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    """Return what kubectl makes of a folder, by kind."""
    if shutil.which("kubectl") is None:
        lacking("kubectl (Debian's package kubernetes-client)")
    done = subprocess.run(  # noqa: S603 - our own arguments
        ["kubectl", "kustomize", str(DEPLOY / "kubernetes" / request.param)],  # noqa: S607
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = {each["kind"]: each for each in yaml.safe_load_all(done.stdout)}
    return {**found, "folder": {"name": request.param}}


def container(rendered: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the one container of the deployment."""
    (only,) = rendered["Deployment"]["spec"]["template"]["spec"]["containers"]
    return dict(only)


def test_the_example_names_the_image_by_its_digest(rendered: dict[str, dict[str, Any]]) -> None:
    image = container(rendered)["image"]
    assert image == "her2-cds" if rendered["folder"]["name"] == "base" else _DIGEST.fullmatch(image)


def test_a_container_has_no_more_rights_than_it_needs(rendered: dict[str, dict[str, Any]]) -> None:
    pod, own = rendered["Deployment"]["spec"]["template"]["spec"], container(rendered)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert f"--uid {pod['securityContext']['runAsUser']} " in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert own["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not pod["automountServiceAccountToken"]
    assert not rendered["ServiceAccount"]["automountServiceAccountToken"]
    assert pod["serviceAccountName"] == rendered["ServiceAccount"]["metadata"]["name"]
    assert own["resources"]["limits"]["memory"]
    assert own["resources"]["requests"].keys() == {"cpu", "memory"}


def test_its_probes_use_endpoints_that_the_service_answers(
    rendered: dict[str, dict[str, Any]], service: Caller
) -> None:
    own = container(rendered)
    ports = {each["name"]: each["containerPort"] for each in own["ports"]}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = own[probe]["httpGet"]
        assert service.client.get(asked["path"]).status_code == 200
        assert asked["port"] in ports
    ((name, target),) = [(each["name"], each["targetPort"]) for each in rendered["Service"]["spec"]["ports"]]
    assert (name, target, ports[target]) == ("http", "http", 8080)
    # Time for calls in flight, and for load balancers to notice the stop.
    assert rendered["Deployment"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= 10 + 5


def test_its_labels_and_selectors_match(rendered: dict[str, dict[str, Any]]) -> None:
    template = rendered["Deployment"]["spec"]["template"]
    labels = template["metadata"]["labels"]
    selectors = [
        rendered["Deployment"]["spec"]["selector"]["matchLabels"],
        rendered["Service"]["spec"]["selector"],
        rendered["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"],
        rendered["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ]
    assert all(selector.items() <= labels.items() for selector in selectors)
    volumes = {each["name"]: each for each in template["spec"]["volumes"]}
    mounted = {each["name"]: each["mountPath"] for each in container(rendered)["volumeMounts"]}
    assert mounted.keys() == volumes.keys()
    assert volumes["config"]["configMap"]["name"] == rendered["ConfigMap"]["metadata"]["name"]
    named = {each["name"]: each["value"] for each in container(rendered)["env"]}
    assert named["HER2_CDS_CONFIG"] == f"{mounted['config']}/{next(iter(rendered['ConfigMap']['data']))}"
    assert mounted["waiting"] in (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert template["spec"]["volumes"]
    if "Ingress" in rendered:
        backend = rendered["Ingress"]["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]
        assert backend == {"name": rendered["Service"]["metadata"]["name"], "port": {"name": "http"}}
        assert {each["metadata"]["namespace"] for name, each in rendered.items() if name != "folder"} == {"oncology"}


def test_its_command_and_configuration_are_those_of_the_service(
    rendered: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    program, command, *arguments = container(rendered)["args"]
    assert (program, command) == ("her2-cds", "serve")
    assert serve.make_context("serve", arguments).params["host"] == "0.0.0.0"  # noqa: S104 - within its container
    file = tmp_path / "her2-cds.yaml"
    file.write_text(rendered["ConfigMap"]["data"]["her2-cds.yaml"])
    assert load_settings(file).auth.mode == "required"


# --- Images ----------------------------------------------------------------------------------------------------------


def test_every_image_of_others_can_be_named_by_its_digest() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert re.findall(r"^ARG (\w+)=python:", dockerfile, re.MULTILINE) == ["PYTHON"]
    stages = set(re.findall(r"^FROM \S+ AS (\S+)$", dockerfile, re.MULTILINE))
    assert set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) - stages == {"${PYTHON}"}
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for name, each in services.items():
        image = each["build"]["args"]["PYTHON"] if "build" in each else each["image"]
        assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:-[a-z0-9.:-]+\}", image), name


def test_every_lock_of_an_extra_that_serves_is_a_target() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for extra in ("charts", "otel", "simulate"):
        assert f"requirements-{extra}.lock" in dockerfile
        assert re.search(rf"^FROM \S+ AS {extra}$", dockerfile, re.MULTILINE), extra


# --- nginx -----------------------------------------------------------------------------------------------------------


class _Echo(BaseHTTPRequestHandler):
    """Answers with the header fields that it got."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        body = json.dumps(dict(self.headers)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Yield the port of nginx with our file, its limits made small and its addresses those of this machine."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        lacking("nginx")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    behind = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    threading.Thread(target=behind.serve_forever, daemon=True).start()
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for pattern, instead in (
        # The nginx of Debian 12 asks no name server for the servers of an upstream.
        (r"resolver [^;]*;", ""),
        (r"server service:8080 resolve", f"server 127.0.0.1:{behind.server_address[1]}"),
        (r"listen 8080;", f"listen 127.0.0.1:{port};"),
        (r"rate=200r/s", "rate=1r/s"),
        (r"burst=400", "burst=9"),
    ):
        text, count = re.subn(pattern, instead, text)
        assert count == 1, pattern
    temporary = "".join(
        f"{each}_temp_path {folder}/{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "site.conf").write_text(text)
    (folder / "nginx.conf").write_text(
        f"pid {folder}/pid; error_log {folder}/error; daemon off; events {{}}\n"
        f"http {{ access_log off; {temporary} include {folder}/site.conf; }}\n"
    )
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error")]
    process = subprocess.Popen(command)  # noqa: S603 - our own arguments
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)
        behind.shutdown()
        behind.server_close()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if get(port, "/health/live")[0] == 404:
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail("nginx did not start")


@contextmanager
def connected(port: int) -> Iterator[http.client.HTTPConnection]:
    """Yield a connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
    try:
        yield connection
    finally:
        connection.close()


def get(port: int, path: str, **headers: str) -> tuple[int, Any, bytes]:
    """Ask once."""
    with connected(port) as connection:
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def test_the_proxy_hides_what_is_not_for_clients(proxy: int) -> None:
    assert [get(proxy, path)[0] for path in ("/metrics", "/health/ready", "/decisions/1")] == [404] * 3


def test_the_proxy_passes_on_the_names_of_a_request_and_makes_one(proxy: int) -> None:
    sent = {"X_Request_ID": "req-1", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    seen = json.loads(get(proxy, "/", **sent)[2])
    assert (seen["X-Request-ID"], seen["traceparent"]) == ("req-1", sent["traceparent"])
    made = json.loads(get(proxy, "/")[2])["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)


def test_the_proxy_refuses_frequent_callers_and_admits_them_again(proxy: int) -> None:
    with connected(proxy) as connection:
        statuses = []
        for _ in range(60):
            connection.request("GET", "/cds-services")
            answer = connection.getresponse()
            statuses.append((answer.status, answer.headers.get("Retry-After")))
            body = answer.read()
            if answer.status == 429:
                assert json.loads(body)["resourceType"] == "OperationOutcome"
    assert statuses[:9] == [(200, None)] * 9
    assert (429, "1") in statuses
    assert {status for status, _ in statuses} == {200, 429}
    # Readers of pages are counted separately.
    assert get(proxy, "/")[0] == 200
    deadline = time.monotonic() + _PATIENCE_S
    while get(proxy, "/cds-services")[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)


# --- Compose ---------------------------------------------------------------------------------------------------------


def test_compose_starts_again_and_answers_this_machine_alone() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    assert {each["restart"] for each in services.values()} == {"unless-stopped"}
    published = [port for each in services.values() for port in each.get("ports", ())]
    assert published
    assert all(port.startswith("${PUBLISH:-127.0.0.1}:") for port in published)


def test_what_holds_secrets_goes_into_no_repository_and_no_image() -> None:
    for name in (".gitignore", ".dockerignore"):
        assert {".env", ".env.*"} <= set((ROOT / name).read_text(encoding="utf-8").splitlines())


def test_the_proxy_looks_for_a_replaced_copy_within_seconds() -> None:
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert re.search(r"^resolver \S+ valid=([1-9])s", text, re.MULTILINE)
    assert re.search(r"^ +server service:8080 resolve ", text, re.MULTILINE)
