"""Who gets which item: a batch allocated at once with a certificate, a stream priced and paced.

Items have values for a few people each; people have capacities. A batch is the transportation
problem, whose linear program has whole solutions; its dual values are prices of people's time. For
any prices the dual gives a bound that no allocation can exceed, so the gap is computed and not
assumed. An arriving stream is decided item by item at prices learned on earlier items, which drift
up for whoever is used faster than the capacity lasts and down for whoever is used slower.

Sources: Bertsekas, Network Optimization (1998), ch. 7 (assignment, duality); Balseiro, Lu and
Mirrokni, The Best of Many Worlds: Dual Mirror Descent for Online Allocation Problems, Operations
Research 71 (2023) 101-119.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NOBODY = -1
#: Items times candidates in one batch: about a second of the solver.
LARGEST = 200_000


@dataclass(frozen=True, slots=True)
class Allocation:
    """What a batch came to.

    `person`: for each of n items who gets it, or -1. `prices`: for each of m people what one more
    unit of capacity would be worth, in the unit of the values. `value` is the sum over items,
    `bound` what no allocation exceeds.
    """

    person: Ints
    prices: Floats
    value: float
    bound: float

    @property
    def gap(self) -> float:
        """How far the value may be from the best, as a fraction of the bound; 0 is optimal."""
        return (self.bound - self.value) / self.bound if self.bound > 0 else 0.0


def allocate(people: ArrayLike, values: ArrayLike, capacity: ArrayLike) -> Allocation:
    """The allocation of greatest value; an item whose values are all below 0 goes to nobody.

    `people` (n x k whole numbers) are the candidates of each item, -1 for an empty place; `values`
    (n x k) what each would be worth; `capacity` (m whole numbers) how many items each takes at
    most. Raises ValueError for shapes that do not fit, candidates outside 0..m-1, a candidate named
    twice for an item, values that are not finite, and more than 200,000 places.
    """
    who, worth, most = _checked(people, values, capacity)
    items, places = np.nonzero((who >= 0) & (worth > 0))
    if items.size == 0:
        return Allocation(np.full(len(who), NOBODY, np.int64), np.zeros(most.size), 0.0, 0.0)
    chosen, prices = _solved(items, who[items, places], worth[items, places], len(who), most)
    person = np.full(len(who), NOBODY, np.int64)
    taken = np.flatnonzero(chosen)
    person[items[taken]] = who[items[taken], places[taken]]
    value = float(worth[items[taken], places[taken]].sum())
    return Allocation(person, prices, value, max(value, upper_bound(who, worth, most, prices)))


def upper_bound(
    people: ArrayLike, values: ArrayLike, capacity: ArrayLike, prices: ArrayLike
) -> float:
    """What no allocation exceeds, whatever prices (m, at least 0) are put in: weak duality.

    Shapes and errors as of `allocate`.
    """
    who, worth, most = _checked(people, values, capacity)
    asked = np.asarray(prices, np.float64)
    if asked.shape != most.shape or not np.all(asked >= 0):
        raise ValueError(f"prices: {most.size} numbers of at least 0")
    if who.size == 0:
        return float(most @ asked)
    left = np.where(who >= 0, worth - np.append(asked, 0.0)[who], 0.0)
    return float(most @ asked + np.maximum(left.max(axis=1), 0.0).sum())


def choose(
    people: ArrayLike,
    values: ArrayLike,
    prices: ArrayLike,
    used: ArrayLike,
    capacity: ArrayLike,
    elapsed: float,
    step: float,
) -> int:
    """Who gets an item that has just arrived: the place of the candidate, or -1 for nobody yet.

    `people` and `values` (k) are its candidates; `prices`, `used` and `capacity` (m) stand as they
    are now; `elapsed` is the share of the period that has gone by, 0 to 1. The price of a person
    is the learned one plus `step` for each unit used ahead of an even pace, less for one behind,
    and never below 0. Raises ValueError for shapes that do not fit or `elapsed` outside 0 to 1.
    """
    who, worth = np.asarray(people, np.int64), np.asarray(values, np.float64)
    learned, spent, most = (np.asarray(a, np.float64) for a in (prices, used, capacity))
    if who.ndim != 1 or who.shape != worth.shape:
        raise ValueError("people and values: one row of equal length")
    if learned.ndim != 1 or not learned.shape == spent.shape == most.shape:
        raise ValueError("prices, used and capacity: one number a person")
    if not 0.0 <= elapsed <= 1.0:
        raise ValueError("elapsed: from 0 to 1")
    if who.size and not (who.min() >= 0 and who.max() < learned.size):
        raise ValueError("people: a candidate is nobody we know")
    ahead = spent[who] - most[who] * elapsed
    gain = worth - np.maximum(0.0, learned[who] + step * ahead)
    gain[spent[who] >= most[who]] = -np.inf
    if who.size == 0 or not gain.max() > 0.0:
        return NOBODY
    return int(gain.argmax())


def _checked(
    people: ArrayLike, values: ArrayLike, capacity: ArrayLike
) -> tuple[Ints, Floats, Ints]:
    who, most = np.asarray(people), np.asarray(capacity)
    worth = np.asarray(values, np.float64)
    if who.ndim != 2 or who.shape != worth.shape:
        raise ValueError("people and values: two tables of the same shape")
    if who.size > LARGEST:
        raise ValueError(f"people: {who.size} places, at most {LARGEST}")
    if most.ndim != 1 or (most.size and (most.dtype.kind not in "iu" or most.min() < 0)):
        raise ValueError("capacity: one whole number of at least 0 a person")
    if who.size and (who.dtype.kind not in "iu" or who.min() < NOBODY or who.max() >= most.size):
        raise ValueError(f"people: whole numbers from -1 to {most.size - 1}")
    if not np.all(np.isfinite(worth[who >= 0])):
        raise ValueError("values: finite numbers")
    ordered = np.sort(who, axis=1)
    if np.any((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)):
        raise ValueError("people: a candidate is named twice for an item")
    return who.astype(np.int64), worth, most.astype(np.int64)


def _solved(
    items: Ints, who: Ints, worth: Floats, n: int, most: Ints
) -> tuple[NDArray[np.bool_], Floats]:
    """Which places are chosen, and the price of each person."""
    # Here, for most who import this module never solve anything.
    from scipy.optimize import linprog
    from scipy.sparse import coo_array, vstack

    column = np.arange(items.size)
    ones = np.ones(items.size)
    once = coo_array((ones, (items, column)), shape=(n, items.size))
    within = coo_array((ones, (who, column)), shape=(most.size, items.size))
    solve: Any = linprog  # its stubs know no sparse matrices
    found = solve(
        -worth,
        A_ub=vstack([once, within]).tocsr(),
        b_ub=np.concatenate([np.ones(n), most]),
        bounds=(0, 1),
        method="highs-ds",  # a vertex, so whole numbers
    )
    if found.status != 0:
        raise ArithmeticError(f"the solver gave up: {found.message}")
    return found.x > 0.5, np.maximum(0.0, -found.ineqlin.marginals[n:])
