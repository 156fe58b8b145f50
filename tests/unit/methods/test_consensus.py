"""Consensus against the paper's data, a slow implementation of the paper, and odd inputs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.unit.methods.anaesthetists import GRADES, OBSERVERS, long_form

from outwork.methods import consensus
from outwork.methods.consensus import MODELS, _stacked, fit
from outwork.methods.judgments import judgments
from outwork.methods.truth_models import model_of


def simulate(
    seed: int, n_items: int = 400, n_workers: int = 12, size: int = 3, per_item: int = 5
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Judgments by workers whose tables of errors differ, and the truth."""
    chance = np.random.default_rng(seed)
    truth = chance.integers(0, size, n_items)
    tables = chance.dirichlet(np.ones(size), (n_workers, size)) * 0.5
    tables += 0.5 * np.eye(size)
    items = np.repeat(np.arange(n_items), per_item)
    workers = np.concatenate([chance.permutation(n_workers)[:per_item] for _ in range(n_items)])
    draws = chance.random(len(items))[:, None]
    labels = (draws > tables[workers, truth[items]].cumsum(axis=1)).sum(axis=1)
    return items, workers, np.minimum(labels, size - 1), truth


def slow_dawid_skene(rounds: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Equations 2.3 to 2.5 and 3.1 of the paper, term by term."""
    n, size = len(GRADES), 4
    posterior = np.array([[np.mean(row == k) for k in range(size)] for row in GRADES])
    prior, rates = np.zeros(size), np.zeros((5, size, size))
    likelihood = 0.0
    for _ in range(rounds):
        prior = posterior.mean(axis=0)
        for k in range(5):
            for j in range(size):
                for label in range(size):
                    given = (GRADES[:, np.equal(OBSERVERS, k)] == label).sum(axis=1)
                    rates[k, j, label] = (posterior[:, j] * given).sum()
                rates[k, j] /= rates[k, j].sum()
        likelihood = 0.0
        for i in range(n):
            joint = prior.copy()
            for k, label in zip(OBSERVERS, GRADES[i], strict=True):
                joint = joint * np.maximum(rates[k, :, label], 1e-10)
            likelihood += float(np.log(joint.sum()))
            posterior[i] = joint / joint.sum()
    return posterior, prior, rates, likelihood


def test_dawid_and_skene_s_patients() -> None:
    found = fit(*long_form(), model="dawid-skene")
    posterior, prior, rates, likelihood = slow_dawid_skene(found.iterations)
    assert found.confusion is not None
    np.testing.assert_allclose(found.posterior, posterior, atol=1e-9)
    np.testing.assert_allclose(found.prior, prior, atol=1e-9)
    np.testing.assert_allclose(found.confusion, rates, atol=1e-9)
    assert found.log_likelihood == pytest.approx(likelihood, rel=1e-12)
    np.testing.assert_allclose(found.prior, [0.40, 0.42, 0.11, 0.07], atol=0.005)
    assert found.temperature == 1.0


def test_majority_is_the_vote() -> None:
    items, workers, labels, _ = simulate(1)
    found = fit(items, workers, labels, model="majority")
    votes = np.zeros_like(found.posterior)
    np.add.at(votes, (items, labels), 1)
    np.testing.assert_array_equal(found.labels, votes.argmax(axis=1))


@pytest.mark.parametrize("name", MODELS)
def test_likelihood_is_the_sum_over_classes(name: str) -> None:
    """Each model's chance of a judgment, multiplied out by hand, is its evidence."""
    items, workers, labels, _ = simulate(2, n_items=30)
    data = judgments(items, workers, labels, 3)
    model = model_of(name, data)
    for _ in range(3):
        model.learn(np.full((30, 3), 1 / 3) * 0.4 + 0.6 * data.votes / 5)
    by_hand = np.zeros((30, 3))
    for label in range(3):
        certain = np.zeros((30, 3))
        certain[:, label] = 1
        by_hand[:, label] = np.bincount(items, np.log(model.chance(certain, data)), minlength=30)
    if name == "ibcc":  # variational: the mean of the logarithm lies below
        assert np.all(model.evidence() <= by_hand + 1e-9)
    else:
        np.testing.assert_allclose(model.evidence(), by_hand, atol=1e-9)
    for worker in range(12):  # chances of what a worker may say about an item sum to one
        new = judgments([0, 0, 0], [worker] * 3, [0, 1, 2], 3)
        assert model.chance(np.full((1, 3), 1 / 3), new).sum() == pytest.approx(1)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_recovers_an_easy_truth(name: str) -> None:
    items, workers, labels, truth = simulate(3, per_item=9)
    found = fit(items, workers, labels, model=name)
    assert np.mean(found.labels == truth) > 0.9
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1)
    assert found.confusion is not None
    np.testing.assert_allclose(found.confusion.sum(axis=2), 1)
    assert found.accuracy.shape == (12,)
    assert np.all((found.accuracy >= 0) & (found.accuracy <= 1))


