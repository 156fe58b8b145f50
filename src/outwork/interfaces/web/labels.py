"""Words for the closed sets (stages, roles, states, events), and numbers as people read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from outwork.interfaces.wording import msg, translate
from outwork.vocabulary import Confidentiality, InspectionUnit, Purpose, Role, Severity, Side, Stage

_ = translate

STAGES: Mapping[str, str] = {
    Stage.REQUIREMENTS: msg("Requirement analysis"),
    Stage.SELECTION: msg("Selection of service provider"),
    Stage.TRANSFER: msg("Knowledge transfer"),
    Stage.SETUP: msg("Operational setup"),
    Stage.EXECUTION: msg("Execution"),
    Stage.ASSURANCE: msg("Quality assurance"),
    Stage.ACCEPTANCE: msg("Review and feedback"),
    Stage.CLOSED: msg("Closed"),
}
GATES: Mapping[str, str] = {
    Stage.REQUIREMENTS: msg("Gate: the client signs"),
    Stage.SELECTION: msg("Gate: the award is accepted"),
    Stage.TRANSFER: msg("Tollgate of knowledge transfer"),
    Stage.SETUP: msg("Operational readiness review"),
    Stage.EXECUTION: msg("Gate: the batch is complete"),
    Stage.ASSURANCE: msg("Gate: verdict and certificate"),
    Stage.ACCEPTANCE: msg("Gate: accepted, invoiced, closed"),
}
ROLES: Mapping[str, str] = {
    Role.VENDOR_MANAGER: msg("Vendor manager"),
    Role.CLIENT_REVIEWER: msg("Client reviewer"),
    Role.DELIVERY_MANAGER: msg("Delivery manager"),
    Role.ANALYST: msg("Analyst"),
    Role.REVIEWER: msg("Reviewer"),
    Role.AGENT: msg("AI agent"),
    Role.AUDITOR: msg("Auditor"),
    Role.BIDDER: msg("Bidder"),
}
SIDES: Mapping[str, str] = {
    Side.CLIENT: msg("Client"),
    Side.PROVIDER: msg("Provider"),
    Side.AUDITOR: msg("Auditor"),
}
SEVERITIES: Mapping[str, str] = {
    Severity.CRITICAL: msg("Critical"),
    Severity.MAJOR: msg("Major"),
    Severity.MINOR: msg("Minor"),
}
UNITS: Mapping[str, str] = {
    InspectionUnit.ITEM: msg("Item"),
    InspectionUnit.ANSWER: msg("Answer"),
    InspectionUnit.STATEMENT: msg("Statement"),
}
CLASSES: Mapping[str, str] = {
    Confidentiality.PUBLIC: msg("Public"),
    Confidentiality.INTERNAL: msg("Internal"),
    Confidentiality.CONFIDENTIAL: msg("Confidential"),
    Confidentiality.RESTRICTED: msg("Restricted"),
}
PURPOSES: Mapping[str, str] = {
    Purpose.PRODUCE: msg("Answer"),
    Purpose.CERTIFY: msg("Certification"),
    Purpose.INSPECT: msg("Inspection"),
    Purpose.REVIEW: msg("Review"),
    Purpose.ADJUDICATE: msg("Adjudication"),
    Purpose.CALIBRATE: msg("Calibration"),
    # Control and overlap look like any other answering to the worker.
    Purpose.CONTROL: msg("Answer"),
    Purpose.OVERLAP: msg("Answer"),
}
IMPORT_STATES: Mapping[str, tuple[str, str]] = {
    "receiving": (msg("Coming in"), "note"),
    "admitting": (msg("Being taken in"), "note"),
    "finished": (msg("In"), "good"),
    "abandoned": (msg("Given up"), "caution"),
}
JOB_STATES: Mapping[str, tuple[str, str]] = {
    "waiting": (msg("Waiting"), "note"),
    "started": (msg("Under way"), "note"),
    "done": (msg("Done"), "good"),
    "parked": (msg("Parked"), "bad"),
    "retried": (msg("Tried again"), "caution"),
}
WORK: Mapping[str, str] = {
    "import": msg("Rows become items"),
    "draft": msg("An agent drafts"),
}
ITEM_STATES: Mapping[str, tuple[str, str]] = {
    "admitted": (msg("Admitted"), "neutral"),
    "drafted": (msg("Drafted"), "note"),
    "submitted": (msg("Submitted"), "good"),
    "overlap": (msg("Answered twice"), "accent"),
    "review": (msg("Under review"), "accent"),
    "rework": (msg("In rework"), "caution"),
    "control": (msg("Control item"), "neutral"),
}
RULES: Mapping[str, str] = {
    "role-missing": msg("has another role"),
    "not-certified": msg("not certified"),
    "paused": msg("paused"),
    "maker-is-checker": msg("made it"),
    "barred-by-client": msg("barrier against the client"),
    "barred-by-adverse-party": msg("barrier against an adverse party"),
    "skill-missing": msg("lacks a skill"),
    "language-missing": msg("lacks a language"),
    "clearance-too-low": msg("clearance too low"),
    "credential-missing": msg("lacks a credential"),
    "credential-expired": msg("credential expired"),
    "absent": msg("away"),
    "outside-hours": msg("outside working hours"),
    "at-capacity": msg("holds enough"),
}
PACES: Mapping[str, tuple[str, str]] = {
    "in-time": (msg("In time"), "good"),
    "at-risk": (msg("At risk"), "caution"),
    "late": (msg("Late"), "bad"),
    "paused": (msg("Clock paused"), "note"),
}
PHASES: Mapping[str, tuple[str, str]] = {
    "intake": (msg("Taking in"), "note"),
    "released": (msg("In work"), "accent"),
    "closed": (msg("Closed for sampling"), "good"),
}
DELIVERIES: Mapping[str, tuple[str, str]] = {
    "delivered": (msg("With the client"), "accent"),
    "accepted": (msg("Accepted"), "good"),
    "returned": (msg("Returned"), "caution"),
}
SEVERITY_TONES: Mapping[str, str] = {
    Severity.CRITICAL: "bad",
    Severity.MAJOR: "caution",
    Severity.MINOR: "note",
}
MEANINGS: Mapping[str, str] = {
    "agrees to the statement of work": msg("agrees to the statement of work"),
    "accepts the award, its scope and its prices": msg(
        "accepts the award, its scope and its prices"
    ),
    "accepts the delivery and its certificate": msg("accepts the delivery and its certificate"),
}
EVENTS: Mapping[str, str] = {
    "agreements.party-registered": msg("An organisation was registered"),
    "agreements.actor-registered": msg("A person or agent was registered"),
    "agreements.engagement-opened": msg("The engagement was opened"),
    "agreements.member-joined": msg("A member joined"),
    "agreements.agreement-concluded": msg("The master agreement was concluded"),
    "agreements.signed": msg("Signed: %(meaning)s"),
    "agreements.signing-key-bound": msg("A signing key was bound to a member"),
    "agreements.stage-passed": msg("From %(left)s to %(reached)s"),
    "agreements.waiver-requested": msg("A waiver was asked for: %(codes)s"),
    "agreements.waiver-countersigned": msg("The waiver was countersigned"),
    "agreements.witness-enrolled": msg("A witness of the %(side)s was enrolled"),
    "agreements.witness-retired": msg("A witness of the %(side)s was retired"),
    "agreements.work-order-opened": msg("A work order was opened"),
    "documents.document-shared": msg("A document was shared"),
    "documents.document-opened": msg("A document was opened"),
    "documents.document-downloaded": msg("A document was downloaded"),
    "ledger.log-covered": msg("A log was known to have %(size)s entries"),
    "requirements.line-added": msg("A line of %(volume)s items was added"),
    "requirements.line-removed": msg("A line was taken out"),
    "selection.criteria-set": msg("The criteria were set"),
    "selection.proposal-submitted": msg("A proposal came in"),
    "selection.proposal-scored": msg("A proposal got %(points)s points on %(criterion)s"),
    "selection.awarded": msg("The work was awarded"),
    "transfer.guideline-published": msg("Guideline version %(guideline_version)s came into force"),
    "transfer.bar-set": msg("The bar was set: people %(people)s, agents %(agents)s"),
    "transfer.control-item-added": msg("A control item was added"),
    "transfer.control-scored": msg("A control item among the work was scored"),
    "transfer.worker-paused": msg("Somebody was paused"),
    "transfer.retraining-started": msg("A retraining began"),
    "transfer.worker-readmitted": msg("Somebody was readmitted"),
    "transfer.certification-scored": msg("Certification: %(right)s of %(asked)s right"),
    "setup.calendar-set": msg("A calendar was set"),
    "setup.calendar-defined": msg("The calendar %(calendar)s was defined"),
    "setup.hours-agreed": msg("Turnaround is %(minutes)s working minutes of %(calendar)s"),
    "setup.rostered": msg("A duty was set"),
    "setup.absence-noted": msg("An absence was noted"),
    "setup.absence-ended": msg("An absence ended"),
    "setup.entitlement-dated": msg("An entitlement got its dates"),
    "setup.quality-planned": msg("Quality plan: n=%(sample_size)s, c=%(acceptance_number)s"),
    "setup.control-planned": msg(
        "Watching planned: %(control_share)s control items, false alarm after %(false_after)s"
    ),
    "setup.need-stated": msg("What a line asks of its people was stated"),
    "setup.reviews-planned": msg("Reviews of a line were planned"),
    "setup.rates-agreed": msg("The rate card was agreed"),
    "workforce.qualified": msg("What somebody brings was put on record"),
    "workforce.barrier-raised": msg("An information barrier was raised"),
    "workforce.barrier-lifted": msg("An information barrier was lifted"),
    "execution.seed-committed": msg("The %(side)s committed its seed"),
    "execution.item-admitted": msg("An item was admitted"),
    "execution.item-disclosed": msg("What proves an item was given out"),
    "execution.file-refused": msg("A file could not be taken in: %(code)s"),
    "execution.import-started": msg("An import began (%(format)s)"),
    "execution.part-received": msg("Part %(number)s of an import came in"),
    "execution.upload-completed": msg("An import has come in, in %(parts)s parts"),
    "execution.rows-admitted": msg("%(items)s rows became items, %(refused)s were refused"),
    "execution.import-finished": msg("An import ended: %(admitted)s rows in, %(refused)s refused"),
    "execution.import-abandoned": msg("An import was given up"),
    "execution.work-retried": msg("Parked machine work is tried again"),
    "execution.results-exported": msg("Results of %(items)s items were exported (%(format)s)"),
    "execution.work-order-released": msg("%(items)s items were released for work"),
    "execution.clock-paused": msg("The clock was paused: %(reason)s"),
    "execution.clock-resumed": msg("The clock runs again"),
    "execution.controls-seeded": msg("Control items were put among the work"),
    "execution.drafting-stopped": msg("%(items)s items go to people without a draft"),
    "execution.routing-set": msg("How people are preferred was set"),
    "execution.hour-cost-stated": msg("What an hour costs was stated"),
    "execution.items-offered": msg("%(items)s items were offered to %(people)s people"),
    "execution.draft-given-up": msg("An agent gave a draft up: %(code)s"),
    "execution.certification-started": msg("A certification on %(items)s control items began"),
    "execution.item-claimed": msg("An item was reserved"),
    "execution.item-returned": msg("An item was given back"),
    "execution.handed-over": msg("An item was handed over"),
    "execution.hand-over-accepted": msg("A hand-over was accepted"),
    "execution.hand-over-declined": msg("A hand-over was called off"),
    "execution.item-submitted": msg("An item was handed in"),
    "execution.item-reviewed": msg("An item was reviewed at level %(level)s: %(verdict)s"),
    "execution.item-reopened": msg("An item was reopened"),
    "acceptance.escape-reported": msg("The client found a defect in what was delivered"),
    "execution.overlap-compared": msg("Two answers to an item were compared"),
    "execution.item-adjudicated": msg("It was decided between two answers"),
    "execution.rework-ordered": msg("Rework was ordered, citing clause %(clause)s"),
    "execution.rework-disputed": msg("A rework was disputed"),
    "execution.dispute-decided": msg("A dispute was decided"),
    "execution.escalated": msg("A question was put to the client"),
    "execution.escalation-answered": msg("A question to the client was answered"),
    "execution.escalation-withdrawn": msg("A question to the client was withdrawn"),
    "execution.effort-contested": msg(
        "Measured effort was contested: %(measured)s seconds, %(claimed)s claimed"
    ),
    "execution.effort-decided": msg("Contested effort was decided"),
    "execution.inspection-requested": msg("%(items)s items went to inspection"),
    "execution.work-order-closed": msg("The batch closed with %(items)s items"),
    "assurance.seed-revealed": msg("The %(side)s opened its seed"),
    "assurance.sample-drawn": msg("A sample of %(sample_size)s out of %(lot)s was drawn"),
    "assurance.action-opened": msg("A corrective action was opened because of clause %(clause)s"),
    "assurance.action-analysed": msg("A cause was found, with %(whys)s whys"),
    "assurance.action-implemented": msg("A corrective action was implemented"),
    "assurance.action-closed": msg("A corrective action closed: its effect is shown"),
    "assurance.screening-ordered": msg("The rejected lot is screened: all the rest is inspected"),
    "assurance.inspector-checked": msg(
        "An inspector was checked: %(caught)s of %(seeded)s defects seen"
    ),
    "assurance.reinspection-requested": msg(
        "Inspected items went to a second inspection, unawares"
    ),
    "assurance.inspections-compared": msg(
        "A second inspection was compared: the first caught %(caught)s of %(seeded)s"
    ),
    "assurance.item-inspected": msg("An item was inspected: %(defects)s defects"),
    "assurance.defect-raised": msg("A %(severity)s defect was found, citing clause %(clause)s"),
    "assurance.verdict-given": msg("Verdict: %(defective)s defective"),
    "assurance.certificate-issued": msg("The certificate was issued"),
    "assurance.calibration-opened": msg("A calibration session was opened"),
    "assurance.calibration-compared": msg("An item of a calibration was held together"),
    "assurance.calibration-closed": msg("A calibration was closed: %(differences)s differences"),
    "assurance.difference-settled": msg("A difference was settled, citing clause %(clause)s"),
    "assurance.calibration-concluded": msg("A calibration was concluded"),
    "acceptance.delivered": msg("%(items)s items were delivered"),
    "acceptance.delivery-accepted": msg("The delivery was accepted"),
    "acceptance.delivery-returned": msg("The delivery was returned"),
    "acceptance.invoiced": msg("Invoice %(number)s was issued"),
    "acceptance.change-proposed": msg("A change of clause %(clause)s was proposed"),
    "acceptance.change-decided": msg("A proposed change was decided"),
}
_TONES: Mapping[str, str] = {
    "agreements.stage-passed": "good",
    "agreements.signed": "good",
    "agreements.waiver-requested": "caution",
    "execution.file-refused": "caution",
    "execution.rework-ordered": "caution",
    "transfer.worker-paused": "caution",
    "transfer.worker-readmitted": "good",
    "assurance.defect-raised": "bad",
    "assurance.certificate-issued": "good",
    "acceptance.delivery-accepted": "good",
    "acceptance.delivery-returned": "caution",
}


def word(words: Mapping[str, str], key: str) -> str:
    """The word for a member of a closed set, in the current language."""
    found = words.get(key)
    return key.replace("-", " ").capitalize() if found is None else _(found)


def slice_word(name: str) -> str:
    """The word for the part of the system that an event is of: a stage, or what goes with all."""
    others = {"agreements": msg("Agreement and members"), "documents": msg("Documents")}
    return word({**STAGES, **others}, name)


def shortened(text: str, longest: int) -> str:
    """A text on one line, cut where it is too long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= longest else flat[: longest - 1] + "…"


