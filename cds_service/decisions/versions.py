"""What a decision was made with: the versions of code, knowledge and wording, and the settings."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cards.facts.topics import topics_of
from cds_service import __version__
from cds_service.configuration.coverage_files import recorded_setup

if TYPE_CHECKING:
    from cards.knowledge.billing_setup import BillingSetup
    from cards.knowledge.schema import Knowledge
    from cards.presentation.wording import Wording
    from cds_service.configuration.settings import Settings


@dataclass(frozen=True, slots=True)
class Versions:
    """Everything that an answer depends on besides the facts.

    ``configuration`` has the settings that affect the judgment, each with the layer that set it, and no addresses or
    keys; ``configuration_hash`` is its digest.
    """

    code: str
    knowledge: str
    wording: str
    configuration: str
    configuration_hash: str


def versions(settings: Settings, known: Knowledge, wording: Wording, billing: BillingSetup) -> Versions:
    """Name the versions in force."""
    judgment = {**_judgment(settings, known, wording), "coverage": recorded_setup(billing)}
    if settings.crd is not None:
        judgment["crd"] = settings.crd
    if site := settings.site_layer.recorded():
        judgment["site"] = site
    if settings.stops:
        judgment["stopped"] = {
            stop.topic: {"number": stop.number, "at": stop.at.isoformat(), "by": stop.by, "reason": stop.reason}
            for stop in settings.stops
        }
    content = json.dumps(judgment, sort_keys=True, separators=(",", ":"))
    return Versions(
        code=__version__,
        knowledge=known.version,
        wording=wording.version,
        configuration=content,
        configuration_hash=hashlib.sha256(content.encode()).hexdigest(),
    )


def _judgment(settings: Settings, known: Knowledge, wording: Wording) -> dict[str, Any]:
    policy = settings.policy()
    return {
        "policy": settings.published._asdict() if settings.published else None,
        "profile": settings.profile,
        "quirks": settings.quirks.model_dump(),
        "suppress_repeats": settings.suppress_repeats.model_dump(mode="json"),
        "base_url": settings.base_url,
        "timezone": settings.site.timezone,
        "planned_doses": str(policy.planned_doses),
        "code_maps": [hashlib.sha256(path.read_bytes()).hexdigest() for path in settings.site.code_maps],
        "thresholds": {
            name: {
                "value": None if policy.thresholds[name] is None else str(policy.thresholds[name]),
                "set_by": settings.set_by("thresholds", name),
            }
            for name in policy.thresholds
        },
        "topics": {
            str(topic): {
                "mode": str(policy.mode(topic)),
                "indicator": str(policy.indicators.get(topic, wording.topics[topic].indicator)),
                "set_by": settings.set_by("cards", str(topic)),
            }
            for topic in topics_of(known)
        },
    }
