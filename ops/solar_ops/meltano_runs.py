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


KEPT_STATES = dt.timedelta(days=7)
"""How long Meltano's record of a run keeps the state that the run ended with."""

FORGET_SQL = """
update runs set payload = '{}', payload_flags = 0
where payload_flags <> 0 and ended_at < :before and job_name like :prefix
and job_name in (select state_id from state)
"""
"""Only where Meltano's table of current states has the newest."""


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
    url = _database(settings)
    if url is None:
        return {}
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


def forget_old_states(settings: Settings, now: dt.datetime) -> int:
    """Empty the states in Meltano's records of runs of long ago; return of how many runs.

    Meltano keeps the state of every run for ever, beside the current one, and nothing ever reads
    it: of a fleet of a thousand systems a third of a gigabyte a year. The records stay.
    """
    url = _database(settings)
    if url is None:
        return 0
    before = sa.bindparam("before", now.replace(tzinfo=None) - KEPT_STATES, sa.DateTime)
    engine = sa.create_engine(url)
    try:
        with engine.begin() as connection:
            done = connection.execute(
                sa.text(FORGET_SQL).bindparams(before),
                {"prefix": f"{settings.meltano_environment}:%"},
            )
            return done.rowcount
    except sa.exc.SQLAlchemyError:
        # Another release's tables, or locked: the next run's business.
        return 0
    finally:
        engine.dispose()


def _database(settings: Settings) -> str | None:
    """Return the address of Meltano's database, or None if there is none yet."""
    url = settings.get("MELTANO_DATABASE_URI")
    if url:
        return url
    folder = Path(settings.get("MELTANO_SYS_DIR_ROOT") or settings.root / ".meltano")
    path = settings.root / folder / "meltano.db"
    return f"sqlite:///{path}" if path.is_file() else None


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
