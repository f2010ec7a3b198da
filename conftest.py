"""Settings of all tests."""

from __future__ import annotations

from hypothesis import settings

# A deadline would be a timing assertion: true on a quiet machine, false on a busy one.
settings.register_profile("solar-elt", deadline=None)
settings.load_profile("solar-elt")
