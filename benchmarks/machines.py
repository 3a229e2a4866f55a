"""Two service machines, PostgreSQL and Redis on a third, nginx before them: what a failure of each costs.

    sudo .venv/bin/python -m benchmarks.machines [--seconds 6]

Each machine is a network namespace on one bridge (Linux, root, nginx, PostgreSQL and Redis installed). Clients sign
orders, each call with a token of its own, say what became of the card, and try a part of their tokens a second time.
Meanwhile one thing after the other fails and comes back. In the end everything that was answered must be on record,
once, and no used token let in again: else the exit code is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import shutil
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import psycopg
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from benchmarks.chart import Person
from benchmarks.namespaces import Namespaces, run
from benchmarks.payloads import Drug, request_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ADDRESSES = {"proxy": "10.77.0.2", "one": "10.77.0.11", "two": "10.77.0.12", "stores": "10.77.0.20"}
URL = f"http://{ADDRESSES['proxy']}:8080"
SIGN = f"{URL}/cds-services/her2-order-sign"
ISSUER = "https://ehr.example.org"
CLIENTS = 6
OK = 200
_DRUG = (Drug("ado-trastuzumab emtansine (KADCYLA) IV", "1371046", mg_per_kg=5.4),)


class Machines(Namespaces):
    """The namespaces and what runs in them."""

    def __init__(self, folder: Path) -> None:
        """Lay the cables."""
        super().__init__(folder, "her2", "10.77.0.1", ADDRESSES)
        self.key = ec.generate_private_key(ec.SECP256R1())

    def service(self, machine: str) -> None:
        """Start a service machine."""
        stores = ADDRESSES["stores"]
        self.start(
            machine,
            machine,
            str(Path(sys.executable).with_name("her2-cds")),
            *("serve", "--host", ADDRESSES[machine], "--port", "8080", "--config", "her2-cds.yaml"),
            HER2_CDS_DATABASE=f"postgresql+psycopg://her2@{stores}:5432/postgres",
            HER2_CDS_REDIS=f"redis://{stores}:6379/0",
        )

    def postgres(self) -> None:
        """Start PostgreSQL."""
        program = str(max(Path("/usr/lib/postgresql").glob("*/bin/postgres")))
        data = str(self.folder / "stores" / "data")
        listen = ("-h", ADDRESSES["stores"], "-p", "5432", "-k", "/tmp")
        self.start("postgres", "stores", "setpriv", "--reuid=postgres", "--clear-groups", program, "-D", data, *listen)

    def redis(self) -> None:
        """Start Redis with persistence."""
        kept = ("--appendonly", "yes", "--appendfsync", "always", "--save", "")
        self.start("redis", "stores", "redis-server", "--bind", ADDRESSES["stores"], "--protected-mode", "no", *kept)

    def nginx(self) -> None:
        """Start the proxy."""
        self.start("nginx", "proxy", "nginx", "-c", str(self.folder / "proxy" / "nginx.conf"), "-g", "daemon off;")

    def prepare(self) -> None:
        """Write the files, and start everything."""
        self.folder.chmod(0o755)
        for machine in ADDRESSES:
            (self.folder / machine).mkdir()
        jwk = json.loads(ECAlgorithm.to_jwk(self.key.public_key())) | {"kid": "k", "alg": "ES256", "use": "sig"}
        auth = {"mode": "required", "clients": [{"issuer": ISSUER, "jwks": {"keys": [jwk]}}]}
        for machine in ("one", "two"):
            written = json.dumps({"public_url": URL, "auth": auth})
            (self.folder / machine / "her2-cds.yaml").write_text(written, encoding="utf-8")
        servers = "".join(f"server {ADDRESSES[each]}:8080 max_fails=1 fail_timeout=2s;" for each in ("one", "two"))
        (self.folder / "proxy" / "nginx.conf").write_text(
            f"pid nginx.pid; error_log stderr; events {{}} http {{ access_log off; client_body_temp_path body; "
            f"upstream u {{ {servers} keepalive 8; }} server {{ listen 8080; location / {{ proxy_pass http://u; "
            'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_connect_timeout 1s; '
            "proxy_read_timeout 15s; } } }",
            encoding="utf-8",
        )
        stores = self.folder / "stores"
        shutil.chown(stores, "postgres")
        initdb = str(max(Path("/usr/lib/postgresql").glob("*/bin/initdb")))
        as_postgres = ("setpriv", "--reuid=postgres", "--clear-groups")
        run(*as_postgres, initdb, "-D", str(stores / "data"), "-U", "her2", "-A", "trust", "-E", "UTF8", "--locale=C")
        with (stores / "data" / "pg_hba.conf").open("a", encoding="utf-8") as rules:
            rules.write("host all all 10.77.0.0/24 trust\n")
        for each in (self.postgres, self.redis, self.nginx):
            each()
        for machine in ("one", "two"):
            self.service(machine)
        eventually(lambda: all(is_ready(machine) for machine in ("one", "two")))

    def token(self, address: str = SIGN) -> str:
        """Sign a token that is good for one call."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": address, "iat": now, "exp": now + 300, "jti": str(uuid.uuid4())}
        return jwt.encode(claims, self.key, "ES256", headers={"kid": "k"})


