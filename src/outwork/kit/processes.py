"""Processes that are kept alive: each runs one task, and is begun again whenever it dies."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

log = logging.getLogger(__name__)

PAUSE_S = 0.5
LONGEST_WAIT_S = 8.0  # between two beginnings of a task that dies at once
QUICK_S = 2.0  # what dies sooner waits longer before it is begun again

Task = Callable[[], None]


class Keeper:
    """Runs tasks, each in a process forked from this one, until told to stop.

    Make it before any thread or connection: neither is shared with a forked process. `check` is
    called every half second; what it raises is logged, and it is called again.
    """

    def __init__(self, tasks: Mapping[str, Task], check: Callable[[], object]) -> None:
        self._tasks, self._check = dict(tasks), check
        self._running: dict[int, tuple[str, float]] = {}
        self._due: dict[str, float] = dict.fromkeys(tasks, 0.0)
        self._wait: dict[str, float] = dict.fromkeys(tasks, PAUSE_S)
        self._over = threading.Event()

    def run(self) -> None:
        """Keep the tasks running until SIGTERM or SIGINT; then end them and wait for it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._over.set())
        try:
            while not self._over.is_set():
                self._begin()
                self._over.wait(PAUSE_S)
                self._bury()
                try:
                    self._check()
                except Exception:
                    log.exception("a check failed and will be made again")
        finally:
            self._end()

    def _begin(self) -> None:
        alive = {name for name, _ in self._running.values()}
        for name, task in self._tasks.items():
            if name not in alive and time.monotonic() >= self._due[name]:
                self._running[_fork(task)] = (name, time.monotonic())

    def _bury(self) -> None:
        """Note who died, and when to begin it again."""
        for process in list(self._running):
            if os.waitpid(process, os.WNOHANG)[0] == 0:
                continue
            name, begun = self._running.pop(process)
            quick = time.monotonic() - begun < QUICK_S
            self._wait[name] = min(2 * self._wait[name], LONGEST_WAIT_S) if quick else 0.0
            self._due[name] = time.monotonic() + self._wait[name]
            self._wait[name] = max(self._wait[name], PAUSE_S)
            log.warning("%s (process %d) ended and is begun again", name, process)

    def _end(self) -> None:
        for process in self._running:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
        for process in self._running:
            with suppress(ChildProcessError):
                os.waitpid(process, 0)


def _fork(task: Task) -> int:
    """A process of its own for a task, which ends with this one; gives its id."""
    parent = os.getpid()
    child = os.fork()
    if child != 0:
        return child
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        threading.Thread(target=_end_with, args=[parent], name="parent", daemon=True).start()
        task()
    except KeyboardInterrupt:
        pass
    except BaseException:
        log.exception("a task failed")
        os._exit(1)
    finally:
        os._exit(0)


def _end_with(parent: int) -> None:
    """A process whose parent was killed is nobody's: it ends."""
    while os.getppid() == parent:
        time.sleep(PAUSE_S)
    os.kill(os.getpid(), signal.SIGTERM)
