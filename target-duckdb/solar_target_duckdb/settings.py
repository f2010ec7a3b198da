"""The settings of the target: their schema and their checked values."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from singer_sdk import typing as th

from solar_target_duckdb.errors import SettingError

if t.TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG_SCHEMA: dict[str, t.Any] = th.PropertiesList(
    th.Property(
        "filepath",
        th.StringType,
        required=True,
        nullable=False,
        title="DuckDB file",
        description=(
            "The DuckDB file to load into. It and its folder are created when absent; a new "
            "file can be read by DuckDB 0.10 and later."
        ),
        examples=["data/warehouse.duckdb"],
    ),
    th.Property(
        "default_target_schema",
        th.StringType,
        title="Default Target Schema",
        description=(
            "The schema for all streams. Unset: the first part of a stream named "
            "'schema-table', else DuckDB's own schema 'main'."
        ),
    ),
    th.Property(
        "batch_size_rows",
        th.IntegerType(minimum=1),
        default=50_000,
        title="Batch Size Rows",
        description="The most rows of one stream that wait for a transaction.",
    ),
    th.Property(
        "flush_interval_seconds",
        th.NumberType(minimum=0),
        default=5,
        title="Flush Interval",
        description=(
            "The longest that rows and state wait for a transaction, also while the tap is "
            "silent. State is acknowledged right after it."
        ),
    ),
    th.Property(
        "memory_limit_mb",
        th.IntegerType(minimum=100),
        default=128,
        title="Memory Limit",
        description=(
            "The memory DuckDB may use, in megabytes; beyond it, work goes through the disk. "
            "Raise it for single values of more than about 20 MB."
        ),
    ),
    th.Property(
        "add_record_metadata",
        th.BooleanType,
        default=False,
        title="Add Record Metadata",
        description="Whether to add the `_sdc_` columns to every table.",
    ),
    th.Property(
        "validate_records",
        th.BooleanType,
        default=False,
        title="Validate Records",
        description=(
            "Whether to check each record against its whole JSON Schema (slow). Types and keys "
            "are always checked."
        ),
    ),
    th.Property(
        "process_activate_version_messages",
        th.BooleanType,
        default=True,
        title="Process `ACTIVATE_VERSION` messages",
        description="Whether rows that a full-table stream no longer holds are removed or marked.",
    ),
    th.Property(
        "hard_delete",
        th.BooleanType,
        default=False,
        title="Hard Delete",
        description=(
            "Whether ACTIVATE_VERSION deletes the rows of older versions; if not, it sets their "
            "`_sdc_deleted_at`."
        ),
    ),
    additional_properties=False,
).to_dict()


@dataclass(frozen=True)
class Settings:
    """The checked settings, with their defaults.

    Attributes:
        path: The DuckDB file.
        schema: The schema for all streams, if one is set.
        batch_rows: The most rows of one stream that wait for a transaction.
        flush_seconds: The longest that anything waits for a transaction.
        memory_mb: The memory DuckDB may use, in megabytes.
        metadata: Whether every table gets the ``_sdc_`` columns.
        validate: Whether records are checked against their whole schema.
        versions: Whether ACTIVATE_VERSION messages count.
        hard_delete: Whether rows of older versions are deleted, not marked.
    """

    path: Path
    schema: str | None = None
    batch_rows: int = 50_000
    flush_seconds: float = 5.0
    memory_mb: int = 128
    metadata: bool = False
    validate: bool = False
    versions: bool = True
    hard_delete: bool = False

    @classmethod
    def of(cls, config: Mapping[str, t.Any]) -> Settings:
        """Read the settings from a validated configuration.

        Args:
            config: The configuration; null means the default.

        Returns:
            The settings.
        """
        defaults = CONFIG_SCHEMA["properties"]

        def value(name: str) -> t.Any:
            given = config.get(name)
            return defaults[name].get("default") if given is None else given

        return cls(
            path=_file_path(str(value("filepath") or "")),
            schema=value("default_target_schema") or None,
            batch_rows=value("batch_size_rows"),
            flush_seconds=float(value("flush_interval_seconds")),
            memory_mb=value("memory_limit_mb"),
            metadata=value("add_record_metadata"),
            validate=value("validate_records"),
            versions=value("process_activate_version_messages"),
            hard_delete=value("hard_delete"),
        )


def _file_path(text: str) -> Path:
    """Turn the setting ``filepath`` into an absolute path."""
    if not text.strip():
        msg = "setting 'filepath' is empty; give the path of the DuckDB file to load into"
        raise SettingError(msg)
    if text == ":memory:" or "://" in text or text.startswith("md:"):
        msg = f"setting 'filepath' must be the path of a file on this machine, not '{text}'"
        raise SettingError(msg)
    try:
        # Through links to the file itself: DuckDB's log must lie beside that.
        path = Path(text).expanduser().resolve()
    except RuntimeError:
        msg = f"setting 'filepath': the home folder in '{text}' is not known; write it out"
        raise SettingError(msg) from None
    if "?" in str(path):
        # DuckDB looks for the log of such a file in another place than it puts it.
        msg = f"setting 'filepath': DuckDB cannot work with the '?' in {path}; rename it"
        raise SettingError(msg)
    return path


def check_names(config: Mapping[str, t.Any]) -> None:
    """Refuse settings that do not exist.

    Args:
        config: The configuration as given.

    Raises:
        SettingError: A name is not known.
    """
    known = CONFIG_SCHEMA["properties"]
    unknown = sorted(set(config) - set(known))
    if unknown:
        names = ", ".join(f"'{name}'" for name in unknown)
        msg = f"unknown setting {names}; the settings are {', '.join(known)}"
        raise SettingError(msg)