def test_likelihood_of_dawid_skene_never_falls(monkeypatch: pytest.MonkeyPatch) -> None:
    items, workers, labels, _ = simulate(4)
    last = -np.inf
    for rounds in range(1, 12):
        monkeypatch.setattr("outwork.methods.consensus._ROUNDS", rounds)
        now = fit(items, workers, labels, model="dawid-skene").log_likelihood
        assert now >= last - 1e-9
        last = now


def test_auto_chooses_by_foresight_and_beats_the_vote() -> None:
    items, workers, labels, truth = simulate(5, n_items=2000)
    found = fit(items, workers, labels)
    vote = fit(items, workers, labels, model="majority")
    assert found.model in ("pooled", "ibcc", "dawid-skene")
    assert found.heldout[found.model] == max(found.heldout.values())
    assert np.mean(found.labels == truth) > np.mean(vote.labels == truth)
    sure = found.posterior.max(axis=1)
    assert abs(sure.mean() - np.mean(found.labels == truth)) < 0.05


def test_averaged_models_foretell_at_least_as_well_as_any_alone() -> None:
    chance = np.random.default_rng(12)
    chances = {name: chance.random(300) ** power for name, power in (("a", 1), ("b", 2), ("c", 9))}
    weights = _stacked(chances)
    assert sum(weights.values()) == pytest.approx(1)
    together = np.log(sum(w * chances[name] for name, w in weights.items())).mean()
    assert together >= max(np.log(c).mean() for c in chances.values()) - 1e-3
    assert _stacked({"only": np.full(3, 0.5)}) == {"only": 1.0}
    assert _stacked({}) == {}


def test_gold_keeps_its_class_where_models_are_averaged() -> None:
    items, workers, labels, truth = simulate(13, n_items=300)
    found = fit(items, workers, labels, gold=dict(enumerate(truth[:30])))
    np.testing.assert_array_equal(found.labels[:30], truth[:30])
    assert sum(found.weights.values()) == pytest.approx(1)
    assert found.model in found.weights
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1)


def test_gold_keeps_its_class_and_tempers_copied_judgments() -> None:
    """Workers who copy each other look surer than they are; gold shows it."""
    items, workers, labels, truth = simulate(6, n_items=600, per_item=3)
    items, labels = np.tile(items, 4), np.tile(labels, 4)
    workers = np.concatenate([workers + 12 * copy for copy in range(4)])
    blind = fit(items, workers, labels, model="pooled")
    taught = fit(items, workers, labels, model="pooled", gold=dict(enumerate(truth[:50])))
    np.testing.assert_array_equal(taught.labels[:50], truth[:50])

    gap = {}
    for name, found in (("blind", blind), ("taught", taught)):
        right = np.mean(found.labels[50:] == truth[50:])
        gap[name] = float(found.posterior[50:].max(axis=1).mean() - right)
    assert gap["blind"] > 0.1
    assert gap["taught"] < 0.6 * gap["blind"]
    assert taught.temperature < 0.5


def test_gold_bounds_how_sure_an_answer_can_be() -> None:
    """Where every fifth item misleads everybody, the surest answers are wrong as often."""
    items, workers, labels, truth = simulate(21, n_items=1500, per_item=7)
    misled = np.arange(1500) % 5 == 2
    truth = np.where(misled, (truth + 1) % 3, truth)
    gold = dict(enumerate(truth[:100]))
    sure, right = {}, {}
    for name, given in (("blind", None), ("taught", gold)):
        found = fit(items, workers, labels, gold=given)
        top = found.posterior[100:].max(axis=1)
        surest = top >= np.quantile(top, 0.7)
        sure[name] = float(top[surest].mean())
        right[name] = float(np.mean((found.labels[100:] == truth[100:])[surest]))
    assert sure["blind"] - right["blind"] > 0.15
    assert abs(sure["taught"] - right["taught"]) < 0.08


