"""The configuration: what is refused with which advice, what the environment changes, and what a reload does."""

from __future__ import annotations

import json
import os
import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from calls import Caller, bundle, call, clean_prefetch, ihc, order

from cards.facts.outcomes import Indicator
from cards.facts.policy import Mode
from cards.facts.topics import Topic
from cards.knowledge.loader import default_knowledge
from cds_service.configuration.json_schema import json_schema
from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.loading import load_settings
from cds_service.configuration.settings import Settings
from cds_service.decisions.active import Configuration

if TYPE_CHECKING:
    from typing import Any

EXAMPLE = Path(__file__).parents[2] / "examples" / "demo.yaml"


def written(folder: Path, text: str | bytes, name: str = "her2.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def problems(path: Path | None, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Configuration(settings=load_settings(path, environment or {}))
    return "\n".join(caught.value.problems)


def test_service_configuration_may_be_empty(tmp_path) -> None:
    assert load_settings(None, {}) == Settings()
    assert load_settings(written(tmp_path, ""), {}).model_dump() == Settings().model_dump()


def test_service_configuration_of_the_demo_is_valid() -> None:
    assert load_settings(EXAMPLE, {}).auth.mode == "off"


VALID: list[Any] = [
    pytest.param("public_url: https://cds.example.org/her2/", "base_url", "https://cds.example.org/her2", id="address"),
    pytest.param("auth: {mode: off}", "auth.mode", "off", id="off without quotes"),
    pytest.param('auth: {mode: "off"}', "auth.mode", "off", id="off in quotes"),
    pytest.param("auth: {mode: no}", "auth.mode", "off", id="no"),
    pytest.param("fhir: {timeout_s: 3}", "fhir.timeout_s", 3.0, id="a whole number for a number"),
    pytest.param("limits: {body_bytes: 1024}", "limits.body_bytes", 1024, id="the smallest limit"),
    pytest.param("site: {timezone: Europe/Berlin}", "site.timezone", "Europe/Berlin", id="a time zone"),
    pytest.param(
        "cards: {lvef-overdue: {mode: off}}",
        "cards",
        {Topic.LVEF_OVERDUE: ("off", None)},
        id="a topic that is off without quotes",
    ),
    pytest.param(
        "cards: {lvef-overdue: {mode: shadow, indicator: info}}",
        "cards",
        {Topic.LVEF_OVERDUE: ("shadow", "info")},
        id="a topic in the shadow",
    ),
    pytest.param(
        "thresholds: {lab_max_age_days: 3.5}", "thresholds", {"lab_max_age_days": Decimal("3.5")}, id="a threshold"
    ),
    pytest.param(
        "thresholds: {lvef_interval_months: null}",
        "thresholds",
        {"lvef_interval_months": None},
        id="a label's own value",
    ),
]


@pytest.mark.parametrize(("text", "name", "value"), VALID)
def test_service_configuration_takes(tmp_path, text, name, value) -> None:
    found: Any = load_settings(written(tmp_path, text), {})
    for step in name.split("."):
        found = getattr(found, step)
    if name == "cards":
        found = {topic: (setting.mode, setting.indicator) for topic, setting in found.items()}
    assert found == value


REFUSED = [
    pytest.param("fhri: {}", ":1: unknown key 'fhri'", "did you mean 'fhir'?", id="a section misspelled"),
    pytest.param(
        "fhir:\n\n  timeout: 3", ":3: unknown key 'fhir.timeout'", "did you mean 'timeout_s'?", id="a key misspelled"
    ),
    pytest.param(
        "nothing_like_it: 1", ":1: unknown key", "known are audit, auth, cards", id="a key unlike any known key"
    ),
    pytest.param(
        "auth:\n  clients:\n    - issuer: x\n      jwks_ur: y", ":4: unknown key", "'jwks_url'", id="a key of a client"
    ),
    pytest.param(
        "cards:\n  dose-above-max: {mode: off}", ":2: unknown topic", "'dose-above-maximum'?", id="a topic misspelled"
    ),
    pytest.param(
        "cards:\n  lvef-overdue:\n    mood: off", ":3: unknown key", "did you mean 'mode'?", id="a key of a topic"
    ),
    pytest.param("cards:\n  lvef-overdue: {mode: loud}", ":2:", "'live', 'shadow' or 'off'", id="a mode misspelled"),
    pytest.param("cards:\n  lvef-overdue: {mode: on}", ":2:", "'live', 'shadow' or 'off'", id="a mode of on"),
    pytest.param(
        "cards:\n  lvef-overdue: {indicator: red}", ":2:", "'info', 'warning' or 'critical'", id="an indicator"
    ),
    pytest.param("cards: [lvef-overdue]", ":1: cards:", "must hold keys and values", id="topics in a list"),
    pytest.param(
        "cards:\n  lvef-overdue: off",
        ":2: cards.lvef-overdue: must hold keys and values",
        "known are indicator, mode, owner",
        id="a mode without its key",
    ),
    pytest.param("database: nonsense", ":1: database: no address of a database", "sqlite:///file", id="no database"),
    pytest.param("database: mysql://u@h/x", ":1: database: SQLite", "PostgreSQL", id="another database"),
    pytest.param(
        "thresholds:\n  lab_max_age_days: 7\n  lab_max_age: 7",
        ":3: thresholds.lab_max_age: unknown threshold",
        "did you mean 'lab_max_age_days'?",
        id="a threshold misspelled",
    ),
    pytest.param(
        "shadow:\n  thresholds: {lab_max_age_days: {cyramza: 9}}",
        ":2: thresholds.lab_max_age_days: unknown product 'cyramza'",
        "",
        id="a threshold of a neighbor",
    ),
    pytest.param(
        "thresholds:\n\n  lab_max_age_days: 61",
        ":3:",
        "must lie between 1 and 60 days",
        id="a threshold above its bound",
    ),
    pytest.param("thresholds:\n  lab_max_age_days: 0", ":2:", "must lie between", id="a threshold below its bound"),
    pytest.param("thresholds:\n  lab_max_age_days: null", ":2:", "needs a number", id="a threshold without a number"),
    pytest.param("thresholds:\n  lab_max_age_days: a week", ":2:", "must be a number", id="a threshold in words"),
    pytest.param(
        "site: {language: xx}", ":1: site.language: no language 'xx'", "there are en, de, es", id="a language"
    ),
    pytest.param("audit: {keep_days: 1.5}", ":1:", "must be a whole number", id="half a day"),
    pytest.param("suppress_repeats: {enabled: maybe}", ":1:", "must be true or false", id="neither yes nor no"),
    pytest.param("site: {timezone: 5}", ":1:", "must be text, in quotes", id="a number for a text"),
    pytest.param("fhir: {allowed_servers: https://x.org/fhir}", ":1:", "must be a list", id="no list"),
    pytest.param("fhir: {allowed_servers: [x.org/fhir]}", ":1:", "that begins with https://", id="no scheme"),
    pytest.param("thresholds:\n  lab_max_age_days: .inf", ":2:", "finite", id="a threshold without end"),
    pytest.param(
        "thresholds:\n  lab_max_age_days: {default: 3,\n    kadcila: 7}",
        ":3: thresholds.lab_max_age_days: unknown product 'kadcila'",
        "did you mean 'kadcyla'?",
        id="a threshold of a product misspelled",
    ),
    pytest.param(
        "thresholds:\n\n  lab_max_age_days.kadcila: 7",
        ":3: thresholds.lab_max_age_days: unknown product 'kadcila'",
        "did you mean 'kadcyla'?",
        id="the same in one key",
    ),
    pytest.param(
        "thresholds:\n  lab_max_age_days: {ogivri: 7}",
        ":2: thresholds.lab_max_age_days.ogivri",
        "ogivri is a brand; a threshold is set for its product, trastuzumab",
        id="a threshold of a brand",
    ),
    pytest.param(
        "profiles:\n  clinic:\n    match: {tenant: a}\n    thresholds: {lab_max_age_days: {enhertoo: 7}}",
        ":4: thresholds.lab_max_age_days: unknown product 'enhertoo'",
        "'enhertu'?",
        id="a threshold of a product misspelled in a profile",
    ),
    pytest.param(
        "shadow:\n  thresholds: {lab_max_age_days: {enhertoo: 7}}",
        ":2: thresholds.lab_max_age_days: unknown product 'enhertoo'",
        "'enhertu'?",
        id="a threshold of a product misspelled in what is tried",
    ),
    pytest.param("fhir:\n  timeout_s: 31", ":2: fhir.timeout_s", "less than or equal to 30", id="too long a time"),
    pytest.param("fhir:\n  timeout_s: 0", ":2:", "greater than 0", id="no time at all"),
    pytest.param(
        "fhir:\n  allowed_servers:\n    - https://a.example\n    - ftp://x", ":4:", "'http' or", id="a server"
    ),
    pytest.param("limits: {body_bytes: 1023}", ":1:", "greater than or equal to 1024", id="too low a limit"),
    pytest.param(
        "public_url: cds.example.org",
        ":1: public_url",
        "must be an address that begins with https://",
        id="an address without a scheme",
    ),
    pytest.param("site: {timezone: Mars/Olympus}", ":1:", "no time zone 'Mars/Olympus'", id="a time zone of Mars"),
    pytest.param("site: {timezone: Chicago}", ":1:", "did you mean 'America/Chicago'?", id="a city alone"),
    pytest.param("site: {timezone: ../../etc/passwd}", ":1:", "no time zone", id="a time zone that is a file"),
    pytest.param("auth: {mode: required}", ":1: auth.mode", "name an issuer and its keys", id="nobody to admit"),
    pytest.param("auth: {mode: on}", ":1: auth.mode", "'off' or 'required'", id="authentication that is on"),
    pytest.param("auth:\n  mode: maybe", ":2: auth.mode", "'off' or 'required'", id="authentication that may be"),
    pytest.param("site:\n  code_maps: [nope.json]", "nope.json", "No such file", id="a code map that does not exist"),
    pytest.param("fhir: {timeout_s: 1}\nfhir: {timeout_s: 2}", ":2:", "'fhir' is given twice", id="a section twice"),
    pytest.param(
        "thresholds:\n  lab_max_age_days: 3\n  lab_max_age_days: 9", ":3:", "given twice", id="a threshold twice"
    ),
    pytest.param("a: [", ":1:", "not valid YAML", id="half a list"),
    pytest.param("fhir:\n\ttimeout_s: 3", ":2:", "not valid YAML", id="a tab"),
    pytest.param("--- {}\n--- {}", ":2:", "not valid YAML", id="two documents"),
    pytest.param("!!python/object/apply:os.getcwd []", ":1:", "not valid YAML", id="a call"),
    pytest.param("- fhir", ":1:", "keys and values", id="a list"),
    pytest.param("fhir", ":1:", "keys and values", id="a word"),
    pytest.param("1: 2", ":1: 1", "strings", id="a number for a key"),
    pytest.param("? [a]\n: b", ":1:", "not valid YAML", id="a list for a key"),
    pytest.param("public_url: 2026-99-99", "her2.yaml", "not valid YAML", id="an impossible date"),
    pytest.param("database: &a [*a]", "her2.yaml", "not valid YAML", id="a value that contains itself"),
    pytest.param("[" * 5000, "her2.yaml", "not valid YAML", id="lists 5,000 deep"),
    pytest.param("database: \0", "her2.yaml", "not valid YAML", id="a null character"),
    pytest.param(b"database: \xff\xfe", "her2.yaml", "cannot be read", id="no text"),
]


@pytest.mark.parametrize(("text", "where", "advice"), REFUSED)
def test_service_configuration_refuses(tmp_path, text, where, advice) -> None:
    said = problems(written(tmp_path, text))
    assert "her2.yaml" in said or "nope.json" in said
    assert where in said
    assert advice in said
    assert "\n" not in said


def test_service_configuration_reports_every_problem_at_once(tmp_path) -> None:
    said = problems(written(tmp_path, "fhri: 1\nfhir: {timeout_s: 99}\nsite: {timezone: X}\n")).splitlines()
    assert [line.partition("her2.yaml:")[2][:2] for line in said] == ["2:", "3:", "1:"]


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: None, id="is not there"),  # noqa: ARG005
        pytest.param(lambda path: path.mkdir(), id="is a folder"),
    ],
)
def test_service_configuration_refuses_a_file_that(tmp_path, make) -> None:
    path = tmp_path / "her2.yaml"
    make(path)
    assert "cannot be read" in problems(path)


