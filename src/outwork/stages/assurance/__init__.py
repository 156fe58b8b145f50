"""Stage 6: a sample that nobody could choose, inspected by someone else, and what it proves.

Both sides open their nonces after the batch is closed; seed, draw, verdict and certificate can be
recomputed from the log alone.
"""

from outwork.stages.assurance.actions import draw_sample, inspect, reveal_seed
from outwork.stages.assurance.certifying import certify, give_verdict
from outwork.stages.assurance.checking import (
    check_inspector,
    count_missed,
    request_reinspection,
)
from outwork.stages.assurance.events import CertificateIssued
from outwork.stages.assurance.improving import (
    analyse_action,
    close_action,
    implement_action,
    open_action,
)
from outwork.stages.assurance.model import (
    ActionState,
    Certificate,
    ClassVerdict,
    Compared,
    CorrectiveAction,
    DefectFound,
    DefectRecord,
    Effect,
    Inspection,
    InspectorCheck,
    Reinspection,
    Sample,
    SampledItem,
    Verdict,
    whole_items,
)
from outwork.stages.assurance.queries import (
    certificate_of,
    certificates,
    corrective_actions,
    defects,
    effect_of,
    gate,
    inspections,
    inspector_checks,
    passed_by,
    reinspections,
    reinspections_of,
    sample_of,
    sampled_items,
    verdict_of,
)
from outwork.stages.assurance.screening import screen_lot

__all__ = [
    "ActionState",
    "Certificate",
    "CertificateIssued",
    "ClassVerdict",
    "Compared",
    "CorrectiveAction",
    "DefectFound",
    "DefectRecord",
    "Effect",
    "Inspection",
    "InspectorCheck",
    "Reinspection",
    "Sample",
    "SampledItem",
    "Verdict",
    "analyse_action",
    "certificate_of",
    "certificates",
    "certify",
    "check_inspector",
    "close_action",
    "corrective_actions",
    "count_missed",
    "defects",
    "draw_sample",
    "effect_of",
    "gate",
    "give_verdict",
    "implement_action",
    "inspect",
    "inspections",
    "inspector_checks",
    "open_action",
    "passed_by",
    "reinspections",
    "reinspections_of",
    "request_reinspection",
    "reveal_seed",
    "sample_of",
    "sampled_items",
    "screen_lot",
    "verdict_of",
    "whole_items",
]