def badge(text: str, tone: str = "neutral") -> dict[str, str]:
    """A badge as templates want it; the text is in the reader's language already."""
    return {"text": text, "tone": tone}


def state(states: Mapping[str, tuple[str, str]], key: str) -> dict[str, str]:
    """The badge for a state."""
    text, tone = states.get(key, (key, "neutral"))
    return badge(_(text), tone)


def severity(key: str) -> dict[str, str]:
    """The badge for a severity class."""
    return badge(word(SEVERITIES, key), SEVERITY_TONES.get(key, "neutral"))


def percent(value: float | Decimal | str, digits: int = 1, *, down: bool = False) -> str:
    """A share as percent; a lower bound is rounded down, so that rounding promises nothing."""
    exact = Decimal(str(value)) * 100
    quantum = Decimal(1).scaleb(-digits)
    shown = exact.quantize(quantum, ROUND_FLOOR) if down else exact.quantize(quantum)
    return f"{shown} %"


def interval(low: float | Decimal, high: float | Decimal) -> str:
    """An interval of shares as percent, rounded outwards."""
    quantum = Decimal("0.1")
    a = (Decimal(str(low)) * 100).quantize(quantum, ROUND_FLOOR)
    z = (Decimal(str(high)) * 100).quantize(quantum, ROUND_CEILING)
    return f"[{a}, {z}]"


_GAP = re.compile(r"%\(\w+\)s")


def happened(kind: str, public: Mapping[str, Any]) -> str:
    """An event as a sentence; without its values, as what such events say."""
    message = EVENTS.get(kind)
    if message is None:
        return kind.partition(".")[2].replace("-", " ").capitalize()
    shown = {name: _shown(name, value) for name, value in public.items()}
    try:
        return _(message) % shown
    except KeyError:
        return _GAP.sub("…", _(message))


def _shown(name: str, value: Any) -> str:
    if name in ("left", "reached"):
        return word(STAGES, str(value)).lower()
    if name in ("side", "severity"):
        return word({**SIDES, **SEVERITIES}, str(value)).lower()
    if name == "meaning":
        return word(MEANINGS, str(value))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def tone(kind: str, public: Mapping[str, Any]) -> str:
    """How an event looks in a timeline."""
    if kind in ("transfer.certification-scored", "assurance.verdict-given"):
        return "good" if public.get("passed") or public.get("accepted") else "bad"
    return _TONES.get(kind, "neutral")
