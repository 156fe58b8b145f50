"""Rules: work orders, seeds, intake, reservation, submission, rework, closing."""

from __future__ import annotations

from outwork_verify.declare import (
    MANAGERS,
    PURPOSE,
    SHAPE,
    SIDE,
    count,
    digest,
    mapping,
    moment,
    optional,
    order_at,
    positive,
    rule,
    text,
    words,
)
from outwork_verify.entry import Event, instant, reject, same_instant
from outwork_verify.records import Rework
from outwork_verify.rules_calibration import begin_rating, rate
from outwork_verify.rules_clock import check_on_duty, start_clock
from outwork_verify.rules_gates import no_expired_waiver
from outwork_verify.rules_readiness import WORKING
from outwork_verify.rules_review import climb, twice_due
from outwork_verify.state import (
    APART,
    CHECKING,
    DRAFTED,
    PRODUCING,
    Assignment,
    Attempt,
    Citation,
    Item,
    Member,
    State,
    WorkOrder,
)

WORKERS = ("analyst", "agent", "reviewer")
CORRECTING = (*MANAGERS, "reviewer")
RETURNING = ("vendor-manager", "client-reviewer")
_DRAFTED = frozenset({"drafted"})  # the only origin of what an agent hands in


@rule(
    "agreements.work-order-opened",
    {"work_order": text, "line": text, "shape": SHAPE, "due": optional(moment)},
    ["title"],
    roles=MANAGERS,
    stages=["execution"],
)
def _work_order_opened(state: State, event: Event, _: Member) -> None:
    name, line = event.public["work_order"], state.lines.get(event.public["line"])
    if line is None or name in state.orders:
        reject(event, "calls off a line that is not there, or is opened twice")
    no_expired_waiver(state, event)
    due = event.public["due"]
    state.orders[name] = WorkOrder(
        name, line, event.public["shape"], due=None if due is None else instant(due)
    )


@rule(
    "execution.seed-committed",
    {"work_order": text, "round": positive, "side": SIDE, "commitment": digest},
    roles=MANAGERS,
)
def _seed_committed(state: State, event: Event, member: Member) -> None:
    order = order_at(state, event, "execution")
    side, seeds = event.public["side"], order.current.seeds
    if side != member.side:
        reject(event, "commits a seed for a side that is not the actor's")
    if side in seeds or event.public["commitment"] in state.commitments:
        reject(event, "commits a second seed for a side, or copies an earlier one")
    seeds[side] = event.public["commitment"]
    state.commitments.add(event.public["commitment"])


@rule(
    "execution.item-admitted",
    {"work_order": text, "item": text, "digest": digest},
    ["name"],
    roles=MANAGERS,
)
def _item_admitted(state: State, event: Event, _: Member) -> None:
    order, name = order_at(state, event, "execution"), event.public["item"]
    if order.phase != "intake":
        reject(event, "takes an item in after the work order was released")
    if name in state.items or "/" in name:
        reject(event, "takes an item in twice, or one whose id cannot be drawn")
    state.items[name] = order.items[name] = Item(name, order)
    order.counts["admitted"] += 1


@rule(
    "execution.file-refused",
    {"work_order": text, "code": text},
    ["name"],
    roles=MANAGERS,
)
def _file_refused(state: State, event: Event, _: Member) -> None:
    order_at(state, event, "execution")


@rule(
    "execution.item-disclosed",
    {"item": text, "entries": count, "opened": count, "contents": count},
    roles=MANAGERS,
)
def _item_disclosed(state: State, event: Event, _: Member) -> None:
    if event.public["item"] not in state.items:
        reject(event, "gives out an item that was not taken in")


@rule(
    "execution.work-order-released",
    {"work_order": text, "items": positive, "due": optional(moment)},
    roles=MANAGERS,
)
def _work_order_released(state: State, event: Event, _: Member) -> None:
    order = order_at(state, event, "execution")
    if order.phase != "intake":
        reject(event, "releases a work order a second time")
    if order.current.seeds.keys() != {"client", "provider"}:
        reject(event, "releases a work order before both sides have committed their seeds")
    if event.public["items"] != len(order.items):
        reject(event, f"releases another number of items than the {len(order.items)} taken in")
    if any(i.order == order.id and not i.over() for i in state.imports.values()):
        reject(event, "releases a work order while an import is under way")
    agents = (m for m in state.members.values() if "agent" in m.roles)
    work = "produce/0" if any(map(state.certified, agents)) else "produce/1"
    for item in order.items.values():
        item.open(work)
    for item in order.hidden.values():
        item.open(work.replace("produce", "control"))
    order.phase = "released"
    start_clock(state, event, order)
    order.committed = tuple(order.current.seeds[side] for side in ("client", "provider"))


