"""The content of a version: read with clear problems, and the same digest for contents that say the same."""

from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.facts.outcomes import Indicator
from cards.facts.policy import Mode
from cards.facts.topics import Topic
from cards.knowledge.loader import default_knowledge
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.configuration.policy_content import (
    NOTHING,
    TEXT_LIMIT,
    PolicyContent,
    content_differences,
    content_of,
    read_content,
    stored_content,
)


def refused(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read_content(text)
    return "\n".join(caught.value.problems)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("thresholds: {weight_max_age_days: 60}", "thresholds: {weight_max_age_days: 60.0}", id="zeros"),
        pytest.param("thresholds: {weight_max_age_days: 60}", 'thresholds: {weight_max_age_days: "6e1"}', id="power"),
        pytest.param("shadow: {look_alike_match_percent: 0.5}", "shadow: {look_alike_match_percent: .50}", id="point"),
        pytest.param(
            "cards: {weight-stale: {mode: off, indicator: info}}",
            "cards: {weight-stale: {indicator: info, mode: 'off'}}",
            id="order of keys and a bare off",
        ),
        pytest.param(
            "cards: {weight-stale: {owner: ' Pharmacy '}}", "cards: {weight-stale: {owner: Pharmacy}}", id="spaces"
        ),
        pytest.param("cards: {weight-stale: {}}", "", id="nothing set"),
        pytest.param("cards: {}\nthresholds: {}", "{}", id="empty sections"),
        pytest.param('{"thresholds": {"lab_max_age_days": 9}}', "thresholds:\n  lab_max_age_days: 9", id="JSON"),
    ],
)
def test_equal_contents_have_the_same_digest(one: str, other: str) -> None:
    assert read_content(one).canonical() == read_content(other).canonical()
    assert read_content(one).hash == read_content(other).hash


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("cards: {weight-stale: {mode: live}}", "", id="live said and live by default"),
        pytest.param("cards: {weight-stale: {indicator: null}}", "", id="the usual indicator said and left open"),
        pytest.param("thresholds: {lvef_interval_days: null}", "", id="the label's own value said and left open"),
        pytest.param("thresholds: {lab_max_age_days: 9}", "shadow: {lab_max_age_days: 9}", id="in force and tried"),
        pytest.param("cards: {weight-stale: {owner: A}}", "cards: {weight-stale: {owner: B}}", id="owners"),
    ],
)
def test_different_contents_have_different_digests(one: str, other: str) -> None:
    names = [name for name, each in default_knowledge().thresholds.items() if each.default is None]
    one, other = (each.replace("lvef_interval_days", names[0]) for each in (one, other))
    assert read_content(one).hash != read_content(other).hash


def test_the_canonical_json_is_what_the_documentation_says() -> None:
    text = "thresholds: {weight_max_age_days: 60.0}\ncards: {weight-stale: {owner: Ré, mode: off}}"
    expected = '{"cards":{"weight-stale":{"mode":"off","owner":"Ré"}},"thresholds":{"weight_max_age_days":"60"}}'
    assert read_content(text).canonical() == expected
    assert NOTHING.canonical() == "{}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("cards: {weight-stal: {mode: off}}", "policy:1: unknown topic 'weight-stal'; did you mean 'weight-stale'?"),
        ("cards:\n  weight-stale:\n    mod: off", "policy:3: unknown key 'cards.weight-stale.mod'; did you"),
        ("threshold: {}", "policy:1: unknown key 'threshold'; did you mean 'thresholds'?"),
        ("thresholds: {weight_max_age_day: 3}", "unknown threshold; did you mean 'weight_max_age_days'?"),
        ("shadow: {weight_max_age_day: 3}", "shadow.weight_max_age_day: unknown threshold; did you mean"),
        ("thresholds: {weight_max_age_days: 6000}", "must lie between 1 and 365 days"),
        ("thresholds: {weight_max_age_days: .nan}", "thresholds.weight_max_age_days: "),
        ("thresholds: {weight_max_age_days: .inf}", "thresholds.weight_max_age_days: "),
        ("thresholds: {weight_max_age_days: '1e999999'}", "must lie between"),
        ("thresholds: {look_alike_match_percent: 1.0000001}", "at most 6 decimals"),
        ("thresholds: {weight_max_age_days: null}", "needs a number"),
        ("thresholds: {weight_max_age_days: ja}", "thresholds.weight_max_age_days"),
        ("cards: {weight-stale: {mode: loud}}", "cards.weight-stale.mode"),
        ("cards: {weight-stale: {owner: ''}}", "cards.weight-stale.owner"),
        ("cards: {weight-stale: {owner: %s}}" % ("x" * 121), "cards.weight-stale.owner"),
        ('cards: {weight-stale: {owner: "a\\nb"}}', "one line of plain text"),
        ('cards: {weight-stale: {owner: "a\\0b"}}', "one line of plain text"),
        ("auth: {mode: off}", "unknown key 'auth'"),
        ("- 1", "policy:1: the file must hold keys and values"),
        ("cards: {", "policy:1: not valid YAML"),
        ("thresholds: {lab_max_age_days: 3, lab_max_age_days: 4}", "given twice"),
        ("a: &a {x: 1}\nb: *a", "policy:2: write the value out; no aliases"),
        ("thresholds: !!python/object:os.system {}", "not valid YAML"),
        ("[" * 60_000, "nested too deep"),
        ("x" * (TEXT_LIMIT + 1), f"longer than {TEXT_LIMIT} characters"),
        ("thresholds: {weight_max_age_days: %s}" % ("9" * 60_000), "policy"),
        ("thresholds: {weight_max_age_days: 0x%s}" % ("f" * 60_000), "policy"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_reported_with_its_line_and_the_nearest_known_key(text: str, says: str) -> None:
    began = time.monotonic()
    assert says in refused(text)
    assert time.monotonic() - began < 5


def test_a_text_that_expands_exponentially_is_refused_at_its_first_alias() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]
    assert refused("\n".join(lines)) == "policy:2: write the value out; no aliases"


