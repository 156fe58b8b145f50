"""The API, reached through the SDK: a whole engagement, refusals with codes, what is hidden."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from tests.support import engagement as support
from tests.support.engagement import DEFECTS, PASSWORD, World
from tests.support.service import GUIDELINE, KEY, content, right

from outwork import access, ledger
from outwork.interfaces.api import Swift, api
from outwork.operation import ACTS
from outwork.stages import setup
from outwork.vocabulary import EngagementId, Role, Side
from outwork_client import (
    BadInput,
    Client,
    ClientError,
    Forbidden,
    NotFound,
    NotSignedIn,
    Refused,
)
from outwork_verify import read_policy, verify, verify_receipt

NONCES = {"client": "c1" * 32, "provider": "d2" * 32}
PRICE = {"amount": "12.345", "currency": "EUR"}
BASELINE = {
    "volume_a_month": 100,
    "turnaround_days": 10,
    "accuracy": "0.9",
    "unit_cost": {"amount": "20", "currency": "EUR"},
}
SAMPLING = {
    "limiting_quality": "0.4",
    "consumer_risk": "0.2",
    "acceptable_quality": "0.05",
    "producer_risk": "0.1",
}


class Desk:
    """A server over a world, and one signed-in client a person."""

    def __init__(self, world: World) -> None:
        self.world = world
        app = FastAPI()
        app.mount("/api", api(world.database))
        config = uvicorn.Config(
            Swift(app, world.database), port=0, log_level="error", lifespan="on", ws="none"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self._address = f"http://127.0.0.1:{port}"
        self._clients: dict[str, Client] = {}
        self._made: list[Client] = []

    def anonymous(self) -> Client:
        """A client that has not signed in."""
        made = Client(self._address)
        self._made.append(made)
        return made

    def __getitem__(self, who: str) -> Client:
        if who not in self._clients:
            with self.world.database.transaction("job") as db:
                access.set_password(db, self.world.people[who], PASSWORD, self.world.now)
            self._clients[who] = self.anonymous().sign_in(self.world.login(who), PASSWORD)
        return self._clients[who]

    def close(self) -> None:
        """Let go of every connection."""
        for client in self._made:
            client.close()
        self._server.should_exit = True
        self._thread.join(timeout=10)


@pytest.fixture
def desk(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The API reads the machine's clock, so the world begins today."""
    today = datetime.now(UTC)
    monkeypatch.setattr(support, "START", today - timedelta(hours=1))
    world.now = today - timedelta(minutes=30)
    made = Desk(world)
    yield made
    made.close()


def _plain_answers(name: str, text: str, **wrong: Any) -> list[dict[str, Any]]:
    return [
        {
            "question": a.question,
            "value": wrong.get(a.question.replace("-", "_"), a.value),
            "evidence": [
                {
                    "type": "text-range",
                    "document": e.document,
                    "start": e.start,
                    "end": e.end,
                    "quote": e.quote,
                }
                for e in a.evidence
                if e.type == "text-range"
            ],
        }
        for a in right(name, text)
    ]


def _take(client: Client, engagement: str) -> bool:
    """Claim the next item and answer it rightly."""
    held = client.execution.claim(engagement=engagement)
    if held is None:
        return False
    bench = client.assignment(held)
    source = bench["source"]
    client.execution.submit(
        assignment=held, answers=_plain_answers(source["name"], source["text"]), seconds=30
    )
    return True


