"""An engagement at any stage, quickly: parties, people, and steps that each take one act."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from tests.support.service import GUIDELINE, KEY, content, right

from outwork import access, agreements, documents, ledger, workforce
from outwork.access import Actor, ActorKind
from outwork.agreements import Engagement, WorkOrder
from outwork.kit.database import Connection, Database
from outwork.kit.keyring import Keyring
from outwork.operation import Operation, operation
from outwork.stages import (
    acceptance,
    assurance,
    execution,
    requirements,
    selection,
    setup,
    transfer,
)
from outwork.stages.assurance import DefectFound
from outwork.stages.requirements import Baseline, ClassTerms, SamplingTerms
from outwork.stages.selection import Criterion
from outwork.stages.transfer import ControlUse
from outwork.vocabulary import (
    ActorId,
    Answer,
    AssignmentId,
    BadInput,
    Confidentiality,
    Digest,
    EngagementId,
    InspectionUnit,
    ItemId,
    LineId,
    Money,
    PartyId,
    ProposalId,
    Purpose,
    Refusal,
    Role,
    Severity,
    Side,
    Stage,
    WaiverId,
    WorkOrderId,
)

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
SAMPLING = SamplingTerms(Decimal("0.4"), Decimal("0.2"), Decimal("0.05"), Decimal("0.1"))
# Of four items: no critical defect passes, and up to two minor ones do.
BY_CLASS = replace(
    SAMPLING,
    classes={
        Severity.CRITICAL: ClassTerms(Decimal("0.25"), Decimal("0.01"), Decimal("0.1")),
        Severity.MINOR: ClassTerms(Decimal("0.75"), Decimal("0.5")),
    },
)
BASELINE = Baseline(100, 10, Decimal("0.9"), Money(Decimal(20), "EUR"))
DEFECTS = {
    Severity.CRITICAL: "A date is not the one in the text.",
    Severity.MAJOR: "A clause is missed.",
    Severity.MINOR: "A country is not as written.",
}
PRICE = Money(Decimal("12.345"), "EUR")

#: Key, name, party, roles. Names are made up and must never reach the public log.
PEOPLE: Sequence[tuple[str, str, str, frozenset[Role]]] = (
    ("vera", "Vera Clientele", "client", frozenset({Role.VENDOR_MANAGER})),
    ("vito", "Vito Clientele", "client", frozenset({Role.VENDOR_MANAGER})),
    ("carl", "Carl Clientele", "client", frozenset({Role.CLIENT_REVIEWER})),
    ("dana", "Dana Providence", "provider", frozenset({Role.DELIVERY_MANAGER})),
    ("dirk", "Dirk Providence", "provider", frozenset({Role.DELIVERY_MANAGER})),
    ("ana", "Ana Providence", "provider", frozenset({Role.ANALYST})),
    ("ben", "Ben Providence", "provider", frozenset({Role.ANALYST})),
    ("rosa", "Rosa Providence", "provider", frozenset({Role.REVIEWER})),
    ("both", "Bo Providence", "provider", frozenset({Role.ANALYST, Role.REVIEWER})),
    ("hugo", "Hugo Otherdesk", "other", frozenset({Role.DELIVERY_MANAGER})),
    ("audrey", "Audrey Watchful", "auditor", frozenset({Role.AUDITOR})),
    ("stranger", "Stan Stranger", "stranger", frozenset({Role.VENDOR_MANAGER})),
)
PARTIES = {
    "client": Side.CLIENT,
    "stranger": Side.CLIENT,
    "provider": Side.PROVIDER,
    "other": Side.PROVIDER,
    "auditor": Side.AUDITOR,
}
PASSWORD = "a password of this world"
TEAM: Sequence[str] = ("ana", "ben", "rosa")


class World:
    """One database with its people, a clock that only tests move, and one engagement."""

    def __init__(self, dsn: str, keys: Path) -> None:
        self.database = Database.connect(dsn, Keyring(keys))
        self.now = START
        self.parties: dict[str, PartyId] = {}
        self.people: dict[str, ActorId] = {}
        self.engagement = EngagementId("")
        self.line = LineId("")
        self.proposals: dict[str, ProposalId] = {}
        self.order = WorkOrderId("")
        self.items: list[ItemId] = []
        self.texts: dict[str, str] = {}
        self.suffix = secrets.token_hex(6)
        self._register()

    # --- acting and looking ------------------------------------------------------------------

    def act(self, who: str, do: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """One act by one person, a second after the one before."""
        self.now += timedelta(seconds=1)
        with operation(self.database, self.people[who], self.now) as op:
            return do(op, *args, **kwargs)

    def look(self, query: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What a query gives in a transaction that sees the engagement."""
        with self.database.transaction("job", [self.engagement]) as db:
            return query(db, *args, **kwargs)

    def stage(self) -> Engagement:
        """The engagement as it stands."""
        found: Engagement = self.look(agreements.engagement, self.engagement)
        return found

    def work_order(self) -> WorkOrder:
        """The work order as it stands."""
        found: WorkOrder = self.look(agreements.work_order, self.order)
        return found

    def witness(self, who: str, url: str, key: str = "") -> agreements.Enrolment:
        """Enrol a witness of somebody's side, with a key of its own unless told."""
        made = ledger.checkpoint.generate_signer("w.example", ledger.checkpoint.COSIGNATURE_V1)
        given: agreements.Enrolment = self.act(
            who, agreements.enrol_witness, self.engagement, key or made.verifier.encode(), url
        )
        return given

    def lengthen(self, count: int) -> None:
        """Add so many entries to the log, of a kind that no page and no rule asks for here."""
        step = agreements.StagePassed(
            engagement=self.engagement, work_order=None, left=Stage.SETUP,
            reached=Stage.EXECUTION, waived=(),
        )  # fmt: skip
        with self.database.transaction("job", [self.engagement]) as db:
            for _ in range(count):
                ledger.record(db, step, "job", self.now, secrets.token_bytes)

    def integrate(self) -> ledger.Head:
        """Give every event its place; others of the test run may hold it up for a moment."""
        for _ in range(1000):
            with self.database.transaction("job", [self.engagement]) as db:
                head = ledger.integrate(db, self.engagement, self.now)
            if not self.look(ledger.pending):
                return head
        raise AssertionError("events stay unsettled")

    def passes(self, hours: float) -> None:
        """Let time go by."""
        self.now += timedelta(hours=hours)

    def close(self) -> None:
        """Give every connection back."""
        self.database.close()

    # --- people ------------------------------------------------------------------------------

    def _register(self) -> None:
        with self.database.transaction("job") as db:
            self.people["administrator"] = access.first_administrator(db).id
        with operation(self.database, self.people["administrator"], self.now) as op:
            for key, side in PARTIES.items():
                self.parties[key] = agreements.register_party(op, f"Firm {key}", side)
            for key, name, party, roles in PEOPLE:
                self.people[key] = agreements.register_actor(
                    op, self.parties[party], name, self.login(key), sorted(roles), "Europe/Vienna"
                )
            self.people["bot"] = self._agent(op, "bot", "1")
            self.people["bot2"] = self._agent(op, "bot2", "2")

    def _agent(self, op: Operation, login: str, version: str) -> ActorId:
        made: ActorId = agreements.register_actor(
            op,
            self.parties["provider"],
            f"Tiny {login}",
            self.login(login),
            [Role.AGENT],
            kind=ActorKind.AGENT,
            family="tiny-drafter",
            model="patterns",
            version=version,
        )
        return made

    def login(self, key: str) -> str:
        """Logins are the installation's, which other worlds share."""
        return f"{key}-{self.suffix}"

    def enrol(self, who: str, side: Side, *roles: Role) -> None:
        """Make someone a member with any roles, past every rule: for tests of the rules."""
        with self.database.transaction("job", [self.engagement]) as db:
            actor = access.actor(db, self.people[who])
            bent = replace(actor, roles=frozenset(Role))
            access.enrol(db, self.engagement, bent, side, frozenset(roles), self.now)

    def signature(self, who: str) -> tuple[str, SecretStr]:
        """Name and password with which a person signs; the password is set when first needed."""
        with self.database.transaction("job") as db:
            actor = access.actor(db, self.people[who])
            if not access.has_password(db, actor.id):
                access.set_password(db, actor.id, PASSWORD, self.now)
        return actor.name, SecretStr(PASSWORD)

    def actor(self, who: str) -> Actor:
        """The actor behind a key."""
        found: Actor = self.look(access.actor, self.people[who])
        return found

    def pseudonym(self, who: str) -> str:
        """A member's pseudonym."""
        member = self.look(access.membership, self.engagement, self.people[who])
        assert member is not None
        return str(member.pseudonym)

    # --- the stages, one step each -----------------------------------------------------------

    def draft(self) -> None:
        """An engagement at requirements, without a line."""
        self.engagement = self.act(
            "vera", requirements.draft_engagement, "Title Codename", "Brief Codename", "EUR"
        )
        self.act("vera", agreements.invite_member, self.engagement, self.people["carl"],
                 [Role.CLIENT_REVIEWER])  # fmt: skip
        self.act("vera", agreements.invite_member, self.engagement, self.people["vito"],
                 [Role.VENDOR_MANAGER])  # fmt: skip

    def add_line(
        self,
        sampling: SamplingTerms = SAMPLING,
        unit: InspectionUnit = InspectionUnit.ITEM,
        defects: Mapping[Severity, str] = DEFECTS,
        baseline: Baseline | None = BASELINE,
    ) -> None:
        """A line of four items."""
        self.line = self.act(
            "vera", requirements.add_line, self.engagement, KEY, 4, 10, unit, defects,
            sampling, Confidentiality.CONFIDENTIAL, PRICE, baseline,
        )  # fmt: skip

    def sign(self) -> None:
        """To selection."""
        _, password = self.signature("vera")
        self.act("vera", requirements.sign_scope, self.engagement, "vera clientele", password)

    def compete(self) -> None:
        """Two proposals, scored."""
        criteria = [Criterion("quality", "Quality", 60), Criterion("price", "Price", 40)]
        self.act("vera", selection.set_criteria, self.engagement, criteria)
        for who in ("dana", "hugo"):
            self.act("vera", selection.invite_bidder, self.engagement, self.people[who])
            self.proposals[who] = self.act(
                who, selection.submit_proposal, self.engagement, {self.line: PRICE}, 8,
                f"Approach of {who}",
            )  # fmt: skip
            for criterion, points in (("quality", 90 if who == "dana" else 60), ("price", 70)):
                self.act("carl", selection.score_proposal, self.proposals[who], criterion, points,
                         "Grounds for it")  # fmt: skip

    def award(self) -> None:
        """To the provider."""
        self.act("vera", selection.award, self.proposals["dana"], "Best quality")

    def accept_award(self) -> None:
        """To transfer."""
        self.act("dana", selection.accept_award, self.engagement, *self.signature("dana"))

    def prepare(self, bar: str = "0.5") -> None:
        """Guideline, bar, control items, team and agent; nobody certified yet."""
        self.act("vera", transfer.publish_guideline, self.engagement, list(GUIDELINE))
        for number in (80, 81):
            self.add_control(number)
        self.act("vera", transfer.set_bar, self.engagement, Decimal(bar), Decimal("0.4"),
                 Decimal("0.9"), 2)  # fmt: skip
        self.staff()

    def add_control(self, number: int, use: ControlUse = ControlUse.CERTIFICATION) -> None:
        """A control item with its known answers."""
        name, raw = f"control-{number}.txt", content(number)
        self.texts[name] = raw.decode()
        known = right(name, raw.decode())
        self.act("vera", transfer.add_control_item, self.engagement, KEY, name, raw, known, use)

    def watch(self, share: str = "0.5", controls: int = 4, **plan: Any) -> None:
        """Control items to be met unawares, and the plan that puts them among the work."""
        for number in range(60, 60 + controls):
            self.add_control(number, ControlUse.PRODUCTION)
        terms = {"good": Decimal("0.1"), "bad": Decimal("0.5"), "false_after": 40, **plan}
        self.act("dana", setup.plan_control, self.line, Decimal(share), **terms)

    def staff(self, *extra: str) -> None:
        """The team joins."""
        for who in (*TEAM, *extra):
            roles = next(r for key, _, _, r in PEOPLE if key == who)
            self.act("dana", agreements.invite_member, self.engagement, self.people[who],
                     sorted(roles))  # fmt: skip
        self.act("dana", agreements.accept_agent, self.engagement, self.people["bot"])

    def certify(self, *who: str) -> None:
        """Each answers every control item rightly."""
        for person in who:
            count = self.act(person, execution.start_certification, self.engagement)
            for _ in range(count):
                held = self.act(person, execution.claim, self.engagement)
                self.act(person, execution.submit, held, self.answers(held), 30)

    def pass_tollgate(self) -> None:
        """To set-up."""
        self.act("dana", transfer.pass_tollgate, self.engagement, *self.signature("dana"))

    def equip(self) -> None:
        """Calendars, dated entitlements, plan, rates."""
        for who in TEAM:
            self.act("dana", setup.set_calendar, self.engagement, self.people[who], "Africa/Lagos")
            self.act("dana", setup.date_entitlement, self.engagement, self.people[who],
                     START, START + timedelta(days=365))  # fmt: skip
        self.act("dana", setup.plan_quality, self.line)
        self.act("vera", setup.agree_rates, self.engagement)

    def qualify(self, *who: str, **brings: Any) -> None:
        """State what people bring, as the administrator does."""
        for name in who:
            self.act("administrator", workforce.qualify, self.people[name], **brings)

    def define(self, name: str, zone: str = "Africa/Lagos", *spans: str, **more: Any) -> None:
        """A calendar, from Monday to Friday; spans are local, such as "09:00-17:00"."""
        shifts = [
            setup.Shift((0, 1, 2, 3, 4), *map(time.fromisoformat, span.split("-")))
            for span in spans or ("09:00-17:00",)
        ]
        self.act("dana", setup.define_calendar, self.engagement, name, zone, shifts, **more)

    def roster(self, who: str, calendar: str = "", at_most: int | None = None) -> None:
        """By which calendar somebody works, and how much at once."""
        self.act("dana", setup.roster, self.engagement, self.people[who], calendar, at_most)

    def approve(self) -> None:
        """To execution."""
        self.act("dana", setup.approve_readiness, self.engagement)

    def open(self) -> None:
        """A work order at intake."""
        self.order = self.act("dana", execution.open_work_order, self.line, "Batch Codename")

    def admit(self, count: int = 4) -> None:
        """Take inputs in."""
        for number in range(len(self.items), len(self.items) + count):
            name, raw = f"input-{number}.txt", content(number)
            self.texts[name] = raw.decode()
            self.items.append(self.act("dana", execution.admit, self.order, name, raw))

    def commit(self) -> None:
        """Both sides' seeds for the round."""
        for side, who in (("client", "vera"), ("provider", "dana")):
            commitment = hashlib.sha256(bytes.fromhex(self.nonce(side))).hexdigest()
            self.act(who, execution.commit_seed, self.order, Digest(commitment))

    def nonce(self, side: str) -> str:
        """A side's nonce in the present round of the work order."""
        order = self.work_order()
        return hashlib.sha256(f"{side} {order.id} {order.round}".encode()).hexdigest()

    def release(self) -> None:
        """Begin work."""
        self.act("dana", execution.release, self.order)

    def draft_all(self) -> None:
        """The agent drafts what waits for it."""
        while self.take("bot") is not None:
            pass

    def take(self, who: str, **wrong: Any) -> AssignmentId | None:
        """Claim the next item and submit it; `wrong` values by question (underscores)."""
        held: AssignmentId | None = self.act(who, execution.claim, self.engagement)
        if held is not None:
            self.act(who, execution.submit, held, self.answers(held, **wrong), 60)
        return held

    def produce(self, *who: str) -> None:
        """Analysts take turns until nothing waits."""
        people = who or ("ana", "ben")
        turn = 0
        while self.take(people[turn % len(people)]) is not None:
            turn += 1

    def review(self, *who: str) -> int:
        """Reviewers approve what waits for them, in turns; gives the number of reviews."""
        people, done = who or ("rosa",), 0
        while True:
            held = self.act(people[done % len(people)], execution.claim, self.engagement)
            if held is None:
                return done
            self.act(
                people[done % len(people)],
                execution.review,
                held,
                execution.ReviewVerdict.APPROVED,
                seconds=20,
            )
            done += 1

    def close_batch(self) -> None:
        """To assurance; the closing event has its place in the log."""
        self.act("dana", execution.close_work_order, self.order)
        self.integrate()

    def reveal(self) -> None:
        """Both sides open their nonces."""
        for side, who in (("client", "vera"), ("provider", "dana")):
            self.act(who, assurance.reveal_seed, self.order, self.nonce(side))

    def draw(self) -> None:
        """Draw the sample."""
        self.act("dana", assurance.draw_sample, self.order)

    def inspect(self, who: str = "rosa", defective: int = 0) -> None:
        """Inspect all that waits; the first `defective` items get a critical defect."""
        while (held := self.act(who, execution.claim, self.engagement)) is not None:
            found = []
            if defective > 0:
                defective -= 1
                found = [DefectFound("effective-date", "c-date", Severity.CRITICAL, "Wrong day")]
            self.act(who, assurance.inspect, held, found, 40)

    def check(
        self, who: str = "rosa", seeded: int = 60, caught: int = 60, clean: int = 0, passed: int = 0
    ) -> None:
        """A check of an inspector, put on record by the provider."""
        self.act("dana", assurance.check_inspector, self.engagement, self.people[who], seeded,
                 caught, clean, passed)  # fmt: skip

    def decide(self) -> bool:
        """The verdict."""
        accepted: bool = self.act("vera", assurance.give_verdict, self.order)
        return accepted

    def issue_certificate(self) -> None:
        """To acceptance."""
        self.act("dana", assurance.certify, self.order)

    def deliver(self) -> None:
        """Give the client the deliverable."""
        self.act("dana", acceptance.deliver, self.order)

    def accept(self) -> None:
        """The client accepts."""
        self.act("vera", acceptance.accept_delivery, self.order, *self.signature("vera"))

    def invoice(self) -> None:
        """The provider invoices."""
        self.act("dana", acceptance.issue_invoice, self.order)

    def close_order(self) -> None:
        """The work order is done."""
        self.act("vera", acceptance.close_order, self.order)

    def finish(self) -> None:
        """The engagement is done."""
        self.act("vera", acceptance.close_engagement, self.engagement)

    def certify_team(self) -> None:
        """Both analysts and the agent."""
        self.certify("ana", "ben", "bot")

    STEPS = (
        "draft", "add_line", "sign", "compete", "award", "accept_award", "prepare", "certify_team",
        "pass_tollgate", "equip", "approve", "open", "admit", "commit", "release", "draft_all",
        "produce", "close_batch", "reveal", "draw", "inspect", "decide", "issue_certificate",
        "deliver", "accept", "invoice", "close_order", "finish",
    )  # fmt: skip

    def upto(self, step: str, after: str = "", skip: Sequence[str] = ()) -> World:
        """Every step up to and with `step`, from the one after `after` on."""
        first = self.STEPS.index(after) + 1 if after else 0
        for name in self.STEPS[first : self.STEPS.index(step) + 1]:
            if name not in skip:
                getattr(self, name)()
        return self

    # --- answers and waivers -----------------------------------------------------------------

    def answers(self, assignment: AssignmentId, **wrong: Any) -> list[Answer]:
        """Right answers to an assignment's item, but for `wrong` ones."""
        with self.database.transaction("job", [self.engagement]) as db:
            found = execution.item(db, execution.assignment(db, assignment).item_id)
            source = documents.source(db, found.document_id)
        spoiled = {q.replace("_", "-"): value for q, value in wrong.items()}
        return [
            replace(a, value=spoiled.get(a.question, a.value))
            for a in right(source.name, source.text)
        ]

    def waive(
        self, gate: str, *codes: str, by: str = "dana", countersigned: str | None = "vera",
        days: float = 30,
    ) -> WaiverId:  # fmt: skip
        """A waiver of a gate's reasons."""
        made: WaiverId = self.act(
            by, agreements.request_waiver, self.engagement, Stage(gate), list(codes),
            "Grounds for it", "Risk Owner", self.now + timedelta(days=days), *self.signature(by),
        )  # fmt: skip
        if countersigned is not None:
            self.countersign(countersigned, made)
        return made

    def countersign(self, who: str, waiver: WaiverId) -> None:
        """Take responsibility for a waiver."""
        self.act(who, agreements.countersign_waiver, waiver, *self.signature(who))

    def open_assignments(self, purpose: Purpose) -> list[execution.Assignment]:
        """Assignments of the work order that wait for someone."""
        found: list[execution.Assignment] = self.look(
            execution.assignments, self.order, purpose, [execution.AssignmentState.OPEN]
        )
        return found


@contextmanager
def refused(code: str, *reasons: str) -> Iterator[None]:
    """The body is refused with this code, for exactly these reasons where some are named."""
    with pytest.raises(Refusal) as caught:
        yield
    assert caught.value.code == code, (caught.value.code, caught.value.params)
    if reasons:
        assert sorted({r.code for r in caught.value.reasons}) == sorted(reasons)
        assert all(r.place or code != "gate-closed" for r in caught.value.reasons)


@contextmanager
def bad(code: str, **params: Any) -> Iterator[None]:
    """The body is given something unreadable; `params` name the place."""
    with pytest.raises(BadInput) as caught:
        yield
    assert caught.value.code == code, (caught.value.code, caught.value.params)
    for name, value in params.items():
        assert caught.value.params.get(name) == value, caught.value.params


def events(db: Connection, engagement: EngagementId) -> list[ledger.Entry]:
    """Every event of an engagement, oldest first."""
    return sorted(ledger.timeline(db, engagement, limit=500).rows, key=lambda e: e.id)
