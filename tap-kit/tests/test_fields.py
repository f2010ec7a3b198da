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
    CLOCK_FIELDS,
    NOT_AVAILABLE,
    Field,
    Projection,
    number,
    object_schema,
    snake_case,
)

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


@pytest.mark.parametrize("value", [*NOT_AVAILABLE, None, "", math.nan, math.inf, -math.inf])
def test_not_available_is_null(value: object) -> None:
    """All bits set, empty text and NaN say that there is no value."""
    assert number(value) is None


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_numbers_pass_unchanged(value: float) -> None:
    """Zero stays zero, and no digit is lost."""
    if value not in NOT_AVAILABLE:
        assert number(value) == value


@pytest.mark.parametrize("value", ["abc", True, [1], {"a": 1}])
def test_what_is_no_number_is_refused_by_name(value: object) -> None:
    """A wrong type becomes an error that names the field, not a silent null."""
    with pytest.raises(DecodeError, match="field pvPower"):
        Projection(FIELDS)({"siteId": 1, "pvPower": value})


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
