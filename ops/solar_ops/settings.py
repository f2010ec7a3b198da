"""Settings of the `solar` command: the environment first, then the project's .env.

An empty value counts as not set, as everywhere in the project. The pipeline's own
settings (TAP_..., TARGET_..., PG_...) are Meltano's business and only looked at here.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from dotenv import dotenv_values

from solar_ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PREFIX = "SOLAR_"
FOR_TESTS = "SOLAR_TEST_"

Target = Literal["duckdb", "postgres", "parquet", "csv", "jsonl"]
TARGETS: tuple[Target, ...] = get_args(Target)
FILE_TARGETS: tuple[Target, ...] = ("parquet", "csv", "jsonl")
"""Targets that are written from the raw tables of the DuckDB warehouse."""

OCCASIONS = ("failure", "partial", "stale", "recovered", "success")
SECURITIES = ("starttls", "tls", "none")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of the command.

    Attributes:
        name: Name of the variable, without the prefix.
        default: Its value while it is not set.
        text: What it means.
        choices: The words that are allowed; none allows any.
        secret: Whether the value must never be shown.
        many: Whether it is a list of choices, separated by commas.
    """

    name: str
    default: str
    text: str
    choices: tuple[str, ...] = ()
    secret: bool = False
    many: bool = False

    @property
    def variable(self) -> str:
        """The variable's whole name."""
        return f"{PREFIX}{self.name}"

    def check(self, value: str) -> None:
        """Refuse a value that is not among the choices.

        Raises:
            OpsError: It is not.
        """
        words = [word.strip() for word in value.split(",")] if self.many else [value]
        if self.choices and (wrong := [word for word in words if word not in self.choices]):
            message = f"{self.variable}: {wrong[0]!r} is none of {', '.join(self.choices)}"
            raise OpsError(message)


SETTINGS = (
    Setting("TARGET", "duckdb", "where `solar sync` loads to", TARGETS),
    Setting("FILES_DIR", "output", "folder of the targets parquet, csv and jsonl"),
    Setting("READERS", "", "PostgreSQL roles that may read the models, separated by commas"),
    Setting("PUBLISH_URL", "", "database that `solar publish` writes to", secret=True),
    Setting("LOG_FORMAT", "text", "format of the log file", ("text", "json")),
    Setting(
        "LOG_LEVEL", "info", "least severe message kept", ("debug", "info", "warning", "error")
    ),
    Setting("LOG_FILE", "data/logs/solar.log", "the log file"),
    Setting("LOG_MAX_MB", "10", "size at which a log file is put aside, MB"),
    Setting("LOG_KEEP", "5", "how many files put aside are kept"),
    Setting("STALE_HOURS", "36", "age of a source's newest data that counts as stale, hours"),
    Setting("NOTIFY_ON", "failure,partial,stale,recovered", "when to notify", OCCASIONS, many=True),
    Setting("WEBHOOK_URL", "", "address that notices are posted to", secret=True),
    Setting("SMTP_HOST", "", "mail server for notices"),
    Setting("SMTP_PORT", "", "its port; by default 587, 465 or 25 by SMTP_SECURITY"),
    Setting("SMTP_SECURITY", "starttls", "how the mail server is spoken to", SECURITIES),
    Setting("SMTP_USERNAME", "", "login at the mail server"),
    Setting("SMTP_PASSWORD", "", "its password", secret=True),
    Setting("SMTP_FROM", "", "sender of notices"),
    Setting("SMTP_TO", "", "recipients of notices, separated by commas"),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}


def _written(path: Path) -> dict[str, str]:
    """Return the settings of a .env file; none if there is no such file.

    Raises:
        OpsError: The file is not UTF-8. Meltano reads it too, so no other encoding can serve.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        message = f"{path}: {error.strerror}; .env has to be a file that this user can read"
        raise OpsError(message) from None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = f"{path}, line {line}: the file is not UTF-8; save it as UTF-8 without BOM"
        raise OpsError(message) from None
    if text.startswith("\ufeff") or "\0" in text:
        message = f"{path}: the file begins with a byte order mark; save it as UTF-8 without BOM"
        raise OpsError(message)
    found = dotenv_values(stream=io.StringIO(text))
    return {name: value for name, value in found.items() if value is not None}


class Settings:
    """The settings in force.

    Args:
        root: The project's folder, where .env is.
        environment: The process's variables; left out, its real ones.

    Raises:
        OpsError: A value is not allowed, or .env holds a SOLAR_ name that does not exist.
    """

    def __init__(self, root: Path, environment: Mapping[str, str] | None = None) -> None:
        self.root = root
        written = _written(root / ".env")
        self.variables = {**written, **(os.environ if environment is None else environment)}
        known = {setting.variable for setting in SETTINGS}
        for name in written:
            if name.startswith(PREFIX) and not name.startswith(FOR_TESTS) and name not in known:
                message = f".env: there is no setting {name}; `solar --help` names them all"
                raise OpsError(message)
        for setting in SETTINGS:
            setting.check(self[setting.name])

    def __getitem__(self, name: str) -> str:
        """Return one of SETTINGS, its default while it is not set."""
        setting = BY_NAME[name]
        return self.variables.get(setting.variable, "").strip() or setting.default

    def get(self, variable: str) -> str:
        """Return any variable, empty while it is not set."""
        return self.variables.get(variable, "").strip()

    def number(self, name: str) -> float:
        """Return one of SETTINGS as a number.

        Raises:
            OpsError: It is none, or negative.
        """
        text = self[name]
        try:
            value = float(text)
        except ValueError:
            value = -1
        if value < 0:
            message = f"{PREFIX}{name}: {text!r} is not a number from 0 up"
            raise OpsError(message)
        return value

    def words(self, name: str) -> list[str]:
        """Return one of SETTINGS that is a list."""
        return [word for part in self[name].split(",") if (word := part.strip())]

    def path(self, name: str) -> Path:
        """Return one of SETTINGS that is a path, relative to the project's folder."""
        return self.root / self[name]

    @property
    def meltano_environment(self) -> str:
        """The Meltano environment, which names warehouse file and state."""
        return self.get("MELTANO_ENVIRONMENT") or "prod"

    def secrets(self) -> set[str]:
        """Return every value that must never be shown, whatever its name."""
        secret_words = ("PASSWORD", "SECRET", "TOKEN", "KEY", "URL")
        own = {setting.variable for setting in SETTINGS if setting.secret}
        return {
            value
            for name, value in self.variables.items()
            if value
            and (
                name in own
                or (
                    name.startswith(("TAP_", "TARGET_", "PG_"))
                    and name.rpartition("_")[2] in secret_words
                    and not name.endswith("API_URL")
                )
            )
        }
