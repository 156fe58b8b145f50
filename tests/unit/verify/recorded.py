"""Genuine bundles to verify, and to forge: made by the system itself, then altered in memory.

The forger is an operator who holds the log's key: whatever is altered is numbered, hashed and
signed again, so that only the rules of the replay can tell.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as Private
from tests.support.database import fresh_database
from tests.support.engagement import PASSWORD, PRICE, SAMPLING, World
from tests.support.imports import bring, start
from tests.support.service import GUIDELINE, content

from outwork import access, agreements, documents
from outwork.kit import outbox
from outwork.kit.postgres import Cluster
from outwork.ledger import bundle, canonical, checkpoint, tree
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
from outwork.stages.execution import ReviewVerdict, RowFormat
from outwork.stages.requirements import ClassTerms, SamplingTerms
from outwork.stages.transfer import ControlUse
from outwork.vocabulary import (
    AssignmentId,
    Confidentiality,
    InspectionUnit,
    ItemId,
    Purpose,
    Refusal,
    Role,
    Severity,
)
from outwork_verify import Report, verify
from outwork_verify.state import Line, Points, WorkOrder

Signer = checkpoint.Signer
Entry = dict[str, Any]
PEOPLE_AT_WORK = ("ana", "ben", "rosa", "both", "bot", "bot2")


@dataclass
class Log:
    """The entries of a genuine bundle, to be altered; `contents` are its other members."""

    entries: list[Entry]
    contents: bundle.Contents
    signer: Signer
    people: dict[str, Private] = field(default_factory=dict)

    @classmethod
    def read(cls, data: bytes, signer: Signer, people: dict[str, Private]) -> Log:
        """The log of a bundle, with the key that signs it and those of people by pseudonym."""
        made = bundle.read_bundle(io.BytesIO(data))
        return cls([json.loads(line) for line in made.entries], made, signer, people)

    def copy(self) -> Log:
        """A log of its own to alter."""
        entries = json.loads(json.dumps(self.entries))
        return Log(entries, self.contents, self.signer, dict(self.people))

    def all(self, kind: str, **public: Any) -> list[Entry]:
        """The entries of a kind with these public values."""
        return [
            e for e in self.entries
            if e["kind"] == kind and all(e["public"].get(k) == v for k, v in public.items())
        ]  # fmt: skip

    def one(self, kind: str, nth: int = 0, **public: Any) -> Entry:
        """The nth of them."""
        return self.all(kind, **public)[nth]

    def after(self, entry: Entry, kind: str, **public: Any) -> Entry:
        """The first of them behind an entry."""
        place = self.entries.index(entry)
        return next(e for e in self.all(kind, **public) if self.entries.index(e) > place)

    def drop(self, *entries: Entry) -> None:
        """Leave entries out."""
        self.entries = [e for e in self.entries if not any(e is d for d in entries)]

    def put(self, before: Entry, like: Entry, **changes: Any) -> Entry:
        """A copy of an entry, with other public values or actor, before another."""
        made: Entry = json.loads(json.dumps(like))
        made["actor"] = changes.pop("actor", made["actor"])
        made["at"] = before["at"]
        made["public"] |= changes
        self.entries.insert(self.entries.index(before), made)
        return made

    def member(self, role: str, nth: int = 0) -> str:
        """The pseudonym of a member with a role."""
        joined = self.all("agreements.member-joined")
        found = dict.fromkeys(
            e["public"]["subject"] for e in joined if role in e["public"]["roles"]
        )
        return list(found)[nth]

    def sign_as(self, person: str, entry: Entry) -> None:
        """Sign an altered signature anew, by the key of a person."""
        p = entry["public"]
        said = {
            "format": "outwork-signature/1", "engagement": self.contents.engagement,
            "signer": entry["actor"], "side": p["side"], "name": entry["sealed"]["name"],
            "meaning": p["meaning"], "digest": p["digest"], "at": entry["at"], "key": p["key"],
        }  # fmt: skip
        p["signature"] = self._by(person, said)

    def people_sign_again(self) -> None:
        """The worst case: those who signed waivers and tollgate sign what was altered."""
        for entry in self.all("agreements.signed"):
            about = entry["public"]["meaning"]
            if "waiver" in about:
                asked = self.one("agreements.waiver-requested")
                content = {"public": asked["public"], "sealed": asked["sealed"]}
            elif "tollgate" in about:
                content = self._tollgate(entry)
            else:
                continue
            entry["public"]["digest"] = hashlib.sha256(canonical.encode(content)).hexdigest()
            self.sign_as(entry["actor"], entry)

    def _tollgate(self, signed: Entry) -> Entry:
        rules = self.one("transfer.guideline-published")["public"]
        scored = self.all("transfer.certification-scored", guideline_version=1)
        before = (e["public"] for e in scored if e["seq"] < signed["seq"])
        last = {public["subject"]: public["passed"] for public in before}
        return {
            "certified": sorted(who for who, passed in last.items() if passed),
            "guideline": rules["digest"],
            "guideline_version": 1,
        }

    def binds_another_key(self, endorsed: str | None) -> Entry:
        """Who accepted the delivery gets another key for it."""
        signed, key = self.one("agreements.signed", 5), Private.generate()
        bound = self.one("agreements.signing-key-bound", subject=signed["actor"])
        public = key.public_key().public_bytes_raw().hex()
        entry = self.put(
            signed, bound, key=public, replaces=bound["public"]["key"], endorsed=endorsed
        )
        self.people[signed["actor"]] = key
        said = {
            "format": "outwork-signing-key/1", "engagement": self.contents.engagement,
            "signer": signed["actor"], "key": public, "replaces": bound["public"]["key"],
            "at": entry["at"],
        }  # fmt: skip
        entry["public"]["proof"] = self._by(signed["actor"], said)
        signed["public"]["key"] = public
        self.sign_as(signed["actor"], signed)
        return entry

    def _by(self, person: str, said: Entry) -> str:
        return base64.b64encode(self.people[person].sign(canonical.encode(said))).decode()

    def signed_again(self, **members: Any) -> bytes:
        """The bundle, numbered, hashed and signed again as a whole."""
        for seq, entry in enumerate(self.entries):
            entry["seq"] = seq
        lines = [canonical.encode(entry) for entry in self.entries]
        head = checkpoint.Checkpoint(self.contents.origin, len(lines), tree.root_of_leaves(lines))
        made = replace(
            self.contents,
            entries=lines,
            checkpoint=checkpoint.sign_checkpoint(head, self.signer),
            disclosures=(),
            **members,
        )
        target = io.BytesIO()
        bundle.write_bundle(target, made, self.signer)
        return target.getvalue()

    def judged(self, **members: Any) -> Report:
        """What the verifier says of it."""
        return verify(io.BytesIO(self.signed_again(**members)))


Alteration = Callable[[Log], Entry]


def signing_keys(world: World) -> dict[str, Private]:
    """The keys of everyone who has signed, by pseudonym."""
    found: dict[str, Private] = {}
    with world.database.transaction("job", [world.engagement]) as db:
        for pseudonym, actor in access.pseudonyms(db, world.engagement).items():
            if access.signing_key(db, actor) is not None:
                found[pseudonym] = access.step_up(db, actor, PASSWORD, world.now)
    return found


def exported(world: World, *, disclose: bool = False) -> bytes:
    """The bundle of a world's engagement."""
    world.integrate()
    target = io.BytesIO()
    world.look(acceptance.export_bundle, world.engagement, target, opens=bool if disclose else None)
    return target.getvalue()


