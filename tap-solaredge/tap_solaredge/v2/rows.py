"""SolarEdge v2 series to rows: one function per endpoint."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from tap_solaredge.roles import serial
from tap_solaredge.streams import InverterTelemetry, StorageTelemetry
from tap_solaredge.v2.points import by_interval, clock_columns, points, telemetry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from solar_tap_kit.fields import Record
    from tap_solaredge.v2.points import Points

PV = "pv"
"""What v2's energy and power of a site are: the battery's part is taken out."""

METER_ROLES = {
    "production": "Production",
    "consumption": "Consumption",
    "import": "Purchased",
    "export": "FeedIn",
}
"""The beginning of v2's metric names to the roles that v1 and the device list use."""


class Asked:
    """What a series was asked for.

    Args:
        site_id: The site.
        tz: Its zone, or None to keep the offset of the answer.
        resolution: As the rows name it.
        step: Length of an interval.
        fetched_at: When it was fetched.
    """

    def __init__(
        self,
        site_id: str,
        tz: dt.tzinfo | None,
        resolution: str,
        step: dt.timedelta,
        fetched_at: str,
    ) -> None:
        self.tz = tz
        self.step = step
        self.head = {"site_id": site_id, "resolution": resolution}
        self.tail = {"fetched_at": fetched_at}

    def row(self, start: dt.datetime, **columns: Any) -> Record:
        """Return a row with what all rows of the answer share."""
        return {**self.head, **clock_columns(start, self.tz), **self.tail, **columns}

    def series(self, column: str, values: Points, **same: Any) -> list[Record]:
        """Return a row for each value of a series, oldest first.

        Args:
            column: Where the value goes.
            values: Values by the start of their interval.
            **same: Columns that all rows share.
        """
        shared, tz = {**self.head, **self.tail, **same}, self.tz
        return [
            {**shared, **clock_columns(start, tz), column: values[start]}
            for start in sorted(values)
        ]


def site_series(
    answers: Sequence[Any], asked: Asked, column: str, unasked: Sequence[dt.datetime] = ()
) -> list[Record]:
    """Return the rows of /energy or /power answers, oldest first.

    Args:
        answers: Answers to consecutive requests.
        asked: What was asked.
        column: `energy` or `power`.
        unasked: Starts of night intervals that were not asked for: null like every night.
    """
    found: Points = dict.fromkeys(unasked)
    for answer in answers:
        found.update(points(answer, column, asked.step))
    return asked.series(column, found, basis=PV)


def energy_days(
    answers: Sequence[Any], site_id: str, tz: dt.tzinfo | None, fetched_at: str
) -> list[Record]:
    """Return the rows of /energy answers by day."""
    found = {
        start: value
        for answer in answers
        for start, value in points(answer, "energy", dt.timedelta(days=1)).items()
    }
    return [
        {"site_id": site_id, **clock_columns(start, tz), "fetched_at": fetched_at,
         "energy": value, "basis": PV}
        for start, value in sorted(found.items())
    ]  # fmt: skip


def meter_rows(answers: Sequence[Any], asked: Asked, column: str) -> list[Record]:
    """Return the rows of meters/telemetry answers: one per meter, role and interval.

    Args:
        answers: Answers to consecutive requests.
        asked: What was asked.
        column: `energy` or `power`.
    """
    roles = {f"{word}{column.capitalize()}": role for word, role in METER_ROLES.items()}
    rows: list[Record] = []
    for number, metrics in telemetry(answers, "meters", asked.step, roles).items():
        for metric, role in roles.items():
            values = metrics.get(metric, {})
            rows += asked.series(column, values, serial_number=serial(number), meter_type=role)
    return rows


def inverter_rows(answers: Sequence[Any], asked: Asked) -> list[Record]:
    """Return the rows of inverters/telemetry answers: one per inverter and interval."""
    return _device_rows(answers, asked, "inverters", InverterTelemetry.projection)


def storage_rows(answers: Sequence[Any], asked: Asked) -> list[Record]:
    """Return the rows of storage/telemetry answers: one per battery and interval."""
    return _device_rows(answers, asked, "storage", StorageTelemetry.projection)


def _device_rows(
    answers: Sequence[Any],
    asked: Asked,
    key: str,
    projection: Callable[[Mapping[str, Any]], Record],
) -> list[Record]:
    return [
        {**projection(metrics), **asked.row(start, serial_number=serial(number))}
        for number, series in telemetry(answers, key, asked.step).items()
        for start, metrics in by_interval(series).items()
    ]
