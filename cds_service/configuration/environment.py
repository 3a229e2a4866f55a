"""The environment variables of the service, and the keys that only they may set."""

from __future__ import annotations

ENV_PREFIX = "HER2_CDS_"
CONFIG_VARIABLE = "HER2_CDS_CONFIG"
"""Names the configuration file, for the processes that ``her2-cds serve`` starts."""
LISTENING_AT = "_HER2_CDS_LISTENING_AT"
"""Set for the processes of a service: the address that it listens on, for a configuration without ``public_url``."""
STAYS_REQUIRED = "_HER2_CDS_AUTH_STAYS_REQUIRED"
"""Set for the processes of a service that was started with authentication, so that all of them require it."""
SECRETS = frozenset(
    {("audit", "patient_key"), ("operator", "token"), ("smart", "cookie_key"), ("workbench", "cookie_key")}
)
"""Keys that are never set in a file and never shown."""