def is_ready(machine: str) -> bool:
    """Ask a service machine whether it is ready."""
    try:
        return asked(ADDRESSES[machine], "GET", "/health/ready")[0] == OK
    except OSError:
        return False


def eventually(condition: Callable[[], bool], seconds: float = 60) -> float:
    """Wait for something, and return for how long."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError
        time.sleep(0.1)
    return time.monotonic() - began


def asked(host: str, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, dict[str, str], Any]:
    """Send one request over a connection of its own."""
    connection = http.client.HTTPConnection(host, 8080, timeout=20)
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        raw = answer.read()
        return answer.status, dict(answer.getheaders()), json.loads(raw) if raw[:1] == b"{" else None
    finally:
        connection.close()


class Load:
    """Clients that continue whatever fails, and the answers that they got."""

    def __init__(self, machines: Machines) -> None:
        """Begin with nothing."""
        self.machines = machines
        self.statuses: Counter[str] = Counter()
        self.slowest = 0.0
        self.decisions: set[str] = set()
        self.cards: set[str] = set()
        self.feedback: set[str] = set()
        self.used: list[str] = []
        self.again: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.stopping = threading.Event()

    def go(self) -> None:
        """Be one client."""
        body = request_of(Person(3), _DRUG, 8, ("patient", "weight", "tumorMarkers", "lvef", "labs", "conditions"))
        path = SIGN.removeprefix(URL)
        while not self.stopping.is_set():
            token = self.machines.token()
            body["hookInstance"] = str(uuid.uuid4())
            began = time.monotonic()
            try:
                status, headers, answer = asked(ADDRESSES["proxy"], "POST", path, body, token)
            except OSError as error:
                self._count(type(error).__name__, began)
                continue
            self._count(str(status), began)
            if status != OK:
                continue
            with self.lock:
                self.decisions.add(headers["her2-cds-decision"])
                self.cards.update(card["uuid"] for card in answer["cards"])
                self.used.append(token)
            card = answer["cards"][0]["uuid"]
            self._feed_back(card, path)

    def _count(self, what: str, began: float) -> None:
        with self.lock:
            self.statuses[what] += 1
            self.slowest = max(self.slowest, time.monotonic() - began)

    def _feed_back(self, card: str, path: str) -> None:
        said = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-01T08:00:00Z"}
        with contextlib.suppress(OSError):
            token = self.machines.token(f"{SIGN}/feedback")
            status, _, _ = asked(ADDRESSES["proxy"], "POST", f"{path}/feedback", {"feedback": [said]}, token)
            with self.lock:
                self.again[f"feedback {status}"] += 1
                if status == OK:
                    self.feedback.add(card)

    def replay(self) -> Counter[int]:
        """Try tokens a second time, at each machine."""
        told: Counter[int] = Counter()
        for number, token in enumerate(self.used[:: max(1, len(self.used) // 40)]):
            host = ADDRESSES["one" if number % 2 else "two"]
            told[asked(host, "POST", SIGN.removeprefix(URL), {}, token)[0]] += 1
        return told


@contextlib.contextmanager
def under_load(machines: Machines) -> Iterator[Load]:
    """Run the clients meanwhile."""
    load = Load(machines)
    with ThreadPoolExecutor(CLIENTS) as pool:
        for _ in range(CLIENTS):
            pool.submit(load.go)
        try:
            yield load
        finally:
            load.stopping.set()


def on_record(load: Load) -> tuple[str, bool]:
    """Count what was answered and is not on record, and tell whether all of it is there, once."""
    with psycopg.connect(f"postgresql://her2@{ADDRESSES['stores']}:5432/postgres") as server:
        decisions = {row[0] for row in server.execute("SELECT id FROM decisions")}
        cards = {row[0] for row in server.execute("SELECT uuid FROM decision_cards")}
        feedback = Counter(row[0] for row in server.execute("SELECT card FROM feedback"))
        late, lost = server.execute(
            "SELECT coalesce(sum(recorded_late), 0), coalesce(sum(lost), 0) FROM recording_gaps"
        ).fetchone() or (0, 0)
    twice = sum(count > 1 for count in feedback.values())
    missing = len(load.feedback - set(feedback))
    whole = not (load.decisions - decisions or load.cards - cards or missing or twice or lost)
    return (
        f"answers {len(load.decisions)}, missing {len(load.decisions - decisions)}; cards {len(load.cards)}, missing "
        f"{len(load.cards - cards)}; feedback {len(load.feedback)}, missing {missing}, twice "
        f"{twice}; late {late}, lost {lost}"
    ), whole


def main() -> None:
    """Let one thing after the other fail, and account for everything."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=6, help="how long each failure lasts")
    seconds = parser.parse_args().seconds
    fine = True
    with tempfile.TemporaryDirectory(prefix="her2-machines-", dir="/tmp") as name:
        machines = Machines(Path(name))
        try:
            machines.prepare()
            failures: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
                "nothing": (lambda: None, lambda: None),
                "service one killed": (lambda: machines.kill("one"), lambda: machines.service("one")),
                "cable of one": (lambda: machines.cut("one", up=False), lambda: machines.cut("one", up=True)),
                "service two killed": (lambda: machines.kill("two"), lambda: machines.service("two")),
                "PostgreSQL killed": (lambda: machines.kill("postgres"), machines.postgres),
                "Redis killed": (lambda: machines.kill("redis"), machines.redis),
                "cable of the stores": (
                    lambda: machines.cut("stores", up=False),
                    lambda: machines.cut("stores", up=True),
                ),
                "nginx killed": (lambda: machines.kill("nginx"), machines.nginx),
            }
            for what, (fail, mend) in failures.items():
                with under_load(machines) as load:
                    time.sleep(1)
                    fail()
                    time.sleep(seconds)
                    mend()
                    back = eventually(lambda: is_ready("one") and is_ready("two"))
                    time.sleep(1)
                # What waits is written within a second or two.
                eventually(lambda: is_ready("one") and is_ready("two"))
                told, whole = on_record(load)
                again = load.replay()
                fine = fine and whole and OK not in again
                print(
                    f"{what}: {dict(load.statuses)}, {dict(load.again)}, slowest {load.slowest:.1f} s, ready after "
                    f"{back:.1f} s\n  {told}; tokens again: {dict(again)}",
                    flush=True,
                )
        finally:
            machines.close()
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
