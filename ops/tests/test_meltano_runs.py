"""What is read from, and forgotten in, Meltano's own database."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import sqlalchemy as sa
from meltano.core.job import Job
from meltano.core.job_state import JobState
from meltano.core.models import SystemModel
from sqlalchemy.orm import Session

from solar_ops.meltano_runs import forget_old_states
from solar_ops.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_meltano_keeps_no_state_of_runs_of_long_ago(project: Path) -> None:
    """In Meltano's own tables: the current state and the last week's are untouched."""
    folder = project / ".meltano"
    folder.mkdir()
    engine = sa.create_engine(f"sqlite:///{folder / 'meltano.db'}")
    SystemModel.metadata.create_all(engine)
    now = dt.datetime.now(dt.UTC)
    name, state = "prod:tap-sigen-to-target-duckdb", {"singer_state": {"bookmarks": {}}}
    with Session(engine) as session:
        session.add(JobState(state_id=name, completed_state=state, partial_state={}))
        for job, days in ((name, 8), (name, 1), ("prod:elsewhere", 8), ("dev:tap", 8)):
            at = now - dt.timedelta(days=days)
            run = Job(job_name=job, payload=state, payload_flags=1, started_at=at, ended_at=at)
            session.add(run)
        session.commit()
    assert forget_old_states(Settings(project), now) == 1
    with Session(engine) as session:
        runs = session.scalars(sa.select(Job).order_by(Job.id)).all()
        assert [bool(run.payload) for run in runs] == [False, True, True, True]
        assert session.scalars(sa.select(JobState)).one().completed_state == state
    engine.dispose()


def test_without_a_database_nothing_is_forgotten(project: Path) -> None:
    """Before the first run, and where the tables are of another release."""
    assert forget_old_states(Settings(project), dt.datetime.now(dt.UTC)) == 0
    (project / ".meltano").mkdir()
    (project / ".meltano" / "meltano.db").touch()
    assert forget_old_states(Settings(project), dt.datetime.now(dt.UTC)) == 0
