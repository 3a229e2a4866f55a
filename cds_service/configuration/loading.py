"""Reads configuration files, applies environment variables on top, and checks the files they name.

Unknown keys are refused with the line and the nearest known key: if a misspelled threshold were silently ignored,
somebody would believe it to be in force.
"""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import yaml
from pydantic import ValidationError

from cards.facts.topics import topics_of
from cards.presentation.language import ENGLISH
from cds_service.configuration.coverage_files import unknown_vials
from cds_service.configuration.environment import CONFIG_VARIABLE, ENV_PREFIX, SECRETS, STAYS_REQUIRED
from cds_service.configuration.layers import ConfigurationError, Layers, Places, anchor, line_of, read_layers
from cds_service.configuration.messages import problem
from cds_service.configuration.policy_settings import unknown_products
from cds_service.configuration.section import nearest
from cds_service.configuration.settings import Settings
from cds_service.configuration.site_content import with_texts
from cds_service.configuration.site_layer import read_site_layer
from cds_service.configuration.site_settings import SiteSettings
from cds_service.configuration.strict_yaml import value_of
from cds_service.ehr.authorities import tls_context
from cds_service.keys.configured import read_key_file

if TYPE_CHECKING:
    from collections.abc import Iterable

_SITE_FILES = frozenset({"knowledge", "wording", "rules", "language"})
# Server addresses that may contain a password.
_ADDRESSES = ("database", "redis")


def load_settings(path: Path | None, environment: dict[str, str] | None = None, *, serving: bool = False) -> Settings:
    """Read a configuration file and what it extends, apply the environment variables, and validate the result.

    ``serving`` requires a file that is not empty and that says who may call. An empty or truncated file must not let
    everyone in.

    Raises:
        ConfigurationError: a file cannot be read, or a key or value is wrong.

    """
    layers = read_layers(path) if path is not None else Layers()
    files = layers.files
    try:
        settings = _checked(layers, path, dict(os.environ) if environment is None else environment)
        if serving and path is not None:
            _refuse_unfit(layers, path)
        if serving and STAYS_REQUIRED in os.environ:
            refuse_turned_off(settings)
        candidate = settings.shadow.configuration
        if candidate is not None:
            beneath = read_layers(candidate)
            files += beneath.files
            # A file on trial is used as it is; its own trials are ignored.
            settings._candidate = _checked(beneath, candidate, {})  # noqa: SLF001
    except ConfigurationError as error:
        raise ConfigurationError(error.problems, (*files, *error.files)) from None
    return settings


def _checked(layers: Layers, path: Path | None, environment: dict[str, str]) -> Settings:
    tree, places = layers.tree, layers.places
    for name, value in sorted(environment.items()):
        if name.startswith(ENV_PREFIX) and name != CONFIG_VARIABLE:
            _lay_over(tree, places, name, value)
    _refuse_secrets(places)
    if places.get(("extends",), "").startswith(ENV_PREFIX):
        raise ConfigurationError([f"{places[('extends',)]}: extends stands in a file"])
    if path is not None:
        # Paths in a file are relative to that file, paths in a variable to the uppermost file.
        anchor(tree, path.parent)
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        source = str(path) if path is not None else "environment"
        wrong = [problem(each, places, source, Settings) for each in error.errors()]
        raise ConfigurationError([*wrong, *_placed(_problems_of_site(tree.get("site")), places)]) from None
    settings._layers.update(_layers(places))  # noqa: SLF001 - this module is the other half of the class
    settings._places.update(places)  # noqa: SLF001
    settings._files = layers.files  # noqa: SLF001
    settings._texts.update(layers.texts)  # noqa: SLF001
    site = settings.site
    if site.knowledge or site.wording or site.rules or site.language != ENGLISH:
        try:
            settings._site_layer = read_site_layer(site.knowledge, site.wording, site.language, site.rules)  # noqa: SLF001
        except ConfigurationError as error:
            raise ConfigurationError(_placed(error.problems, places), error.files) from None
        settings._files += (*site.knowledge, *site.wording, *site.rules)  # noqa: SLF001
    if not site.text.is_empty:
        settings._site_layer = with_texts(settings.site_layer, site.text, path.name if path else "environment")  # noqa: SLF001
    _refuse_unknown_names(settings, str(path) if path is not None else "environment")
    return _with_key_files(_with_authorities(settings), places)


def _problems_of_site(site: Any) -> list[str]:
    """Return what is wrong in the site's files, where the configuration that names them is wrong itself."""
    named = {key: value for key, value in site.items() if key in _SITE_FILES} if isinstance(site, dict) else {}
    try:
        found = SiteSettings.model_validate(named)
        read_site_layer(found.knowledge, found.wording, found.language, found.rules)
    except ValidationError:
        # Reported already, with its line.
        return []
    except ConfigurationError as error:
        return error.problems
    return []


def _placed(problems: list[str], places: Places) -> list[str]:
    """Put the line or the variable of the language before its problem; those of a site's files have their own."""
    at = line_of(places, "site", "language") or "environment"
    return [f"{at}: {each}" if each.startswith("site.language: ") else each for each in problems]


