"""Whatever is sent to the workbench, it answers on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bench import ADA, BEN, Seat, bench, opened
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterator

PATHS = (
    "/versions",
    "/versions/1/content",
    "/versions/1/steps",
    "/preview",
    "/preview/result",
    "/shadow/reviews",
    "/sign-in",
)
KINDS = (
    "drafted",
    "revised",
    "submitted",
    "returned",
    "approved",
    "trial-begun",
    "trial-ended",
    "published",
    "retired",
    "withdrawn",
)
FIELDS = st.sampled_from(
    (
        "title",
        "from",
        "seen",
        "kind",
        "comment",
        "effective_from",
        "effective_until",
        "case",
        "profile",
        "version",
        "pasted",
        "coverage",
        "decision",
        "topic",
        "verdict",
        "seed",
        "subject",
        "cards.weight-stale.mode",
        "cards.weight-stale.indicator",
        "cards.weight-stale.owner",
        "thresholds.weight_max_age_days",
        "shadow.lab_max_age_days",
    )
)
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        (*KINDS, "pasted", "live", "right", "weight-stale", "in-force", "files", "{}", '{"hook":"order-sign"}')
    ),
    st.integers(-5, 10**20).map(str),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.datetimes().map(lambda each: each.isoformat()),
)


@pytest.fixture(scope="module")
def seats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Seat]]:
    """Yield one who writes and publishes and one who approves, with a version to work on."""
    store = opened(tmp_path_factory.mktemp("laws"))
    ada = Seat(bench(store)).sign_in(ADA)
    ada.send("/versions", title="The one")
    yield [ada, Seat(ada.browser.application.test_client()).sign_in(BEN)]
    store.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(PATHS),
    fields=st.dictionaries(FIELDS, VALUES, max_size=8),
    is_reviewer=st.booleans(),
    is_up_to_date=st.booleans(),
)
def test_no_form_makes_the_workbench_fail(
    seats: list[Seat], *, path: str, fields: dict[str, str], is_reviewer: bool, is_up_to_date: bool
) -> None:
    seat = seats[is_reviewer]
    seen = {"seen": seat.seen(1)} if is_up_to_date else {}
    answer = seat.browser.post(f"/workbench{path}", data={**fields, **seen, "csrf_token": seat.token()})
    assert answer.status_code < 500
    assert answer.content_type.startswith("text/html")
    assert "Traceback" not in answer.text
    # A made-up person may have been signed in instead.
    seat.sign_in(BEN if is_reviewer else ADA)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(("", "/preview", "/shadow", "/learning", "/decisions", "/versions")),
    st.dictionaries(
        st.sampled_from(("days", "service", "topic", "seed", "period", "id", "case", "record", "version")), VALUES
    ),
)
def test_no_address_makes_the_workbench_fail(seats: list[Seat], path: str, query: dict[str, str]) -> None:
    answer = seats[0].get(path, **query)
    assert answer.status_code < 500
    assert answer.content_type.startswith("text/html")
