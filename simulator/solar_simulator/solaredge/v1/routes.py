"""Paths of SolarEdge v1, below ``/solaredge``; every call is GET, the key is in the query."""

import re
from collections.abc import Callable, Mapping

import numpy as np
from flask import Blueprint, Response, request

from solar_simulator.site import Site
from solar_simulator.solaredge.flow import flow_by_connections
from solar_simulator.solaredge.problem import ProblemError, problem_response
from solar_simulator.solaredge.v1 import (
    catalog,
    images,
    inventory,
    registers,
    sensors,
    series,
    totals,
)
from solar_simulator.solaredge.v1.access import V1Access
from solar_simulator.solaredge.v1.bulk import BULK_VIEWS, BulkView, bulk, site_ids
from solar_simulator.solaredge.v1.equipment import inverter_data, storage_data
from solar_simulator.solaredge.v1.times import MissingParameterError, limit_week, read_times
from solar_simulator.solaredge.wire import wire_failure
from solar_simulator.tenure import tenure_of
from solar_simulator.web import compact, note
from solar_simulator.world import World

Query = Mapping[str, str]
SiteView = Callable[[World, Site, Query], object]

_BIG = re.compile(r"(?<=[:,\[])\d{8,}\.0(?=[,}\]])")
_FRACTION = re.compile(r"(?<=[:,\[])-?\d+\.\d+(?=[,}\]])")
_FORMATS = {"", "json", "application/json"}


def _details(world: World, site: Site, _query: Query) -> object:
    if world.switches.get("solaredge.v1_no_details", site.site_id):
        raise ProblemError(403, "Access Denied")
    account = request.args.get("api_key") == world.credentials.solaredge_v1_account_key
    return {"details": catalog.site_entry(world, site, account=account)}


def _flow(world: World, site: Site, _query: Query) -> object:
    return flow_by_connections(world, site)


def _storage(world: World, site: Site, query: Query) -> object:
    span = read_times(query)
    limit_week(world, site, span)
    serials = query["serials"].split(",") if query.get("serials") else None
    return storage_data(world, site, span, serials)


def _alerts(world: World, site: Site, _query: Query) -> object:
    if not world.switches.get("solaredge.v1_alerts", site.site_id):
        raise ProblemError(403, "Access Denied")
    return catalog.alerts(site)


# Path, name in the call log, what answers it.
SITE_VIEWS: tuple[tuple[str, str, SiteView], ...] = (
    ("/site/<site_id>/details", "details", _details),
    *((f"/site/<site_id>/{view.name}", view.name, view.single) for view in BULK_VIEWS),
    ("/site/<site_id>/powerDetails", "powerDetails", series.power_details),
    ("/site/<site_id>/energyDetails", "energyDetails", series.energy_details),
    ("/site/<site_id>/currentPowerFlow", "currentPowerFlow", _flow),
    ("/site/<site_id>/storageData", "storageData", _storage),
    ("/site/<site_id>/envBenefits", "envBenefits", totals.env_benefits),
    ("/site/<site_id>/inventory", "inventory", inventory.inventory),
    ("/site/<site_id>/meters", "meters", registers.meter_readings),
    ("/site/<site_id>/alerts", "alerts", _alerts),
    ("/site/<site_id>/sensors", "site_sensors", sensors.sensor_data),
    ("/equipment/<site_id>/list", "equipment", inventory.equipment_list),
    ("/equipment/<site_id>/sensors", "equipment_sensors", sensors.sensor_list),
)


