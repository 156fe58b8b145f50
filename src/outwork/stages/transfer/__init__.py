"""Stage 3: the client's knowledge becomes a guideline, control items and certified people.

The guideline is versioned in clauses. Every analyst and every agent answers the control items; the
lower bound of an exact interval, not the point, must clear the bar.
"""

from outwork.stages.transfer.actions import (
    add_control_item,
    pass_tollgate,
    publish_guideline,
    record_certification,
    set_bar,
)
from outwork.stages.transfer.events import CertificationScored, GuidelinePublished
from outwork.stages.transfer.model import Bar, Certification, ControlItem, Guideline, decide
from outwork.stages.transfer.queries import (
    bar,
    certifications,
    certified,
    control_item,
    control_items,
    gate,
    guideline,
    known_answers,
    latest_guideline,
    uncertified,
)

__all__ = [
    "Bar",
    "Certification",
    "CertificationScored",
    "ControlItem",
    "Guideline",
    "GuidelinePublished",
    "add_control_item",
    "bar",
    "certifications",
    "certified",
    "control_item",
    "control_items",
    "decide",
    "gate",
    "guideline",
    "known_answers",
    "latest_guideline",
    "pass_tollgate",
    "publish_guideline",
    "record_certification",
    "set_bar",
    "uncertified",
]
