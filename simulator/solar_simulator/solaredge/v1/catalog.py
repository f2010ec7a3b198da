"""Sites and equipment (docs/vendors/solaredge.md, v1 lists)."""

from collections.abc import Mapping

from solar_simulator.noise import key_of
from solar_simulator.site import Site
from solar_simulator.solaredge.devices import (
    grid_meter_serial,
    part_number,
    production_meter_serial,
    shuffled,
)
from solar_simulator.solaredge.problem import ProblemError
from solar_simulator.solaredge.v1.totals import last_update_date
from solar_simulator.world import World
from solar_simulator.zones import local_date

ACCOUNT_ID = 90001
_PAGE_MOST = 100
_STATUSES = {"active": "Active", "pending": "Pending Communication", "disabled": "Disabled"}
_SORTED_BY = {
    "name": "name",
    "status": "status",
    "peakpower": "peakPower",
    "installationdate": "installationDate",
}
_IN_LOCATION = ("country", "state", "city", "address", "zip")
_WITHOUT_EFFECT = ("amount", "maxseverity")

Query = Mapping[str, str]
Entry = dict[str, object]


def site_entry(world: World, site: Site, *, account: bool) -> Entry:
    """A site as lists and details show it; account keys see alerts counted."""
    installed = local_date(site.zone, site.connected_minute).isoformat()
    base = f"/site/{site.site_id}"
    entry: Entry = {
        "id": int(site.site_id),
        "name": site.name,
        "accountId": ACCOUNT_ID,
        "status": _STATUSES["pending" if site.pending else "active"],
        "peakPower": site.pv_kwp,
        "lastUpdateTime": None if site.pending else last_update_date(world, site),
        "installationDate": installed,
        "ptoDate": None,
        "notes": "",
        "type": "Optimizers & Inverters",
        "location": _location(site),
        "primaryModule": {
            "manufacturerName": "Invented Solar",
            "modelName": "IS-400",
            "maximumPower": 400.0,
            "temperatureCoef": -0.38,
        },
        "uris": {
            "SITE_IMAGE": f"{base}/siteImage/roof.jpeg",
            "DATA_PERIOD": f"{base}/dataPeriod",
            "DETAILS": f"{base}/details",
            "OVERVIEW": f"{base}/overview",
        },
        "publicSettings": {"isPublic": False},
    }
    if account:
        entry["alertQuantity"] = len(site.alerts)
        entry["alertSeverity"] = "HIGH" if site.alerts else "NONE"
    return entry


def _location(site: Site) -> Entry:
    """State and its code only where the country has them."""
    state = {"state": site.state} if site.state else {}
    code = {"stateCode": site.state_code} if site.state else {}
    return {
        "country": site.country,
        **state,
        "city": site.city,
        "address": site.address,
        "address2": "",
        "zip": site.zip_code,
        "timeZone": site.zone,
        "countryCode": site.country_code,
        **code,
    }


def site_list(world: World, sites: list[Site], query: Query, *, account: bool) -> Entry:
    """A page of the sites that a key sees, searched, filtered and sorted.

    Raises:
        ProblemError: 400 for a page size over 100 or an unknown property.
    """
    entries = [site_entry(world, site, account=account) for site in sites]
    entries = [entry for entry in entries if _matches(entry, query)]
    _sort(entries, query)
    size, start = _number(query, "size", _PAGE_MOST), _number(query, "startIndex", 0)
    if not 1 <= size <= _PAGE_MOST or start < 0:
        raise ProblemError(400, f"size is 1 to {_PAGE_MOST}, startIndex not negative")
    page = entries[start : start + size]
    shown: object = page
    if len(page) == 1 and world.switches.get("solaredge.v1_one_site_object"):
        shown = page[0]
    return {"sites": {"count": len(entries), world.switches.get("solaredge.v1_list"): shown}}


def _matches(entry: Entry, query: Query) -> bool:
    asked = query.get("status", "Active,Pending").lower().split(",")
    fits = "all" in asked or entry["status"] in {_STATUSES.get(word) for word in asked}
    location = entry["location"]
    words = [entry["name"], entry["notes"]]
    if isinstance(location, dict):
        words += [location[name] for name in ("city", "zip", "country")]
    text = query.get("searchText", "").lower()
    return fits and any(text in str(word).lower() for word in words)


def _sort(entries: list[Entry], query: Query) -> None:
    name = query.get("sortProperty", "").lower()
    if not name:
        return
    if name in _SORTED_BY:
        key = _SORTED_BY[name]
        entries.sort(key=lambda entry: str(entry[key]))
    elif name in _IN_LOCATION:
        entries.sort(key=lambda entry: _in_location(entry, name))
    elif name not in _WITHOUT_EFFECT:
        raise ProblemError(400, f"Unknown sort property '{name}'")
    if query.get("sortOrder", "ASC").upper() == "DESC":
        entries.reverse()


def _in_location(entry: Entry, name: str) -> str:
    location = entry["location"]
    return str(location.get(name, "")) if isinstance(location, dict) else ""


