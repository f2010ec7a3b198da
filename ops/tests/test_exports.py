"""`solar export`: what leaves the warehouse, in every format, from both warehouses."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from ops_support import NOW, solar

from solar_simulator.clock import VirtualClock
from solar_simulator.server import SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ops_support import Snapshot

pytestmark = pytest.mark.slow

LINDEN = "LINDE1709625600"
TOLERANCE_KWH = 0.02


@pytest.fixture(scope="module")
def cloud() -> Iterator[SimulatorServer]:
    """Return the simulator, for its truth."""
    with SimulatorServer("home", VirtualClock(NOW)) as running:
        yield running


def rows_of(kind: str, *arguments: str) -> list[dict[str, Any]]:
    """Return the rows of an export, through JSON."""
    done = solar("export", kind, "--format", "json", *arguments)
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.mark.usefixtures("either")
def test_a_day_equals_the_truth_and_its_ends_are_inclusive(cloud: SimulatorServer) -> None:
    """`--start D --end D` is exactly that day, with the energy that flowed."""
    day = dt.date(2026, 3, 29)
    (row,) = rows_of("daily", "--site", LINDEN, "--start", str(day), "--end", str(day))
    truth = cloud.truth.day(LINDEN, day)
    assert row["pv_kwh"] == pytest.approx(truth.pv_kwh, abs=TOLERANCE_KWH)
    assert row["load_kwh"] == pytest.approx(truth.load_kwh, abs=TOLERANCE_KWH)
    halves = rows_of(
        "30-minute", "--site", f"sigen:{LINDEN}", "--start", str(day), "--end", str(day)
    )
    assert len(halves) == 46, "the spring day has 23 hours"
    assert sum(half["pv_kwh"] for half in halves) == pytest.approx(row["pv_kwh"], abs=1e-6)
    assert halves[0]["block_start_utc"] == "2026-03-28T23:00:00Z"
    assert halves[0]["block_start_local"] == "2026-03-29T00:00:00"


@pytest.mark.usefixtures("either")
def test_zero_stays_zero_and_null_stays_empty() -> None:
    """The night's 0 kWh is written as 0; what no meter measured is empty, not 0."""
    text = solar("export", "30-minute").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    night = [row for row in rows if row["system_id"] == LINDEN and row["pv_kwh"] == "0.0"]
    assert night
    unmetered = [row for row in rows if row["system_id"] == "4100002"]
    assert {row["load_kwh"] for row in unmetered} == {""}


