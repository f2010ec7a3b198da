"""What the dbt project publishes, read from its own YAML: names, keys, descriptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUBLISHED = "marts"
"""Folder of the models that people read; staging and intermediate stay at home."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model that people read.

    Attributes:
        name: Its name in dbt.
        relation: Its name in the warehouse.
        key: The columns that its test of grain, or of a unique column, names; may be empty.
        description: What it is.
    """

    name: str
    relation: str
    key: tuple[str, ...]
    description: str


def published_models(root: Path) -> list[Model]:
    """Return the models below the project's marts, by name."""
    found = (
        _model(entry)
        for path in sorted((root / "transform" / "models" / PUBLISHED).rglob("*.yml"))
        for entry in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    )
    return sorted(found, key=lambda model: model.name)


def model_names(root: Path) -> list[str]:
    """Return the names of all models, as they are in the warehouse."""
    return sorted(path.stem for path in (root / "transform" / "models").rglob("*.sql"))


def _model(entry: dict[str, Any]) -> Model:
    config = entry.get("config") or {}
    return Model(
        name=entry["name"],
        relation=config.get("alias") or entry["name"],
        key=next(_keys(entry), ()),
        description=" ".join(str(entry.get("description", "")).split()),
    )


def _keys(entry: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for test in entry.get("data_tests", []):
        if isinstance(test, dict) and "grain" in test:
            grain = test["grain"]
            yield tuple((grain.get("arguments") or grain)["columns"])
    for column in entry.get("columns", []):
        if "unique" in column.get("data_tests", []):
            yield (column["name"],)
