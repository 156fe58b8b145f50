"""A whole engagement through the browser, as its people: a refusal and a waiver at every gate.

Where no reason of a gate may be waived, the refusal of the waiver is shown instead.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.conftest import Shoot, Visitors
from tests.support.engagement import World
from tests.support.service import content, right

from outwork import agreements
from outwork.interfaces.wording import done
from outwork.interfaces.worker import Worker
from outwork.operation import utc_now
from outwork.stages import execution
from outwork.vocabulary import EngagementId, Role, Stage
from outwork_verify import verify

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def worker(world: World) -> Iterator[None]:
    """Gives events their place in the log, as beside any installation."""
    started = Worker(world.database, 0.1)
    started.start()
    yield
    started.stop()


class Walk:
    """The engagement under way, and each person's window on it."""

    def __init__(self, world: World, visitors: Visitors, shoot: Shoot) -> None:
        self.world, self.shoot, self._visitors = world, shoot, visitors
        self._windows: dict[str, Page] = {}
        self.base = ""

    def page(self, who: str) -> Page:
        """A person's window."""
        if who not in self._windows:
            self.world.signature(who)  # a password that is set later would end the session
            self._windows[who] = self._visitors(who)
        return self._windows[who]

    def at(self, who: str, place: str) -> Page:
        """The window at a page of the engagement."""
        page = self.page(who)
        page.goto(f"{self.base}/{place}" if self.base else f"/{place}")
        return page

    def does(self, who: str, place: str, button: str, /, **fields: Any) -> str:
        """Fill in a form and send it; gives what is said then."""
        page = self.at(who, place)
        return self.sends(page, page.locator("form", has=button_of(page, button)).first, fields)

    def sends(self, page: Page, form: Locator, fields: dict[str, Any]) -> str:
        """Open the form if it is folded, fill it in, send it."""
        folded = form.locator("xpath=ancestor::details[not(@open)]")
        while folded.count():
            folded.first.locator("summary").first.click()
        if form.locator("[name=password]").count():
            who = next(w for w, window in self._windows.items() if window is page)
            name, password = self.world.signature(who)
            fields = {"name": name, "password": password.get_secret_value()} | fields
        for name, value in fields.items():
            fill(form.locator(f'[name="{name.replace("__", ".")}"]'), value)
        with page.expect_navigation():
            form.locator("button").last.click()
        said = page.locator(".flashes")
        return said.inner_text() if said.count() else page.locator("main").inner_text()

    def passes(self, who: str, stage: Stage, button: str, **fields: Any) -> str:
        """Send the form that opens a gate, and keep a picture of what is said."""
        said = self.does(who, stage.value, button, **fields)
        self.shoot(self.page(who), f"{stage.value} {button}")
        return said

    def waives(self, who: str, other: str, stage: Stage) -> None:
        """Ask for a waiver of what stands in the way, and have the other side countersign."""
        until = f"{utc_now() + timedelta(days=20):%Y-%m-%dT%H:%M}"
        said = self.does(
            who, stage.value, "Ask for the waiver",
            reason="It is put right within the month", risk_owner="Vera Clientele", expires=until,
        )  # fmt: skip
        assert done("agreements.request_waiver") in said, said
        said = self.does(other, stage.value, "Countersign")
        assert done("agreements.countersign_waiver") in said, said
        self.shoot(self.page(other), f"{stage.value} waived")

    def cannot_waive(self, who: str, stage: Stage, code: str) -> None:
        """No form offers this waiver; a forged one is refused."""
        page = self.at(who, stage.value)
        expect(page.locator(f'[name=codes][value="{code}"]')).to_have_count(0)
        name, password = self.world.signature(who)
        fields = {
            "name": name, "password": password.get_secret_value(),
            "engagement": self.world.engagement, "gate": stage.value, "codes": code,
            "reason": "Forged", "risk_owner": "Nobody",
            "expires": (utc_now() + timedelta(days=5)).isoformat(),
        }  # fmt: skip
        form = page.locator("form").first
        form.evaluate(
            """(form, fields) => {
              form.noValidate = true;
              form.action = "/act/agreements.request_waiver";
              for (const old of form.querySelectorAll("[name]:not([name=csrf])")) old.remove();
              for (const [name, value] of Object.entries({...fields, back: "/", next: "/"})) {
                form.append(Object.assign(document.createElement("input"), { name, value }));
              }
            }""",
            fields,
        )
        with page.expect_navigation():
            form.evaluate("form => form.submit()")
        expect(page.locator(".flashes")).to_contain_text("No waiver lifts this")
        self.shoot(page, f"{stage.value} not to be waived")

    def stands_at(self, stage: Stage) -> None:
        """The engagement, or its work order, has reached a stage."""
        with self.world.database.transaction("job", [self.world.engagement]) as db:
            engagement = agreements.engagement(db, self.world.engagement)
            orders = agreements.work_orders(db, engagement.id)
        assert stage in {engagement.stage, *(o.stage for o in orders)}


