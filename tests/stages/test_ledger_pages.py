"""The audit trail as a page: words, filters, how far each entry is proved, who is shown what."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Callable
from html import unescape

import pytest
from tests.stages.test_witnesses import running, send
from tests.support.engagement import World, refused

import outwork.main
import outwork_verify
from outwork import access, ledger, reporting
from outwork.interfaces.web import web
from outwork.interfaces.web.labels import EVENTS, happened
from outwork.interfaces.web.ledger_pages import SLICES
from outwork.interfaces.web.visit import csrf_of
from outwork.ledger import Sought
from outwork.ledger.timestamps import Timestamp
from outwork.operation import operation, utc_now
from outwork.reporting import Filter, LogEntry
from outwork.stages import execution
from outwork_verify import read_policy, verify_receipt

with warnings.catch_warnings():  # Starlette would rather have the next major version of its client
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient
from outwork.vocabulary import NotFound

Look = Callable[..., str]


@pytest.fixture
def page(world: World) -> Look:
    """The page that somebody gets below the engagement's address."""
    app = web(world.database)

    def get(who: str, place: str, status: int = 200) -> str:
        with world.database.transaction("job") as db:
            token = access.open_session(db, world.people[who], utc_now())
        browser = TestClient(app, cookies={"outwork-session": token}, follow_redirects=False)
        got = browser.get(f"/engagements/{world.engagement}/{place}")
        assert got.status_code == status, got.text
        return unescape(got.text)

    return get


def shown(
    world: World, who: str, wanted: Filter | None = None, limit: int | None = None
) -> list[LogEntry]:
    """Every entry that a reader finds, from page to page."""
    found: list[LogEntry] = []
    after = None
    while True:
        with operation(world.database, world.people[who], world.now) as op:
            made = reporting.timeline(op, world.engagement, wanted, after, limit)
        found += made.rows
        after = made.next
        if after is None:
            return found


def test_every_kind_of_event_is_said_in_words() -> None:
    assert outwork.main
    assert sorted(set(ledger.EVENTS) - set(EVENTS)) == []
    assert not [k for k in EVENTS if "%(" in happened(k, {}) or "_" in happened(k, {})]


