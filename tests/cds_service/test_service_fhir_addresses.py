"""Where the token may go: names that lead astray, addresses in disguise, certificates of nobody. Over real HTTP."""

from __future__ import annotations

import socket
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest
from calls import INSTANCE, PATIENT, QUERIES, Caller, authorization, call, clean_prefetch, without
from certificates import Authority
from chart_server import ChartServer

from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.configuration.settings import Settings
from cds_service.ehr.client import FhirClient
from cds_service.ehr.servers import RefusedAddressError, check_addresses, kind_of
from fhir_mappings.request.hook_request import FhirAuthorization, HookRequest
from fhir_mappings.request.prefetch import PrefetchState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOKEN = "token-of-one-call"  # noqa: S105 - opens nothing
PLACE = "prefetch.labs"


@pytest.fixture(scope="module")
def chart() -> Iterator[ChartServer]:
    server = ChartServer(clean_prefetch())
    yield server
    server.close()


class Names:
    """A name server that says what it is told, and remembers how often it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        """Take what to say each time; the last answer is said from then on."""
        self._answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:  # noqa: ARG002 - a resolver is asked for both
        """Answer."""
        self.asked.append(host)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if not answer:
            raise socket.gaierror
        return answer


def state_of(server: str, names: Names | None = None, **fhir: object) -> PrefetchState:
    """Ask a server for the laboratory results."""
    client = FhirClient(Settings(fhir={"timeout_s": 1, **fhir}).fhir_limits, names or Names(["127.0.0.1"]))
    request = HookRequest("order-sign", INSTANCE, PATIENT, "u", (), {}, {}, server, FhirAuthorization(TOKEN, PATIENT))
    access = client.access(request)
    return PrefetchState.OMITTED if access is None else access.fetch({PLACE: QUERIES["labs"]})[PLACE].state


@pytest.fixture(autouse=True)
def nothing_heard(chart) -> None:
    chart.serve(clean_prefetch())


# --- Names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("10.1.2.3", ""),
        ("192.168.7.9", ""),
        ("172.16.0.1", ""),
        ("100.64.0.1", ""),
        ("fd12:3456::1", ""),
        ("8.8.8.8", ""),
        ("2606:4700::1111", ""),
        ("127.0.0.1", "loopback"),
        ("127.8.9.10", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("64:ff9b::7f00:1", "loopback"),
        ("169.254.169.254", "link-local"),
        ("169.254.0.1", "link-local"),
        ("::ffff:169.254.169.254", "link-local"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("2002:a9fe:a9fe::1", "link-local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fd00:ec2::254", "metadata"),
        ("100.100.100.200", "metadata"),
        ("168.63.129.16", "metadata"),
        ("0.0.0.0", "unspecified"),  # noqa: S104 - binds nothing
        ("0.1.2.3", "unspecified"),
        ("::", "unspecified"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("255.255.255.255", "reserved"),
        ("240.0.0.1", "reserved"),
        ("::7f00:1", "reserved"),
        ("0x7f.1", "no address"),
        ("2130706433", "no address"),
        ("127.1", "no address"),
        ("0177.0.0.1", "no address"),
        ("", "no address"),
    ],
)
def test_service_knows_the_kind_of_an_address(address, kind) -> None:
    assert kind_of(address) == kind


SPECIAL = (
    "0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24",
    "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
    "240.0.0.0/4", "::/128", "::1/128", "100::/64", "2001:db8::/32", "fe80::/10",
    "ff00::/8",
)  # fmt: skip
"""The ranges of the IANA registries of special-purpose addresses, and of multicast, that no hospital's server is in."""
METADATA = ("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "168.63.129.16")


def disguises(address: str) -> list[str]:
    """Write an IPv4 address as the IPv6 addresses that lead to it."""
    number = int(ip_address(address))
    high, low = f"{number >> 16:x}", f"{number & 0xFFFF:x}"
    return [f"::ffff:{address}", f"::ffff:{high}:{low}", f"64:ff9b::{high}:{low}", f"2002:{high}:{low}::1"]


def test_service_connects_to_no_special_address_in_any_position_or_notation() -> None:
    asked = list(METADATA)
    for written in SPECIAL:
        network = ip_network(written)
        asked += sorted({str(network[0]), str(network[-1]), str(network[network.num_addresses // 2])})
    asked += [each for address in list(asked) if "." in address and ":" not in address for each in disguises(address)]
    assert [each for each in asked if not kind_of(each)] == []
    for each in asked:
        with pytest.raises(RefusedAddressError):
            check_addresses("ehr.hospital.example", [each])
    assert len(asked) > 96


@pytest.mark.parametrize(
    ("host", "addresses", "may"),
    [
        ("ehr.hospital.example", ["10.1.2.3"], True),
        ("ehr.hospital.example", ["10.1.2.3", "fd12::1"], True),
        ("ehr.hospital.example", ["127.0.0.1"], False),
        ("ehr.hospital.example", ["10.1.2.3", "169.254.169.254"], False),
        ("ehr.hospital.example", ["::ffff:127.0.0.1"], False),
        ("ehr.hospital.example", ["nonsense"], False),
        ("ehr.hospital.example", [], False),
        ("localhost", ["127.0.0.1", "::1"], True),
        ("localhost.", ["127.0.0.1"], True),
        ("localhost", ["10.1.2.3"], False),
        ("localhost", ["127.0.0.1", "10.1.2.3"], False),
        ("ehr.localhost", ["127.0.0.1"], True),
        ("notlocalhost", ["127.0.0.1"], False),
        ("127.0.0.1", ["127.0.0.1"], True),
        ("::1", ["::1"], True),
        ("169.254.169.254", ["169.254.169.254"], False),
    ],
)
def test_service_checks_where_a_name_leads(host, addresses, may) -> None:
    if may:
        check_addresses(host, addresses)
    else:
        with pytest.raises(RefusedAddressError):
            check_addresses(host, addresses)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["169.254.169.254"],
        ["10.255.255.1", "127.0.0.1"],
        ["127.0.0.1", "10.255.255.1"],
        ["::ffff:127.0.0.1"],
        ["0.0.0.0"],  # noqa: S104 - binds nothing
        ["fd00:ec2::254"],
    ],
    ids=str,
)
def test_service_does_not_follow_an_allowed_name_to_a_forbidden_address(chart, log_lines, addresses) -> None:
    server = f"http://ehr.hospital.example:{chart.server_port}/fhir"
    assert state_of(server, Names(addresses), allowed_servers=[server]) is PrefetchState.FAILED
    assert chart.heard == []
    assert [line["event"] for line in log_lines] == ["fhir_address_refused", "fhir_fetch_failed"]
    assert not any(word in repr(log_lines) for word in (TOKEN, PATIENT, "hospital", *addresses))


def test_service_connects_to_the_address_that_it_checked(chart) -> None:
    """A name server that changes its mind after the check has no second word."""
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    server = f"http://ehr.localhost:{chart.server_port}/fhir"
    assert state_of(server, names, allowed_servers=[server]) is PrefetchState.PRESENT
    assert names.asked == ["ehr.localhost"]
    assert {each.headers["Host"] for each in chart.heard} == {f"ehr.localhost:{chart.server_port}"}


def test_service_checks_a_name_again_for_every_connection(chart) -> None:
    server = f"http://ehr.localhost:{chart.server_port}/fhir"
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    client = FhirClient(Settings(fhir={"allowed_servers": [server]}).fhir_limits, names)
    request = HookRequest("order-sign", INSTANCE, PATIENT, "u", (), {}, {}, server)
    first = client.access(request)
    assert first is not None
    assert first.fetch({PLACE: QUERIES["labs"]})[PLACE].state is PrefetchState.PRESENT
    client.connections.plain.close()
    second = client.access(request)
    assert second is not None
    assert second.fetch({PLACE: QUERIES["labs"]})[PLACE].state is PrefetchState.FAILED


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["127.0.0.1", "10.0.0.1"], ["169.254.1.1"], []], ids=str)
def test_service_takes_localhost_for_loopback_only_if_it_is(chart, addresses) -> None:
    assert state_of(f"http://localhost:{chart.server_port}/fhir", Names(addresses)) is PrefetchState.FAILED
    assert chart.heard == []


def test_service_tries_the_next_address_of_a_name(chart) -> None:
    """Nothing listens on the second loopback address."""
    server = f"http://localhost:{chart.server_port}/fhir"
    assert state_of(server, Names(["::1", "127.0.0.1"])) is PrefetchState.PRESENT


@pytest.mark.parametrize(
    "host",
    [
        "0x7f.1", "0x7f000001", "2130706433", "127.1", "0177.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
        "localhost.", "127.0.0.1.", "127。0。0。1", "①②⑦.0.0.1", "localhost%00", "localhost%2e", "127.0.0.1%20",
        "user@127.0.0.1", "127.0.0.1:80@localhost", "[::1%25lo]", "0", "localhost\\", "loc\u0430lhost",
    ],
)  # fmt: skip
def test_service_does_not_ask_loopback_in_another_notation(service, chart, host) -> None:
    server = f"http://{host}:{chart.server_port}/fhir"
    answer = service.post(
        call(prefetch=without(clean_prefetch(), "labs"), fhirServer=server, fhirAuthorization=authorization(TOKEN))
    )
    assert (answer.status, answer.topics) == (200, ["checks-incomplete"])
    assert chart.heard == []


def test_service_uses_a_server_by_the_names_of_loopback(service, chart) -> None:
    for host in ("127.0.0.1", "localhost", "LOCALHOST"):
        server = f"http://{host}:{chart.server_port}/fhir/"
        answer = service.post(call(prefetch=without(clean_prefetch(), "labs"), fhirServer=server))
        assert answer.body == {"cards": []}


def test_service_goes_through_no_proxy_of_the_machine(service, chart, monkeypatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    answer = service.post(call(prefetch=without(clean_prefetch(), "labs"), fhirServer=chart.base))
    assert answer.body == {"cards": []}


# --- What the operator may allow ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "problem"),
    [
        ("http://169.254.169.254/latest", "link-local addresses are never asked"),
        ("http://[fd00:ec2::254]/", "metadata addresses are never asked"),
        ("http://0.0.0.0/fhir", "unspecified addresses are never asked"),
        ("http://[::ffff:169.254.169.254]/", "link-local addresses are never asked"),
        ("http://0xa9fea9fe/", "link-local addresses are never asked"),
        ("https://user:secret@ehr.example/fhir", "and no user"),
        ("https://ehr.example/fhir?tenant=1", "no query"),
        ("https://ehr.example/fhir#x", "no query, no fragment"),
    ],
)
def test_service_configuration_refuses_a_server(tmp_path, server, problem) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(f"public_url: http://127.0.0.1:8080\nfhir:\n  allowed_servers:\n    - '{server}'\n")
    with pytest.raises(ConfigurationError) as refused:
        load_settings(path, {})
    assert len(refused.value.problems) == 1
    assert problem in refused.value.problems[0]
    assert "site.yaml:3" in refused.value.problems[0]
    assert "secret" not in refused.value.problems[0]


# --- Certificates ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def secure(authority) -> Iterator[Callable[..., ChartServer]]:
    servers: list[ChartServer] = []

    def start(host: str = "ehr.localhost", days: int = 1) -> ChartServer:
        servers.append(ChartServer(clean_prefetch(), authority.server_context(host, days)))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def ask_securely(server: ChartServer, bundle: Path | None, host: str = "ehr.localhost") -> PrefetchState:
    base = f"https://{host}:{server.server_port}/fhir"
    return state_of(base, allowed_servers=[base], ca_bundle=bundle)


def test_service_asks_a_server_whose_authority_the_site_names(secure, authority) -> None:
    server = secure()
    assert ask_securely(server, authority.path) is PrefetchState.PRESENT
    assert server.server_names == ["ehr.localhost"]
    assert {each.headers["Host"] for each in server.heard} == {f"ehr.localhost:{server.server_port}"}
    assert {each.headers["Authorization"] for each in server.heard} == {f"Bearer {TOKEN}"}


def test_service_does_not_ask_a_server_of_an_authority_that_nobody_knows(secure) -> None:
    server = secure()
    assert ask_securely(server, None) is PrefetchState.FAILED
    assert server.heard == []


def test_service_does_not_ask_a_server_of_another_authority(secure, tmp_path) -> None:
    server = secure()
    assert ask_securely(server, Authority(tmp_path, "Another CA").path) is PrefetchState.FAILED
    assert server.heard == []


@pytest.mark.parametrize(
    ("host", "days"), [("other.localhost", 1), ("ehr.localhost", -1)], ids=["another name", "a certificate run out"]
)
def test_service_does_not_ask_a_server_with(secure, authority, host, days) -> None:
    server = secure(host, days)
    assert ask_securely(server, authority.path) is PrefetchState.FAILED
    assert server.heard == []


def test_service_believes_no_authority_of_the_environment(secure, authority, monkeypatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(authority.path))
    assert ask_securely(secure(), None) is PrefetchState.FAILED


def test_service_sends_nothing_in_the_clear_to_a_server_that_wants_it_encrypted(secure, authority) -> None:
    server = secure()
    base = f"http://ehr.localhost:{server.server_port}/fhir"
    assert state_of(base, allowed_servers=[base], ca_bundle=authority.path) is PrefetchState.FAILED
    assert server.heard == []


def test_service_finds_the_authority_beside_the_configuration(authority) -> None:
    path = authority.folder / "site.yaml"
    path.write_text(f"fhir:\n  ca_bundle: {authority.path.name}\n")
    assert load_settings(path, {}).fhir.ca_bundle == authority.path


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("none.pem", None, "No such file or directory"),
        ("empty.pem", b"", "holds no certificate in PEM form"),
        ("text.pem", b"no certificate", "holds no certificate in PEM form"),
        ("bytes.pem", b"\x30\x82\x00\xff", "holds no certificate in PEM form"),
        (".", None, "Is a directory"),
    ],
)
def test_service_configuration_refuses_an_authority(tmp_path, name, content, why) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    path = tmp_path / "site.yaml"
    path.write_text(f"fhir:\n  timeout_s: 1\n  ca_bundle: {name}\n")
    with pytest.raises(ConfigurationError) as refused:
        load_settings(path, {})
    assert refused.value.problems == [f"{path}:3: fhir.ca_bundle: {tmp_path / name} cannot be used ({why})"]


