"""What the page of assurance says of inspectors: to managers, to the client, to an inspector."""

from __future__ import annotations

import html

from tests.stages.test_reinspection import look
from tests.stages.test_web_pages import SignIn, actions, sign_in, token  # noqa: F401  (a fixture)
from tests.support.engagement import World

from outwork import agreements
from outwork.stages import assurance
from outwork.vocabulary import Role

ASK = "/act/assurance.request_reinspection"


def test_a_manager_asks_and_sees_from_how_many_what_is_measured(
    world: World,
    sign_in: SignIn,  # noqa: F811
) -> None:
    world.upto("approve")
    world.check("rosa", seeded=40, caught=38)
    world.upto("draw", after="approve")
    world.act("dana", agreements.invite_member, world.engagement, world.people["both"],
              [Role.REVIEWER])  # fmt: skip
    place = f"/engagements/{world.engagement}/assurance"
    dana = sign_in("dana")
    assert ASK not in actions(dana.get(place).text)  # nothing is inspected yet
    world.inspect("rosa")
    world.integrate()
    before = dana.get(place).text
    assert ASK in actions(before)
    fields = {"csrf": token(before), "work_order": world.order, "items": "2", "next": place}
    assert dana.post(ASK, data=fields).status_code == 303
    page = html.unescape(dana.get(place).text)
    assert "2 still to come" in page
    assert ASK not in actions(page)  # both items of the sample are asked for
    for one in world.look(assurance.reinspections, world.work_order()):
        look(world, one)
    for who in ("dana", "vera", "carl"):
        page = html.unescape(sign_in(who).get(place).text)
        section = page.split('id="inspectors"')[1].split("</section>")[0]
        assert "Rosa Providence" in section
        assert "95.0 %" in section  # 38 of 40
        assert "n=40" in section
        assert "n=2" in section
        assert "caught 0 of 0, passed 2 of 2" in section


def test_inspectors_see_what_is_measured_of_themselves_alone(
    world: World,
    sign_in: SignIn,  # noqa: F811
) -> None:
    world.upto("approve")
    world.check("rosa", seeded=40, caught=38)
    world.upto("draw", after="approve")
    world.act("dana", agreements.invite_member, world.engagement, world.people["both"],
              [Role.REVIEWER])  # fmt: skip
    world.inspect("rosa", defective=1)
    world.integrate()
    world.act("dana", assurance.request_reinspection, world.order, 1)
    place = f"/engagements/{world.engagement}/assurance"
    second = html.unescape(sign_in("both").get(place).text)
    assert 'id="inspectors"' not in second
    assert "Wrong day" not in second
    assert "Defects found" not in second
    first = html.unescape(sign_in("rosa").get(place).text)
    assert "n=40" in first
    assert "still to come" not in first
