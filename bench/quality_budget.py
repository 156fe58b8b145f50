"""How long each part of the benchmark may take, in CPU seconds of this process or of a peer's.

A part that goes on in steps (repeats, sets, splits, deployments) stops after the step in which its
budget ends and gives what it has, with the number of steps done; a step that runs far over, and a
part that cannot be divided, is broken off and named in `skipped`. Together the budgets of what runs
one after the other are under fifteen minutes; crowd-kit's answers run beside, on the other core.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

BUDGET_S = {
    "dawid_skene": 40.0,  # after which ours is not repeated
    "dawid_skene_peer": 250.0,  # its one run; broken off, it has taken at least so long
    "alpha": 20.0,
    "alpha_peer": 30.0,
    "update": 60.0,
    "truth": 180.0,  # over all sets; a set begun after that is judged without calibration
    "truth_set": 60.0,  # of one set, for all models, and again for its calibration
    "adaptive": 160.0,  # over all sets, shared by their judgments
    "adaptive_split": 45.0,
    "promise": 70.0,
    "drift": 20.0,
    "sequential": 25.0,
    "answers_peer": 300.0,  # all sets; a method that takes longer on one than the next is left out
    "answers_peer_method": 40.0,
}


class SpentError(Exception):
    """The budget ended before there was anything to show."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Break off what runs inside after so many CPU seconds of this process; not to be nested."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise SpentError(f"not done within {seconds:.0f} CPU seconds")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


class Meter:
    """CPU seconds spent since it was made."""

    def __init__(self, budget_s: float) -> None:
        self.budget_s, self._begun = budget_s, time.process_time()

    def spent(self) -> float:
        """So far."""
        return time.process_time() - self._begun

    def over(self) -> bool:
        """Whether the budget has ended."""
        return self.spent() >= self.budget_s
