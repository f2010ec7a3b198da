"""Reading access to the warehouse, whichever it is."""

from __future__ import annotations

from solar_ops.warehouse.base import Column, Rows, Warehouse
from solar_ops.warehouse.places import open_warehouse, warehouse_label

__all__ = ["Column", "Rows", "Warehouse", "open_warehouse", "warehouse_label"]
