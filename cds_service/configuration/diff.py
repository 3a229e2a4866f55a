"""The differences between two configurations, in words that alert owners understand."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from cards.facts.outcomes import Indicator
from cards.facts.policy import Mode, Policy
from cards.facts.topics import Topic, TopicCode
from cards.knowledge.loader import default_knowledge
from cards.presentation.wording import TopicWording, default_wording
from cds_service.configuration.policy_settings import QuirkSettings, TopicSettings
from cds_service.configuration.profile_settings import ProfileSettings
from cds_service.configuration.settings import Settings
from cds_service.configuration.site_diff import changes, told
from cds_service.configuration.site_text import SiteText

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_CLINICAL = frozenset({"cards", "thresholds", "profiles", "extends"})
_MODES = {
    (Mode.LIVE, Mode.OFF): "Its card is no longer shown; it is neither checked nor recorded.",
    (Mode.LIVE, Mode.SHADOW): "Its card is no longer shown; it is still checked and recorded.",
    (Mode.SHADOW, Mode.OFF): "It is no longer checked nor recorded; nobody saw its card before.",
    (Mode.SHADOW, Mode.LIVE): "Its card, so far only recorded, is shown.",
    (Mode.OFF, Mode.LIVE): "It is checked, and its card is shown.",
    (Mode.OFF, Mode.SHADOW): "It is checked and recorded; nobody sees its card.",
}
_SEVERITY = list(Indicator)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: its subject, a description, and its effect (empty if that is obvious)."""

    kind: str
    name: str
    before: str
    after: str
    says: str
    effect: str = ""
    profile: str = ""


def differences(before: Settings, after: Settings) -> list[Difference]:
    """List what is different in the second configuration, starting with what clinicians will notice."""
    words = _words(before, after)
    found = [*_topics(before.cards, after.cards, words), *_thresholds(_values(before), _values(after))]
    for name in dict.fromkeys((*before.profiles, *after.profiles)):
        found += _profile(name, before, after)
    found += _others(before, after, Settings, "")
    found += [
        Difference(each.kind, each.part or each.place, each.before, detail or each.after, says, detail)
        for each, says, detail in told(changes(before.site_layer, after.site_layer))
    ]
    return found


def policy_differences(before: Policy, after: Policy) -> list[Difference]:
    """List the differences in shipped topics and thresholds between two policies."""
    words = default_wording().topics
    was, now = (
        {topic: TopicSettings(mode=policy.mode(topic), indicator=policy.indicators.get(topic)) for topic in words}
        for policy in (before, after)
    )
    return [*_topics(was, now, words), *_thresholds(before.thresholds, after.thresholds)]


def _values(settings: Settings) -> Mapping[str, Decimal | None]:
    return settings.policy().thresholds


def _words(before: Settings, after: Settings) -> dict[TopicCode, TopicWording]:
    return {**before.site_layer.wording.topics, **after.site_layer.wording.topics}


def _topics(
    before: Mapping[TopicCode, TopicSettings],
    after: Mapping[TopicCode, TopicSettings],
    all_words: Mapping[TopicCode, TopicWording],
) -> Iterator[Difference]:
    default = TopicSettings()
    for topic in dict.fromkeys((*Topic, *before, *after)):
        old, new = before.get(topic, default), after.get(topic, default)
        # A site rule may be unknown here, for example if it has been removed since.
        words = all_words.get(topic) or TopicWording(display=topic, indicator=Indicator.WARNING)
        was, now = old.indicator or words.indicator, new.indicator or words.indicator
        if old.mode is not new.mode:
            effect = f"{words.display}. {_MODES[old.mode, new.mode]}"
            if Mode.LIVE in (old.mode, new.mode) and Indicator.CRITICAL in (was, now):
                effect += " It is critical: have a second person agree."
            says = f"{topic}: {new.mode} instead of {old.mode}"
            yield Difference("mode", topic, old.mode, new.mode, says, effect)
        if was is not now:
            more = _SEVERITY.index(now) > _SEVERITY.index(was)
            effect = f"{words.display}. Its card is {'more' if more else 'less'} urgent."
            yield Difference("indicator", topic, was, now, f"{topic}: {now} instead of {was}", effect)
        if old.owner != new.owner:
            owned, owns = old.owner or "nobody", new.owner or "nobody"
            yield Difference("owner", topic, owned, owns, f"{topic}: {owns} answers for it instead of {owned}")


