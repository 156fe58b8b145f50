"""Stage 6: a sample that nobody could choose, inspected by someone else, and what it proves.

Both sides open their nonces after the batch is closed; seed, draw, verdict and certificate can be
recomputed from the log alone.
"""

from outwork.stages.assurance.actions import (
    certify,
    draw_sample,
    give_verdict,
    inspect,
    reveal_seed,
)
from outwork.stages.assurance.events import CertificateIssued
from outwork.stages.assurance.model import (
    Certificate,
    DefectFound,
    DefectRecord,
    Inspection,
    Sample,
    Verdict,
)
from outwork.stages.assurance.queries import (
    certificate_of,
    certificates,
    defects,
    gate,
    inspections,
    sample_of,
    verdict_of,
)

__all__ = [
    "Certificate",
    "CertificateIssued",
    "DefectFound",
    "DefectRecord",
    "Inspection",
    "Sample",
    "Verdict",
    "certificate_of",
    "certificates",
    "certify",
    "defects",
    "draw_sample",
    "gate",
    "give_verdict",
    "inspect",
    "inspections",
    "reveal_seed",
    "sample_of",
    "verdict_of",
]
