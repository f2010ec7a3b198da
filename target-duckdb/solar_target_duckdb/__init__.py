"""Singer target for DuckDB that loses no row and acknowledges no state it has not stored."""
