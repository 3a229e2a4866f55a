"""The module that the processes of a run are forked from: importing it prepares what is the same for every site.

A process that starts from nothing spends a third of a second of processor time on that, as much as it takes to replay
a dozen patients.
"""

from __future__ import annotations

import gc

from cds_service.configuration.settings import Settings
from cds_service.simulate import embedded
from cds_service.simulate.replaying import Replayer

__all__ = ["embedded"]

Replayer(Settings())
# The garbage collector of a process would write to every object that it shares with the others, and so copy it.
gc.freeze()
