"""Table 1 of Dawid and Skene (1979): 45 patients, the first observer asked three times."""

from __future__ import annotations

import numpy as np

# One patient a word: the first observer's three grades, then one of each of the other four.
TABLE = """
1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343
1111111 2223212 1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222
1111111 1111111 2322222 1111111 1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343
2212232 2323233 3333432 1111111 1111111 1212111 2322222 1211111 2222222
"""
GRADES = np.array([[int(grade) - 1 for grade in patient] for patient in TABLE.split()])
OBSERVERS = np.array([0, 0, 0, 1, 2, 3, 4])


def long_form() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """items, workers, labels: 315 judgments."""
    n = len(GRADES)
    return np.repeat(np.arange(n), 7), np.tile(OBSERVERS, n), GRADES.ravel()
