"""The Singer messages, decoded no further than needed."""

from __future__ import annotations

import itertools
import typing as t

import msgspec

from solar_target_duckdb.errors import InputError


class Record(msgspec.Struct, tag="RECORD", tag_field="type", gc=False):
    """One row; its values stay the bytes that the tap wrote."""

    stream: str
    record: msgspec.Raw
    version: int | None = None
    time_extracted: str | None = None


class Schema(msgspec.Struct, tag="SCHEMA", tag_field="type"):
    """The shape of the rows that follow."""

    stream: str
    schema: msgspec.Raw
    key_properties: list[str] | None = None


class State(msgspec.Struct, tag="STATE", tag_field="type"):
    """What the tap wants back once everything before it is stored."""

    value: msgspec.Raw


class ActivateVersion(msgspec.Struct, tag="ACTIVATE_VERSION", tag_field="type"):
    """All rows of a stream with an older version are gone from the source."""

    stream: str
    version: int


class Batch(msgspec.Struct, tag="BATCH", tag_field="type"):
    """Rows in files, which this target does not read."""

    stream: str


Message: t.TypeAlias = Record | Schema | State | ActivateVersion | Batch

_DECODER: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_FAILURES = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


def decode(block: bytes, first_line: int) -> tuple[list[Message], InputError | None]:
    """Decode a block of whole lines.

    Args:
        block: Lines as read from the tap.
        first_line: The number of the block's first line in the input.

    Returns:
        The messages up to the first line that is none, and the error about that line.
    """
    try:
        if not block.isascii():
            # Members that nobody looks at are not checked by the decoder below.
            block.decode()
        return _DECODER.decode_lines(block), None
    except _FAILURES:
        return _decode_singly(block, first_line)


def _decode_singly(block: bytes, first_line: int) -> tuple[list[Message], InputError | None]:
    """Decode line by line, to keep what is good and to say which line is not."""
    messages: list[Message] = []
    for number, line in enumerate(block.split(b"\n"), start=first_line):
        if not line.strip():
            continue
        try:
            line.decode()
            messages.append(_DECODER.decode(line))
        except _FAILURES as error:
            reason = " ".join(str(error).split())
            msg = f"line {number} of the input is not a Singer message: {reason}"
            return messages, InputError(msg)
    return messages, None


def line_number(block: bytes, first_line: int, index: int) -> int:
    """Find the line of a block's message.

    Args:
        block: The block.
        first_line: The number of the block's first line in the input.
        index: The message's position among the block's messages.

    Returns:
        The number of its line in the input.
    """
    lines = (n for n, line in enumerate(block.split(b"\n"), first_line) if line.strip())
    return next(itertools.islice(lines, index, None), first_line)
