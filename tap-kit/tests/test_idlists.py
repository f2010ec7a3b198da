"""Lists in settings: JSON, commas, files, and what each mistake is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from solar_tap_kit.errors import SettingsError
from solar_tap_kit.idlists import with_lists

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = {
    "properties": {
        "ids": {"type": ["array", "null"], "items": {"type": "string"}},
        "ids_file": {"type": ["string", "null"]},
        "other": {"type": ["string", "null"]},
    }
}


@pytest.mark.parametrize(
    "given",
    ["17,B", " 17 , B ,", "17 B", "17\nB\n", '["17", "B"]', '[17, "B"]', ["17", "B"], [17, "B"]],
)
def test_a_list_is_read_however_it_is_written(given: object) -> None:
    """Commas, blanks, lines, JSON; whole numbers are ids too."""
    assert with_lists({"ids": given, "other": "a,b"}, SCHEMA) == {
        "ids": ["17", "B"],
        "other": "a,b",
    }


@pytest.mark.parametrize("content", ["17\nB\n", "\ufeff17 # home\n\n# gone: C\nB", '["17", "B"]'])
def test_a_list_is_read_from_a_file(tmp_path: Path, content: str) -> None:
    """By a setting of its own, or behind an at sign; comments and a byte order mark are no ids."""
    path = tmp_path / "ids.txt"
    path.write_text(content, encoding="utf-8")
    assert with_lists({"ids_file": str(path)}, SCHEMA)["ids"] == ["17", "B"]
    assert with_lists({"ids": f"@{path}"}, SCHEMA)["ids"] == ["17", "B"]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"ids": "[A, B]"}, "^ids: begins like a JSON list"),
        ({"ids": "@/nowhere/ids"}, "^ids: /nowhere/ids can't be read: No such file"),
        ({"ids_file": "/nowhere/ids"}, "^ids_file: /nowhere/ids can't be read"),
        ({"ids_file": "/dev/null"}, "^ids_file: /dev/null names no site"),
        ({"ids": ["A"], "ids_file": "x"}, "^ids: give either this or ids_file"),
    ],
)
def test_each_mistake_is_one_line(config: dict[str, Any], words: str) -> None:
    """It names the setting."""
    with pytest.raises(SettingsError, match=words) as caught:
        with_lists(config, SCHEMA)
    assert "\n" not in str(caught.value)