class SolarEdgeV1:
    """SolarEdge v1 of a world.

    Args:
        world: Sites, clock and switches.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.access = V1Access(world)
        world.on_reset(self.access.reset)
        world.tell_quotas(self.access.allowances)

    def blueprint(self) -> Blueprint:
        """Its paths, each also with ``.json``."""
        routes = Blueprint("solaredge_v1", __name__)
        routes.register_error_handler(ProblemError, self._refuse)
        routes.register_error_handler(MissingParameterError, self._tomcat)
        routes.before_request(self._before)
        routes.after_request(self.access.bare)
        routes.teardown_request(self.access.finish)

        def add(path: str, name: str, view: Callable[..., Response]) -> None:
            routes.add_url_rule(path, name, view)
            routes.add_url_rule(f"{path}.<form>", name, view)

        add("/sites/list", "sites", self.sites)
        add("/accounts/list", "accounts", self.accounts)
        add("/version/current", "version_current", self.version_current)
        add("/version/supported", "version_supported", self.version_supported)
        add("/equipment/<site_id>/<serial>/data", "equipment_data", self.equipment_data)
        add("/equipment/<site_id>/<serial>/changeLog", "change_log", self.change_log)
        # The name of a picture has a dot of its own, so there is no ``.json`` beside it.
        routes.add_url_rule("/site/<site_id>/siteImage/<name>", "site_image", self.site_image)
        routes.add_url_rule(
            "/site/<site_id>/installerImage/<name>", "installer_image", self.installer_image
        )
        for path, name, answer in SITE_VIEWS:
            add(path, name, self._site_view(answer))
        for entry in BULK_VIEWS:
            add(f"/sites/<ids>/{entry.name}", f"bulk_{entry.name}", self._bulk_view(entry))
        return routes

    def sites(self, form: str = "") -> Response:
        """The sites that the key sees."""
        key = self.access.enter([])
        seen = [
            site
            for site in self.world.sites("solaredge")
            if key.account or site.site_id == key.site
        ]
        found = catalog.site_list(self.world, seen, request.args, account=key.account)
        return self._render(found, form)

    def accounts(self, form: str = "") -> Response:
        """The accounts, for account keys only."""
        if not self.access.enter([]).account:
            raise ProblemError(403, "Access Denied")
        return self._render(catalog.accounts(), form)

    def version_current(self, form: str = "") -> Response:
        """The release of the API."""
        self.access.enter([])
        return self._render({"version": {"release": "1.0.0"}}, form)

    def version_supported(self, form: str = "") -> Response:
        """All supported releases."""
        self.access.enter([])
        return self._render({"supported": [{"release": "1.0.0"}]}, form)

    def equipment_data(self, site_id: str, serial: str, form: str = "") -> Response:
        """The records of an inverter, of one that was replaced too."""
        site = self._site(site_id)
        index = site.inverter_index(serial)
        tenure = tenure_of(site, serial, self.world.now_minute())
        if index is None or tenure is None:
            raise ProblemError(403, "Access Denied")
        span = read_times(request.args)
        limit_week(self.world, site, span)
        records = inverter_data(self.world, site, tenure, index, span)
        body: object = records
        if self.world.switches.get("solaredge.v1_nested_telemetry", site_id):
            body = [{"threePhaseInverterTelemetry": record} for record in records]
        return self._render({"data": {"count": len(records), "telemetries": body}}, form)

    def change_log(self, site_id: str, serial: str, form: str = "") -> Response:
        """What stood in a device's place."""
        found = inventory.change_log(self.world, self._site(site_id), serial)
        return self._render(found, form)

    def site_image(self, site_id: str, name: str) -> Response:
        """The picture of the site."""
        return _image(name, self._site(site_id).site_image)

    def installer_image(self, site_id: str, name: str) -> Response:
        """The logo of its installer."""
        return _image(name, self._site(site_id).installer_image)

    def _site_view(self, answer: SiteView) -> Callable[..., Response]:
        def view(site_id: str, form: str = "") -> Response:
            return self._render(answer(self.world, self._site(site_id), request.args), form)

        return view

    def _bulk_view(self, entry: BulkView) -> Callable[..., Response]:
        def view(ids: str, form: str = "") -> Response:
            wanted = site_ids(ids)
            self.access.enter(wanted)
            sites = [self.world.scenario.sites[site_id] for site_id in wanted]
            return self._render(bulk(self.world, entry, sites, request.args), form)

        return view

    def _site(self, site_id: str) -> Site:
        self.access.enter([site_id])
        return self.world.scenario.sites[site_id]

    def _before(self) -> Response | None:
        self.access.check_alive(note().endpoint.rpartition(".")[2])
        return wire_failure(self.world)

    def _render(self, value: object, form: str) -> Response:
        if form not in _FORMATS or request.args.get("format", "") not in _FORMATS:
            note().outcome = "415"
            return Response("Media not supported", status=415, mimetype="text/plain")
        text = compact(value)
        if self.world.switches.get("solaredge.v1_scientific"):
            text = _BIG.sub(_scientific, text)
        if self.world.switches.get("solaredge.v1_float32", note().site):
            text = _FRACTION.sub(_float32, text)
        return Response(text, mimetype="application/json")

    def _refuse(self, problem: ProblemError) -> Response:
        if self.world.switches.get("solaredge.v1_html_errors"):
            note().outcome = problem.outcome
            return _tomcat_page(problem.status, problem.detail)
        return problem_response(self.world, problem)

    def _tomcat(self, error: MissingParameterError) -> Response:
        if self.world.switches.get("solaredge.v1_json_400", note().site):
            return problem_response(self.world, ProblemError(400, str(error)))
        note().outcome = "400"
        return _tomcat_page(400, str(error))


def _image(wanted: str, uploaded: str) -> Response:
    words = request.args
    size = words.get("maxWidth"), words.get("maxHeight")
    return images.image(wanted, uploaded, size, words.get("hash", ""))


def _tomcat_page(status: int, message: str) -> Response:
    page = (
        f"<!doctype html><html><head><title>HTTP Status {status}</title></head><body>"
        f"<h1>HTTP Status {status}</h1><p><b>Type</b> Status Report</p>"
        f"<p><b>Message</b> {message}</p>"
        "<p><b>Description</b> The server cannot process the request.</p></body></html>"
    )
    return Response(page, status=status, mimetype="text/html")


def _float32(number: re.Match[str]) -> str:
    shown = str(np.float32(number.group()))
    return shown.replace("e+", "E").replace("e", "E")


def _scientific(number: re.Match[str]) -> str:
    digits = number.group().removesuffix(".0")
    fraction = digits[1:].rstrip("0") or "0"
    return f"{digits[0]}.{fraction}E{len(digits) - 1}"
