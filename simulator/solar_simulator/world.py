"""Everything one running simulator consists of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from solar_simulator.calls import CallLog
from solar_simulator.clock import VirtualClock
from solar_simulator.distortion import distorted, distorted_minutes, distorted_sum
from solar_simulator.faults import Faults
from solar_simulator.model import Model, Series
from solar_simulator.noise import Ints
from solar_simulator.physics import Flow
from solar_simulator.quota import Allowance
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
    solaredge_client_id: str = "demo-client"
    solaredge_client_secret: str = "demo-client-secret"  # noqa: S105
    solaredge_refresh_prefix: str = "demo-refresh-"
    solaredge_v1_account_key: str = "DEMOACCOUNTKEY000000000000000000"
    solaredge_v1_rightless_key: str = "DEMORIGHTLESSKEY0000000000000000"
    solaredge_v1_site_key_prefix: str = "DEMOSITEKEY"

    def solaredge_v1_site_key(self, site_id: str) -> str:
        """The v1 key that sees one site: 32 letters and digits."""
        return f"{self.solaredge_v1_site_key_prefix}{site_id:0>21}"

    def solaredge_refresh_token(self, site_id: str) -> str:
        """The v2 refresh token of a site, which serves once."""
        return f"{self.solaredge_refresh_prefix}{site_id}"


@dataclass(frozen=True, slots=True)
class World:
    """One scenario, running.

    Attributes:
        scenario: Where it began.
        clock: What time it is.
        model: The sites' physics.
        truth: What really happened.
        switches: The oddities.
        faults: What goes wrong on demand.
        calls: Who asked what.
        credentials: What lets a client in.
    """

    scenario: Scenario
    clock: VirtualClock
    model: Model
    truth: Truth
    switches: Switches
    faults: Faults
    calls: CallLog = field(default_factory=CallLog)
    credentials: Credentials = field(default_factory=Credentials)
    _resets: list[Callable[[], None]] = field(default_factory=list)
    _quotas: list[Callable[[], list[Allowance]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Note the beginning, to return to it on a reset."""
        begin, speed = self.clock.now(), self.clock.speed
        # The speed first: a clock that still runs would leave the instant it is set to.
        self._resets.append(lambda: self.clock.run(speed))
        self._resets.append(lambda: self.clock.set(begin))

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
            Faults(scenario.faults),
        )

    def sites(self, vendor: Vendor) -> list[Site]:
        """The sites of one vendor that exist by now."""
        now = self.now_minute()
        return [
            site
            for site in self.scenario.sites.values()
            if site.vendor == vendor and site.connected_minute <= now
        ]

    def site(self, vendor: Vendor, site_id: str) -> Site | None:
        """One site, if the vendor has it by now."""
        site = self.scenario.sites.get(site_id)
        if site is None or site.vendor != vendor or site.connected_minute > self.now_minute():
            return None
        return site

    def now_minute(self) -> int:
        """The minute that is running."""
        return to_minute(self.clock.now())

    def steps(self, site_id: str, start_minute: int, end_minute: int) -> Series:
        """Five-minute sums as the clouds report them: the truth, unless switches distort it."""
        return distorted(
            self.switches,
            site_id,
            self.now_minute(),
            self.model.steps(site_id, start_minute, end_minute),
        )

    def reported(
        self, site_id: str, start_minute: int, flows: Ints, inverter_ac: Ints
    ) -> tuple[Ints, Ints]:
        """Flows and AC output by minute as the clouds report them."""
        return distorted_minutes(
            self.switches, site_id, self.now_minute(), start_minute, (flows, inverter_ac)
        )

    def energy(self, site_id: str, start_minute: int, end_minute: int) -> Ints:
        """Watt-minutes by flow as the clouds report them."""
        return self.totals(site_id, start_minute, end_minute)[: len(Flow)]

    def totals(self, site_id: str, start_minute: int, end_minute: int) -> Ints:
        """The same, and after the flows the AC output of each inverter."""
        return distorted_sum(
            self.switches, self.model, site_id, self.now_minute(), (start_minute, end_minute)
        )

    def reset(self) -> None:
        """Everything as at the start."""
        self.switches.reset()
        self.faults.reset()
        self.calls.reset()
        for forget in self._resets:
            forget()

    def quotas(self) -> list[Allowance]:
        """What callers have used of every quota that has been touched lately."""
        return [allowance for told in self._quotas for allowance in told()]

    def tell_quotas(self, *told: Callable[[], list[Allowance]]) -> None:
        """Have a cloud's quotas shown."""
        self._quotas.extend(told)

    def on_reset(self, *forget: Callable[[], None]) -> None:
        """Have something forgotten, such as tokens and quotas, whenever the world is reset."""
        self._resets.extend(forget)
