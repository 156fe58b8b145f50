"""By whatever way: no submission without a reservation, no work on another's item, no self-review.

Random people do random things to random assignments over the API, the SDK, the command line and the
pages. Whether each may happen is predicted by the pure rules from what is stored; what is refused
changes nothing at all.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from tests.support import engagement as support
from tests.support.engagement import World
from tests.support.routes import Done, Refused, Way, ways
from tests.support.simulation import NEVER

from outwork.operation import utc_now
from outwork.stages import execution, setup, transfer
from outwork.stages.execution import Assignment, AssignmentState, obstacles
from outwork.stages.execution.model import hold_reason
from outwork.vocabulary import AssignmentId, Purpose, Role

ROLES = {
    "ana": {Role.ANALYST}, "ben": {Role.ANALYST}, "both": {Role.ANALYST, Role.REVIEWER},
    "rosa": {Role.REVIEWER}, "vera": {Role.VENDOR_MANAGER}, "stranger": set(),
}  # fmt: skip
ACTS = (
    "execution.claim", "execution.claim", "execution.submit", "execution.submit",
    "assurance.inspect", "assurance.inspect", "execution.return_assignment", "execution.extend",
)  # fmt: skip
TABLES = ("assignment", "submission", "answer", "work_item", "inspection", "event", "disclosure")
# What a refusal of these acts may say.
CODES = {
    "not-reserved", "reservation-expired", "already-submitted", "maker-is-checker", "not-open",
    "not-permitted", "not-found", "role-missing", "wrong-purpose", "sample-not-drawn",
    "not-certified", "wrong-stage",
}  # fmt: skip


@pytest.fixture
def busy(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A batch of six drafted items, held against the real clock."""
    monkeypatch.setattr(support, "START", utc_now() - timedelta(hours=3))
    world.now = support.START
    world.upto("prepare")
    world.staff("both")
    world.certify("both")
    world.upto("pass_tollgate", after="prepare")
    both, until = world.people["both"], world.now + timedelta(days=30)
    world.act("dana", setup.set_calendar, world.engagement, both, "Africa/Lagos")
    world.act("dana", setup.date_entitlement, world.engagement, both, support.START, until)
    world.upto("open", after="pass_tollgate")
    world.admit(6)
    return world.upto("draft_all", after="admit")


