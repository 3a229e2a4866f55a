"""The other addresses: health, the topics as a CodeSystem, and the page for somebody with a browser."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from calls import Caller, call, order
from fhir.resources.R4B.codesystem import CodeSystem

from cards.facts.topics import Topic
from cds_service import __version__
from cds_service.configuration.settings import Settings
from cds_service.tryit.scenarios import read_scenarios


class Links(HTMLParser):
    """Collects what a page refers to, and the scripts and styles in it."""

    def __init__(self) -> None:
        """Start with none."""
        super().__init__()
        self.addresses: list[str] = []
        self.places: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element."""
        found = [value for name, value in attrs if name in ("href", "src") and value]
        self.addresses += [address for address in found if not address.startswith("#")]
        self.places += [address.removeprefix("#") for address in found if address.startswith("#")]
        self.inline += [tag] if tag == "style" or (tag == "script" and not found) else []
        self.inline += [name for name, _ in attrs if name == "style" or name.startswith("on")]


def test_service_is_live(service) -> None:
    assert service.get("/health/live").body == {"status": "live", "version": __version__}


def test_service_is_ready_and_says_with_what(service) -> None:
    body = service.get("/health/ready").body
    assert body["status"] == "ready"
    assert re.fullmatch(r"[0-9a-f]{8,}", body["knowledge"])
    assert re.fullmatch(r"[0-9a-f]{8,}", body["wording"])


def test_service_topics_are_a_valid_code_system(service) -> None:
    body = service.get("/CodeSystem/card-topic").body
    system = CodeSystem.model_validate(body)
    assert (system.status, system.content, system.count) == ("active", "complete", len(Topic))
    assert body["url"] == "http://127.0.0.1:8080/CodeSystem/card-topic"


@pytest.mark.parametrize("topic", Topic)
def test_service_topics_have_a_display(service, topic) -> None:
    concepts = service.get("/CodeSystem/card-topic").body["concept"]
    assert [each["display"] for each in concepts if each["code"] == topic] != [""]


@pytest.mark.parametrize(
    ("public", "base"),
    [
        pytest.param("https://cds.example.org", "https://cds.example.org", id="a host"),
        pytest.param("https://cds.example.org/", "https://cds.example.org", id="a host with a slash"),
        pytest.param("https://example.org:8443/her2/", "https://example.org:8443/her2", id="a path"),
    ],
)
def test_service_writes_its_public_address_when_that_is(public, base) -> None:
    caller = Caller(Settings(public_url=public))
    assert caller.get("/CodeSystem/card-topic").body["url"] == f"{base}/CodeSystem/card-topic"
    card = caller.post(call(orders=[order(378)])).cards[0]
    assert card["source"]["topic"]["system"] == f"{base}/CodeSystem/card-topic"
    for status, answer in ((404, caller.get("/nope")), (400, caller.post(b"{")), (412, caller.post(call(prefetch={})))):
        assert answer.status == status
        assert answer.body["issue"][0]["details"]["coding"][0]["system"] == f"{base}/CodeSystem/error"


def test_service_start_page_has_no_dead_links(service) -> None:
    response = service.client.get("/")
    assert (response.status_code, response.content_type) == (200, "text/html; charset=utf-8")
    links = Links()
    links.feed(response.text)
    assert len(links.addresses) >= 3
    scenarios = {each.id for each in read_scenarios().scenarios}
    assert all(place in scenarios or f'id="{place}"' in response.text for place in links.places)
    for address in links.addresses:
        with service.client.get(address) as found:
            assert found.status_code == 200, address


def test_service_start_page_complies_with_its_own_policy(service) -> None:
    response = service.client.get("/")
    links = Links()
    links.feed(response.text)
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert links.inline == []
    assert not any(address.startswith(("http", "//")) for address in links.addresses)


@pytest.mark.parametrize("name", ["her2-order-select", "her2-order-sign", "/cds-services", "examples/"])
def test_service_start_page_names(service, name) -> None:
    assert name in service.client.get("/").text
