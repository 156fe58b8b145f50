"""The most likely answer from several judgments of unequal worth, with its probability.

Models are weighed without gold: by how well they foretell judgments that they did not see. The
posterior is then tempered, since workers do not err independently and every model of this family
is too sure of itself: by the same judgments or, since unseen judgments share the errors of the
seen, by gold where there is some. Sources: the models as in `outwork.methods.truth_models`; C. Guo
et al., "On Calibration of Modern Neural Networks", ICML 2017, for tempering; Y. Yao et al., "Using
Stacking to Average Bayesian Predictive Distributions", Bayesian Analysis 13 (2018) 917-1003, for
averaging the models by how well they foretell together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from outwork.methods import dawid_skene
from outwork.methods.arguments import whole
from outwork.methods.judgments import LARGEST, Floats, Ints, Judgments, judgments
from outwork.methods.truth_models import MODELS, TruthModel, model_of

__all__ = ["MODELS", "Consensus", "fit"]

_ROUNDS, _TOLERANCE = 100, 1e-6
_TRIAL_ROUNDS, _TRIAL_TOLERANCE = 30, 1e-4
_FOLDS = 5
_ENOUGH_JUDGMENTS = 50_000  # to compare models on
_TEMPERATURES = np.exp(np.linspace(np.log(0.1), np.log(2.0), 31))
_USUAL, _SPREAD = 0.6, 0.5  # temperature beside gold, and how far it is off, in logarithms
_MISLED, _USUALLY_MISLED = np.linspace(0, 0.4, 21), 0.05  # share of items that mislead everybody
_LEAST_POWER = 1e-4
_STACKING_ROUNDS, _LEAST_WEIGHT = 100, 0.05


@dataclass(frozen=True)
class Consensus:
    """What the judgments say together.

    posterior: n_items x n_labels probabilities, of single precision where Dawid-Skene was fitted to
    very many judgments. labels: the most likely, the lowest of equals; -1
    for ids without a judgment. confusion: n_workers x class x label given, None when it would be
    too large. accuracy: per worker. prior: frequencies of the classes. log_likelihood: of the
    judgments under the model. heldout: mean log probability of judgments that each model tried
    did not see, empty when the model was given or nothing could be held out. temperature: power to
    which the model's posterior was raised (below 1: less sure), the mean of several where there is
    gold. weights: of the models whose posteriors were averaged; the other figures are those of the
    one that foretells best alone.
    """

    posterior: Floats | NDArray[np.float32]
    labels: Ints
    confusion: Floats | None
    accuracy: Floats
    prior: Floats
    log_likelihood: float
    model: str
    iterations: int
    heldout: Mapping[str, float]
    temperature: float
    weights: Mapping[str, float]


def fit(
    items: ArrayLike,
    workers: ArrayLike,
    labels: ArrayLike,
    n_labels: int | None = None,
    *,
    model: str = "auto",
    gold: Mapping[int, int] | None = None,
    prior: ArrayLike | None = None,
) -> Consensus:
    """Find the classes of the items and the errors of the workers.

    Args:
        items, workers, labels: equal-length arrays of ids from 0; one entry a judgment.
        n_labels: how many classes there are; by default as many as were used.
        model: one of MODELS, whose posterior is then left as it is without gold, or "auto".
        gold: known classes of some items; they teach and calibrate, and keep their class.
        prior: frequencies of the classes, if known; otherwise estimated.

    Raises:
        ValueError: see `judgments`; an unknown model; gold or prior that does not fit.
    """
    data = judgments(items, workers, labels, n_labels)
    known = _known(gold, data)
    frequencies = _frequencies(prior, data.n_labels)
    tried, weights = _foretell(data, known, frequencies) if model == "auto" else ({}, {})
    chosen = model if model != "auto" else max(tried, key=lambda m: tried[m][0], default="majority")
    temperature = tried[chosen][1] if tried else 1.0
    if model == "dawid-skene" and dawid_skene.worthwhile(data):
        return _of_many(data, known, frequencies)
    final = _climb(data, chosen, known, frequencies, _ROUNDS, _TOLERANCE)
    if len(weights) > 1:
        posterior = _averaged(data, known, frequencies, tried, weights)
    elif known.size:
        powers = _powers(_hidden_in_turn(data, chosen, known, frequencies), known[1])
        posterior = _mixed(final.log_joint, powers)
        temperature = float(powers @ _TEMPERATURES / powers.sum())
    else:
        posterior = _tempered(final.log_joint, temperature)
    empty = data.per_item == 0
    posterior[empty] = final.prior
    posterior = _fixed(posterior, known)
    answers = posterior.argmax(axis=1)
    empty[known[0]] = False
    answers[empty] = -1
    heldout = {name: score for name, (score, _) in tried.items()}
    learnt = (final.model.confusion(), final.model.accuracy(), final.prior, final.log_likelihood)
    how = (chosen, final.iterations)
    return Consensus(posterior, answers, *learnt, *how, heldout, temperature, weights)


def _of_many(data: Judgments, known: Ints, frequencies: Floats | None) -> Consensus:
    found = dawid_skene.climb(data, known, frequencies)
    accuracy = np.asarray(np.diagonal(found.confusion, axis1=1, axis2=2) @ found.prior)
    learnt = (found.confusion, accuracy, found.prior, found.log_likelihood)
    how = ("dawid-skene", found.sweeps)
    return Consensus(found.posterior, found.labels, *learnt, *how, {}, 1.0, {})


@dataclass
class _Climbed:
    model: TruthModel
    log_joint: Floats
    prior: Floats
    log_likelihood: float
    iterations: int


def _climb(
    data: Judgments,
    name: str,
    known: Ints,
    frequencies: Floats | None,
    rounds: int,
    tolerance: float,
) -> _Climbed:
    """Expectation maximisation from the shares of the votes."""
    model = model_of(name, data)
    size = data.n_labels
    votes = data.votes
    total = votes.sum(axis=1, keepdims=True)
    posterior = np.divide(votes, total, out=np.full_like(votes, 1 / size), where=total > 0)
    judged = data.per_item > 0
    last, done = -np.inf, 0
    while True:
        posterior = _fixed(posterior, known)
        model.learn(posterior)
        if frequencies is not None:
            prior = frequencies
        elif model.uniform:
            prior = np.full(size, 1 / size)
        else:
            prior = (posterior[judged].sum(axis=0) + 1e-9) / (judged.sum() + 1e-9 * size)
        joint = model.evidence() + np.log(prior)
        top = joint.max(axis=1, keepdims=True)
        posterior = np.exp(joint - top)
        mass = posterior.sum(axis=1, keepdims=True)
        posterior /= mass
        likelihood = float((top + np.log(mass))[judged].sum())
        done += 1
        if done >= rounds or abs(likelihood - last) <= tolerance * abs(likelihood):
            return _Climbed(model, joint, prior, likelihood, done)
        last = likelihood


def _foretell(
    data: Judgments, known: Ints, frequencies: Floats | None
) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
    """Per model the mean log chance of unseen judgments and the temperature that foretells best.

    And the weights with which the models foretell best together.
    """
    part, known = _part(data, known)
    rank = _rank_in_item(part)
    folds = [
        hidden
        for fold in range(_FOLDS)
        if (
            hidden := ((rank + part.items) % _FOLDS == fold) & (part.per_item[part.items] > 1)
        ).any()
    ]
    found: dict[str, tuple[float, float]] = {}
    chances: dict[str, Floats] = {}
    for name in MODELS if folds else ():
        if _too_large(name, data):
            continue
        each: list[Floats] = []  # per fold: temperatures x judgments
        for hidden in folds:
            rest, new = part.subset(~hidden), part.subset(hidden)
            climbed = _climb(rest, name, known, frequencies, _TRIAL_ROUNDS, _TRIAL_TOLERANCE)
            at = [_fixed(_tempered(climbed.log_joint, t), known) for t in _TEMPERATURES]
            each.append(np.maximum([climbed.model.chance(p, new) for p in at], 1e-6))
        chance = np.concatenate(each, axis=1)
        scores = np.log(chance).mean(axis=1)
        best = int(scores.argmax())
        found[name] = (float(scores[best]), float(_TEMPERATURES[best]))
        chances[name] = chance[best]
    return found, _stacked(chances)


def _stacked(chances: Mapping[str, Floats]) -> dict[str, float]:
    """Weights of a mixture that gives the unseen judgments the highest chance together."""
    if not chances:
        return {}
    table = np.array(list(chances.values()))
    weights: Floats = np.full(len(table), 1 / len(table))
    for _ in range(_STACKING_ROUNDS):
        share = weights[:, None] * table
        weights = (share / share.sum(axis=0)).mean(axis=1)
    kept = np.where(weights >= _LEAST_WEIGHT, weights, 0.0)
    return {name: float(w) for name, w in zip(chances, kept / kept.sum(), strict=True) if w > 0}


def _averaged(
    data: Judgments,
    known: Ints,
    frequencies: Floats | None,
    tried: Mapping[str, tuple[float, float]],
    weights: Mapping[str, float],
) -> Floats:
    """The models' posteriors averaged; with gold, tempered by what they say of it unseen."""

    def mean(gold: Ints, tempered: bool) -> Floats:
        total = np.zeros((data.n_items, data.n_labels))
        for name, weight in weights.items():
            climbed = _climb(data, name, gold, frequencies, _ROUNDS, _TOLERANCE)
            total += weight * _tempered(climbed.log_joint, tried[name][1] if tempered else 1.0)
        return total

    if not known.size:
        return mean(known, tempered=True)
    blind, taught = (
        np.log(np.maximum(mean(gold, tempered=False), 1e-12)) for gold in (known[:, :0], known)
    )
    return _mixed(taught, _powers(blind[known[0]], known[1]))


