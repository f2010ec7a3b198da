"""Everything one running simulator consists of."""

from dataclasses import dataclass, field
from typing import Self

from solar_simulator.calls import CallLog
from solar_simulator.clock import VirtualClock
from solar_simulator.model import Model
from solar_simulator.scenario import Scenario
from solar_simulator.site import Site, Vendor
from solar_simulator.switches import Switches
from solar_simulator.truth import Truth
from solar_simulator.zones import to_minute


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the clouds accept; all invented, so safe to print."""

    sigen_username: str = "demo@example.com"
    sigen_password: str = "demo-password"  # noqa: S105
    sigen_app_key: str = "demo-app-key"
    sigen_app_secret: str = "demo-app-secret"  # noqa: S105
    solaredge_fleet_key: str = "DEMO-FLEET-KEY"


@dataclass(frozen=True, slots=True)
class World:
    """One scenario, running.

    Attributes:
        scenario: Where it began.
        clock: What time it is.
        model: The sites' physics.
        truth: What really happened.
        switches: The oddities.
        calls: Who asked what.
        credentials: What lets a client in.
    """

    scenario: Scenario
    clock: VirtualClock
    model: Model
    truth: Truth
    switches: Switches
    calls: CallLog = field(default_factory=CallLog)
    credentials: Credentials = field(default_factory=Credentials)

    @classmethod
    def of(cls, scenario: Scenario, clock: VirtualClock | None = None) -> Self:
        """A world at the scenario's beginning."""
        model = Model(scenario.seed, scenario.sites)
        return cls(
            scenario,
            clock or VirtualClock(scenario.now),
            model,
            Truth(model),
            Switches(scenario.seed, scenario.switches, scenario.rules),
        )

    def sites(self, vendor: Vendor) -> list[Site]:
        """The sites of one vendor that exist by now."""
        now = self.now_minute()
        return [
            site
            for site in self.scenario.sites.values()
            if site.vendor == vendor and site.installed_minute <= now
        ]

    def site(self, vendor: Vendor, site_id: str) -> Site | None:
        """One site, if the vendor has it by now."""
        site = self.scenario.sites.get(site_id)
        if site is None or site.vendor != vendor or site.installed_minute > self.now_minute():
            return None
        return site

    def now_minute(self) -> int:
        """The minute that is running."""
        return to_minute(self.clock.now())

    def reset(self) -> None:
        """Clock, switches and log as at the start."""
        self.clock.set(self.scenario.now)
        self.switches.reset()
        self.calls.reset()
