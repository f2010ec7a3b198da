"""Switches of both clouds."""

from solar_simulator.catalogue.switch import choice, number

SHARED = (
    choice("limits", "Quotas: none are enforced, or the documented ones.", "off", "documented"),
    number("load_bias_w", 0, "Watts that every reading of the load is off by, at all hours."),
    choice(
        "trouble",
        "What every call below a site's path meets; for single calls there are faults.",
        "none", "refused", "not_found", "moved", "unavailable", "slow", "offline", "pending",
    ),
    number("revision_days", 0, "For how many days past data still grows to its final value."),
    number("revision_share", 0.02, "By what share data is low until then."),
)  # fmt: skip
