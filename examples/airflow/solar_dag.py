# ruff: noqa: INP001
"""Airflow 3: one task a source, then the models; `solar` brings lock, log and exit codes.

Put this file into the folder of DAGs and set the Airflow variable `solar_project` to the
folder of the project on the worker. The credentials stay in that folder's .env.
"""

from __future__ import annotations

import datetime as dt

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

PROJECT = "{{ var.value.get('solar_project', '/opt/solar-elt') }}"
RUN = f"cd {PROJECT} && .venv/bin/solar sync --json"
BUSY = 75
"""Exit code of a run that another one keeps out: skipped, not failed."""

with DAG(
    dag_id="solar",
    description="Solar history out of the clouds into the warehouse",
    schedule="15 3 * * *",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": dt.timedelta(minutes=30)},
    tags=["solar"],
) as dag:
    sigen, solaredge = (
        BashOperator(
            task_id=source,
            bash_command=f"{RUN} --source {source} --no-build",
            skip_on_exit_code=BUSY,
            # The warehouse has one writer: two loads at once would refuse each other.
            pool="default_pool",
        )
        for source in ("sigen", "solaredge")
    )
    models = BashOperator(
        task_id="models",
        bash_command=f"cd {PROJECT} && PATH=$PWD/.venv/bin:$PATH meltano run dbt-duckdb:build",
        # One vendor's bad night must not keep the other's data out of the models.
        trigger_rule="all_done",
    )
    report = BashOperator(task_id="report", bash_command=f"cd {PROJECT} && .venv/bin/solar report")
    sigen >> solaredge >> models >> report
    solaredge.trigger_rule = "all_done"
