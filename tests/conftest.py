"""What holds for every test."""

from hypothesis import settings

# How long an example takes depends on the machine, not on the code. A law that hangs is ended all the same.
settings.register_profile("any machine", parent=settings(), deadline=None)
settings.load_profile("any machine")