def eventful(world: World) -> World:
    """An engagement in which nearly everything happens that can: a removed line, a waiver, a
    refused file, an item given back, a recall, a rejected round, a correction after the verdict,
    a returned delivery, a checked inspector, an accepted change."""
    world.upto("add_line")
    spare = world.act(
        "vera", requirements.add_line, world.engagement, "tiny-abstraction", 3, 5,
        InspectionUnit.ITEM, {}, SAMPLING, Confidentiality.INTERNAL, PRICE, None,
    )  # fmt: skip
    world.act("vera", requirements.remove_line, spare)
    world.upto("prepare", after="add_line")
    world.certify("ana", "bot")
    seen = world.witness("vera", "http://127.0.0.1:9/")
    world.act("vera", agreements.retire_witness, seen.witness)
    world.waive("transfer", "not-certified")
    world.upto("open", after="certify_team")
    world.qualify(*PEOPLE_AT_WORK, skills=["legal.leases"], languages=["en"], clearance=2)
    world.act(
        "vera", setup.state_need, world.line, ["legal"], ["en"], 1, (), [world.parties["stranger"]]
    )
    _hours(world)
    world.admit(5)
    _bring_rows(world)
    world.act("dana", execution.refuse_file, world.order, "strange.bin", "unreadable")
    document = world.look(execution.item, world.items[0]).document_id
    world.act("dana", documents.share_document, document, world.people["ana"])
    world.act("ana", documents.open_document, document)
    world.act("carl", documents.download_document, document)
    world.upto("release", after="admit")
    _machine_work(world)
    asked = world.act("dana", execution.pause_clock, world.order, "client-owes-answer",
                      world.items[0])  # fmt: skip
    world.draft_all()
    world.act("vera", execution.resume_clock, asked)
    world.act("dana", execution.set_routing, world.engagement, Decimal(10), Decimal(1))
    world.act("dana", execution.state_cost, world.engagement, world.people["ana"], Decimal(8))
    assert world.act("dana", execution.route, world.engagement) > 0
    held = world.act("ana", execution.claim, world.engagement)
    world.act("ana", execution.return_assignment, held, "lunch")
    _hand_over(world)
    world.produce("ana")
    world.act("dana", execution.recall, world.items[0], "renewal", "c-renewal", "look again")
    world.produce("ana")
    world.integrate()
    world.act("dana", execution.disclose_item, world.items[0])
    world.upto("draw", after="produce")
    world.inspect(defective=2)
    assert not world.decide()
    _again(world)
    _inspect_minor(world)
    assert world.decide()
    world.produce("ana")
    world.inspect()
    world.issue_certificate()
    world.deliver()
    back = [ReturnedItem(world.items[2], "renewal", "c-renewal", "not as written")]
    world.act("vera", acceptance.return_delivery, world.order, "one is wrong", back)
    _again(world)
    world.check(seeded=60, caught=57, clean=40, passed=39)
    world.inspect()
    assert world.decide()
    world.upto("close_order", after="decide")
    change = world.act("rosa", acceptance.propose_change, world.engagement, "c-law", "Say it so.",
                       "It was unclear")  # fmt: skip
    world.act("vera", acceptance.decide_change, change, True)
    world.act("carl", execution.export_results, world.order, RowFormat.JSONL)
    world.finish()
    return world