# --- The environment -------------------------------------------------------------------------------------------------

FILE = "fhir:\n  timeout_s: 5\ncards:\n  lvef-overdue: {mode: shadow}\nthresholds: {lab_max_age_days: 9}\n"


@pytest.mark.parametrize(
    ("name", "value", "read", "expected"),
    [
        pytest.param("FHIR__TIMEOUT_S", "3", lambda s: s.fhir.timeout_s, 3.0, id="over the file"),
        pytest.param("LIMITS__BODY_BYTES", "2048", lambda s: s.limits.body_bytes, 2048, id="where the file has none"),
        pytest.param("PUBLIC_URL", "https://a.example", lambda s: s.base_url, "https://a.example", id="at the top"),
        pytest.param("REDIS", "redis://h:6379/0", lambda s: s.redis, "redis://h:6379/0", id="with a colon"),
        pytest.param("AUTH__MODE", "off", lambda s: s.auth.mode, "off", id="that is off"),
        pytest.param(
            "FHIR__ALLOWED_SERVERS",
            "[https://a.example]",
            lambda s: [str(u) for u in s.fhir.allowed_servers],
            ["https://a.example/"],
            id="as a list",
        ),
        pytest.param(
            "CARDS__LVEF_OVERDUE__MODE",
            "off",
            lambda s: s.cards[Topic.LVEF_OVERDUE].mode,
            Mode.OFF,
            id="for a topic, written with underscores",
        ),
        pytest.param(
            "CARDS__DOSE_ABOVE_MAXIMUM__INDICATOR",
            "warning",
            lambda s: s.cards[Topic.DOSE_ABOVE_MAXIMUM].indicator,
            Indicator.WARNING,
            id="for a topic that the file does not name",
        ),
        pytest.param(
            "THRESHOLDS__LAB_MAX_AGE_DAYS", "3", lambda s: s.thresholds["lab_max_age_days"], 3, id="for a threshold"
        ),
        pytest.param("CONFIG", "/x/y.yaml", lambda s: s.fhir.timeout_s, 5.0, id="that names the file itself"),
    ],
)
def test_service_configuration_is_overridden_by_a_variable(tmp_path, name, value, read, expected) -> None:
    settings = load_settings(written(tmp_path, FILE), {f"HER2_CDS_{name}": value, "PATH": "x", "her2_cds_fhir": "["})
    assert read(settings) == expected


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        pytest.param("FHRI__TIMEOUT_S", "3", "did you mean 'fhir'?", id="a section misspelled"),
        pytest.param("FHIR__TIMEOUT", "3", "did you mean 'timeout_s'?", id="a key misspelled"),
        pytest.param("FHIR__TIMEOUT_S", "99", "less than or equal to 30", id="a value out of bounds"),
        pytest.param("FHIR", "{timeout_s: 99}", "less than or equal to 30", id="a section with a value out of bounds"),
        pytest.param("CARDS__LVEF_OVERDU__MODE", "off", "did you mean 'lvef-overdue'?", id="a topic misspelled"),
        pytest.param("THRESHOLDS__LAB_MAX_AGE", "3", "did you mean 'lab_max_age_days'?", id="a threshold misspelled"),
        pytest.param("THRESHOLDS__LAB_MAX_AGE_DAYS", "99", "between 1 and 60", id="a threshold out of bounds"),
        pytest.param("PUBLIC_URL__HOST", "x", "must be an address that begins with https://", id="a key below a value"),
        pytest.param("PUBLIC_URL", "cds.example.org", "must be an address that begins with https://", id="no scheme"),
        pytest.param("SITE__LANGUAGE", "xx", "site.language: no language 'xx'; there are en, de, es", id="a language"),
        pytest.param("FHIR__TIMEOUT_S__X", "1", "timeout_s is no section", id="a key below a value of the file"),
        pytest.param("DATABASE", "[x", "not valid YAML", id="half a list"),
        pytest.param("DATABASE", "@x", "not valid YAML", id="a mark that YAML keeps for itself"),
        pytest.param("AUTH__MODE", "required", "without auth.clients", id="nobody to admit"),
        pytest.param("", "x", "unknown key", id="no name"),
    ],
)
def test_service_configuration_refuses_a_variable_by_its_name(tmp_path, name, value, advice) -> None:
    said = problems(written(tmp_path, FILE), {f"HER2_CDS_{name}": value})
    assert said.startswith(f"HER2_CDS_{name}: ")
    assert advice in said


