"""The content of a policy version: topics, thresholds, and thresholds to try in the shadow."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import Field, ValidationError, field_validator

from cards.facts.topics import topics_of
from cds_service.configuration.diff import Difference, differences
from cds_service.configuration.layers import ConfigurationError, line_of, read_tree
from cds_service.configuration.messages import problem
from cds_service.configuration.policy_settings import (
    ShadowSettings,
    Thresholds,
    TopicKey,
    TopicSettings,
    unknown_products,
)
from cds_service.configuration.section import Section, problem_below
from cds_service.configuration.settings import Settings
from cds_service.configuration.site_content import SiteContent, overridden_values, with_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cards.knowledge.schema import Knowledge
    from cds_service.configuration.layers import Places
    from cds_service.configuration.site_layer import SiteLayer

TEXT_LIMIT = 256 * 1024
"""Characters of a text that content is read from."""
_DEEPEST, _WIDTH = 8, 120
_DIGITS, _DECIMALS = 15, 6
# What a page or a file may contain: no aliases or tags.
_OPENING = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSING = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


class _Readable(yaml.SafeDumper):
    """Writes multi-line texts as block scalars."""


def _as_lines(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Readable.add_representer(str, _as_lines)


class PolicyContent(Section):
    """The content of a version; what it does not set stays as in the configuration files."""

    cards: dict[TopicKey, TopicSettings] = Field({}, description="Mode, indicator and owner by topic.")
    thresholds: Thresholds = Field({}, description="Thresholds for the judgment.")
    shadow: Thresholds = Field({}, description="Thresholds to try in the shadow.")
    site: SiteContent = Field(SiteContent(), description="Changes to knowledge, card texts and rules.")

    @field_validator("thresholds", "shadow")
    @classmethod
    def _are_written_in_few_digits(cls, thresholds: dict[str, Decimal | None]) -> dict[str, Decimal | None]:
        for name, value in thresholds.items():
            if value is None:
                continue
            _, digits, exponent = value.as_tuple()
            # NaN and infinity contain a letter; number parsing has refused them already.
            if len(digits) > _DIGITS or not isinstance(exponent, int) or exponent < -_DECIMALS:
                raise problem_below(name, f"write a number with at most {_DECIMALS} decimals")
        return thresholds

    def canonical(self) -> str:
        """Return the content as JSON, identical for equal contents: 60 is 60.0."""
        return json.dumps(_tree(self, _digits), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def hash(self) -> str:
        """The SHA-256 of the canonical JSON, in hexadecimal digits."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def as_yaml(self) -> str:
        """Return the content as a configuration file."""
        tree = _tree(self, _number)
        tree.pop("site", None)
        if "shadow" in tree:
            tree["shadow"] = {"thresholds": tree["shadow"]}
        if texts := self.site.parts():
            tree["site"] = {"text": texts}
        if not tree:
            return "{}\n"
        return str(yaml.dump(tree, Dumper=_Readable, sort_keys=True, allow_unicode=True, width=_WIDTH))

    def as_settings(self) -> Settings:
        """Return the settings of a site that has set nothing else.

        Raises:
            ConfigurationError: the version's changes to the knowledge, wording or rules are not valid by themselves.

        """
        shadow = ShadowSettings(thresholds=self.shadow)
        settings = Settings(cards=self.cards, thresholds=self.thresholds, shadow=shadow)
        return settings.changed({}, site_layer=with_texts(settings.site_layer, self.site, "version"))


NOTHING = PolicyContent()
"""Sets nothing: the configuration files alone."""


def read_content(text: str, name: str = "policy", topics: Iterable[str] = ()) -> PolicyContent:
    """Read content from YAML or JSON; ``name`` is what the text is called in a problem.

    ``topics`` are those of the site's rules.

    Raises:
        ConfigurationError: a key or value is wrong; each problem names its line.

    """
    tree, places = _read(text, name)
    return content_of(tree, name, places, topics)


