"""The examples are loadable, and say what the project says."""

from __future__ import annotations

import ast
import configparser
import os
import plistlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from cronsim import CronSim

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
NIGHTLY = "15 3 * * *"
ASSETS = "s.defs.resolve_asset_graph().get_all_asset_keys()"
ORCHESTRATORS = {
    "airflow": (
        "solar_dag.py",
        "SOLAR_TEST_AIRFLOW",
        "import solar_dag; print(sorted(task.task_id for task in solar_dag.dag.tasks))",
    ),
    "dagster": (
        "solar_definitions.py",
        "SOLAR_TEST_DAGSTER",
        f"import solar_definitions as s; print(sorted(k.to_user_string() for k in {ASSETS}))",
    ),
}
LOADED = {
    "airflow": "['models', 'report', 'sigen', 'solaredge']",
    "dagster": "['models', 'sigen', 'solaredge']",
}


@pytest.mark.parametrize("name", ORCHESTRATORS)
def test_orchestrator_examples_compile(name: str) -> None:
    """Valid Python of the versions that we support, running only our own commands."""
    file, _, _ = ORCHESTRATORS[name]
    text = (EXAMPLES / name / file).read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 11))
    assert ast.get_docstring(tree)
    assert NIGHTLY in text
    for command in ("sync", "--source", "--no-build", "dbt-duckdb:build"):
        assert command in text


@pytest.mark.parametrize("name", ORCHESTRATORS)
def test_orchestrator_examples_load(name: str, tmp_path: Path) -> None:
    """Imported by the real thing, where a Python that has it is named by a variable.

    Each brings two hundred packages with pins of its own, so it is in no environment of ours.
    """
    file, variable, code = ORCHESTRATORS[name]
    python = os.environ.get(variable)
    if python is None:
        pytest.skip(f"{variable} names no Python that has {name}")
    shutil.copy(EXAMPLES / name / file, tmp_path)
    done = subprocess.run(  # noqa: S603
        [python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path), "DAGSTER_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == LOADED[name]


def test_timers_of_every_system_agree() -> None:
    """Cron, systemd, launchd and Meltano's schedule name the same time."""
    crontab = (EXAMPLES / "crontab").read_text()
    times = re.findall(r"^([\d*]+ [\d*]+ [\d*]+ [\d*]+ [\d*]+) {2}", crontab, re.MULTILINE)
    assert times[0] == NIGHTLY
    assert all(CronSim.__name__ and len(time.split()) == 5 for time in times)
    timer = configparser.ConfigParser(interpolation=None)
    timer.optionxform = str  # type: ignore[assignment,method-assign]
    timer.read(EXAMPLES / "systemd" / "solar.timer")
    assert timer["Timer"]["OnCalendar"] == "*-*-* 03:15:00"
    plist = plistlib.loads((EXAMPLES / "launchd" / "org.solar-elt.sync.plist").read_bytes())
    assert plist["StartCalendarInterval"] == {"Hour": 3, "Minute": 15}
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    assert project["schedules"][0]["interval"] == NIGHTLY


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd on this machine")
def test_systemd_accepts_the_time() -> None:
    """The calendar expression is valid."""
    done = subprocess.run(
        ["systemd-analyze", "calendar", "*-*-* 03:15:00"],  # noqa: S607
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0


def test_jobs_exist_for_every_target() -> None:
    """Each target of `solar` has a job of plain Meltano, on plugins that exist."""
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    jobs = {job["name"]: job["tasks"] for job in project["jobs"]}
    assert {"daily", "daily-postgres", "daily-parquet", "daily-csv", "daily-jsonl"} <= set(jobs)
    plugins = {
        plugin["name"]
        for path in (ROOT / "meltano").glob("*.yml")
        for group in yaml.safe_load(path.read_text())["plugins"].values() for plugin in group
    }  # fmt: skip
    for tasks in jobs.values():
        for task in tasks:
            for word in task.split():
                assert word.split(":")[0] in plugins, task


def test_cloud_loaders_need_no_hub() -> None:
    """Each sample has a namespace and a pin, and its secrets are marked."""
    found = yaml.safe_load((EXAMPLES / "targets" / "cloud.meltano.yml").read_text())
    for plugin in found["plugins"]["loaders"]:
        assert plugin["namespace"]
        assert "==" in plugin["pip_url"]
        for setting in plugin["settings"]:
            if "password" in setting["name"] or "credentials" in setting["name"]:
                assert setting["sensitive"], setting["name"]


def test_every_page_of_the_guide_is_linked_and_every_link_leads_somewhere() -> None:
    """From the README each reader finds their page in one click, and no link is dead."""
    guide = sorted(path for path in (ROOT / "docs").glob("*.md"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in guide:
        assert f"docs/{page.name}" in readme or page.name == "README.md", page.name
    pages = [ROOT / "README.md", ROOT / "ops" / "README.md", *guide]
    for page in pages:
        for link in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
            if not link.startswith(("http://", "https://", "mailto:")):
                assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_settings_are_documented() -> None:
    """Every SOLAR_ setting has a row in the operator's page, with its default."""
    from solar_ops.settings import SETTINGS  # noqa: PLC0415

    text = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    for setting in SETTINGS:
        row = re.search(rf"^\| `{setting.variable}` \| ([^|]*) \|", text, re.MULTILINE)
        assert row, setting.variable
        assert row[1].strip().strip("`") == setting.default, setting.variable
    assert sys.version_info >= (3, 11)
