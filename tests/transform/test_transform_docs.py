"""What the models say of themselves is whole and true."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent.parent
MODELS = ROOT / "transform" / "models"


def declared() -> dict[str, dict[str, object]]:
    """Return every model's YAML by name."""
    return {
        model["name"]: model
        for path in MODELS.rglob("_*__models.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    }


def test_every_model_and_column_is_described() -> None:
    """No model without YAML, none without grain or tests, no column without a meaning."""
    models = declared()
    assert set(models) == {path.stem for path in MODELS.rglob("*.sql")}
    for name, model in models.items():
        assert model["description"], name
        for column in model["columns"]:  # type: ignore[attr-defined]
            assert len(column["description"]) > 2, (name, column["name"])


def test_units_stand_in_the_names_of_energies() -> None:
    """A number that is an energy or a power says in what, but under names of others."""
    for name, model in declared().items():
        if name.startswith(("seh_", "v_seh_", "sigen_", "int_sigen__30min_statistics")):
            continue
        for column in model["columns"]:  # type: ignore[attr-defined]
            words = column["name"].split("_")
            if "energy" in words or "power" in words:
                known = {"kwh", "wh", "kw", "w", "kvar", "mohm", "method", "on", "va", "var"}
                named = known & set(words) or words[-1] in ("factor", "pct", "avg", "utc")
                assert named, (name, column["name"])


def test_the_data_dictionary_is_up_to_date() -> None:
    """It is written from the YAML; whoever changes that writes it anew."""
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(ROOT / "scripts" / "data-dictionary"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
