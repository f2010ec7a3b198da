"""What Meltano remembers of its runs, whoever started them."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
import yaml
from cronsim import CronSim, CronSimError

if TYPE_CHECKING:
    from solar_ops.settings import Settings

LATEST = 50

RUNS_SQL = """
select job_name, state, started_at, ended_at, run_id
from runs
where job_name like :prefix
order by started_at desc
limit :latest
"""


@dataclass(frozen=True, slots=True)
class MeltanoRun:
    """A run of one tap into one loader.

    Attributes:
        job: Name of the state, such as prod:tap-sigen-to-target-duckdb.
        run_id: Its id, as `meltano logs` knows it.
        state: success, fail, running, ...
        started_at: When it began, UTC.
        ended_at: When it ended, UTC; None while it runs.
    """

    job: str
    run_id: str
    state: str
    started_at: str
    ended_at: str | None


def latest_runs(settings: Settings) -> dict[str, MeltanoRun]:
    """Return the latest run of each tap and loader in this Meltano environment."""
    url = settings.get("MELTANO_DATABASE_URI")
    if not url:
        folder = Path(settings.get("MELTANO_SYS_DIR_ROOT") or settings.root / ".meltano")
        path = settings.root / folder / "meltano.db"
        if not path.is_file():
            return {}
        url = f"sqlite:///{path}"
    engine = sa.create_engine(url)
    found: dict[str, MeltanoRun] = {}
    try:
        with engine.connect() as connection:
            rows = connection.execute(
                sa.text(RUNS_SQL),
                {"prefix": f"{settings.meltano_environment}:%", "latest": LATEST},
            )
            for job, state, started, ended, run_id in rows:
                run = MeltanoRun(
                    job, str(uuid.UUID(str(run_id))), str(state).lower(), _utc(started) or "",
                    _utc(ended),
                )  # fmt: skip
                found.setdefault(job, run)
    except (sa.exc.SQLAlchemyError, ValueError):
        # Another program's table: what can't be read is not shown.
        return {}
    finally:
        engine.dispose()
    return found


def _utc(value: object) -> str | None:
    if value is None:
        return None
    at = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule of meltano.yml.

    Attributes:
        name: Its name.
        interval: Its cron expression.
        next_at: When it is due next, in this machine's time.
    """

    name: str
    interval: str
    next_at: str


def schedules(root: Path, now: dt.datetime | None = None) -> list[Schedule]:
    """Return the schedules that meltano.yml declares; something has to run them."""
    project = yaml.safe_load((root / "meltano.yml").read_text(encoding="utf-8"))
    now = now or dt.datetime.now().astimezone()
    found = []
    for entry in project.get("schedules") or ():
        try:
            due = next(CronSim(entry["interval"], now))
        except (CronSimError, StopIteration, KeyError):
            continue
        found.append(Schedule(entry["name"], entry["interval"], due.isoformat()))
    return found
