"""Opens and closes the DuckDB file, and says what is wrong when it cannot."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import typing as t
from pathlib import Path

import duckdb

from solar_target_duckdb.columns import literal
from solar_target_duckdb.errors import TargetError, WarehouseError, first_line

if t.TYPE_CHECKING:
    from collections.abc import Iterator

CATALOG = "warehouse"
_THREADS = 1
# Without a type, DuckDB would take a file of another kind for a database of that kind.
_OPEN = "(TYPE DUCKDB)"
_CREATE = "(TYPE DUCKDB, STORAGE_VERSION 'v1.0.0')"


class Database:
    """The open DuckDB file, and the folder for rows on their way into it.

    Holding the file's lock, the database also owns ``<file>.spool`` beside it: what a
    killed run left there is cleared at the next start.

    Args:
        path: The file.
        memory_mb: The memory DuckDB may use, in megabytes.
    """

    def __init__(self, path: Path, memory_mb: int = 128) -> None:
        self.path = path
        self.spool = path.with_name(f"{path.name}.spool")
        # Reading one spool after the other, more threads cost memory and gain nothing.
        self.connection = duckdb.connect(
            config={
                "memory_limit": f"{memory_mb}MB",
                "threads": _THREADS,
                # All that is needed comes with the package; never look for it elsewhere.
                "autoinstall_known_extensions": False,
            }
        )
        try:
            self._open()
        except BaseException:
            self.connection.close()
            raise

    def _open(self) -> None:
        """Take the file's lock, creating the file first if need be."""
        with disk_errors(self.path):
            if self.path.is_dir():
                msg = f"setting 'filepath': {self.path} is a folder; add the name of a file"
                raise WarehouseError(msg)
            if not self.path.parent.is_dir():
                self.path.parent.mkdir(parents=True)
            if not self.path.exists() or not self.path.stat().st_size:
                _create(self.path)
        self._attach()
        with disk_errors(self.path):
            shutil.rmtree(self.spool, ignore_errors=True)
            self.spool.mkdir(mode=0o700)
        run = self.connection.execute
        # Statements that DuckDB keeps as text name their tables without the catalog.
        run(f"USE {CATALOG}")
        run("SET TimeZone = 'UTC'")
        run(f"SET temp_directory = {literal(str(self.spool))}")

    def _attach(self) -> None:
        """Attach the file, or tell in one line why it cannot be."""
        try:
            self.connection.execute(f"ATTACH {literal(str(self.path))} AS {CATALOG} {_OPEN}")
        except duckdb.Error as error:
            text = first_line(error)
            where = f"setting 'filepath': {self.path}"
            if re.search(r"Could not set lock|Unique file handle", text):
                holder = re.search(r"PID \d+", text)
                who = f"another process ({holder[0]})" if holder else "another program"
                msg = f"{where} is in use by {who}; wait until it ends or close it there"
            elif "not a valid DuckDB" in text or "enough bytes" in text:
                msg = f"{where} is not a DuckDB file; give another path or move it away"
            else:
                msg = f"{where} cannot be opened: {text}"
            raise WarehouseError(msg) from None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Run a block in one transaction; it is stored whole or not at all.

        Yields:
            The connection.
        """
        self.connection.execute("BEGIN")
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(duckdb.Error):
                self.connection.execute("ROLLBACK")
            if isinstance(error, duckdb.Error):
                raise WarehouseError(self._explained(error)) from None
            raise

    def _explained(self, error: duckdb.Error) -> str:
        """Say what a failed transaction means and what to do."""
        text = first_line(error)
        if isinstance(error, duckdb.OutOfMemoryException):
            return f"DuckDB ran out of memory ({text}); raise 'memory_limit_mb'"
        return (
            f"cannot write to {self.path}: {text}; the state of these rows was not acknowledged, "
            "so put that right and run again"
        )

    def close(self) -> None:
        """Merge the log into the file, release it and clear the spool.

        Raises:
            WarehouseError: The log could not be merged; its rows are safe in it.
        """
        try:
            self.connection.execute(f"CHECKPOINT {CATALOG}")
        except duckdb.Error as error:
            msg = (
                f"all rows are stored in {self.path}.wal but could not be merged into the file: "
                f"{first_line(error)}; the next program that opens it will try again"
            )
            raise WarehouseError(msg) from None
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Release the file as it is, after an error."""
        with contextlib.suppress(duckdb.Error):
            self.connection.close()
        shutil.rmtree(self.spool, ignore_errors=True)


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn errors of the operating system into one line.

    Args:
        path: The DuckDB file that the work is for.

    Raises:
        WarehouseError: The operating system refused something.
    """
    try:
        yield
    except TargetError:
        raise
    except OSError as error:
        msg = (
            f"cannot write beside {path}: {error.strerror or error}; put that right, or choose "
            "another 'filepath', and run again"
        )
        raise WarehouseError(msg) from None


def _create(path: Path) -> None:
    """Create an empty database that older DuckDB versions can read.

    It is made elsewhere and moved into place, so that a kill cannot leave half a file.
    """
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        fresh = Path(folder) / path.name
        connection = duckdb.connect()
        try:
            connection.execute(f"ATTACH {literal(str(fresh))} AS fresh {_CREATE}")
            connection.execute("DETACH fresh")
        except duckdb.Error as error:
            msg = f"setting 'filepath': cannot create {path}: {first_line(error)}"
            raise WarehouseError(msg) from None
        finally:
            connection.close()
        if path.exists():
            # An empty file, as `touch` leaves it.
            fresh.replace(path)
            return
        # A link, unlike a rename, cannot replace a file that another run just made.
        try:
            os.link(fresh, path)
        except FileExistsError:
            return
        except OSError:
            fresh.replace(path)
