"""The list of switches: name, kind, default, meaning. Data, no behaviour."""

from solar_simulator.catalogue.shared import SHARED
from solar_simulator.catalogue.sigen import SIGEN
from solar_simulator.catalogue.solaredge import SOLAREDGE
from solar_simulator.catalogue.switch import Switch, SwitchError

__all__ = ["CATALOGUE", "Switch", "SwitchError"]

CATALOGUE: dict[str, Switch] = {switch.name: switch for switch in (*SHARED, *SIGEN, *SOLAREDGE)}
