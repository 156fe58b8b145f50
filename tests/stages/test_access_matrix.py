"""Who may do what, at which stage: as declared, as agreed in a file, and as it is enforced."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from tests.support.engagement import PRICE, SAMPLING, World
from tests.support.service import KEY, content

from outwork import agreements, conduct, documents
from outwork.kit import outbox
from outwork.kit.postgres import Cluster, Dsns
from outwork.operation import ACTS, operation
from outwork.stages import acceptance, assurance, execution
from outwork.vocabulary import (
    Answer,
    Clause,
    Confidentiality,
    DocumentId,
    HandOverId,
    ImportId,
    InspectionUnit,
    NotFound,
    PauseId,
    Purpose,
    Refusal,
    Role,
    Severity,
    Side,
    Stage,
    WaiverId,
    WitnessId,
)

DECLARING = conduct.__name__  # its import declares every act
EXPECTED = Path(__file__).parents[1] / "expected" / "access_matrix.txt"
UPDATE = "OUTWORK_WRITE_EXPECTED"

WRONG = SecretStr("not a password")
SIGNED = {"name": "", "password": WRONG}

#: What to give to each act so that it can load what it is about; nothing of it need be right.
ARGUMENTS: dict[str, Callable[[World], dict[str, Any]]] = {
    "agreements.accept_agent": lambda w: {"engagement": w.engagement, "agent": w.people["bot2"]},
    "agreements.change_password": lambda w: {"password": WRONG, "new": WRONG},
    "agreements.rotate_signing_key": lambda w: {"password": WRONG},
    "agreements.countersign_waiver": lambda w: {"waiver": WAIVER[w.engagement], **SIGNED},
    "agreements.enrol_witness": lambda w: {"engagement": w.engagement, "key": "", "url": ""},
    "agreements.retire_witness": lambda w: {"witness": WITNESS[w.engagement]},
    "agreements.invite_member": lambda w: {
        "engagement": w.engagement, "actor": w.people["ben"], "roles": [Role.ANALYST]},
    "agreements.register_actor": lambda w: {
        "party": w.parties["client"], "name": "N", "login": "n", "roles": []},
    "agreements.register_party": lambda w: {"name": "N", "side": Side.CLIENT},
    "agreements.request_waiver": lambda w: {
        "engagement": w.engagement, "gate": Stage.TRANSFER, "codes": [], "reason": "",
        "risk_owner": "", "expires": w.now, **SIGNED},
    "documents.download_document": lambda w: {"document": DOCUMENT[w.engagement]},
    "documents.open_document": lambda w: {"document": DOCUMENT[w.engagement]},
    "documents.share_document": lambda w: {
        "document": DOCUMENT[w.engagement], "subject": w.people["ana"], "until": w.now},
    "requirements.draft_engagement": lambda w: {"title": "", "brief": "", "currency": "EUR"},
    "requirements.add_line": lambda w: {
        "engagement": w.engagement, "service": KEY, "volume": 0, "turnaround_days": 0,
        "unit": InspectionUnit.ITEM, "defects": {}, "sampling": SAMPLING,
        "confidentiality": Confidentiality.PUBLIC, "price": PRICE},
    "requirements.remove_line": lambda w: {"line": w.line},
    "requirements.sign_scope": lambda w: {"engagement": w.engagement, **SIGNED},
    "selection.accept_award": lambda w: {"engagement": w.engagement, **SIGNED},
    "selection.award": lambda w: {"proposal": w.proposals["hugo"], "reason": ""},
    "selection.award_directly": lambda w: {
        "engagement": w.engagement, "person": w.people["hugo"], "justification": ""},
    "selection.invite_bidder": lambda w: {"engagement": w.engagement, "person": w.people["hugo"]},
    "selection.score_proposal": lambda w: {
        "proposal": w.proposals["hugo"], "criterion": "", "points": -1, "reason": ""},
    "selection.set_criteria": lambda w: {"engagement": w.engagement, "criteria": []},
    "selection.submit_proposal": lambda w: {
        "engagement": w.engagement, "prices": {}, "turnaround_days": 0, "approach": ""},
    "transfer.add_control_item": lambda w: {
        "engagement": w.engagement, "service": KEY, "name": "x.txt", "content": b"x", "known": []},
    "transfer.pass_tollgate": lambda w: {"engagement": w.engagement, **SIGNED},
    "transfer.publish_guideline": lambda w: {
        "engagement": w.engagement, "clauses": list[Clause]()},
    "transfer.set_bar": lambda w: {
        "engagement": w.engagement, "people": Decimal(2), "agents": Decimal(2),
        "confidence": Decimal(2), "control_items": 0},
    "setup.agree_rates": lambda w: {"engagement": w.engagement},
    "setup.agree_hours": lambda w: {"line": w.line, "calendar": "day"},
    "setup.define_calendar": lambda w: {
        "engagement": w.engagement, "name": "No name", "zone": "UTC", "shifts": []},
    "setup.end_absence": lambda w: {"engagement": w.engagement, "actor": w.people["ana"]},
    "setup.note_absence": lambda w: {
        "engagement": w.engagement, "actor": w.people["ana"], "starts": w.now, "ends": w.now},
    "setup.roster": lambda w: {
        "engagement": w.engagement, "actor": w.people["ana"], "at_most": 0},
    "setup.approve_readiness": lambda w: {"engagement": w.engagement},
    "setup.date_entitlement": lambda w: {
        "engagement": w.engagement, "actor": w.people["ana"], "valid_from": w.now,
        "valid_until": w.now},
    "setup.plan_control": lambda w: {
        "line": w.line, "control_share": Decimal(2), "good": Decimal(2), "bad": Decimal(2),
        "false_after": 0},
    "setup.plan_quality": lambda w: {"line": w.line},
    "setup.plan_reviews": lambda w: {"line": w.line, "shares": [Decimal(2)]},
    "setup.set_calendar": lambda w: {
        "engagement": w.engagement, "actor": w.people["ana"], "zone": "Nowhere"},
    "setup.state_need": lambda w: {"line": w.line, "clearance": -1},
    "workforce.bar": lambda w: {
        "actor": w.people["ana"], "party": w.parties["client"], "reason": ""},
    "workforce.lift_barrier": lambda w: {
        "actor": w.people["ana"], "party": w.parties["client"], "reason": ""},
    "workforce.qualify": lambda w: {"actor": w.people["ana"], "clearance": -1},
    "execution.answer_escalation": lambda w: {
        "escalation": ESCALATION[w.engagement], "text": ""},
    "execution.contest_effort": lambda w: {"assignment": held(w), "seconds": -1, "reason": ""},
    "execution.decide_effort": lambda w: {"assignment": held(w), "accepted": True},
    "execution.dispute": lambda w: {"assignment": held(w), "reason": ""},
    "execution.escalate": lambda w: {"assignment": held(w), "question": "", "text": ""},
    "execution.adjudicate": lambda w: {"assignment": held(w), "rulings": []},
    "execution.rescore": lambda w: {"assignment": held(w), "answer": Answer("renewal", "no")},
    "execution.withdraw_escalation": lambda w: {
        "escalation": ESCALATION[w.engagement], "reason": ""},
    "execution.abandon_import": lambda w: {"import_id": IMPORT[w.engagement]},
    "execution.admit_rows": lambda w: {"import_id": IMPORT[w.engagement]},
    "execution.complete_upload": lambda w: {"import_id": IMPORT[w.engagement]},
    "execution.export_results": lambda w: {"work_order": w.order, "form": "jsonl"},
    "execution.give_up_draft": lambda w: {"assignment": held(w), "code": ""},
    "execution.retry_work": lambda w: {"job": JOB[w.engagement]},
    "execution.pause_worker": lambda w: {
        "engagement": w.engagement, "actor": w.people["ana"], "reason": ""},
    "execution.readmit_worker": lambda w: {
        "engagement": w.engagement, "actor": w.people["ana"], "reason": ""},
    "execution.start_retraining": lambda w: {"engagement": w.engagement},
    "execution.put_part": lambda w: {
        "import_id": IMPORT[w.engagement], "number": 1, "digest": "", "content": b"x"},
    "execution.start_import": lambda w: {
        "work_order": w.order, "name": "r.csv", "form": "csv", "size": 0, "digest": ""},
    "execution.admit": lambda w: {
        "work_order": w.order, "name": "y.txt", "content": content(99)},
    "execution.claim": lambda w: {"engagement": w.engagement},
    "execution.claim_any": lambda w: {},
    "execution.route": lambda w: {"engagement": w.engagement},
    "execution.set_routing": lambda w: {"engagement": w.engagement, "quality": Decimal(-1)},
    "execution.state_cost": lambda w: {
        "engagement": w.engagement, "actor": w.people["ana"], "amount": Decimal(-1)},
    "execution.close_work_order": lambda w: {"work_order": w.order},
    "execution.commit_seed": lambda w: {"work_order": w.order, "commitment": ""},
    "execution.disclose_item": lambda w: {"item": w.items[0]},
    "execution.extend": lambda w: {"assignment": held(w)},
    "execution.open_work_order": lambda w: {"line": w.line, "title": ""},
    "execution.accept_hand_over": lambda w: {"hand_over": HANDED[w.engagement]},
    "execution.decline_hand_over": lambda w: {"hand_over": HANDED[w.engagement]},
    "execution.hand_over": lambda w: {"assignment": held(w), "next_action": ""},
    "execution.pause_clock": lambda w: {"work_order": w.order, "reason": ""},
    "execution.resume_clock": lambda w: {"pause": PAUSE[w.engagement]},
    "execution.recall": lambda w: {"item": w.items[0], "question": "", "clause": ""},
    "execution.refuse_file": lambda w: {"work_order": w.order, "name": "z", "code": "unreadable"},
    "execution.release": lambda w: {"work_order": w.order},
    "execution.reopen": lambda w: {"item": w.items[0], "reason": ""},
    "execution.review": lambda w: {"assignment": held(w), "verdict": "approved"},
    "execution.return_assignment": lambda w: {"assignment": held(w)},
    "execution.save_progress": lambda w: {"assignment": held(w), "content": {}},
    "execution.start_certification": lambda w: {"engagement": w.engagement},
    "execution.submit": lambda w: {"assignment": held(w), "answers": []},
    "assurance.certify": lambda w: {"work_order": w.order},
    "assurance.check_inspector": lambda w: {
        "engagement": w.engagement, "inspector": w.people["rosa"], "seeded": 60, "caught": 60,
    },
    "assurance.draw_sample": lambda w: {"work_order": w.order},
    "assurance.give_verdict": lambda w: {"work_order": w.order},
    "assurance.inspect": lambda w: {"assignment": held(w), "defects": []},
    "assurance.open_action": lambda w: {
        "engagement": w.engagement, "clause": "", "title": "", "owner": w.people["ana"],
        "due": w.now},
    "assurance.analyse_action": lambda w: {
        "action": ACTION[w.engagement], "whys": [], "severity": 0, "occurrence": 0,
        "detection": 0, "measure": ""},
    "assurance.implement_action": lambda w: {"action": ACTION[w.engagement]},
    "assurance.close_action": lambda w: {"action": ACTION[w.engagement]},
    "assurance.screen_lot": lambda w: {"work_order": w.order},
    "assurance.open_calibration": lambda w: {
        "engagement": w.engagement, "title": "", "items": [], "raters": []},
    "assurance.close_calibration": lambda w: {"calibration": CALIBRATION[w.engagement]},
    "assurance.settle_difference": lambda w: {
        "calibration": CALIBRATION[w.engagement], "item": w.items[0], "question": "", "stands": 0,
        "clause": "", "reason": ""},
    "assurance.conclude_calibration": lambda w: {"calibration": CALIBRATION[w.engagement]},
    "assurance.request_reinspection": lambda w: {"work_order": w.order, "items": 1},
    "assurance.reveal_seed": lambda w: {"work_order": w.order, "nonce": ""},
    "acceptance.accept_delivery": lambda w: {"work_order": w.order, **SIGNED},
    "acceptance.close_engagement": lambda w: {"engagement": w.engagement},
    "acceptance.close_order": lambda w: {"work_order": w.order},
    "acceptance.decide_change": lambda w: {"change": CHANGE[w.engagement], "accepted": False},
    "acceptance.deliver": lambda w: {"work_order": w.order},
    "acceptance.issue_invoice": lambda w: {"work_order": w.order},
    "acceptance.propose_change": lambda w: {
        "engagement": w.engagement, "clause": "", "text": "", "because": ""},
    "acceptance.report_escape": lambda w: {
        "item": w.items[0], "question": "", "clause": "", "severity": Severity.MAJOR, "note": ""},
    "acceptance.return_delivery": lambda w: {"work_order": w.order, "reason": "", "items": []},
}  # fmt: skip
DOCUMENT: dict[str, DocumentId] = {}
JOB: dict[str, str] = {}
IMPORT: dict[str, ImportId] = {}
HANDED: dict[str, HandOverId] = {}
PAUSE: dict[str, PauseId] = {}
WAIVER: dict[str, WaiverId] = {}
WITNESS: dict[str, WitnessId] = {}
CHANGE: dict[str, Any] = {}
ACTION: dict[str, Any] = {}
CALIBRATION: dict[str, Any] = {}
ESCALATION: dict[str, Any] = {}


def held(world: World) -> str:
    """An assignment of the batch."""
    found = world.look(execution.assignments, world.order, Purpose.PRODUCE)
    return str(found[0].id)


def matrix() -> str:
    """The declared matrix as text: act, roles, stages."""
    lines = ["# Who may do what, and at which stages (of the engagement or of its work order)."]
    lines.append("# act | roles | stages")
    for name in sorted(ACTS):
        rule = ACTS[name].rule
        roles = sorted(r.value for r in rule.roles) + ["administrator"] * rule.administrator
        stages = [s.value for s in Stage if s in rule.stages] or ["any"]
        lines.append(f"{name} | {', '.join(roles)} | {', '.join(stages)}")
    return "\n".join(lines) + "\n"


def test_the_matrix_is_the_agreed_one() -> None:
    if os.environ.get(UPDATE) == "1":
        EXPECTED.write_text(matrix(), encoding="utf-8")
    assert EXPECTED.read_text(encoding="utf-8") == matrix(), f"run with {UPDATE}=1 if it is meant"


def test_every_act_is_exercised() -> None:
    assert sorted(ARGUMENTS) == sorted(ACTS)


@pytest.fixture(scope="module")
def stocked(
    cluster: Cluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A world in which everything an act may be about exists, and a member for every role."""
    from tests.support.database import fresh_database
    from tests.support.service import tiny_service

    from outwork import practices

    practices.catalogue()[KEY] = tiny_service()
    with fresh_database(cluster, migrated) as dsns:
        assert isinstance(dsns, Dsns)
        world = World(dsns.app, tmp_path_factory.mktemp("keys"))
        world.upto("admit")
        world.define("day")
        IMPORT[world.engagement] = world.act(
            "dana",
            execution.start_import,
            world.order,
            "r.csv",
            execution.RowFormat.CSV,
            9,
            "0" * 64,
        )
        world.act("dana", execution.abandon_import, IMPORT[world.engagement])
        world.upto("draft_all", after="admit")
        taken = world.act("ana", execution.claim, world.engagement)
        HANDED[world.engagement] = world.act("ana", execution.hand_over, taken, "Go on")
        PAUSE[world.engagement] = world.act("dana", execution.pause_clock, world.order, "asked")
        JOB[world.engagement] = "job_parked"
        with world.database.transaction("job", [world.engagement]) as db:
            parked = outbox.Job(
                world.engagement, "job_parked", execution.DRAFTING, "bot", world.people["bot"],
                world.now, outbox.JobState.PARKED,
            )  # fmt: skip
            outbox.ask(db, parked)
        with operation(world.database, world.people["dana"], world.now) as op:
            DOCUMENT[world.engagement] = documents.keep(
                op, world.engagement, "given.txt", b"x", audience=documents.Audience.MEMBERS
            ).id
        asked = world.act("ana", execution.claim, world.engagement)
        ESCALATION[world.engagement] = world.act(
            "ana", execution.escalate, asked, "renewal", "Which page?"
        )
        WAIVER[world.engagement] = world.waive("transfer", "no-bar", countersigned=None)
        WITNESS[world.engagement] = world.witness("dana", "http://127.0.0.1:9").witness
        ACTION[world.engagement] = world.act(
            "dana", assurance.open_action, world.engagement, "c-law", "T", world.people["ana"],
            world.now + timedelta(days=9),
        )  # fmt: skip
        CALIBRATION[world.engagement] = world.act(
            "dana", assurance.open_calibration, world.engagement, "T", world.items[-1:],
            [world.people["rosa"], world.people["ben"]],
        )  # fmt: skip
        CHANGE[world.engagement] = world.act(
            "rosa", acceptance.propose_change, world.engagement, "c-law", "Other words", "Grounds"
        )
        admin = "administrator"
        for role in Role:
            side = Side.PROVIDER
            if role in (Role.VENDOR_MANAGER, Role.CLIENT_REVIEWER):
                side = Side.CLIENT
            elif role is Role.AUDITOR:
                side = Side.AUDITOR
            party = {Side.PROVIDER: "provider", Side.CLIENT: "client", Side.AUDITOR: "auditor"}
            world.people[role.value] = world.act(
                admin, agreements.register_actor, world.parties[party[side]], f"Only {role.value}",
                f"only-{role.value}", [] if role is Role.BIDDER else [role],
            )  # fmt: skip
            world.enrol(role.value, side, role)
        yield world
        world.close()
        practices.catalogue().pop(KEY, None)


