"""What can be wrong with history rows (docs/vendors/sigen.md, data quality)."""

import numpy as np
from numpy.typing import NDArray

from solar_simulator.model import STEP_MINUTES
from solar_simulator.noise import Floats, Ints, key_of, uniform
from solar_simulator.physics import Flow
from solar_simulator.site import Site
from solar_simulator.world import World

POWERS = (
    "pvTotalPower",
    "loadPower",
    "toGridPower",
    "fromGridPower",
    "esChargeDischargePower",
    "esChargePower",
    "esDischargePower",
    "oneselfPower",
)
ENERGIES = (
    "powerGeneration",
    "powerToGrid",
    "powerSelfConsumption",
    "powerUse",
    "powerFromGrid",
    "powerOneself",
    "powerFromBattery",
    "esCharging",
    "esDischarging",
)
STATE = "batSoc"
UNDOCUMENTED = "heatPumpPower"

_SENTINELS = np.array((4294967.295, 42949672.95, 429496729.5, 4294967295.0))
_HALF_HOUR = 30
_HARD_SHARE = 0.6
_DROP = object()

Columns = dict[str, Floats]
Row = dict[str, object]


def kept_rows(world: World, site: Site, stamps: Ints) -> NDArray[np.bool_]:
    """Which rows are there: all but the missing, which may turn up hours later."""
    missing = world.switches.hits("sigen.missing_rows", site.site_id, stamps)
    hours = world.switches.get("sigen.missing_for_hours", site.site_id)
    if hours:
        missing &= world.now_minute() - stamps < hours * 60
    kept: NDArray[np.bool_] = ~missing
    return kept


def distort_columns(world: World, site: Site, stamps: Ints, columns: Columns, before: Ints) -> None:
    """Change the columns of a day in place.

    Args:
        world: Switches.
        site: The station.
        stamps: UTC minute of each row.
        columns: By field name; powers in kW, energies in kWh.
        before: Flows of the five minutes before each stamp.
    """
    switches = world.switches

    def hits(name: str, at: Ints = stamps) -> NDArray[np.bool_]:
        return switches.hits(name, site.site_id, at)

    if switches.get("sigen.no_power_from_battery", site.site_id, int(stamps[0])):
        columns["powerFromBattery"] = np.zeros(len(stamps))
    if switches.get("sigen.standby_leak", site.site_id, int(stamps[0])):
        idle = columns["esChargeDischargePower"] == 0
        leak = np.round(0.01 + 0.01 * uniform(key_of(world.scenario.seed, "leak"), stamps), 3)
        columns["esDischargePower"] = np.where(idle, leak, columns["esDischargePower"])
    if switches.get("sigen.low_pv_power", site.site_id, int(stamps[0])) and site.battery:
        hard = (
            before[Flow.DISCHARGE] > site.battery.discharge_kw * 1000 * STEP_MINUTES * _HARD_SHARE
        )
        columns["pvTotalPower"] = np.where(hard, 0.0, columns["pvTotalPower"])

    flicker, zeroed = hits("sigen.flicker"), hits("sigen.zero_counters")
    dips = hits("sigen.dips", stamps // _HALF_HOUR * _HALF_HOUR)
    depth = float(switches.get("sigen.dip_kwh", site.site_id))
    for name in ENERGIES:
        low = np.where(flicker, 0.01, 0.0) + np.where(dips, depth, 0.0)
        lowered = np.round(np.maximum(columns[name] - low, 0.0), 2)
        columns[name] = np.where(zeroed, 0.0, lowered)
    sentinel = hits("sigen.sentinels")
    if sentinel.any():
        dice = uniform(key_of(world.scenario.seed, "sentinel"), stamps)
        which = np.maximum((6 * dice).astype(np.int64) - 2, 0)
        for name in POWERS:
            columns[name] = np.where(sentinel, _SENTINELS[which], columns[name])


def distort_fields(world: World, site: Site, stamps: Ints, rows: list[Row]) -> None:
    """Make fields of some rows null, leave them out, or add one, in place."""
    null = world.switches.hits("sigen.null_fields", site.site_id, stamps)
    absent = world.switches.hits("sigen.missing_fields", site.site_id, stamps)
    for index in np.flatnonzero(null | absent):
        for name in (*POWERS, STATE):
            if absent[index]:
                rows[index].pop(name, _DROP)
            else:
                rows[index][name] = None
    unknown = world.switches.hits("sigen.unknown_fields", site.site_id, stamps)
    for index in np.flatnonzero(unknown):
        rows[index][UNDOCUMENTED] = 0.0
