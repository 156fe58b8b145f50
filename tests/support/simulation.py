"""A seeded simulation of execution: people who work, err, vanish and retry, against a model.

Each has hours in a zone (or none), skills, a pace and a share of errors, drawn for the seed. The
model is a few lines that say who holds what until when; every step is predicted by it and then
done through the acts, and after every step the database has to be as the model says. The same seed
gives the same run.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from tests.support.engagement import World

from outwork.operation import operation, perform
from outwork.stages import execution, setup
from outwork.stages.execution.model import LEASE
from outwork.vocabulary import Answer, AssignmentId, OutworkError, SubmissionId, WorkOrderId

ANALYSTS = ("ana", "ben", "both")
WORKERS = (*ANALYSTS, "bot")
FAR = datetime(2097, 3, 4, 9, tzinfo=UTC)
"""A Monday that no machine's clock has reached: what the database has seen is always later."""

SITES = {
    "lagos": ("Africa/Lagos", ("09:00-13:00", "14:00-18:00")),
    "vienna": ("Europe/Vienna", ("10:00-11:30", "13:00-21:00")),
}
SKILL, NARROWER = "contracts.leases", "contracts.leases.retail"


@dataclass(frozen=True)
class Character:
    """Whose hours somebody keeps ("" for none), the share of errors, and seconds an item."""

    site: str
    skilled: bool
    errs: float
    pace: int

    @classmethod
    def drawn(cls, chance: random.Random) -> Character:
        """Somebody."""
        site = chance.choice(["", "", *SITES])
        return cls(site, chance.random() < 0.8, chance.choice([0.0, 0.1, 0.4]),
                   chance.choice([20, 60, 300]))  # fmt: skip

    def at_work(self, now: datetime) -> bool:
        """Whether it is between the hours of the site, there, on a working day."""
        if not self.site:
            return True
        zone, spans = SITES[self.site]
        there = now.astimezone(ZoneInfo(zone))
        hours = [map(time.fromisoformat, span.split("-")) for span in spans]
        return there.weekday() < 5 and any(a <= there.time() < b for a, b in hours)


def found_sites(world: World) -> None:
    """The calendars of the sites, once an engagement."""
    for name, (zone, spans) in SITES.items():
        world.define(name, zone, *spans)


@dataclass
class Held:
    """What the model knows of one assignment."""

    rank: int
    level: int
    item: str
    state: str = "open"
    who: str | None = None
    until: datetime | None = None
    reserved_for: str | None = None
    submission: SubmissionId | None = None
    answers: tuple[Answer, ...] = ()


class Crash(Exception):
    """A process that dies in the middle of an act."""