def button_of(page: Page, words: str) -> Locator:
    """A button by its words, also in a form that is folded."""
    return page.locator("button").filter(has_text=re.compile(f"^{re.escape(words)}"))


def fill(found: Locator, value: Any) -> None:
    """One field, whatever it is."""
    kind = found.first.evaluate("e => e.type")
    if kind in ("checkbox", "radio"):
        for chosen in value if isinstance(value, list) else [value]:
            found.and_(found.page.locator(f'[value="{chosen}"]')).check()
    elif kind == "select-one":
        found.select_option(value)
    elif kind == "file":
        found.set_input_files(value)
    else:
        found.fill(str(value))


def test_an_engagement_from_brief_to_close(
    world: World, visitors: Visitors, shoot: Shoot, worker: None, tmp_path: Path
) -> None:
    walk = Walk(world, visitors, shoot)
    requirements(walk)
    selection(walk)
    transfer(walk)
    setup(walk)
    execute(walk, tmp_path)
    assure(walk)
    accept(walk)
    audit(walk, tmp_path)


def requirements(walk: Walk) -> None:
    vera = walk.page("vera")
    walk.does(
        "vera", "engagements", "Open the engagement",
        title="Leases of the northern offices", currency="EUR",
        brief="About 2 lease contracts, abstracted within 5 working days.",
    )  # fmt: skip
    vera.goto("/engagements")
    vera.get_by_role("link", name="Leases of the northern offices").click()
    vera.wait_for_url(re.compile("/engagements/eng_"))
    walk.base = "/" + "/".join(vera.url.split("/")[3:5])
    world = walk.world
    world.engagement = EngagementId(walk.base.rpartition("/")[2])
    # Before there is a provider, a second person of the client countersigns.
    world.now = utc_now()
    vito = world.people["vito"]
    world.act("vera", agreements.invite_member, world.engagement, vito, [Role.VENDOR_MANAGER])
    here, sign = Stage.REQUIREMENTS, "Sign for the client"
    said = walk.passes("vera", here, sign, name="Vera Clientele")
    assert "The statement of work has no lines." in said
    walk.cannot_waive("vera", here, "no-lines")
    page = walk.at("vera", here.value)
    page.locator("form").evaluate_all("all => all.forEach(form => form.noValidate = true)")
    form = page.locator("form", has=button_of(page, "Add the line")).first
    baseline = ("volume_a_month", "turnaround_days", "accuracy", "unit_cost")
    walk.sends(page, form, {
        "service": "tiny-abstraction", "volume": "2", "price": "12.50", "turnaround_days": "5",
        **{f"baseline__{part}": "" for part in baseline},
    })  # fmt: skip
    said = walk.passes("vera", here, sign, name="Vera Clientele")
    assert "lacks the client's own baseline" in said
    walk.waives("vera", "vito", here)
    walk.passes("vera", here, sign, name="Vera Clientele")
    walk.stands_at(Stage.SELECTION)