def test_powers_are_what_bayes_gives() -> None:
    """Against the sum over every temperature and share of misleading items, one by one."""
    chance = np.random.default_rng(3)
    rows, classes = np.log(chance.dirichlet(np.ones(3), 12)), chance.integers(0, 3, 12)
    total, mass = np.zeros(len(consensus._TEMPERATURES)), 0.0
    for i, power in enumerate(consensus._TEMPERATURES):
        for misled in consensus._MISLED:
            weight = math.exp(-misled / 0.05 - 0.5 * (math.log(power / 0.6) / 0.5) ** 2)
            for row, k in zip(np.exp(rows), classes, strict=True):
                weight *= (1 - misled) * row[k] ** power / (row**power).sum() + misled / 3
            mass += weight
            total[i] += (1 - misled) * weight
    np.testing.assert_allclose(consensus._powers(rows, classes), total / mass, rtol=1e-9)


def test_renaming_workers_and_shuffling_judgments_changes_nothing() -> None:
    items, workers, labels, _ = simulate(7)
    order = np.random.default_rng(0).permutation(len(items))
    names = np.random.default_rng(1).permutation(12)
    one = fit(items, workers, labels, model="pooled")
    two = fit(items[order], names[workers[order]], labels[order], model="pooled")
    np.testing.assert_allclose(one.posterior, two.posterior, atol=1e-9)
    np.testing.assert_allclose(one.accuracy, two.accuracy[names], atol=1e-9)


@pytest.mark.parametrize("name", [*MODELS, "auto"])
@pytest.mark.parametrize(
    ("items", "workers", "labels", "size"),
    [
        ([0], [0], [0], None),
        ([0], [0], [0], 3),
        ([0, 1, 2], [0, 0, 0], [0, 1, 0], 2),
        ([0, 0, 1, 1], [0, 1, 0, 1], [1, 1, 1, 1], 3),
        ([0, 0, 0], [0, 0, 0], [1, 1, 0], 2),
        ([3, 3], [5, 0], [0, 1], 2),
        ([0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 0, 1], [0, 0, 0, 1, 0, 2], 3),
    ],
)
def test_little_is_no_trouble(
    name: str, items: list[int], workers: list[int], labels: list[int], size: int | None
) -> None:
    found = fit(items, workers, labels, size, model=name)
    assert found.posterior.shape == (max(items) + 1, size or max(labels) + 1)
    np.testing.assert_allclose(found.posterior.sum(axis=1), 1)
    assert np.all(np.isfinite(found.posterior))
    for item in range(max(items) + 1):
        assert (found.labels[item] == -1) == (item not in items)
        if item not in items:
            np.testing.assert_allclose(found.posterior[item], found.prior)


def test_many_classes() -> None:
    labels = [9_999, 9_999, 7, 7, 7, 8]
    found = fit([0, 0, 1, 1, 1, 1], [0, 1, 0, 1, 2, 3], labels)
    assert found.labels.tolist() == [9_999, 7]
    assert found.confusion is None
    with pytest.raises(ValueError, match=r"^model: "):
        fit([0], [0], [9_999], model="dawid-skene")
    with pytest.raises(ValueError, match=r"^n_labels: "):
        fit([10**5], [0], [9_999])


@pytest.mark.parametrize(
    ("items", "workers", "labels", "settings", "named"),
    [
        ([], [], [], {}, "items"),
        ([0, 1], [0], [0, 0], {}, "workers"),
        ([[0]], [[0]], [[0]], {}, "items"),
        ([0], [0], [-1], {}, "labels"),
        ([0], [0.5], [0], {}, "workers"),
        ([0], [0], ["a"], {}, "labels"),
        ([0], [0], [3], {"n_labels": 3}, "labels"),
        ([0], [0], [0], {"n_labels": 0}, "n_labels"),
        ([0], [0], [0], {"model": "oracle"}, "model"),
        ([0], [0], [1], {"gold": {5: 0}}, "gold"),
        ([0], [0], [1], {"gold": {0: 2}}, "gold"),
        ([0], [0], [1], {"prior": [1.0]}, "prior"),
        ([0], [0], [1], {"prior": [0.9, 0.9]}, "prior"),
    ],
)
def test_bad_input_is_named(
    items: object, workers: object, labels: object, settings: dict[str, object], named: str
) -> None:
    with pytest.raises(ValueError, match=f"^{named}: "):
        fit(items, workers, labels, **settings)  # type: ignore[arg-type]
