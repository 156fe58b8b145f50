"""The claim in SQL takes what the rule in `obstacles` allows, over random small worlds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.database import fresh_database
from tests.support.engagement import World
from tests.support.service import KEY, tiny_service

from outwork import access, practices, workforce
from outwork.agreements import WorkOrder, WorkPhase
from outwork.agreements import store as agreements_store
from outwork.kit.postgres import Cluster
from outwork.operation import Operation, operation
from outwork.stages import execution, setup, transfer
from outwork.stages.execution import (
    GIVEN,
    Assignment,
    AssignmentState,
    ItemState,
    Submission,
    WorkItem,
    obstacles,
    store,
)
from outwork.stages.execution.model import takes
from outwork.stages.setup import store as setup_store
from outwork.stages.transfer import Certification
from outwork.stages.transfer import store as transfer_store
from outwork.vocabulary import (
    ActorId,
    AssignmentId,
    DocumentId,
    ItemId,
    LineId,
    NotFound,
    PartyId,
    Purpose,
    Refusal,
    Role,
    Shape,
    Stage,
    SubmissionId,
    WorkOrderId,
)
from outwork.workforce import store as workforce_store

ME, ANOTHER = "ana", "ben"
LINES = (LineId("lin_0"), LineId("lin_1"))
DAY = timedelta(days=1)
OFF_DUTY = ("absent", "outside-hours", "at-capacity")
# What the swift form gets, which does not come past the rules in Python.
FAST = sa.text("select outcome from claim_next(:actor, :engagement, :order, :at, :at, true)")


@dataclass(frozen=True)
class Wanted:
    """An assignment of a random world."""

    item: int
    purpose: Purpose
    level: int
    rank: int
    state: str  # open, live, lapsed, done, withdrawn
    reserved: str | None
    order: int
    judged: str = ""  # whose decision it judges: mine, another's, nobody's


@dataclass(frozen=True)
class Past:
    """A submission of a random world."""

    item: int
    mine: bool
    purpose: Purpose


wanted = st.builds(
    Wanted,
    st.integers(0, 2),
    st.sampled_from(Purpose),
    st.integers(0, 1),
    st.integers(0, 3),
    st.sampled_from(["open", "open", "lapsed", "live", "done", "withdrawn"]),
    st.sampled_from([None, None, ME, ANOTHER]),
    st.integers(0, 1),
    st.sampled_from(["", "", "", "mine", "other"]),
).map(
    # Control items of a certification and items of a calibration are given to one actor each.
    lambda w: replace(w, reserved=w.reserved or ANOTHER) if w.purpose in GIVEN else w
)
past = st.builds(Past, st.integers(0, 2), st.booleans(), st.sampled_from(Purpose))
codes = st.frozensets(st.sampled_from(["law", "law.lease", "tax"]), max_size=2)
days = st.integers(-1, 1)  # a credential that has expired, expires now, or holds


@dataclass(frozen=True)
class Fit:
    """What the person brings, and what the line of order 0 needs; parties: 0 client, 1 adverse."""

    skills: frozenset[str]
    languages: frozenset[str]
    clearance: int
    credentials: dict[str, int]
    barred: frozenset[int]
    needs: tuple[frozenset[str], frozenset[str], int, frozenset[str], bool] | None


fits = st.builds(
    Fit,
    codes,
    codes,
    st.integers(0, 2),
    st.dictionaries(st.sampled_from(["bar", "cpa"]), days),
    st.frozensets(st.sampled_from([0, 1, 1, 2]), max_size=1),
    st.none()
    | st.tuples(
        codes, codes, st.integers(0, 2), st.frozensets(st.sampled_from(["bar", "cpa"]), max_size=1),
        st.booleans(),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Post:
    """By which calendar the person works, how much at once, and hours of absence around now."""

    calendar: str | None
    at_most: int | None
    away: tuple[int, int] | None


posts = st.none() | st.builds(
    Post,
    st.sampled_from([None, "day", "night"]),
    st.sampled_from([None, None, 1, 2]),
    st.none() | st.tuples(st.integers(-2, 1), st.integers(1, 3)).map(lambda s: (s[0], sum(s))),
)
roles = st.sets(st.sampled_from([Role.ANALYST, Role.REVIEWER, Role.AGENT]), min_size=1)


@pytest.fixture(scope="module")
def world(
    cluster: Cluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """An engagement at execution, whose rows every example adds to and takes back."""
    practices.catalogue()[KEY] = tiny_service()
    with fresh_database(cluster, migrated) as dsns:
        keys: Path = tmp_path_factory.mktemp("keys")
        with closing(World(dsns.app, keys)) as made:
            made.upto("approve")
            made.define("day", "Africa/Lagos", country="NG")
            made.define("night", "America/New_York", "22:00-06:00", "12:00-12:30")
            yield made
    practices.catalogue().pop(KEY, None)


class TakenBack(Exception):
    """Ends an example without keeping it."""


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    assignments=st.lists(wanted, max_size=7),
    submissions=st.lists(past, max_size=6),
    held=roles,
    certified=st.booleans(),
    only=st.sampled_from([None, 0, 1]),
    fit=fits,
    post=posts,
    hour=st.integers(0, 7 * 24),
    holding=st.sampled_from([0, 0, 1, 2]),
)
def test_the_claim_takes_what_the_rule_allows(
    world: World,
    assignments: list[Wanted],
    submissions: list[Past],
    held: set[Role],
    certified: bool,
    only: int | None,
    fit: Fit,
    post: Post | None,
    hour: int,
    holding: int,
) -> None:
    world.now += timedelta(minutes=1)
    before = world.now
    world.now += timedelta(hours=hour)
    try:
        with operation(world.database, world.people[ME], world.now) as op:
            rows = build(world, op, assignments, submissions, held, certified)
            state(world, op, fit)
            if post is not None:
                put_on(world, op, post)
            mine = hold(world, op, rows, holding)
            compare(world, op, rows, held, certified, only, mine)
            raise TakenBack
    except TakenBack:
        pass
    finally:
        world.now = before


def put_on(world: World, op: Operation, post: Post) -> None:
    """Write the person's duty and absence."""
    who = op.actor.id
    setup_store.duties.add(op.db, setup.Duty(world.engagement, who, post.calendar, post.at_most))
    if post.away is not None:
        starts, ends = (world.now + timedelta(hours=n) for n in post.away)
        setup_store.absences.add(op.db, setup.Absence(world.engagement, who, starts, ends))


