"""Models of how workers err, each with the two steps of expectation maximisation.

Sources: A. P. Dawid and A. M. Skene, Applied Statistics 28 (1979) 20-28; H.-C. Kim and Z.
Ghahramani, "Bayesian Classifier Combination", AISTATS 2012 (the variational form is that of E.
Simpson et al., 2013); J. Whitehill et al., "Whose Vote Should Count More" (GLAD), NIPS 2009; D.
Hovy et al., "Learning Whom to Trust with MACE", NAACL 2013.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from outwork.methods.judgments import LARGEST, Floats, Ints, Judgments, summed

_TINY = 1e-10
_POOLED = 4.0  # a worker's own record weighs as much as everybody's after so many judgments
_IBCC_DIAGONAL, _IBCC_OFF = 4.0, 1.0
_GLAD_STEPS = 3


class TruthModel(Protocol):
    """What the workers' judgments say about the classes of the items."""

    uniform: bool  # whether the classes are taken to be equally frequent

    def learn(self, posterior: Floats) -> None:
        """Maximisation: parameters from n_items x n_labels class probabilities."""

    def evidence(self) -> Floats:
        """n_items x n_labels: log P(judgments of the item | class)."""

    def chance(self, posterior: Floats, new: Judgments) -> Floats:
        """P(each new judgment), given class probabilities of the items."""

    def confusion(self) -> Floats | None:
        """n_workers x n_labels (class) x n_labels (given), unless too large."""

    def accuracy(self) -> Floats:
        """Estimated share of each worker's judgments that are right."""


class Confusion:
    """A table of errors per worker: maximum likelihood, shrunk to everybody's, or variational."""

    uniform = False

    def __init__(self, data: Judgments, pooled: float = 0.0, variational: bool = False) -> None:
        size = data.n_labels
        if data.n_workers * size * size > LARGEST:
            raise ValueError(
                f"model: {data.n_workers} tables of {size} x {size} labels do not fit; "
                "take one-coin"
            )
        self._data = data
        self._pooled = pooled
        self._variational = variational
        self._mean = self._log = np.zeros((data.n_workers, size, size))  # worker, given, class
        self._classes = np.full(size, 1 / size)

    def learn(self, posterior: Floats) -> None:
        size = self._data.n_labels
        seen = np.asarray(self._data.incidence.T @ posterior)
        seen = seen.reshape(self._data.n_workers, size, size)
        self._classes = posterior.mean(axis=0)
        if self._variational:
            from scipy.special import digamma

            seen += _IBCC_OFF + (_IBCC_DIAGONAL - _IBCC_OFF) * np.eye(size)
            total = seen.sum(axis=1, keepdims=True)
            self._mean, self._log = seen / total, digamma(seen) - digamma(total)
            return
        if self._pooled:
            everybody = seen.sum(axis=0) + 1 / size + np.eye(size)
            seen += self._pooled * everybody / everybody.sum(axis=0)
        total = seen.sum(axis=1, keepdims=True)
        never = np.full_like(seen, 1 / size)  # a class this worker never met says nothing
        self._mean = np.divide(seen, total, out=never, where=total > _TINY)
        self._log = np.log(np.maximum(self._mean, _TINY))

    def evidence(self) -> Floats:
        size = self._data.n_labels
        return np.asarray(self._data.incidence @ self._log.reshape(-1, size), dtype=np.float64)

    def chance(self, posterior: Floats, new: Judgments) -> Floats:
        rows = self._mean[new.workers, new.labels]
        return np.asarray(np.sum(rows * posterior[new.items], axis=1), dtype=np.float64)

    def confusion(self) -> Floats | None:
        return np.ascontiguousarray(self._mean.transpose(0, 2, 1))

    def accuracy(self) -> Floats:
        right = np.diagonal(self._mean, axis1=1, axis2=2)
        return np.asarray(right @ self._classes, dtype=np.float64)


@dataclass
class _Match:
    """Per judgment: its chance if the item is of that class, and if it is of any other."""

    right: Floats
    wrong: Floats

    def evidence(self, data: Judgments) -> Floats:
        log_wrong = np.log(np.maximum(self.wrong, _TINY))
        log_right = np.log(np.maximum(self.right, _TINY))
        rest = summed(data.items, log_wrong, data.n_items)
        return data.tally(log_right - log_wrong) + rest[:, None]

    def chance(self, posterior: Floats, new: Judgments) -> Floats:
        hit = posterior[new.items, new.labels]
        return hit * self.right + (1 - hit) * self.wrong


class _Matching(ABC):
    """A model in which a judgment is either right or wrong, whatever the class.

    The classes are taken to be equally frequent: an estimated frequency would explain unequal
    classes by workers who are wrong, and sweep every item into one class.
    """

    uniform = True

    def __init__(self, data: Judgments) -> None:
        self._data = data
        self._others = max(1, data.n_labels - 1)

    @abstractmethod
    def _match(self, new: Judgments) -> _Match:
        """How each new judgment speaks, given the parameters."""

    @abstractmethod
    def accuracy(self) -> Floats:
        """Each worker's chance to be right, (n_workers,)."""

    def evidence(self) -> Floats:
        return self._match(self._data).evidence(self._data)

    def chance(self, posterior: Floats, new: Judgments) -> Floats:
        return self._match(new).chance(posterior, new)

    def confusion(self) -> Floats | None:
        size = self._data.n_labels
        if self._data.n_workers * size * size > LARGEST // 10:
            return None
        right = self.accuracy()[:, None, None]
        return np.where(np.eye(size, dtype=bool), right, (1 - right) / self._others)

    def _hits(self, posterior: Floats) -> Floats:
        return posterior[self._data.items, self._data.labels]

    def _of_worker(self, weights: Floats) -> Floats:
        return summed(self._data.workers, weights, self._data.n_workers)


