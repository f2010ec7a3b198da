"""`solar login`: the owner of a SolarEdge site lets the tap in, in a browser."""

from __future__ import annotations

import sys

import click

from solar_ops.commands.common import examples, here, one_line_errors
from solar_ops.errors import OpsError

NEEDED = ("TAP_SOLAREDGE_CLIENT_ID", "TAP_SOLAREDGE_CLIENT_SECRET")


@click.command(epilog=examples("solar login"))
@one_line_errors
def login() -> None:
    """Grant access to your own SolarEdge site, once, in a browser.

    Needs TAP_SOLAREDGE_CLIENT_ID and TAP_SOLAREDGE_CLIENT_SECRET in .env. A Sigen account and
    a SolarEdge Fleet API key need no login.
    """
    project, settings = here()
    if missing := [name for name in NEEDED if not settings.get(name)]:
        message = f"{missing[0]}: missing; login needs {' and '.join(NEEDED)} in .env"
        raise OpsError(message)
    sys.exit(project.converse(["invoke", "tap-solaredge", "login"]))
