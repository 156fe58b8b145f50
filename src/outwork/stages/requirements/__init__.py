"""Stage 1: from a brief to statement-of-work lines that both sides can sign.

Each line carries the unit of inspection, what counts as a defect, a sampling plan with both risks,
the confidentiality class, the price and the client's own baseline.
"""

from outwork.stages.requirements.actions import (
    add_line,
    draft_engagement,
    remove_line,
    sign_scope,
)
from outwork.stages.requirements.model import (
    Baseline,
    Brief,
    ClassTerms,
    Line,
    SamplingTerms,
    read_brief,
    scope_digest,
)
from outwork.stages.requirements.queries import gate, line, lines

__all__ = [
    "Baseline",
    "Brief",
    "ClassTerms",
    "Line",
    "SamplingTerms",
    "add_line",
    "draft_engagement",
    "gate",
    "line",
    "lines",
    "read_brief",
    "remove_line",
    "scope_digest",
    "sign_scope",
]
