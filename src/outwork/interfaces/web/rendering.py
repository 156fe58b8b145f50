"""Templates, the helpers they use, and what every page's context holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_time
from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader

from outwork.interfaces import wording
from outwork.vocabulary import Json, Money, OutworkError, Reason

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGES = (("en", "English"),)
PLACES = {
    "inbox": "/",
    "work": "/work",
    "engagements": "/engagements",
    "quality": "/quality",
    "people": "/people",
    "ledger": "/ledger",
    "sign-out": "/sign-out",
}


def url(name: str, **params: str) -> str:
    """The address of a place; static files carry the digest of their content."""
    if name == "static":
        return f"/static/{params['path']}?v={_digest(params['path'])}"
    address = PLACES[name]
    for part in params.values():
        address += "/" + quote(part)
    return address


@cache
def _digest(path: str) -> str:
    file = STATIC / path
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else "0"


@cache
def environment() -> Environment:
    """The templates; autoescaping, and every text through gettext."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        wording.translate, wording.translate_plural, newstyle=True
    )
    made.globals["url"] = url
    return made


def render(template: str, context: Mapping[str, Any], zone: str = "UTC", lang: str = "en") -> str:
    """A page as text; instants in the reader's zone."""

    def when(instant: datetime | None) -> str:
        if instant is None:
            return "–"
        local = instant.astimezone(ZoneInfo(zone))
        return format_datetime(local, "d MMM y, HH:mm", locale=lang)

    def money(amount: Money | Mapping[str, Json] | None) -> str:
        if amount is None:
            return "–"
        if not isinstance(amount, Money):
            return format_currency(amount["amount"], amount["currency"], locale=lang)
        return format_currency(amount.rounded().amount, amount.currency, locale=lang)

    found = environment().get_template(template)
    return found.render({**context, "when": when, "money": money})


def clock(instant: datetime, zone: str, lang: str = "en") -> str:
    """Hours and minutes in the reader's zone."""
    return format_time(instant.astimezone(ZoneInfo(zone)), "HH:mm", locale=lang)


def reason(found: Reason) -> dict[str, Any]:
    """A reason as templates want it."""
    shown: dict[str, Any] = {
        "code": found.code,
        "text": wording.explain(found.code, found.params),
    }
    if found.place:
        shown["href"] = "/" + found.place
    return shown


def reasons_of(error: OutworkError) -> list[dict[str, Any]]:
    """What stands in the way besides the error's own sentence, which is not said twice."""
    title = wording.explain(error.code, error.params)
    shown = [reason(r) for r in error.reasons]
    return [r for r in shown if r["text"] != title or r.get("href")]
