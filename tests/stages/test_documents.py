"""Documents: content is given out against an event, to whoever needs to know and nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import anyio
import pytest
import sqlalchemy as sa
from tests.support import engagement as support
from tests.support.engagement import World, bad, events, refused

from outwork import access, agreements, documents, ledger
from outwork.access import Session
from outwork.documents import Access, Audience
from outwork.documents.model import ground
from outwork.documents.sharing import STATEMENT
from outwork.interfaces.api.receipts import Receipts
from outwork.interfaces.worker import Worker
from outwork.kit.lane import GroupLane
from outwork.operation import ACTS, operation
from outwork.stages import execution
from outwork.vocabulary import DocumentId, NotFound, Role, Side
from outwork_verify import read_policy, verify_receipt


@pytest.fixture
def admitted(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Items are in; it is now, as sessions need."""
    monkeypatch.setattr(support, "START", datetime.now(UTC) - timedelta(hours=1))
    world.now = support.START
    return world.upto("admit")


def source(world: World, number: int = 0) -> DocumentId:
    return DocumentId(world.look(execution.item, world.items[number]).document_id)


def given(world: World, who: str, document: DocumentId, event: int) -> bytes:
    with operation(world.database, world.people[who], world.now) as op:
        return documents.given_out(op, document, event)[1]


def test_opening_and_downloading_leave_events_against_which_content_is_given(
    admitted: World,
) -> None:
    world, document = admitted, source(admitted)
    opened = world.act("carl", documents.open_document, document)
    taken = world.act("vera", documents.download_document, document)
    kinds = [(e.kind, e.actor, e.public) for e in world.look(events, world.engagement)[-2:]]
    public = {"document": document, "ground": "role"}
    assert kinds == [
        ("documents.document-opened", world.pseudonym("carl"), public),
        ("documents.document-downloaded", world.pseudonym("vera"), public),
    ]
    assert given(world, "carl", document, opened.event).decode() == world.texts["input-0.txt"]
    assert given(world, "vera", document, taken.event).decode() == world.texts["input-0.txt"]
    for who, event in (("vera", opened.event), ("carl", taken.event), ("carl", 10**9)):
        with pytest.raises(NotFound):
            given(world, who, document, event)
    with pytest.raises(NotFound):
        given(world, "carl", source(world, 1), opened.event)
    world.passes(0.25)
    with refused("access-lapsed"):
        given(world, "carl", document, opened.event)


def test_a_document_is_known_to_whoever_needs_it(admitted: World) -> None:
    world, document = admitted, source(admitted)
    for who in ("ana", "stranger"):
        with pytest.raises(NotFound):
            world.act(who, documents.open_document, document)
    until = world.now + timedelta(hours=1)
    world.act("dana", documents.share_document, document, world.people["ana"], until)
    opened = world.act("ana", documents.open_document, document)
    assert given(world, "ana", document, opened.event).decode() == world.texts["input-0.txt"]
    with pytest.raises(NotFound):
        world.act("ana", documents.open_document, source(world, 1))
    world.passes(1)
    with pytest.raises(NotFound):
        world.act("ana", documents.download_document, document)
    world.act("dana", documents.share_document, document, world.people["ana"])
    world.act("ana", documents.download_document, document)
    with bad("share-expired"):
        world.act("dana", documents.share_document, document, world.people["ana"], world.now)
    for subject in ("stranger", "hugo"):
        with pytest.raises(NotFound):
            world.act("dana", documents.share_document, document, world.people[subject])


# --- many at once ------------------------------------------------------------------------------


def session(world: World, who: str) -> str:
    with world.database.transaction("job", [world.engagement]) as db:
        return access.open_session(db, world.people[who], datetime.now(UTC))


def answered(world: World, token: str, *lines: dict[str, Any] | bytes) -> list[dict[str, Any]]:
    """What the endpoint says to these lines."""
    body = b"\n".join(x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines)

    async def ask() -> bytes:
        writer = GroupLane(world.database.lane.dsn, STATEMENT)
        found = Receipts(world.database, writer)
        try:
            return await found.answer(token, body)
        finally:
            await writer.close()
            await found.close()

    return [json.loads(line) for line in anyio.run(ask).splitlines()]


