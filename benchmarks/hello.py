"""A Flask application that reads the body and answers JSON: as little as any Flask service can do.

It is served by the command of the service itself, so that every setting of the server is the same.
"""

from __future__ import annotations

import sys
from typing import Any

from flask import Flask, Response, request
from granian import Granian

from cds_service import cli
from cds_service.commands import serve

PATH = "/hello"


def application() -> Flask:
    """Build the application of one worker."""
    app = Flask(__name__)

    @app.post(PATH)
    def hello() -> Response:
        request.get_data(cache=False)
        return Response(b'{"cards":[]}', content_type="application/json")

    return app


def _in_place_of_the_service(_: str, **settings: Any) -> Granian:
    return Granian("benchmarks.hello:application", **settings)


if __name__ == "__main__":
    serve.Server = _in_place_of_the_service
    cli.main(sys.argv[1:])
