"""Progress on a terminal; nothing where nobody looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Show = Callable[[str, str, int, int], None]


@contextmanager
def shower(*, silent: bool) -> Iterator[Show]:
    """A progress callback: (stage, what, done, total); total 0 means it is not known."""
    if silent:
        yield lambda *_: None
        return
    if not sys.stderr.isatty():
        yield _lines()
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    from rich.console import Console

    with Progress(*columns, console=Console(stderr=True), transient=False) as bars:
        tasks: dict[str, object] = {}

        def show(stage: str, what: str, done: int, total: int) -> None:
            name = f"{stage}: {what}"
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total or None)
            bars.update(tasks[name], completed=done, total=total or None)  # type: ignore[arg-type]

        yield show


def _lines() -> Show:
    """For a log file: a line when a kind of work begins and when it is complete."""
    seen: set[str] = set()

    def show(stage: str, what: str, done: int, total: int) -> None:
        name = f"{stage}: {what}"
        if name not in seen:
            seen.add(name)
            sys.stderr.write(f"{name}\n")
        if total and done == total:
            sys.stderr.write(f"{name}: {done}\n")
        sys.stderr.flush()

    return show