def _number(query: Query, name: str, default: int) -> int:
    try:
        return int(query.get(name, default))
    except ValueError:
        raise ProblemError(400, f"'{name}' is a number") from None


def equipment_list(_world: World, site: Site, _query: Query) -> Entry:
    """Inverters only, never optimizers."""
    found = [
        {
            "name": f"Inverter {number}",
            "manufacturer": "SolarEdge",
            "model": part_number(inverter),
            "serialNumber": inverter.serial,
            "kWpDC": inverter.pv_kwp,
        }
        for number, inverter in enumerate(site.inverters, start=1)
    ]
    return {"reporters": {"count": len(found), "list": found}}


def inventory(world: World, site: Site, _query: Query) -> Entry:
    """All equipment; the five lists are there even when empty."""
    return {
        "Inventory": {
            "inverters": shuffled(world, site, _inverters(site)),
            "batteries": _batteries(site),
            "gateways": [],
            "sensors": [],
            "meters": shuffled(world, site, _meters(site)),
        }
    }


def _inverters(site: Site) -> list[Entry]:
    return [
        {
            "name": f"Inverter {number}",
            "manufacturer": "SolarEdge",
            "model": part_number(inverter),
            "communicationMethod": "ETHERNET" if number == 1 else "RS485",
            "dsp1Version": "1.13.1938",
            "dsp2Version": "2.19.1511",
            "cpuVersion": "4.18.518",
            "connectedOptimizers": inverter.optimizers,
            "SN": inverter.serial,
        }
        for number, inverter in enumerate(site.inverters, start=1)
    ]


def _batteries(site: Site) -> list[Entry]:
    if site.battery is None:
        return []
    return [
        {
            "name": "Battery 1.1",
            "manufacturer": "SolarEdge",
            "model": site.battery.model or "IAC-RBAT-5KMP-01",
            "firmwareVersion": "2.22.19",
            "connectedTo": "Inverter 1",
            "connectedInverterSn": site.inverters[0].serial,
            "nameplateCapacity": round(site.battery.capacity_kwh * 1000, 1),
            "SN": site.battery.serial,
        }
    ]


def _meters(site: Site) -> list[Entry]:
    """Import and export share a serial; the virtual meter has none at all."""
    if not site.metered:
        return []
    grid = grid_meter_serial(site)
    listed = (
        ("Production Meter", "Production", production_meter_serial(site)),
        ("Export Meter", "FeedIn", grid),
        ("Import Meter", "Purchased", grid),
        ("Consumption Meter", "Consumption", None),
    )
    found: list[Entry] = []
    for name, kind, serial in listed:
        maker = {"manufacturer": "SolarEdge", "model": "SE-MTR-3Y-400V-A"} if serial else {}
        found.append(
            {
                "name": name,
                **maker,
                "firmwareVersion": "75" if serial else "",
                "connectedTo": "Inverter 1",
                "connectedSolaredgeDeviceSN": site.inverters[0].serial,
                "type": kind,
                "form": "physical" if serial else "virtual",
                **({"SN": serial} if serial else {}),
            }
        )
    return found


def change_log(site: Site, serial: str) -> Entry:
    """The devices that stood in one place, newest first."""
    place = serial
    for old in site.replacements:
        if serial == old.serial:
            place = old.successor
    entries: list[Entry] = []
    since = site.installed_at
    for old in site.replacements:
        if old.successor == place:
            entries.append(_change(old.serial, f"{since:%Y-%m-%d}"))
            since = old.at
    entries.append(_change(place, f"{since:%Y-%m-%d}"))
    return {"ChangeLog": {"count": len(entries), "list": entries[::-1]}}


def _change(serial: str, day: str) -> Entry:
    return {"serialNumber": serial, "partNumber": "SE5000H-RW000BNN4", "date": day}


def accounts() -> Entry:
    """The account of the demo key."""
    location = {
        "country": "Exampleland",
        "state": "",
        "city": "Exampleton",
        "address": "1 Example Street",
        "address2": "",
        "zip": "00000",
    }
    entry = {
        "id": ACCOUNT_ID,
        "name": "Demo Installers",
        "location": location,
        "companyWebSite": "",
        "contactPerson": "Demo Person",
        "email": "demo@example.com",
        "phoneNumber": "",
        "faxNumber": "",
        "notes": "",
        "parentId": 0,
        "uris": None,
    }
    return {"accounts": {"count": 1, "list": [entry]}}


def alerts(site: Site) -> Entry:
    """The shape that one client expects; no recording is known."""
    found = [
        {
            "alertId": alert.alert_id,
            "severity": "HIGH",
            "alertCode": key_of(alert.kind) % 1000,
            "alertType": alert.kind,
            "componentName": "Inverter 1",
            "message": alert.kind,
            "componentSerialNumber": alert.serial,
            "alertTimestamp": f"{alert.first_trigger:%Y-%m-%d %H:%M:%S}",
        }
        for alert in site.alerts
    ]
    return {"alerts": {"alert": found}}
