"""Pure statistics: numbers in, frozen results out; no I/O, no clock, no chance without a seed.

Sampling plans and their risks, inspectors who err, exact intervals, charts; one comparator per kind
of question, agreement, consensus.
Names that say little by themselves are reached by their module: ``sampling.plan``.
"""

from outwork.methods import (
    adaptive,
    agreement,
    allocation,
    automation,
    classes,
    comparators,
    consensus,
    control,
    defects,
    estimates,
    gauge,
    inspection,
    intervals,
    raters,
    rectifying,
    running,
    sampling,
    schemes,
    sequential,
    skill,
)
from outwork.methods.comparators import agree, similarity
from outwork.methods.consensus import Consensus
from outwork.methods.draw import commit_nonce, draw, make_seed, reinspection_seed
from outwork.methods.intervals import (
    binomial_interval,
    binomial_lower,
    binomial_upper,
    conforming_lower,
    defectives_lower,
    defectives_upper,
    wilson_interval,
)
from outwork.methods.sampling import (
    Plan,
    accept,
    acceptable_defectives,
    limiting_defectives,
    operating_characteristic,
    plan,
    rejectable_defectives,
    single_plan,
)
from outwork.methods.working_time import CalendarEnds, Pauses, WorkingTime

__all__ = [
    "CalendarEnds",
    "Consensus",
    "Pauses",
    "Plan",
    "WorkingTime",
    "accept",
    "acceptable_defectives",
    "adaptive",
    "agree",
    "agreement",
    "allocation",
    "automation",
    "binomial_interval",
    "binomial_lower",
    "binomial_upper",
    "classes",
    "commit_nonce",
    "comparators",
    "conforming_lower",
    "consensus",
    "control",
    "defectives_lower",
    "defectives_upper",
    "defects",
    "draw",
    "estimates",
    "gauge",
    "inspection",
    "intervals",
    "limiting_defectives",
    "make_seed",
    "operating_characteristic",
    "plan",
    "raters",
    "rectifying",
    "reinspection_seed",
    "rejectable_defectives",
    "running",
    "sampling",
    "schemes",
    "sequential",
    "similarity",
    "single_plan",
    "skill",
    "wilson_interval",
]