def hold(world: World, op: Operation, rows: list[Assignment], count: int) -> list[AssignmentId]:
    """Have the person hold some of the assignments that lapsed or wait."""
    free = [a for a in rows if a.state is AssignmentState.OPEN and a.reserved_for is None][:count]
    for a in free:
        rows[rows.index(a)] = taken = replace(
            a, state=AssignmentState.LIVE, actor_id=op.actor.id, leased_until=world.now + DAY
        )
        store.assignments.save(op.db, taken)
    return [a.id for a in free]


def build(
    world: World,
    op: Operation,
    assignments: list[Wanted],
    submissions: list[Past],
    held: set[Role],
    certified: bool,
) -> list[Assignment]:
    """Write the random world; gives its assignments."""
    member = access.membership(op.db, world.engagement, op.actor.id)
    assert member is not None
    access.set_period(op.db, replace(member, roles=frozenset(held)))
    rules = transfer.guideline(op.db, world.engagement)
    transfer_store.certifications.add(
        op.db,
        Certification(
            world.engagement, op.new_id("crt"), op.actor.id, rules.version, 1, 1,
            Decimal(0), Decimal(0), certified, world.now,
        ),
    )  # fmt: skip
    agreements_store.work_orders.add(
        op.db,
        *(
            WorkOrder(
                world.engagement, WorkOrderId(f"wo_{n}"), LINES[n], f"Order {n}", Shape.ITEMISED,
                Stage.EXECUTION, WorkPhase.RELEASED, 1, world.now,
            )
            for n in range(2)
        ),
    )  # fmt: skip
    items = [
        WorkItem(
            world.engagement, ItemId(op.new_id("itm")), WorkOrderId("wo_0"), None, KEY,
            f"{n}.txt", DocumentId("doc"), ItemState.ADMITTED,
        )
        for n in range(3)
    ]  # fmt: skip
    store.items.add(op.db, *items)
    for p in submissions:
        done = row(world, op, items, Wanted(p.item, p.purpose, 1, 3, "done", None, 0))
        store.assignments.add(op.db, done)
        store.submissions.add(
            op.db,
            Submission(
                world.engagement, SubmissionId(op.new_id("sub")), done.item_id, done.id,
                op.actor.id, member.pseudonym if p.mine else "other", p.purpose, world.now, 1,
            ),
        )  # fmt: skip
    made = [
        replace(
            row(world, op, items, w), not_for=member.pseudonym if w.judged == "mine" else w.judged
        )
        for w in assignments
    ]
    store.assignments.add(op.db, *made)
    return made


def parties(world: World) -> list[PartyId]:
    """Client, adverse party, a third."""
    return [world.parties[name] for name in ("client", "stranger", "other")]


