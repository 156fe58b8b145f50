"""Boosted trees as plain arrays: evaluated for all rows and trees at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Trees:
    """t trees of at most m nodes; a leaf points at itself and its value is a log-odds step."""

    feature: npt.NDArray[np.int16]  # (t, m) column tested
    threshold: Floats  # (t, m) go left where x <= threshold
    left: npt.NDArray[np.int16]  # (t, m)
    right: npt.NDArray[np.int16]  # (t, m)
    value: Floats  # (t, m)
    start: float
    depth: int

    def logit(self, rows: Floats) -> Floats:
        """Log-odds (n,) for rows (n, f)."""
        n, t = len(rows), len(self.feature)
        if not n:
            return np.zeros(0, np.float32)
        m, f = self.feature.shape[1], rows.shape[1]
        feature, threshold = self.feature.ravel().astype(np.int32), self.threshold.ravel()
        base = (np.arange(t, dtype=np.int32) * m)[None, :]
        left = self.left.ravel().astype(np.int32)
        right = self.right.ravel().astype(np.int32)
        flat = np.ascontiguousarray(rows, np.float32).ravel()
        offset = (np.arange(n, dtype=np.int32) * f)[:, None]
        at = np.broadcast_to(base, (n, t)).copy()
        for _ in range(self.depth):
            low = flat.take(feature.take(at) + offset) <= threshold.take(at)
            at = np.where(low, left.take(at), right.take(at)) + base
        total = self.value.ravel().take(at).sum(axis=1) + np.float32(self.start)
        return np.asarray(total, np.float32)

    def arrays(self, name: str) -> dict[str, npt.NDArray[np.generic]]:
        """The arrays to store, their names prefixed by `name`."""
        return {
            f"{name}.feature": self.feature,
            f"{name}.threshold": self.threshold,
            f"{name}.left": self.left,
            f"{name}.right": self.right,
            f"{name}.value": self.value,
            f"{name}.start": np.array([self.start], np.float32),
            f"{name}.depth": np.array([self.depth], np.int16),
        }


def restore(name: str, stored: Mapping[str, npt.NDArray[np.generic]]) -> Trees:
    """The trees stored under `name`; raises KeyError where an array is missing."""
    return Trees(
        feature=np.asarray(stored[f"{name}.feature"], np.int16),
        threshold=np.asarray(stored[f"{name}.threshold"], np.float32),
        left=np.asarray(stored[f"{name}.left"], np.int16),
        right=np.asarray(stored[f"{name}.right"], np.int16),
        value=np.asarray(stored[f"{name}.value"], np.float32),
        start=float(np.asarray(stored[f"{name}.start"], np.float32)[0]),
        depth=int(np.asarray(stored[f"{name}.depth"], np.int16)[0]),
    )