def _too_large(name: str, data: Judgments) -> bool:
    tables = name in ("pooled", "ibcc", "dawid-skene")
    cells = data.n_workers * data.n_labels * (data.n_labels if tables else 1)
    return cells > LARGEST // 10 and name not in ("majority", "one-coin", "glad")


def _part(data: Judgments, known: Ints) -> tuple[Judgments, Ints]:
    """All judgments of as many items as are enough, evenly taken, their ids closed up."""
    step = -(-len(data.items) // _ENOUGH_JUDGMENTS)
    if step == 1:
        return data, known
    judged = np.flatnonzero(data.per_item > 0)[::step]
    place = np.full(data.n_items, -1)
    place[judged] = np.arange(len(judged))
    part = data.subset(place[data.items] >= 0)
    of_part = known[:, place[known[0]] >= 0]
    of_part[0] = place[of_part[0]]
    return replace(part, items=place[part.items], n_items=len(judged)), of_part


def _rank_in_item(data: Judgments) -> Ints:
    order = np.argsort(data.items, kind="stable")
    first = np.concatenate([[0], np.cumsum(data.per_item)]).astype(np.int64)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - first[data.items[order]]
    return rank


def _tempered(log_joint: Floats, temperature: float) -> Floats:
    scaled = temperature * (log_joint - log_joint.max(axis=1, keepdims=True))
    posterior: Floats = np.exp(scaled)
    posterior /= posterior.sum(axis=1, keepdims=True)
    return posterior


def _mixed(log_joint: Floats, powers: Floats) -> Floats:
    """The mean of what each temperature gives, by its weight; what is left says nothing."""
    size = log_joint.shape[1]
    posterior = np.full_like(log_joint, (1 - powers.sum()) / size)
    for weight, temperature in zip(powers, _TEMPERATURES, strict=True):
        if weight > _LEAST_POWER:
            posterior += weight * _tempered(log_joint, temperature)
    posterior /= posterior.sum(axis=1, keepdims=True)
    return posterior


def _powers(rows: Floats, classes: Ints) -> Floats:
    """How likely each temperature is, by gold whose class was hidden from these rows.

    Together with a share of items that mislead everybody, of which the rows say nothing: what the
    weights lack to 1. Both have a prior, and a few items leave both open: hence means over both,
    not the best pair.
    """
    n, size = rows.shape
    score = np.empty((len(_MISLED), len(_TEMPERATURES)))
    for i, temperature in enumerate(_TEMPERATURES):
        chance = _tempered(rows, temperature)[np.arange(n), classes]
        for j, misled in enumerate(_MISLED):
            score[j, i] = np.log(np.maximum((1 - misled) * chance + misled / size, 1e-6)).sum()
    score -= 0.5 * (np.log(_TEMPERATURES / _USUAL) / _SPREAD) ** 2
    score -= _MISLED[:, None] / _USUALLY_MISLED
    weights = np.exp(score - score.max())
    return np.asarray((1 - _MISLED) @ (weights / weights.sum()), dtype=np.float64)


def _hidden_in_turn(data: Judgments, name: str, known: Ints, frequencies: Floats | None) -> Floats:
    """What a model says of each gold item when its class is hidden."""
    fold = np.arange(len(known[0])) % _FOLDS
    rows = np.empty((len(fold), data.n_labels))
    for number in range(min(_FOLDS, len(fold))):
        hidden = fold == number
        climbed = _climb(
            data, name, known[:, ~hidden], frequencies, _TRIAL_ROUNDS, _TRIAL_TOLERANCE
        )
        rows[hidden] = climbed.log_joint[known[0, hidden]]
    return rows


def _fixed(posterior: Floats, known: Ints) -> Floats:
    if known.size:
        posterior[known[0]] = 0.0
        posterior[known[0], known[1]] = 1.0
    return posterior


def _known(gold: Mapping[int, int] | None, data: Judgments) -> Ints:
    """2 x n: item ids and their classes."""
    pairs = [
        (whole("gold", item, 0, data.n_items - 1), whole("gold", label, 0, data.n_labels - 1))
        for item, label in (gold or {}).items()
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2).T


def _frequencies(prior: ArrayLike | None, n_labels: int) -> Floats | None:
    if prior is None:
        return None
    given: NDArray[np.float64] = np.asarray(prior, dtype=np.float64)
    if given.shape != (n_labels,) or not np.all(given > 0) or not np.isclose(given.sum(), 1):
        raise ValueError(f"prior: must be {n_labels} positive numbers that sum to 1")
    return np.asarray(given / given.sum(), dtype=np.float64)