def test_filters_show_what_they_say_and_pages_leave_nothing_out(world: World) -> None:
    world.upto("finish")
    world.integrate()
    every = shown(world, "vera")
    assert [e.seq for e in every] == list(range(len(every) - 1, -1, -1))
    assert [e.id for e in shown(world, "vera", limit=7)] == [e.id for e in every]

    def sought(wanted: Filter) -> list[LogEntry]:
        found = shown(world, "vera", wanted, limit=3)
        assert 0 < len(found) < len(every), wanted
        return found

    stage = sought(Filter(kind="assurance."))
    assert {e.kind.split(".")[0] for e in stage} == {"assurance"}
    assert len(stage) == sum(e.kind.startswith("assurance.") for e in every)
    assert {e.kind for e in sought(Filter(kind="agreements.signed"))} == {"agreements.signed"}
    ana = next(e.actor for e in every if e.name.startswith("Ana "))
    assert len(sought(Filter(actor=ana))) == sum(e.actor == ana for e in every)
    middle = every[len(every) // 2].at
    assert sought(Filter(since=middle)) + sought(Filter(until=middle)) == every
    item = world.items[0]
    about = sought(Filter(item=item))
    assert about == [e for e in every if e.public.get("item") == item]
    name = world.look(execution.item, item).name
    assert sought(Filter(item=name)) == about
    line = sought(Filter(line=world.line))
    kinds = {e.kind for e in line}
    assert {"requirements.line-added", "execution.item-claimed", "assurance.sample-drawn"} <= kinds
    assert "agreements.member-joined" not in kinds
    both = sought(Filter(line=world.line, item=item, kind="execution.item-claimed"))
    assert both == [e for e in about if e.kind == "execution.item-claimed"]
    assert shown(world, "vera", Filter(line="lin_none")) == []


def test_a_search_goes_on_where_it_stopped_looking(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.upto("award")
    every = shown(world, "vera")
    monkeypatch.setattr("outwork.ledger.searching.SEARCHED", 5)
    first = world.look(
        ledger.timeline, world.engagement, Sought(kind="agreements.engagement-opened")
    )
    assert first.rows == ()
    assert first.next is not None
    found = shown(world, "vera", Filter(kind="agreements.engagement-opened"))
    assert [e.kind for e in found] == ["agreements.engagement-opened"]
    assert shown(world, "vera") == every


def test_each_entry_says_how_far_it_is_proved(world: World, page: Look) -> None:
    world.upto("award")
    assert "Waiting to be placed" in page("vera", "ledger")
    size = world.integrate().size
    world.accept_award()
    text = page("dana", "ledger")
    assert f"In the checkpoint of {size}" in text
    assert "Waiting to be placed" in text
    with running(world, "vera"):
        world.integrate()
        send(world)
        assert {e.name for e in shown(world, "vera") if e.covered is None} == set()
        assert "Cosigned: client" in page("vera", "ledger")
        with running(world, "dana"):
            after = world.integrate().size
            send(world)
            assert "Cosigned: client, provider" in page("vera", "ledger")
            world.lengthen(1)
            world.integrate()
            newest, before, *_ = shown(world, "vera")
    assert newest.covered is not None
    assert before.covered is not None
    assert (newest.covered.size, dict(newest.covered.by)) == (after + 1, {})
    assert before.covered.size == after
    assert {len(names) for names in before.covered.by.values()} == {1}
    first = shown(world, "vera")[-1].covered
    assert first is not None
    assert first.size == size  # the first checkpoint that covers it, not the newest
    text = page("vera", f"entries/{after - 1}")
    assert "Cosigned for the side of the client by vera.example" in text
    assert "Cosigned for the side of the provider by dana.example" in text


def test_an_entry_is_shown_with_its_proof_and_opened_to_managers_only(
    world: World, page: Look
) -> None:
    world.upto("finish")
    size = world.integrate().size
    opening = next(e for e in shown(world, "vera") if e.kind == "agreements.engagement-opened")
    answered = next(e for e in shown(world, "vera") if e.kind == "execution.item-submitted")
    for who in ("vera", "dana"):
        assert "Codename" in page(who, f"entries/{opening.seq}")
    text = page("carl", f"entries/{opening.seq}")
    assert "Codename" not in text
    assert "not opened to you" in text
    page("rosa", f"entries/{opening.seq}", 403)  # who inspects would learn what others found
    text = page("carl", f"entries/{answered.seq}")
    assert "An item was handed in" in text
    policy = re.search(r'data-part="policy"[^>]*>\n(.*?)</pre>', text, re.DOTALL)
    receipt = re.search(r'data-part="receipt"[^>]*>\n(.*?)</pre>', text, re.DOTALL)
    assert policy
    assert receipt
    assert verify_receipt(receipt[1].encode(), read_policy(policy[1])).ok
    assert re.search(rf'rel="next" href="[^"]*/entries/{(answered.seq or 0) + 1}"', text)
    assert 'rel="next"' not in page("vera", f"entries/{size - 1}")
    page("vera", f"entries/{size}", 404)
    page("stranger", "entries/0", 404)
    page("hugo", "entries/0", 404)
    page("stranger", "check-receipt", 404)
    assert 'type="file"' in page("ana", "check-receipt")


def test_bids_and_what_a_side_keeps_to_itself_stay_with_their_own(world: World) -> None:
    world.upto("award")
    world.accept_award()
    world.integrate()

    def opened(who: str, kind: str) -> list[bool]:
        found = []
        for e in shown(world, who, Filter(kind=kind)):
            with operation(world.database, world.people[who], world.now) as op:
                found.append(bool(reporting.log_entry(op, world.engagement, e.seq or 0).opened))
        return found

    bids = opened("vera", "selection.proposal-submitted")
    assert bids
    assert all(bids)
    assert opened("dana", "selection.proposal-submitted").count(True) == 1
    assert not any(opened("dana", "selection.proposal-scored"))
    joined = opened("dana", "agreements.member-joined")
    assert True in joined
    assert False in joined  # the rival's people
    assert all(opened("vera", "agreements.member-joined"))


def test_a_bundle_opens_what_its_reader_may_see(world: World) -> None:
    """Entry by entry as the pages do: a rival's bid is not in the winner's bundle."""
    world.upto("award")
    world.accept_award()
    world.integrate()
    for who in ("vera", "dana"):
        target = io.BytesIO()
        with operation(world.database, world.people[who], world.now) as op:
            reporting.write_bundle(op, world.engagement, target)
            seqs = [e.seq for e in ledger.entries(op.db, world.engagement)]
            shown_one_by_one = {
                seq for seq in seqs if reporting.log_entry(op, world.engagement, seq).opened
            }
        with zipfile.ZipFile(target) as bundle:
            lines = bundle.read("disclosures.jsonl").splitlines()
        assert {json.loads(line)["seq"] for line in lines} == shown_one_by_one
        target.seek(0)
        assert outwork_verify.verify(target).ok
        assert len(shown_one_by_one) < len(seqs)


def test_who_only_answers_is_shown_no_entry_as_the_log_holds_it(world: World, page: Look) -> None:
    world.upto("produce")
    world.integrate()
    mine = shown(world, "ana")
    assert {e.seq for e in mine} == {None}
    assert all(e.covered is not None and e.covered.size == 0 for e in mine)
    assert "In a checkpoint" in page("ana", "ledger")
    assert "/entries/" not in page("ana", "ledger")
    page("ana", "entries/3", 403)
    claimed = world.look(ledger.find_entry, world.engagement, "execution.item-claimed")
    with operation(world.database, world.people["ana"], world.now) as op:
        for do in (
            lambda: reporting.receipt(op, world.engagement, claimed.seq),
            lambda: reporting.receipt_of(op, world.engagement, claimed.id),
            lambda: reporting.log_resource(op, world.engagement, "tile/entries/000.p/1"),
            lambda: reporting.log_resource(op, world.engagement, "tile/0/000.p/1"),
        ):
            with refused("not-permitted"):
                do()
        assert reporting.log_resource(op, world.engagement, "checkpoint")
    # A filter answers no question that the list does not.
    for kind in ("execution.controls-seeded", "transfer.control-scored"):
        assert shown(world, "ana", Filter(kind=kind), limit=1) == []


def test_the_newest_stamps_of_outside_clocks_are_shown(world: World, page: Look) -> None:
    world.upto("add_line")
    size = world.integrate().size
    assert "No authority has stamped this log yet" in page("vera", "ledger")
    for back in range(4):
        stamp = Timestamp(
            world.engagement, size - back, f"https://tsa-{back}.example", world.now, b"token"
        )
        with world.database.transaction("job", [world.engagement]) as db:
            ledger.keep_timestamp(db, stamp)
    text = page("vera", "ledger")
    assert "No authority has stamped" not in text
    for back in range(3):
        assert f"up to entry {size - back - 1}" in text
        assert f"https://tsa-{back}.example" in text
    assert "https://tsa-3.example" not in text
    with operation(world.database, world.people["vera"], world.now) as op:
        assert [s.size for s in reporting.stamped(op, world.engagement)] == [
            size - back for back in range(4)
        ]
    with (
        pytest.raises(NotFound),
        operation(world.database, world.people["stranger"], world.now) as op,
    ):
        reporting.stamped(op, world.engagement)


def test_bad_filters_and_cursors_are_told_of(world: World, page: Look) -> None:
    world.upto("open")
    assert "since cannot be read" in page("vera", "ledger?since=yesterday", 422)
    page("vera", "ledger?after=nonsense", 422)
    page("vera", "ledger?after=LTE", 422)  # -1
    assert "No entry fits" in page("vera", "ledger?until=2001-01-01")
    text = page("vera", "ledger?kind=agreements.&since=2001-01-01&item=x")
    assert 'value="2001-01-01"' in text
    assert "No entry fits" in text


def test_a_side_enrols_and_retires_its_witness_from_the_page(world: World, page: Look) -> None:
    world.upto("award")
    world.accept_award()
    made = world.witness("vera", "https://w.example:8100")
    mine, other = page("vera", "ledger"), page("dana", "ledger")
    assert 'id="enrol-witness"' in mine
    assert f'value="{made.witness}"' in mine
    assert 'id="enrol-witness"' in other
    assert f'value="{made.witness}"' not in other
    assert 'id="enrol-witness"' not in page("carl", "ledger")
    key = ledger.checkpoint.generate_signer("d.example", ledger.checkpoint.COSIGNATURE_V1)
    with world.database.transaction("job") as db:
        token = access.open_session(db, world.people["dana"], utc_now())
    browser = TestClient(web(world.database), cookies={"outwork-session": token})
    form = {
        "csrf": csrf_of(token), "engagement": world.engagement, "url": "https://d.example:8100",
        "key": key.verifier.encode(), "next": f"/engagements/{world.engagement}/ledger",
    }  # fmt: skip
    got = browser.post("/act/agreements.enrol_witness", data=form).text
    told = re.search(r"told only now: (\S+?)<", got)
    assert told
    found = world.look(ledger.witnessing.witness_of_token, world.engagement, told[1])
    assert found.key == key.verifier.encode()
    assert told[1] not in page("dana", "ledger")


def test_every_part_of_the_system_has_its_place_in_the_filter() -> None:
    assert outwork.main
    # What belongs to no engagement is in the installation's own log, or in the log of logs.
    assert {k.split(".")[0] for k in ledger.EVENTS} - set(SLICES) == {"ledger", "workforce"}