class Coin(_Matching):
    """One accuracy per worker, shrunk to everybody's; or one for all, which is majority vote."""

    def __init__(self, data: Judgments, shared: bool = False) -> None:
        super().__init__(data)
        self._shared = shared
        self._share: Floats = np.full(data.n_workers, 0.8)

    def learn(self, posterior: Floats) -> None:
        hits = self._hits(posterior)
        pooled = (hits.sum() + 1) / (len(hits) + 2)
        if self._shared:
            # below a coin's toss the labels would turn round: no vote says that of everybody
            self._share = np.full_like(self._share, max(pooled, 1.01 / self._data.n_labels))
        else:
            total = self._data.per_worker + _POOLED
            self._share = (self._of_worker(hits) + _POOLED * pooled) / total

    def _match(self, new: Judgments) -> _Match:
        right = self._share[new.workers]
        return _Match(right, (1 - right) / self._others)

    def accuracy(self) -> Floats:
        return self._share


class Spam(_Matching):
    """MACE: a worker either knows the class or answers from habits of their own."""

    def __init__(self, data: Judgments) -> None:
        super().__init__(data)
        self._knows: Floats = np.full(data.n_workers, 0.8)
        if data.n_workers * data.n_labels > LARGEST:
            raise ValueError("model: the workers' habits do not fit in a table; take one-coin")
        self._habit: Floats = np.full((data.n_workers, data.n_labels), 1 / data.n_labels)

    def learn(self, posterior: Floats) -> None:
        data = self._data
        match = self._match(data)
        knew = self._hits(posterior) * self._knows[data.workers] / match.right
        self._knows = (self._of_worker(knew) + 0.5) / (data.per_worker + 1)
        where = data.workers * data.n_labels + data.labels
        guessed = summed(where, 1 - knew, self._habit.size)
        guessed = guessed.reshape(self._habit.shape) + 10 / data.n_labels
        self._habit = guessed / guessed.sum(axis=1, keepdims=True)

    def _match(self, new: Judgments) -> _Match:
        knows = self._knows[new.workers]
        wrong = (1 - knows) * self._habit[new.workers, new.labels]
        return _Match(knows + wrong, wrong)

    def accuracy(self) -> Floats:
        lucky = np.square(self._habit).sum(axis=1)
        return np.asarray(self._knows + (1 - self._knows) * lucky, dtype=np.float64)


class Ability(_Matching):
    """GLAD: the odds of a right judgment grow with the worker's ability and the item's ease."""

    def __init__(self, data: Judgments) -> None:
        super().__init__(data)
        self._skill: Floats = np.ones(data.n_workers)
        self._ease = np.zeros(data.n_items)  # logarithm of the item's ease

    def learn(self, posterior: Floats) -> None:
        """Damped Newton steps on the expected log-likelihood with normal priors."""
        items, workers = self._data.items, self._data.workers
        hits = self._hits(posterior)
        for _ in range(_GLAD_STEPS):
            ease = np.exp(self._ease)[items]
            odds = self._odds(items, workers)
            gap, curve = hits - odds, odds * (1 - odds)
            pull = self._of_worker(gap * ease) - (self._skill - 1)
            self._skill = self._skill + _damped(pull, self._of_worker(curve * ease * ease) + 1)
            reach = self._skill[workers] * ease
            gap = hits - self._odds(items, workers)
            size = self._data.n_items
            pull = summed(items, gap * reach, size) - self._ease
            bend = summed(items, curve * reach * reach, size) + 1
            self._ease = np.clip(self._ease + _damped(pull, bend), -4, 4)

    def _odds(self, items: Ints, workers: Ints) -> Floats:
        x = np.clip(self._skill[workers] * np.exp(self._ease[items]), -30, 30)
        return np.asarray(1 / (1 + np.exp(-x)), dtype=np.float64)

    def _match(self, new: Judgments) -> _Match:
        right = self._odds(new.items, new.workers)
        return _Match(right, (1 - right) / self._others)

    def accuracy(self) -> Floats:
        given = self._of_worker(self._odds(self._data.items, self._data.workers))
        idle = 1 / (1 + np.exp(-self._skill))
        seen = self._data.per_worker
        return np.where(seen > 0, given / np.maximum(seen, 1), idle)


def _damped(pull: Floats, bend: Floats) -> Floats:
    return np.clip(pull / bend, -0.5, 0.5)


def model_of(name: str, data: Judgments) -> TruthModel:
    """A fresh model by its name."""
    made: TruthModel
    if name in ("majority", "one-coin"):
        made = Coin(data, shared=name == "majority")
    elif name in ("dawid-skene", "pooled", "ibcc"):
        made = Confusion(data, _POOLED if name == "pooled" else 0.0, name == "ibcc")
    elif name == "mace":
        made = Spam(data)
    elif name == "glad":
        made = Ability(data)
    else:
        raise ValueError(f"model: {name!r} is not one of {', '.join(MODELS)}")
    return made


MODELS = ("majority", "one-coin", "mace", "glad", "pooled", "ibcc", "dawid-skene")