def test_content_from_a_form_is_checked_like_a_text() -> None:
    assert content_of({"thresholds": {"lab_max_age_days": "9"}}) == read_content("thresholds: {lab_max_age_days: 9}")
    with pytest.raises(ConfigurationError, match="did you mean 'weight-stale'"):
        content_of({"cards": {"weight-stal": {}}})


def _threshold_values() -> st.SearchStrategy[dict[str, Decimal | None]]:
    known = default_knowledge().thresholds
    values = {
        name: st.decimals(each.minimum, each.maximum, places=3) | (st.none() if each.default is None else st.nothing())
        for name, each in known.items()
    }
    return st.fixed_dictionaries({}, optional=values)


_settings = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(list(Mode)),
        "indicator": st.none() | st.sampled_from(list(Indicator)),
        "owner": st.none() | st.text("Aé 漢'\"#:{}&*!0", min_size=1, max_size=20).filter(str.strip),
    },
)
contents = st.builds(
    lambda cards, thresholds, shadow: PolicyContent.model_validate(
        {"cards": cards, "thresholds": thresholds, "shadow": shadow}
    ),
    st.dictionaries(st.sampled_from([str(topic) for topic in Topic]), _settings, max_size=6),
    _threshold_values(),
    _threshold_values(),
)


@given(contents)
def test_law_what_is_written_is_read_back(content: PolicyContent) -> None:
    kept = stored_content(content.canonical(), "kept")
    assert kept.canonical() == read_content(content.canonical()).canonical() == content.canonical()
    assert content_differences(kept, content) == []


@given(content=contents)
def test_law_an_exported_version_is_a_configuration_that_says_the_same(
    tmp_path_factory, content: PolicyContent
) -> None:
    path = tmp_path_factory.mktemp("exported") / "version.yaml"
    path.write_text(content.as_yaml(), encoding="utf-8")
    read = load_settings(path, {})
    again = PolicyContent(cards=read.cards, thresholds=read.thresholds, shadow=read.shadow.thresholds)
    assert again.canonical() == content.canonical()


def test_differences_are_worded_as_in_config_diff() -> None:
    found = content_differences(
        read_content("thresholds: {weight_max_age_days: 20}\ncards: {weight-stale: {owner: Ward}}"),
        read_content("thresholds: {weight_max_age_days: 60}\ncards: {weight-stale: {mode: off}}"),
    )
    assert [(each.kind, each.says) for each in found] == [
        ("mode", "weight-stale: off instead of live"),
        ("owner", "weight-stale: nobody answers for it instead of Ward"),
        ("threshold", "A weight older than 60 days instead of 20 days makes weight-stale fire"),
    ]


def test_the_largest_content_fits() -> None:
    cards = {str(topic): {"mode": "shadow", "indicator": "warning", "owner": "ü" * 120} for topic in Topic}
    known = default_knowledge().thresholds
    values = {name: str(each.maximum) for name, each in known.items()}
    whole = {"cards": cards, "thresholds": values, "shadow": values}
    assert read_content(json.dumps(whole)).canonical() == content_of(whole).canonical()