class Play:
    """Random acts by one way, each foretold."""

    def __init__(self, world: World, way: Way, named: bool, seed: int) -> None:
        self.world, self.way, self.named = world, way, named
        self.chance = random.Random(seed)
        self.happened = self.refused = 0
        self.codes: set[str] = set()

    def step(self) -> None:
        """One act; what is refused leaves no trace."""
        who, act = self.chance.choice(list(ROLES)), self.chance.choice(ACTS)
        if self.chance.random() < 0.1:
            self.lapse()
        wanted = self._wanted(act)
        arguments = self._arguments(act, wanted)
        may = self._may(who, act, wanted if "assignment" in arguments else None)
        before = self._all()
        told = self.way.do(who, act, arguments)
        after = self._all()
        if act == "execution.claim" and "assignment" not in arguments:
            self._claimed_next(who, told, may, changed=before != after)
        elif may:
            assert isinstance(told, Done), (who, act, wanted, told)
        else:
            assert before == after, (who, act, wanted, told)
            self.refused += 1
        if isinstance(told, Refused) and told.code is not None:
            assert told.code in CODES, told.code
            self.codes.add(told.code)
        self.happened += before != after
        self._nothing_forbidden()

    def _claimed_next(self, who: str, told: Done | Refused, may: bool, changed: bool) -> None:
        """The next item is one's own already, or free and allowed; or there is none."""
        got = told.result if isinstance(told, Done) else None
        if got is None:
            assert not may, (who, told)
            assert not changed
            return
        found = self.world.look(execution.assignment, AssignmentId(got))
        assert found.actor_id == self.world.people[who]
        assert hold_reason(found, found.actor_id, utc_now()) is None
        assert not self._bars(who, found)

    def _may(self, who: str, act: str, wanted: Assignment | None) -> bool:
        me, now = self.world.people[who], utc_now()
        if wanted is None:
            return any(
                hold_reason(a, me, now) is None or (self._free(a) and not self._bars(who, a))
                for a in self.world.look(execution.assignments, self.world.order)
            )
        holds = hold_reason(wanted, me, now) is None
        if act == "execution.claim":
            return holds or (self._free(wanted) and not self._bars(who, wanted))
        inspecting = wanted.purpose is Purpose.INSPECT
        fits = {"execution.submit": not inspecting, "assurance.inspect": inspecting}
        return holds and fits.get(act, True)

    def _free(self, found: Assignment) -> bool:
        lapsed = found.leased_until is not None and found.leased_until <= utc_now()
        return found.state is AssignmentState.OPEN or (
            found.state is AssignmentState.LIVE and lapsed
        )

    def _bars(self, who: str, found: Assignment) -> bool:
        """Whether a rule stands in the way: role, certificate, maker is never checker."""
        if who == "stranger":
            return True
        me = self.world.people[who]
        return bool(
            obstacles(
                found.purpose,
                found.level,
                self.world.pseudonym(who),
                ROLES[who],
                self.world.look(transfer.certified, self.world.engagement, me),
                self.world.look(execution.authors, found.item_id),
            )
        )

    def _wanted(self, act: str) -> Assignment:
        """Any assignment, more often one on which the act is not absurd."""
        every = self.world.look(execution.assignments, self.world.order)
        inspecting = [a for a in every if a.purpose is Purpose.INSPECT]
        live = [a for a in every if a.state is AssignmentState.LIVE]
        pools = [every, live, inspecting if act == "assurance.inspect" else live]
        found: Assignment = self.chance.choice(self.chance.choice([p for p in pools if p]))
        return found

    def _arguments(self, act: str, wanted: Assignment) -> Mapping[str, Any]:
        if act == "execution.claim":
            given: dict[str, Any] = {"engagement": self.world.engagement}
            if self.named and self.chance.random() < 0.7:
                given["assignment"] = wanted.id
            return given
        if act == "execution.submit":
            answers = [
                {
                    "question": a.question,
                    "value": a.value,
                    "evidence": [_plain(e) for e in a.evidence],
                }
                for a in self.world.answers(wanted.id)
            ]
            return {"assignment": wanted.id, "answers": answers, "seconds": 9}
        if act == "assurance.inspect":
            return {"assignment": wanted.id, "defects": []}
        return {"assignment": wanted.id}

    def lapse(self) -> None:
        """Everybody is away for longer than a reservation holds."""
        with self.world.database.transaction("job", [self.world.engagement]) as db:
            db.execute(
                sa.text(
                    "update assignment set leased_until = leased_until - interval '31 minutes'"
                    " where state = 'live' and work_order_id = :order"
                ),
                {"order": self.world.order},
            )

    def _all(self) -> list[list[Any]]:
        def read(db: Any) -> list[list[Any]]:
            # A page keeps what was typed, refused or not, and so the reservation of its holder.
            rows = "select (to_jsonb(t) - 'leased_until')::text from"
            return [sorted(db.execute(sa.text(f"{rows} {t} t")).scalars()) for t in TABLES]

        found: list[list[Any]] = self.world.look(read)
        return found

    def _nothing_forbidden(self) -> None:
        def read(db: Any) -> list[int]:
            now = {"now": utc_now()}
            # But for the first, of events of a later time: the steps in between run ahead.
            return [
                db.execute(sa.text(q), now if ":now" in q else {}).scalar_one()
                for q in (*NEVER[1:], SELF_REVIEW)
            ]

        assert not any(self.world.look(read))


SELF_REVIEW = (
    "select count(*) from submission c join submission p on p.item_id = c.item_id"
    " and p.family = c.family where c.purpose in ('inspect', 'review', 'adjudicate')"
    " and p.purpose in ('produce', 'overlap', 'control')"
)


def _plain(place: Any) -> dict[str, Any]:
    return {
        "type": "text-range", "document": place.document, "start": place.start, "end": place.end,
        "quote": place.quote,
    }  # fmt: skip


@pytest.mark.parametrize(("name", "steps"), [("api", 40), ("sdk", 40), ("cli", 15), ("web", 40)])
def test_no_way_round_the_rules(busy: World, name: str, steps: int) -> None:
    with ways(busy) as ways_of:
        way, named = ways_of(name), name != "web"  # no page offers a named item
        play = Play(busy, way, named, seed=len(name))
        for _ in range(steps):
            play.step()
        # What is left is done in order; then whoever both works and reviews could check oneself.
        play.lapse()
        busy.now = utc_now()
        own = busy.look(execution.assignment, busy.take("both")).item_id
        busy.produce("ana", "both")
        busy.upto("draw", after="produce")
        for _ in range(steps):
            play.step()
        if named:
            for found in busy.look(execution.assignments, busy.order, Purpose.INSPECT):
                if found.item_id == own and found.state is AssignmentState.OPEN:
                    given = {"engagement": busy.engagement, "assignment": found.id}
                    assert way.do("both", "execution.claim", given) == Refused("maker-is-checker")
            assert play.codes >= {"not-reserved", "not-permitted"}
    assert play.happened >= steps // 8
    assert play.refused >= steps // 2
