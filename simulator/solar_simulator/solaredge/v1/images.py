"""The site's picture and the installer's logo (docs/vendors/solaredge.md, v1 images)."""

import struct
import zlib
from functools import lru_cache

from flask import Response

from solar_simulator.noise import key_of
from solar_simulator.solaredge.problem import ProblemError

_WIDTH, _HEIGHT = 96, 64
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB = 2
_BITS = 8


def image(wanted: str, uploaded: str, size: tuple[str | None, str | None], known: str) -> Response:
    """A picture as PNG.

    Args:
        wanted: File name in the path.
        uploaded: File name of what was uploaded; empty if nothing was.
        size: ``maxWidth`` and ``maxHeight``, where given: the picture is made to fit.
        known: The client's ``hash``, which is ignored with a size; empty if none.

    Returns:
        200 with the picture, or 304 where the client's hash is still that of it.

    Raises:
        ProblemError: 404 where none was uploaded, 400 for a size that is no number.
    """
    if not uploaded or wanted != uploaded:
        raise ProblemError(404, "No image was uploaded")
    shade = key_of(uploaded) % 160
    if size == (None, None) and known == image_hash(uploaded):
        return Response(status=304)
    width, height = _fitted(size)
    response = Response(_png(width, height, shade), mimetype="image/png")
    response.headers["ETag"] = f'"{image_hash(uploaded)}"'
    return response


def image_hash(uploaded: str) -> str:
    """The hash of a picture in full size."""
    return str(zlib.crc32(_png(_WIDTH, _HEIGHT, key_of(uploaded) % 160)))


def _fitted(size: tuple[str | None, str | None]) -> tuple[int, int]:
    """Width and height within the bounds, proportions kept."""
    try:
        most = [
            int(text) if text else full for text, full in zip(size, (_WIDTH, _HEIGHT), strict=True)
        ]
    except ValueError:
        raise ProblemError(400, "maxWidth and maxHeight are numbers") from None
    share = min(most[0] / _WIDTH, most[1] / _HEIGHT, 1.0)
    return max(int(_WIDTH * share), 1), max(int(_HEIGHT * share), 1)


@lru_cache(maxsize=64)
def _png(width: int, height: int, shade: int) -> bytes:
    """A roof under a sky."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        slope = abs(y - height) * width // height // 2
        for x in range(width):
            roof = y > height // 3 and slope // 2 < x < width - slope // 2
            rows += bytes((shade, 60, 50) if roof else (150, 190, 255 - shade // 4))
    header = struct.pack(">2I5B", width, height, _BITS, _RGB, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