# --- A changed file --------------------------------------------------------------------------------------------------


STATED = 'auth: {mode: "off"}'
"""What a file of a service must not be without."""


def serving(folder: Path, text: str) -> Path:
    """Write a file that a service may be started with."""
    return written(folder, f"{STATED}\n{text}")


def rewrite(path: Path, text: str) -> None:
    path.write_text(f"{text if 'auth' in text else STATED}\n{text if 'auth' not in text else ''}", encoding="utf-8")
    os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns + 1_000_000))


TOO_HIGH = call(orders=[order(378)])


@pytest.mark.usefixtures("eager")
def test_service_configuration_is_picked_up_when_it_changes(tmp_path, log_lines) -> None:
    path = serving(tmp_path, "cards: {dose-above-maximum: {indicator: info}}")
    caller = Caller(path=path)
    assert caller.post(TOO_HIGH).cards[0]["indicator"] == "info"
    rewrite(path, "cards: {dose-above-maximum: {mode: off}}")
    assert "dose-above-maximum" not in caller.post(TOO_HIGH).topics
    rewrite(path, "public_url: https://new.example")
    assert caller.post(TOO_HIGH).cards[0]["source"]["topic"]["system"].startswith("https://new.example/")
    assert [line["event"] for line in log_lines if "configuration" in line["event"]] == ["configuration_loaded"] * 2


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param("cards: {dose-above-maximun: {mode: off}}", id="with a key misspelled"),
        pytest.param("cards: [", id="that is not YAML"),
        pytest.param("x: \0", id="with a null character"),
        pytest.param("x: &a [*a]", id="that contains itself"),
        pytest.param("x: 2026-99-99", id="with an impossible date"),
        pytest.param("site: {code_maps: [nope.json]}", id="with a code map that does not exist"),
        pytest.param("auth: {mode: required}", id="that admits nobody"),
        pytest.param("", id="that is empty"),
        pytest.param("\0" * 200, id="that a power cut has left"),
        pytest.param("public_url: http://127.0.0.1:8080", id="that does not say who may call"),
        pytest.param(None, id="that was removed"),
    ],
)
def test_service_configuration_stays_when_there_is_a_new_one(tmp_path, log_lines, broken) -> None:
    path = serving(tmp_path, "cards: {dose-above-maximum: {indicator: info}}")
    caller = Caller(path=path)
    if broken is None:
        path.unlink()
    else:
        rewrite(path, broken) if broken.startswith(("auth", "cards", "x", "site")) else path.write_text(broken)
    for _ in range(3):
        assert caller.post(TOO_HIGH).cards[0]["indicator"] == "info"
    refused = [line for line in log_lines if line["event"] == "configuration_refused"]
    assert len(refused) == 1
    assert refused[0]["log_level"] == "error"
    assert refused[0]["problems"]
    assert caller.get("/health/ready").status == 200
    rewrite(serving(tmp_path, ""), "cards: {dose-above-maximum: {indicator: warning}}")
    assert caller.post(TOO_HIGH).cards[0]["indicator"] == "warning"