class Simulation:
    """One batch being worked on; `step` does one thing and compares everything."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.model: dict[AssignmentId, Held] = {}
        self.told: dict[str, int] = {}
        self.people = {who: Character.drawn(self.chance) for who in ANALYSTS}
        self.people["bot"] = Character("", True, 0.0, 1)
        self.asked = self.chance.random() < 0.5  # whether the line asks for the skill
        self._begin()
        self._read()

    def run(self, steps: int, between: Callable[[int], None] | None = None) -> None:
        """So many steps; `between` is called before each, with its number."""
        doings: Sequence[tuple[int, Callable[[], None]]] = (
            (30, self.claim), (30, self.submit), (6, self.submit_again), (6, self.submit_anothers),
            (6, self.give_back), (5, self.extend), (5, self.vanish), (4, self.wait),
            (4, self.crash), (4, self.recall), (3, self.autosave), (4, self.set_back),
        )  # fmt: skip
        weights = [weight for weight, _ in doings]
        for number in range(steps):
            if between is not None:
                between(number)
            self.world.now += timedelta(seconds=self.chance.randint(1, 90))
            _, doing = self.chance.choices(doings, weights)[0]
            doing()
            self.compare()

    def end(self) -> None:
        """Whoever is left works at any hour, so that what is left gets done."""
        for who in ANALYSTS:
            if self.people[who].site:
                self.world.roster(who)
        self._need()

    # --- what people do ----------------------------------------------------------------------

    def claim(self) -> None:
        """The next item: what one holds already, else the best that is free."""
        who = self.chance.choice(WORKERS)
        expected = self.expected(who)
        assert self.done(who, "execution.claim", engagement=self.world.engagement) == expected
        self._reserved(who, expected)

    def submit(self) -> None:
        """Hand in what one holds, rightly or wrongly answered."""
        held = [a for a, m in self.model.items() if m.state == "live"]
        if held:
            wanted = self.chance.choice(held)
            who = self.model[wanted].who
            assert who is not None
            self.world.now += timedelta(seconds=self.chance.randint(0, 2 * self.people[who].pace))
            self._hand_in(who, wanted, self._answers(wanted, self.people[who].errs))

    def submit_again(self) -> None:
        """A retry of what was handed in: the same answers are told the same, others refused."""
        done = [a for a, m in self.model.items() if m.submission is not None]
        if not done:
            return
        wanted = self.chance.choice(done)
        found = self.model[wanted]
        assert found.who is not None
        same = self.chance.random() < 0.5
        answers = found.answers if same else self._changed(found.answers)
        given = self.done(found.who, "execution.submit", assignment=wanted, answers=answers)
        assert given == (found.submission if same else "already-submitted")

    def submit_anothers(self) -> None:
        """Hand in what somebody else holds, or nobody."""
        who = self.chance.choice(ANALYSTS)
        others = [
            a for a, m in self.model.items() if m.level == 1 and m.state != "done" and m.who != who
        ]
        if others:
            wanted = self.chance.choice(others)
            given = self.done(
                who, "execution.submit", assignment=wanted, answers=self._answers(wanted)
            )
            assert given == "not-reserved"

    def give_back(self) -> None:
        """Return what one holds."""
        for wanted, found in self._live():
            assert found.who is not None
            expected = None if self.holder(wanted) else "reservation-expired"
            given = self.done(found.who, "execution.return_assignment", assignment=wanted)
            assert given == expected
            if expected is None:
                found.state, found.who, found.until = "open", None, None
            return

    def extend(self) -> None:
        """Keep what one holds for longer; what is lost stays lost."""
        for wanted, found in self._live():
            assert found.who is not None
            given = self.done(found.who, "execution.extend", assignment=wanted)
            if self.holder(wanted):
                found.until = self.world.now + LEASE
                assert given == found.until
            else:
                assert given == "reservation-expired"
            return

    def autosave(self) -> None:
        """Keep what was typed."""
        for wanted, found in self._live():
            assert found.who is not None
            given = self.done(
                found.who, "execution.save_progress", assignment=wanted, content={"typed": "so far"}
            )
            if self.holder(wanted):
                found.until = self.world.now + LEASE
                assert given == self.world.now
            else:
                assert given == "reservation-expired"
            return

    def vanish(self) -> None:
        """Everybody leaves for longer than a reservation holds."""
        self.world.now += LEASE + timedelta(seconds=self.chance.randint(-30, 30))

    def wait(self) -> None:
        """A quarter of an hour goes by."""
        self.world.now += timedelta(minutes=15)

    def crash(self) -> None:
        """A process dies after an act and before its commit: nothing has happened."""
        who = self.chance.choice(ANALYSTS)
        refused = None
        try:
            with operation(self.world.database, self.world.people[who], self.world.now) as op:
                held = execution.claim(op, self.world.engagement)
                if held is not None and self.chance.random() < 0.5:
                    execution.submit(op, held, self._answers(held))
                raise Crash
        except Crash:
            pass
        except OutworkError as error:
            refused = error.code
        assert refused in (None, self.expected(who))

    def set_back(self) -> None:
        """The machine's clock tells a time that the database is past: the later one counts."""
        who = self.chance.choice(WORKERS)
        expected = self.expected(who)
        arguments = {"engagement": self.world.engagement}
        with _seen(self.world):
            given = self.done(who, "execution.claim", by_the_clock=True, **arguments)
        assert given == expected
        self._reserved(who, expected)

    def recall(self) -> None:
        """The delivery manager sends a submitted item back with a clause."""
        done = {m.item for m in self.model.values() if m.level == 1 and m.state == "done"}
        busy = {m.item for m in self.model.values() if m.state in ("open", "live")}
        items = sorted(done - busy)
        if items:
            item = self.chance.choice(items)
            given = self.done(
                "dana", "execution.recall", item=item, question="renewal", clause="c-renewal"
            )
            assert given is None
            self._read()

    # --- the model ---------------------------------------------------------------------------

    def holder(self, assignment: AssignmentId) -> str | None:
        """Who holds an assignment now."""
        found = self.model[assignment]
        live = found.state == "live" and found.until is not None and found.until > self.world.now
        return found.who if live else None

    def expected(self, who: str) -> AssignmentId | str | None:
        """What a claim gives: one's own reservation, else the best by rank, then by age.

        Nobody gets anything outside their hours, nor what they lack the skill for.
        """
        mine = [a for a in self.model if self.holder(a) == who]
        if mine:
            return mine[0]
        if not self.people[who].at_work(self.world.now):
            return "outside-hours"
        if self.asked and not self.people[who].skilled:
            return None
        level = 0 if who == "bot" else 1
        free = [
            (m.rank, a)
            for a, m in self.model.items()
            if m.state in ("open", "live") and self.holder(a) is None and m.level == level
            and m.reserved_for in (None, who)
        ]  # fmt: skip
        return min(free)[1] if free else None

    def _reserved(self, who: str, given: str | None) -> None:
        if given in self.model and self.holder(AssignmentId(given)) is None:
            found = self.model[AssignmentId(given)]
            found.state, found.who, found.until = "live", who, self.world.now + LEASE

    def _hand_in(self, who: str, wanted: AssignmentId, answers: tuple[Answer, ...]) -> None:
        given = self.done(who, "execution.submit", assignment=wanted, answers=answers)
        if self.holder(wanted) is None:
            assert given == "reservation-expired"
            return
        assert str(given).startswith("sub_")
        found = self.model[wanted]
        found.state, found.submission, found.answers = "done", given, answers
        self._read()  # a draft opens the analyst's assignment

    def compare(self) -> None:
        """The database against the model, and what holds whatever the model says."""
        stored, broken = self.world.look(_state, self.world.order, self.world.now)
        assert stored.keys() == self.model.keys()
        for identifier, found in self.model.items():
            row = stored[identifier]
            assert row.state == found.state, (identifier, row, found)
            if found.state == "live":
                assert (row.actor_id, row.leased_until) == (
                    self.world.people[found.who or ""], found.until,
                )  # fmt: skip
        assert not any(broken), broken

    # --- means -------------------------------------------------------------------------------

    def done(self, who: str, act: str, *, by_the_clock: bool = False, **arguments: Any) -> Any:
        """An act by the way that programs take: its result, or the code of its refusal."""
        now = None if by_the_clock else self.world.now
        if "answers" in arguments:
            arguments["answers"] = [
                {"question": a.question, "value": a.value, "evidence": list(a.evidence)}
                for a in arguments["answers"]
            ]
        self.told[act] = self.told.get(act, 0) + 1
        try:
            return perform(self.world.database, self.world.people[who], act, arguments, now)
        except OutworkError as error:
            return error.code

    def _begin(self) -> None:
        world = self.world
        for who, person in self.people.items():
            if person.site:
                world.roster(who, person.site)
            world.qualify(who, skills=[NARROWER] if person.skilled else ["contracts"])
        self._need(*[SKILL] * self.asked)

    def _need(self, *skills: str) -> None:
        self.world.act("vera", setup.state_need, self.world.line, skills=list(skills))

    def _answers(self, assignment: AssignmentId, errs: float = 0.2) -> tuple[Answer, ...]:
        wrong = {"renewal": "no"} if self.chance.random() < errs else {}
        return tuple(self.world.answers(assignment, **wrong))

    def _changed(self, answers: tuple[Answer, ...]) -> tuple[Answer, ...]:
        return tuple(
            replace(a, value="Elsewhere", evidence=()) if a.question == "governing-law" else a
            for a in answers
        )

    def _live(self) -> list[tuple[AssignmentId, Held]]:
        found = [(a, m) for a, m in self.model.items() if m.state == "live"]
        self.chance.shuffle(found)
        return found

    def _stored(self) -> dict[AssignmentId, execution.Assignment]:
        stored: dict[AssignmentId, execution.Assignment]
        stored, _ = self.world.look(_state, self.world.order, self.world.now)
        return stored

    def _read(self) -> None:
        """Assignments that an act has opened."""
        names: dict[str, str] = {actor: who for who, actor in self.world.people.items()}
        for identifier, row in self._stored().items():
            self.model.setdefault(
                identifier,
                Held(row.rank, row.level, row.item_id,
                     reserved_for=names.get(row.reserved_for or "")),
            )  # fmt: skip


