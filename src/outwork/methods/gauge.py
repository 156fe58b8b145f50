"""Repeatability and reproducibility of numbers that several people took from the same sources.

Source: Automotive Industry Action Group, "Measurement Systems Analysis", 4th ed. (2010), chapter
III, analysis of variance for the crossed design.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Gauge", "gauge"]

_POOL_ABOVE = 0.25  # an interaction less significant than this joins the repeatability


@dataclass(frozen=True, slots=True)
class Gauge:
    """Standard deviations, in the unit of the readings.

    repeatability: the same person again. reproducibility: between people. combined: both.
    parts: between the things measured. total: all. share: combined / total. categories: how many
    groups of parts the readings tell apart (all, if nobody ever differs); below 5 are too few.
    """

    repeatability: float
    reproducibility: float
    combined: float
    parts: float
    total: float
    share: float
    categories: int


def gauge(readings: ArrayLike) -> Gauge:
    """Split the variance of readings[part, person, trial].

    Raises:
        ValueError: not three-dimensional with at least two of each, missing values, or no
            variation at all.
    """
    y: NDArray[np.float64] = np.asarray(readings, dtype=np.float64)
    if y.ndim != 3 or min(y.shape) < 2:
        raise ValueError("readings: must be parts x people x trials, at least two of each")
    if not np.all(np.isfinite(y)):
        raise ValueError("readings: every part needs every trial of every person")
    if np.ptp(y) == 0:
        raise ValueError("readings: all are the same")
    p, o, r = y.shape
    centre, part, person, cell = y.mean(), y.mean((1, 2)), y.mean((0, 2)), y.mean(2)
    between_parts = o * r * np.square(part - centre).sum() / (p - 1)
    between_people = p * r * np.square(person - centre).sum() / (o - 1)
    mixed = np.square(cell - part[:, None] - person[None, :] + centre).sum() * r
    within = np.square(y - cell[:, :, None]).sum()
    df_mixed, df_within = (p - 1) * (o - 1), p * o * (r - 1)
    interaction, repeat = mixed / df_mixed, within / df_within
    if repeat > 0 and _tail(interaction / repeat, df_mixed, df_within) > _POOL_ABOVE:
        repeat = interaction = (mixed + within) / (df_mixed + df_within)
    people = max(0.0, (between_people - interaction) / (p * r))
    crossed = max(0.0, (interaction - repeat) / r)
    parts = max(0.0, (between_parts - interaction) / (o * r))
    combined = repeat + people + crossed
    total = combined + parts
    return Gauge(
        repeatability=float(np.sqrt(repeat)),
        reproducibility=float(np.sqrt(people + crossed)),
        combined=float(np.sqrt(combined)),
        parts=float(np.sqrt(parts)),
        total=float(np.sqrt(total)),
        share=float(np.sqrt(combined / total)),
        categories=int(1.41 * np.sqrt(parts / combined)) if combined > 0 else p,
    )


def _tail(ratio: float, above: int, below: int) -> float:
    """P(F > ratio)."""
    from scipy.special import fdtrc

    return float(fdtrc(above, below, ratio))
