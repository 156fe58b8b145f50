"""The first stage: a linear score of every unit for every category, in one matrix product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from outwork_practices.legal.contract_management.features import (
    WEIGHT_NEXT,
    WEIGHT_PREVIOUS,
    Floats,
    Sparse,
    encode,
    shifted,
)
from outwork_practices.legal.contract_management.segments import Unit

BLOCKS = ("own", "hashed", "previous", "next", "heading", "place")


@dataclass(frozen=True, slots=True)
class Scored:
    """First-stage scores of n units (n, q), the heading's share of them, and the whole's (q,)."""

    units: Floats
    heading: Floats
    whole: Floats


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights of q categories: word blocks (v, q), hashed (HASHED, q), place (PLACES, q).

    `whole` (v + 1, q) scores the contract as one bag of words, its last row the intercept.
    """

    vocabulary: Mapping[str, int]
    idf: Floats
    weights: Mapping[str, Floats]
    bias: Floats
    whole: Floats

    def scores(self, text: str, units: Sequence[Unit]) -> Scored:
        """Scores of the units of `text`, which must not be empty."""
        rows = encode(text, units, self.vocabulary, self.idf)
        w = self.weights
        previous, after = np.asarray(rows.own @ w["previous"]), np.asarray(rows.own @ w["next"])
        heading = np.asarray(rows.heading @ w["heading"])
        total = (
            np.asarray(rows.own @ w["own"])
            + np.asarray(rows.hashed @ w["hashed"])
            + WEIGHT_PREVIOUS * np.asarray(shifted(previous, 1))
            + WEIGHT_NEXT * np.asarray(shifted(after, -1))
            + heading
            + rows.place @ w["place"]
            + self.bias
        )
        whole = bag(rows.own) @ self.whole[:-1] + self.whole[-1]
        return Scored(np.asarray(total, np.float32), np.asarray(heading, np.float32), whole)


def bag(own: Sparse) -> Floats:
    """One row (v,) of length 1 for a contract: square roots of its words' summed weights."""
    total = np.sqrt(np.asarray(own.sum(axis=0), np.float32)).ravel()
    return np.asarray(total / max(1e-6, float(np.linalg.norm(total))), np.float32)


def quantised(weights: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Weights (m, q) as int8 with one step per column (q,): weights ~ int8 * step."""
    step = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
    return np.rint(weights / step).astype(np.int8), np.asarray(step, np.float32)