@rule(
    "execution.certification-started",
    {"subject": text, "items": positive},
    roles=["analyst", "agent"],
    stages=WORKING,
)
def _certification_started(state: State, event: Event, member: Member) -> None:
    if event.public["subject"] != event.actor or member.attempt is not None:
        reject(event, "starts a certification for somebody else, or while one is under way")
    given = [c for c in state.controls.values() if c.use == "certification"]
    if event.public["items"] != len(given):
        reject(event, f"does not give all {len(given)} control items")
    questions = sum(c.questions for c in given)
    member.attempts += 1
    member.attempt = Attempt(member.attempts, event.public["items"], questions)


@rule(
    "execution.item-claimed",
    {"assignment": text, "item": text, "purpose": PURPOSE, "level": count, "until": moment},
    ["blind"],
    roles=WORKERS,
    stages=WORKING,
)
def _item_claimed(state: State, event: Event, member: Member) -> None:
    p = event.public
    until = same_instant(p["until"])
    if until <= event.at:
        reject(event, "reserves an item until a time that has passed")
    no_expired_waiver(state, event)
    if member.unscored or member.signalled or member.readmission_due or member.retrain is not None:
        reject(event, f"is by {event.actor}, whose answers have consequences still to come")
    found = state.assignments.get(p["assignment"])
    if found is None:
        found = Assignment(event.actor, p["item"], p["purpose"], p["level"], None, "")
        begin(state, event, member, found)
        state.assignments[p["assignment"]] = found
    elif (found.item, found.purpose, found.level) != (p["item"], p["purpose"], p["level"]):
        reject(event, "changes what an assignment is for")
    elif found.done or found.parked:
        reject(event, "reserves an assignment that is done, withdrawn or waits for an answer")
    elif found.holder is not None and event.at < found.until:
        reject(event, f"reserves what {found.holder} has reserved until {found.until}")
    elif found.offered is not None:
        reject(event, "reserves what was handed over to somebody")
    check_barred(state, event, member, found, event.actor)
    found.holder, found.until = event.actor, until
    member.held.add(p["assignment"])
    check_on_duty(state, event, member)


def begin(state: State, event: Event, member: Member, made: Assignment) -> None:
    """An assignment shows in the log at its first claim; it must have been asked for."""
    if made.purpose == "certify":
        attempt = member.attempt
        if attempt is None or len(attempt.taken) >= attempt.items or made.item in attempt.taken:
            reject(event, "takes a control item without a certification under way")
        if made.item in state.items and not state.items[made.item].control:
            reject(event, "takes a work item as a control item")
        attempt.taken.add(made.item)
        made.round = attempt.number
        return
    if made.purpose == "calibrate":
        begin_rating(state, event, made.item)
        made.round = 1
        return
    item = state.items.get(made.item)
    if item is None:
        reject(event, "reserves an item that was not taken in")
    work = f"{made.purpose}/{made.level}"
    claimed = 0
    for other in item.live.values():
        claimed += (other.purpose, other.level) == (made.purpose, made.level)
    if claimed >= item.waiting.get(work, 0):
        reject(event, f"reserves {work} of an item for which none waits")
    item.live[event.public["assignment"]] = made
    made.round = item.order.current.number
    if made.purpose == "inspect":
        made.not_for = item.not_again
    elif made.purpose == "adjudicate" and not item.differing:
        made.not_for = item.judge
    if item.rework is not None and not item.rework.assignment and work == "produce/1":
        item.rework.assignment = event.public["assignment"]


