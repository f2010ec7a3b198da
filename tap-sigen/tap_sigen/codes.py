"""What Sigen's answer codes mean for a run: the table of `docs/vendors/sigen.md`, as data.

HTTP status is 200 for business errors; the truth is in the body's `code`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Action(Enum):
    """What a run does about a code."""

    RETRY = "retry after a wait"
    LOGIN = "log in again, once"
    QUOTA = "quota: wait, ask again"
    DATE = "pass over the date where others are answered, else leave the system out"
    SKIP = "leave this system or device out, go on with the others"
    OFFLINE = "report the system or device as offline, go on with the others"
    PENDING = "report the system as not in service yet, go on with the others"
    FATAL = "stop: nobody but the user can mend it"


@dataclass(frozen=True, slots=True)
class Code:
    """One code.

    Attributes:
        action: What the run does.
        text: What to tell the user, after "Sigen answered code N: ".
        wait_s: First wait of a retry, seconds.
    """

    action: Action
    text: str
    wait_s: float = 10.0


API_ACCESS = (
    "API access is not granted yet: ask Sigenergy for it in the developer portal; a password "
    "that works in the phone app is not enough"
)

CODES: dict[int, Code] = {
    1: Code(Action.RETRY, "generic failure"),
    424: Code(Action.LOGIN, "token or credit limit"),
    1000: Code(Action.DATE, "illegal parameter (system id, date or level)"),
    1001: Code(Action.RETRY, "generic failure"),
    1101: Code(Action.SKIP, "wrong serial number"),
    1102: Code(Action.PENDING, "the registration of the system is incomplete"),
    1103: Code(Action.SKIP, "the system belongs to another VPP"),
    1104: Code(Action.OFFLINE, "the device is offline"),
    1105: Code(Action.SKIP, "the software of the system does not support this"),
    1106: Code(Action.SKIP, "the system was not found"),
    1107: Code(Action.SKIP, "the system does not support this"),
    1108: Code(Action.SKIP, "no information on the system was found"),
    1109: Code(Action.RETRY, "a call inside the cloud failed"),
    1110: Code(Action.RETRY, "the whole platform is limiting calls", 60.0),
    1111: Code(Action.SKIP, "this account may not read the system; check system_ids"),
    1112: Code(Action.SKIP, "the system belongs to another VPP"),
    1116: Code(Action.SKIP, "the approval of the onboarding is pending: its owner has to confirm"),
    1201: Code(Action.QUOTA, "access restriction: one call per system and five minutes"),
    1301: Code(Action.FATAL, "the client was not found; check app_key"),
    1302: Code(Action.SKIP, "the system's status is abnormal"),
    1303: Code(Action.FATAL, "the client exists already"),
    1304: Code(Action.SKIP, "the firmware does not support this"),
    1401: Code(Action.SKIP, "no permission to read this system; check system_ids"),
    1402: Code(Action.FATAL, f"no permission. {API_ACCESS}"),
    1501: Code(Action.RETRY, "the command failed"),
    1502: Code(Action.RETRY, "internal error of the cloud", 30.0),
    1600: Code(Action.FATAL, "the invitation is not valid"),
    1601: Code(Action.RETRY, "the account service failed", 30.0),
    1602: Code(Action.FATAL, "already registered"),
    1603: Code(Action.FATAL, f"the account has not been reviewed. {API_ACCESS}"),
    1604: Code(Action.FATAL, f"the developer has not been approved. {API_ACCESS}"),
    11000: Code(Action.LOGIN, "the account's information is empty"),
    11002: Code(
        Action.FATAL,
        "the account is locked for three minutes after too many wrong passwords; wait, then "
        "check username and password",
    ),
    11003: Code(Action.LOGIN, "authentication failed"),
    13001: Code(Action.DATE, "no information on the system"),
    13008: Code(Action.OFFLINE, "the system is disconnected"),
}

UNKNOWN = Code(Action.RETRY, "an unknown code")


def meaning(code: int) -> Code:
    """Return what a code means; one that no table has is retried, then reported."""
    return CODES.get(code, UNKNOWN)
