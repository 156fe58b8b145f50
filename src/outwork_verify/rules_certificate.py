"""Rule: a certificate states exactly the figures that the log bears out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from outwork_verify import canonical, inspectors
from outwork_verify.declare import anything, decimal, digest, order_at, positive, rule, text
from outwork_verify.entry import Event, reject
from outwork_verify.figures import (
    attained_risks,
    ceiling_stated,
    clopper_pearson_lower,
    conforming_lower_bound,
    floor_stated,
    risk_stated,
)
from outwork_verify.inspectors import Check, Terms
from outwork_verify.rules_quality import proved
from outwork_verify.state import Line, Member, Points, Round, State, WorkOrder


@rule(
    "assurance.certificate-issued",
    {"work_order": text, "round": positive, "digest": digest, "figures": anything},
    roles=["delivery-manager"],
)
def _certificate_issued(state: State, event: Event, _: Member) -> None:
    order, stated = order_at(state, event, "acceptance"), event.public["figures"]
    if order.current.certificate:
        reject(event, "certifies a round a second time")
    if hashlib.sha256(canonical.encode(stated)).hexdigest() != event.public["digest"]:
        reject(event, "has a digest that is not of its figures")
    expected = _figures(state, event, order)
    if stated.keys() != expected.keys():
        reject(event, "does not state exactly the figures of a certificate")
    for name, value in expected.items():
        if not _same(stated[name], value):
            reject(event, f"states {name} as {stated[name]}, which the log does not bear out")
    engagement = stated["engagement"]
    if engagement != (state.engagement or engagement):
        reject(event, "is for another engagement")
    order.current.certificate = event.public["digest"]
    order.certificate = {"digest": event.public["digest"], "figures": stated}


def _figures(state: State, event: Event, order: WorkOrder) -> dict[str, Any]:
    """What a certificate must state; a function says whether the value will do."""
    current, line = order.current, order.line
    sample, verdict = current.sample, current.verdict
    assert sample is not None  # the gate
    assert verdict is not None
    lot, n = sample["lot"], sample["sample_size"]
    found = [d["severity"] for d in current.defects(in_sample=True)]
    return {
        "format": "outwork-certificate/1",
        "engagement": lambda value: isinstance(value, str) and value != "",
        "work_order": order.id,
        "round": current.number,
        "unit": line.unit,
        "counted_severities": sorted(line.counted),
        "guideline_version": state.guideline_version,
        "lot": lot,
        "inspected": n,
        "acceptance_number": sample["acceptance_number"],
        "plan_corrected": line.corrected,
        "defective": verdict["defective"],
        "defects": {severity: found.count(severity) for severity in ("critical", "major", "minor")},
        "accepted": verdict["accepted"],
        "seed": sample["seed"],
        "closing_size": sample["closing_size"],
    } | _proofs(state, event, line, current)


def _proofs(state: State, event: Event, line: Line, current: Round) -> dict[str, Any]:
    """What is proved, in all and of each class, with the inspectors' error where it is known."""
    sample, verdict = current.sample, current.verdict
    assert sample is not None
    assert verdict is not None
    figures = event.public["figures"]
    done = {i.inspector for made in current.inspections.values() for i in made if i.in_sample}
    known = {name: state.checks[name] for name in done if name in state.checks}
    checks = known if len(known) == len(done) and all(k.caught for k in known.values()) else {}
    stated, counts = figures.get("inspector_error"), list(checks.values())
    if not isinstance(stated, dict) or stated.keys() != _ERROR:
        reject(event, "does not say how well its inspectors see")
    if stated["measured"] is not bool(checks) or not _told(stated["inspectors"], checks):
        reject(event, "says something else of its inspectors than their checks")
    least = proved(event, stated, line.points, counts)
    made = _proved(sample, figures, line.points, verdict["defective"], counts, least)
    made["inspector_error"] = stated
    if line.classes:
        given, expected = figures.get("classes"), {}
        if not isinstance(given, dict) or given.keys() != line.classes.keys():
            reject(event, "does not certify exactly the classes of the statement of work")
        for name, points in line.classes.items():
            own, found = given[name], verdict["classes"][name]
            if not isinstance(own, dict) or not own.keys() >= _SEEN:
                reject(event, f"does not say how well {name} defects are seen")
            least = proved(event, own, points, counts)
            drawn = {**sample, **sample["classes"][name]}
            expected[name] = {seen: own[seen] for seen in _SEEN} | dict(found)
            expected[name] |= _proved(drawn, own, points, found["defective"], counts, least)
        made["classes"] = expected
    return made