def test_both_warehouses_give_the_same_rows(
    filled: Path, postgres_copy: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every kind, byte for byte."""
    del filled
    kinds = ("sites", "devices", "intervals", "30-minute", "daily", "monthly", "telemetry",
             "benefits")  # fmt: skip
    of_duckdb = {kind: solar("export", kind).stdout for kind in kinds}
    monkeypatch.setenv("SOLAR_TARGET", "postgres")
    monkeypatch.setenv("PG_HOST", postgres_copy["host"])
    monkeypatch.setenv("PG_USER", postgres_copy["user"])
    monkeypatch.setenv("PG_DATABASE", postgres_copy["dbname"])
    for kind, text in of_duckdb.items():
        assert text.count("\n") > 1, kind
        assert solar("export", kind).stdout == text, kind


@pytest.mark.usefixtures("either")
def test_every_format_holds_the_same(tmp_path: Path) -> None:
    """CSV, JSON, Excel and Parquet of one selection agree; the ending picks the format."""
    selection = ("--site", LINDEN, "--start", "2026-03-29", "--end", "2026-03-29")
    expected = rows_of("30-minute", *selection)
    for form in ("csv", "json", "xlsx", "parquet"):
        path = tmp_path / "out" / f"rows.{form}"
        done = solar("export", "30-minute", *selection, "--output", str(path))
        assert done.exit_code == 0, done.output
        assert f"46 rows written to {path}" in done.stderr
        assert not list(path.parent.glob(".*")), "nothing half written is left"
    assert json.loads((tmp_path / "out" / "rows.json").read_text()) == expected
    found = duckdb.sql(f"from '{tmp_path}/out/rows.parquet'")
    assert [float(row[0]) for row in found.select("pv_kwh").fetchall()] == [
        row["pv_kwh"] for row in expected
    ]
    assert dict(zip(found.columns, map(str, found.types), strict=True))["block_start_utc"] == (
        "TIMESTAMP"
    )
    with zipfile.ZipFile(tmp_path / "out" / "rows.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == 47


def test_a_name_that_looks_like_a_formula_stays_text(project: Path, tmp_path: Path) -> None:
    """A site can be called anything; a spreadsheet must not compute it."""
    (project / "data").mkdir()
    with duckdb.connect(str(project / "data" / "prod.duckdb")) as connection:
        connection.execute("create schema analytics")
        connection.execute("create table analytics.dim_systems as select '=1+1' as system_name")
    path = tmp_path / "sites.xlsx"
    assert solar("export", "sites", "--output", str(path)).exit_code == 0
    with zipfile.ZipFile(path) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


@pytest.mark.usefixtures("filled")
def test_an_empty_answer_is_an_error_and_writes_nothing(tmp_path: Path, snapshot: Snapshot) -> None:
    """A script must see that nothing came."""
    path = tmp_path / "none.csv"
    done = solar("export", "daily", "--site", "nobody", "--output", str(path))
    assert done.exit_code == 1
    assert not path.exists()
    snapshot.check("export-empty", done.output)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("export-bad-date", ["export", "daily", "--start", "29.3.2026"]),
        ("export-end-before-start",
         ["export", "daily", "--start", "2026-03-29", "--end", "2026-03-28"]),
        ("export-binary-to-stdout", ["export", "daily", "--format", "xlsx"]),
        ("export-filter-without-column", ["export", "sites", "--serial", "1"]),
        ("export-unknown-model", ["export", "model", "nowhere"]),
        ("export-help", ["export", "--help"]),
        ("export-daily-help", ["export", "daily", "--help"]),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("filled")
def test_outputs_are_as_reviewed(name: str, arguments: list[str], snapshot: Snapshot) -> None:
    """Help and each mistake read as they were reviewed."""
    done = solar(*arguments)
    snapshot.check(name, f"exit {done.exit_code}\n{done.output}")


@pytest.mark.usefixtures("either")
def test_monthly_files_have_the_names_and_fields_that_users_know(tmp_path: Path) -> None:
    """Raw points as the cloud spells them; half hours with four statistics of each metric."""
    done = solar("export", "monthly-files", "--to", str(tmp_path / "files"), "--site", LINDEN)
    assert done.exit_code == 0, done.output
    names = sorted(path.name for path in (tmp_path / "files").iterdir())
    assert names == [f"{LINDEN}_30min_2026_03.json", f"{LINDEN}_raw_2026_03.json"]
    raw = json.loads((tmp_path / "files" / names[1]).read_text())
    assert len(raw) == 2 * 288 + 276
    assert raw[0]["dataTime"] == "20260328 00:00"
    assert {"pvTotalPower", "loadPower", "batSoc", "esChargeDischargePower"} <= raw[0].keys()
    blocks = json.loads((tmp_path / "files" / names[0]).read_text())
    assert len(blocks) == 2 * 48 + 46
    noon = next(block for block in blocks if block["timestamp"] == "2026-03-28T12:00:00")
    assert noon["block_end"] == "2026-03-28T12:30:00"
    assert noon["data_points_count"] == 6
    points = [
        point["pvTotalPower"] for point in raw
        if "20260328 12:00" <= point["dataTime"] < "20260328 12:30"
    ]  # fmt: skip
    assert noon["pvTotalPower_avg"] == pytest.approx(sum(points) / 6)
    assert noon["pvTotalPower_min"] == min(points)
    assert noon["pvTotalPower_max"] == max(points)
    assert noon["pvTotalPower_sum"] == pytest.approx(sum(points))
    assert noon["pv_kwh"] == pytest.approx(sum(points) / 12, abs=0.1), "kWh, not a sum of kW"


@pytest.mark.usefixtures("project")
def test_without_a_warehouse_one_line_says_what_to_do() -> None:
    """Before the first run."""
    for arguments in (
        ["daily"],
        ["raw"],
        ["monthly-files", "--to", "x"],
    ):
        done = solar("export", *arguments)
        assert done.exit_code == 1
        assert len(done.output.splitlines()) == 1
        assert "solar sync" in done.output
