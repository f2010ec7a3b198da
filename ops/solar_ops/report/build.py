"""Draw the boards with dbt-charts and put them into one file."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from solar_ops.errors import OpsError
from solar_ops.report.choose import choose_pages
from solar_ops.report.page import compose
from solar_ops.warehouse import open_warehouse
from solar_ops.warehouse.places import duckdb_path, postgres_parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from solar_ops.report.choose import Page
    from solar_ops.settings import Settings

BOARDS = Path(__file__).parent / "boards"
BOARD_SCHEMA = "analytics."


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was written.

    Attributes:
        path: The file.
        pages: Titles of its pages.
        left_out: How many systems have no page.
    """

    path: Path
    pages: list[str]
    left_out: int


def is_installed() -> bool:
    """Return whether dbt-charts is there to draw with."""
    return importlib.util.find_spec("dbt_charts") is not None


def build_report(
    settings: Settings, output: Path, sites: Sequence[str] = (), limit: int = 12
) -> Report:
    """Write one HTML file with a page for all systems and one for each.

    Args:
        settings: The settings in force.
        output: The file.
        sites: Ids or keys of the systems to show; none means all.
        limit: How many systems at most.

    Raises:
        OpsError: dbt-charts is missing, there is no energy yet, or a chart failed.
    """
    if not is_installed():
        message = "pictures need dbt-charts: pip install 'solar-ops[report]', or run `make setup`"
        raise OpsError(message)
    with open_warehouse(settings) as warehouse:
        pages, left_out = choose_pages(warehouse, sites, limit)
        schema = warehouse.analytics
    with tempfile.TemporaryDirectory(prefix="solar-report-") as name:
        folder = Path(name)
        drawn = _draw(folder, pages, schema, _environment(settings, folder))
    output.parent.mkdir(parents=True, exist_ok=True)
    fresh = output.with_name(f".{output.name}.new")
    try:
        fresh.write_text(compose(drawn), encoding="utf-8")
        fresh.replace(output)
    except OSError as error:
        message = f"{output} can not be written: {error.strerror}"
        raise OpsError(message) from None
    return Report(output, [page.title for page in pages], left_out)


def _environment(settings: Settings, folder: Path) -> dict[str, str]:
    found = {
        **os.environ,
        "DO_NOT_TRACK": "1",
        "DBT_PROFILES_DIR": str(folder),
        "DBT_PROJECT_DIR": str(folder),
        "DCT_PROJECT_DIR": str(folder),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    }
    if settings["TARGET"] == "postgres":
        parameters = postgres_parameters(settings)
        names = {"host": "PG_HOST", "port": "PG_PORT", "user": "PG_USER",
                 "password": "PG_PASSWORD", "dbname": "PG_DATABASE"}  # fmt: skip
        return {
            **found,
            "DBT_TARGET": "postgres",
            **{names[key]: value for key, value in parameters.items()},
        }
    # dbt-charts reads an absolute path as one below the project, so it gets a relative one.
    relative = os.path.relpath(duckdb_path(settings).resolve(), folder.resolve())
    return {**found, "DBT_TARGET": "duckdb", "WAREHOUSE_DUCKDB_PATH": relative}


def _draw(
    folder: Path, pages: list[Page], schema: str, environment: dict[str, str]
) -> list[tuple[str, str]]:
    """Return title and HTML of each page; one start of dbt-charts draws them all."""
    for name in ("dbt_project.yml", "dbt_charts.yml", "profiles.yml"):
        shutil.copy(BOARDS / name, folder)
    charts = folder / "charts"
    charts.mkdir()
    names = []
    for number, page in enumerate(pages):
        text = (BOARDS / "charts" / f"{page.board}.yml").read_text(encoding="utf-8")
        board = yaml.safe_load(text.replace(BOARD_SCHEMA, f"{schema}."))
        for variable, value in page.variables.items():
            board["variables"][variable]["default"] = value
        path = charts / f"page-{number}.yml"
        path.write_text(yaml.safe_dump(board, sort_keys=False, width=1000), encoding="utf-8")
        names.append(str(path.relative_to(folder)))
    done = subprocess.run(  # noqa: S603 - our own program with our own arguments
        [str(Path(sys.executable).parent / "dct"), "render", *names, "--format", "html",
         "--no-cache", "--no-warnings", "--output", "drawn/{stem}.html"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )  # fmt: skip
    if done.returncode:
        tail = " ".join((done.stderr or done.stdout).split()[:60])
        message = f"dbt-charts could not draw the boards: {tail}"
        raise OpsError(message)
    return [
        (page.title, (folder / "drawn" / f"page-{number}.html").read_text(encoding="utf-8"))
        for number, page in enumerate(pages)
    ]
