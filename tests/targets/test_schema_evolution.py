"""Tables of the release before, a field that is new, a stream switched off and on again."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from crashing import Crashing, Forge, new
from pipelines import BIN, SCHEMAS, build_duckdb, postgres_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from solar_simulator.server import SimulatorServer

pytestmark = pytest.mark.slow

RELEASED = Path(__file__).parent / "released"
DAY = dt.date(2026, 3, 29)


@pytest.fixture(scope="module")
def forge() -> Iterator[Forge]:
    """Start the process that all programs are forked from."""
    with Forge() as running:
        yield running


@pytest.fixture(params=["duckdb", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | dict[str, str]:
    """Return a warehouse of both kinds in turn."""
    if request.param == "duckdb":
        return tmp_path / "old.duckdb"
    found: dict[str, str] = request.getfixturevalue("database")
    return found


@pytest.fixture(scope="module")
def fresh(forge: Forge, cloud: SimulatorServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a DuckDB file that only today's version has loaded."""
    folder = tmp_path_factory.mktemp("fresh")
    pipeline = new(forge, cloud, folder / "run", folder / "w.duckdb")
    for tap in SCHEMAS:
        pipeline.finish(tap)
    return folder / "w.duckdb"


def as_released(path: Path, tap: str, streams: dict[str, Any]) -> str:
    """Return what an earlier release would have written for the first day, as Singer lines."""
    lines = []
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for stream, declared in streams.items():
            schema = {"type": "object", "properties": declared["properties"]}
            lines.append({"type": "SCHEMA", "stream": stream, "schema": schema,
                          "key_properties": declared["key_properties"]})  # fmt: skip
            answer = connection.execute(f"select * from {SCHEMAS[tap]}.{stream}")  # noqa: S608
            names = [column[0] for column in answer.description or ()]
            for row in answer.fetchall():
                record = {
                    name: _told(value, declared["properties"][name])
                    for name, value in zip(names, row, strict=True)
                    if name in declared["properties"]
                }
                if record.get("local_date", str(DAY)) == str(DAY):
                    lines.append({"type": "RECORD", "stream": stream, "record": record})
    return "\n".join(map(json.dumps, lines)) + "\n"


def _told(value: Any, declared: dict[str, Any]) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat() + "Z"
    if isinstance(value, str) and "object" in declared["type"]:
        return json.loads(value)
    return value.isoformat() if isinstance(value, dt.date) else value


@pytest.mark.parametrize("release", sorted(path.stem for path in RELEASED.glob("*.json")))
def test_the_tables_of_a_release_are_taken_over(
    release: str,
    forge: Forge,
    cloud: SimulatorServer,
    fresh: Path,
    place: Path | dict[str, str],
    tmp_path: Path,
) -> None:
    """Today's version loads on top of them: the same rows as from nothing, and the models."""
    pipeline = new(forge, cloud, tmp_path / "run", place)
    expected = Crashing(forge, pipeline.run, fresh).tables()
    if not isinstance(place, Path):
        pipeline.wipe()
    pipeline.run.folder.mkdir(exist_ok=True)
    target = "target-duckdb" if isinstance(place, Path) else "target-postgres"
    taps = json.loads((RELEASED / f"{release}.json").read_text())
    for tap, streams in taps.items():
        config: dict[str, Any] = (
            {"filepath": str(place)} if isinstance(place, Path) else postgres_config(place)
        )
        path = pipeline.run.folder / "old.json"
        path.write_text(json.dumps({**config, "default_target_schema": SCHEMAS[tap]}))
        done = subprocess.run(  # noqa: S603 - our own program
            [str(BIN / target), "--config", str(path)],
            input=as_released(fresh, tap, streams), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    for tap in SCHEMAS:
        pipeline.finish(tap)
    assert pipeline.tables() == expected
    if isinstance(place, Path):
        build_duckdb(place, tmp_path, "--select", "+fct_energy_daily")
        with duckdb.connect(str(place), read_only=True) as connection:
            days = connection.execute(
                "select system_id, local_date, pv_kwh from analytics.fct_energy_daily"
            ).fetchall()
        assert len(days) == 4 * 2
        for system, day, pv_kwh in days:
            assert pv_kwh == pytest.approx(cloud.truth.day(system, day).pv_kwh, abs=0.02)


def test_a_new_column_joins_the_old_rows(
    forge: Forge, cloud: SimulatorServer, place: Path | dict[str, str], tmp_path: Path
) -> None:
    """Unknown fields are kept from now on: a column more, and no row less."""
    pipeline = new(forge, cloud, tmp_path / "run", place,
                   selected=("systems", "history_intervals", "history_days"))  # fmt: skip
    if not isinstance(place, Path):
        pipeline.wipe()
    pipeline.finish("tap-sigen", TAP_SIGEN_END_DATE="2026-03-30")
    before = pipeline.tables()["tap_sigen.history_intervals"]
    pipeline.finish("tap-sigen", TAP_SIGEN_KEEP_UNKNOWN_FIELDS="true", TAP_SIGEN_LOOKBACK_DAYS="0")
    after = pipeline.tables()["tap_sigen.history_intervals"]
    assert len(before) == 288 + 276
    assert len(after) == 2 * 288 + 288 + 276
    assert before[0].count(",") < after[0].count(","), "no column was added"


def test_a_stream_switched_off_and_on_again_has_no_hole(
    forge: Forge, cloud: SimulatorServer, tmp_path: Path
) -> None:
    """Days that went by while it was off are fetched when it is on again."""
    place = tmp_path / "w.duckdb"
    always = ("systems", "history_intervals", "history_days")
    pipeline = new(forge, cloud, tmp_path / "run", place, days=3,
                   selected=(*always, "daily_totals"))  # fmt: skip
    pipeline.finish("tap-sigen")
    expected = pipeline.tables()
    pipeline.wipe()
    for selected, end in (
        ((*always, "daily_totals"), "2026-03-29"),
        (("systems", "daily_totals"), "2026-03-30"),
        ((*always, "daily_totals"), "2026-03-31"),
    ):
        pipeline.selected = selected
        pipeline.finish("tap-sigen", TAP_SIGEN_END_DATE=end)
    assert pipeline.tables() == expected
