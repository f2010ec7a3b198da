"""The SDK's own tests for targets."""

from __future__ import annotations

import typing as t

import pytest
from singer_sdk.testing import get_target_test_class

from solar_target_duckdb.target import TargetDuckDB

if t.TYPE_CHECKING:
    from pathlib import Path

CONFIG: dict[str, t.Any] = {"filepath": "set by the fixture"}
SdkTests = get_target_test_class(TargetDuckDB, config=CONFIG)


class TestTargetDuckDB(SdkTests):  # type: ignore[misc, valid-type]
    """Runs them, each into a file of its own."""

    @pytest.fixture(autouse=True)
    def _own_file(self, tmp_path: Path) -> None:
        """Point the settings to the test's folder."""
        CONFIG["filepath"] = str(tmp_path / "warehouse.duckdb")
