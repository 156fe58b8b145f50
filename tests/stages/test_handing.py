"""Handing an item over: lease, packet, receiver, makers, and the next site that opens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.support.engagement import START, World, bad, events, refused

from outwork.stages import execution, setup
from outwork.stages.execution import AssignmentState, HandOver, Packet
from outwork.stages.execution.model import LEASE
from outwork.vocabulary import AssignmentId, NotFound, Purpose, Role, Side

DAY = timedelta(days=1)


def working(world: World, step: str = "draft_all") -> AssignmentId:
    """Ana holds an item, and has settled one question of it."""
    world.upto(step)
    held: AssignmentId = world.act("ana", execution.claim, world.engagement)
    content = {"answers": {"effective-date": {"action": "confirm"}, "renewal": {"action": ""}}}
    world.act("ana", execution.save_progress, held, content)
    return held


def give(world: World, held: AssignmentId, to: str | None = "ben", by: str = "ana",
         **words: Any) -> Any:  # fmt: skip
    person = None if to is None else world.people[to]
    return world.act(by, execution.hand_over, held, "Read clause 7 Codename", person, **words)


def assignment(world: World, held: AssignmentId) -> execution.Assignment:
    found: execution.Assignment = world.look(execution.assignment, held)
    return found


def waiting(world: World, who: str = "ben") -> HandOver:
    (found,) = world.look(execution.hand_overs, to=world.people[who])
    assert isinstance(found, HandOver)
    return found


def test_the_giver_loses_the_lease_and_the_receiver_gets_it_reserved(world: World) -> None:
    held = working(world)
    given = give(world, held)
    now = assignment(world, held)
    assert (now.state, now.reserved_for) == (AssignmentState.HANDED, world.people["ben"])
    answers = world.answers(held)
    with refused("not-reserved"):
        world.act("ana", execution.submit, held, answers)
    for other in ("ana", "both"):
        world.enrol(other, Side.PROVIDER, Role.ANALYST)
    with refused("not-open"):
        world.act("ben", execution.claim, world.engagement, None, held)  # it is accepted instead
    with pytest.raises(NotFound):
        world.act("both", execution.claim, world.engagement, None, held)
    assert world.act("ana", execution.claim, world.engagement) != held
    with refused("handed-to-another"):
        world.act("both", execution.accept_hand_over, given)
    assert world.act("ben", execution.accept_hand_over, given) == held
    kept = world.look(execution.progress, assignment(world, held), world.people["ben"])
    assert kept["answers"]["effective-date"] == {"action": "confirm"}  # what was typed goes along
    world.act("ben", execution.submit, held, answers)
    with refused("hand-over-settled"):
        world.act("ben", execution.accept_hand_over, given)


def test_the_packet_says_what_there_is_to_know(world: World) -> None:
    held = working(world)
    item = assignment(world, held).item_id
    world.act("dana", execution.pause_clock, world.order, "client-owes-answer", item)
    give(world, held, done="The date", ruled_out="No renewal", blocked_on="Carl of the client")
    packet = world.look(execution.packet, waiting(world))
    assert isinstance(packet, Packet)
    assert (packet.done, packet.ruled_out, packet.blocked_on, packet.next_action) == (
        "The date", "No renewal", "Carl of the client", "Read clause 7 Codename",
    )  # fmt: skip
    assert packet.answered == ("effective-date",)
    assert set(packet.open) == {"governing-law", "renewal"}
    assert packet.owed == ("client-owes-answer",)
    kinds = [kind for _at, kind, _who in packet.history]
    assert kinds[0] == "execution.clock-paused"
    assert {"execution.item-admitted", "execution.item-submitted"} <= set(kinds)
    (told,) = [e for e in world.look(events, world.engagement) if e.kind.endswith("handed-over")]
    assert (told.public["answered"], told.public["open"]) == (1, 2)
    assert "Codename" not in str(told.public)
    assert set(told.sealed) == {
        "packet.done", "packet.ruled_out", "packet.blocked_on", "packet.next_action",
    }  # fmt: skip


def test_whoever_handed_the_answering_on_never_checks_it(world: World) -> None:
    world.upto("draft_all")
    world.enrol("ana", Side.PROVIDER, Role.REVIEWER)  # she answers and inspects
    while (held := world.act("ana", execution.claim, world.engagement)) is not None:
        given = give(world, held)
        world.act("ben", execution.accept_hand_over, given)
        world.act("ben", execution.submit, held, world.answers(held))
    world.upto("draw", after="produce")
    for drawn in world.open_assignments(Purpose.INSPECT):
        with refused("maker-is-checker", "maker-is-checker"):
            world.act("ana", execution.claim, world.engagement, None, drawn.id)
    assert world.act("ana", execution.claim, world.engagement) is None
    assert world.act("rosa", execution.claim, world.engagement) is not None


def test_an_inspection_is_not_handed_to_a_maker(world: World) -> None:
    world.upto("draw")
    world.enrol("ben", Side.PROVIDER, Role.REVIEWER)
    held = world.act("rosa", execution.claim, world.engagement)
    made_by_ben = {a.actor_id for a in world.look(execution.assignments, world.order,
                   Purpose.PRODUCE) if a.item_id == assignment(world, held).item_id}  # fmt: skip
    if world.people["ben"] in made_by_ben:
        with refused("maker-is-checker"):
            give(world, held, by="rosa")
    else:
        give(world, held, by="rosa")
        assert waiting(world).family is None  # checking makes nobody a maker


def test_what_is_not_handed_over_is_refused(world: World) -> None:
    held = working(world)
    with bad("next-action-empty"):
        world.act("ana", execution.hand_over, held, " ", world.people["ben"])
    with bad("text-too-long", what="ruled out"):
        give(world, held, ruled_out="x" * 4001)
    with bad("handed-to-oneself"):
        give(world, held, "ana")
    with refused("not-certified", "role-missing", "not-certified"):
        give(world, held, "rosa")
    with pytest.raises(NotFound):
        give(world, held, "stranger")
    with refused("not-reserved"):
        give(world, held, "ana", by="ben")
    assert assignment(world, held).state is AssignmentState.LIVE


def test_a_hand_over_is_called_off_by_those_concerned(world: World) -> None:
    held = working(world)
    world.enrol("both", Side.PROVIDER, Role.ANALYST)
    for who in ("ben", "ana", "dana"):
        given = give(world, held)
        with refused("handed-to-another"):
            world.act("both", execution.decline_hand_over, given)
        world.act(who, execution.decline_hand_over, given, "busy")
        assert assignment(world, held).reserved_for is None
        assert world.act("ana", execution.claim, world.engagement, None, held) == held
    assert world.look(execution.hand_overs, to=world.people["ben"]) == []


def test_the_receiver_accepts_in_working_hours_and_within_capacity(world: World) -> None:
    held = working(world)
    world.define("manila", "Asia/Manila")
    world.roster("ben", "manila", 1)
    given = give(world, held)  # it is six in the evening there: he finds it in the morning
    with refused("outside-hours"):
        world.act("ben", execution.accept_hand_over, given)
    world.now = START.replace(hour=1) + DAY
    own = world.act("ben", execution.claim, world.engagement)
    with refused("at-capacity"):
        world.act("ben", execution.accept_hand_over, given)
    world.act("ben", execution.return_assignment, own)
    assert world.act("ben", execution.accept_hand_over, given) == held


def receivers(world: World, held: AssignmentId) -> list[tuple[str, str | None]]:
    names = {v: k for k, v in world.people.items()}
    from outwork.operation import operation

    with operation(world.database, world.people["ana"], world.now) as op:
        found = execution.receivers(op, execution.assignment(op.db, held))
    return [(names[r.actor], r.site) for r in found]


def test_unfinished_work_follows_the_sun(world: World) -> None:
    world.upto("approve")
    for name, zone in (("lagos", "Africa/Lagos"), ("bogota", "America/Bogota"),
                       ("manila", "Asia/Manila")):  # fmt: skip
        world.define(name, zone)
    for who in ("both", "dirk"):
        world.enrol(who, Side.PROVIDER, Role.ANALYST)
    world.certify("both", "dirk")
    world.upto("draft_all", after="approve")
    held = world.act("ana", execution.claim, world.engagement)
    world.roster("ana", "lagos")
    world.roster("ben", "manila")
    world.roster("both", "bogota")
    # Ten in the morning in Lagos: Bogota opens in five hours, Manila after its night.
    assert receivers(world, held) == [("both", "bogota"), ("ben", "manila"), ("dirk", None)]
    world.act("dana", setup.note_absence, world.engagement, world.people["both"], world.now,
              world.now + DAY)  # fmt: skip
    assert receivers(world, held) == [("ben", "manila"), ("dirk", None)]
    given = world.act("ana", execution.hand_over, held, "Go on")
    assert waiting(world).id == given


def test_with_nobody_to_hand_to_one_is_told(world: World) -> None:
    world.upto("prepare")
    world.certify("ana", "bot")
    world.waive("transfer", "not-certified")
    world.upto("draft_all", after="certify_team")
    held = world.act("ana", execution.claim, world.engagement)
    with refused("nobody-to-hand-to"):
        give(world, held, None)


def test_a_batch_that_closes_by_waiver_withdraws_what_was_handed_over(world: World) -> None:
    held = working(world)
    given = give(world, held)
    world.produce("ana")
    world.waive("execution", "items-unfinished")
    world.close_batch()
    assert assignment(world, held).state is AssignmentState.WITHDRAWN
    with refused("hand-over-settled"):
        world.act("ben", execution.accept_hand_over, given)


def test_an_accepted_item_whose_lease_runs_out_is_anybodys(world: World) -> None:
    held = working(world)
    world.enrol("both", Side.PROVIDER, Role.ANALYST)
    world.certify("both")
    given = give(world, held)
    world.now += 2 * LEASE  # a hand-over waits for its receiver however long
    with pytest.raises(NotFound):
        world.act("both", execution.claim, world.engagement, None, held)
    world.act("ben", execution.accept_hand_over, given)
    with refused("not-open"):
        world.act("both", execution.claim, world.engagement, None, held)
    world.now += LEASE
    answers = world.answers(held)
    with refused("reservation-expired"):
        world.act("ben", execution.submit, held, answers)
    assert world.act("both", execution.claim, world.engagement, None, held) == held
    with refused("hand-over-settled"):
        world.act("ben", execution.accept_hand_over, given)
    with refused("not-reserved"):
        world.act("ben", execution.submit, held, answers)
    world.act("both", execution.submit, held, answers)
    made = world.look(execution.submission_of, held)
    assert made.author_id == world.people["both"]