def content_over(tree: Mapping[str, Any], name: str, beneath: SiteLayer, places: Places | None = None) -> PolicyContent:
    """Read content that is to be applied over a site's files, and note what it replaces there.

    Raises:
        ConfigurationError: a key or value is wrong, or what it lays over the knowledge, the words or the rules.

    """
    site = content_of({"site": tree.get("site", {})}, name, places).site
    above = with_texts(beneath, site, name)
    content = content_of(tree, name, places, topics_of(above.known))
    _refuse_unknown_products(content, above.known, name, places or {})
    site = site.model_copy(update={"shipped": {} if site.is_empty else overridden_values(beneath, above)})
    return content.model_copy(update={"site": site})


def content_of_file(text: str, name: str, beneath: SiteLayer) -> PolicyContent:
    """Read content from an exported version, or from any configuration file that sets nothing else.

    Raises:
        ConfigurationError: a key or value is wrong, or a version may not set it; each problem names its line.

    """
    tree, places = _read(text, name)
    # A configuration file nests these one level deeper.
    for section, inner in (("site", "text"), ("shadow", "thresholds")):
        given = tree.get(section)
        if isinstance(given, dict) and set(given) <= {inner}:
            tree[section] = given.get(inner) or {}
            places |= {(section, *place[2:]): at for place, at in places.items() if place[:2] == (section, inner)}
    return content_over(tree, name, beneath, places)


def _read(text: str, name: str) -> tuple[dict[str, Any], Places]:
    if len(text) > TEXT_LIMIT:
        raise ConfigurationError([f"{name}: longer than {TEXT_LIMIT} characters"])
    _refuse_aliases_and_depth(text, name)
    return read_tree(text, name)


def content_of(
    tree: Mapping[str, Any], name: str = "policy", places: Places | None = None, topics: Iterable[str] | None = ()
) -> PolicyContent:
    """Build content from a dictionary, such as a form's.

    ``topics`` are those of the site's rules; with ``None`` any topic is accepted, such as that of a rule since removed.

    Raises:
        ConfigurationError: a key or value is wrong.

    """
    try:
        context = {"topics": None if topics is None else frozenset(topics)}
        return PolicyContent.model_validate(dict(tree), context=context)
    except ValidationError as error:
        problems = [problem(each, places or {}, name, PolicyContent, topics or ()) for each in error.errors()]
        raise ConfigurationError(problems) from None


def stored_content(text: str, name: str) -> PolicyContent:
    """Read content from its canonical JSON.

    Raises:
        ConfigurationError: this release no longer accepts it, for example because bounds became narrower.

    """
    return content_of(json.loads(text), name, topics=None)


def _refuse_unknown_products(content: PolicyContent, known: Knowledge, name: str, places: Places) -> None:
    wrong = [
        f"{line_of(places, section, threshold) or name}: {why}"
        for section in ("thresholds", "shadow")
        for threshold, why in unknown_products(getattr(content, section), known)
    ]
    if wrong:
        raise ConfigurationError(wrong)


def content_differences(before: PolicyContent, after: PolicyContent) -> list[Difference]:
    """List what is different in the second content, in the same words as ``config diff``."""
    return differences(before.as_settings(), after.as_settings())


def _refuse_aliases_and_depth(text: str, name: str) -> None:
    """Refuse aliases and tags, and nesting deeper than any content needs."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, _OPENING) - isinstance(event, _CLOSING)
            if isinstance(event, yaml.AliasEvent) or depth > _DEEPEST:
                line = event.start_mark.line + 1 if event.start_mark else 1
                what = "nested too deep" if depth > _DEEPEST else "write the value out; no aliases"
                raise ConfigurationError([f"{name}:{line}: {what}"])
    except yaml.YAMLError:
        # Text that is not YAML is reported with its line when it is parsed.
        return


def _tree(content: PolicyContent, write: Any) -> dict[str, Any]:
    """Return what is set, and nothing else."""
    topics = {
        str(topic): {each: _plain(getattr(setting, each)) for each in sorted(setting.model_fields_set)}
        for topic, setting in content.cards.items()
        if setting.model_fields_set
    }
    whole = {
        "cards": topics,
        "thresholds": {name: write(value) for name, value in content.thresholds.items()},
        "shadow": {name: write(value) for name, value in content.shadow.items()},
        "site": content.site.tree(),
    }
    return {name: section for name, section in whole.items() if section}


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)


def _digits(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize() + 0:f}"


def _number(value: Decimal | None) -> float | None:
    """Return the number as YAML writes it; fifteen digits fit."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