def check_barred(state: State, event: Event, member: Member, wanted: Assignment, who: str) -> None:
    """Role, certification, and maker is never checker."""
    if wanted.purpose == "certify":
        if member.roles.isdisjoint({"analyst", "agent"}) or wanted.first != who:
            reject(event, f"takes a control item that was not given to {who}")
        return
    if wanted.purpose == "calibrate":
        if wanted.first != who or member.roles.isdisjoint(WORKERS):
            reject(event, f"takes an item of a calibration that was not given to {who}")
        return
    checking = wanted.purpose in CHECKING
    drafting = wanted.purpose in DRAFTED and wanted.level == 0
    needed = "reviewer" if checking else "agent" if drafting else "analyst"
    if needed not in member.roles:
        reject(event, f"is work of a kind that takes a {needed}, which {who} is not")
    if wanted.purpose in APART:
        item = state.items[wanted.item]
        if member.family in item.families:
            reject(event, f"checks work that {who} made: maker is never checker")
        contested = wanted.purpose == "adjudicate" and not item.differing
        if contested and member.family == item.judge:
            reject(event, f"scores again what {who} judged")
        if wanted.purpose == "inspect" and member.family == item.not_again:
            reject(event, f"inspects again what {who} inspected")
    if not checking and not state.certified(member):
        reject(event, f"is the work of {who}, who is not certified for the guideline")


@rule(
    "execution.item-returned",
    {"assignment": text, "item": text},
    ["reason"],
    roles=WORKERS,
    stages=WORKING,
)
def _item_returned(state: State, event: Event, _: Member) -> None:
    found = held_by_actor(state, event)
    found.holder = None


@rule(
    "execution.draft-given-up",
    {"assignment": text, "item": text, "code": text},
    roles=["agent"],
    stages=["execution"],
)
def _draft_given_up(state: State, event: Event, _: Member) -> None:
    found = held_by_actor(state, event)
    if found.purpose not in DRAFTED or found.level != 0:
        reject(event, "gives up what is no draft")
    found.done = True
    item = state.items[found.item]
    item.waiting[f"{found.purpose}/0"] -= 1
    del item.live[event.public["assignment"]]
    item.open(f"{found.purpose}/1")


def held_by_actor(state: State, event: Event) -> Assignment:
    """The assignment that an event names, which the actor must hold."""
    state.members[event.actor].held.discard(event.public["assignment"])
    found = state.assignments.get(event.public["assignment"])
    if found is None or found.done or found.holder != event.actor:
        reject(event, "is about an assignment that the actor does not hold")
    if found.item != event.public["item"]:
        reject(event, "is about another item than the assignment's")
    return found


@rule(
    "execution.item-submitted",
    {
        "assignment": text, "submission": text, "item": text, "purpose": PURPOSE, "level": count,
        "origins": mapping(positive), "seconds": count, "hints": count,
    },
    ["answers."],
    roles=WORKERS,
    stages=WORKING,
)  # fmt: skip
def _item_submitted(state: State, event: Event, member: Member) -> None:
    p, found = event.public, held_by_actor(state, event)
    if (found.purpose, found.level) != (p["purpose"], p["level"]):
        reject(event, "is handed in for another purpose than it was reserved for")
    if found.purpose == "adjudicate" and not state.items[found.item].differing:
        reject(event, "hands a contested question in as if it were work, and decides no dispute")
    check_barred(state, event, member, found, event.actor)
    if found.purpose not in CHECKING:
        no_expired_waiver(state, event)
    if sum(p["origins"].values()) != len(event.sealed):
        reject(event, "does not count its answers by origin")
    by_agent = member.kind == "agent"
    if found.purpose not in CHECKING and by_agent is not (p["origins"].keys() == _DRAFTED):
        reject(event, "says of a person's answers that a machine drafted them, or the reverse")
    found.done, found.seconds = True, p["seconds"]
    if found.purpose == "certify":
        assert member.attempt is not None  # only an attempt hands out control items
        member.attempt.done += 1
        return
    if found.purpose == "calibrate":
        rate(state, event)
        return
    item, work = state.items[found.item], f"{found.purpose}/{found.level}"
    item.waiting[work] -= 1
    del item.live[p["assignment"]]
    if found.purpose == "inspect":
        item.inspectors |= {event.actor}
    if found.purpose in PRODUCING:
        item.families.add(member.family)
        if found.purpose == "overlap" and event.sealed.keys() != item.answered.keys():
            reject(event, "answers other questions than the first answer")
        item.answered = event.sealed
        if found.purpose != "overlap":
            item.by, item.passed = event.actor, []
        if found.purpose == "control":
            member.unscored = p["assignment"]
            if found.level == 0:
                item.open("control/1")
        else:
            _produced(state, event, item, found)


