"""What a site consists of: plain data, read from a scenario file."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from solar_simulator.noise import key_of
from solar_simulator.units import MINUTES_PER_DAY, wmin
from solar_simulator.zones import to_minute

FAR_FUTURE = 1_000_000_000
"""A minute, as of ``zones``, beyond all that is simulated."""

Vendor = Literal["sigen", "solaredge"]
ChargerKind = Literal["AcCharger", "DcCharger", "EVAC"]
Measurement = Literal[
    "SensorGlobalHorizontalIrradiance",
    "SensorDiffusedIrradiance",
    "SensorDirectIrradiance",
    "SensorAmbientTemperature",
    "SensorModuleTemperature",
    "SensorWindSpeed",
]


@dataclass(frozen=True, slots=True)
class Inverter:
    """One inverter and the modules on it.

    Attributes:
        serial: Serial number.
        rated_kw: Most AC power; what the modules give above it is clipped.
        pv_kwp: Modules at standard conditions.
        tilt_deg: 0 is flat.
        azimuth_deg: 180 is south.
        model: Vendor's model or part number; a default stands in where empty.
        optimizers: Power optimizers connected (SolarEdge).
    """

    serial: str
    rated_kw: float
    pv_kwp: float
    tilt_deg: float = 30.0
    azimuth_deg: float = 180.0
    model: str = ""
    optimizers: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """A daily stretch of local time in which the battery is driven at some power.

    Attributes:
        start: ``HH:MM`` local, inclusive.
        end: ``HH:MM`` local, exclusive; before ``start`` means across midnight.
        power_kw: Power asked for.
    """

    start: str
    end: str
    power_kw: float

    def holds(self, minute_of_day: int) -> bool:
        """Whether a local minute of the day (0..1439) lies inside."""
        first, last = (_minute_of_day(text) for text in (self.start, self.end))
        since = (minute_of_day - first) % MINUTES_PER_DAY
        return since < (last - first) % MINUTES_PER_DAY


@dataclass(frozen=True, slots=True)
class Battery:
    """The site's battery, seen from the AC side.

    Attributes:
        serial: Serial number.
        capacity_kwh: Energy stored at 100 %.
        charge_kw: Most charging power.
        discharge_kw: Most discharging power.
        min_soc_pct: Discharging stops here; also the state on the first day.
        efficiency_permille: Each way; the losses stay inside.
        grid_charge: Charging from the grid, where set.
        grid_export: Feeding the battery into the grid, where set.
        model: Vendor's model or part number.
    """

    serial: str
    capacity_kwh: float
    charge_kw: float
    discharge_kw: float
    min_soc_pct: float = 10.0
    efficiency_permille: int = 970
    grid_charge: Window | None = None
    grid_export: Window | None = None
    model: str = ""

    @property
    def capacity_wmin(self) -> int:
        """Energy stored at 100 %."""
        return wmin(self.capacity_kwh)

    @property
    def floor_wmin(self) -> int:
        """Energy that stays in the store."""
        return wmin(self.capacity_kwh * self.min_soc_pct / 100)


@dataclass(frozen=True, slots=True)
class Household:
    """What the house, the car and the heat pump draw.

    Attributes:
        daily_kwh: About what the house draws a day, without the other two.
        ev_kw: Charging power of the car; 0 is no car.
        heat_pump_kw: Most power of the heat pump; 0 is none.
    """

    daily_kwh: float = 11.0
    ev_kw: float = 0.0
    heat_pump_kw: float = 0.0


@dataclass(frozen=True, slots=True)
class Charger:
    """The box that charges the car of ``Household.ev_kw``, where the cloud lists it.

    Attributes:
        serial: Serial number.
        kind: Sigen's device type; a ``DcCharger`` feeds the car on the DC side.
        model: Vendor's model or part number.
    """

    serial: str
    kind: ChargerKind = "AcCharger"
    model: str = ""


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor of the weather at the site's gateway (SolarEdge v1).

    Attributes:
        name: Shown name.
        measurement: What it measures; here the direct irradiance is that on the modules.
    """

    name: str
    measurement: Measurement


@dataclass(frozen=True, slots=True)
class Alert:
    """A trouble ticket of a site (SolarEdge).

    Attributes:
        alert_id: Number.
        category: For example ``EQUIPMENT``.
        kind: The vendor's ``type``, for example ``DC Isolation``.
        impact: 0 to 9.
        first_trigger: When it began.
        serial: The device concerned.
    """

    alert_id: int
    category: str
    kind: str
    impact: int
    first_trigger: datetime
    serial: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """A device that stood at the site before another took its place.

    Inverters, batteries, meters and chargers can be replaced, also more than once.

    Attributes:
        serial: The old device.
        successor: The one that replaced it, of the same kind and rating.
        at: When.
        register_kwh: What the successor's register shows on its first day (SolarEdge meters).
    """

    serial: str
    successor: str
    at: datetime
    register_kwh: float = 0.0