def selection(walk: Walk) -> None:
    here = Stage.SELECTION
    walk.does("vera", here.value, "Set the criteria")
    walk.does("vera", here.value, "Invite", person=walk.world.people["dana"])
    page = walk.at("dana", here.value)
    price = page.locator('[name^="prices."]').first.get_attribute("name") or ""
    said = walk.does(
        "dana", here.value, "Submit the proposal",
        **{price: "12.50", "turnaround_days": "5", "approach": "Two analysts and a reviewer"},
    )  # fmt: skip
    assert done("selection.submit_proposal") in said
    for criterion in ("quality", "price", "team"):
        walk.does("vera", here.value, "Give the points", criterion=criterion, points="80",
                  reason="As in the references")  # fmt: skip
    said = walk.passes("vera", here, "Award", reason="The only and a good one")
    assert "an award needs two to compare" in said
    walk.waives("vera", "vito", here)
    walk.passes("vera", here, "Award", reason="The only and a good one")
    walk.passes("dana", here, "Sign for the provider", name="Dana Providence")
    walk.stands_at(Stage.TRANSFER)


def transfer(walk: Walk) -> None:
    here = Stage.TRANSFER
    walk.does("vera", here.value, "Put it in force")
    walk.does("vera", here.value, "Set the bar", people="0.4", agents="0.4", confidence="0.9",
              control_items="3")  # fmt: skip
    walk.does("vera", here.value, "Add the control items", samples=["sample-90.txt"])
    people = walk.world.people
    for who, role in (("ana", "analyst"), ("rosa", "reviewer"), ("audrey", "auditor")):
        walk.does("dana", here.value, "Bring in", actor=people[who], roles=[role])
    said = walk.passes("dana", here, "Pass the tollgate")
    assert "is not certified" in said
    assert "There is 1 control item; 3 are needed." in said
    # Analysts are certified at the desk; only the number of control items is waived.
    ana = walk.page("ana")
    ana.goto("/work")
    ana.get_by_role("button", name="Start the certification").click()
    ana.wait_for_load_state()
    said = answer(walk, right_for=True)
    assert "You are certified" in said
    walk.waives("dana", "vera", here)
    walk.passes("dana", here, "Pass the tollgate")
    walk.stands_at(Stage.SETUP)


def answer(walk: Walk, right_for: bool) -> str:
    """Ana takes the next item and answers it by hand; gives what is said then."""
    ana = walk.page("ana")
    ana.goto("/work")
    ana.get_by_role("button", name="Take the next item").click()
    ana.wait_for_url(re.compile("/desk/asg_"))
    expect(ana.locator("ow-desk.is-ready")).to_be_visible()
    before = ana.url
    source = "".join(ana.locator(".source-page").all_text_contents())
    for known in right("input.txt", source):
        question = ana.locator(f".question[data-question={known.question}]")
        question.locator(".question-title").click()
        fill(question.locator(f'[name="q-{known.question}-value"]'), known.value)
    expect(ana.locator(".form-saved")).to_contain_text("Saved")
    walk.shoot(ana, "answered" if right_for else "answered in haste")
    ana.get_by_role("button", name="Submit").click()
    ana.wait_for_url(lambda url: url != before)
    return ana.locator(".flashes").inner_text()


def setup(walk: Walk) -> None:
    here, approve = Stage.SETUP, "Pass the readiness review"
    said = walk.passes("dana", here, approve)
    assert "has no calendar" in said
    walk.does("dana", here.value, "Work it out")
    walk.does("vera", here.value, "Agree the rates")
    walk.waives("dana", "vera", here)
    walk.passes("dana", here, approve)
    walk.stands_at(Stage.EXECUTION)