def _produced(state: State, event: Event, item: Item, found: Assignment) -> None:
    order, level = item.order, found.level
    if found.purpose == "review":
        item.correcting = event.public["assignment"]
        return
    if found.purpose == "adjudicate":
        if item.deciding:
            reject(event, "decides between two answers that were decided between")
        item.deciding = event.public["assignment"]
        return
    if found.purpose == "overlap":
        assert item.twice is not None  # that is what opened it
        item.twice = item.twice[0], event.public["submission"]
        return
    if item.state in ("review", "overlap"):
        reject(event, "changes an item while it is under review")
    if order.phase == "closed" and item.state != "rework":
        reject(event, "changes an item after the work order was closed")
    if level == 0:
        item.move("drafted")
        item.open("produce/1")
        return
    item.produced.append(event.public["submission"])
    if order.stage == "assurance":
        item.move("submitted")
        item.open("inspect/1")
    elif twice_due(state, item, event.public["submission"]):
        item.twice = event.public["submission"], ""
        item.move("overlap")
        item.open("overlap/1")
    else:
        climb(state, item, 0)


@rule(
    "execution.rework-ordered",
    {"work_order": text, "item": text, "question": words, "clause": text},
    ["note"],
    roles=[*MANAGERS, "client-reviewer", "reviewer"],
)
def _rework_ordered(state: State, event: Event, member: Member) -> None:
    order, p = order_at(state, event, "execution", "assurance"), event.public
    item = order.items.get(p["item"])
    if item is None:
        reject(event, "sends back an item that is not of the work order")
    owed = order.owed.pop(item.id, None)
    if owed is None:
        recalled = order.stage == "execution" and order.phase == "released"
        if not recalled or item.state != "submitted" or "delivery-manager" not in member.roles:
            reject(event, "sends back an item that neither a defect nor a recall sends back")
    elif member.roles.isdisjoint(CORRECTING if owed else RETURNING):
        reject(event, "orders the rework of a side that the actor does not act for")
    elif owed and (p["question"], p["clause"]) not in {(c.question, c.clause) for c in owed}:
        reject(event, "cites another clause than the defects of the item")
    elif owed and (p["question"], p["clause"]) != (owed[0].question, owed[0].clause):
        reject(event, "cites a later defect than the first of the item")
    if not owed and p["clause"] not in state.clauses:
        reject(event, "cites a clause that is not in the guideline")
    item.rework = Rework(item.id, *_cause(event, item, owed), p["question"], p["clause"], event.at)
    item.returned = None
    state.reworks.append(item.rework)
    item.move("rework")
    item.open("produce/1")


def _cause(event: Event, item: Item, owed: tuple[Citation, ...] | None) -> tuple[str, str, int]:
    """Why an item is sent back, whose judgment that is, and the level of a review."""
    if owed is None:
        return "recall", event.actor, 0
    if item.returned is not None:
        return "review", *item.returned
    return ("defect", owed[0].by, 0) if owed else ("return", event.actor, 0)


@rule("execution.inspection-requested", {"work_order": text, "items": positive}, roles=MANAGERS)
def _inspection_requested(state: State, event: Event, _: Member) -> None:
    order = order_at(state, event, "assurance")
    if order.current.sample is None or order.inspections_asked == order.current.number:
        reject(event, "asks for inspections that no sample asks for")
    if event.public["items"] != len(order.current.units):
        reject(event, f"does not ask for the {len(order.current.units)} items that were drawn")
    for name in order.current.units:
        order.items[name].open("inspect/1")
    order.inspections_asked = order.current.number


@rule(
    "execution.work-order-closed",
    {"work_order": text, "round": positive, "items": positive},
    roles=MANAGERS,
)
def _work_order_closed(state: State, event: Event, _: Member) -> None:
    order = order_at(state, event, "assurance")
    if order.phase != "released":
        reject(event, "closes a work order that is not being worked on")
    submitted = order.counts["submitted"]
    if event.public["items"] != submitted:
        reject(event, f"counts another number of items than the {submitted} submitted")
    if any(m.unscored or m.signalled for m in state.members.values()):
        reject(event, "closes a batch while a control item is not scored, or a chart has signalled")
    for item in (*order.items.values(), *order.hidden.values()):
        item.withdraw()
    order.phase = "closed"
    order.current.closed_seq = event.seq
    order.current.closing_root = state.tree.root()
