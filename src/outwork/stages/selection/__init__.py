"""Stage 2: choosing the provider, with reasons that are kept.

At least two proposals scored on weighted criteria, or a justified direct award; the provider's
signature on the awarded scope and prices opens the gate.
"""

from outwork.stages.selection.actions import (
    accept_award,
    award,
    award_directly,
    invite_bidder,
    score_proposal,
    set_criteria,
    submit_proposal,
)
from outwork.stages.selection.model import Award, Criterion, Proposal, Score, ranking
from outwork.stages.selection.queries import (
    agreed_prices,
    award_of,
    criteria,
    gate,
    own_proposal,
    proposals,
    scores,
)

__all__ = [
    "Award",
    "Criterion",
    "Proposal",
    "Score",
    "accept_award",
    "agreed_prices",
    "award",
    "award_directly",
    "award_of",
    "criteria",
    "gate",
    "invite_bidder",
    "own_proposal",
    "proposals",
    "ranking",
    "score_proposal",
    "scores",
    "set_criteria",
    "submit_proposal",
]