def _hours(world: World) -> None:
    """A calendar across two changes of its clocks, agreed and worked by; somebody is away once."""
    world.define("vienna", "Europe/Vienna", "07:00-12:00", "12:30-22:30", country="AT")
    world.act("vera", setup.agree_hours, world.line, "vienna")
    world.roster("ana", "vienna", 3)
    ana, tomorrow = world.people["ana"], world.now + timedelta(days=1)
    world.act("dana", setup.note_absence, world.engagement, ana, tomorrow,
              tomorrow + timedelta(days=1))  # fmt: skip
    world.act("dana", setup.end_absence, world.engagement, ana)
    world.act("dana", setup.note_absence, world.engagement, ana, tomorrow,
              tomorrow + timedelta(hours=1))  # fmt: skip


def _hand_over(world: World) -> None:
    """To a colleague who declines, then once more, and back."""
    world.certify("ben")
    held = world.act("ana", execution.claim, world.engagement)
    to = world.people["ben"]
    given = world.act("ana", execution.hand_over, held, "Confirm the date", to, "law", "no renewal")
    world.act("ben", execution.decline_hand_over, given, "no time")
    assert world.act("ana", execution.claim, world.engagement) == held
    given = world.act("ana", execution.hand_over, held, "Confirm the date", to)
    world.act("ben", execution.accept_hand_over, given)
    given = world.act("ben", execution.hand_over, held, "Nothing left", world.people["ana"])
    world.act("ana", execution.accept_hand_over, given)
    for _ in range(4):  # five of six items in all: any two that are drawn hold one of them
        world.act("ana", execution.submit, held, world.answers(held), 60)
        held = world.act("ana", execution.claim, world.engagement)
        given = world.act("ana", execution.hand_over, held, "Go on", to)
        world.act("ben", execution.accept_hand_over, given)
        given = world.act("ben", execution.hand_over, held, "All yours", world.people["ana"])
        world.act("ana", execution.accept_hand_over, given)