@contextmanager
def no_writes(world: World) -> Iterator[list[str]]:
    """Statements that change something, as they are sent."""
    sent: list[str] = []

    def note(*arguments: Any) -> None:
        statement = str(arguments[2]).lstrip().lower()
        if statement.startswith(("insert", "update", "delete")):
            sent.append(statement.splitlines()[0])

    sa.event.listen(world.database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(world.database.engine, "before_cursor_execute", note)


def attempt(world: World, who: str, name: str) -> tuple[str, list[str]]:
    """The code an act is refused with, and what was written before; always rolled back."""
    given = ARGUMENTS[name](world)
    with no_writes(world) as sent:
        try:
            with operation(world.database, world.people[who], world.now) as op:
                ACTS[name](op, **given)
                raise RuntimeError("allowed")
        except (Refusal, NotFound) as error:
            return error.code, list(sent)
        except Exception as error:  # noqa: BLE001  (whatever comes after permission will do)
            return type(error).__name__, list(sent)


def put_at(world: World, stage: Stage) -> None:
    """The engagement and its work order at a stage, past every gate."""
    with world.database.transaction("job", [world.engagement]) as db:
        db.execute(sa.text("update engagement set stage = :stage"), {"stage": stage.value})
        db.execute(sa.text("update work_order set stage = :stage"), {"stage": stage.value})


# Of no engagement, or of all: what is done in one is asked for there.
ANYWHERE = {"requirements.draft_engagement", "execution.claim_any"}


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_nobody_else_may(stocked: World, name: str) -> None:
    rule = ACTS[name].rule
    stage = min(rule.stages, default=Stage.EXECUTION, key=lambda s: s.position)
    put_at(stocked, stage)
    for role in set(Role) - rule.roles:
        assert attempt(stocked, role.value, name) == ("not-permitted", []), role
    installation = rule.administrator or name in ANYWHERE
    if not installation:
        for outsider in ("stranger", "administrator", "bot2"):
            assert attempt(stocked, outsider, name) == ("not-found", []), outsider
    for role in rule.roles:
        code, _ = attempt(stocked, role.value, name)
        assert code not in ("not-permitted", "wrong-stage", "not-found"), (role, code)


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_not_at_another_stage(stocked: World, name: str) -> None:
    rule = ACTS[name].rule
    if not rule.stages:
        pytest.skip("may be done at any stage")
    for stage in set(Stage) - rule.stages:
        put_at(stocked, stage)
        for role in rule.roles:
            assert attempt(stocked, role.value, name) == ("wrong-stage", []), (stage, role)


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_nobody_whose_entitlement_has_ended(stocked: World, name: str) -> None:
    rule = ACTS[name].rule
    if rule.administrator or name in ANYWHERE:
        pytest.skip("belongs to no engagement")
    put_at(stocked, min(rule.stages, default=Stage.EXECUTION, key=lambda s: s.position))
    before = stocked.now
    stocked.now += timedelta(days=4000)
    try:
        for role in rule.roles:
            assert attempt(stocked, role.value, name) == ("not-permitted", []), role
    finally:
        stocked.now = before
