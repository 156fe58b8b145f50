"""No row without an actor, none of another engagement, and nothing written is written over."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import psycopg
import pytest
from tests.support.database import fresh_database
from tests.support.engagement import World
from tests.support.imports import bring, start, upload
from tests.support.service import KEY, content, tiny_service

from outwork import agreements, documents, ledger, practices
from outwork.kit.postgres import Cluster, Dsns
from outwork.ledger.timestamps import Timestamp
from outwork.migrations.versions.v0001_first import APPEND_ONLY, SCOPED
from outwork.stages import acceptance, assurance, execution, setup, transfer
from outwork.stages.execution import RowFormat
from outwork.stages.transfer import ControlUse
from outwork.vocabulary import ItemId, Role, Severity

MINE, OTHER = "eng_mine", "eng_other"


@pytest.fixture(scope="module")
def full(
    cluster: Cluster, migrated: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Dsns, str]]:
    """A database whose every scoped table has rows of one engagement."""
    practices.catalogue()[KEY] = tiny_service()
    with fresh_database(cluster, migrated) as dsns:
        world = World(dsns.app, tmp_path_factory.mktemp("keys"))
        try:
            world.upto("admit")
            world.act("dana", setup.state_need, world.line)
            world.watch()
            world.define("day")
            world.act("vera", setup.agree_hours, world.line, "day")
            world.roster("rosa")
            later = world.now + timedelta(days=90)
            world.act("dana", setup.note_absence, world.engagement, world.people["rosa"], later,
                      later + timedelta(days=1))  # fmt: skip
            world.act("dana", setup.plan_reviews, world.line, [Decimal("0.5")])
            row = json.dumps({"name": "row", "text": content(9).decode()})
            bring(world, row.encode() + b"\n{broken")
            world.upto("release", after="admit")
            world.waive("execution", "items-unfinished")
            document = world.look(execution.item, world.items[0]).document_id
            world.act("dana", documents.share_document, document, world.people["ana"])
            world.draft_all()
            world.act("dana", execution.pause_clock, world.order, "client-owes-answer")
            world.act("dana", execution.set_routing, world.engagement, Decimal(10))
            world.act(
                "dana", execution.state_cost, world.engagement, world.people["ana"], Decimal(8)
            )
            assert world.act("dana", execution.route, world.engagement) > 0
            world.passes(1)  # the offers have run out
            assert world.act("dana", execution.route, world.engagement) == 0
            held = world.act("ana", execution.claim, world.engagement)
            world.act("ana", execution.save_progress, held, {"a": 1})
            world.act("ben", execution.claim, world.engagement)
            kept = world.act("ben", execution.claim, world.engagement)
            assert kept != held
            handed = world.act("ana", execution.hand_over, held, "Go on")
            world.act("dana", execution.decline_hand_over, handed)
            world.produce("ana")
            world.act("ben", execution.submit, kept, world.answers(kept))
            world.check()
            world.review()
            world.act("dana", execution.recall, world.items[0], "renewal", "c-renewal")
            back = world.act("ana", execution.claim, world.engagement)
            asked = world.act("ana", execution.escalate, back, "renewal", "Which page?")
            world.act("carl", execution.answer_escalation, asked, "The second.")
            world.act("ana", execution.contest_effort, kept_effort(world), 1, "A break")
            world.act(maker(world, world.items[0]), execution.dispute, back, "It says so.")
            score = world.act("rosa", execution.claim, world.engagement)
            [answer] = [a for a in world.answers(score) if a.question == "renewal"]
            world.act("rosa", execution.rescore, score, answer)
            world.produce("ana")
            world.review()
            world.upto("draw", after="produce")
            world.inspect(defective=1)
            world.act("dana", agreements.invite_member, world.engagement, world.people["both"],
                      [Role.REVIEWER])  # fmt: skip
            world.integrate()
            world.act("dana", assurance.request_reinspection, world.order, 1)
            world.inspect("both")
            world.decide()
            world.produce()
            world.review()
            answered_twice(world)
            world.review()
            world.act("dana", execution.pause_worker, world.engagement, world.people["ana"], "R")
            world.commit()
            world.upto("close_order", after="produce")
            world.act("carl", acceptance.report_escape, world.items[0], "renewal", "c-renewal",
                      Severity.MINOR, "It does")  # fmt: skip
            calibrate(world)
            world.act("dana", assurance.open_action, world.engagement, "c-law", "T",
                      world.people["ana"], world.now + timedelta(days=9))  # fmt: skip
            world.act("rosa", acceptance.propose_change, world.engagement, "c-law", "W", "B")
            world.open()
            upload(world, start(world, b'{"text": "x"}', RowFormat.JSONL), b'{"text": "x"}')
            world.lengthen(256)  # a tile's worth of entries
            enrolled = world.witness("dana", "http://127.0.0.1:9").witness
            size, line = world.integrate().size, ledger.checkpoint.SignatureLine("w", b"1234", b"")
            world.look(ledger.witnessing.cosigned, enrolled, size, line, world.now)
            stamp = Timestamp(world.engagement, size, "http://tsa", world.now, b"token")
            world.look(ledger.keep_timestamp, stamp)
            with world.database.transaction("job", [world.engagement, ledger.LOGS]) as db:
                assert ledger.logs.cover(db, world.now, secrets.token_bytes) == 1
        finally:
            world.close()
        yield dsns, world.engagement
    practices.catalogue().pop(KEY, None)


def calibrate(world: World) -> None:
    """A session in which two differ, and what was settled of it."""
    world.add_control(70, ControlUse.CALIBRATION)
    items = [
        c.id for c in world.look(transfer.control_items, world.engagement, ControlUse.CALIBRATION)
    ]
    raters = [world.people["ben"], world.people["rosa"]]
    made = world.act("dana", assurance.open_calibration, world.engagement, "T", items, raters)
    world.take("ben", renewal=None)
    world.take("rosa")
    world.act("dana", assurance.close_calibration, made)
    [(item, question)] = world.look(assurance.calibration, made).differences()
    world.act("dana", assurance.settle_difference, made, item, question, 0, "c-renewal", "So")


def answered_twice(world: World) -> None:
    """An item of another batch, answered by both analysts."""
    main, before = world.order, list(world.items)
    world.act(
        "dana", setup.plan_control, world.line, Decimal(0), overlap_share=Decimal(1),
        good=Decimal("0.1"), bad=Decimal("0.5"), false_after=40,
    )  # fmt: skip
    world.open()
    world.admit(1)
    world.upto("produce", after="admit")
    world.order, world.items = main, before


def maker(world: World, item: ItemId) -> str:
    """Which of the analysts answered an item."""
    authors = {s.author_id for s in world.look(execution.submissions, item)}
    return next(who for who in ("ana", "ben") if world.people[who] in authors)


def kept_effort(world: World) -> str:
    """An assignment that ana handed in."""
    made = [s for i in world.items for s in world.look(execution.submissions, i)]
    return next(s.assignment_id for s in made if s.author_id == world.people["ana"])


def see(db: psycopg.Connection[tuple[object, ...]], *engagements: str) -> None:
    """The settings of a transaction that sees these engagements."""
    db.execute("select set_config('outwork.actor', 'job', true)")
    db.execute("select set_config('outwork.engagements', %s, true)",
               ["{" + ",".join(engagements) + "}"])  # fmt: skip


def rows(db: psycopg.Connection[tuple[object, ...]], table: str) -> int:
    """How many rows a connection sees."""
    found = db.execute(f"select count(*) from {table}").fetchone()
    assert found is not None
    return int(str(found[0]))


EMPTY = {"saved_progress"}  # removed once the item is handed in


@pytest.mark.parametrize("table", sorted(SCOPED))
def test_rows_are_seen_by_their_engagement_alone(full: tuple[Dsns, str], table: str) -> None:
    dsns, engagement = full
    for dsn in (dsns.app, dsns.owner):  # forced: not even the owner
        with psycopg.connect(dsn) as db:
            assert rows(db, table) == 0, "without an actor"
        with psycopg.connect(dsn) as db:
            see(db)
            assert rows(db, table) == 0, "without an engagement"
        with psycopg.connect(dsn) as db:
            see(db, OTHER)
            assert rows(db, table) == 0, "with another engagement"
        with psycopg.connect(dsn) as db:
            see(db, OTHER, engagement)
            assert rows(db, table) > 0 or table in EMPTY, "with its own"
    with psycopg.connect(dsns.app) as db:  # the setting ends with the transaction
        see(db, engagement)
        db.commit()
        assert rows(db, table) == 0


@pytest.mark.parametrize("table", sorted(SCOPED))
def test_rows_are_not_written_for_another_engagement(full: tuple[Dsns, str], table: str) -> None:
    dsns, engagement = full
    column = SCOPED[table]
    for dsn in (dsns.app, dsns.owner):
        with psycopg.connect(dsn) as db:
            see(db, OTHER)
            if table not in APPEND_ONLY or dsn == dsns.owner:
                assert db.execute(f"update {table} set {column} = {column}").rowcount == 0
                assert db.execute(f"delete from {table}").rowcount == 0
        with psycopg.connect(dsn) as db:
            see(db, engagement)
            if table not in APPEND_ONLY and rows(db, table):
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level"):
                    db.execute(f"update {table} set {column} = '{OTHER}'")
        with psycopg.connect(dsn) as db:
            see(db, engagement)
            known = db.execute(
                "select string_agg(quote_ident(column_name), ',') from information_schema.columns"
                " where table_schema = 'public' and table_name = %s and column_name <> %s"
                " and is_identity = 'NO'", [table, column]).fetchone()  # fmt: skip
            assert known is not None
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level"):
                db.execute(
                    f"insert into {table} ({known[0]}, {column})"
                    f" select {known[0]}, '{OTHER}' from {table}"
                    if table not in EMPTY
                    else f"insert into {table} ({column}, assignment_id, actor_id, content,"
                    f" saved_at) values ('{OTHER}', 'a', 'b', '', now())"
                )


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
def test_what_is_written_stays(full: tuple[Dsns, str], table: str) -> None:
    dsns, engagement = full
    free = APPEND_ONLY[table]
    with psycopg.connect(dsns.app, autocommit=True) as db:
        columns = db.execute(
            "select column_name from information_schema.columns"
            " where table_schema = 'public' and table_name = %s", [table]).fetchall()  # fmt: skip
        for (name,) in columns:
            statement = f'update {table} set "{name}" = "{name}"'
            if name in free:
                db.execute(statement)
                continue
            refusals = (psycopg.errors.InsufficientPrivilege, psycopg.errors.GeneratedAlways)
            with pytest.raises(refusals):
                db.execute(statement)
        for statement in (f"delete from {table}", f"truncate {table} cascade"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(statement)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db.execute(f"alter table {table} disable row level security")
    assert engagement


def test_the_application_owns_nothing(full: tuple[Dsns, str]) -> None:
    dsns, _ = full
    with psycopg.connect(dsns.app) as db:
        owned = db.execute(
            "select relname from pg_class where relowner ="
            " (select oid from pg_roles where rolname = current_user)"
        ).fetchall()
        assert owned == []
        role = db.execute(
            "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles"
            " where rolname = current_user"
        ).fetchone()
        assert role == (False, False, False, False)
        unguarded = db.execute(
            "select relname from pg_class join pg_namespace n on n.oid = relnamespace"
            " where n.nspname = 'public' and relkind = 'r'"
            " and not (relrowsecurity and relforcerowsecurity)"
        ).fetchall()
    allowed = {"party", "actor", "clock", "credential", "session", "signing_key", "step_up",
               "master_agreement", "qualification"}  # fmt: skip
    assert {name for (name,) in unguarded} == allowed | {"engagement_directory", "alembic_version"}


def test_an_actor_finds_its_own_memberships_and_no_others(full: tuple[Dsns, str]) -> None:
    dsns, engagement = full
    with psycopg.connect(dsns.app) as db:
        see(db, engagement)
        found = db.execute("select distinct actor_id from membership").fetchall()
        people = [str(actor) for (actor,) in found]
    assert len(people) > 5
    with psycopg.connect(dsns.app) as db:
        db.execute("select set_config('outwork.actor', %s, true)", [people[0]])
        assert db.execute("select actor_id from membership").fetchall() == [(people[0],)]
        updated = db.execute("update membership set pseudonym = 'x'").rowcount
        assert updated == 0


def test_an_injected_list_of_engagements_is_no_way_in(full: tuple[Dsns, str]) -> None:
    dsns, _ = full
    for value in ("{", "*", "{%}", "%", "any"):
        with psycopg.connect(dsns.app) as db:
            db.execute("select set_config('outwork.engagements', %s, true)", [value])
            try:
                assert rows(db, "engagement") == 0
            except psycopg.errors.InvalidTextRepresentation:
                continue  # refused as a whole: nothing is seen either
