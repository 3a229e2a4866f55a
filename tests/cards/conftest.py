"""What the laws go by: no time limit for each example, because a busy machine is no fault of theirs."""

from hypothesis import settings

settings.register_profile("laws", deadline=None)
settings.load_profile("laws")
