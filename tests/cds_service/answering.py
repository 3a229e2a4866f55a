"""Answers lines that name a service and hold a request, without a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cds_service.configuration.settings import Settings
from cds_service.decisions.data_access import DataMissing
from cds_service.decisions.decider import Decider
from cds_service.protocol.services import BY_ID
from fhir_mappings.request.hook_request import BadRequest, read_request
from fhir_mappings.wire.exact_json import encode

if TYPE_CHECKING:
    from datetime import date


class Answering:
    """One decider, as a worker of the service has it."""

    def __init__(self, day: date) -> None:
        """Take the day that is today."""
        self._decider = Decider(Settings(), lambda: day)

    def answer(self, line: bytes) -> bytes:
        """Return the cards of a line as JSON, or why there are none."""
        named = json.loads(line)
        service = BY_ID[named["service"]]
        try:
            sent = read_request(json.dumps(named["request"]).encode(), service.hook)
            decision = self._decider.decide(sent, coverage=service.coverage)
        except BadRequest as error:
            return encode({"refused": error.message})
        except DataMissing as error:
            return encode({"missing": str(error)})
        return encode({"cards": decision.cards})