def execute(walk: Walk, folder: Path) -> None:
    here = Stage.EXECUTION
    walk.does("dana", here.value, "Open it", title="First leases")
    files = []
    for number in range(2):
        files.append(folder / f"lease-{number}.txt")
        files[-1].write_bytes(content(number))
    said = walk.does("dana", here.value, "Bring them in", files=files)
    assert "2" in said
    said = walk.passes("dana", here, "Release it")
    assert "has not committed its seed" in said
    walk.cannot_waive("dana", here, "seed-uncommitted")
    for who in ("vera", "dana"):
        page = walk.at(who, here.value)
        expect(page.locator("[name=commitment]")).to_have_value(re.compile("^[0-9a-f]{64}$"))
        walk.sends(page, page.locator("#commit-seed form, form#commit-seed").first, {})
    walk.passes("dana", here, "Release it")
    answer(walk, right_for=False)
    said = walk.passes("dana", here, "Close the batch for sampling")
    assert "1 item is not submitted." in said
    walk.waives("dana", "vera", here)
    walk.passes("dana", here, "Close the batch for sampling")
    walk.stands_at(Stage.ASSURANCE)


def assure(walk: Walk) -> None:
    here, issue = Stage.ASSURANCE, "Issue the certificate of conformance"
    said = walk.passes("dana", here, issue)
    assert "has not opened its seed" in said
    walk.cannot_waive("dana", here, "seed-unrevealed")
    for who in ("vera", "dana"):
        said = settled(walk, who, here, "Open it")
        assert done("assurance.reveal_seed") in said, said
    assert done("assurance.draw_sample") in settled(walk, "dana", here, "Draw it")
    rosa = walk.page("rosa")
    rosa.goto("/work")
    rosa.get_by_role("button", name="Take the next item").click()
    expect(rosa.locator("ow-desk.is-ready")).to_be_visible()
    for _ in range(rosa.locator(".question").count()):
        rosa.keyboard.press("c")
    walk.shoot(rosa, "inspected")
    rosa.keyboard.press("s")
    rosa.wait_for_url(re.compile("/work$"))
    walk.passes("dana", here, "Give the verdict")
    walk.passes("dana", here, issue)
    walk.stands_at(Stage.ACCEPTANCE)


def settled(walk: Walk, who: str, stage: Stage, button: str) -> str:
    """Send a form that needs the closing checkpoint, once it is made."""
    said = ""
    for _ in range(50):
        said = walk.does(who, stage.value, button)
        if "checkpoint" not in said:
            break
        walk.page(who).wait_for_timeout(200)
    return said


def accept(walk: Walk) -> None:
    here = Stage.ACCEPTANCE
    assert "Nothing is delivered." in walk.passes("vera", here, "Close the work order")
    walk.cannot_waive("vera", here, "not-delivered")
    walk.does("dana", here.value, "Deliver to the client")
    walk.passes("vera", here, "Accept the delivery", name="Vera Clientele")
    walk.does("dana", here.value, "Issue the invoice")
    walk.does("dana", here.value, "Propose the change", clause="c-law",
              text="The country, or the state of a federation.", because="Asked twice")  # fmt: skip
    walk.passes("vera", here, "Close the work order")
    said = walk.passes("vera", here, "Close the engagement")
    assert "A proposed change is not decided." in said
    walk.waives("vera", "dana", here)
    walk.passes("vera", here, "Close the engagement")
    walk.stands_at(Stage.CLOSED)


def audit(walk: Walk, folder: Path) -> None:
    audrey = walk.at("audrey", "ledger")
    expect(audrey.locator(".event").first).to_be_visible()
    walk.shoot(audrey, "the log as an auditor reads it")
    page = walk.at("audrey", "acceptance")
    with page.expect_download() as download:
        page.get_by_role("link", name="bundle.zip").first.click()
    bundle = folder / "bundle.zip"
    download.value.save_as(bundle)
    assert hashlib.sha256(bundle.read_bytes()).hexdigest()
    assert verify(bundle).ok
    expect(button_of(page, "Close the engagement")).to_have_count(0)
    with walk.world.database.transaction("job", [walk.world.engagement]) as db:
        (order,) = agreements.work_orders(db, walk.world.engagement)
        assert len(execution.all_items(db, order.id)) == 2
