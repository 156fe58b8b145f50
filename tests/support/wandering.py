"""Random engagements: a seeded walk through the stages, with detours, that may stop anywhere.

The same seed takes the same walk. Execution is worked on by the simulation's people: they err, give
back, vanish and retry.
"""

from __future__ import annotations

import json
import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.support.engagement import BY_CLASS, DEFECTS, PRICE, SAMPLING, World
from tests.support.imports import bring
from tests.support.service import content
from tests.support.wandering_detours import Detours

from outwork import documents
from outwork.stages import (
    acceptance,
    assurance,
    execution,
    requirements,
    selection,
    setup,
    transfer,
)
from outwork.stages.acceptance import ReturnedItem
from outwork.stages.assurance import DefectFound
from outwork.stages.execution import Ruling
from outwork.vocabulary import (
    Confidentiality,
    InspectionUnit,
    ItemId,
    Purpose,
    Refusal,
    Severity,
)

QUESTIONS = ("renewal", "effective-date", "governing-law")


class Wanderer:
    """One engagement after the other in one world."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance = world, random.Random(seed)
        self.sampling = BY_CLASS if seed % 2 else SAMPLING
        self.aside = Detours(world, self.chance)
        self.workers: tuple[str, ...] = ("ana",)

    def may(self, share: float) -> bool:
        """Chance says yes with this probability."""
        return self.chance.random() < share

    def walk(self) -> World:
        """A new engagement, as far as chance takes it."""
        world = self.world
        world.items, world.texts, world.proposals = [], {}, {}
        self.aside.twice, self.workers = False, ("ana",)
        for step in (self.agree, self.choose, self.prepare, self.work, self.judge, self.conclude):
            if not step() or self.may(0.06):
                break
        world.integrate()
        return world

    def agree(self) -> bool:
        """A statement of work, perhaps with a line too many."""
        world = self.world
        unit = InspectionUnit.ANSWER if self.may(0.3) else InspectionUnit.ITEM
        world.draft()
        world.add_line(self.sampling, unit, DEFECTS)
        if self.may(0.3):
            spare = world.act(
                "vera", requirements.add_line, world.engagement, "tiny-abstraction",
                self.chance.randint(1, 9), 5, unit, {}, SAMPLING, Confidentiality.INTERNAL, PRICE,
                None,
            )  # fmt: skip
            world.act("vera", requirements.remove_line, spare)
        world.sign()
        return True

    def choose(self) -> bool:
        """By competition or directly."""
        world = self.world
        if self.may(0.4):
            world.act("vera", selection.award_directly, world.engagement, world.people["dana"],
                      "The only one who has worked on these contracts")  # fmt: skip
        else:
            world.compete()
            world.award()
        if self.may(0.05):
            return False
        world.accept_award()
        return True

    def prepare(self) -> bool:
        """Transfer and set-up; perhaps with a waiver, perhaps with needs."""
        world = self.world
        world.prepare()
        everybody = not self.may(0.3)
        if everybody:
            world.certify_team()
        else:
            world.certify("ana", "bot")
            world.waive("transfer", "not-certified", countersigned="vera")
        world.pass_tollgate()
        world.equip()
        if self.may(0.3):
            world.qualify("ana", "ben", "rosa", "both", "bot", skills=["legal.leases"],
                          languages=["en"], clearance=2)  # fmt: skip
            world.act("vera", setup.state_need, world.line, ["legal"], ["en"], 1)
        if everybody:
            self.workers = ("ana", "ben") if self.may(0.5) else ("ana",)
            self.aside.watched()
        if self.may(0.5):
            self.aside.hours()
        if self.may(0.3):
            self.aside.witnesses()
        if self.may(0.3):
            for who in ("ana", "rosa", "ana"):
                cost = Decimal(self.chance.randint(5, 90))
                world.act("dana", execution.state_cost, world.engagement, world.people[who], cost)
        if self.may(0.05):
            return False
        world.approve()
        return True

    def work(self) -> bool:
        """A batch, taken in as files and perhaps as rows, worked on with detours."""
        world = self.world
        world.open()
        world.admit(self.chance.randint(3, 6))
        if self.may(0.3):
            self._rows()
        if self.may(0.1):
            self.aside.given_up()
        if self.may(0.2):
            world.act("dana", execution.refuse_file, world.order, "strange.bin", "unreadable")
        self._share()
        world.commit()
        world.release()
        world.draft_all()
        self._astray()
        if self.may(0.3):
            held = world.act("ana", execution.claim, world.engagement)
            if held is not None:  # everything may be offered to others, say
                world.act("ana", execution.return_assignment, held, "lunch")
        if self.may(0.3):
            world.act("ana", execution.claim, world.engagement)
            if self.may(0.3):
                return False
            world.now += timedelta(hours=1)
        self.produce()
        if self.may(0.3):
            item = self.chance.choice(world.items)
            if world.look(execution.item, item).state is execution.ItemState.SUBMITTED:
                world.act("dana", execution.recall, item, "renewal", "c-renewal", "look again")
                self.produce()
        if self.may(0.05):
            return False
        return self._close()

    def _astray(self) -> None:
        """What the manager may do while work runs."""
        if self.may(0.4) and "ben" in self.workers and not self.aside.twice:
            self.aside.offers()
        if self.may(0.3):
            self.aside.clock()
        if self.may(0.2) and not self.aside.twice:
            self.aside.stood_down()
        if self.may(0.3):
            self.aside.improvement()

    def _close(self) -> bool:
        """Unless something waits for somebody who does not come."""
        items = self.world.look(execution.all_items, self.world.order)
        if any(i.state is not execution.ItemState.SUBMITTED for i in items):
            return False
        self.world.close_batch()
        return True

    def _rows(self) -> None:
        world, number = self.world, len(self.world.items)
        text = content(number).decode()
        world.texts[f"row-{number}"] = text
        rows = json.dumps({"name": f"row-{number}", "text": text}).encode() + b"\n{broken"
        bring(world, rows, part=40)
        world.items.append(ItemId(world.look(execution.all_items, world.order)[-1].id))

    def _share(self) -> None:
        world = self.world
        for _ in range(self.chance.randint(0, 3)):
            document = world.look(execution.item, self.chance.choice(world.items)).document_id
            until = world.now + timedelta(days=1) if self.may(0.5) else None
            world.act("dana", documents.share_document, document, world.people["ana"], until)
            world.act("ana", documents.open_document, document)
            world.act("vera", documents.download_document, document)

    def produce(self) -> None:
        """Whoever is certified takes what waits, right or wrong."""
        wrong: dict[str, Any] = {"renewal": "no"} if self.may(0.5) else {}
        for _ in range(6):
            for who in self.workers:
                while self._take(who, wrong):
                    pass
            self._twice()
            if not self.aside.reviews() and not self.world.open_assignments(Purpose.PRODUCE):
                break

    def _take(self, who: str, wrong: dict[str, Any]) -> bool:
        """One item, with whatever may come of it; gives whether there was one."""
        world, aside = self.world, self.aside
        aside.back_at_work()
        if not world.look(transfer.certified, world.engagement, world.people[who]):
            return False
        held = world.act(who, execution.claim, world.engagement)
        if held is None:
            return False
        if who == "ana":
            if self.may(0.4) and aside.dispute(held):
                return True
            if self.may(0.1):
                aside.question(held)
                return True
            if self.may(0.1) and "ben" in self.workers and not aside.twice:
                aside.passed_on(held)
                return True
        answers = world.answers(held, **(wrong if self.may(0.3) else {}))
        world.act(who, execution.submit, held, answers, 60)
        if self.may(0.1):
            aside.contested_effort(held, who)
        return True

    def _twice(self) -> None:
        """Ben answers a second time what is drawn for it; where the two differ another decides."""
        world = self.world
        for waiting in world.open_assignments(Purpose.OVERLAP):
            made = world.look(execution.authors, waiting.item_id)
            who = "ana" if world.pseudonym("ben") in made else "ben"
            world.act(who, execution.claim, world.engagement, assignment=waiting.id)
            wrong = {"governing_law": "Utopia"} if self.may(0.5) else {}
            world.act(who, execution.submit, waiting.id, world.answers(waiting.id, **wrong), 50)
        for waiting in world.open_assignments(Purpose.ADJUDICATE):
            found = world.look(execution.comparison_of, waiting.item_id)
            if found is None or found.decided_at is not None:  # it is a dispute's
                continue
            self.aside.second_reviewer()
            world.act("both", execution.claim, world.engagement, assignment=waiting.id)
            own = {a.question: a for a in world.answers(waiting.id)}
            rulings = []
            for question in found.differing:
                stands = self.chance.choice((found.first_id, found.second_id, ""))
                answer = None if stands else own[question]
                rulings.append(Ruling(question, "c-law", "As written", stands, answer=answer))
            world.act("both", execution.adjudicate, waiting.id, rulings, seconds=9)

    def _escapes(self) -> None:
        """The client finds something that everybody passed."""
        world = self.world
        for _ in range(2):
            item, question = self.chance.choice(world.items), self.chance.choice(QUESTIONS)
            known = {
                (e.item_id, e.question) for e in world.look(acceptance.escapes_of, world.engagement)
            }
            if (item, question) not in known and self.may(0.4):
                world.act("carl", acceptance.report_escape, item, question, "c-law",
                          self.chance.choice(list(Severity)), "Not as written")  # fmt: skip

    def judge(self) -> bool:
        """Sample, inspection, verdict; another round where it says no."""
        world = self.world
        for _ in range(3):
            world.reveal()
            world.draw()
            self._inspect("rosa")
            if world.open_assignments(Purpose.INSPECT):  # Rosa had a part in one of them
                return False
            if self.may(0.8):
                self._look_again()
            if world.decide():
                if not self._correct():
                    return False
                world.issue_certificate()
                return True
            if not self._again():
                return False
        return False

    def _look_again(self) -> None:
        """Some of what was inspected is inspected by another, who finds other things."""
        world = self.world
        self.aside.second_reviewer()
        world.integrate()
        drawn = len(world.look(assurance.sample_of, world.work_order()).items())
        asked = self.chance.randint(1, drawn)
        try:
            world.act("dana", assurance.request_reinspection, world.order, asked)
        except Refusal as refused:  # Bo had a part in one of them
            if refused.code != "no-second-inspector":
                raise
        else:
            self._inspect("both")

    def _inspect(self, who: str) -> None:
        world = self.world
        while (held := world.act(who, execution.claim, world.engagement)) is not None:
            found = []
            if self.may(0.15):
                severity = self.chance.choice(list(Severity))
                found = [DefectFound(self._drawn(held), "c-law", severity, "not as written")]
            world.act(who, assurance.inspect, held, found, 40)

    def _drawn(self, held: Any) -> str:
        """A question of the item that stands in the sample, if single answers are drawn."""
        world = self.world
        item = world.look(execution.assignment, held).item_id
        sample = world.look(assurance.sample_of, world.work_order())
        drawn = sorted(sample.questions(item)) if sample else []
        question: str = self.chance.choice([q for q in drawn if q] or ["governing-law"])
        return question

    def _correct(self) -> bool:
        """What was found is corrected and inspected again before anything is delivered."""
        for _ in range(5):
            self.produce()
            before = len(self.world.look(execution.assignments, self.world.order))
            while held := self.world.act("rosa", execution.claim, self.world.engagement):
                self.world.act("rosa", assurance.inspect, held, [], 40)
            if len(self.world.look(execution.assignments, self.world.order)) == before:
                break
        items = self.world.look(execution.all_items, self.world.order)
        corrected = all(i.state is execution.ItemState.SUBMITTED for i in items)
        return corrected and not self.world.open_assignments(Purpose.INSPECT)

    def _again(self) -> bool:
        self.produce()
        self.world.commit()
        return self._close()

    def conclude(self) -> bool:
        """Delivery, perhaps returned once; acceptance, invoice, close."""
        world = self.world
        world.deliver()
        if self.may(0.25):
            back = [ReturnedItem(world.items[0], "renewal", "c-renewal", "not as written")]
            world.act("vera", acceptance.return_delivery, world.order, "one is wrong", back)
            if not self._again() or not self.judge():
                return False
            world.deliver()
        if self.may(0.1):
            return False
        self._escapes()
        world.accept()
        self._escapes()
        world.invoice()
        world.close_order()
        if self.may(0.4):
            change = world.act("rosa", acceptance.propose_change, world.engagement, "c-law",
                               "Say it so.", "It was unclear")  # fmt: skip
            if self.may(0.7):
                world.act("vera", acceptance.decide_change, change, self.may(0.5))
            else:
                return False
        world.finish()
        return True
