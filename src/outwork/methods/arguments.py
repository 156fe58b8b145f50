"""What every method asks of its arguments; each error is a ValueError of one line that names it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def whole(name: str, value: object, least: int = 0, most: int | None = None) -> int:
    """A whole number from ``least`` to ``most``; True and 2.0 are none."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool):
        raise ValueError(f"{name}: must be a whole number, not {value!r}")
    if value < least or (most is not None and value > most):
        limits = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name}: must be {limits}, not {value}")
    return int(value)


def share(name: str, value: Any, *, zero: bool = False, one: bool = False) -> Fraction:
    """A number between 0 and 1 as the decimal that was written: 0.02 is exactly 2 in 100."""
    try:
        number = Fraction(repr(float(value)))
    except (TypeError, ValueError):
        raise ValueError(f"{name}: must be a number, not {value!r}") from None
    if not (0 < number < 1 or (zero and number == 0) or (one and number == 1)):
        raise ValueError(f"{name}: must be between 0 and 1, not {value!r}")
    return number


def flags(name: str, values: ArrayLike) -> NDArray[np.bool_]:
    """Yes or no, as booleans or as 1 and 0; one-dimensional."""
    given = np.asarray(values)
    found = given if given.dtype.kind == "b" else counts(name, given, 1).astype(bool)
    if found.ndim != 1:
        raise ValueError(f"{name}: must be one-dimensional")
    return found


def counts(name: str, values: ArrayLike, most: int | None = None) -> NDArray[np.int64]:
    """Whole numbers from 0 to ``most`` of any shape; the same array where it is of int64."""
    given = np.asarray(values)
    limits = "of at least 0" if most is None else f"from 0 to {most}"
    problem = ValueError(f"{name}: must be whole numbers {limits}")
    if given.size == 0:
        return np.zeros(given.shape, dtype=np.int64)
    if given.dtype.kind not in "iuf" or not np.all(np.isfinite(given)):
        raise problem
    largest = 2**62 if most is None else most
    if given.dtype.kind != "f":  # no copies: there may be millions
        if given.min() < 0 or given.max() > largest:
            raise problem
        return given.astype(np.int64, copy=False)
    if np.any(given != np.floor(given)) or np.any(given < 0) or np.any(given > largest):
        raise problem
    return given.astype(np.int64)
