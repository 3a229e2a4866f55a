"""The knowledge in force as a FHIR Library: its version, its documents, and the code lists that belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fhir_mappings.published.code_lists import PUBLISHER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cards.knowledge.schema import Knowledge, Source
    from fhir_mappings.wire.lenient import Json

LIBRARY_ID = "her2-knowledge"


def library(
    known: Knowledge, sources: Mapping[str, Source], base_url: str, release: str, value_sets: Iterable[str], about: str
) -> Json:
    """Build the Library.

    ``about`` says what the knowledge is for; ``value_sets`` are the addresses of the lists. The version combines the
    release and the knowledge digest, which differs if a site overrides parts of it.
    """
    return {
        "resourceType": "Library",
        "id": LIBRARY_ID,
        "url": f"{base_url}/Library/{LIBRARY_ID}",
        "version": f"{release}+{known.version}",
        "name": "Her2Knowledge",
        "title": "What HER2 decision support goes by",
        "status": "active",
        "experimental": False,
        "type": {
            "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/library-type",
                "code": "asset-collection",
                "display": "Asset Collection",
            }]
        },
        "publisher": PUBLISHER,
        "description": about,
        "relatedArtifact": [
            *({"type": "composed-of", "resource": each} for each in value_sets),
            *(_citation(name, each, base_url) for name, each in sources.items()),
        ],
        "content": [{
            "contentType": "application/json",
            "url": f"{base_url}/source-attributes",
            "title": "Source attributes of each topic",
        }],
    }  # fmt: skip


def _citation(name: str, source: Source, base_url: str) -> Json:
    noted = f" {source.note}" if source.note else ""
    return {
        "type": "citation",
        "label": name,
        "display": source.title,
        "citation": f"{source.title}, as of {source.as_of}.{noted}",
        "url": source.address(base_url),
    }
