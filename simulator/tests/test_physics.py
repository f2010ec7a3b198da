"""The balance, the walls, and what a day looks like."""

from datetime import UTC, datetime

import numpy as np
import pytest

from solar_simulator.battery import walk
from solar_simulator.physics import Flow, settle, solar_wanted, wishes
from solar_simulator.site import Battery, Inverter, Site, Window
from solar_simulator.testing.sites import grid_charger, make_model, make_site

DAY = 20_620  # 2026-06-16 in days since 1970


def residual(flows: np.ndarray) -> np.ndarray:
    """Zero in every column."""
    come = flows[Flow.PV] + flows[Flow.IMPORT] + flows[Flow.DISCHARGE]
    return come - flows[Flow.LOAD] - flows[Flow.EXPORT] - flows[Flow.CHARGE]


SITES = {
    "self-consumption": make_site(),
    "no battery": make_site(battery=None),
    "grid charging": grid_charger(),
    "two inverters": make_site(
        inverters=(Inverter("I1", 5.0, 5.5, 30, 90), Inverter("I2", 5.0, 5.5, 30, 270))
    ),
    "solaredge, two inverters": make_site(
        vendor="solaredge",
        site_id="77",
        inverters=(Inverter("I1", 5.0, 5.5, 30, 90), Inverter("I2", 3.0, 5.5, 30, 270)),
    ),
}


@pytest.mark.parametrize("site", SITES.values(), ids=SITES)
def test_every_minute_balances(site: Site) -> None:
    """PV + import + discharge = load + export + charge, exactly, in each of 14,400 minutes."""
    model = make_model(site)
    for day in range(DAY, DAY + 10):
        found = model.minute_day(site.site_id, day)
        assert not residual(found.flows).any()
        assert (found.flows >= 0).all()
        assert (found.inverter_pv.sum(axis=0) == found.flows[Flow.PV]).all()


@pytest.mark.parametrize("site", SITES.values(), ids=SITES)
def test_parts_add_up(site: Site) -> None:
    """Flows between sources and sinks are parts of the meters' energies."""
    model = make_model(site)
    flows = model.minute_day(site.site_id, DAY).flows
    assert (flows[Flow.EV] <= flows[Flow.LOAD]).all()
    assert (flows[Flow.BATTERY_TO_LOAD] <= flows[Flow.DISCHARGE]).all()
    assert (flows[Flow.GRID_TO_BATTERY] <= flows[Flow.CHARGE]).all()
    battery_to_grid = flows[Flow.DISCHARGE] - flows[Flow.BATTERY_TO_LOAD]
    assert (flows[Flow.PV_TO_GRID] + battery_to_grid == flows[Flow.EXPORT]).all()
    grid_to_load = flows[Flow.IMPORT] - flows[Flow.GRID_TO_BATTERY]
    assert (flows[Flow.FOREIGN_TO_LOAD] >= grid_to_load).all()
    ac = flows[Flow.PRODUCTION] - flows[Flow.AC_DRAW]
    assert (ac == flows[Flow.PV] + flows[Flow.DISCHARGE] - flows[Flow.CHARGE]).all()


def test_a_plain_site_has_no_foreign_energy_in_its_battery() -> None:
    """Without grid charging all accounts agree: green accounting equals the meters."""
    site = make_site()
    flows = make_model(site).minute_day(site.site_id, DAY).flows
    assert (flows[Flow.FOREIGN_TO_LOAD] == flows[Flow.IMPORT]).all()
    assert (flows[Flow.PV_TO_GRID] == flows[Flow.EXPORT]).all()


def test_a_grid_charged_site_uses_foreign_energy_from_its_battery() -> None:
    """Energy bought at night counts as foreign when the house takes it in the morning."""
    site = grid_charger()
    model = make_model(site)
    total = sum(
        model.minute_day(site.site_id, day).flows.sum(axis=1) for day in range(DAY, DAY + 5)
    )
    assert total[Flow.GRID_TO_BATTERY] > 0
    grid_to_load = total[Flow.IMPORT] - total[Flow.GRID_TO_BATTERY]
    assert total[Flow.FOREIGN_TO_LOAD] > grid_to_load
    assert total[Flow.EXPORT] > total[Flow.PV_TO_GRID]