def test_a_whole_engagement_through_the_sdk(desk: Desk, tmp_path: Path) -> None:
    vera, dana, ana, ben, rosa = (desk[k] for k in ("vera", "dana", "ana", "ben", "rosa"))
    people = desk.world.people
    made = vera.requirements.draft_engagement(title="Titled", brief="Brief", currency="EUR")
    line = vera.requirements.add_line(
        engagement=made, service=KEY, volume=6, turnaround_days=10, unit="item", defects=DEFECTS,
        sampling=SAMPLING, confidentiality="confidential", price=PRICE, baseline=BASELINE,
    )  # fmt: skip
    vera.requirements.sign_scope(engagement=made, name="Vera Clientele", password=PASSWORD)
    vera.selection.award_directly(
        engagement=made,
        person=people["dana"],
        justification="Known from three earlier pieces of work",
    )
    dana.selection.accept_award(engagement=made, name="Dana Providence", password=PASSWORD)
    vera.transfer.publish_guideline(engagement=made, clauses=list(GUIDELINE))
    for number in (80, 81):
        name, raw = f"control-{number}.txt", content(number)
        vera.transfer.add_control_item(
            engagement=made, service=KEY, name=name, content=raw,
            known=_plain_answers(name, raw.decode()),
        )  # fmt: skip
    vera.transfer.set_bar(
        engagement=made, people=Decimal("0.5"), agents="0.4", confidence="0.9", control_items=2
    )
    for who, role in (("ana", "analyst"), ("ben", "analyst"), ("rosa", "reviewer")):
        dana.agreements.invite_member(engagement=made, actor=people[who], roles=[role])
    for client in (ana, ben):
        client.execution.start_certification(engagement=made)
        while _take(client, made):
            pass
    dana.transfer.pass_tollgate(engagement=made, name="Dana Providence", password=PASSWORD)
    now = datetime.now(UTC)
    for who in ("ana", "ben", "rosa"):
        dana.setup.set_calendar(engagement=made, actor=people[who], zone="Africa/Lagos")
        dana.setup.date_entitlement(
            engagement=made, actor=people[who], valid_from=now - timedelta(hours=1),
            valid_until=now + timedelta(days=90),
        )  # fmt: skip
    dana.setup.plan_quality(line=line)
    vera.setup.agree_rates(engagement=made)
    dana.setup.approve_readiness(engagement=made)
    order = dana.execution.open_work_order(line=line, title="Batch")
    for number in range(6):
        dana.execution.admit(work_order=order, name=f"in-{number}.txt", content=content(number))
    for client, side in ((vera, "client"), (dana, "provider")):
        commitment = hashlib.sha256(bytes.fromhex(NONCES[side])).hexdigest()
        client.execution.commit_seed(work_order=order, commitment=commitment)
    assert dana.execution.release(work_order=order) == 6
    while _take(ana, made) or _take(ben, made):
        pass
    dana.execution.close_work_order(work_order=order)
    desk.world.engagement = made
    desk.world.integrate()
    vera.assurance.reveal_seed(work_order=order, nonce=NONCES["client"])
    dana.assurance.reveal_seed(work_order=order, nonce=NONCES["provider"])
    assert dana.assurance.draw_sample(work_order=order) > 0
    while (held := rosa.execution.claim(engagement=made)) is not None:
        rosa.assurance.inspect(assignment=held, defects=[], seconds=20)
    assert vera.assurance.give_verdict(work_order=order) is True
    dana.assurance.certify(work_order=order)
    dana.acceptance.deliver(work_order=order)
    vera.acceptance.accept_delivery(work_order=order, name="Vera Clientele", password=PASSWORD)
    dana.acceptance.issue_invoice(work_order=order)
    vera.acceptance.close_order(work_order=order)
    vera.acceptance.close_engagement(engagement=made)
    assert vera.engagement(made)["engagement"]["stage"] == "closed"
    desk.world.integrate()
    kinds = [e["kind"] for e in vera.events(made, page_size=7)]
    assert len(kinds) > 40
    path = vera.bundle(made, tmp_path / "bundle.zip")
    assert zipfile.ZipFile(io.BytesIO(path.read_bytes())).testzip() is None
    report = verify(path)
    assert report.ok, report
    proof = vera.receipt(made, 7, tmp_path / "receipt.txt").read_bytes()
    key = ledger.verifier_key(desk.world.database.keyring, EngagementId(made))
    shown = verify_receipt(proof, read_policy(f"log {key}"))
    assert shown.ok, shown
    (event,) = [e for e in vera.events(made) if e["seq"] == 7]
    assert shown.figures["kind"] == event["kind"]
    with pytest.raises(NotFound, match="not-found"):
        vera.receipt(made, 10_000, tmp_path / "receipt.txt")
    with pytest.raises(NotFound, match="not-found"):
        desk["stranger"].receipt(made, 7, tmp_path / "receipt.txt")


def test_a_session_is_needed_and_ends(desk: Desk) -> None:
    stranger = desk.anonymous()
    with pytest.raises(NotSignedIn, match="not-signed-in"):
        stranger.inbox()
    vera = desk["vera"]
    assert vera.inbox() == []
    with pytest.raises(NotSignedIn, match="sign-in-failed"):
        stranger.sign_in(desk.world.login("vera"), "not her password")
    with pytest.raises(NotSignedIn, match="sign-in-failed"):
        stranger.sign_in("nobody-at-all", PASSWORD)
    vera.sign_out()
    with pytest.raises(NotSignedIn):
        vera.inbox()


def test_lists_are_paged(desk: Desk) -> None:
    vera = desk["vera"]
    made = [
        vera.requirements.draft_engagement(title=f"Number {n}", brief="B", currency="EUR")
        for n in range(5)
    ]
    assert [e["id"] for e in vera.engagements(page_size=2)] == made[::-1]
    with pytest.raises(BadInput, match="cursor-malformed"):
        vera._json("GET", "engagements", query={"after": "no cursor"})


