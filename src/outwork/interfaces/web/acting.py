"""Acts from forms: fields to arguments, the act itself, and what the visitor is told.

A field is named after its argument; "a.b" is part b of argument a, "a.0.b" of its first element;
NAME and NAME-currency together are money; a field that was left empty is left out, and a list whose
fields were all left empty is an empty one. A file is its content; its name goes to the argument
`name`.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import FormData, UploadFile

from outwork.agreements import Enrolment
from outwork.interfaces import wording
from outwork.interfaces.web.rendering import reasons_of
from outwork.interfaces.web.visit import Visit, check_csrf, local, say
from outwork.operation import ACTS, perform
from outwork.vocabulary import Json, NotFound, OutworkError, Refusal

LARGEST_PART = 60 * 1024 * 1024  # bytes; a file is at most 50 MB and is posted as it is
RESERVED = {"csrf", "next", "back"}


async def act(visit: Visit, name: str, request: Request) -> Response:
    """Do an act from a posted form, and go to `next`, or back with what stands in the way."""
    async with request.form(max_part_size=LARGEST_PART) as form:  # closes what was uploaded
        return await _act(visit, name, form)


async def _act(visit: Visit, name: str, form: FormData) -> Response:
    check_csrf(visit, str(form.get("csrf", "")))
    if name not in ACTS:
        raise NotFound("act", name)
    back = str(form.get("back") or form.get("next") or "/")
    forward = str(form.get("next") or back)
    try:
        arguments = await arguments_of(form, name, visit.actor.zone)
        result = perform(visit.database, visit.actor.id, name, arguments)
    except NotFound:
        raise
    except OutworkError as error:
        response = RedirectResponse(back if local(back) else "/", 303)
        say(response, [notice(error)])
        return response
    response = RedirectResponse(forward if local(forward) else "/", 303)
    told = {"tone": "good", "title": wording.done(name)}
    if isinstance(result, Enrolment):
        text = wording.translate("The token with which it reads the log, told only now: %(token)s")
        told["text"] = text % {"token": result.token}
    say(response, [told])
    return response


def notice(error: OutworkError) -> dict[str, Any]:
    """A refusal as a notice."""
    return {
        "tone": "bad" if isinstance(error, Refusal) else "caution",
        "title": wording.explain(error.code, error.params),
        "code": error.code,
        "reasons": reasons_of(error),
    }


async def arguments_of(form: FormData, name: str, zone: str) -> dict[str, Json]:
    """The arguments of an act out of a form's fields."""
    flat: dict[str, Json] = {}
    left_empty: set[str] = set()
    for field in form:
        if field in RESERVED:
            continue
        values = [v for v in form.getlist(field) if not (isinstance(v, str) and not v.strip())]
        if not values:
            if field.rpartition(".")[2].isdigit():
                left_empty.add(field.partition(".")[0])
            continue
        first = values[0]
        if isinstance(first, UploadFile):
            if not first.filename:
                continue
            flat[field] = base64.b64encode(await first.read()).decode()
            flat.setdefault("name", first.filename)
        else:
            flat[field] = first if len(values) == 1 else list(values)
    made = _nested(_money(flat), name, zone)
    lists = {p.name for p in ACTS[name].parameters if _takes_list(p.adapter)}
    return {**{key: [] for key in left_empty & lists}, **made}


def _money(flat: dict[str, Json]) -> dict[str, Json]:
    made = dict(flat)
    for field in flat:
        if field.endswith("-currency"):
            amount = field.removesuffix("-currency")
            currency = made.pop(field)
            if amount in made:
                made[amount] = {"amount": made[amount], "currency": currency}
    return made


def _nested(flat: dict[str, Json], name: str, zone: str) -> dict[str, Json]:
    tree: dict[str, Any] = {}
    for field, value in flat.items():
        here = tree
        *path, last = field.split(".")
        for step in path:
            here = here.setdefault(step, {})
        here[last] = _instant(value, zone)
    several = {p.name for p in ACTS[name].parameters if _takes_list(p.adapter)}
    return {
        argument: [value] if argument in several and isinstance(value, str) else _listed(value)
        for argument, value in tree.items()
    }


def _takes_list(adapter: Any) -> bool:
    return bool(adapter.json_schema().get("type") == "array")


def _listed(value: Any) -> Json:
    """A mapping whose keys are 0, 1, 2... is a list."""
    if not isinstance(value, dict):
        return value
    inner = {k: _listed(v) for k, v in value.items()}
    if inner and all(k.isdigit() for k in inner):
        return [inner[k] for k in sorted(inner, key=int)]
    return inner


def _instant(value: Json, zone: str) -> Json:
    """A local date and time as a browser posts it, in the visitor's zone."""
    if isinstance(value, str) and len(value) == 16 and value[10] == "T":
        try:
            return datetime.fromisoformat(value).replace(tzinfo=ZoneInfo(zone)).isoformat()
        except ValueError:
            return value
    return value