def _machine_work(world: World) -> None:
    """A draft that fails, and a job that is tried again."""
    held = world.act("bot", execution.claim, world.engagement)
    world.act("bot", execution.give_up_draft, held, "failed-value-error")
    parked = outbox.Job(
        world.engagement, "job_parked", execution.DRAFTING, "bot", world.people["bot"], world.now,
        outbox.JobState.PARKED,
    )  # fmt: skip
    with world.database.transaction("job", [world.engagement]) as db:
        outbox.ask(db, parked)
    world.act("dana", execution.retry_work, "job_parked")


def _bring_rows(world: World) -> None:
    """The sixth item comes as a row, beside one that cannot be read; another file is given up."""
    text = content(5).decode()
    world.texts["row-5"] = text
    bring(world, json.dumps({"name": "row-5", "text": text}).encode() + b"\n{broken", part=40)
    world.items.append(world.look(execution.all_items, world.order)[-1].id)
    other = start(world, b"never sent", RowFormat.CSV, "other")
    world.act("vera", execution.abandon_import, other)


def _again(world: World) -> None:
    """Another round, to its sample."""
    world.produce("ana")
    world.commit()
    for step in ("close_batch", "reveal", "draw"):
        getattr(world, step)()


def _inspect_minor(world: World) -> None:
    """The first inspection finds a defect that is not counted."""
    found = [DefectFound("governing-law", "c-law", Severity.MINOR, "spelling")]
    while (held := world.act("rosa", execution.claim, world.engagement)) is not None:
        world.act("rosa", assurance.inspect, held, found, 40)
        found = []


def direct(world: World) -> World:
    """A direct award under which answers are the unit, to a sample corrected for inspectors."""
    world.draft()
    world.add_line(replace(SAMPLING, corrected=True), unit=InspectionUnit.ANSWER)
    world.sign()
    world.act("vera", selection.award_directly, world.engagement, world.people["dana"],
              "The only provider that has worked on these contracts")  # fmt: skip
    world.upto("approve", after="award")
    world.watch(share="0.34", controls=3)
    world.open()
    world.admit(6)
    world.check(seeded=30, caught=29, clean=20, passed=20)
    world.check(seeded=30, caught=30, clean=20, passed=20)
    world.upto("release", after="admit")
    _drift(world)
    world.upto("draw", after="draft_all")
    return world


def _drift(world: World) -> None:
    """The agent is paused by its manager, an analyst by the chart; both come back."""
    world.take("bot")
    world.act("dana", execution.pause_worker, world.engagement, world.people["bot"], "looks odd")
    with suppress(Refusal):
        while world.take("ana", effective_date="2026-02-27") is not None:
            pass
    for _ in range(world.act("ana", execution.start_retraining, world.engagement)):
        world.take("ana")
    world.act("dana", execution.readmit_worker, world.engagement, world.people["bot"], "was right")


