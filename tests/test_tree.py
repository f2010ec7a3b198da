"""What must never be in the repository, whoever commits it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORBIDDEN = {
    "pypi" + ".org": "names the host of a package index",
    "python" + "hosted": "names the host of a package index",
    "/ho" + "me/": "is a path of somebody's machine",
    "/ro" + "ot/": "is a path of somebody's machine",
}


def tracked() -> list[Path]:
    """Return every file under version control."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - git is how the tree came here
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.split("\0") if name]


def test_no_file_names_an_index_host_or_a_machine() -> None:
    """Lock and config files work everywhere, and tell nothing about where they were made."""
    for path in tracked():
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            for word, why in FORBIDDEN.items():
                assert word not in text, f"{path.relative_to(ROOT)} {why}"


def test_python_files_stay_readable() -> None:
    """About 350 lines are enough for one purpose; a longer file has more than one."""
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked()
        if path.suffix == ".py"
        and path.is_file()
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert not long


def test_nothing_is_left_for_later() -> None:
    """What is not done is an issue, not a remark in the code."""
    for path in tracked():
        if path.suffix in (".py", ".sql", ".yml") and path.is_file():
            text = path.read_text(encoding="utf-8")
            for word in ("TO" + "DO", "FIX" + "ME", "X" * 3):
                assert word not in text, path.relative_to(ROOT)
