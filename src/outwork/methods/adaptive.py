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

__all__ = [
    "ALLOWED_LOSS",
    "Path",
    "Preset",
    "asked",
    "closed",
    "follow",
    "information",
    "most_telling",
    "next_worker",
    "start",
    "stopping_threshold",
    "update",
]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
ALLOWED_LOSS = 0.0025  # of accuracy, by stopping early: half of the half point that is promised
_THRESHOLDS = 1 - np.geomspace(0.5, 1e-3, 50)


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


@dataclass(frozen=True)
class Path:
    """What would have been answered after each judgment, items together, in the order asked.

    judgment: place in the arrays given. item, answer: per judgment. sure: chance of the answer.
    """

    judgment: Ints
    item: Ints
    answer: Ints
    sure: Floats


def follow(
    items: ArrayLike,
    workers: ArrayLike,
    labels: ArrayLike,
    errors: ArrayLike,
    prior: ArrayLike,
    order: ArrayLike | None = None,
) -> Path:
    """The posterior of each item after each of its judgments.

    Args:
        items, workers, labels: equal-length arrays of ids. errors: workers x classes x labels.
        prior: frequencies of the classes. order: per judgment, a smaller number is asked earlier;
            by default the order of the arrays.

    Raises:
        ValueError: arrays that do not fit.
    """
    item, worker, label = (
        counts(n, v) for n, v in (("items", items), ("workers", workers), ("labels", labels))
    )
    tables = np.asarray(errors, dtype=np.float64)
    before: Floats = np.log(start(prior))
    if tables.ndim != 3 or tables.shape[1] != len(before):
        raise ValueError("errors: must be workers x classes x labels")
    if item.ndim != 1 or not item.shape == worker.shape == label.shape or not len(item):
        raise ValueError("items: must be one-dimensional, as long as workers and labels, not empty")
    if worker.max() >= tables.shape[0] or label.max() >= tables.shape[2]:
        raise ValueError("errors: there is no table for one of the workers or labels")
    when = np.arange(len(item)) if order is None else np.asarray(order, dtype=np.float64)
    if when.shape != item.shape:
        raise ValueError("order: must be as long as items")
    place = np.lexsort((when, item))
    item, worker, label = item[place], worker[place], label[place]
    said = np.log(np.maximum(tables[worker, :, label], 1e-10))
    total = np.cumsum(said, axis=0)
    first = np.flatnonzero(np.concatenate([[True], item[1:] != item[:-1]]))
    base = np.repeat(total[first] - said[first], np.diff(np.append(first, len(item))), axis=0)
    joint = total - base + before
    joint -= joint.max(axis=1, keepdims=True)
    answer = joint.argmax(axis=1)
    return Path(place, item, answer, 1 / np.exp(joint).sum(axis=1))


def most_telling(errors: ArrayLike, prior: ArrayLike) -> Floats:
    """Per worker the expected information of their first judgment of an item, in nats."""
    return np.array([information(start(prior), table) for table in np.asarray(errors)])


def stopping_threshold(path: Path, posterior: ArrayLike, allowed: float = ALLOWED_LOSS) -> float:
    """How sure an answer must be to stop, learnt on earlier work that was judged in full.

    The lowest of a fixed list of thresholds at which stopping early would have cost at most
    ``allowed`` of expected accuracy beside asking for all, by the posterior of all judgments (and
    gold, where that is part of it); the highest, 0.999, if none would.

    Args:
        path: of the earlier work. posterior: items x classes of the earlier work, calibrated.

    Raises:
        ValueError: allowed out of range, or a posterior that does not fit.
    """
    limit = float(share("allowed", allowed))
    final = np.asarray(posterior, dtype=np.float64)
    if final.ndim != 2 or path.item.max() >= len(final) or path.answer.max() >= final.shape[1]:
        raise ValueError("posterior: must be items x classes and hold every item of the path")
    whole_path = _worth(path, final, 2.0)
    for threshold in _THRESHOLDS:
        if whole_path - _worth(path, final, float(threshold)) <= limit:
            return float(threshold)
    return float(_THRESHOLDS[-1])


def asked(path: Path, threshold: float) -> NDArray[np.bool_]:
    """Which judgments of a path are asked for: up to the first after which the answer is sure."""
    stop = np.cumsum(path.sure >= threshold)
    first = np.concatenate([[True], path.item[1:] != path.item[:-1]])
    before: Ints = stop - (path.sure >= threshold)  # stops earlier on, in this item or another
    base = np.maximum.accumulate(np.where(first, before, 0))
    return np.asarray(before == base)


def _worth(path: Path, final: Floats, threshold: float) -> float:
    """Expected accuracy of the answers at which one stops."""
    kept = asked(path, threshold)
    last = np.concatenate([path.item[1:] != path.item[:-1], [True]])
    at = np.flatnonzero(kept & (last | ~np.concatenate([kept[1:], [False]])))
    return float(final[path.item[at], path.answer[at]].mean())


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