def test_each_line_is_answered_by_itself_as_its_own_person(admitted: World) -> None:
    world, document = admitted, source(admitted)
    vera, ana, stranger = (session(world, w) for w in ("vera", "ana", "stranger"))
    before = len(world.look(events, world.engagement))
    lines = answered(
        world,
        vera,
        {"act": "open", "document": document},
        {"act": "open", "document": source(world, 1), "token": ana},
        {"act": "share", "document": document, "subject": world.people["ana"]},
        {"act": "download", "document": document, "token": ana},
        {"act": "open", "document": document, "token": stranger},
        {"act": "open", "document": document, "token": "nobody's"},
        {"act": "share", "document": document, "subject": world.people["ben"], "token": ana},
        {"act": "share", "document": document, "subject": world.people["hugo"]},
        {"act": "burn", "document": document},
        b"{not json",
        {"act": "open", "document": "doc_none"},
        {"act": "share", "document": document, "subject": world.people["ana"],
         "until": "2020-01-01T00:00:00Z"},
        {"act": "open", "document": document},
    )  # fmt: skip
    codes = [line.get("code", "kept") for line in lines]
    assert codes == [
        "kept", "not-found", "kept", "kept", "not-found", "not-signed-in", "not-permitted",
        "not-found", "line-malformed", "line-malformed", "not-found", "share-expired", "kept",
    ]  # fmt: skip
    made = world.look(events, world.engagement)[before:]
    numbers = [line["event"] for line in lines if "event" in line]
    # Ana's download rests on what the same call shares, so it comes by itself after the others.
    assert [e.id for e in made] == [numbers[0], numbers[1], numbers[3], numbers[2]]
    assert [(e.kind, e.actor, e.public["document"]) for e in made] == [
        ("documents.document-opened", world.pseudonym("vera"), document),
        ("documents.document-shared", world.pseudonym("vera"), document),
        ("documents.document-opened", world.pseudonym("vera"), document),
        ("documents.document-downloaded", world.pseudonym("ana"), document),
    ]


def test_of_what_one_call_shares_twice_the_last_word_stands(admitted: World) -> None:
    world, ana = admitted, admitted.people["ana"]
    tokens = [session(world, who) for who in ("vera", "dana")]
    soon = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    lines = [
        {"act": "share", "document": source(world, n), "subject": ana, "token": tokens[n % 2]}
        | ({} if until is None else {"until": until.isoformat()})
        for n, until in ((0, None), (1, soon), (0, soon), (1, None), (1, None))
    ]
    before = len(world.look(events, world.engagement))
    done = answered(world, tokens[0], *lines)
    made = world.look(events, world.engagement)[before:]
    assert [line["event"] for line in done] == [e.id for e in made]
    assert [e.actor for e in made] == [
        world.pseudonym("vera" if n % 2 == 0 else "dana") for n in (0, 1, 0, 1, 1)
    ]
    with world.database.transaction("job", [world.engagement]) as db:
        rows = db.execute(sa.text("select document_id, until, shared_by from document_share"))
        kept = {row.document_id: (row.until, row.shared_by) for row in rows}
    assert kept == {
        source(world, 0): (soon, world.people["vera"]),
        source(world, 1): (None, world.people["dana"]),
    }


@pytest.fixture
def working(admitted: World) -> Iterator[World]:
    """With a worker that gives events their places as soon as somebody waits for it."""
    worker = Worker(admitted.database, pause_s=5.0)
    worker.start()
    yield admitted
    worker.stop()


