"""A real browser without a window: what a page becomes once its scripts have run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from servers import missing

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--enable-logging=stderr",
)  # fmt: skip
CONSOLE = re.compile(r"CONSOLE[^\n]*")


@dataclass
class Page:
    """A page as the browser has it.

    Attributes:
        dom: Its document after its scripts have run.
        console: What it said on the console.
    """

    dom: str
    console: list[str]


def open_page(url: str, profile: Path, *more: str) -> Page:
    """Open a page in a new profile and return what became of it."""
    program = os.environ.get("SOLAR_TEST_BROWSER") or next(
        (found for name in NAMES if (found := shutil.which(name))), None
    )
    if program is None:
        missing("browser", "no Chromium on this machine")
    done = subprocess.run(  # noqa: S603 - the machine's own browser
        [str(program), *FLAGS, f"--user-data-dir={profile}", "--window-size=1300,1600",
         "--virtual-time-budget=10000", *more, "--dump-dom", url],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return Page(done.stdout, CONSOLE.findall(done.stderr))
