"""The sample engagement: a folder with an engagement file, inputs and judgments, made from a
service's own samples.

What it shows is real in every link: the analysts' judgments are the samples' known answers, with
mistakes seeded by the service's own mutations, so that the inspection has something to find.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path

from outwork import documents
from outwork.conduct.model import EngagementFile
from outwork.practices import Case, Sample, Service
from outwork.vocabulary import Answer, TextRange

CONTROL_ITEMS = 4
COLUMNS = ("file", "question", "value", "quote", "start", "seconds")


def demo_file() -> str:
    """The engagement file of the sample engagement, as text to be filled in."""
    return resources.files("outwork.conduct").joinpath("demo.yaml").read_text(encoding="utf-8")


def demo_folder(service: Service, folder: Path) -> Path:
    """Write engagement file, inputs and judgments of the sample engagement; gives the file."""
    samples = list(service.samples())
    # The last ones are control items, so that none of them is also work.
    control, work = samples[-CONTROL_ITEMS:], samples[:-CONTROL_ITEMS]
    inputs, judgments = folder / "inputs", folder / "judgments"
    inputs.mkdir(parents=True, exist_ok=True)
    judgments.mkdir(parents=True, exist_ok=True)
    for sample in work:
        (inputs / sample.name).write_bytes(sample.content)
    right = {s.name: s.answers for s in samples}
    spoiled = {s.name: _with_mistake(service, s, number) for number, s in enumerate(work)}
    write_judgments(judgments / "analyst-1.csv", {**right, **spoiled})
    write_judgments(judgments / "analyst-2.csv", right)
    write_judgments(judgments / "reviewer.csv", right)
    text = demo_file().format(
        service=service.key,
        volume=len(work),
        control_items=len(control),
        control=json.dumps([s.name for s in control]),
    )
    path = folder / "engagement.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _with_mistake(service: Service, sample: Sample, number: int) -> tuple[Answer, ...]:
    """A sample's known answers with one realistic mistake that an analyst could submit."""
    if not service.mutations or number % 2:
        return sample.answers
    source = documents.read(sample.name, sample.content)
    case = Case(source, sample.answers)
    for offset in range(len(service.mutations)):
        mutation = service.mutations[(number + offset) % len(service.mutations)]
        spoiled = mutation.apply(case, number)
        if spoiled is not None and _quotes_stand(spoiled):
            return spoiled.answers
    return sample.answers


def _quotes_stand(case: Case) -> bool:
    """Whether the workbench would let it through: it refuses a quote that is not in the source."""
    return all(
        case.source.text[e.start : e.end] == e.quote
        for a in case.answers
        for e in a.evidence
        if isinstance(e, TextRange)
    )


def write_judgments(path: Path, by_file: Mapping[str, Iterable[Answer]]) -> None:
    """Write answers in the form that `read_judgments` reads."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for name, answers in by_file.items():
            for answer in answers:
                rows.writerows(_rows(name, answer))


def _rows(name: str, answer: Answer) -> list[tuple[object, ...]]:
    value = answer.value
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    places = [e for e in answer.evidence if isinstance(e, TextRange)]
    if not places:
        return [(name, answer.question, text, "", "", 20)]
    return [
        (
            name,
            answer.question,
            text if number == 0 else "",
            e.quote,
            e.start,
            20 if not number else 0,
        )
        for number, e in enumerate(places)
    ]


def unfinished(file: EngagementFile) -> EngagementFile:
    """The same engagement, left where its analysts are needed: nobody brought judgments for it.

    Certification needs them, so they stay for the control items alone.
    """
    return file.model_copy(
        update={
            "title": f"{file.title}, second year",
            "batch": file.batch.model_copy(update={"title": "Second batch"}),
            "judged": "control-items-only",
        }
    )
