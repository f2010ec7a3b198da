"""The columns of energy flows (`docs/vendors/sigen.md`, History V1)."""

from __future__ import annotations

from solar_tap_kit.fields import CLOCK_FIELDS, Field
from tap_sigen.fields import SYSTEM_ID

FLOW = Field(
    "flow",
    "string",
    "A node, such as FROM_GRID or TO_LOAD, or a link between two: FROM_SOLAR>TO_GRID.",
    required=True,
)


def flow_fields(period: str) -> tuple[Field, ...]:
    """Return the columns of the flows of a period."""
    return (
        FLOW,
        Field("source_node", "string", "Where a link begins; null for a node."),
        Field("target_node", "string", "Where a link ends; null for a node."),
        Field(
            "value",
            "number",
            f"kWh of the whole local {period}. FROM_GRID is the metered import, TO_GRID the "
            "metered export, that of the battery included; null where the value could not be read.",
        ),
    )


FLOWS_BY_DAY_FIELDS = (SYSTEM_ID, *CLOCK_FIELDS, *flow_fields("day"))
"""One row a local day and flow."""

FLOWS_BY_MONTH_FIELDS = (
    SYSTEM_ID,
    Field("month", "string", "The local calendar month, YYYY-MM.", required=True),
    *CLOCK_FIELDS,
    *flow_fields("month"),
)
"""One row a month and flow; `local_date` is the month's first day."""

FLOWS_BY_YEAR_FIELDS = (
    SYSTEM_ID,
    Field("year", "integer", "The local calendar year.", required=True),
    *CLOCK_FIELDS,
    *flow_fields("year"),
)
"""One row a year and flow; `local_date` is the year's first day."""