def test_the_store_stays_between_its_walls_and_pays_its_losses() -> None:
    """The state never leaves [floor, capacity], and less comes out than went in."""
    site = make_site()
    assert site.battery is not None
    model = make_model(site)
    for day in range(DAY, DAY + 10):
        store = model.minute_day(site.site_id, day).store
        assert store.min() >= site.battery.floor_wmin
        assert store.max() <= site.battery.capacity_wmin
    total = model.energy(site.site_id, DAY * 1440, (DAY + 30) * 1440)
    assert 0.9 < total[Flow.DISCHARGE] / total[Flow.CHARGE] < 0.97


def test_days_join_without_a_seam() -> None:
    """The state at the end of a day is the one the next begins with, in any order asked."""
    for site in (make_site(), grid_charger()):
        model = make_model(site)
        later = model.minute_day(site.site_id, DAY + 1)
        earlier = model.minute_day(site.site_id, DAY)
        assert earlier.store[-1] == later.store[0]


@pytest.mark.parametrize(
    "site",
    [
        make_site(),
        make_site(battery=Battery("B1", 60.0, 3.0, 1.0)),
        grid_charger(),
        make_site(battery=Battery("B1", 30.0, 5.0, 5.0, grid_charge=Window("02:00", "04:00", 1.0))),
    ],
    ids=["plain", "seldom full or empty", "grid charging", "sun and grid mixed"],
)
def test_a_day_asked_alone_equals_the_day_in_sequence(site: Site) -> None:
    """Looking back a few days finds the very state that running from the start gives."""
    assert site.battery is not None
    first = site.installed_minute // 1440
    store, solar = site.battery.floor_wmin, 0
    for day in range(first, first + 90):
        expected = settle(site, wishes(1, site, day), store, solar)
        wanted = solar_wanted(expected.flows, expected.store)
        store = int(expected.store[-1])
        solar = int(walk(solar, wanted, 0, site.battery.capacity_wmin)[-1])
        if day % 9 == 0:
            alone = make_model(site).minute_day(site.site_id, day)
            assert (alone.store == expected.store).all()
            assert (alone.flows == expected.flows).all()


def test_clipping() -> None:
    """An inverter never gives more than its rating, and at noon in June it gives just that."""
    site = make_site(inverters=(Inverter("I1", 4.0, 9.2),))
    peaks = [
        make_model(site).minute_day(site.site_id, day).flows[Flow.PV].max()
        for day in range(DAY, DAY + 5)
    ]
    assert max(peaks) == 4000


def test_nothing_before_the_installation() -> None:
    """No energy flows before the first instant, and some does after it."""
    site = make_site(installed_at=datetime(2026, 6, 16, 12, 0, tzinfo=UTC))
    flows = make_model(site).minute_day(site.site_id, DAY).flows
    assert not flows[:, :720].any()
    assert flows[Flow.LOAD, 720:].all()


def test_a_year_is_plausible() -> None:
    """About 1,000 kWh a kWp in Berlin, more in June than in December, and dark nights."""
    site = make_site()
    model = make_model(site)
    start = datetime(2025, 7, 1, tzinfo=UTC)
    first = int(start.timestamp()) // 86400
    year = model.energy(site.site_id, first * 1440, (first + 365) * 1440)[Flow.PV] / 60_000
    assert 850 < year / site.pv_kwp < 1250
    june = model.energy(site.site_id, (DAY - 15) * 1440, (DAY + 15) * 1440)[Flow.PV]
    december = model.energy(site.site_id, (DAY - 198) * 1440, (DAY - 168) * 1440)[Flow.PV]
    assert june > 3 * december
    assert not model.minute_day(site.site_id, DAY).flows[Flow.PV, 1380:].any()


def test_same_seed_same_numbers_other_seed_others() -> None:
    """Two models of one seed agree to the last watt; another seed gives other weather."""
    site = make_site()
    one, two, other = (make_model(site, seed).minute_day(site.site_id, DAY) for seed in (1, 1, 2))
    assert (one.flows == two.flows).all()
    assert (one.flows[Flow.PV] != other.flows[Flow.PV]).any()
    assert (one.flows[Flow.LOAD] != other.flows[Flow.LOAD]).any()
