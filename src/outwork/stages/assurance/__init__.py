"""Stage 6: a sample that nobody could choose, inspected by someone else, and what it proves.

Both sides open their nonces after the batch is closed; seed, draw, verdict and certificate can be
recomputed from the log alone.
"""

from outwork.stages.assurance.actions import draw_sample, inspect, reveal_seed
from outwork.stages.assurance.certifying import certify, check_inspector, give_verdict
from outwork.stages.assurance.events import CertificateIssued
from outwork.stages.assurance.model import (
    Certificate,
    DefectFound,
    DefectRecord,
    Inspection,
    InspectorCheck,
    Sample,
    Verdict,
)
from outwork.stages.assurance.queries import (
    certificate_of,
    certificates,
    defects,
    gate,
    inspections,
    inspector_checks,
    sample_of,
    verdict_of,
)

__all__ = [
    "Certificate",
    "CertificateIssued",
    "DefectFound",
    "DefectRecord",
    "Inspection",
    "InspectorCheck",
    "Sample",
    "Verdict",
    "certificate_of",
    "certificates",
    "certify",
    "check_inspector",
    "defects",
    "draw_sample",
    "gate",
    "give_verdict",
    "inspect",
    "inspections",
    "inspector_checks",
    "reveal_seed",
    "sample_of",
    "verdict_of",
]
