"""The pipeline's folder and how its programs are run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from solar_ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TAIL_LINES = 15
"""How much of a failed run's log is shown; the rest is in the file."""


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with a meltano.yml.

    Attributes:
        root: The folder.
    """

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """Return the project that a folder lies in.

        Raises:
            OpsError: Neither the folder nor one above it holds a meltano.yml.
        """
        start = start or Path.cwd()
        for folder in (start, *start.parents):
            if (folder / "meltano.yml").is_file():
                return cls(folder)
        message = f"{start} is not inside a solar-elt folder: no meltano.yml here or above"
        raise OpsError(message)

    def meltano(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Run Meltano and keep all that it prints in a file.

        Programs are looked up beside the running Python first: the one environment holds
        taps, loaders and dbt, whether it was activated or not.

        Args:
            arguments: What stands behind `meltano`.
            environment: Variables to set beside those of this process.
            log: File for the output; replaced.

        Raises:
            OpsError: Meltano failed; the text ends with the last lines of its log.
        """
        bin_folder = Path(sys.executable).parent
        path = os.pathsep.join([str(bin_folder), os.environ.get("PATH", "")])
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out:
            done = subprocess.run(  # noqa: S603 - our own program with our own arguments
                [str(bin_folder / "meltano"), *arguments],
                cwd=self.root,
                env={**os.environ, **environment, "PATH": path},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            tail = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
            message = "\n".join(
                [*tail, "", f"meltano {' '.join(arguments)} failed; the whole log is in {log}"]
            )
            raise OpsError(message)
