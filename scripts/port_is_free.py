"""Tells before an installation that the port of the service is taken: ``port_is_free.py PORT``."""

import os
import socket
import sys


def main() -> None:
    """Try to listen on the port, as the service will."""
    given = sys.argv[1]
    if not given.isdecimal() or not 0 < int(given[:6]) < 65536:  # noqa: PLR2004 - the ports there are
        sys.exit(f"PORT={given[:40]} is not a port: give a number from 1 to 65535")
    try:
        socket.create_server(("127.0.0.1", int(given))).close()
    except OSError as error:
        other = 8081 if int(given) == 8080 else 8080  # noqa: PLR2004 - the port without PORT=
        sys.exit(
            f"127.0.0.1:{given} cannot be listened on: {os.strerror(error.errno or 0)}. "
            f"Stop what listens there, or choose another port: make run PORT={other}"
        )


if __name__ == "__main__":
    main()