@dataclass(frozen=True, slots=True)
class Site:
    """One system of one vendor.

    Attributes:
        vendor: Whose cloud shows it.
        site_id: The vendor's id, as text.
        name: Shown name.
        zone: IANA zone, which cuts its days.
        latitude: Degrees north.
        longitude: Degrees east.
        installed_at: First instant of data (aware).
        inverters: At least one.
        battery: Where there is one.
        household: What it draws.
        phases: 1, 2 (split phase) or 3.
        grid_volts: Nominal phase voltage.
        grid_hertz: Nominal frequency.
        metered: Whether SolarEdge sees import, export and consumption.
        production_meter: Serial of the meter at the inverters; made up where empty (SolarEdge).
        grid_meter: Serial of the meter at the grid: made up where empty on SolarEdge, while a
            Sigen station without one has a gateway alone.
        charger: The car's charger, where the cloud lists it.
        sensors: Weather sensors (SolarEdge v1).
        site_image: File name of the site's picture; empty where none was uploaded.
        installer_image: File name of the installer's logo; empty where there is none.
        address: Shown postal address.
        city: Shown city.
        state: Shown state; empty where the country shows none.
        state_code: Its two letters.
        country: Shown country.
        country_code: Two letters.
        zip_code: Shown postal code.
        pending: Listed, but never sent anything (SolarEdge).
        power_flow: Whether SolarEdge can show the live flow.
        alerts: Trouble tickets.
        replacements: Devices of the past.
    """

    vendor: Vendor
    site_id: str
    name: str
    zone: str
    latitude: float
    longitude: float
    installed_at: datetime
    inverters: tuple[Inverter, ...]
    battery: Battery | None = None
    household: Household = field(default_factory=Household)
    phases: int = 1
    grid_volts: float = 230.0
    grid_hertz: float = 50.0
    metered: bool = True
    address: str = "1 Example Street"
    city: str = "Exampleton"
    state: str = ""
    state_code: str = ""
    country: str = "Exampleland"
    country_code: str = "XX"
    zip_code: str = "00000"
    pending: bool = False
    power_flow: bool = True
    alerts: tuple[Alert, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    production_meter: str = ""
    grid_meter: str = ""
    charger: Charger | None = None
    sensors: tuple[Sensor, ...] = ()
    site_image: str = "roof.png"
    installer_image: str = ""

    @property
    def connected_minute(self) -> int:
        """When the site was set up, and lists begin to show it."""
        return to_minute(self.installed_at)

    @property
    def installed_minute(self) -> int:
        """The first minute of data; far away for a site that is still pending."""
        return FAR_FUTURE if self.pending else self.connected_minute

    @property
    def pv_kwp(self) -> float:
        """All modules at standard conditions."""
        return round(sum(inverter.pv_kwp for inverter in self.inverters), 3)

    @property
    def grid_charged(self) -> bool:
        """Whether the battery ever holds energy from the grid."""
        return self.battery is not None and self.battery.grid_charge is not None

    @property
    def production_meter_serial(self) -> str:
        """The meter at the inverters (SolarEdge)."""
        return self.production_meter or _made_up(self, "production meter", 600_000_000)

    @property
    def grid_meter_serial(self) -> str:
        """The meter at the grid: import and export share it, and its serial (SolarEdge)."""
        return self.grid_meter or _made_up(self, "grid meter", 700_000_000)

    @property
    def gateway_serial(self) -> str:
        """The gateway: on Sigen every station's, on SolarEdge that of the sensors."""
        return f"110G{self.site_id[-8:]}" if self.vendor == "sigen" else f"73DE{self.site_id}"

    @property
    def places(self) -> tuple[str, ...]:
        """The serials of all devices that end up at the site: each a place for others before."""
        found = [inverter.serial for inverter in self.inverters]
        found += [device.serial for device in (self.battery, self.charger) if device]
        if self.vendor == "solaredge" and self.metered:
            found += [self.production_meter_serial, self.grid_meter_serial]
        elif self.grid_meter:
            found.append(self.grid_meter)
        return (*found, self.gateway_serial)

    def place_of(self, serial: str) -> str:
        """The device that ends up where a device stands or stood: itself, or a successor."""
        successors = {old.serial: old.successor for old in self.replacements}
        while serial in successors:
            serial = successors.pop(serial)
        return serial

    def inverter_index(self, serial: str) -> int | None:
        """Position of an inverter, by its serial or that of one it replaced."""
        place = self.place_of(serial)
        for index, inverter in enumerate(self.inverters):
            if inverter.serial == place:
                return index
        return None


def _made_up(site: Site, what: str, base: int) -> str:
    return str(base + key_of(site.site_id, what) % 99_999_999)


def _minute_of_day(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
