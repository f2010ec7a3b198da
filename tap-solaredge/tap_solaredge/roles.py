"""Keys that the cloud leaves empty or spells in several ways, in one spelling."""

from __future__ import annotations

from tap_solaredge.fields import NO_METER_TYPE, NO_SERIAL

METER_ROLES = {
    name.lower(): name
    for name in ("Production", "Consumption", "SelfConsumption", "FeedIn", "Purchased")
}


def serial(text: object) -> str:
    """Return a serial number that can be a key."""
    return NO_SERIAL if text in (None, "", "null") else str(text)


def meter_role(text: object) -> str:
    """Return a meter's role in one spelling; the cloud writes some in capitals."""
    if not text:
        return NO_METER_TYPE
    return METER_ROLES.get(str(text).replace("_", "").lower(), str(text))
