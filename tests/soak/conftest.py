"""What takes minutes and the whole machine: collected with ``SOAK=1`` alone (``make soak``)."""

from __future__ import annotations

import os

collect_ignore_glob = [] if os.environ.get("SOAK") else ["test_*.py"]
