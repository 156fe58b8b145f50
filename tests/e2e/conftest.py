"""Chromium, a real server on a free port, and people who sign in.

OUTWORK_SCREENSHOTS names a folder that keeps the screenshots; without it they go with the test.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.support import engagement as support
from tests.support.database import fresh_database
from tests.support.engagement import World
from tests.support.service import KEY, tiny_service
from tests.support.website import serving

from outwork import access, practices
from outwork.kit.postgres import Cluster
from outwork.operation import utc_now

PASSWORD = "correct horse battery"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
WAIT_MS = 20_000

Shoot = Callable[[Page, str], None]


def chromium() -> str | None:
    """The browser's program, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the run; where tests count (CI) a missing one fails."""
    program = chromium()
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium on the PATH")
        pytest.skip("no Chromium on the PATH")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny service, installed for the test."""
    monkeypatch.setitem(practices.catalogue(), KEY, tiny_service())


@pytest.fixture
def world(
    cluster: Cluster, migrated: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """People and parties of today, in a database of their own."""
    monkeypatch.setattr(support, "START", utc_now() - timedelta(hours=3))
    with (
        fresh_database(cluster, migrated) as dsns,
        closing(World(dsns.app, tmp_path / "keys")) as made,
    ):
        yield made


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """Where the workspace is."""
    with serving(world.database) as found:
        yield found


class Visitors:
    """Each person in a browser window of their own; what a page reports as broken fails."""

    def __init__(self, browser: Browser, address: str, world: World) -> None:
        self._browser, self._address, self._world = browser, address, world
        self._contexts: list[Any] = []
        self.broken: list[str] = []

    def window(self, width: int = 1280, height: int = 800, **more: Any) -> Page:
        """An empty window."""
        context = self._browser.new_context(
            base_url=self._address, viewport={"width": width, "height": height}, **more
        )
        context.set_default_timeout(WAIT_MS)
        self._contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.broken.append(f"{page.url}: {error}"))
        page.on("console", lambda said: self._said(page, said.type, said.text))
        return page

    def _said(self, page: Page, kind: str, text: str) -> None:
        # The browser reports every answer from 400 on; those are what the tests are about.
        if kind == "error" and not text.startswith("Failed to load resource"):
            self.broken.append(f"{page.url}: {text}")

    def __call__(self, who: str, **more: Any) -> Page:
        """Somebody, with an open session."""
        page = self.window(**more)
        with self._world.database.transaction("job") as db:
            token = access.open_session(db, self._world.people[who], utc_now())
        cookie = {"name": "outwork-session", "value": token, "url": self._address}
        page.context.add_cookies([cookie])
        return page

    def close(self) -> None:
        """Close every window."""
        for context in self._contexts:
            context.close()


@pytest.fixture
def visitors(browser: Browser, address: str, world: World) -> Iterator[Visitors]:
    """Opens windows; nothing may break in any of them."""
    with closing(Visitors(browser, address, world)) as made:
        yield made
        assert not made.broken, made.broken


def sign_in(page: Page, login: str) -> None:
    """By the page, as people do."""
    page.goto("/sign-in")
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(re.compile(r"/$"))


@pytest.fixture
def shoot(request: pytest.FixtureRequest, tmp_path: Path) -> Shoot:
    """shoot(page, "what one sees"): a numbered screenshot."""
    folder = Path(os.environ.get("OUTWORK_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    numbers, test = count(1), request.node.name.removeprefix("test_").replace("_", "-")

    def save(page: Page, what: str) -> None:
        page.screenshot(path=folder / f"{test}-{next(numbers):02d}-{what.replace(' ', '-')}.png")

    return save