def test_what_cannot_be_read_is_named(desk: Desk) -> None:
    vera = desk["vera"]
    with pytest.raises(BadInput) as missing:
        vera.requirements.draft_engagement(title="T", currency="EUR")
    assert missing.value.code == "argument-missing"
    assert missing.value.params["argument"] == "brief"
    with pytest.raises(BadInput, match="unknown-argument"):
        vera.requirements.draft_engagement(title="T", brief="B", currency="EUR", colour="red")
    with pytest.raises(BadInput, match="argument-malformed"):
        vera._json("POST", "acts/requirements.draft_engagement", ["not", "an", "object"])
    with pytest.raises(NotFound):
        vera.requirements.fly_to_the_moon()


def test_a_refused_gate_says_why(desk: Desk) -> None:
    vera = desk["vera"]
    made = vera.requirements.draft_engagement(title="T", brief="B", currency="EUR")
    with pytest.raises(Refused) as refused:
        vera.requirements.sign_scope(engagement=made, name="Vera Clientele", password=PASSWORD)
    assert refused.value.code == "gate-closed"
    assert [r.code for r in refused.value.reasons] == ["no-lines"]
    assert made in refused.value.reasons[0].place
    assert refused.value.message.endswith(".")


def test_roles_decide_who_may(desk: Desk) -> None:
    vera, carl = desk["vera"], desk["carl"]
    made = vera.requirements.draft_engagement(title="T", brief="B", currency="EUR")
    vera.agreements.invite_member(
        engagement=made, actor=desk.world.people["carl"], roles=["client-reviewer"]
    )
    with pytest.raises(Forbidden, match="not-permitted"):
        carl.requirements.sign_scope(engagement=made, name="Carl Clientele", password=PASSWORD)


def test_another_engagement_does_not_exist(desk: Desk, tmp_path: Path) -> None:
    made = desk["vera"].requirements.draft_engagement(title="T", brief="B", currency="EUR")
    stranger = desk["stranger"]
    assert list(stranger.engagements()) == []
    for read in (stranger.engagement, lambda e: list(stranger.events(e))):
        with pytest.raises(NotFound, match="not-found"):
            read(made)
    with pytest.raises(NotFound, match="not-found"):
        stranger.bundle(made, tmp_path / "bundle.zip")
    assert not list(tmp_path.glob("bundle*"))
    with pytest.raises(NotFound, match="not-found"):
        stranger.requirements.sign_scope(engagement=made, name="Stan Stranger", password=PASSWORD)


def test_an_uncertified_analyst_may_not_claim(desk: Desk) -> None:
    world = desk.world
    world.upto("release")
    world.enrol("both", Side.PROVIDER, Role.ANALYST)
    with pytest.raises(Refused, match="not-certified"):
        desk["both"].execution.claim(engagement=world.engagement)


def test_self_review_is_refused(desk: Desk) -> None:
    world = desk.world
    for step in World.STEPS[: World.STEPS.index("pass_tollgate")]:
        getattr(world, step)()
    world.staff("both")
    world.certify("both")
    world.pass_tollgate()
    both, until = world.people["both"], world.now + timedelta(days=30)
    world.act("dana", setup.set_calendar, world.engagement, both, "Africa/Lagos")
    world.act("dana", setup.date_entitlement, world.engagement, both, support.START, until)
    world.upto("draft_all", after="pass_tollgate")
    world.produce("both")
    for step in ("close_batch", "reveal", "draw"):
        getattr(world, step)()
    client = desk["both"]
    wanted = world.open_assignments(support.Purpose.INSPECT)[0]
    with pytest.raises(Refused) as refused:
        client.execution.claim(engagement=world.engagement, assignment=wanted.id)
    assert refused.value.code == "maker-is-checker"
    assert client.execution.claim(engagement=world.engagement) is None


def test_every_act_has_a_route_and_a_method(desk: Desk) -> None:
    client = desk.anonymous()
    for name in ACTS:
        slice_name, _, verb = name.partition(".")
        with pytest.raises(ClientError, match="not-signed-in"):
            getattr(getattr(client, slice_name), verb)()


def test_bytes_are_sent_in_base64(desk: Desk) -> None:
    world = desk.world
    world.upto("open")
    item = desk["dana"].execution.admit(
        work_order=world.order, name="one.txt", content=base64.b64encode(content(1)).decode()
    )
    assert item.startswith("itm_")
    with pytest.raises(BadInput, match="file-twice"):
        desk["dana"].execution.admit(work_order=world.order, name="one.txt", content=content(1))
