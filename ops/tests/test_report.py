"""`solar report`: drawn from both warehouses, opened in a real browser."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import duckdb
import pytest
import yaml
from browser import open_page
from ops_support import solar

from solar_ops.report import build_report
from solar_ops.report.build import BOARDS
from solar_ops.report.choose import choose_pages
from solar_ops.settings import Settings
from solar_ops.warehouse.duckdb_file import DuckDBFile

if TYPE_CHECKING:
    from pathlib import Path

    from ops_support import Snapshot

pytestmark = pytest.mark.slow

TITLES = ["All systems", "Linden Lane 4", "Saguaro Court 5"]
LINDEN, SAGUARO = "LINDE1709625600", "4100002"


@pytest.fixture(scope="module")
def drawn(
    warehouse_file: Path, postgres_copy: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Return the report of two systems, drawn from each warehouse."""
    folder = tmp_path_factory.mktemp("report")
    variables = {
        "duckdb": {"WAREHOUSE_DUCKDB_PATH": str(warehouse_file)},
        "postgres": {
            "SOLAR_TARGET": "postgres",
            "PG_HOST": postgres_copy["host"],
            "PG_USER": postgres_copy["user"],
            "PG_DATABASE": postgres_copy["dbname"],
            "PG_PASSWORD": postgres_copy.get("password", "invented-postgres-password"),
        },
    }
    found = {}
    for kind, settings in variables.items():
        # What is asked of the server is the same; two pages show that it answers the same.
        sites = (LINDEN, SAGUARO) if kind == "duckdb" else (LINDEN,)
        report = build_report(Settings(folder, settings), folder / f"{kind}.html", sites)
        assert report.pages == TITLES[: 1 + len(sites)]
        assert report.left_out == 0
        found[kind] = report.path
    return found


def shown(path: Path, number: int, folder: Path) -> str:
    """Open one page of a report; return the text and shapes that its frame shows."""
    page = open_page(f"{path.as_uri()}#{number}", folder / f"profile-{number}")
    assert page.console == [], "a script failed, or something was asked from outside"
    assert f'data-shown="{number}"' in page.dom, "the frame has not loaded"
    frame = re.search(r'srcdoc="([^"]*)"', page.dom)
    assert frame
    return re.sub(r"<script>.*?</script>", "", html.unescape(frame[1]), flags=re.DOTALL)


@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_a_browser_shows_every_page(kind: str, drawn: dict[str, Path], tmp_path: Path) -> None:
    """Each system's name, month, figures and charts; no error, no request."""
    fleet = shown(drawn[kind], 0, tmp_path)
    for words in (
        "All Systems",
        "Systems That Need Attention First",
        "Linden Lane 4",
        "Karoo Cottage",
    ):
        assert words in fleet
    home = shown(drawn[kind], 1, tmp_path)
    for words in ("Linden Lane 4", "March 2026", "Half Hours of 30 March 2026", "State of Charge",
                  "Energy by Day", "Where the Solar Went", "House"):  # fmt: skip
        assert words in home
    assert home.count('class="mark-line role-mark') >= 5, "three powers, two energies"
    assert home.count('class="mark-area role-mark') >= 1
    assert home.count('aria-roledescription="bar"') == 2
    if kind == "postgres":
        return
    unmetered = shown(drawn[kind], 2, tmp_path)
    assert "Saguaro Court 5" in unmetered
    assert "Of the Month Measured" in unmetered
    for words in ("State of Charge", "House Supplied", "NaN", "undefined", "ERR-"):
        assert words not in unmetered


def test_the_file_needs_nothing_else(drawn: dict[str, Path]) -> None:
    """No address in it is fetched; the fonts are there once."""
    text = drawn["duckdb"].read_text(encoding="utf-8")
    outside = re.findall(r"""(?:src|href)=\\?["'](https?:[^"'\\]*)""", text)
    assert set(outside) <= {"https://dbtcharts.com"}, "a link in the footer, and nothing else"
    assert "default-src 'none'" in text
    assert len(text) < 2_500_000
    assert text.count("font/woff2;base64") <= 6


def test_both_warehouses_draw_the_same(drawn: dict[str, Path]) -> None:
    """Every mark of the pages that both have."""
    marks = {
        kind: re.findall(r"aria-label=\\?\"([^\"\\]*)", path.read_text(encoding="utf-8"))
        for kind, path in drawn.items()
    }
    assert len(marks["postgres"]) > 100
    assert marks["duckdb"][: len(marks["postgres"])] == marks["postgres"]


def test_boards_read_only_what_people_may_read() -> None:
    """Every query stands on marts; there is one board for a home and one for a fleet."""
    boards = sorted((BOARDS / "charts").glob("*.yml"))
    assert [board.stem for board in boards] == ["fleet", "home"]
    for board in boards:
        queries = yaml.safe_load(board.read_text(encoding="utf-8"))["queries"].values()
        for table in re.findall(r"analytics\.(\w+)", " ".join(queries)):
            assert table.startswith(("fct_", "dim_", "v_")), table


def test_of_more_systems_than_pages_the_worst_are_shown(filled: Path) -> None:
    """Days that lack data count most, then suspect days, then yield; all of them go by name."""
    path = filled / "data" / "prod.duckdb"
    with duckdb.connect(str(path)) as warehouse:
        warehouse.execute("create table coverage as from analytics.fct_day_coverage")
        warehouse.execute("update coverage set is_hole = true, status = 'missing' "
                          "where system_key like '%4100002'")  # fmt: skip
        warehouse.execute("drop view analytics.fct_day_coverage")
        warehouse.execute("create view analytics.fct_day_coverage as from main.coverage")
        warehouse.execute("update analytics.fct_energy_daily set quality = 'suspect' "
                          "where system_key like '%4100001'")  # fmt: skip
    with DuckDBFile(path, "analytics") as opened:
        worst, left_out = choose_pages(opened, (), 2)
        every, none_left = choose_pages(opened, (), 4)
        named, _ = choose_pages(opened, (LINDEN,), 1)
    titles = [page.title for page in worst]
    assert titles == ["All systems", "Saguaro Court 5", "Maple Street 77"]
    assert (left_out, none_left) == (2, 0)
    assert [page.title for page in every[1:]] == sorted(page.title for page in every[1:])
    assert [page.title for page in named] == TITLES[:2]


@pytest.mark.usefixtures("filled")
def test_a_system_that_is_not_there_is_one_line(snapshot: Snapshot) -> None:
    """Named wrongly on the command line."""
    done = solar("report", "--site", "nobody")
    assert done.exit_code == 1
    snapshot.check("report-nobody", done.output)


@pytest.mark.usefixtures("filled")
def test_without_dbt_charts_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, snapshot: Snapshot
) -> None:
    """It is an optional part."""
    monkeypatch.setattr("solar_ops.report.build.is_installed", lambda: False)
    done = solar("report")
    assert done.exit_code == 1
    snapshot.check("report-not-installed", done.output)
