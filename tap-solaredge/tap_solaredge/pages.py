"""Lists that come in pages: whether another one is to be requested, and what is odd about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from solar_tap_kit.notices import notice

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

ROUND = 50
"""A page shorter than requested may be the server's own maximum: it is a multiple of this."""

MOST_PAGES = 10_000


class Page(NamedTuple):
    """What is requested of a list.

    Attributes:
        number: From 1 on.
        size: Entries that it may hold.
        start: How many entries came before it.
    """

    number: int
    size: int
    start: int


def all_pages(
    ask: Callable[[Page], bytes],
    read: Callable[[bytes], tuple[Sequence[Hashable], int | None]],
    size: int,
    what: str,
    most: int = MOST_PAGES,
) -> list[bytes]:
    """Return the bodies of all pages of a list.

    A server may give less than requested in a page, more than it counts, or the same page again:
    pages are requested until as many entries are there as it counts, or none comes.

    Args:
        ask: Requests a page.
        read: Returns the ids of a page's entries, and how many the list has if that is said.
        size: Entries of a page to request.
        what: The list, for reports.
        most: Pages that are requested at most.
    """
    bodies: list[bytes] = []
    seen: set[Hashable] = set()
    listed, total = 0, None
    while len(bodies) < most:
        page = Page(len(bodies) + 1, size, listed)
        body = ask(page)
        ids, total = read(body)
        if bodies and ids and seen.issuperset(ids):
            notice(f"{what} page", f"{what}: page {page.number} brings nothing new; left out")
            break
        bodies.append(body)
        seen.update(ids)
        listed += len(ids)
        if not ids or _is_last(ids, page, listed, total):
            break
        # The number of a page counts pages as long as the server makes them.
        size = min(size, len(ids)) if page.number == 1 else size
    if total is not None and total != listed:
        notice(f"{what} count", f"{what}: {listed} came, although the cloud counts {total}")
    return bodies


def _is_last(ids: Sequence[Hashable], page: Page, listed: int, total: int | None) -> bool:
    # Whether the count is that of the list or of the page, no document says.
    is_counted = total is not None and total > len(ids)
    if is_counted:
        return listed >= (total or 0)
    return len(ids) < page.size and (len(ids) % ROUND != 0)
