"""``python -m solar_simulator`` is the command ``solar-simulator``."""

from solar_simulator.cli import main

raise SystemExit(main())
