"""Sigen days made by hand: rows, totals and the truth of them, for a test to spoil.

A day is 288 rows of a house in UTC. Powers are means of the five minutes before a row's stamp,
counters run since midnight and are printed with two decimals, as the cloud does.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from raw_rows import RawRows
    from raw_warehouse import Row

QUANTITIES = ("pv", "load", "import", "export", "charge", "discharge")
COUNTERS = {
    "power_generation": "pv", "power_to_grid": "pv_to_grid", "power_use": "load",
    "es_charging": "charge", "es_discharging": "discharge",
}  # fmt: skip
ROWS = 288
FIRST = dt.date(2026, 3, 10)
FETCHED = "2026-03-14T06:00:00Z"

Flows = dict[str, float]


def house(row: int) -> Flows:
    """Return the kW of a house with a battery in the five minutes that end with a row."""
    hour = (row - 0.5) / 12
    pv = max(0.0, 3.2 * math.sin(math.pi * (hour - 6) / 12)) if 6 < hour < 18 else 0.0
    load = 0.4 + 0.3 * (int(hour) * 7 % 5) / 4
    charge = min(1.0, max(0.0, pv - load)) if hour < 12 else 0.0
    discharge = load if 18 <= hour < 22 else 0.0
    return _flows(pv, load, charge, discharge, discharge)


def works(row: int) -> Flows:
    """Return the kW of a works whose battery feeds it in the evening and sells a little."""
    hour = (row - 0.5) / 12
    pv = max(0.0, 60 * math.sin(math.pi * (hour - 6) / 12)) if 6 < hour < 18 else 0.0
    load = 28.0 + 0.05 * (row % 5)
    charge = min(25.0, max(0.0, pv - load))
    selling = 18 <= hour < 20
    return _flows(pv, load, charge, 29.0 if selling else 0.0, load if selling else 0.0)


def _flows(pv: float, load: float, charge: float, discharge: float, to_load: float) -> Flows:
    to_grid = max(0.0, pv - load - charge)
    return {
        "pv": pv, "load": load, "charge": charge, "discharge": discharge, "pv_to_grid": to_grid,
        "battery_to_load": to_load,
        "import": max(0.0, load + charge + to_grid - pv - to_load),
        "export": to_grid + discharge - to_load,
    }  # fmt: skip


@dataclass
class Day:
    """One day of one system.

    Attributes:
        rows: Raw rows in order.
        totals: What the day's answer says of the whole day, kWh.
        listed: What the month's answer says of it; empty where it was not fetched.
    """

    rows: list[Row]
    totals: dict[str, float | None]
    listed: dict[str, float | None]

    def between(self, start: str, end: str) -> list[Row]:
        """Return the rows from one time of day up to another."""
        return [row for row in self.rows if start <= row["local_time"][11:16] < end]

    def drop(self, start: str, end: str) -> None:
        """Take rows out."""
        gone = self.between(start, end)
        self.rows = [row for row in self.rows if row not in gone]

    def set(self, start: str, end: str, **values: float | None) -> None:
        """Give some rows other values."""
        for row in self.between(start, end):
            row.update(values)

    def freeze(self, start: str, end: str) -> None:
        """Let rows repeat the last one before them."""
        last = max(row["local_time"] for row in self.between("00:00", start))
        source = next(row for row in self.rows if row["local_time"] == last)
        for row in self.between(start, end):
            row.update({name: source[name] for name in source if name not in LABELS})


LABELS = ("local_time", "recorded_at", "data_time", "seq", "local_date")


@dataclass(frozen=True)
class System:
    """A system with one day to spoil, and a plain one on either side.

    Attributes:
        name: Its id.
        spoil: Changes the day.
        flows: kW by row.
        pv_kw: Nameplate; None where the cloud does not say it.
        battery_kwh: Likewise.
        day: The day in the middle.
    """

    name: str
    spoil: Callable[[Day], None] = lambda _: None
    flows: Callable[[int], Flows] = house
    pv_kw: float | None = 4.0
    battery_kwh: float | None = 6.0
    day: dt.date = field(default=FIRST + dt.timedelta(days=1))

    def truth(self) -> dict[str, list[float]]:
        """Return what flows in each half hour of a day, by quantity, kWh."""
        found = {name: [0.0] * 48 for name in QUANTITIES}
        for row in range(1, ROWS + 1):
            for name in QUANTITIES:
                found[name][(row - 1) // 6] += self.flows(row)[name] / 12
        return found

    def add_to(self, rows: RawRows) -> None:
        """Add the raw rows of three days, the middle one spoilt."""
        for number in range(3):
            date = FIRST + dt.timedelta(days=number)
            day = self._plain(date)
            if date == self.day:
                self.spoil(day)
            rows.add("sigen.history_intervals", day.rows)
            about = {
                **_clock(date, 0), "system_id": self.name, "fetched_at": FETCHED, "timezone": "UTC",
            }  # fmt: skip
            rows.add(
                "sigen.history_days",
                [{**about, **day.totals, "n_points": len(day.rows), "expected_points": ROWS}],
            )
            if day.listed:
                rows.add("sigen.daily_totals", [{**about, **day.listed}])
        rows.add(
            "sigen.systems",
            [
                {
                    "system_id": self.name, "system_name": self.name, "time_zone": "UTC",
                    "pv_capacity": self.pv_kw, "battery_capacity": self.battery_kwh,
                    "fetched_at": FETCHED,
                }
            ],
        )  # fmt: skip

    def _plain(self, date: dt.date) -> Day:
        run = dict.fromkeys(COUNTERS, 0.0)
        found: list[Row] = []
        for row in range(ROWS):
            flows = self.flows(row or ROWS)
            if row:
                run = {name: value + flows[COUNTERS[name]] / 12 for name, value in run.items()}
            found.append(
                {
                    **_clock(date, row), "system_id": self.name, "seq": row, "fetched_at": FETCHED,
                    "is_valid_local_time": True,
                    "pv_total_power": round(flows["pv"], 3), "load_power": round(flows["load"], 3),
                    "to_grid_power": round(flows["pv_to_grid"], 3),
                    "from_grid_power": round(flows["import"], 3),
                    "es_charge_power": round(flows["charge"], 3),
                    "es_discharge_power": round(flows["battery_to_load"], 3),
                    "es_charge_discharge_power": round(flows["charge"] - flows["discharge"], 3),
                    "oneself_power": round(flows["load"] - flows["import"], 3),
                    "bat_soc": 50.0,
                    **{name: round(value, 2) for name, value in run.items()},
                }
            )  # fmt: skip
        last = self.flows(ROWS)
        total: dict[str, float | None] = {
            name: round(value + last[COUNTERS[name]] / 12, 2) for name, value in run.items()
        }
        return Day(found, total, dict(total))


def _clock(date: dt.date, row: int) -> dict[str, Any]:
    at = dt.datetime.combine(date, dt.time()) + dt.timedelta(minutes=5 * row)
    return {
        "recorded_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "local_time": f"{at:%Y-%m-%d %H:%M:%S}",
        "utc_offset_minutes": 0,
        "local_date": str(date),
    }
