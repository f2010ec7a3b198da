"""The store as a walk between walls, against the walk done step by step."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solar_simulator.battery import (
    Clamp,
    charge_for,
    discharge_from,
    drawn_for,
    stored_from,
    summary,
    walk,
)

WANTED = st.lists(st.integers(-60, 60), min_size=1, max_size=80)


def step_by_step(start: int, wanted: list[int], low: int, high: int) -> list[int]:
    """What the walk means."""
    found = []
    for change in wanted:
        start = min(max(start + change, low), high)
        found.append(start)
    return found


@given(WANTED, st.integers(0, 100))
def test_walk_equals_the_loop(wanted: list[int], start: int) -> None:
    """The vectorised walk gives every single state of the plain loop."""
    assert walk(start, np.array(wanted), 0, 100).tolist() == step_by_step(start, wanted, 0, 100)


@given(WANTED, st.integers(0, 100))
def test_summary_equals_the_whole_walk(wanted: list[int], start: int) -> None:
    """Three integers stand for all minutes of a day, whatever the store was before."""
    day = summary(np.array(wanted), 0, 100)
    assert day(start) == step_by_step(start, wanted, 0, 100)[-1]
    assert day.forgets == (len({step_by_step(s, wanted, 0, 100)[-1] for s in (0, 50, 100)}) == 1)


@given(WANTED, WANTED, st.integers(0, 100))
def test_summaries_compose(first: list[int], second: list[int], start: int) -> None:
    """Two days in turn are one clamp again."""
    both = summary(np.array(second), 0, 100).after(summary(np.array(first), 0, 100))
    assert both(start) == step_by_step(start, first + second, 0, 100)[-1]


def test_a_clamp_that_forgets() -> None:
    """A day that fills the battery ends full, whatever it began with."""
    assert Clamp(500, 100, 100).forgets
    assert not Clamp(5, 5, 100).forgets


@given(st.lists(st.integers(0, 20_000), min_size=1), st.integers(800, 1000))
def test_losses_stay_in_the_battery(power: list[int], permille: int) -> None:
    """Storing and drawing never create energy, and a cut never asks for more than wished."""
    wished = np.array(power)
    stored = stored_from(wished, permille)
    assert (stored <= wished).all()
    assert (charge_for(stored, permille) <= wished).all()
    drawn = drawn_for(wished, permille)
    assert (drawn >= wished).all()
    assert (discharge_from(drawn, permille) >= wished).all()
    assert (discharge_from(drawn - (drawn > 0), permille) <= wished).all()
