"""``GET /CodeSystem/card-topic``: the topics of the cards as a FHIR CodeSystem."""

from __future__ import annotations

from flask import Blueprint, Response

from cards.facts.topics import topics_of
from cds_service import __version__
from cds_service.protocol.json_answer import json_answer
from cds_service.web.answers import decider

blueprint = Blueprint("terminology", __name__)


@blueprint.get("/CodeSystem/card-topic")
def card_topics() -> Response:
    """List every topic with its display."""
    current = decider()
    topics = topics_of(current.known)
    return json_answer(
        {
            "resourceType": "CodeSystem",
            "id": "card-topic",
            "url": f"{current.settings.base_url}/CodeSystem/card-topic",
            "version": __version__,
            "name": "CardTopic",
            "title": "Topics of HER2 decision support cards",
            "status": "active",
            "experimental": False,
            "caseSensitive": True,
            "content": "complete",
            "count": len(topics),
            "concept": [{"code": str(topic), "display": current.wording.topics[topic].display} for topic in topics],
        }
    )