def test_a_receipt_comes_with_its_place_in_the_tree(working: World) -> None:
    world, document = working, source(working)
    line = {"act": "open", "document": document, "proof": True}
    (first,) = answered(world, session(world, "vera"), line)
    lines = answered(world, session(world, "carl"), line, line, {**line, "proof": False})
    policy = read_policy(f"log {ledger.verifier_key(world.database.keyring, world.engagement)}")
    for answer in (first, *lines[:2]):
        report = verify_receipt(answer["receipt"].encode(), policy)
        assert report.ok, report
        entry = world.look(ledger.event_entry, world.engagement, answer["event"])
        assert (report.figures["receipt"], report.figures["kind"]) == (entry.seq, entry.kind)
    assert "receipt" not in lines[2]


def test_the_statement_decides_as_the_rule_does(admitted: World) -> None:
    """For every set of roles that matters, audience and share: the same ground, or none."""
    world = admitted
    people: list[tuple[str, frozenset[Role]]] = []
    sets: list[set[Role]] = [{r} for r in Role]
    sets += [{Role.BIDDER, Role.ANALYST}, {Role.AUDITOR, Role.BIDDER}]
    for number, roles in enumerate(sets):
        name = f"p{number}"
        world.people[name] = world.act(
            "administrator", agreements.register_actor, world.parties["provider"], name,
            world.login(name), [],
        )  # fmt: skip
        _enrol_anyhow(world, name, frozenset(roles))
        people.append((session(world, name), frozenset(roles)))
    kept = {}
    for audience in Audience:
        with operation(world.database, world.people["dana"], world.now) as op:
            kept[audience] = documents.keep(
                op, world.engagement, "f", b"x", audience=audience
            ).id  # fmt: skip
    for shared in (False, True):
        for number, audience in product(range(len(people)), Audience):
            token, held = people[number]
            roles = set(held)
            if shared and roles != {Role.BIDDER}:
                world.act("dana", documents.share_document, kept[audience],
                          world.people[f"p{number}"])  # fmt: skip
            may = not roles <= {Role.BIDDER, Role.AGENT}
            expected = ground(roles, audience, shared=shared) if may else None
            (row,) = _row(world, token, kept[audience])
            if expected is None:
                assert row == (None, None), (roles, audience, shared)
            else:
                entry = world.look(ledger.event_entry, world.engagement, row[1])
                assert entry.public["ground"] == expected.value, (roles, audience, shared)


def _enrol_anyhow(world: World, who: str, roles: frozenset[Role]) -> None:
    """A member with these roles, whether or not its side could have them."""
    world.enrol(who, Side.PROVIDER, Role.ANALYST)
    with world.database.transaction("job", [world.engagement]) as db:
        member = access.membership(db, world.engagement, world.people[who])
        assert member is not None
        access.set_period(db, replace(member, roles=roles))


def _row(world: World, token: str, document: DocumentId) -> list[Any]:
    form = ACTS["documents.open_document"].grouped
    assert form is not None

    async def ask() -> list[Any]:
        writer = GroupLane(world.database.lane.dsn, form.statement)
        try:
            return list(await writer.run([form.call(Session.of(token), document)]))
        finally:
            await writer.close()

    return anyio.run(ask)


def test_both_ways_write_the_same_event(admitted: World) -> None:
    world, document = admitted, source(admitted)
    token = session(world, "vera")
    subject = world.people["ana"]
    until = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    by_act: list[Access] = [
        world.act("vera", documents.share_document, document, subject, until),
        world.act("vera", documents.open_document, document),
        world.act("vera", documents.download_document, document),
    ]
    lines = answered(
        world, token,
        {"act": "share", "document": document, "subject": subject, "until": until.isoformat()},
        {"act": "open", "document": document},
        {"act": "download", "document": document},
    )  # fmt: skip
    for one, other in zip(by_act, lines, strict=True):
        a = world.look(ledger.event_entry, world.engagement, one.event)
        b = world.look(ledger.event_entry, world.engagement, other["event"])
        assert (a.kind, a.version, a.actor, a.public, a.sealed) == (
            b.kind, b.version, b.actor, b.public, b.sealed,
        )  # fmt: skip