def state(world: World, op: Operation, fit: Fit) -> None:
    """Write what the person brings and what the first line needs."""
    workforce_store.set_qualification(
        op.db,
        workforce.Qualification(
            op.actor.id,
            workforce.with_broader(fit.skills),
            fit.languages,
            fit.clearance,
            {code: world.now + n * DAY for code, n in fit.credentials.items()},
            frozenset(parties(world)[n] for n in fit.barred),
        ),
    )
    if fit.needs is not None:
        skills, languages, clearance, credentials, opposed = fit.needs
        adverse = frozenset(parties(world)[1:2] if opposed else ())
        workforce.set_need(
            op.db,
            workforce.Need(
                world.engagement, LINES[0], skills, languages, clearance, credentials, adverse
            ),
        )


def row(world: World, op: Operation, items: list[WorkItem], w: Wanted) -> Assignment:
    """An assignment as it is stored."""
    live = w.state in ("live", "lapsed")
    until = world.now + (DAY if w.state == "live" else -timedelta(seconds=1))
    return Assignment(
        engagement_id=world.engagement,
        id=AssignmentId(op.new_id("asg")),
        item_id=items[w.item].id,
        work_order_id=WorkOrderId(f"wo_{w.order}"),
        purpose=w.purpose,
        level=w.level,
        taker=takes(w.purpose, w.level),
        round=1,
        rank=w.rank,
        state=AssignmentState.LIVE if live else AssignmentState(w.state),
        opened_at=world.now,
        actor_id=world.people[ANOTHER] if live else None,
        reserved_for=world.people[w.reserved] if w.reserved else None,
        leased_until=until if live else None,
    )


def may(world: World, op: Operation, a: Assignment, held: set[Role], certified: bool) -> bool:
    """The rule: free, not kept for another, and nothing in the way."""
    free = a.state is AssignmentState.OPEN or (
        a.state is AssignmentState.LIVE
        and a.leased_until is not None
        and a.leased_until <= world.now
    )
    mine: ActorId = op.actor.id
    member = access.membership(op.db, world.engagement, mine)
    assert member is not None
    authors = execution.authors(op.db, a.item_id)
    family = member.pseudonym
    barred = obstacles(a.purpose, a.level, family, held, certified, authors, a.not_for)
    needed = None
    if a.purpose not in GIVEN and a.work_order_id == "wo_0":
        needed = workforce.need_of(op.db, LINES[0])
    unmet = workforce.ineligible(
        workforce.qualification(op.db, mine), needed, world.parties["client"], world.now
    )
    off = setup.why_off_duty(
        op.db, world.engagement, mine, execution.holds(op.db, mine, world.now), world.now
    )
    return free and a.reserved_for in (None, mine) and not barred and not unmet and not off


def compare(
    world: World,
    op: Operation,
    rows: list[Assignment],
    held: set[Role],
    certified: bool,
    only: int | None,
    mine: list[AssignmentId],
) -> None:
    """What is claimed is the best of what may be; a named claim agrees on each.

    Whoever holds something already is given that.
    """
    allowed = [a for a in rows if may(world, op, a, held, certified)]
    brings = workforce.qualification(op.db, op.actor.id)
    shut = world.parties["client"] in brings.barred  # then not even what one holds
    for a in rows:
        savepoint = op.db.begin_nested()
        try:
            assert execution.claim(op, world.engagement, None, a.id) == a.id
            named = True
        except (Refusal, NotFound):
            named = False
        savepoint.rollback()
        assert named is (a in allowed or (a.id in mine and not shut)), a
    scope = [a for a in allowed if only is None or a.work_order_id == f"wo_{only}"]
    best = min(scope, key=lambda a: (a.rank, a.id), default=None)
    order = None if only is None else WorkOrderId(f"wo_{only}")
    savepoint = op.db.begin_nested()
    fast = op.db.execute(FAST, {"actor": op.actor.id, "engagement": world.engagement,
                                "at": world.now, "order": order}).scalar_one()  # fmt: skip
    savepoint.rollback()
    try:
        claimed = execution.claim(op, world.engagement, order)
    except Refusal as error:
        refused, claimed = error.code, None
    else:
        refused = ""
    assert refused in ("", "not-certified", "barred-by-client", *OFF_DUTY)
    assert not (refused == "not-certified" and certified)
    if mine:
        assert fast == ("plainly" if refused == "barred-by-client" else "held")
        assert claimed in mine or refused in ("barred-by-client", "not-certified")
        return
    assert (fast == "claimed") is (best is not None)
    assert claimed == (None if best is None else best.id)
