"""Lists in settings, as people and programs write them: JSON, commas, a file.

A list of seven thousand ids does not fit into an environment variable, and whoever types two of
them does not think of brackets.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solar_tap_kit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "_file"
"""End of the name of the setting that names a list's file."""

COMMENT = re.compile(r"#.*")


def with_lists(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with every list of texts as a list.

    Args:
        config: The settings as given.
        schema: The tap's `config_jsonschema`.

    Raises:
        SettingsError: A file can't be read, holds nothing, or a list is given twice.
    """
    found = dict(config)
    for name, declared in schema["properties"].items():
        if "array" not in declared.get("type", ()):
            continue
        path = config.get(f"{name}{FILE}")
        if path is not None and name in config:
            message = f"{name}: give either this or {name}{FILE}, not both"
            raise SettingsError(message)
        if path is not None:
            found[name] = _read(str(path), f"{name}{FILE}")
        elif isinstance(config.get(name), str):
            text = config[name].strip()
            found[name] = _read(text[1:], name) if text.startswith("@") else _parse(text, name)
        elif isinstance(config.get(name), list):
            found[name] = _texts(config[name])
    return found


def _read(path: str, name: str) -> list[str]:
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        message = f"{name}: {path} can't be read: {why}"
        raise SettingsError(message) from None
    found = _parse(COMMENT.sub("", text).strip(), name)
    if not found:
        # No list at all would mean every site of the account.
        message = f"{name}: {path} names no site"
        raise SettingsError(message)
    return found


def _parse(text: str, name: str) -> list[str]:
    """Return the items of a JSON list, or of a text with commas, blanks or lines between them."""
    if not text.startswith("["):
        return [word for word in re.split(r"[\s,;]+", text) if word]
    try:
        items = json.loads(text)
    except ValueError:
        message = f"{name}: begins like a JSON list but is none"
        raise SettingsError(message) from None
    return _texts(items)


def _texts(items: list[Any]) -> list[Any]:
    """Return whole numbers as texts: without quotes, an id is one in YAML and JSON."""
    return [
        str(item) if isinstance(item, int) and not isinstance(item, bool) else item
        for item in items
    ]
