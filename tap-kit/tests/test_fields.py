"""Declared columns: schema, conversion, sentinels, drift."""

from __future__ import annotations

import logging
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solar_tap_kit.drift import Drift
from solar_tap_kit.errors import DecodeError
from solar_tap_kit.fields import (
    BIGGEST,
    CLOCK_FIELDS,
    NOT_AVAILABLE,
    Field,
    number,
    object_schema,
    snake_case,
)
from solar_tap_kit.http import parse_json
from solar_tap_kit.notices import listening
from solar_tap_kit.projection import Projection

FIELDS = (
    Field("site_id", "string", "Id.", ("siteId",), required=True),
    Field.vendor("pvPower", "number", "PV, kW.", "pVPower"),
    Field.vendor("active", "boolean", "Active."),
    Field.vendor("optimizers", "integer", "How many."),
    Field.vendor("attrMap", "object", "Ratings."),
    Field("fetched_at", "timestamp", "When.", required=True),
)


@pytest.mark.parametrize(
    ("vendor", "column"),
    [
        ("pvTotalPower", "pv_total_power"),
        ("batSoc", "bat_soc"),
        ("esChargeDischargePower", "es_charge_discharge_power"),
        ("pV1Voltage", "p_v1_voltage"),
        ("siteId", "site_id"),
        ("meters", "meters"),
    ],
)
def test_vendor_names_become_snake_case(vendor: str, column: str) -> None:
    """Loaders disagree on case, so the tap settles it."""
    assert snake_case(vendor) == column


def test_the_schema_follows_from_the_declarations() -> None:
    """Keys can't be null, everything else can."""
    schema = object_schema(FIELDS)
    assert schema["required"] == ["site_id", "fetched_at"]
    assert schema["properties"]["site_id"]["type"] == ["string"]
    assert schema["properties"]["pv_power"]["type"] == ["number", "null"]
    assert all(prop["description"] for prop in schema["properties"].values())


def test_a_projection_takes_either_spelling() -> None:
    """The first spelling that has a value wins; what is absent is null, not zero."""
    project = Projection(FIELDS)
    assert project({"siteId": 7, "pVPower": 1.5})["pv_power"] == 1.5
    assert project({"siteId": 7, "pvPower": None, "pVPower": 2})["pv_power"] == 2
    record = project({"siteId": 7, "active": "true", "optimizers": "14", "attrMap": {"a": 1}})
    assert record == {
        "site_id": "7", "pv_power": None, "active": True, "optimizers": 14, "attr_map": {"a": 1},
    }  # fmt: skip


@pytest.mark.parametrize("value", [*NOT_AVAILABLE, None, "", "  ", math.nan, math.inf, -math.inf])
def test_not_available_is_null_without_a_word(value: object) -> None:
    """All bits set, blanks and NaN say that there is no value."""
    with listening() as notices:
        assert number(value, "x") is None
    assert notices == {}


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-BIGGEST, BIGGEST))
def test_numbers_pass_unchanged(value: float) -> None:
    """Zero stays zero, and no digit is lost."""
    if value not in NOT_AVAILABLE:
        assert number(value, "x") == value


@pytest.mark.parametrize(
    "value", ["abc", "--", "-", "55,5", "1_000", "9" * 400 + "x", True, [1], {"a": 1}], ids=str
)
def test_what_is_no_number_is_null_and_reported_by_name(value: object) -> None:
    """One value must not cost its row; 55,5 may be 55.5 or 555: it is not guessed."""
    with listening() as notices:
        record = Projection(FIELDS, name="meters")({"siteId": 1, "pvPower": value, "active": True})
    assert record["pv_power"] is None
    assert record["active"] is True
    (text,) = notices.values()
    assert text.startswith("pvPower of meters is ")


@pytest.mark.parametrize("value", [10**25, -(10**25), 1e300, "1e300", 10**400], ids=str)
def test_a_whole_number_beyond_64_bits_is_null(value: object) -> None:
    """No warehouse takes it as an integer; as a number it is one."""
    row = {"siteId": 1, "optimizers": value}
    assert Projection(FIELDS)(row)["optimizers"] is None
    assert isinstance(number(10**25, "x"), float)
    assert number(10**400, "x") is None


def test_another_spelling_serves_where_the_first_is_unreadable() -> None:
    """Of two spellings of a field the one that holds a number counts."""
    assert Projection(FIELDS)({"siteId": 7, "pvPower": "--", "pVPower": 2})["pv_power"] == 2


def test_what_decoders_report_is_told_once_a_run(caplog: pytest.LogCaptureFixture) -> None:
    """The same field of the same stream is one line, however many rows and sites."""
    drift, project = Drift(), Projection(FIELDS, name="meters")
    with caplog.at_level(logging.WARNING):
        for site in ("A", "B"):
            with listening() as notices:
                project({"siteId": site, "pvPower": "--"})
                project({"siteId": site, "pvPower": "?"})
            drift.tell(f"meters of {site}", notices)
    assert [record.getMessage() for record in caplog.records] == [
        (
            "meters of A: pvPower of meters is '--', which is no number; stored as null "
            "(reported once a run)"
        )
    ]


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": 1e400}', '{"a": -Infinity}'])
def test_a_number_that_is_not_finite_is_null(text: str) -> None:
    """Some servers write what is no JSON; the rest of the answer is read."""
    with listening() as notices:
        assert parse_json(text.encode()) == {"a": None}
    assert len(notices) == 1


@pytest.mark.parametrize("text", ["", "<html>", '{"a": NaM}', '"\\ud800"', "[1, 2"])
def test_what_is_no_json_is_refused(text: str) -> None:
    """A page, a cut answer, half a character."""
    with pytest.raises(DecodeError):
        parse_json(text.encode())


def test_drift_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    """A new vendor field is worth one line, not one per row."""
    drift, project = Drift(), Projection(FIELDS, besides=["newer"])
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            row = project({"siteId": 1, "brandNew": 2, "newer": 3})
            drift.report("sites", row["unknown_fields"])
    assert row["unknown_fields"] == {"brandNew": 2}
    assert [record.getMessage() for record in caplog.records] == [
        (
            "sites: the cloud sends fields that no column takes: brandNew "
            "(keep_unknown_fields would keep them)"
        )
    ]


def test_the_raw_contract_is_what_the_transform_builds_on() -> None:
    """The names of the time columns are fixed."""
    assert [field.name for field in CLOCK_FIELDS] == [
        "recorded_at", "local_time", "utc_offset_minutes", "local_date", "fetched_at",
    ]  # fmt: skip