def _proved(
    sample: Mapping[str, Any], figures: Mapping[str, Any], points: Points, defective: int,
    checks: list[Check], least: tuple[float, float],
) -> dict[str, Any]:  # fmt: skip
    """Bound, points and risks by one plan; `sample` has its acceptance number."""
    lot, n, c = sample["lot"], sample["sample_size"], sample["acceptance_number"]
    if checks:
        risk, terms = points.consumer_risk, Terms.of(lot, *points)
        most = inspectors.defectives_at_most(lot, n, defective, risk, least[0])
        consumer, producer = inspectors.risks(terms, n, c, checks, *least)
    else:
        most = {lot - conforming_lower_bound(lot, n, defective, 1 - points.consumer_risk)}
        consumer, producer = attained_risks(lot, n, c, points.limiting, points.acceptable)
    given = figures.get("defectives_at_most")
    bound = given if type(given) is int and given in most else min(most)
    return {
        "confidence": lambda value: Fraction(value) == 1 - points.consumer_risk,
        "limiting_quality": lambda value: Fraction(value) == points.limiting,
        "acceptable_quality": lambda value: Fraction(value) == points.acceptable,
        "defectives_at_most": bound,
        "conforming_at_least": lambda value: floor_stated(value, Fraction(lot - bound, lot)),
        "consumer_risk": lambda value: risk_stated(value, consumer),
        "producer_risk": lambda value: risk_stated(value, producer),
    }


_ERROR = {"measured", "sensitivity_at_least", "specificity_at_least", "inspectors"}
_SEEN = {"sensitivity_at_least", "specificity_at_least"}
_CHECKED = ("seeded", "caught", "clean", "passed")
_CHECK = {"inspector", "sensitivity", "specificity", *_CHECKED}


def _told(rows: Any, checks: dict[str, Check]) -> bool:
    """Whether a certificate's rows are the inspectors' checks, each with its 95 % intervals."""
    if not isinstance(rows, list) or len(rows) != len(checks):
        return False
    for row, (name, check) in zip(rows, sorted(checks.items()), strict=True):
        if not isinstance(row, dict) or row.keys() != _CHECK or row["inspector"] != name:
            return False
        if [row[part] for part in _CHECKED] != [getattr(check, part) for part in _CHECKED]:
            return False
        seen = _interval(row["sensitivity"], check.caught, check.seeded)
        if not seen or not _interval(row["specificity"], check.passed, check.clean):
            return False
    return True


def _interval(stated: Any, hits: int, trials: int) -> bool:
    """Whether an exact two-sided 95 % interval is stated, rounded outwards; nothing of nothing."""
    if not trials:
        return bool(stated == [])
    if not isinstance(stated, list) or len(stated) != 2 or not all(map(decimal, stated)):
        return False
    low = clopper_pearson_lower(hits, trials, 0.975)
    high = 1 - clopper_pearson_lower(trials - hits, trials, 0.975)
    return floor_stated(stated[0], low) and ceiling_stated(stated[1], high)


def _same(stated: Any, expected: Any) -> bool:
    if isinstance(expected, dict) and isinstance(stated, dict):
        return stated.keys() == expected.keys() and all(
            _same(stated[name], value) for name, value in expected.items()
        )
    if callable(expected):
        return isinstance(stated, str) and bool(expected(stated))
    return type(stated) is type(expected) and bool(stated == expected)
