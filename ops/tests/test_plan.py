"""`solar plan` and `solar backfill`, with real Meltano and real taps on a simulated cloud."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import duckdb
import pytest
from ops_support import END, FIRST, NOW, solar
from pipelines import SmallRun

from solar_ops.backfill import Refetch, variables
from solar_ops.commands.plan import show_plans
from solar_ops.coverage import Gap
from solar_ops.project import Project
from solar_ops.settings import Settings
from solar_ops.sources import SOURCES
from solar_ops.taps import Asked, ask_tap
from solar_simulator.clock import VirtualClock
from solar_simulator.server import SimulatorServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

SIGEN = SOURCES[0]
LINDEN = "LINDE1709625600"


@pytest.fixture
def cloud(project: Path) -> Iterator[SimulatorServer]:
    """Serve both clouds, with a .env that leads to them."""
    with SimulatorServer("home", VirtualClock(NOW)) as running:
        run = SmallRun(running, project, FIRST, END)
        lines = [
            f"{name}={value}"
            for name, value in run.tap_variables().items()
            if name.startswith("TAP_SIGEN")
        ]
        (project / ".env").write_text("\n".join(lines) + "\n", encoding="utf-8")
        yield running


def test_a_plan_costs_no_more_than_the_list(
    cloud: SimulatorServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names every source with its price, and streams that are off are not in it."""
    done = solar("plan", "--json", "--source", "sigen")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["sigen"]
    sources = {line["source"] for line in told["sources"]}
    history = [line for line in told["sources"] if line["source"] == "history_intervals"]
    assert sum(line["cost"] for line in history) == 2 * (END - FIRST).days
    assert not {"device_history", "device_realtime"} & sources
    assert {call.endpoint for call in cloud.calls} <= {"sigen.login", "sigen.systems"}
    show_plans([Asked("sigen", told, "")])
    assert f"{told['cost']} calls, done by" in capsys.readouterr().out


def test_a_backfill_is_planned_for_its_gap_alone(project: Path, cloud: SimulatorServer) -> None:
    """One day of one system and one stream: one call, whatever the run before selected."""
    assert cloud.url
    day = dt.date(2026, 3, 29)
    gap = Gap("sigen", LINDEN, "history_intervals", day, day, "missing", "lost", 0)
    run = Refetch("sigen", (gap,))
    asked = ask_tap(
        Project(project), Settings(project), SIGEN, "plan",
        loader="duckdb", extra=variables(run, SIGEN, project), with_state=False,
    )  # fmt: skip
    assert asked.error == ""
    assert asked.answer is not None
    assert [
        (line["source"], line["sites"], line["windows"], line["first_day"], line["last_day"])
        for line in asked.answer["sources"]
    ] == [("history_intervals", 1, 1, "2026-03-29", "2026-03-29")]


def test_a_backfill_brings_back_what_is_lost_and_nothing_else(
    filled: Path, cloud: SimulatorServer
) -> None:
    """A day that the warehouse lost: one call, the same rows again, no gap left."""
    path = filled / "data" / "prod.duckdb"
    lost = f"where system_id = '{LINDEN}' and local_date = '2026-03-29'"
    rows = f"select * exclude (fetched_at) from tap_sigen.history_intervals {lost} order by seq"  # noqa: S608
    energy = f"select pv_kwh, load_kwh from analytics.fct_energy_daily {lost}"  # noqa: S608
    with duckdb.connect(str(path)) as connection:
        before = [connection.execute(query).fetchall() for query in (rows, energy)]
        for table in ("history_intervals", "history_days"):
            connection.execute(f"delete from tap_sigen.{table} {lost}")  # noqa: S608
    (gap,) = json.loads(solar("gaps", "--json").stdout)
    assert (gap["stream"], gap["first"], gap["status"]) == (
        "history_intervals", "2026-03-29", "missing",
    )  # fmt: skip
    done = solar("backfill", "--json")
    assert done.exit_code == 0, done.output
    (planned,) = json.loads(done.stdout)["runs"]
    assert (planned["cost"], planned["days"]) == (1, 1)
    history = [call.site for call in cloud.calls if call.endpoint == "sigen.history"]
    assert history == [LINDEN]
    with duckdb.connect(str(path), read_only=True) as connection:
        assert [connection.execute(query).fetchall() for query in (rows, energy)] == before
    assert solar("gaps").output == "No gaps.\n"
    assert "solar-backfill" not in solar("status", "--json", "--no-quota").stdout


def test_a_login_that_is_refused_is_one_line(project: Path, cloud: SimulatorServer) -> None:
    """Exit 1; the line says what the cloud said, and holds no password."""
    text = (project / ".env").read_text(encoding="utf-8")
    wrong = text.replace(cloud.credentials.sigen_password, "wrong-invented-password")
    (project / ".env").write_text(wrong, encoding="utf-8")
    done = solar("plan", "--source", "sigen")
    assert done.exit_code == 1
    assert "wrong-invented-password" not in done.output
    (line,) = [line for line in done.output.splitlines() if line.strip()]
    assert line.startswith("sigen: ")
    assert "password" in line
