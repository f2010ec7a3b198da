"""Sites, accounts and alerts (docs/vendors/solaredge.md, v1 lists)."""

from collections.abc import Mapping
from urllib.parse import quote

from solar_simulator.noise import key_of
from solar_simulator.site import Site
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
    scaled = world.switches.get("solaredge.v1_coefficient_scaled", site.site_id)
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
            "temperatureCoef": -10 if scaled else -0.38,
        },
        "uris": {
            **_image_uri("SITE_IMAGE", f"{base}/siteImage", site.site_image),
            "DATA_PERIOD": f"{base}/dataPeriod",
            **_image_uri("INSTALLER_IMAGE", f"{base}/installerImage", site.installer_image),
            "DETAILS": f"{base}/details",
            "OVERVIEW": f"{base}/overview",
        },
        "publicSettings": {"isPublic": False},
    }
    if account:
        entry["alertQuantity"] = len(site.alerts)
        entry["alertSeverity"] = "HIGH" if site.alerts else "NONE"
    return entry


def _image_uri(name: str, folder: str, image: str) -> Entry:
    return {name: f"{folder}/{quote(image)}"} if image else {}


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