def improving(world: World) -> World:
    """A lot is rejected, its clause gets a corrective action, the rest is screened, and the effect
    is measured on the sample that accepts it."""
    world.draft()
    world.add_line(sampling=TIGHT)
    world.sign()
    world.act("vera", selection.award_directly, world.engagement, world.people["dana"],
              "The only provider that has worked on these contracts")  # fmt: skip
    world.upto("open", after="award")
    world.admit(10)
    world.upto("draw", after="admit")
    world.inspect(defective=6)
    assert not world.decide()
    action = world.act(
        "dana", assurance.open_action, world.engagement, "c-date", "Dates are taken from the title",
        world.people["rosa"], world.now + timedelta(days=9),
    )  # fmt: skip
    world.act("dana", assurance.analyse_action, action, ["The clause allows it", "It was vague"],
              7, 8, 3, "Rewrite the clause")  # fmt: skip
    world.act("dana", assurance.implement_action, action)
    world.act("dana", assurance.screen_lot, world.order)
    world.produce("ana")
    world.commit()
    world.inspect(defective=1)
    world.produce("ana")
    world.upto("draw", after="produce")
    world.inspect()
    assert world.decide()
    world.act("dana", assurance.close_action, action)
    world.issue_certificate()
    world.deliver()
    return world


TIGHT = SamplingTerms(Decimal("0.3"), Decimal("0.05"), Decimal("0.05"), Decimal("0.1"))


def classed(world: World) -> World:
    """A lot that one class rejects, then accepted: corrected for inspectors in every class."""
    world.draft()
    world.add_line(sampling=CLASSED)
    world.sign()
    world.act("vera", selection.award_directly, world.engagement, world.people["dana"],
              "The only provider that has worked on these contracts")  # fmt: skip
    world.upto("open", after="award")
    world.admit(10)
    world.check(seeded=60, caught=59)
    world.upto("draw", after="admit")
    _inspect_minors(world, 4)
    assert not world.decide()
    _again(world)
    _inspect_minors(world, 1)
    assert world.decide()
    world.produce("ana")
    world.inspect()
    world.issue_certificate()
    return world


def _inspect_minors(world: World, many: int) -> None:
    """The first items have a defect that is judged by itself only."""
    while (held := world.act("rosa", execution.claim, world.engagement)) is not None:
        found = [DefectFound("governing-law", "c-law", Severity.MINOR, "spelling")]
        world.act("rosa", assurance.inspect, held, found if many > 0 else [], 40)
        many -= 1


CLASSED = replace(
    SAMPLING,
    corrected=True,
    classes={
        Severity.CRITICAL: ClassTerms(Decimal("0.3"), Decimal("0.01")),
        Severity.MINOR: ClassTerms(Decimal("0.8"), Decimal("0.25"), Decimal("0.1")),
    },
)


def reviewed(world: World) -> World:
    """A batch under a ladder, with a correction, a return and a reopening, to its certificate."""
    world.upto("approve")
    world.act("dana", setup.plan_reviews, world.line, [Decimal(1), Decimal(1)])
    world.upto("produce", after="approve")
    held = world.act("rosa", execution.claim, world.engagement)
    right = world.answers(held, renewal="yes" if _says(world, held) == "no" else "no")
    world.act("rosa", execution.review, held, ReviewVerdict.CORRECTED, right, seconds=9)
    held = world.act("rosa", execution.claim, world.engagement)
    world.act("rosa", execution.review, held, ReviewVerdict.RETURNED, question="renewal",
              clause="c-renewal")  # fmt: skip
    world.act("dana", execution.reopen, world.items[3], "a page was missing")
    _contested(world)
    world.produce("ana")
    world.review("rosa", "both")
    world.review("both")
    world.upto("draw", after="produce")
    world.inspect("both")
    world.inspect("rosa")
    world.upto("issue_certificate", after="inspect")
    return world


