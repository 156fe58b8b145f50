"""Stage 4: everything is in place before work begins, and evidenced.

Team with calendars and dated entitlements, segregation of duties, a quality plan with exact risks,
and the rate card; the operational readiness review opens the gate.
"""

from outwork.stages.setup.actions import (
    agree_rates,
    approve_readiness,
    date_entitlement,
    plan_control,
    plan_quality,
    set_calendar,
    state_need,
)
from outwork.stages.setup.model import ControlPlan, QualityPlan, Rate, WorkCalendar, exact_plan
from outwork.stages.setup.queries import (
    calendar_of,
    calendars,
    control_plan_of,
    control_plans,
    gate,
    quality_plans,
    rates,
)

__all__ = [
    "ControlPlan",
    "QualityPlan",
    "Rate",
    "WorkCalendar",
    "agree_rates",
    "approve_readiness",
    "calendar_of",
    "calendars",
    "control_plan_of",
    "control_plans",
    "date_entitlement",
    "exact_plan",
    "gate",
    "plan_control",
    "plan_quality",
    "quality_plans",
    "rates",
    "set_calendar",
    "state_need",
]
