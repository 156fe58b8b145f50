"""Sample, inspection, defect, verdict, certificate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from outwork import methods
from outwork.methods.inspection import Check
from outwork.stages import setup
from outwork.stages.requirements import SamplingTerms
from outwork.vocabulary import (
    ActionId,
    ActorId,
    Answer,
    AssignmentId,
    DefectId,
    Digest,
    EngagementId,
    InspectionUnit,
    ItemId,
    Reason,
    Severity,
    WorkOrderId,
)

SIX_PLACES = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Sample:
    """What was drawn from a closed batch: `units` are item ids, or "item/question" for answers.

    `inspectors` are those whose measured error the plan reckons with, and who alone may inspect it;
    where the statement of work asks for no correction there are none, and anybody may. `classes`
    are the severities that are judged by themselves besides.
    """

    engagement_id: EngagementId
    work_order_id: WorkOrderId
    round: int
    unit: InspectionUnit
    lot: int
    sample_size: int
    acceptance_number: int
    consumer_risk: Decimal
    producer_risk: Decimal
    seed: str
    closing_size: int
    units: tuple[str, ...]
    inspectors: tuple[ActorId, ...]
    drawn_at: datetime
    classes: Mapping[Severity, setup.ClassPlan] = field(default_factory=dict)

    def of_class(self, severity: Severity) -> Sample:
        """The sample as it judges a class by itself."""
        plan = self.classes[severity]
        return replace(
            self,
            acceptance_number=plan.acceptance_number,
            consumer_risk=plan.consumer_risk,
            producer_risk=plan.producer_risk,
        )

    def items(self) -> list[ItemId]:
        """The items that hold the drawn units, in order of first appearance."""
        return list(dict.fromkeys(ItemId(u.partition("/")[0]) for u in self.units))

    def units_of(self, item: ItemId) -> list[str]:
        """The drawn units of an item: itself, or its drawn answers."""
        return [u for u in self.units if u.partition("/")[0] == item]

    def questions(self, item: ItemId) -> set[str]:
        """The drawn questions of an item; empty where whole items are the unit."""
        return {q for i, _, q in (u.partition("/") for u in self.units) if i == item and q}


@dataclass(frozen=True, slots=True)
class InspectorCheck:
    """All that seeded defects and blind re-inspection showed of one inspector so far, in units."""

    engagement_id: EngagementId
    inspector: ActorId
    seeded: int
    caught: int
    clean: int
    passed: int
    at: datetime

    def counts(self) -> Check:
        """The counts as the methods take them; raises ValueError where they cannot be."""
        return Check(self.seeded, self.caught, self.clean, self.passed)


@dataclass(frozen=True, slots=True)
class Compared:
    """One inspector's findings held against another's, in units.

    `seeded` are those that the other found defective, `caught` those of them that the first did
    too; `clean` are those that the other passed, `passed` those of them that the first did too.
    """

    seeded: int
    caught: int
    clean: int
    passed: int


@dataclass(frozen=True, slots=True)
class Reinspection:
    """An inspected item that is inspected once more, unawares, to see how well the first saw.

    `assignment_id` is the second inspection's. `found` is None until that is handed in.
    """

    engagement_id: EngagementId
    assignment_id: AssignmentId
    work_order_id: WorkOrderId
    round: int
    item_id: ItemId
    first_id: AssignmentId
    inspector: ActorId
    requested_at: datetime
    found: Compared | None = None


def held_against(
    units: Collection[str], first: Collection[str], second: Collection[str]
) -> Compared:
    """The first inspector's defective units held against the second's, whose word is taken.

    On the safe side both ways. What the first alone found does not count as caught: with it, one of
    two inspectors who each see four defects in five would seem to see five in six. What the second
    alone found counts as missed, even if the second was wrong. What the first alone called
    defective was passed by the second, and counts as called so wrongly.
    """
    every, one, other = set(units), set(first), set(second)
    return Compared(
        seeded=len(other),
        caught=len(one & other),
        clean=len(every - other),
        passed=len(every - other - one),
    )


def sampling_plans(lot: int, terms: SamplingTerms, checks: Sequence[Check]) -> setup.Plans:
    """How a lot is judged: corrected for what the checks showed where the terms ask for it.

    Raises ValueError where no sample of the lot keeps every risk with such inspectors.
    """
    if not terms.corrected:
        return setup.exact_plans(lot, terms)
    wanted = [setup.points(t) for t in setup.every_terms(terms)]
    return setup.in_common(terms, methods.classes.measured_common_plans(lot, wanted, checks))


def measured_plan(lot: int, terms: SamplingTerms, checks: Sequence[Check]) -> methods.Plan:
    """The smallest plan that keeps both risks with inspectors who err as the checks showed."""
    return methods.inspection.measured_plan(lot, *setup.points(terms).each(), checks)


def whole_items(unit: InspectionUnit) -> bool:
    """Whether an item as a whole is the unit that is defective or not."""
    return unit is InspectionUnit.ITEM


def lot_units(unit: InspectionUnit, items: Sequence[ItemId], questions: Sequence[str]) -> list[str]:
    """Every unit of a lot."""
    if unit is InspectionUnit.ITEM:
        return list(items)
    return [f"{item}/{question}" for item in items for question in questions]


@dataclass(frozen=True, slots=True)
class DefectFound:
    """What an inspector reports: the answer that fails, the clause, and the right answer."""

    question: str
    clause: str
    severity: Severity
    note: str = ""
    corrected: Answer | None = None


@dataclass(frozen=True, slots=True)
class DefectRecord:
    """A defect on record; `counted` if its severity makes the unit defective."""

    engagement_id: EngagementId
    id: DefectId
    work_order_id: WorkOrderId
    round: int
    item_id: ItemId
    assignment_id: AssignmentId
    question: str
    clause: str
    severity: Severity
    counted: bool
    in_sample: bool
    note: str
    found_by: ActorId
    found_at: datetime


@dataclass(frozen=True, slots=True)
class Inspection:
    """One item inspected by one person; `in_sample` is False for the check after a correction."""

    engagement_id: EngagementId
    assignment_id: AssignmentId
    work_order_id: WorkOrderId
    round: int
    item_id: ItemId
    inspector: ActorId
    in_sample: bool
    clean: bool
    at: datetime


class ActionState(StrEnum):
    """Where a corrective and preventive action stands."""

    OPEN = "open"
    ANALYSED = "analysed"
    IMPLEMENTED = "implemented"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class CorrectiveAction:
    """What is done so that a clause no longer causes defects, and whether it worked.

    `whys` go from the defect to its cause; severity, occurrence and detection are the ratings of a
    process FMEA, from 1 (harmless, rare, always seen) to 10 (AIAG & VDA, FMEA handbook, 2019).
    """

    engagement_id: EngagementId
    id: ActionId
    clause: str
    title: str
    owner: ActorId
    due: datetime
    opened_at: datetime
    state: ActionState = ActionState.OPEN
    whys: tuple[str, ...] = ()
    severity: int = 0
    occurrence: int = 0
    detection: int = 0
    measure: str = ""
    implemented_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def priority(self) -> int:
        """Risk priority: severity x occurrence x detection, 1 to 1,000."""
        return self.severity * self.occurrence * self.detection


@dataclass(frozen=True, slots=True)
class Effect:
    """Sampled items with a defect that cites the clause, of items inspected, before and after."""

    before: int
    before_units: int
    after: int
    after_units: int

    def ratio(self) -> methods.defects.RateRatio | None:
        """After over before, with bounds at 95 %; None until both were inspected."""
        if not self.before_units or not self.after_units:
            return None
        return methods.defects.rate_ratio(
            self.before, self.before_units, self.after, self.after_units, EFFECT_CONFIDENCE
        )

    def at_most(self) -> str | None:
        """The upper bound, rounded up to six places, where it shows that defects became rarer."""
        ratio = self.ratio()
        if ratio is None or not ratio.high < 1:
            return None
        return str(setup.ceiling(ratio.high))


EFFECT_CONFIDENCE = 0.95
MOST_WHYS = 5
RATINGS = range(1, 11)


@dataclass(frozen=True, slots=True)
class ClassVerdict:
    """The verdict on a severity class that is judged by itself."""

    defective: int
    acceptance_number: int
    accepted: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Accepted when no more units than the acceptance number are defective, in no class either."""

    engagement_id: EngagementId
    work_order_id: WorkOrderId
    round: int
    defective: int
    accepted: bool
    at: datetime
    classes: Mapping[Severity, ClassVerdict] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SampledItem:
    """What a decided sample showed of one item: drawn units, and how many are defective."""

    work_order_id: WorkOrderId
    round: int
    item_id: ItemId
    units: int
    defective: int
    at: datetime


