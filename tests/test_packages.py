"""Each tap and the loader as a stranger installs them: a wheel, an empty environment, a run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
CASES = {
    "tap-sigen": ("tap-kit", "tap-sigen"),
    "tap-solaredge": ("tap-kit", "tap-solaredge"),
    "target-duckdb": ("target-duckdb",),
}


def run(*command: str | Path) -> str:
    """Run a command and return its output; a failure fails the test with what it said."""
    done = subprocess.run(  # noqa: S603 - our own programs and pip
        [str(word) for word in command],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("program", CASES)
def test_it_installs_and_runs_alone(program: str, tmp_path: Path) -> None:
    """The wheels build, install without the rest of the repository, and the program answers."""
    wheels, environment = tmp_path / "wheels", tmp_path / "environment"
    for part in CASES[program]:
        run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
            "--wheel-dir", wheels, ROOT / part)  # fmt: skip
    run(sys.executable, "-m", "venv", environment)
    run(environment / "bin" / "python", "-m", "pip", "install", "--quiet",
        "--disable-pip-version-check", "--constraint", ROOT / "constraints.txt",
        *sorted(wheels.glob("*.whl")))  # fmt: skip
    about = json.loads(run(environment / "bin" / program, "--about", "--format", "json"))
    assert about["name"] == program
    assert about["version"] == "0.1.0"
    if program.startswith("tap"):
        assert json.loads(run(environment / "bin" / program, "--discover"))["streams"]
    names = {wheel.name.split("-")[0] for wheel in wheels.glob("*.whl")}
    assert len(names) == len(CASES[program])
