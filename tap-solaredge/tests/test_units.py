"""Pieces that need no cloud: units, time stamps, joins, keys."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from solar_tap_kit.errors import DecodeError
from solar_tap_kit.notices import listening
from tap_solaredge.v2 import lists, rows
from tap_solaredge.v2.points import clock_columns, parse_timestamp, points, telemetry

STEP = dt.timedelta(minutes=15)
ASKED = rows.Asked("1", ZoneInfo("America/New_York"), "quarter_hour", STEP, "now")


def series(unit: str | None, *values: tuple[str, Any]) -> dict[str, Any]:
    """Return a vendor's series."""
    rows = [{"timestamp": stamp, "value": value} for stamp, value in values]
    return {"unit": unit, "values": rows}


@pytest.mark.parametrize(
    ("unit", "wh"), [("WH", 1.5), ("KWH", 1500), ("MWH", 1.5e6), ("kWh", 1500), (None, 1.5)]
)
def test_values_are_converted_by_the_unit_of_the_answer(unit: str | None, wh: float) -> None:
    """A kilowatt-hour is a thousand of what the column holds, whatever was expected."""
    ((_, value),) = points(series(unit, ("2026-06-01T12:00:00-04:00", 1.5)), "energy", STEP).items()
    assert value == wh


def test_an_unknown_unit_is_no_number_and_reported() -> None:
    """Guessing would change a number's meaning silently."""
    with listening() as notices:
        found = points(series("JOULE", ("2026-06-01T00:00:00-04:00", 7.0)), "energy", STEP)
    assert list(found.values()) == [None]
    (text,) = notices.values()
    assert "'JOULE' of energy" in text


@pytest.mark.parametrize("odd", ["--", "55,5", True, [1]], ids=str)
def test_one_unreadable_value_is_null_and_reported(odd: object) -> None:
    """The others of the series stay."""
    rows = [("2026-06-01T00:00:00-04:00", 7.0), ("2026-06-01T00:15:00-04:00", odd)]
    with listening() as notices:
        found = points(series("WH", *rows), "energy", STEP)
    assert list(found.values()) == [7.0, None]
    assert len(notices) == 1


def test_null_stays_null() -> None:
    """A sleeping inverter has no value; zero would be a claim."""
    found = points(series("KWH", ("2026-06-01T00:00:00-04:00", None)), "energy", STEP)
    assert list(found.values()) == [None]


@pytest.mark.parametrize(
    "text", ["2026-08-24T17:05:45.016061916+01:00", "2026-08-24T16:05:45.016061Z"]
)
def test_nanoseconds_are_cut(text: str) -> None:
    """The cloud's period ends with nine digits behind the second."""
    stamp = parse_timestamp(text)
    assert stamp.astimezone(dt.UTC) == dt.datetime(2026, 8, 24, 16, 5, 45, 16061, tzinfo=dt.UTC)


@pytest.mark.parametrize("text", ["2026-06-01T00:00:00", "noon", "None", ""])
def test_a_time_stamp_without_offset_is_refused(text: str) -> None:
    """Without an offset the repeated hour could not be told apart."""
    with pytest.raises(DecodeError, match="offset"):
        parse_timestamp(text)


def test_voltage_is_stamped_at_the_end_of_its_interval() -> None:
    """Voltage and frequency of 12:30 belong to the interval that began at 12:15."""
    answer = {"inverters": {"7E1": {
        "energy": series("WH", ("2026-06-01T12:15:00-04:00", 100)),
        "voltage": series("VOLT", ("2026-06-01T12:30:00-04:00", 241.2)),
        "frequency": series("HERTZ", ("2026-06-01T12:30:00-04:00", 60.01)),
    }}}  # fmt: skip
    (row,) = rows.inverter_rows([answer], ASKED)
    assert (row["local_time"], row["energy"]) == ("2026-06-01 12:15:00", 100)
    assert (row["voltage"], row["frequency"]) == (241.2, 60.01)


def test_answers_to_two_periods_may_use_two_units() -> None:
    """Each half of a day is converted by its own unit before they are joined."""
    halves = [
        {"storage": {"B": {"chargeEnergy": series("WH", ("2026-06-01T08:00:00-04:00", 500))}}},
        {"storage": {"B": {"chargeEnergy": series("KWH", ("2026-06-01T20:00:00-04:00", 0.5))}}},
    ]
    values = list(telemetry(halves, "storage", STEP)["B"]["chargeEnergy"].values())
    assert values == [500, 500]


def test_an_hour_stamped_at_its_end_is_an_hour_earlier() -> None:
    """What a voltage's stamp means depends on the length of the interval."""
    found = points(series("VOLT", ("2026-06-01T13:00:00-04:00", 240)), "voltage", 4 * STEP)
    assert [start.hour for start in found] == [12]


def test_the_zone_of_the_site_decides_the_local_day() -> None:
    """An answer in another offset means the same instant, on the site's own wall clock."""
    start = parse_timestamp("2026-06-01T03:45:00+00:00")
    columns = clock_columns(start, ZoneInfo("America/New_York"))
    assert columns["recorded_at"] == "2026-06-01T03:45:00Z"
    assert (columns["local_date"], columns["utc_offset_minutes"]) == ("2026-05-31", -240)


@pytest.mark.parametrize("key", ["null", ""])
def test_a_meter_without_serial_has_a_key(key: str) -> None:
    """Key parts are never null: a virtual meter is called `virtual`."""
    answer = {"meters": {key: {
        "consumptionEnergy": series("WH", ("2026-06-01T12:15:00-04:00", 100)),
        "consumptionPower": series("W", ("2026-06-01T12:15:00-04:00", 400)),
    }}}  # fmt: skip
    (row,) = rows.meter_rows([answer], ASKED, "energy")
    assert (row["serial_number"], row["meter_type"]) == ("virtual", "Consumption")


@pytest.mark.parametrize(
    ("vendor", "role"),
    [("PRODUCTION", "Production"), ("FeedIn", "FeedIn"), ("FEED_IN", "FeedIn"), (None, "none")],
)
def test_meter_roles_have_one_spelling(vendor: str | None, role: str) -> None:
    """The same role is the same key, however the cloud writes it."""
    (row,) = lists.device_rows([{"type": "METER", "meterType": vendor}], "1", "now")
    assert (row["serial_number"], row["meter_type"]) == ("virtual", role)


@pytest.mark.parametrize("answer", [None, [], {}, {"meters": None}, {"meters": {"a": 1}}, "x"])
def test_an_unknown_form_is_a_typed_error(answer: Any) -> None:
    """What is no telemetry ends in one line, not in a traceback."""
    with pytest.raises(DecodeError):
        rows.meter_rows([answer], ASKED, "energy")


def test_the_form_of_2022_is_read_too() -> None:
    """A bare array of sites, without zone: the row is there, its zone is null."""
    answer = [{"siteId": 5, "name": "x", "location": {"country": "US"}, "peakPower": 8.5}]
    (row,) = lists.site_rows(answer, "now")
    assert (row["site_id"], row["country"], row["timezone"]) == ("5", "US", None)


def test_a_location_that_is_no_object_is_no_failure() -> None:
    """Recordings come with the location blanked out."""
    answer = {"sites": {"count": 1, "site": [{"siteId": 5, "location": "REDACTED"}]}}
    (row,) = lists.site_rows(answer, "now")
    assert row["timezone"] is None
