"""Shapes of JSON answers: descriptions without data, and how to hold an answer against one.

A shape is JSON itself:

``"int"``, ``"number"``, ``"str"``, ``"bool"``, ``"null"``
    one type; ``"number|null"`` is either
``"str:REGEX"``
    a string that matches as a whole
``[SHAPE]``
    a list of such values, maybe empty
``{"key": SHAPE, "key?": SHAPE}``
    exactly these keys; the second may be absent
``{"*": SHAPE}``
    any keys, such as serial numbers
``{"$json": SHAPE}``
    a string that holds JSON of that shape
``{"$any": [SHAPE, SHAPE]}``
    one of them
"""

import json
import re
from collections.abc import Mapping
from typing import Any

Shape = str | list[Any] | Mapping[str, Any]


def differences(value: object, shape: Shape, where: str = "$") -> list[str]:
    """What is wrong with a value, one line each; empty if it fits."""
    if isinstance(shape, str):
        fits = any(_is(value, kind) for kind in _alternatives(shape))
        return [] if fits else [f"{where}: {value!r:.60} is not {shape}"]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{where}: {value!r:.60} is not a list"]
        found = (differences(item, shape[0], f"{where}[{n}]") for n, item in enumerate(value))
        return [line for lines in found for line in lines]
    if "$json" in shape:
        return _within_text(value, shape["$json"], where)
    if "$any" in shape:
        tried = [differences(value, option, where) for option in shape["$any"]]
        return [] if any(not lines for lines in tried) else tried[0]
    return _object(value, shape, where)


def _alternatives(shape: str) -> list[str]:
    return [shape] if shape.startswith("str:") else shape.split("|")


def _within_text(value: object, shape: Shape, where: str) -> list[str]:
    try:
        inner = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        inner = None
    if inner is None:
        return [f"{where}: {value!r:.60} is not JSON in a string"]
    return differences(inner, shape, f"{where}(json)")


def _object(value: object, shape: Mapping[str, Any], where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: {value!r:.60} is not an object"]
    if "*" in shape:
        found = (differences(item, shape["*"], f"{where}.{key}") for key, item in value.items())
        return [line for lines in found for line in lines]
    known = {key.removesuffix("?"): inner for key, inner in shape.items()}
    needed = {key for key in shape if not key.endswith("?")}
    lines = [f"{where}: {key} is missing" for key in sorted(needed - set(value))]
    lines += [f"{where}: {key} is not known" for key in sorted(set(value) - set(known))]
    for key, inner in known.items():
        if key in value:
            lines += differences(value[key], inner, f"{where}.{key}")
    return lines


def _is(value: object, kind: str) -> bool:
    if kind.startswith("str:"):
        pattern = kind.removeprefix("str:")
        return isinstance(value, str) and re.fullmatch(pattern, value) is not None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return {
        "null": value is None,
        "bool": isinstance(value, bool),
        "str": isinstance(value, str),
        "int": number and isinstance(value, int),
        "number": number,
    }[kind]
