"""The main pages hold against axe, in light and dark, on a phone and on a desk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Shoot, Visitors
from tests.support.engagement import BY_CLASS, World
from tests.unit.verify.recorded import calibrated

from outwork.stages import assurance, execution

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = (
    ROOT / "src/outwork/interfaces/web/static/vendor/axe.min.js",
    ROOT / "node_modules/axe-core/axe.min.js",
)
WIDTHS = ((360, 740), (1280, 800))
STAGES = (
    "requirements", "selection", "transfer", "setup", "execution", "assurance", "acceptance",
)  # fmt: skip


@pytest.fixture(scope="session")
def axe() -> str:
    """The script, as `make test` builds it."""
    found = next((path for path in AXE if path.is_file()), None)
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("axe-core was not built")
        pytest.skip("axe-core was not built; make test does")
    return found.read_text(encoding="utf-8")


def violations(page: Page, axe: str, where: str, rules: list[str] | None = None) -> list[str]:
    """What axe finds, as `place rule: elements`; by some rules only, if told."""
    page.evaluate(f"globalThis.axe || (() => {{{axe}}})()")
    found: list[dict[str, Any]] = page.evaluate(
        """async rules => (await axe.run(document, {
          resultTypes: ["violations"], ...(rules ? { runOnly: rules } : {}),
        })).violations""",
        rules,
    )
    return [
        f"{where} {v['id']}: " + "; ".join(str(n["target"]) for n in v["nodes"][:4]) for v in found
    ]


def look(page: Page, axe: str, address: str, shoot: Shoot) -> list[str]:
    """One page in both themes and widths."""
    answer = page.goto(address)
    if answer is None or answer.status != 200:
        return [f"{address} answers {answer.status if answer else 'nothing'}"]
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        for width, height in WIDTHS:
            page.set_viewport_size({"width": width, "height": height})
            # Of what axe looks at, a theme changes colours alone.
            rules = None if scheme == "light" else ["color-contrast"]
            found += violations(page, axe, f"{address} {scheme} {width}", rules)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if wide > 0:
                found.append(f"{address} {scheme} {width}: {wide} pixels too wide")
            shoot(page, f"{address.strip('/').replace('/', ' ') or 'inbox'} {scheme} {width}")
    return found


def test_pages_of_work(world: World, visitors: Visitors, axe: str, shoot: Shoot) -> None:
    world.upto("release")
    world.upto("draft_all", after="release")
    ana = visitors("ana")
    found = look(visitors.window(), axe, "/sign-in", shoot)
    world.take("ana")
    item = world.act("ben", execution.claim, world.engagement)
    for address in ("/", "/work"):
        found += look(ana, axe, address, shoot)
    found += look(visitors("ben"), axe, f"/desk/{item}", shoot)
    assert not found, "\n".join(found)


def test_the_desk_of_an_inspector(world: World, visitors: Visitors, axe: str, shoot: Shoot) -> None:
    world.upto("draw")
    item = world.act("rosa", execution.claim, world.engagement)
    found = look(visitors("rosa"), axe, f"/desk/{item}", shoot)
    assert not found, "\n".join(found)


def test_pages_of_an_engagement(world: World, visitors: Visitors, axe: str, shoot: Shoot) -> None:
    """With severities judged by themselves, so that every part of the pages is there."""
    world.draft()
    here = f"/engagements/{world.engagement}"
    world.signature("vera")  # a password that is set later would end the session
    found = look(visitors("vera"), axe, f"{here}/requirements", shoot)
    world.add_line(BY_CLASS)
    world.upto("deliver", after="add_line")
    dana = visitors("dana")
    found += look(dana, axe, f"{here}/deliverable/{world.order}", shoot)
    found += look(dana, axe, "/engagements", shoot) + look(dana, axe, here, shoot)
    for stage in STAGES:
        found += look(dana, axe, f"{here}/{stage}", shoot)
    for address in ("/quality", "/people", "/ledger"):
        found += look(dana, axe, address, shoot)
    assert not found, "\n".join(found)


def test_pages_of_calibrations(world: World, visitors: Visitors, axe: str, shoot: Shoot) -> None:
    """A session that is concluded, one that is open, and the same one under discussion."""
    calibrated(world)
    concluded, open_ = world.look(assurance.calibrations, world.engagement)
    here = f"/engagements/{world.engagement}/calibrations"
    dana, ana = visitors("dana"), visitors("ana")
    found = look(dana, axe, here, shoot)
    found += look(dana, axe, f"{here}/{concluded.id}", shoot)
    found += look(ana, axe, f"{here}/{concluded.id}", shoot)
    found += look(dana, axe, f"{here}/{open_.id}", shoot)
    for who, given in (("ana", {"governing_law": "Utopia"}), ("ben", {})):
        world.take(who, **given)
    world.act("dana", assurance.close_calibration, open_.id)
    found += look(dana, axe, f"{here}/{open_.id}", shoot)
    assert dana.get_by_role("button", name="Say who is calibrated").count() == 0
    settle = dana.locator("#differences")
    settle.get_by_text("Settle it").first.click()
    settle.get_by_label("Why").fill("The clause says so.")
    settle.get_by_role("button", name="Settle it").click()
    dana.get_by_role("button", name="Say who is calibrated").click()
    expect(dana.locator("#session")).to_contain_text("Concluded")
    shoot(dana, "concluded")
    assert not found, "\n".join(found)
