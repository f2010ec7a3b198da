"""``solar-simulator``: serve both clouds from a shell."""

import argparse
import signal
import sys
from datetime import datetime

from solar_simulator.catalogue import CATALOGUE
from solar_simulator.clock import VirtualClock
from solar_simulator.scenario import ScenarioError, load, names
from solar_simulator.server import SimulatorServer
from solar_simulator.world import Credentials


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Command line without the program's name; None reads the real one.

    Returns:
        0, or 2 for a scenario or port that cannot be had.
    """
    options = _parser().parse_args(arguments)
    if options.list_switches:
        if hasattr(signal, "SIGPIPE"):
            # Piped into `head`, it ends like any other program.
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        print("\n".join(_switch_lines()))  # noqa: T201
        return 0
    try:
        scenario = load(options.scenario)
        server = SimulatorServer(
            scenario, _clock(options, scenario.now), host=options.host, port=options.port
        )
    except (ScenarioError, OSError) as error:
        print(f"solar-simulator: {error}", file=sys.stderr)  # noqa: T201
        return 2
    except SystemExit:
        # The web server has printed why; it is nearly always another program on the port.
        message = f"port {options.port} of {options.host} is taken; choose another with --port"
        print(f"solar-simulator: {message}", file=sys.stderr)  # noqa: T201
        return 2
    print(_greeting(server), flush=True)  # noqa: T201
    # A server that is told to end should end like one that is interrupted.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
    return 0


def _clock(options: argparse.Namespace, scenario_now: datetime) -> VirtualClock:
    if options.follow_machine:
        return VirtualClock()
    return VirtualClock(options.now or scenario_now, speed=options.speed)


def _parser() -> argparse.ArgumentParser:
    known = Credentials()
    parser = argparse.ArgumentParser(
        prog="solar-simulator",
        description="The Sigen and SolarEdge clouds on your own machine, with a known truth.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=(
            "Credentials (invented):\n"
            f"  Sigen      username {known.sigen_username}  password {known.sigen_password}\n"
            f"             app key {known.sigen_app_key}  app secret {known.sigen_app_secret}\n"
            f"  SolarEdge  v2 fleet key {known.solaredge_fleet_key}\n"
            f"             v2 client {known.solaredge_client_id}  secret"
            f" {known.solaredge_client_secret}\n"
            f"             v2 refresh token {known.solaredge_refresh_token('SITEID')}\n"
            f"             v1 account key {known.solaredge_v1_account_key}\n"
            f"             v1 site key {known.solaredge_v1_site_key('SITEID')}\n"
        ),
    )
    parser.add_argument(
        "--scenario",
        default="home",
        help=f"one of {', '.join(names())}, or a .toml file (default: home)",
    )
    parser.add_argument("--list-switches", action="store_true", help="print them and end")
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    parser.add_argument("--port", type=int, default=8099, help="default: 8099; 0 takes any")
    parser.add_argument(
        "--now", type=_instant, help="virtual time to start at, with offset (default: scenario's)"
    )
    parser.add_argument(
        "--speed", type=float, default=0.0, help="virtual seconds a second; 0 stands still"
    )
    parser.add_argument(
        "--follow-machine", action="store_true", help="show the machine's own time instead"
    )
    return parser


def _switch_lines() -> list[str]:
    """One line a switch: name, what it takes, the default, what it does."""
    return [
        f"{switch.name}  ({' | '.join(switch.choices) or switch.kind}, default"
        f" {switch.default})  {switch.about}"
        for switch in CATALOGUE.values()
    ]


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        message = f"{text!r} is not a date-time with offset, such as 2026-07-01T06:00:00Z"
        raise argparse.ArgumentTypeError(message)
    return at


def _greeting(server: SimulatorServer) -> str:
    scenario = server.world.scenario
    return "\n".join(
        (
            f"solar-simulator: {scenario.name}, {len(scenario.sites)} sites",
            f"  now        {server.clock.now():%Y-%m-%dT%H:%M:%SZ} (speed {server.clock.speed:g})",
            f"  Sigen      {server.sigen_url}",
            f"  SolarEdge  {server.solaredge_url}",
            f"  v1         {server.solaredge_v1_url}",
            f"  status     {server.url}/_sim/",
        )
    )