@pytest.mark.usefixtures("eager")
def test_service_configuration_may_change_the_limit_of_bodies(tmp_path) -> None:
    path = serving(tmp_path, "limits: {body_bytes: 100000}")
    caller = Caller(path=path)
    assert caller.post(call()).status == 200
    rewrite(path, "limits: {body_bytes: 1024}")
    assert caller.post(call()).status == 413
    rewrite(path, "limits: {body_bytes: 1000000}")
    assert caller.post(json.dumps(call()).encode() + b" " * 200_000).status == 200


def test_service_configuration_is_not_looked_at_for_every_request(tmp_path) -> None:
    path = serving(tmp_path, "")
    caller = Caller(path=path)
    rewrite(path, "cards: {dose-above-maximum: {mode: off}}")
    assert caller.post(TOO_HIGH).topics == ["dose-above-maximum"]


def test_service_does_not_start_with_a_broken_configuration(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match=r"her2\.yaml:1: unknown key"):
        Caller(path=written(tmp_path, "fhri: {}"))


# --- Code maps and thresholds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("{", "ends too early, at line 1", id="no JSON"),
        pytest.param("[]", "no FHIR ConceptMap", id="an array"),
        pytest.param('{"resourceType": "ValueSet"}', "no FHIR ConceptMap", id="a ValueSet"),
        pytest.param(b"\xff\xfe", "not UTF-8 text", id="no text"),
        pytest.param("[" * 101, "map.json", id="an array 101 deep"),
    ],
)
def test_service_configuration_refuses_a_code_map_that_is(tmp_path, text, said) -> None:
    written(tmp_path, text, "map.json")
    told = problems(written(tmp_path, "site: {code_maps: [map.json]}"))
    assert "site.code_maps" in told
    assert said in told


