"""Rows out of the warehouse into files that people open."""

from __future__ import annotations

from solar_ops.exporting.kinds import KINDS, Kind, Selection
from solar_ops.exporting.writers import FORMATS, write_rows

__all__ = ["FORMATS", "KINDS", "Kind", "Selection", "write_rows"]
