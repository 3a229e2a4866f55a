"""The configuration of a site: every key is optional, and each part is a section.

``loading`` reads it from files and environment variables; a profile is applied here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import (
    Field,
    HttpUrl,
    PrivateAttr,
    field_validator,
    model_validator,
)

from cards.facts.policy import PlannedDoses, Policy
from cards.knowledge.billing_setup import BillingSetup
from cds_service.configuration.auth_settings import AuthSettings
from cds_service.configuration.coverage_files import CoverageFileError, read_billing
from cds_service.configuration.environment import ENV_PREFIX, LISTENING_AT
from cds_service.configuration.layers import ConfigurationError, Places, line_of
from cds_service.configuration.policy_settings import (
    CrdVersion,
    PromotionSettings,
    QuirkSettings,
    RepeatSettings,
    ShadowSettings,
    Thresholds,
    TopicKey,
    TopicSettings,
)
from cds_service.configuration.profile_settings import ProfileMatch, ProfileSettings, check_profiles
from cds_service.configuration.section import Section, problem_below
from cds_service.configuration.site_layer import SiteLayer, site_layer
from cds_service.configuration.site_settings import (
    AuditSettings,
    CoverageSettings,
    FhirSettings,
    LimitSettings,
    OperatorSettings,
    SiteSettings,
)
from cds_service.configuration.smart_settings import SmartSettings
from cds_service.configuration.workbench_settings import WorkbenchSettings
from cds_service.ehr.limits import FhirLimits
from cds_service.protocol.caller import Caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cds_service.configuration.stop import Stop

_DATABASES = frozenset({"sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg"})


class Published(NamedTuple):
    """A published version of the alert policy, and the digest of its content."""

    version: int
    hash: str


class Settings(Section):
    """The whole configuration."""

    public_url: HttpUrl = Field(HttpUrl("http://127.0.0.1:8080"), description="Base of links and of card topics.")
    database: str = "sqlite:///her2-cds.sqlite3"
    redis: str | None = Field(None, description="redis://host:6379/0 shares the replay store between machines.")
    auth: AuthSettings = AuthSettings()
    fhir: FhirSettings = FhirSettings()
    site: SiteSettings = SiteSettings()
    coverage: CoverageSettings = CoverageSettings()
    limits: LimitSettings = LimitSettings()
    audit: AuditSettings = AuditSettings()
    operator: OperatorSettings = OperatorSettings()
    smart: SmartSettings = SmartSettings()
    workbench: WorkbenchSettings = WorkbenchSettings()
    cards: dict[TopicKey, TopicSettings] = Field({})
    thresholds: Thresholds = Field({})
    quirks: QuirkSettings = QuirkSettings()
    crd: CrdVersion = None
    profiles: dict[str, ProfileSettings] = Field({}, description="Settings that differ for some calls.")
    shadow: ShadowSettings = ShadowSettings()
    promotion: PromotionSettings = PromotionSettings()
    planned_doses: PlannedDoses = Field(
        PlannedDoses.NEXT,
        description="For which planned doses tests that expire are requested at signing: the next one, or every "
        "one, for clients that do not call at dispatch.",
    )
    suppress_repeats: RepeatSettings = RepeatSettings()
    extends: Path | None = Field(None, description="The file that this one extends; relative to this file.")
    _layers: dict[tuple[str, str], str] = PrivateAttr(default_factory=dict)
    _places: Places = PrivateAttr(default_factory=dict)
    _files: tuple[Path, ...] = PrivateAttr(default=())
    _texts: dict[Path, str] = PrivateAttr(default_factory=dict)
    _profile: str | None = PrivateAttr(default=None)
    _candidate: Settings | None = PrivateAttr(default=None)
    _published: Published | None = PrivateAttr(default=None)
    _site_layer: SiteLayer | None = PrivateAttr(default=None)
    _client: Caller | None = PrivateAttr(default=None)
    _stops: tuple[Stop, ...] = PrivateAttr(default=())

    @field_validator("profiles")
    @classmethod
    def _are_told_apart(cls, profiles: dict[str, ProfileSettings]) -> dict[str, ProfileSettings]:
        return check_profiles(profiles)

    @field_validator("database")
    @classmethod
    def _is_a_database(cls, url: str) -> str:
        if "://" not in url:
            msg = "no address of a database; write sqlite:///file or postgresql+psycopg://user@host/database"
            raise ValueError(msg)
        if url.partition("://")[0] not in _DATABASES:
            msg = "SQLite (sqlite:///file) and PostgreSQL (postgresql+psycopg://user@host/database) can be used"
            raise ValueError(msg)
        return url

    @field_validator("redis")
    @classmethod
    def _is_redis(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("redis://", "rediss://", "unix://")):
            msg = "not the address of a Redis server; write redis://host:6379/0, or rediss:// for TLS"
            raise ValueError(msg)
        return url

    @model_validator(mode="after")
    def _has_its_replay_store(self) -> Settings:
        if self.auth.replay_store == "redis" and not self.redis:
            raise problem_below("auth.replay_store", "'redis' needs its address in the key 'redis'")
        return self

    @model_validator(mode="after")
    def _signs_in_nobody_made_up(self) -> Settings:
        if self.workbench.sign_in == "local" and self.auth.mode == "required":
            raise problem_below("workbench.sign_in", "'local' is for trying out, with auth.mode \"off\"; use 'oidc'")
        return self

    @property
    def site_layer(self) -> SiteLayer:
        """The knowledge and card texts in force: the shipped ones with the site's changes."""
        return self._site_layer or site_layer((), (), self.site.language)

    @property
    def base_url(self) -> str:
        """The public address without a trailing slash; if none is set, the address that the service listens on."""
        if "public_url" not in self.model_fields_set and (own := os.environ.get(LISTENING_AT)):
            return own
        return str(self.public_url).rstrip("/")

    @property
    def fhir_limits(self) -> FhirLimits:
        """Which FHIR servers may be asked, for how long and for how much."""
        return FhirLimits(
            tuple(map(str, self.fhir.allowed_servers)),
            self.auth.mode == "off",
            self.fhir.timeout_s,
            self.limits.body_bytes,
            self.fhir.ca_bundle,
        )

    def billing(self) -> BillingSetup:
        """Read the setup of billing and coverage.

        Raises:
            ConfigurationError: a payer policy or the price file cannot be used.

        """
        chosen = self.coverage
        vials = {name: tuple(sizes) for name, sizes in chosen.vials.items()}
        try:
            return read_billing(chosen.policies, chosen.policy_files, vials, chosen.asp_file, self.site_layer.known)
        except CoverageFileError as error:
            where = self.line_of("coverage", error.key)
            raise ConfigurationError([f"{where}: coverage: {error}" if where else f"coverage: {error}"]) from None

    def set_by(self, section: Literal["cards", "thresholds"], name: str) -> str:
        """Return the layer that set a value: the file, the environment variable, or ``default``."""
        given: Mapping[Any, Any] = getattr(self, section)
        is_set = name in given and (section != "cards" or bool(given[name].judgment))
        return self._layers.get((section, name.partition(".")[0]), "settings") if is_set else "default"

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that it was read from, the extending file first."""
        return self._files + (self._candidate.files if self._candidate is not None else ())

    @property
    def texts(self) -> Mapping[Path, str]:
        """The text of each file as read, except that of a trial."""
        return self._texts

    @property
    def published(self) -> Published | None:
        """The published policy applied over the files, if any."""
        return self._published

    @property
    def stops(self) -> tuple[Stop, ...]:
        """The topics that are stopped in an emergency."""
        return self._stops

    @property
    def profile(self) -> str | None:
        """The name of the profile applied here; none for the settings of all other calls."""
        return self._profile

    def place_of(self, *keys: str) -> str:
        """Return the line or the variable that set a value, or ``default``."""
        return self._places.get(keys, "default")

    def line_of(self, *keys: str) -> str | None:
        """Name the line or the variable of a key, or of the nearest key above it that has one."""
        return line_of(self._places, *keys)

    def in_profile(self, name: str) -> Settings:
        """Return the settings for the calls of a profile."""
        profile = self.profiles[name]
        cards = dict(self.cards)
        for topic, setting in profile.cards.items():
            given = {each: getattr(setting, each) for each in setting.model_fields_set}
            cards[topic] = cards.get(topic, TopicSettings()).model_copy(update=given)
        given = {each: getattr(profile.quirks, each) for each in profile.quirks.model_fields_set}
        update = {
            "cards": cards,
            "thresholds": {**self.thresholds, **profile.thresholds},
            "quirks": self.quirks.model_copy(update=given),
            "crd": profile.crd if "crd" in profile.model_fields_set else self.crd,
            "profiles": {},
        }
        layer = f"profile {name}"
        stopped = {stop.topic for stop in self._stops}
        own = ((topic, setting) for topic, setting in profile.cards.items() if topic not in stopped)
        set_here = [("cards", str(topic)) for topic, setting in own if setting.judgment]
        set_here += [("thresholds", threshold) for threshold in profile.thresholds]
        changed = self.changed(update, layers=dict.fromkeys(set_here, layer))
        changed._profile = name  # noqa: SLF001 - a copy of our own
        return changed

    def by_profile(self) -> list[tuple[ProfileMatch, Settings]]:
        """Return the settings of each profile; those with more conditions come first."""
        named = sorted(self.profiles.items(), key=lambda each: -len(each[1].match.conditions))
        return [(profile.match, self.in_profile(name)) for name, profile in named]

    @property
    def client(self) -> Caller | None:
        """The client whose calls a command imitates; none for calls without a token."""
        return self._client

    def as_called_by(self, client: Caller | None) -> Settings:
        """Return a copy for the calls of one client."""
        copy = self.changed({})
        copy._client = client  # noqa: SLF001 - a copy of our own
        return copy

    def changed(
        self,
        update: Mapping[str, Any],
        *,
        layers: Mapping[tuple[str, str], str] | None = None,
        places: Mapping[tuple[str, ...], str] | None = None,
        published: Published | None = None,
        candidate: Settings | None = None,
        site_layer: SiteLayer | None = None,
    ) -> Settings:
        """Return a copy with other values; ``layers`` and ``places`` say what set them, added to those known here."""
        copy = self.model_copy(update=dict(update))
        copy._layers = {**self._layers, **(layers or {})}  # noqa: SLF001 - a copy of our own
        copy._places = {**self._places, **(places or {})}  # noqa: SLF001
        copy._published = published or self._published  # noqa: SLF001
        copy._candidate = candidate or self._candidate  # noqa: SLF001
        copy._site_layer = site_layer or self._site_layer  # noqa: SLF001
        copy._stops = self._stops  # noqa: SLF001
        return copy

    def with_stopped(self, stops: tuple[Stop, ...]) -> Settings:
        """Return a copy that lists these topics as stopped; module ``stopped`` puts them into the shadow."""
        copy = self.changed({})
        copy._stops = stops  # noqa: SLF001 - a copy of our own
        return copy

    @property
    def candidate(self) -> Settings | None:
        """The settings on trial, from a file or a version."""
        return self._candidate

    @property
    def trial(self) -> Published | None:
        """The version on trial; none if a file is on trial instead."""
        return self._candidate.published if self._candidate is not None else None

    def is_by_variable(self, *keys: str) -> bool:
        """Return whether a value comes from the environment: its own variable, or one for its section."""
        named = (self._places.get(keys[:count]) for count in range(len(keys), 0, -1))
        return next((each for each in named if each is not None), "").startswith(ENV_PREFIX)

    def tried(self) -> Settings | None:
        """Return the settings on trial in the shadow, if any."""
        if self._candidate is not None:
            return self._candidate
        if not self.shadow.thresholds:
            return None
        layers = {("thresholds", name): "shadow" for name in self.shadow.thresholds}
        return self.changed({"thresholds": {**self.thresholds, **self.shadow.thresholds}}, layers=layers)

    def policy(self) -> Policy:
        """Return the policy for the judgment."""
        defaults = {name: threshold.default for name, threshold in self.site_layer.known.thresholds.items()}
        return Policy(
            thresholds={**defaults, **self.thresholds},
            modes={topic: setting.mode for topic, setting in self.cards.items()},
            indicators={t: setting.indicator for t, setting in self.cards.items() if setting.indicator is not None},
            planned_doses=self.planned_doses,
        )