def test_service_configuration_finds_code_maps_beside_the_file_and_reads_with_them(tmp_path) -> None:
    group = {
        "source": "https://hospital.example/codes",
        "target": "http://loinc.org",
        "element": [{"code": "H2", "target": [{"code": "85319-2", "equivalence": "equivalent"}]}],
    }
    written(tmp_path, json.dumps({"resourceType": "ConceptMap", "status": "active", "group": [group]}), "map.json")
    caller = Caller(path=serving(tmp_path, "site: {code_maps: [map.json]}"))
    local = {**ihc(), "code": {"coding": [{"system": "https://hospital.example/codes", "code": "H2"}]}}
    body = call(prefetch={**clean_prefetch(), "tumorMarkers": bundle(local)})
    assert "her2-missing" in Caller().post(body).topics
    assert caller.post(body).body == {"cards": []}
    assert "https://hospital.example/codes|H2" in str(caller.get("/cds-services").body)


@pytest.mark.parametrize("name", default_knowledge().thresholds)
def test_service_configuration_knows_the_bounds_of(name) -> None:
    bounds = default_knowledge().thresholds[name]
    for value in (bounds.minimum, bounds.maximum):
        assert Settings(thresholds={name: value}).policy().thresholds[name] == value
    for value in (bounds.minimum - 1, bounds.maximum + 1):
        with pytest.raises(ValueError, match="must lie between"):
            Settings(thresholds={name: value})