def test_service_configuration_names_the_variable_of_an_authority_that_cannot_be_read() -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(None, {"HER2_CDS_FHIR__CA_BUNDLE": "/nowhere/ca.pem"})
    assert refused.value.problems == [
        "HER2_CDS_FHIR__CA_BUNDLE: fhir.ca_bundle: /nowhere/ca.pem cannot be used (No such file or directory)"
    ]


# --- A token that may not be used ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expires_in", "is_sent"),
    [(300, True), ("300", True), (None, True), ("soon", True), (0, False), (-1, False), ("0", False), (-0.5, False)],
)
def test_service_sends_a_token_that_has_time_left(service: Caller, chart, expires_in, is_sent) -> None:
    access = authorization(TOKEN, expires_in=expires_in)
    body = call(prefetch=without(clean_prefetch(), "labs"), fhirServer=chart.base, fhirAuthorization=access)
    assert service.post(body).body == {"cards": []}
    assert ["Authorization" in each.headers for each in chart.heard] == [is_sent]


@pytest.mark.parametrize(
    "lacking", ["token_type", "scope", "subject", "expires_in", "token_type,scope,subject,expires_in"]
)
def test_service_uses_a_token_though_its_description_lacks(service, chart, lacking) -> None:
    access = without(authorization(TOKEN), *lacking.split(","))
    body = call(prefetch=without(clean_prefetch(), "labs"), fhirServer=chart.base, fhirAuthorization=access)
    assert service.post(body).body == {"cards": []}
    assert {each.headers["Authorization"] for each in chart.heard} == {f"Bearer {TOKEN}"}
