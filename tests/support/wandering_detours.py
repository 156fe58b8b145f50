"""What may happen beside the straight way: reviews, disputes, questions, hand-overs, pauses.

Whoever is needed for a decision may have had a part in the item; then it waits, and the walk ends.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from tests.support.engagement import World
from tests.support.imports import start

from outwork import access, agreements
from outwork.stages import assurance, execution, setup, transfer
from outwork.stages.execution import ReviewVerdict, RowFormat
from outwork.vocabulary import AssignmentId, Purpose, Refusal, Role

CITED = {"renewal": "c-renewal", "effective-date": "c-date", "governing-law": "c-law"}
HALVES = ((time(0), time(12)), (time(12), time(0)))  # of a day


class Detours:
    """Random acts in a world; `twice` says that second answers are drawn."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance, self.twice = world, chance, False

    def may(self, share: float) -> bool:
        """Chance says yes with this probability."""
        return self.chance.random() < share

    # --- before the work -------------------------------------------------------------------------

    def watched(self) -> None:
        """Control items among the work, second answers, a review ladder: each perhaps."""
        world, self.twice = self.world, self.may(0.4)
        overlap = {"overlap_share": Decimal("0.5")} if self.twice else {}
        if self.may(0.5):
            world.watch(share="0.34", controls=3, feedback=self.may(0.5), **overlap)
        elif self.twice:
            world.watch(share="0", controls=0, **overlap)
        if self.may(0.4):
            ladder = [Decimal(self.chance.choice(["1", "0.5"])) for _ in range(2)]
            world.act("dana", setup.plan_reviews, world.line, ladder)

    def hours(self) -> None:
        """A calendar, perhaps defined anew; agreed hours, a duty, an absence."""
        world, ana = self.world, self.world.people["ana"]
        week = [setup.Shift(tuple(range(7)), *half) for half in HALVES]  # nobody is ever off duty
        for _ in range(self.chance.randint(1, 2)):
            closing = [date(2028, 2, self.chance.randint(1, 29))]
            world.act("dana", setup.define_calendar, world.engagement, "lagos", "Africa/Lagos",
                      week, closing=closing)  # fmt: skip
        if self.may(0.8):
            world.act("vera", setup.agree_hours, world.line, "lagos")
        if self.may(0.6):
            world.roster("ana", "lagos", 9)
        for ended in (self.may(0.3), False):
            begin = world.now + timedelta(days=self.chance.randint(1, 9))
            world.act("dana", setup.note_absence, world.engagement, ana, begin,
                      begin + timedelta(days=1))  # fmt: skip
            if ended:
                world.act("dana", setup.end_absence, world.engagement, ana)

    def witnesses(self) -> None:
        """Each side's own, of which one may be retired."""
        for who in ("vera", "dana"):
            made = self.world.witness(who, "http://127.0.0.1:9/")
            if self.may(0.4):
                self.world.act(who, agreements.retire_witness, made.witness)

    def given_up(self) -> None:
        """A file of rows of which nothing comes."""
        other = start(self.world, b"never sent", RowFormat.CSV, "other")
        self.world.act("vera", execution.abandon_import, other)

    # --- while work runs -------------------------------------------------------------------------

    def offers(self) -> None:
        """Items are kept for whom they are worth most with."""
        world = self.world
        world.act("dana", execution.set_routing, world.engagement, Decimal("10.5"), Decimal(1))
        world.act("dana", execution.route, world.engagement)

    def clock(self) -> None:
        """The clock stands for a while, or goes on standing."""
        world = self.world
        item = self.chance.choice([None, world.items[0]])
        asked = world.act("dana", execution.pause_clock, world.order, "client-owes-answer", item)
        world.now += timedelta(minutes=self.chance.randint(1, 90))
        if self.may(0.8):
            world.act("vera", execution.resume_clock, asked)

    def question(self, held: AssignmentId) -> None:
        """The client is asked about an item; the answer may be long in coming."""
        world = self.world
        asked = world.act("ana", execution.escalate, held, "renewal", "which page?")
        world.now += timedelta(minutes=3)
        if self.may(0.5):
            world.act("carl", execution.answer_escalation, asked, "the second")
        elif self.may(0.9):
            world.act("ana", execution.withdraw_escalation, asked, "found it")

    def passed_on(self, held: AssignmentId) -> None:
        """A colleague takes an item over, declines, or lets it wait."""
        world = self.world
        given = world.act("ana", execution.hand_over, held, "Go on", world.people["ben"])
        if self.may(0.4):
            world.act("ben", execution.accept_hand_over, given)
            world.act("ben", execution.submit, held, world.answers(held), 33)
        elif self.may(0.6):
            world.act("ben", execution.decline_hand_over, given, "no time")

    def contested_effort(self, done: AssignmentId, who: str) -> None:
        """An author says that it took longer; the manager may decide."""
        world = self.world
        world.act(who, execution.contest_effort, done, 90, "on paper")
        if self.may(0.7):
            world.act("dana", execution.decide_effort, done, self.may(0.5))

    def stood_down(self) -> None:
        """Ben or the agent is kept from work for a while."""
        world, who = self.world, self.world.people[self.chance.choice(["ben", "bot"])]
        if self.world.look(transfer.pause_of, world.engagement, who) is None:
            world.act("dana", execution.pause_worker, world.engagement, who, "looks odd")
        if self.may(0.8):
            world.act("dana", execution.readmit_worker, world.engagement, who, "was right")

    def back_at_work(self) -> None:
        """Whoever a chart has paused is trained again, or readmitted."""
        world = self.world
        for who in ("ana", "ben"):
            actor = world.people[who]
            if world.look(transfer.pause_of, world.engagement, actor) is None:
                continue
            if self.may(0.5):
                for _ in range(world.act(who, execution.start_retraining, world.engagement)):
                    world.take(who)
            if world.look(transfer.pause_of, world.engagement, actor) is not None:
                world.act("dana", execution.readmit_worker, world.engagement, actor, "seen again")

    def improvement(self) -> None:
        """A clause gets a corrective action, which goes as far as it does."""
        world = self.world
        action = world.act(
            "dana", assurance.open_action, world.engagement, "c-date", "Dates are misread",
            world.people["rosa"], world.now + timedelta(days=9),
        )  # fmt: skip
        if self.may(0.7):
            world.act("dana", assurance.analyse_action, action, ["It was vague"], 7, 8, 3,
                      "Rewrite the clause")  # fmt: skip
            if self.may(0.6):
                world.act("dana", assurance.implement_action, action)

    # --- judging what others did -----------------------------------------------------------------

    def reviews(self) -> bool:
        """Rosa and Bo decide the reviews that wait; gives whether there were any."""
        world = self.world
        waiting = world.open_assignments(Purpose.REVIEW)
        for one in waiting:
            who = self.chance.choice(["rosa", self.second_reviewer()])
            try:
                held = world.act(who, execution.claim, world.engagement, assignment=one.id)
            except Refusal:  # had a part in it
                who = "rosa" if who == "both" else "both"
                held = world.act(who, execution.claim, world.engagement, assignment=one.id)
            self._review(who, held)
        return bool(waiting)

    def second_reviewer(self) -> str:
        """Bo, who joins when first needed."""
        world = self.world
        if world.look(access.membership, world.engagement, world.people["both"]) is None:
            world.act("dana", agreements.invite_member, world.engagement, world.people["both"],
                      [Role.REVIEWER])  # fmt: skip
        return "both"

    def _review(self, who: str, held: AssignmentId) -> None:
        """Rosa corrects nothing, so that she may inspect; nor does anybody what is done twice."""
        world, share = self.world, self.chance.random()
        decide: dict[str, Any] = {}
        verdict = ReviewVerdict.APPROVED
        if share < 0.25:
            question = self.chance.choice(list(CITED))
            verdict = ReviewVerdict.RETURNED
            decide = {"question": question, "clause": CITED[question], "note": "look again"}
        elif share < 0.5 and who == "both" and not self.twice:
            verdict = ReviewVerdict.CORRECTED
            decide = {"answers": world.answers(held, governing_law=f"Utopia {share}")}
        world.act(
            who, execution.review, held, verdict, seconds=self.chance.randint(1, 60), **decide
        )

    def dispute(self, held: AssignmentId) -> bool:
        """An author contests a rework, which somebody judges again; gives whether it was so."""
        world = self.world
        rework = world.look(execution.rework_of, held)
        if rework is None or rework.cause is execution.ReworkCause.RETURN:
            return False
        try:
            world.act("ana", execution.dispute, held, "it says so")
        except Refusal as refused:
            if refused.code not in ("not-yours", "already-disputed"):
                raise
            return False
        self.second_reviewer()
        for one in world.open_assignments(Purpose.ADJUDICATE):
            for who in ("both", "rosa"):
                try:
                    world.act(who, execution.claim, world.engagement, assignment=one.id)
                except Refusal:  # had a part in it, or judged it
                    continue
                self._rescore(who, one.id, rework.question)
                break
        return True

    def _rescore(self, who: str, held: AssignmentId, question: str) -> None:
        world = self.world
        item = world.look(execution.assignment, held).item_id
        stands = world.look(execution.current_answers, item)[question]
        if self.may(0.5):
            stands = next(a for a in world.answers(held) if a.question == question)
        world.act(who, execution.rescore, held, replace(stands, question=question), 5)
