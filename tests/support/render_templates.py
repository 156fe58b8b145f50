"""Renders every page of the workspace with invented content, and looks at it: sizes, themes, axe.

    python -m tests.support.render_templates OUT --vendor DIR --axe axe.min.js --shots --only work

The pages are served with the content security policy of the application, so that a page which needs
what the policy forbids is seen to break here.
"""

from __future__ import annotations

import argparse
import http.server
import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader
from playwright.sync_api import ConsoleMessage, Page, sync_playwright
from tests.support.workspace_examples import pages, shared

WEB = Path(__file__).parents[2] / "src" / "outwork" / "interfaces" / "web"
POLICY = (
    "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEIGHTS = {360: 780, 768: 1024, 1280: 800, 2560: 1440}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


# --- another language: longer words, accents, brackets that show what was not translated ---------


def pseudo(text: str) -> str:
    """The text as a language with longer words would have it; placeholders stay."""
    accents = str.maketrans("aeiouAEIOUcn", "áéïöüÁÉÏÖÜçñ")
    parts = re.split(r"(%\(\w+\)s)", text)
    long = "".join(p if p.startswith("%(") else p.translate(accents) for p in parts)
    return f"[{long}{'~' * (len(text) // 3)}]"


def environment(*, translate: bool = False) -> Environment:
    """The templates as the application loads them, with helpers that need no application."""
    env = Environment(
        loader=FileSystemLoader(WEB / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    say = pseudo if translate else str
    env.install_gettext_callables(  # type: ignore[attr-defined]
        say, lambda one, many, n: say(one if n == 1 else many), newstyle=True
    )
    env.globals.update(
        url=lambda name, **params: (
            f"/static/{params['path']}" if name == "static" else f"/{name}.html"
        ),
        when=lambda at: at.strftime("%-d %b %H:%M"),
        money=lambda m: m,
    )
    return env


def write(out: Path, vendor: Path | None) -> list[str]:
    """Every page plain, in pseudo-language, and the names of the plain ones."""
    out.mkdir(parents=True, exist_ok=True)
    shutil.copytree(WEB / "static", out / "static", dirs_exist_ok=True)
    if vendor:
        shutil.copytree(vendor, out / "static" / "vendor", dirs_exist_ok=True)
    contexts = pages()
    for prefix, translate in (("", False), ("pseudo-", True)):
        env = environment(translate=translate)
        for name, context in contexts.items():
            template = env.get_template(context.get("template", name) + ".html")
            html = template.render({**shared(""), "title": name, **context})
            (out / f"{prefix}{name}.html").write_text(html, encoding="utf-8", newline="")
    return list(contexts)


# --- looking -------------------------------------------------------------------------------------


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files with the policy of the application; PUT is acknowledged as the autosave would."""

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


def serve(out: Path) -> http.server.ThreadingHTTPServer:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(out)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def pairs() -> list[tuple[str, str, float]]:
    """What stands on what, and the contrast it needs."""
    tones = ("good", "caution", "bad", "note", "accent")
    grounds = ("page", "raised", "sunken", "hover")
    needed = [(word, ground, 4.5) for word in ("text", "quiet", *tones) for ground in grounds]
    needed += [(tone, f"{tone}-soft", 4.5) for tone in tones]
    needed += [("text", "accent-soft", 4.5), ("text", "note-soft", 4.5)]
    needed += [("accent-strong", "accent-soft", 4.5)]
    needed += [("on-accent", "accent", 4.5), ("on-accent", "accent-strong", 4.5)]
    return needed + [("line-strong", ground, 3.0) for ground in ("page", "raised")]


def contrasts(css: str) -> Iterator[str]:
    """Tokens too close to what they stand on, in light, dark and high contrast of both."""
    normal, contrast = (
        dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", block))
        for block in re.split(r'\[data-theme="contrast"\] \{', css)
    )
    for theme, tokens in (("normal", normal), ("contrast", {**normal, **contrast})):
        for side, scheme in enumerate(("light", "dark")):
            colour = {name: both.split(", ")[side] for name, both in tokens.items()}
            for one, other, least in pairs():
                low, high = sorted((luminance(colour[one]), luminance(colour[other])))
                ratio = (high + 0.05) / (low + 0.05)
                if ratio < least:
                    yield f"{theme} {scheme}: {one} on {other} has {ratio:.2f}, needs {least}"


def violations(page: Page, axe: Path) -> Iterator[str]:
    """What axe has to say about the page shown."""
    page.evaluate(axe.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    for found in result["violations"]:
        places = "; ".join(node["html"][:160] for node in found["nodes"][:3])
        yield f"axe {found['id']} ({len(found['nodes'])}): {places}"


def look(out: Path, names: list[str], axe: Path | None, shots: bool) -> list[str]:
    """Opens the pages at every width, light and dark; returns what is wrong with them."""
    server = serve(out)
    troubles: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            troubles.append(f"{message.location.get('url')}: {message.text}")

    def raised(error: Exception) -> None:
        troubles.append(str(error))

    def visit(page: Page, name: str, width: int, scheme: str) -> None:
        page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        page.goto(f"http://127.0.0.1:{server.server_port}/{name}.html")
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            troubles.append(f"{name} {width}: {over} px too wide")
        if shots:
            path = out / "shots" / f"{name}-{width}-{scheme}.png"
            page.screenshot(path=path, full_page=name not in ("workbench", "inspect"))
        if axe and width in (360, 1280):
            troubles.extend(f"{name} {width} {scheme} {said}" for said in violations(page, axe))

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        schemes: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")
        for scheme in schemes:
            page = browser.new_context(color_scheme=scheme, reduced_motion="reduce").new_page()
            page.on("console", said)
            page.on("pageerror", raised)
            for name in names:
                for width in HEIGHTS if scheme == "light" else (360, 1280):
                    visit(page, name, width, scheme)
        browser.close()
    server.shutdown()
    return troubles


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--vendor", type=Path, help="folder with the fonts and htmx")
    parser.add_argument("--axe", type=Path, help="axe.min.js")
    parser.add_argument("--shots", action="store_true", help="keep a picture of every page")
    parser.add_argument("--only", default="", help="names of pages, with commas between")
    given = parser.parse_args()
    names = write(given.out, given.vendor)
    chosen = [name for name in given.only.split(",") if name] or names
    tokens = (WEB / "static" / "tokens.css").read_text(encoding="utf-8")
    troubles = [*contrasts(tokens), *look(given.out, chosen, given.axe, given.shots)]
    print("\n".join(dict.fromkeys(troubles)) or f"{len(chosen)} pages, nothing wrong")
    return 1 if troubles else 0


if __name__ == "__main__":
    raise SystemExit(main())
