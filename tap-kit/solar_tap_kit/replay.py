"""Recorded answers through the tap's own decoders: how a user shows us a problem."""

from __future__ import annotations

import datetime as dt
import logging
from collections import Counter
from typing import TYPE_CHECKING

from solar_tap_kit.clock import utc_text_exact
from solar_tap_kit.cloud import Recording
from solar_tap_kit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from solar_tap_kit.tap import SolarTap

logger = logging.getLogger("solar_tap_kit.replay")


def replay_folder(tap: SolarTap, folder: Path) -> None:
    """Write the Singer lines that a folder of recorded answers decodes to.

    Standard output gets SCHEMA and RECORD lines, the log one line per file: what it was
    recognised as, how many rows it gave and what was odd about it. No STATE is written: a
    recording says nothing about what is stored.

    Args:
        tap: The tap whose decoders are used; its settings may be empty.
        folder: Holds `*.json` files, searched with its subfolders.

    Raises:
        SettingsError: There is no such folder, or no `*.json` file in it.
    """
    recordings = list(_read(folder))
    if not recordings:
        message = f"--replay: no *.json file in {folder}"
        raise SettingsError(message)
    streams = tap.solar_streams
    opened: set[str] = set()
    rows: Counter[str] = Counter()
    for replayed in tap.replay(recordings, utc_text_exact(dt.datetime.now(dt.UTC))):
        for name, records in replayed.rows.items():
            if name not in opened:
                streams[name].write_schema()
                opened.add(name)
            rows[name] += streams[name].write_records(records)
        counts = ", ".join(f"{name} {len(found)}" for name, found in replayed.rows.items())
        logger.info("%s: %s%s", replayed.name, replayed.kind, f" -> {counts}" if counts else "")
        for note in replayed.notes:
            logger.warning("%s: %s", replayed.name, note)
    total = ", ".join(f"{name} {count}" for name, count in sorted(rows.items()))
    logger.info("%d file(s); rows: %s", len(recordings), total or "none")


def _read(folder: Path) -> Iterator[Recording]:
    if not folder.is_dir():
        message = f"--replay: {folder} is not a folder"
        raise SettingsError(message)
    for path in sorted(folder.rglob("*.json")):
        yield Recording(str(path.relative_to(folder)), path.read_bytes())