def tally(
    sample: Sample, inspections: Sequence[Inspection], defects: Sequence[DefectRecord]
) -> list[SampledItem]:
    """A sample item by item, as its own inspections found it: units, and those that count."""
    bad = _units_with(sample, [d for d in defects if d.in_sample and d.counted])
    units, wrong = (Counter(u.partition("/")[0] for u in some) for some in (sample.units, bad))
    return [
        SampledItem(
            one.work_order_id, one.round, one.item_id, units[one.item_id], wrong[one.item_id],
            one.at,
        )
        for one in inspections
        if one.in_sample
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Certificate:
    """Certificate of conformance: the figures as JSON and the digest of their canonical form."""

    engagement_id: EngagementId
    work_order_id: WorkOrderId
    round: int
    figures: dict[str, object]
    digest: Digest
    issued_at: datetime


def defective_units(sample: Sample, defects: Sequence[DefectRecord]) -> int:
    """How many drawn units have a counted defect found in the sample's own inspection."""
    return len(_units_with(sample, [d for d in defects if d.in_sample and d.counted]))


def bad_units(sample: Sample, defects: Sequence[DefectRecord]) -> set[str]:
    """The drawn units with one of these defects, of a severity on which a verdict hangs."""
    return _units_with(sample, [d for d in defects if d.counted or d.severity in sample.classes])


def class_verdicts(sample: Sample, defects: Sequence[DefectRecord]) -> dict[Severity, ClassVerdict]:
    """The verdict on each class that is judged by itself: drawn units with a defect of it."""
    made = {}
    for severity, plan in sample.classes.items():
        own = [d for d in defects if d.in_sample and d.severity is severity]
        defective, allowed = len(_units_with(sample, own)), plan.acceptance_number
        made[severity] = ClassVerdict(defective, allowed, defective <= allowed)
    return made


def _units_with(sample: Sample, defects: Sequence[DefectRecord]) -> set[str]:
    if sample.unit is InspectionUnit.ITEM:
        return {str(d.item_id) for d in defects} & set(sample.units)
    return {f"{d.item_id}/{d.question}" for d in defects} & set(sample.units)


def conforming_at_least(
    lot: int, n: int, defective: int, confidence: Decimal, checks: Sequence[Check] = ()
) -> tuple[int, str]:
    """The most defectives the lot can hold at this confidence, and the share that conforms at
    least, rounded down to 6 places; without checks inspectors are taken to find every defect."""
    if checks:
        most = methods.inspection.defectives_upper_measured(
            lot, n, defective, float(confidence), checks
        )
    else:
        most = methods.defectives_upper(lot, n, defective, float(confidence))
    share = Decimal(lot - most) / Decimal(lot)
    return most, str(share.quantize(SIX_PLACES, rounding="ROUND_FLOOR"))


def inspector_error(checks: Mapping[str, Check], terms: SamplingTerms) -> dict[str, object]:
    """What a certificate says of its inspectors; of nobody means that their error is not known.

    Unmeasured inspectors are assumed to find every defect and to invent none, and so it is stated.
    """
    return {
        "measured": bool(checks),
        **least_seen(list(checks.values()), terms),
        "inspectors": [
            {
                "inspector": name,
                "seeded": c.seeded,
                "caught": c.caught,
                "clean": c.clean,
                "passed": c.passed,
                "sensitivity": _interval(c.caught, c.seeded),
                "specificity": _interval(c.passed, c.clean),
            }
            for name, c in sorted(checks.items())
        ],
    }


def least_seen(checks: Sequence[Check], terms: SamplingTerms) -> dict[str, str]:
    """What the worst of the inspectors sees and passes at least, at these risks; 1 of nobody."""
    risks = float(terms.consumer_risk), float(terms.producer_risk)
    least = (
        methods.inspection.at_least(checks, *risks) if checks else methods.inspection.Inspector()
    )
    return {
        "sensitivity_at_least": f"{least.sensitivity:.6f}",
        "specificity_at_least": f"{least.specificity:.6f}",
    }


def _interval(hits: int, trials: int) -> list[str]:
    """The exact 95 % interval of a share, rounded outwards to 6 places; empty without trials."""
    if not trials:
        return []
    low, high = methods.binomial_interval(hits, trials, 0.95)
    outwards = ((low, "ROUND_FLOOR"), (high, "ROUND_CEILING"))
    return [str(Decimal(repr(x)).quantize(SIX_PLACES, rounding=way)) for x, way in outwards]


def usable_checks(by: Mapping[str, Check | None]) -> dict[str, Check]:
    """The checks of a sample's inspectors, or none: one who was not checked leaves all unknown."""
    known = {name: c for name, c in by.items() if c is not None and c.caught}
    return known if len(known) == len(by) else {}


def figures(
    sample: Sample,
    verdict: Verdict,
    terms: SamplingTerms,
    guideline_version: int,
    defects: Sequence[DefectRecord],
    checks: Mapping[str, Check],
) -> dict[str, object]:
    """Everything a certificate states; counts are integers, fractions are decimal text.

    `checks` are those of the sample's inspectors by pseudonym, none where any of them was never
    checked: see `usable_checks`.
    """
    counts = list(checks.values())
    in_sample = [d for d in defects if d.in_sample]
    return {
        "format": "outwork-certificate/1",
        "engagement": sample.engagement_id,
        "work_order": sample.work_order_id,
        "round": sample.round,
        "unit": sample.unit.value,
        "counted_severities": sorted(s.value for s in terms.counted),
        "guideline_version": guideline_version,
        "lot": sample.lot,
        "inspected": sample.sample_size,
        "acceptance_number": sample.acceptance_number,
        "plan_corrected": terms.corrected,
        "defective": verdict.defective,
        "defects": {s.value: sum(d.severity is s for d in in_sample) for s in Severity},
        "accepted": verdict.accepted,
        "inspector_error": inspector_error(checks, terms),
        "seed": sample.seed,
        "closing_size": sample.closing_size,
        **_proved(sample, verdict.defective, terms, counts),
        **_of_classes(sample, verdict, terms, counts),
    }


def _proved(
    sample: Sample, defective: int, terms: SamplingTerms, checks: Sequence[Check]
) -> dict[str, object]:
    """What a sample proves by one plan: the bound, and both risks at both points."""
    confidence = 1 - terms.consumer_risk
    most, share = conforming_at_least(sample.lot, sample.sample_size, defective, confidence, checks)
    consumer, producer = stated_risks(sample, terms, checks)
    return {
        "confidence": str(confidence),
        "defectives_at_most": most,
        "conforming_at_least": share,
        "limiting_quality": str(terms.limiting_quality),
        "acceptable_quality": str(terms.acceptable_quality),
        "consumer_risk": str(consumer),
        "producer_risk": str(producer),
    }


def _of_classes(
    sample: Sample, verdict: Verdict, terms: SamplingTerms, checks: Sequence[Check]
) -> dict[str, object]:
    """The same for each class that is judged by itself; nothing where there is none."""
    stated = {
        severity.value: {
            "acceptance_number": found.acceptance_number,
            "defective": found.defective,
            "accepted": found.accepted,
            **least_seen(checks, own),
            **_proved(sample.of_class(severity), found.defective, own, checks),
        }
        for severity, own in terms.by_class().items()
        if (found := verdict.classes.get(severity)) is not None
    }
    return {"classes": stated} if stated else {}


def stated_risks(
    sample: Sample, terms: SamplingTerms, checks: Sequence[Check]
) -> tuple[Decimal, Decimal]:
    """Both risks of the plan as it was inspected: with the inspectors' error where it is known."""
    if not checks:
        return sample.consumer_risk, sample.producer_risk
    plan = methods.Plan(sample.lot, sample.sample_size, sample.acceptance_number, 0.0)
    points = setup.points(terms).each()
    consumer, producer = methods.inspection.measured_risks(plan, *points, checks)
    return setup.ceiling(consumer), setup.ceiling(producer)


def gate_reasons(
    sample: Sample | None,
    verdict: Verdict | None,
    unopened: Collection[str],
    open_inspections: int,
    open_rework: int,
    place: str,
) -> list[Reason]:
    """Why a batch is not through assurance."""
    reasons = [Reason("seed-unrevealed", {"side": side}, place) for side in sorted(unopened)]
    if sample is None:
        return [*reasons, Reason("sample-not-drawn", place=place)]
    if verdict is None:
        if open_inspections:
            reasons.append(Reason("inspection-open", {"count": open_inspections}, place))
        return [*reasons, Reason("verdict-missing", place=place)]
    if not verdict.accepted:
        params = {"defective": verdict.defective, "allowed": sample.acceptance_number}
        for found in verdict.classes.values():
            if params["defective"] <= params["allowed"]:
                params = {"defective": found.defective, "allowed": found.acceptance_number}
        reasons.append(Reason("too-many-defectives", params, place))
    if open_rework:
        reasons.append(Reason("rework-open", {"count": open_rework}, place))
    elif open_inspections:
        reasons.append(Reason("reinspection-open", {"count": open_inspections}, place))
    return reasons