def _refuse_unknown_names(settings: Settings, source: str) -> None:
    """Refuse a setting of a topic, or a threshold of a product, that neither ships nor belongs to the site."""
    known = settings.site_layer.known
    topics = topics_of(known)
    cards: list[tuple[tuple[str, ...], Iterable[str]]] = [(("cards",), settings.cards)]
    thresholds: list[tuple[tuple[str, ...], Iterable[str]]] = [
        (("thresholds",), settings.thresholds),
        (("shadow", "thresholds"), settings.shadow.thresholds),
    ]
    for name, profile in settings.profiles.items():
        cards.append((("profiles", name, "cards"), profile.cards))
        thresholds.append((("profiles", name, "thresholds"), profile.thresholds))
    wrong = [
        ((*place, name), f"unknown topic {name!r}{nearest(name, [str(each) for each in topics])}")
        for place, names in cards
        for name in names
        if name not in topics
    ]
    for place, names in thresholds:
        wrong += [((*place, name), why) for name, why in unknown_products(names, known)]
    if stocked := settings.coverage.vials:
        found = unknown_vials(stocked, known)
        wrong += [(("coverage", "vials", name), f"coverage.vials: {why}") for name, why in found]
    if wrong:
        raise ConfigurationError([f"{settings.line_of(*place) or source}: {why}" for place, why in wrong])


def _with_authorities(settings: Settings) -> Settings:
    """Check the file of certificate authorities."""
    bundle = settings.fhir.ca_bundle
    if bundle is not None:
        try:
            tls_context(bundle)
        except OSError as error:
            where = settings.place_of("fhir", "ca_bundle")
            why = "holds no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
            raise ConfigurationError([f"{where}: fhir.ca_bundle: {bundle} cannot be used ({why})"]) from None
    return settings


def _with_key_files(settings: Settings, places: Places) -> Settings:
    """Replace key files by their contents."""
    clients = []
    for index, client in enumerate(settings.auth.clients):
        found = client
        if client.jwks_file is not None:
            try:
                jwks = read_key_file(client.jwks_file)
            except ValueError as error:
                where = places.get(("auth", "clients", str(index), "jwks_file"), "environment")
                raise ConfigurationError([f"{where}: auth.clients.{index}.jwks_file: {error}"]) from None
            found = client.model_copy(update={"jwks": jwks})
        clients.append(found)
    return settings.model_copy(update={"auth": settings.auth.model_copy(update={"clients": clients})})


def _lay_over(tree: dict[str, Any], places: Places, name: str, value: str) -> None:
    """Apply a variable such as ``HER2_CDS_FHIR__TIMEOUT_S=3``; topics are written with underscores for hyphens."""
    steps = name.removeprefix(ENV_PREFIX).lower().split("__")
    if steps[0] == "cards" and len(steps) > 1:
        steps[1] = steps[1].replace("_", "-")
    for step in steps[:-1]:
        tree = tree.setdefault(step, {})
        if not isinstance(tree, dict):
            raise ConfigurationError([f"{name}: {step} is no section"])
    try:
        tree[steps[-1]] = value if tuple(steps) in SECRETS else value_of(value)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ConfigurationError([f"{name}: not valid YAML value; put it in quotes"]) from None
    for place in [place for place in places if place[: len(steps)] == tuple(steps)]:
        del places[place]
    for count in range(1, len(steps) + 1):
        places.setdefault(tuple(steps[:count]), name)


def _layers(places: Places) -> dict[tuple[str, str], str]:
    """Return the file or variable that set each topic and threshold."""
    named = {
        place: where
        for place, where in places.items()
        if place[0] == "thresholds" or (place[0] == "cards" and place[2:] != ("owner",))
    }
    return {
        (section, name[0]): where if where.startswith(ENV_PREFIX) else Path(where.rpartition(":")[0]).name
        for (section, *name), where in named.items()
        if name
    }


def refuse_turned_off(settings: Settings) -> None:
    """Refuse to turn off authentication while it is on.

    Raises:
        ConfigurationError: ``auth.mode`` is off.

    """
    if settings.auth.mode == "off":
        where = settings.place_of("auth", "mode")
        raise ConfigurationError([f"{where}: auth.mode: cannot be turned off by a reload; restart the service"])


def _refuse_unfit(layers: Layers, path: Path) -> None:
    """Refuse an empty file, and files that do not say who may call or that contain a server's password."""
    if layers.empty:
        raise ConfigurationError([f"{file}: the file is empty" for file in layers.empty])
    if "mode" not in layers.tree.get("auth", {}):
        raise ConfigurationError([f'{path}: auth.mode is missing; write "required", or "off" where nobody else calls'])
    for key in _ADDRESSES:
        where, address = layers.places.get((key,), ""), layers.tree.get(key)
        variable = f"{ENV_PREFIX}{key.upper()}"
        if where and where != variable and isinstance(address, str) and _holds_a_password(address):
            raise ConfigurationError([f"{where}: {key} holds a password; set {variable} instead"])


def _refuse_secrets(places: Places) -> None:
    """Refuse a secret in a file, which is copied, backed up and shown around."""
    for place, where in places.items():
        variable = ENV_PREFIX + "__".join(place).upper()
        if place in SECRETS and where != variable:
            raise ConfigurationError([f"{where}: {'.'.join(place)} is a secret; set {variable} instead"])


def _holds_a_password(address: str) -> bool:
    try:
        split = urlsplit(address)
    except ValueError:
        return False
    return bool(split.password) or any(name.lower() == "password" for name, _ in parse_qsl(split.query))
