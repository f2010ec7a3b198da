"""The pipeline's folder and how its programs are run."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from solar_ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

POLL_SECONDS = 0.1
STOP_SECONDS = 10.0
"""How long programs that were told to stop may take before they are killed."""

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

    def meltano(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        without: tuple[str, ...] = (),
    ) -> None:
        """Run Meltano and keep all that it prints in a file.

        Args:
            arguments: What stands behind `meltano`.
            environment: Variables to set beside those of this process.
            log: File for the output; replaced.
            without: Variables of this process that begin so are not handed on.

        Raises:
            OpsError: Meltano failed; the text ends with the last lines of its log.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as out:
            done = subprocess.run(  # noqa: S603 - our own program with our own arguments
                [self._program("meltano"), *arguments],
                cwd=self.root,
                env=self._environment(environment, without),
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

    def stream(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
        *,
        started: Callable[[subprocess.Popen[str]], None],
        inherited: Iterable[int] = (),
    ) -> int:
        """Run Meltano, hand on each line that it prints, and return its exit code.

        Args:
            arguments: What stands behind `meltano`.
            environment: Variables to set beside those of this process.
            on_line: Gets each line as it comes.
            started: Gets the process, so that a signal can be passed on to it.
            inherited: File descriptors that the child keeps open.
        """
        with subprocess.Popen(  # noqa: S603 - our own program with our own arguments
            [self._program("meltano"), *arguments],
            cwd=self.root,
            env=self._environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            pass_fds=() if os.name == "nt" else tuple(inherited),
            # A group of its own, so that what it starts can be ended with it.
            start_new_session=True,
        ) as process:
            started(process)
            for line in process.stdout or ():
                on_line(line.rstrip("\n"))
        return process.returncode

    @staticmethod
    def signal_group(process: subprocess.Popen[str], signum: int) -> None:
        """Send a signal to a Meltano and all that it has started."""
        if os.name == "nt":
            process.terminate()
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signum)

    @staticmethod
    def end_group(leader: int, *, spare_seconds: float) -> None:
        """End the programs that a Meltano which has ended itself left running.

        Args:
            leader: Process id of that Meltano.
            spare_seconds: How long they may go on undisturbed.
        """
        if os.name == "nt":
            return
        stages = ((0, spare_seconds), (signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 1.0))
        with contextlib.suppress(ProcessLookupError):
            for signum, seconds in stages:
                os.killpg(leader, signum)
                until = time.monotonic() + seconds
                while time.monotonic() < until:
                    os.killpg(leader, 0)
                    time.sleep(POLL_SECONDS)

    def answer(
        self, arguments: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run Meltano and return what it printed, standard output and error apart."""
        return subprocess.run(  # noqa: S603 - our own program with our own arguments
            [self._program("meltano"), *arguments],
            cwd=self.root,
            env=self._environment(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )

    def converse(self, arguments: Sequence[str]) -> int:
        """Run Meltano on this terminal, input and output as they are; return its exit code."""
        done = subprocess.run(  # noqa: S603 - our own program with our own arguments
            [self._program("meltano"), *arguments],
            cwd=self.root,
            env=self._environment({}),
            check=False,
        )
        return done.returncode

    @staticmethod
    def _program(name: str) -> str:
        return str(Path(sys.executable).parent / name)

    @staticmethod
    def _environment(more: Mapping[str, str], without: tuple[str, ...] = ()) -> dict[str, str]:
        """Return the variables of a child.

        Programs are looked up beside the running Python first: the one environment holds
        taps, loaders and dbt, whether it was activated or not.
        """
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        mine = {name: text for name, text in os.environ.items() if not name.startswith(without)}
        return {**(mine if without else os.environ), **more, "PATH": path}
