"""Pictures of the warehouse: dbt-charts boards in one HTML file that needs nothing else."""

from __future__ import annotations

from solar_ops.report.build import Report, build_report, is_installed

__all__ = ["Report", "build_report", "is_installed"]
