"""An entry's proof, checked by a real browser: the true one passes, any altered byte fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.conftest import Shoot, Visitors
from tests.e2e.test_accessibility import axe, violations
from tests.stages.test_witnesses import running, send
from tests.support.engagement import World

from outwork import ledger

pytestmark = pytest.mark.browser

VERIFIED = "Verified: this entry is in the log"
BUTTON = "Verify in this browser"
__all__ = ["axe"]

# Replaces one character of a shown part by another, by the rule of the test.
ALTER = """([part, from, to]) => {
  const shown = document.querySelector(`[data-part=${part}]`);
  if (!shown.textContent.includes(from)) throw new Error(`no ${from} in ${part}`);
  shown.textContent = shown.textContent.replace(from, to);
}"""


def steps(page: Page) -> list[str]:
    """How each step went."""
    rows = page.locator(".proof-steps > li")
    return [str(rows.nth(n).get_attribute("class")) for n in range(rows.count())]


def verify(page: Page, verdict: str) -> None:
    page.get_by_role("button", name=BUTTON).click()
    expect(page.locator(".proof-verdict")).to_contain_text(verdict)


def failing(page: Page) -> tuple[str, str]:
    """The step that failed and its code; everything after it stays open."""
    verify(page, "This does not verify")
    told = steps(page)
    at = told.index("is-bad")
    assert told == ["is-good"] * at + ["is-bad"] + ["is-open"] * (len(told) - at - 1)
    bad = page.locator(".proof-steps > .is-bad")
    expect(bad.locator("p")).not_to_be_empty()
    return str(bad.get_attribute("data-step")), str(bad.get_attribute("data-code"))


def flipped(text: str) -> str:
    """Text in base64 with another first character."""
    return ("B" if text[0] != "B" else "C") + text[1:]


def test_a_proof_is_checked_in_the_browser_and_nothing_altered_passes(
    world: World, visitors: Visitors, shoot: Shoot, axe: str
) -> None:
    world.upto("award")
    world.accept_award()
    with running(world, "vera"), running(world, "dana"):
        size = world.integrate().size
        send(world)
    signed = world.look(ledger.find_entry, world.engagement, "selection.awarded")
    place = f"/engagements/{world.engagement}/entries/{signed.seq}"
    page = visitors("vera")
    page.goto(f"/engagements/{world.engagement}/ledger")
    shoot(page, "the ledger")
    page.get_by_role("link", name="The work was awarded").first.click()
    page.wait_for_url(re.compile(f"{place}$"))
    verify(page, VERIFIED)
    assert steps(page) == ["is-good"] * 6
    expect(page.locator("[data-step=place]")).to_contain_text(f"over {size} entries")
    expect(page.locator("[data-step=witnesses]")).to_contain_text("vera.example")
    expect(page.locator("[data-step=policy]")).to_contain_text("every-side, is met")
    shoot(page, "a proof that holds")
    assert not violations(page, axe, "entry")

    receipt = str(page.locator("[data-part=receipt]").text_content())
    head, note = receipt.split("\n\n", 1)
    _, extra, _, *hashes = head.split("\n")
    root = note.split("\n")[2]
    log, *cosigned = [line.split(" ")[2] for line in note.strip().split("\n")[-3:]]
    # The key's id stays; a character within the signature is another.
    bent = [s[:20] + flipped(s[20:]) for s in (log, *cosigned)]
    alterations = [
        ("entry", '"kind":"selection.awarded"', '"kind":"selection.awardeb"', "entry"),
        ("receipt", extra, extra.replace("extra ey", "extra ez"), "entry"),
        ("receipt", hashes[0], flipped(hashes[0]), "place"),
        ("receipt", hashes[-1], flipped(hashes[-1]), "place"),
        ("receipt", f"\n{size}\n", f"\n{size + 1}\n", "place|checkpoint"),
        ("receipt", root, flipped(root), "place"),
        ("receipt", log, bent[0], "checkpoint"),
        ("receipt", cosigned[0], bent[1], "witnesses"),
        ("receipt", cosigned[1], bent[2], "witnesses"),
        ("receipt", f"index {signed.seq}", f"index {signed.seq + 1}", "entry"),
        ("policy", "quorum every-side", "quorum nobody", "receipt"),
    ]  # fmt: skip
    for part, old, new, where in alterations:
        page.reload()
        page.evaluate(ALTER, [part, old, new])
        assert failing(page)[0] in where.split("|"), (part, old)
    # Without the second side's line the policy says no.
    page.reload()
    line = note.strip().split("\n")[-1]
    page.evaluate(ALTER, ["receipt", f"{line}\n", ""])
    assert failing(page) == ("policy", "quorum-missed")
    shoot(page, "one side has not cosigned")


def test_a_receipt_from_a_file_is_checked_without_sending_it(
    world: World, visitors: Visitors, shoot: Shoot, tmp_path: Path, axe: str
) -> None:
    world.upto("award")
    world.integrate()
    page = visitors("vera", width=390, height=844)
    place = f"/engagements/{world.engagement}"
    page.goto(f"{place}/check-receipt")
    true = tmp_path / "receipt.txt"
    true.write_bytes(world.look(ledger.receipt, world.engagement, 2))
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url))
    icon = re.compile(r".*/static/mark\.svg\?v=[0-9a-f]+")  # asked for when the browser likes
    page.locator("#receipt-file").set_input_files(true)
    expect(page.locator(".proof-verdict")).to_contain_text(VERIFIED)
    assert steps(page) == ["is-good"] * 6
    expect(page.locator(".proof-outcome dl")).to_contain_text("agreements.member-joined")
    assert [url for url in posted if not icon.fullmatch(url)] == []
    shoot(page, "a receipt that holds")
    assert not violations(page, axe, "check-receipt")
    false = tmp_path / "false.txt"
    data = bytearray(true.read_bytes())
    at = data.index(b"\nindex") - 20
    data[at] ^= 1
    false.write_bytes(data)
    page.locator("#receipt-file").set_input_files(false)
    expect(page.locator(".proof-verdict")).to_contain_text("does not verify")
    broken = tmp_path / "broken.txt"
    broken.write_bytes(b"\xff\xfe")
    page.locator("#receipt-file").set_input_files(broken)
    expect(page.locator("[data-code=not-utf8]")).to_be_visible()
    stranger = ledger.checkpoint.generate_signer(f"outwork.local/{world.engagement}")
    page.get_by_label("Policy").fill(f"log {stranger.verifier.encode()}\n")
    page.locator("#receipt-file").set_input_files(true)
    expect(page.locator("[data-code=log-untrusted]")).to_be_visible()
    assert [url for url in posted if not icon.fullmatch(url)] == []


def test_a_browser_that_lacks_ed25519_says_so(world: World, visitors: Visitors) -> None:
    world.upto("open")
    world.integrate()
    page = visitors("vera")
    lacking = """
      crypto.subtle.importKey = () => Promise.reject(new DOMException("no", "NotSupportedError"));
    """
    page.add_init_script(lacking)
    page.goto(f"/engagements/{world.engagement}/entries/0")
    assert failing(page) == ("checkpoint", "no-ed25519")
    expect(page.locator(".proof-steps > .is-bad")).to_contain_text("does not know Ed25519")
    page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined });")
    page.reload()
    assert failing(page) == ("receipt", "no-crypto")
    expect(page.locator(".proof-steps > .is-bad")).to_contain_text("over plain http")


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_pages_hold_at_every_width(
    world: World, visitors: Visitors, shoot: Shoot, width: int, axe: str
) -> None:
    world.upto("deliver")
    world.integrate()
    page = visitors("vera", width=width, height=900)
    for name, place in (("ledger", "ledger"), ("entry", "entries/4"), ("check", "check-receipt")):
        page.goto(f"/engagements/{world.engagement}/{place}")
        if name == "entry":
            verify(page, VERIFIED)
        shoot(page, f"{name} {width}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (name, wide)
        assert not violations(page, axe, name)
