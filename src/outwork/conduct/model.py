"""The engagement file: a whole engagement in YAML, with errors that name line and key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from outwork.vocabulary import (
    BadInput,
    Confidentiality,
    InspectionUnit,
    Role,
    Severity,
)

# YAML reads 0.05 as a binary fraction; its shortest spelling is what was written.
Exact = Annotated[Decimal, BeforeValidator(lambda v: str(v) if isinstance(v, int | float) else v)]
LARGEST_FILE = 1_000_000  # bytes


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PartyPart(_Part):
    """An organisation, by a key used in the rest of the file."""

    key: str
    name: str


class PersonPart(_Part):
    """A person of an organisation; `judgments` is a csv or xlsx file with what they found."""

    key: str
    name: str
    party: str
    login: str
    roles: list[Role]
    zone: str = "UTC"
    country: str = ""
    weekdays: list[int] = [0, 1, 2, 3, 4]
    starts: time = time(9)
    ends: time = time(17)
    judgments: Path | None = None


class AgentPart(_Part):
    """The provider's AI agent: the drafter that the service brings."""

    key: str
    name: str
    party: str
    login: str


class ClassPart(_Part):
    """Both points by which a severity is judged by itself; risks are those of all unless given."""

    limiting_quality: Exact
    acceptable_quality: Exact
    consumer_risk: Exact | None = None
    producer_risk: Exact | None = None


class SamplingPart(_Part):
    """Both points of the sampling plan, as fractions."""

    limiting_quality: Exact
    consumer_risk: Exact
    acceptable_quality: Exact
    producer_risk: Exact
    counted: list[Severity] = [Severity.CRITICAL, Severity.MAJOR]
    corrected: bool = False
    classes: dict[Severity, ClassPart] = {}


class BaselinePart(_Part):
    """How the client does the work today."""

    volume_a_month: int
    turnaround_days: int
    accuracy: Exact
    unit_cost: Exact


class LinePart(_Part):
    """A statement-of-work line."""

    service: str
    volume: int
    turnaround_days: int
    unit: InspectionUnit
    defects: dict[Severity, str]
    sampling: SamplingPart
    confidentiality: Confidentiality = Confidentiality.CONFIDENTIAL
    price: Exact
    baseline: BaselinePart | None = None


class CriterionPart(_Part):
    """A criterion and its weight in points of 100."""

    key: str
    label: str
    weight: int


class ProposalPart(_Part):
    """A provider's offer, and what the panel made of it: criterion -> points and reason."""

    by: str
    price: Exact
    turnaround_days: int
    approach: str
    scores: dict[str, tuple[int, str]] = {}


class AwardPart(_Part):
    """To whom, and why; accepted_by signs for the provider."""

    to: str
    reason: str
    accepted_by: str | None = None


class SelectionPart(_Part):
    """A competition, or (`direct`) a justified direct award."""

    criteria: list[CriterionPart] = []
    proposals: list[ProposalPart] = []
    award: AwardPart | None = None
    direct: bool = False


class BarPart(_Part):
    """What certification asks of people and of agents."""

    people: Exact
    agents: Exact
    confidence: Exact = Decimal("0.95")
    control_items: int


class TransferPart(_Part):
    """Guideline from the service unless clauses are given; control items from its samples."""

    bar: BarPart
    control: list[str] = Field(default_factory=list, description="names of samples; all if empty")


class BatchPart(_Part):
    """The work order."""

    title: str
    line: int = 1
    seeds: Literal["kept-by-this-run"] = "kept-by-this-run"


class DecisionsPart(_Part):
    """Who acts at each gate; a gate without a name stops the run there (exit code 3)."""

    signs_scope: str | None = None
    gives_verdict: str | None = None
    accepts: str | None = None
    closes: str | None = None
    # Whether analysts take over what the inspector found right when an item comes back to them.
    corrects_as_inspected: bool = False


class FeedbackPart(_Part):
    """Something learned: new words for a clause, who proposes them, and the client's decision."""

    by: str
    clause: str
    text: str
    because: str
    decided_by: str | None = None
    accepted: bool = True


class EngagementFile(_Part):
    """One engagement, whole."""

    title: str
    brief: str
    currency: str
    client: PartyPart
    providers: list[PartyPart]
    people: list[PersonPart]
    agent: AgentPart | None = None
    lines: list[LinePart]
    selection: SelectionPart
    transfer: TransferPart
    entitled_until: date | None = None  # a year from set-up unless told
    batch: BatchPart
    decisions: DecisionsPart
    feedback: list[FeedbackPart] = []
    # Whether the judgments that people brought are for the work too, or for certification alone.
    judged: Literal["all", "control-items-only"] = "all"
    unlisted: Literal["refuse", "absent"] = "refuse"

    @model_validator(mode="after")
    def _names_resolve(self) -> EngagementFile:
        parties = {self.client.key, *(p.key for p in self.providers)}
        people = {p.key for p in self.people}
        for person in self.people:
            if person.party not in parties:
                raise ValueError(f"people: {person.key} belongs to unknown party {person.party}")
        named = [p.by for p in self.selection.proposals]
        if self.selection.award:
            named += [self.selection.award.to, self.selection.award.accepted_by or ""]
        decided = self.decisions.model_dump(exclude={"corrects_as_inspected"})
        named += [v or "" for v in decided.values()]
        named += [name or "" for f in self.feedback for name in (f.by, f.decided_by)]
        for name in named:
            if name and name not in people:
                raise ValueError(f"unknown person: {name}")
        if self.batch.line < 1 or self.batch.line > len(self.lines):
            raise ValueError(f"batch: there is no line {self.batch.line}")
        return self

    def person(self, key: str) -> PersonPart:
        """The person of that key."""
        return next(p for p in self.people if p.key == key)


def read_engagement_file(path: Path) -> EngagementFile:
    """Read an engagement file; raises BadInput that names file, line, key and problem."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInput("file-unreadable", file=str(path), problem=error.strerror or "") from None
    if len(raw) > LARGEST_FILE:
        raise BadInput("file-too-large", file=str(path), largest=LARGEST_FILE)
    try:
        node = yaml.compose(raw.decode("utf-8"), Loader=yaml.SafeLoader)
        plain = yaml.safe_load(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadInput("not-utf8", file=str(path)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or "is not YAML"
        raise BadInput(
            "engagement-file", file=str(path), line=line, key="", problem=problem
        ) from None
    if not isinstance(plain, dict):
        raise BadInput(
            "engagement-file", file=str(path), line=1, key="", problem="is not a mapping"
        )
    try:
        return EngagementFile.model_validate(plain)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        # A key that is misspelt is what was done; the one that is missing follows from it.
        first = next((e for e in found if e["type"] == "extra_forbidden"), found[0])
        place = first["loc"]
        raise BadInput(
            "engagement-file",
            file=str(path),
            line=_line(node, place),
            key=".".join(str(p) for p in place),
            problem=first["msg"].removeprefix("Value error, "),
        ) from None


def _line(node: Any, place: Sequence[Any]) -> int:
    """The line of the deepest part of `place` that stands in the file, from 1."""
    line = 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = [(k, v) for k, v in node.value if k.value == str(step)]
            if not found:
                return int(node.start_mark.line) + 1
            line, node = int(found[0][0].start_mark.line) + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            if step >= len(node.value):
                break
            node = node.value[step]
            line = int(node.start_mark.line) + 1
        else:
            break
    return line
