"""The run: step after step, each of which sees for itself whether it is already done."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from outwork.conduct.agreeing import register, requirements_, selection_
from outwork.conduct.concluding import acceptance_, bundle_
from outwork.conduct.intake import drafting, intake
from outwork.conduct.judgments import Judgments, read_judgments
from outwork.conduct.model import EngagementFile
from outwork.conduct.preparing import certification, setup_, transfer_
from outwork.conduct.state import PersonNeeded, Run, Saved
from outwork.conduct.working import rounds
from outwork.kit.database import Database
from outwork.operation import utc_now

__all__ = ["Outcome", "PersonNeeded", "run"]

Progress = Callable[[str, str, int, int], None]

STEPS: tuple[tuple[str, Callable[[Run], None]], ...] = (
    ("requirements", register),
    ("requirements", requirements_),
    ("selection", selection_),
    ("transfer", transfer_),
    ("transfer", certification),
    ("setup", setup_),
    ("execution", intake),
    ("execution", drafting),
    ("execution", rounds),
    ("acceptance", acceptance_),
    ("acceptance", bundle_),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished run leaves: seconds by step, items, refused files, figures, files."""

    engagement: str
    seconds: dict[str, float]
    items: int
    refused: list[dict[str, str]]
    figures: dict[str, Any]
    files: list[str] = field(default_factory=list)


def run(
    database: Database,
    file: EngagementFile,
    inputs: Path,
    out: Path,
    *,
    base: Path,
    progress: Progress = lambda *_: None,
    clock: Callable[[], datetime] = utc_now,
    judgments: dict[str, Judgments] | None = None,
) -> Outcome:
    """Run an engagement file over a folder of inputs, or go on with a run that stopped.

    `base` is the folder that relative paths of the file start from; `judgments` stands for the
    files that people would bring. Raises PersonNeeded where a person must act, BadInput for what
    cannot be read, Refusal where the rules say no.
    """
    out.mkdir(parents=True, exist_ok=True)
    brought = dict(judgments or {})
    for person in file.people:
        if person.judgments is not None and person.key not in brought:
            brought[person.key] = read_judgments(base / person.judgments)
    saved = Saved.load(out)
    made = Run(database, file, inputs, out, saved, brought, progress, clock)
    for label, step in STEPS:
        started = time.perf_counter()
        step(made)
        name = f"{label}: {step.__name__.strip('_')}"
        # Steps that found their work done before add next to nothing to the first run's time.
        before = saved.seconds.get(name, 0.0)
        saved.seconds[name] = round(before + time.perf_counter() - started, 3)
        saved.save(out)
    outcome = Outcome(
        engagement=saved.engagement,
        seconds=saved.seconds,
        items=saved.items,
        refused=saved.refused,
        figures=saved.figures,
        files=sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()),
    )
    report = {**asdict(outcome), "finished_at": datetime.now(UTC).isoformat()}
    (out / "report.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
    return outcome