def _thresholds(before: Mapping[str, Decimal | None], after: Mapping[str, Decimal | None]) -> Iterator[Difference]:
    known = default_knowledge().thresholds
    for name in dict.fromkeys((*known, *before, *after)):
        base, _, product = name.partition(".")
        threshold = known[base]
        # A product without a value of its own has the general one.
        old, new = before.get(name, before.get(base)), after.get(name, after.get(base))
        if old == new or (product and name not in {**before, **after}):
            continue
        was, now = _amount(old, threshold.unit), _amount(new, threshold.unit)
        value = f"{now} instead of {was}"
        words = default_wording().thresholds.get(base)
        says = words.says.format(value=value) if words else f"{name}: {value}. {threshold.meaning}"
        says = f"{product}: {says}" if product else says
        effect = ""
        if words and words.higher and old is not None and new is not None:
            fewer = (new > old) == (words.higher == "fewer")
            effect = f"{', '.join(words.topics)} will fire {'less' if fewer else 'more'} often."
        yield Difference("threshold", name, was, now, says, effect)


def _amount(value: Decimal | None, unit: str) -> str:
    if value is None:
        return "the label's own value"
    number = f"{value.normalize():f}"
    return f"{number}{unit}" if unit == "%" else f"{number} {unit}"


def _profile(name: str, before: Settings, after: Settings) -> Iterator[Difference]:
    """Compare a profile; what it does not set is as for all calls."""
    old, new = before.profiles.get(name), after.profiles.get(name)
    if old is None or new is None:
        given, text, effect = (old, "is gone", "go by what holds for all") if old else (new, "is new", "go by it")
        calls = _conditions(given) if given else ""
        yield Difference("profile", name, "", "", f"profile {name} {text}", f"Calls of {calls} {effect}.", name)
    elif old.match != new.match:
        was, now = _conditions(old), _conditions(new)
        yield Difference("profile", name, was, now, f"profile {name} is for calls of {now} instead of {was}", "", name)
    words = _words(before, after)
    was_set = before.in_profile(name) if old else before
    is_set = after.in_profile(name) if new else after
    own = {str(each) for profile in (old, new) if profile for each in (*profile.cards, *profile.thresholds)}
    for each in (*_topics(was_set.cards, is_set.cards, words), *_thresholds(_values(was_set), _values(is_set))):
        if each.name in own:
            yield _in_profile(each, name)
    for each in _others(was_set.quirks, is_set.quirks, QuirkSettings, "quirks."):
        yield _in_profile(each, name)


def _in_profile(each: Difference, name: str) -> Difference:
    says = f"profile {name}: {each.says}"
    return Difference(each.kind, each.name, each.before, each.after, says, each.effect, name)


def _conditions(profile: ProfileSettings) -> str:
    return ", ".join(f"{name} {value}" for name, value in profile.match.conditions.items())


def _others(before: BaseModel, after: BaseModel, model: type[BaseModel], prefix: str) -> Iterator[Difference]:
    """Compare the non-clinical settings, key by key."""
    # A site's knowledge and wording texts are compared value by value.
    for name in model.model_fields if model is not SiteText else ():
        if not (prefix == "" and name in _CLINICAL):
            yield from _setting(getattr(before, name), getattr(after, name), f"{prefix}{name}", model, name)


def _setting(old: Any, new: Any, path: str, model: type[BaseModel], name: str) -> Iterator[Difference]:
    if old == new:
        return
    if isinstance(old, BaseModel) and isinstance(new, BaseModel):
        yield from _others(old, new, type(new), f"{path}.")
        return
    meaning = model.model_fields[name].description or ""
    if isinstance(old, list) and isinstance(new, list):
        gone, added = _named(each for each in old if each not in new), _named(each for each in new if each not in old)
        parts = [f"adds {', '.join(added)}"] * bool(added) + [f"no longer {', '.join(gone)}"] * bool(gone)
        says = f"{path}: {'; '.join(parts) or 'another order'}"
        yield Difference("setting", path, ", ".join(gone), ", ".join(added), says, meaning)
        return
    was, now = _shown(old), _shown(new)
    if was == now:
        was, now = "a password", "another password"
    yield Difference("setting", path, was, now, f"{path}: {now} instead of {was}", meaning)


def _named(values: Iterable[Any]) -> list[str]:
    return [str(getattr(value, "issuer", getattr(value, "base", value))) for value in values]


def _shown(value: Any) -> str:
    """Format a value for a person; a database address loses its password."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(each)}" for name, each in value.items()) or "nothing"
    return without_password(str(value))


def without_password(text: str) -> str:
    """Remove the password from an address."""
    head, mark, rest = text.partition("://")
    user, at, host = rest.rpartition("@")
    name, colon, _ = user.partition(":")
    return f"{head}{mark}{name}:***@{host}" if mark and at and colon else text
