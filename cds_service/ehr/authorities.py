"""The TLS context that verifies the certificates of FHIR servers."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from cards.values.caching import once

if TYPE_CHECKING:
    from pathlib import Path


def tls_context(ca_bundle: Path | None) -> ssl.SSLContext:
    """Create the TLS context: with the site's own certificate authorities if it names them, else the public ones.

    Raises:
        OSError: the file cannot be read or contains no certificate.

    """
    return _public_authorities() if ca_bundle is None else _verifying(str(ca_bundle))


@once
def _public_authorities() -> ssl.SSLContext:
    """Read the public authorities once: that is slow, and forked workers share the result."""
    from requests.utils import DEFAULT_CA_BUNDLE_PATH  # noqa: PLC0415 - a command that asks no server loads no HTTP

    return _verifying(DEFAULT_CA_BUNDLE_PATH)


def _verifying(authorities: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authorities)
    if not context.get_ca_certs():
        raise ssl.SSLError("no certificate")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
