"""Settings of all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

# A deadline would be a timing assertion: true on a quiet machine, false on a busy one. The same
# examples each time: what is new is looked for with `--hypothesis-profile=search`.
settings.register_profile("solar-elt", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("solar-elt")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put slow tests first: begun last, one long file would keep one core busy and one idle."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
