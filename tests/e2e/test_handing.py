"""A hand-over in browsers, between two zones, across a change of the clocks in one of them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Shoot, Visitors
from tests.e2e.test_workbench import settled, take
from tests.support import engagement as support
from tests.support.engagement import World

from outwork import access
from outwork.stages import execution, setup
from outwork.stages.execution import AssignmentState

OFF_DUTY = "Ben Providence works again from"

pytestmark = pytest.mark.browser

# Vienna's clocks go forward on Sunday, 30 March 2036; Lagos keeps its own all year, an hour east
# of Greenwich. The year is far off so that the machine's own clock is always behind.
FRIDAY = datetime(2036, 3, 28, 12, tzinfo=UTC)
EVENING = datetime(2036, 3, 28, 16, 15, tzinfo=UTC)  # 17:15 in both places
MONDAY = datetime(2036, 3, 31, 7, tzinfo=UTC)  # 09:00 in Vienna, as its day begins; 08:00 in Lagos


def set_clock(world: World, moment: datetime) -> None:
    """Pages and forms act at this instant, which lies ahead of the machine's."""
    with world.database.transaction("job") as db:
        db.execute(
            sa.text(
                "insert into clock (id, latest) values (true, :at)"
                " on conflict (id) do update set latest = excluded.latest"
            ),
            {"at": moment},
        )


def visitor(visitors: Visitors, world: World, who: str, moment: datetime) -> Page:
    """Somebody in a browser, whose session was opened at an instant."""
    page = visitors(who)
    page.goto("/")
    address = page.url
    with world.database.transaction("job") as db:
        token = access.open_session(db, world.people[who], moment)
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "outwork-session", "value": token, "url": address}])
    return page


def fact(page: Page, section: str, term: str) -> str:
    """What a list of facts says of a term."""
    found = page.locator(f"{section} dt", has_text=re.compile(f"^{term}$"))
    return found.locator("xpath=following-sibling::dd[1]").inner_text().strip()


def test_a_hand_over_between_two_zones_across_a_change_of_the_clocks(
    world: World, visitors: Visitors, shoot: Shoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(support, "START", FRIDAY)
    world.now = FRIDAY
    world.upto("approve")
    for name, zone in (("lagos", "Africa/Lagos"), ("vienna", "Europe/Vienna")):
        world.define(name, zone, "09:00-17:00" if name == "vienna" else "08:00-18:00")
    world.act("vera", setup.agree_hours, world.line, "vienna")
    world.roster("ana", "lagos")
    world.roster("ben", "vienna")
    with world.database.transaction("job") as db:
        db.execute(
            sa.text("update actor set zone = 'Africa/Lagos' where id = :ana"),
            {"ana": world.people["ana"]},
        )
    world.upto("draft_all", after="approve")
    due = world.work_order().due_at
    assert due is not None
    # Ten days of eight hours from Friday 13:00 in Vienna; its summer time has begun by then.
    assert (due.date(), due.hour) == (date(2036, 4, 11), 11)

    set_clock(world, EVENING)
    ana = visitor(visitors, world, "ana", EVENING)
    item = take(ana)
    ana.keyboard.press("c")
    expect(ana.locator(".form-saved")).to_contain_text("Saved")
    ana.goto(f"/desk/{item}/hand-over")
    expect(ana.locator("[name=to]")).to_contain_text("Ben Providence, vienna, from 31 Mar, 08:00")
    assert fact(ana, "main", "Due") == f"11 Apr 2036, 12:{due:%M}"
    ana.get_by_label("What is to be done next").fill("Look the law up in clause 2")
    ana.get_by_label("What is ruled out").fill("It is not Peru")
    shoot(ana, "the giver's form in Lagos")
    ana.get_by_role("button", name="Hand it over").click()
    ana.wait_for_url(re.compile("/work$"))
    assert world.look(execution.assignment, item).state is AssignmentState.HANDED

    ben = visitor(visitors, world, "ben", EVENING)
    ben.goto("/work")
    expect(ben.locator("#handed")).to_contain_text("31 Mar 2036, 09:00")
    expect(ben.locator("#handed")).to_contain_text(f"11 Apr 2036, 13:{due:%M}")
    shoot(ben, "the receiver's work on Friday in Vienna")
    ben.locator("#handed a").click()
    assert fact(ben, "#when", "Handed over") == "28 Mar 2036, 17:15"
    assert fact(ben, "#when", "The receiver's hours begin") == "31 Mar 2036, 09:00"
    assert fact(ben, "#when", "Due") == f"11 Apr 2036, 13:{due:%M}"
    assert fact(ben, "#when", "Left in the receiver's hours") == f"76 h {due.minute} min"
    assert fact(ben, "#words", "Next") == "Look the law up in clause 2"
    assert fact(ben, "#words", "Ruled out") == "It is not Peru"
    packet = ben.url
    shoot(ben, "the packet in Vienna")
    ben.get_by_role("button", name="Take it over").click()
    expect(ben.locator("main")).to_contain_text(OFF_DUTY)
    assert ben.locator("main").inner_text().count(OFF_DUTY) == 1, "it is said once"
    shoot(ben, "refused after hours")

    ana.goto(packet)  # the same instants, on her clock: Vienna's day begins an hour earlier now
    assert fact(ana, "#when", "Handed over") == "28 Mar 2036, 17:15"
    assert fact(ana, "#when", "The receiver's hours begin") == "31 Mar 2036, 08:00"
    assert fact(ana, "#when", "Due") == f"11 Apr 2036, 12:{due:%M}"
    expect(ana.get_by_role("button", name="Take it over")).to_have_count(0)
    shoot(ana, "the packet in Lagos")

    set_clock(world, MONDAY)
    ben = visitor(visitors, world, "ben", MONDAY)
    ben.goto(packet)
    ben.get_by_role("button", name="Take it over").click()
    ben.wait_for_url(re.compile(f"/desk/{item}$"))
    expect(ben.locator("ow-desk.is-ready")).to_be_visible()
    settled(ben, "effective-date", "confirm")  # what she typed came along
    shoot(ben, "taken over on Monday")
    taken = world.look(execution.assignment, item)
    assert (taken.state, taken.actor_id) == (AssignmentState.LIVE, world.people["ben"])
