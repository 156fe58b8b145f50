"""When to stop asking about an item, and whom to ask next.

The skill of workers comes from earlier work and control items, as tables of their errors. An item
is closed when its answer is sure enough, and sure enough follows from one stated accuracy of the
whole batch. Sources: V. S. Sheng, F. Provost and P. G. Ipeirotis, "Get Another Label", KDD 2008; P.
Welinder and P. Perona, "Online Crowdsourcing", CVPR-W 2010, for stopping by the posterior; D. V.
Lindley, Annals of Mathematical Statistics 27 (1956) 986-1005, for expected information.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods.arguments import counts, share, whole

__all__ = ["Preset", "closed", "information", "next_worker", "start", "update"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Preset:
    """One rule for every kind of work: the target, and how few and many judgments an item gets."""

    target: float = 0.95
    fewest: int = 1
    most: int = 7

    def __post_init__(self) -> None:
        share("target", self.target)
        whole("fewest", self.fewest, 1)
        whole("most", self.most, self.fewest)


def start(prior: ArrayLike) -> Floats:
    """The posterior of an item that nobody has judged: the frequencies of the classes."""
    given = np.asarray(prior, dtype=np.float64)
    if given.ndim != 1 or len(given) < 2 or not np.all(given > 0) or not np.isfinite(given.sum()):
        raise ValueError("prior: must be at least two positive numbers")
    return np.asarray(given / given.sum(), dtype=np.float64)


def update(posterior: ArrayLike, errors: ArrayLike, label: int) -> Floats:
    """Bayes' rule for one judgment.

    Args:
        posterior: class probabilities before. errors: classes x labels, P(label | class) of the
            worker. label: what was answered.

    Raises:
        ValueError: arrays that do not fit, or a label that this worker can never give.

    >>> update([0.5, 0.5], [[0.9, 0.1], [0.2, 0.8]], 0).round(3).tolist()
    [0.818, 0.182]
    """
    before, table = _fitting(posterior, errors)
    column = table[:, whole("label", label, 0, table.shape[1] - 1)]
    after = before * column
    if after.sum() <= 0:
        raise ValueError(f"label: {label} was impossible for this worker and item")
    return np.asarray(after / after.sum(), dtype=np.float64)


def information(posterior: ArrayLike, errors: ArrayLike) -> float:
    """Expected gain in nats from one more judgment: mutual information of class and label.

    >>> information([1.0, 0.0], [[0.9, 0.1], [0.2, 0.8]])
    0.0
    """
    before, table = _fitting(posterior, errors)
    labels = before @ table
    return max(0.0, _entropy(labels) - float(before @ [_entropy(row) for row in table]))


def next_worker(
    posterior: ArrayLike, errors: ArrayLike, costs: ArrayLike | None = None
) -> int | None:
    """Whom to ask: the index of the most expected information per cost, None if nobody helps.

    Args:
        posterior: class probabilities of the item.
        errors: workers x classes x labels, of those who may be asked.
        costs: of one judgment by each, above 0; by default equal.

    Raises:
        ValueError: arrays that do not fit.
    """
    tables = np.asarray(errors, dtype=np.float64)
    if tables.ndim != 3:
        raise ValueError("errors: must be workers x classes x labels")
    price = np.ones(len(tables)) if costs is None else np.asarray(costs, dtype=np.float64)
    if price.shape != (len(tables),) or not np.all(price > 0):
        raise ValueError("costs: must be as many positive numbers as workers")
    gain = np.array([information(posterior, table) for table in tables]) / price
    return int(gain.argmax()) if len(gain) and gain.max() > 1e-12 else None


def closed(posterior: ArrayLike, asked: ArrayLike, rule: Preset | None = None) -> NDArray[np.bool_]:
    """Which items of a batch need no further judgment.

    An item has its fewest judgments at least, and is closed at its most. Of the others the surest
    are closed for as long as the mean expected accuracy of the closed ones keeps the target, so
    that sure items pay for doubtful ones; and every item that reaches the target by itself is.

    Args:
        posterior: items x classes. asked: judgments each item already has. rule: the preset.

    Raises:
        ValueError: arrays that do not fit.
    """
    preset = rule or Preset()
    sure = np.asarray(posterior, dtype=np.float64)
    if sure.ndim != 2 or not np.all((sure >= 0) & (sure <= 1)):
        raise ValueError("posterior: must be items x classes of probabilities")
    had: Ints = counts("asked", asked)
    if had.shape != (len(sure),):
        raise ValueError("asked: must be as long as posterior")
    top = sure.max(axis=1)
    full, ready = had >= preset.most, had >= preset.fewest
    done: NDArray[np.bool_] = full | (ready & (top >= preset.target))
    debt = float((preset.target - top[full & (top < preset.target)]).sum())
    spare = float((top[done & (top >= preset.target)] - preset.target).sum()) - debt
    rest = np.flatnonzero(ready & ~done)
    for item in rest[np.argsort(-top[rest], kind="stable")]:
        spare -= preset.target - float(top[item])
        if spare < 0:
            break
        done[item] = True
    return done


def _entropy(p: Floats) -> float:
    return -math.fsum(float(x) * math.log(x) for x in p if x > 0)


def _fitting(posterior: ArrayLike, errors: ArrayLike) -> tuple[Floats, Floats]:
    before = np.asarray(posterior, dtype=np.float64)
    table = np.asarray(errors, dtype=np.float64)
    if before.ndim != 1 or not np.all(before >= 0) or not math.isclose(before.sum(), 1):
        raise ValueError("posterior: must be probabilities that sum to 1")
    if table.ndim != 2 or len(table) != len(before):
        raise ValueError("errors: must have one row a class")
    if not np.all(table >= 0) or not np.allclose(table.sum(axis=1), 1):
        raise ValueError("errors: each row must be probabilities that sum to 1")
    return before, table
