"""The `solar` command."""

from __future__ import annotations

import os

import click

from solar_ops.commands.demo import demo, sql
from solar_ops.commands.export import export, publish
from solar_ops.commands.login import login
from solar_ops.commands.plan import backfill, check, plan
from solar_ops.commands.report import report
from solar_ops.commands.status import gaps, status
from solar_ops.commands.sync import sync
from solar_ops.settings import SETTINGS

EPILOG = "\n".join(
    [
        "\b",
        "Settings, in .env or the environment:",
        *(f"  {setting.variable:<22} {setting.text}" for setting in SETTINGS),
    ]
)


@click.group(epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--environment",
    "-e",
    help="Meltano environment: each has a warehouse file and a state of its own.",
)
@click.version_option(package_name="solar-ops")
def main(environment: str | None) -> None:
    """Run the solar pipeline and look at what it has brought.

    Exit codes: 0 done; 1 failed, one line says why and what to do; 2 wrong use; 3 partly
    done; 75 another run is under way.
    """
    if environment:
        os.environ["MELTANO_ENVIRONMENT"] = environment


COMMANDS = (demo, login, check, plan, sync, status, gaps, backfill, export, publish, report, sql)
for command in COMMANDS:
    main.add_command(command)


if __name__ == "__main__":
    main()
