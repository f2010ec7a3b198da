"""Tries what a run will do in the warehouse, before calls are spent; leaves nothing behind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import quote

import duckdb
import psycopg
from psycopg import sql

from solar_ops.errors import OpsError
from solar_ops.warehouse.base import first_line
from solar_ops.warehouse.places import duckdb_path, postgres_parameters
from solar_ops.warehouse.postgres import CONNECT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from solar_ops.settings import Settings

TRIAL = "solar_trial_of_rights"
OTHERS = """
select relname from pg_class
where
    relnamespace = to_regnamespace(quote_ident(%s)) and relkind in ('r', 'p', 'v')
    and (relname = any(%s) or %s) and not pg_has_role(relowner, 'usage')
order by 1
"""


def problems_of_loading(
    settings: Settings, raw_schemas: Sequence[str], models: Sequence[str]
) -> list[str]:
    """Return what would keep a run from loading and building, a line each.

    Args:
        settings: The settings in force.
        raw_schemas: Schemas that the loaders fill.
        models: Names of the models, which the run replaces.
    """
    if settings["TARGET"] == "postgres":
        analytics = settings.get("ANALYTICS_SCHEMA") or "analytics"
        try:
            return list(_in_postgres(postgres_parameters(settings), raw_schemas, analytics, models))
        except OpsError as error:
            return [str(error)]
    return list(_in_file(duckdb_path(settings)))


def loader_variables(settings: Settings) -> dict[str, str]:
    """Return what the loader has to be told beside the settings.

    It makes an address of PG_HOST, in which the folder of a socket has no place: that goes
    behind the question mark.
    """
    host = settings.get("PG_HOST")
    if not host.startswith("/") or settings.get("TARGET_POSTGRES_SQLALCHEMY_URL"):
        return {}
    user, password = (quote(settings.get(name), safe="") for name in ("PG_USER", "PG_PASSWORD"))
    login = f"{user}:{password}@" if password else f"{user}@"
    port = settings.get("PG_PORT") or "5432"
    place = f"{quote(settings.get('PG_DATABASE'), safe='')}?host={quote(host, safe='')}&port={port}"
    return {"TARGET_POSTGRES_SQLALCHEMY_URL": f"postgresql+psycopg://{login}/{place}"}


def _in_file(path: Path) -> Iterator[str]:
    if path.exists():
        try:
            duckdb.connect(str(path)).close()
        except duckdb.Error as error:
            yield f"{path} can not be written: {first_line(error)}"
        return
    folder = next(parent for parent in path.parents if parent.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        yield f"{path} can not be made: {folder} can not be written"


def _in_postgres(
    parameters: dict[str, str], raw_schemas: Sequence[str], analytics: str, models: Sequence[str]
) -> Iterator[str]:
    try:
        connection = psycopg.connect(**parameters, connect_timeout=CONNECT_SECONDS)  # type: ignore[arg-type]
    except psycopg.Error as error:
        yield f"{parameters['host']} can not be reached: {first_line(error)}"
        return
    with connection:
        role, database = connection.info.user, parameters["dbname"]
        for schema in (*raw_schemas, analytics):
            yield from _in_schema(connection, schema, role, database)
            names = connection.execute(OTHERS, [schema, list(models), schema != analytics])
            if others := [name for (name,) in names]:
                yield (
                    f"{schema}.{others[0]}{f' and {len(others) - 1} more' if others[1:] else ''} "
                    f"belong to another role, and {role} can not change them: "
                    f"alter table {schema}.{others[0]} owner to {role}"
                )
        temporary = sql.SQL("create temporary table {} (one integer)").format(sql.Identifier(TRIAL))
        if refusal := _tried(connection, temporary):
            yield (
                f"{role} may not make temporary tables ({refusal}): "
                f"grant temporary on database {database} to {role}"
            )
        connection.rollback()


def _in_schema(
    connection: psycopg.Connection[tuple[object, ...]], schema: str, role: str, database: str
) -> Iterator[str]:
    found = connection.execute("select 1 from pg_namespace where nspname = %s", [schema])
    if found.fetchone() is None:
        create = sql.SQL("create schema {}").format(sql.Identifier(schema))
        if refusal := _tried(connection, create):
            yield (
                f"{role} may not make the schema {schema} ({refusal}): grant create on database "
                f"{database} to {role}, or create schema {schema} authorization {role}"
            )
        return
    table = sql.SQL("create table {} (one integer)").format(sql.Identifier(schema, TRIAL))
    if refusal := _tried(connection, table):
        yield (
            f"{role} may not make tables in the schema {schema} ({refusal}): "
            f"grant usage, create on schema {schema} to {role}"
        )


def _tried(connection: psycopg.Connection[tuple[object, ...]], statement: sql.Composed) -> str:
    """Return why the server refuses a statement; empty if it does not. It is taken back."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement)
    except psycopg.Error as error:
        return first_line(error)
    return ""
