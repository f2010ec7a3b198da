"""What really happened at a site: the measure for every number a client derives."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Self

from solar_simulator.model import Model
from solar_simulator.noise import Ints
from solar_simulator.physics import Flow
from solar_simulator.units import kwh
from solar_simulator.zones import day_bounds, from_minute, local_date, local_time, to_minute

HALF_HOUR_MINUTES = 30
HOUR_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Energies:
    """Exact energies of a stretch of time, in kWh.

    ``pv + imported + discharge = load + exported + charge``, up to the last bit of a
    double; in the watt-minutes behind it, exactly.
    """

    pv_kwh: float
    load_kwh: float
    import_kwh: float
    export_kwh: float
    charge_kwh: float
    discharge_kwh: float

    @classmethod
    def of(cls, flows: Ints) -> Self:
        """From watt-minutes by :class:`Flow`."""
        return cls(
            kwh(flows[Flow.PV]),
            kwh(flows[Flow.LOAD]),
            kwh(flows[Flow.IMPORT]),
            kwh(flows[Flow.EXPORT]),
            kwh(flows[Flow.CHARGE]),
            kwh(flows[Flow.DISCHARGE]),
        )

    def as_dict(self) -> dict[str, float]:
        """By name, units in the names."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of truth.

    Attributes:
        start_utc: First instant (aware, UTC).
        end_utc: Exclusive end (aware, UTC).
        local_date: The date on the site's clock at ``start_utc``.
        local_label: ``YYYY-MM-DD HH:MM`` on the site's clock at ``start_utc``.
        energies: What flowed.
        soc_pct: State of charge at ``end_utc``; None without a battery.
    """

    start_utc: datetime
    end_utc: datetime
    local_date: date
    local_label: str
    energies: Energies
    soc_pct: float | None

    def as_dict(self) -> dict[str, object]:
        """Flat, for JSON."""
        return {
            "start_utc": self.start_utc.isoformat(),
            "end_utc": self.end_utc.isoformat(),
            "local_date": self.local_date.isoformat(),
            "local_label": self.local_label,
            **self.energies.as_dict(),
            "soc_pct": self.soc_pct,
        }


class Truth:
    """Exact energies and states of every site, for any time, past or future.

    Switches and faults never change it: they distort answers, not the site.

    Args:
        model: The sites' physics.
    """

    def __init__(self, model: Model) -> None:
        self._model = model

    @property
    def site_ids(self) -> list[str]:
        """All sites, in the scenario's order."""
        return list(self._model.sites)

    def energy(self, site_id: str, start_utc: datetime, end_utc: datetime) -> Energies:
        """Energies of ``[start_utc, end_utc)``.

        Raises:
            ValueError: If an end has no offset or is not on a full minute.
        """
        return Energies.of(
            self._model.energy(site_id, _full_minute(start_utc), _full_minute(end_utc))
        )

    def day(self, site_id: str, day: date) -> Energies:
        """Energies of a local day of 23, 23.5, 24, 24.5 or 25 hours."""
        return Energies.of(self._model.energy(site_id, *day_bounds(self._zone(site_id), day)))

    def hours(self, site_id: str, start_utc: datetime, end_utc: datetime) -> list[Row]:
        """A table by UTC hour; both ends on full hours."""
        first, last = _full_minute(start_utc), _full_minute(end_utc)
        return self._table(site_id, list(range(first, last + 1, HOUR_MINUTES)))

    def half_hours(self, site_id: str, first_day: date, last_day: date) -> list[Row]:
        """A table by half hour of the local clock; ``last_day`` is included.

        On the day that gains an hour its half hours come twice, in order of time.
        """
        zone = self._zone(site_id)
        begin, end = day_bounds(zone, first_day)[0], day_bounds(zone, last_day)[1]
        return self._table(site_id, list(range(begin, end + 1, HALF_HOUR_MINUTES)))

    def days(self, site_id: str, first_day: date, last_day: date) -> list[Row]:
        """A table by local day; ``last_day`` is included."""
        zone = self._zone(site_id)
        count = (last_day - first_day).days + 1
        days = [first_day + timedelta(days=n) for n in range(count + 1)]
        return self._table(site_id, [day_bounds(zone, day)[0] for day in days])

    def counters(self, site_id: str, at_utc: datetime) -> Energies:
        """Energies since the installation."""
        return Energies.of(self._model.lifetime(site_id, _full_minute(at_utc)))

    def soc_pct(self, site_id: str, at_utc: datetime) -> float | None:
        """State of charge at an instant, percent; None without a battery."""
        return self._soc(site_id, _full_minute(at_utc))

    def balance_residual_wmin(self, site_id: str, start_utc: datetime, end_utc: datetime) -> int:
        """``PV + IMPORT + DISCHARGE - LOAD - EXPORT - CHARGE``: 0, always."""
        flows = self._model.energy(site_id, _full_minute(start_utc), _full_minute(end_utc))
        come = flows[Flow.PV] + flows[Flow.IMPORT] + flows[Flow.DISCHARGE]
        gone = flows[Flow.LOAD] + flows[Flow.EXPORT] + flows[Flow.CHARGE]
        return int(come - gone)

    def _zone(self, site_id: str) -> str:
        return self._model.sites[site_id].zone

    def _soc(self, site_id: str, minute: int) -> float | None:
        battery = self._model.sites[site_id].battery
        if battery is None:
            return None
        return 100 * self._model.store(site_id, minute) / battery.capacity_wmin

    def _table(self, site_id: str, edges: list[int]) -> list[Row]:
        zone = self._zone(site_id)
        return [
            Row(
                from_minute(start),
                from_minute(end),
                local_date(zone, start),
                f"{local_time(zone, start):%Y-%m-%d %H:%M}",
                Energies.of(self._model.energy(site_id, start, end)),
                self._soc(site_id, end),
            )
            for start, end in pairwise(edges)
        ]


def _full_minute(at: datetime) -> int:
    if at.second or at.microsecond:
        message = f"{at.isoformat()} is not on a full minute, the step of the model"
        raise ValueError(message)
    return to_minute(at)
