"""Reading access to the warehouse, whichever it is."""

from __future__ import annotations

from solar_ops.warehouse.base import Column, Rows, Warehouse
from solar_ops.warehouse.places import open_warehouse, warehouse_label
from solar_ops.warehouse.trial import loader_variables, problems_of_loading

__all__ = [
    "Column",
    "Rows",
    "Warehouse",
    "loader_variables",
    "open_warehouse",
    "problems_of_loading",
    "warehouse_label",
]