def doubled(world: World) -> World:
    """A batch of which every item is answered twice: the two agree, or a third decides."""
    world.upto("approve")
    world.act(
        "dana", setup.plan_control, world.line, Decimal(0), overlap_share=Decimal(1),
        good=Decimal("0.1"), bad=Decimal("0.5"), false_after=40,
    )  # fmt: skip
    world.act("dana", agreements.invite_member, world.engagement, world.people["both"],
              [Role.REVIEWER])  # fmt: skip
    world.upto("draft_all", after="approve")
    for number in range(len(world.items)):
        world.take("ana", **({"governing_law": "Utopia"} if number < 2 else {}))
        (second,) = world.open_assignments(Purpose.OVERLAP)
        world.act("ben", execution.claim, world.engagement, assignment=second.id)
        world.act("ben", execution.submit, second.id, world.answers(second.id), 50)
    for one in world.open_assignments(Purpose.ADJUDICATE):
        world.act("rosa", execution.claim, world.engagement, assignment=one.id)
        found = world.look(execution.comparison_of, one.item_id)
        ruling = execution.Ruling("governing-law", "c-law", "as it says", found.second_id)
        world.act("rosa", execution.adjudicate, one.id, [ruling], 7)
    world.upto("draw", after="produce")
    world.inspect("both")
    world.upto("accept", after="inspect")
    inspected = world.look(assurance.sample_of, world.work_order()).items()[0]
    for question, clause, severity in (
        ("effective-date", "c-date", Severity.CRITICAL), ("governing-law", "c-law", Severity.MINOR),
    ):  # fmt: skip
        world.act("carl", acceptance.report_escape, inspected, question, clause, severity, "wrong")
    return world


def reinspected(world: World) -> World:
    """A sample passed by a checked inspector and inspected again by another, who finds one law
    wrong; the batch is accepted, the item corrected, and certified."""
    world.upto("approve")
    world.check(seeded=60, caught=60)
    world.upto("draw", after="approve")
    world.act("dana", agreements.invite_member, world.engagement, world.people["both"],
              [Role.REVIEWER])  # fmt: skip
    world.inspect("rosa")
    world.integrate()
    asked = len(world.look(assurance.sample_of, world.work_order()).items())
    world.act("dana", assurance.request_reinspection, world.order, asked)
    found = [DefectFound("governing-law", "c-law", Severity.CRITICAL, "Another law")]
    while (held := world.act("both", execution.claim, world.engagement)) is not None:
        world.act("both", assurance.inspect, held, found, 40)
        found = []
    assert world.decide()
    world.produce("ana")
    world.inspect("rosa")
    world.upto("deliver", after="decide")
    return world


def calibrated(world: World) -> World:
    """A session of two control items and one of a batch: one analyst differs and is retrained, a
    clause is changed because of it; and a second session, left open."""
    world.upto("draft_all")
    for number in (70, 71):
        world.add_control(number, ControlUse.CALIBRATION)
    controls = world.look(transfer.control_items, world.engagement, ControlUse.CALIBRATION)
    for items, raters in (
        ([c.id for c in controls], ("ana", "ben", "rosa", "bot")),
        (world.items[:1], ("ana", "ben")),
    ):
        made = world.act("dana", assurance.open_calibration, world.engagement, "Laws", items,
                         [world.people[r] for r in raters])  # fmt: skip
        if len(items) == 1:
            return world
        wrong = {"governing_law": "Utopia", "effective_date": "1999-01-01", "renewal": None}
        for who, given in (("ana", wrong), ("rosa", {"governing_law": "Utopia"}), ("bot", {})):
            while world.look(execution.given, world.engagement, world.people[who]):
                world.take(who, **given)
        world.take("ben")  # of the two
        world.act("dana", assurance.close_calibration, made)
        clauses = [replace(c, text="As written.") if c.id == "c-law" else c for c in GUIDELINE]
        world.act("vera", transfer.publish_guideline, world.engagement, clauses)
        for item, question in world.look(assurance.calibration, made).differences():
            clause = {"governing-law": "c-law", "renewal": "c-renewal"}.get(question, "c-date")
            world.act("dana", assurance.settle_difference, made, item, question, 0, clause, "So")
        world.act("dana", assurance.conclude_calibration, made)
        world.act("ana", execution.start_retraining, world.engagement)
        while world.look(execution.given, world.engagement, world.people["ana"]):
            world.take("ana")
    return world