@contextmanager
def _seen(world: World) -> Iterator[None]:
    """The database has seen this instant, whatever a machine's clock tells; afterwards, nothing."""
    seen = sa.text("insert into clock (id, latest) values (true, :now)")
    forgotten = sa.text("delete from clock")
    with world.database.transaction("job") as db:
        db.execute(forgotten)
        db.execute(seen, {"now": world.now})
    try:
        yield
    finally:
        with world.database.transaction("job") as db:
            db.execute(forgotten)


def _state(
    db: Any, order: WorkOrderId, now: datetime
) -> tuple[dict[AssignmentId, execution.Assignment], list[int]]:
    """The assignments, and how often what must never be is: a number a query."""
    found = execution.assignments(db, order)
    return {a.id: a for a in found}, list(db.execute(_NEVER, {"now": now}).one())


NEVER = (
    # an event of a later time
    "select count(*) from event where at > :now",
    # two submissions of one assignment
    "select count(*) from (select 1 from submission group by assignment_id having count(*) > 1) x",
    # a submission whose assignment is not done, or was somebody else's
    "select count(*) from submission s join assignment a on a.id = s.assignment_id"
    " where a.state <> 'done' or a.actor_id <> s.author_id",
    # a submission without its event, or with another actor in it
    "select count(*) from submission s left join event e"
    " on e.kind = 'execution.item-submitted' and e.public->>'submission' = s.id"
    " left join membership m on m.actor_id = s.author_id and m.engagement_id = s.engagement_id"
    " where e.id is null or e.actor <> m.pseudonym",
    # an event of a submission that is not there
    "select count(*) from event e left join submission s on s.id = e.public->>'submission'"
    " where e.kind = 'execution.item-submitted' and s.id is null",
    # somebody with two live reservations
    "select count(*) from (select 1 from assignment where state = 'live'"
    " group by actor_id, engagement_id having count(*) filter (where leased_until > :now) > 1) x",
    # a submitted item with answers missing
    "select count(*) from submission s where (select count(*) from answer w"
    " where w.submission_id = s.id) <> 3",
)

_NEVER = sa.text("select " + ", ".join(f"({query})" for query in NEVER))
