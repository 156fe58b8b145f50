"""Who is visiting: session cookie, CSRF token, language, theme, and what is said once."""

from __future__ import annotations

import base64
import hmac
import json
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from fastapi import Request, Response

from outwork import access, reporting
from outwork.access import Actor
from outwork.interfaces import wording
from outwork.interfaces.web.rendering import LANGUAGES, render
from outwork.kit.database import Database
from outwork.operation import operation, utc_now
from outwork.vocabulary import Refusal, Side

COOKIE, FLASH = "outwork-session", "outwork-flash"
ATTEMPTS, WINDOW = 10, timedelta(minutes=5)
LARGEST_FLASH = 3_000  # bytes; a browser keeps 4,096 a cookie


class NotSignedIn(Exception):
    """The page is for people who are signed in."""


@dataclass(slots=True)
class Visit:
    """One request of one visitor."""

    request: Request
    database: Database
    actor: Actor
    token: str

    @property
    def csrf(self) -> str:
        """The token that every form of this session posts."""
        return csrf_of(self.token)

    def page(
        self, template: str, nav: str, title: str, status: int = 200, **context: Any
    ) -> Response:
        """Render a page in the frame of the workspace."""
        with operation(self.database, self.actor.id) as op:
            waiting = len(reporting.inbox(op))
            party = access.party(op.db, self.actor.party_id)
        sides = {
            Side.CLIENT: wording.translate("client"),
            Side.PROVIDER: wording.translate("provider"),
            Side.AUDITOR: wording.translate("auditor"),
        }
        base = {
            **frame(self.request),
            "actor": {
                "name": self.actor.name,
                "initials": "".join(word[0] for word in self.actor.name.split()[:2]),
                "party": party.name,
                "side": sides[party.side],
            },
            "nav": nav,
            "title": title,
            "counts": {"inbox": waiting} if waiting else {},
            "csrf": self.csrf,
            "zone": self.actor.zone,
        }
        text = render(template, {**base, **context}, self.actor.zone, language(self.request))
        response = Response(text, status, media_type="text/html; charset=utf-8")
        response.delete_cookie(FLASH)
        return response


def csrf_of(token: str) -> str:
    """Bound to the session, useless without its cookie."""
    return hmac.digest(token.encode(), b"csrf", "sha256").hex()


def language(request: Request) -> str:
    """The language of the cookie, if there is such a catalogue."""
    chosen = request.cookies.get("lang", "en")
    return chosen if chosen in dict(LANGUAGES) else "en"


def frame(request: Request) -> dict[str, Any]:
    """What every page's context holds, also before sign-in."""
    lang = language(request)
    wording.speak(lang)
    theme = request.cookies.get("theme", "")
    return {
        "actor": None,
        "nav": "",
        "csrf": "",
        "flash": read_flash(request),
        "theme": theme if theme in ("light", "dark", "contrast") else "",
        "lang": lang,
        "dir": "ltr",
        "languages": [
            {"code": code, "label": label, "current": code == lang} for code, label in LANGUAGES
        ],
        "preferences": {"action": "/preferences"},
        "here": request.url.path,
    }


def visitor(request: Request, database: Database) -> Visit:
    """Who is signed in; raises NotSignedIn."""
    token = request.cookies.get(COOKIE, "")
    actor = None
    if token:
        with database.transaction("job") as db:
            actor = access.session_actor(db, token, utc_now())
    if actor is None:
        raise NotSignedIn
    return Visit(request, database, actor, token)


def check_csrf(visit: Visit, given: str) -> None:
    """Raises Refusal unless the form came from a page of this session."""
    if not hmac.compare_digest(given.encode(), visit.csrf.encode()):
        raise Refusal("form-expired")


def say(response: Response, notices: list[dict[str, Any]]) -> None:
    """Say something once, on the next page."""
    text = base64.urlsafe_b64encode(json.dumps(notices).encode()).decode()
    if len(text) > LARGEST_FLASH:
        text = base64.urlsafe_b64encode(
            json.dumps([{**n, "reasons": n.get("reasons", [])[:5]} for n in notices]).encode()
        ).decode()
    if len(text) <= LARGEST_FLASH:
        response.set_cookie(FLASH, text, max_age=120, httponly=True, samesite="lax")


def read_flash(request: Request) -> list[dict[str, Any]]:
    """What was left to be said; nothing if it is not ours."""
    try:
        plain = json.loads(base64.urlsafe_b64decode(request.cookies.get(FLASH, "")))
    except ValueError:
        return []
    if not isinstance(plain, list) or not all(isinstance(n, dict) for n in plain):
        return []
    for notice in plain:
        for found in notice.get("reasons") or []:
            # A cookie is the visitor's own; still, it links inside the workspace only.
            if not local(str(found.get("href", ""))):
                found.pop("href", None)
    return plain


def local(address: str) -> bool:
    """Whether an address stays in the workspace."""
    return address.startswith("/") and not address.startswith(("//", "/\\"))


class Throttle:
    """At most ATTEMPTS failed sign-ins for a login within WINDOW (OWASP ASVS 5.0, 6.3.1)."""

    def __init__(self) -> None:
        self._failed: dict[str, deque[datetime]] = {}
        self._lock = Lock()

    def check(self, login: str, now: datetime) -> None:
        """Raises Refusal("too-many-attempts")."""
        with self._lock:
            failed = self._failed.get(login, deque())
            while failed and failed[0] < now - WINDOW:
                failed.popleft()
            if len(failed) >= ATTEMPTS:
                raise Refusal("too-many-attempts", minutes=int(WINDOW.total_seconds() // 60))

    def failed(self, login: str, now: datetime) -> None:
        """Count a failed attempt; forget the oldest logins beyond a limit."""
        with self._lock:
            self._failed.setdefault(login, deque()).append(now)
            while len(self._failed) > 10_000:
                self._failed.pop(next(iter(self._failed)))