# --- The JSON Schema -------------------------------------------------------------------------------------------------

TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    "null": type(None),
}  # fmt: skip


def fits(value: Any, schema: Any, root: Any) -> bool:
    """Check a value against as much of JSON Schema as the configuration uses."""
    if "$ref" in schema:
        target = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return fits(value, target, root)
    if "anyOf" in schema:
        return any(fits(value, each, root) for each in schema["anyOf"])
    if "enum" in schema and value not in schema["enum"]:
        return False
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(isinstance(value, TYPES[kind]) for kind in kinds):
        return False
    if isinstance(value, dict):
        known = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        names = schema.get("propertyNames", {})
        return all(
            fits(name, names, root)
            and (
                fits(each, known[name], root)
                if name in known
                else others is True or (others and fits(each, others, root))
            )
            for name, each in value.items()
        )
    if isinstance(value, list):
        return all(fits(each, schema.get("items", {}), root) for each in value)
    if isinstance(value, (int, float)):
        return (
            schema.get("minimum", value) <= value <= schema.get("maximum", value)
            and schema.get("exclusiveMinimum", value - 1) < value
        )
    return True


@pytest.mark.parametrize(
    ("tree", "is_valid"),
    [
        pytest.param({}, True, id="nothing"),
        pytest.param({"auth": {"mode": "off"}, "public_url": "http://127.0.0.1:8080"}, True, id="the demo"),
        pytest.param({"cards": {"dose-above-maximum": {"mode": "live", "indicator": "critical"}}}, True, id="a topic"),
        pytest.param({"thresholds": {"lab_max_age_days": 7}}, True, id="a threshold"),
        pytest.param({"thresholds": {"lvef_interval_months": None}}, True, id="a label's own value"),
        pytest.param({"redis": None, "fhir": {"allowed_servers": ["https://a.example"]}}, True, id="servers"),
        pytest.param({"fhri": {}}, False, id="a section misspelled"),
        pytest.param({"fhir": {"timeout": 1}}, False, id="a key misspelled"),
        pytest.param({"fhir": {"timeout_s": 31}}, False, id="a value above its bound"),
        pytest.param({"fhir": {"timeout_s": 0}}, False, id="a value below its bound"),
        pytest.param({"cards": {"dose-above-max": {}}}, False, id="a topic misspelled"),
        pytest.param({"cards": {"lvef-overdue": {"mode": "loud"}}}, False, id="a mode misspelled"),
        pytest.param({"thresholds": {"lab_max_age": 7}}, False, id="a threshold misspelled"),
        pytest.param({"thresholds": {"lab_max_age_days": 61}}, False, id="a threshold above its bound"),
        pytest.param({"thresholds": {"lab_max_age_days": None}}, False, id="a threshold without a number"),
    ],
)
def test_service_configuration_schema_judges_as_the_service_does(tmp_path, tree, is_valid) -> None:
    schema = json_schema()
    assert fits(tree, schema, schema) is is_valid
    path = written(tmp_path, json.dumps(tree))
    if is_valid:
        load_settings(path, {})
    else:
        problems(path)


def test_service_configuration_schema_names_every_setting() -> None:
    schema = json_schema()
    assert set(schema["properties"]) == set(Settings.model_fields)
    assert set(schema["properties"]["thresholds"]["properties"]) == set(default_knowledge().thresholds)
    assert set(schema["properties"]["cards"]["propertyNames"]["enum"]) == {str(topic) for topic in Topic}
    assert all(each["description"] for each in schema["properties"]["thresholds"]["properties"].values())
    assert schema["$schema"].startswith("https://json-schema.org/")