def _contested(world: World) -> None:
    """The return is contested and stands; a recall is contested and falls; the client is asked,
    and asked in vain; an effort is contested."""
    world.act("dana", agreements.invite_member, world.engagement, world.people["both"],
              [Role.REVIEWER])  # fmt: skip
    rework = world.act("ana", execution.claim, world.engagement)
    maker = "ana" if _authored(world, rework, "ana") else "ben"
    if maker == "ben":
        world.act("ana", execution.return_assignment, rework)
    world.act(maker, execution.dispute, rework, "it says so")
    held = _score_again(world)
    world.act("both", execution.claim, world.engagement, assignment=held)
    (scored,) = [a for a in world.answers(held) if a.question == "renewal"]
    other = "no" if scored.value == "yes" else "yes"
    scored = replace(scored, value=other, evidence=())
    world.act("both", execution.rescore, held, scored, 5)
    back = world.act("ben", execution.claim, world.engagement)
    asked = world.act("ben", execution.escalate, back, "renewal", "which page?")
    world.act("carl", execution.answer_escalation, asked, "the second")
    back = world.act("ben", execution.claim, world.engagement)
    asked = world.act("ben", execution.escalate, back, "renewal", "which line?")
    world.act("ben", execution.withdraw_escalation, asked, "found it")
    done = world.take("ben")
    world.act("ben", execution.contest_effort, done, 90, "on paper")
    world.act("dana", execution.decide_effort, done, True)
    world.produce("ana")
    world.review("rosa", "both")
    world.review("both")
    world.review("rosa")
    item = next(i for i in world.items if _submitted(world, i))
    world.act("dana", execution.recall, item, "effective-date", "c-date", "another day")
    again = world.open_assignments(Purpose.PRODUCE)[0].id
    maker = "ana" if _authored(world, again, "ana") else "ben"
    world.act(maker, execution.dispute, again, "it is that day")
    held = _score_again(world)
    (scored,) = [a for a in world.answers(held) if a.question == "effective-date"]
    who = "rosa" if not _authored(world, held, "rosa") else "both"
    world.act(who, execution.claim, world.engagement, assignment=held)
    world.act(who, execution.rescore, held, scored, 5)


def _score_again(world: World) -> AssignmentId:
    return world.open_assignments(Purpose.ADJUDICATE)[0].id


def _authored(world: World, held: AssignmentId, who: str) -> bool:
    item = world.look(execution.assignment, held).item_id
    return world.pseudonym(who) in world.look(execution.authors, item)


def _submitted(world: World, item: ItemId) -> bool:
    return bool(world.look(execution.item, item).state is execution.ItemState.SUBMITTED)


def _says(world: World, held: AssignmentId) -> str:
    item = world.look(execution.assignment, held).item_id
    return str(world.look(execution.current_answers, item)["renewal"].value)


@contextmanager
def world_over(cluster: Cluster, migrated: str, keys: Path) -> Iterator[World]:
    """A world in a database of its own, with its keys in a folder."""
    with fresh_database(cluster, migrated) as dsns, closing(World(dsns.app, keys)) as world:
        yield world


def committed(commitments: tuple[str, str]) -> WorkOrder:
    """An order of a line "lin" as the verifier keeps it, with both sides' commitments."""
    zero, none = Fraction(0), frozenset[str]()
    points = Points(zero, zero, zero, zero)
    line = Line("lin", "s", 1, "item", {}, points, {}, none, False, none, {}, 1)
    return WorkOrder("wo", line, "itemised", committed=commitments)


def lie(log: Log, entry: Entry, reason: str) -> None:
    """The log must not verify, for this reason, and this entry be named."""
    failure = log.judged().failure
    assert failure is not None
    assert failure.entry == log.entries.index(entry), failure
    assert reason in failure.reason, failure.reason
