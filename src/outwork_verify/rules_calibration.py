"""Rules: calibration sessions, who said the same, what was settled, and who is calibrated."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from outwork_verify.declare import (
    MANAGERS,
    count,
    decimal,
    flag,
    mapping,
    one_of,
    positive,
    rule,
    text,
    texts,
)
from outwork_verify.entry import Event, reject
from outwork_verify.figures import clopper_pearson_lower, floor_stated
from outwork_verify.rules_readiness import FROM_TRANSFER
from outwork_verify.state import Calibration, Member, State

MANAGER = ("delivery-manager",)
RATING = frozenset({"analyst", "agent", "reviewer"})
MOST_ITEMS, MOST_RATERS = 50, 30
RESULT = {
    "right": count, "asked": count, "lower": decimal, "upper": decimal, "bar": decimal,
    "state": one_of("calibrated", "undecided", "retrain"),
}  # fmt: skip


def places(value: Any) -> bool:
    """A list of whole numbers from -1."""
    return isinstance(value, list) and all(type(n) is int and n >= -1 for n in value)


def shown(value: Any) -> bool:
    """What a session shows of one rater."""
    return (
        isinstance(value, dict)
        and value.keys() == RESULT.keys()
        and all(fits(value[name]) for name, fits in RESULT.items())
    )


def whole(value: Any) -> bool:
    """A whole number from -1."""
    return type(value) is int and value >= -1


@rule(
    "assurance.calibration-opened",
    {
        "calibration": text, "service": text, "items": mapping(text), "raters": texts,
        "guideline_version": positive,
    },
    ["title"],
    roles=MANAGER,
    stages=FROM_TRANSFER,
)  # fmt: skip
def _opened(state: State, event: Event, _: Member) -> None:
    p, raters = event.public, event.public["raters"]
    if p["calibration"] in state.calibrations or p["guideline_version"] != state.guideline_version:
        reject(event, "opens a session twice, or not under the guideline in force")
    if not 2 <= len(set(raters)) == len(raters) <= MOST_RATERS:
        reject(event, "asks fewer than two raters, too many, or one twice")
    if not 1 <= len(p["items"]) <= MOST_ITEMS or len(set(p["items"].values())) != len(p["items"]):
        reject(event, "has no items, too many, or one twice")
    asked = [state.members.get(name) for name in raters]
    for member in asked:
        if member is None or member.roles & set(MANAGERS) or not member.roles & RATING:
            reject(event, "asks somebody who has not joined, manages, or answers nothing")
    for name, source in p["items"].items():
        if name in state.items or name in state.rated or "/" in name:
            reject(event, "has an item that is there already")
        _source(state, event, source, {m.family for m in asked if m is not None})
    for before in state.calibrations.values():
        if set(before.items.values()) & set(p["items"].values()) and set(before.raters) & set(
            raters
        ):
            reject(event, "asks somebody what they were asked in an earlier session")
    state.calibrations[p["calibration"]] = Calibration(
        dict(p["items"]), raters, state.guideline_version
    )
    state.rated.update(dict.fromkeys(p["items"], p["calibration"]))


def _source(state: State, event: Event, source: str, families: set[str]) -> None:
    """A control item for calibration, or an item of a batch that none of the raters answered."""
    control, item, service = state.controls.get(source), state.items.get(source), event.public
    if control is not None:
        if control.use != "calibration" or control.service != service["service"]:
            reject(event, "asks for a control item that is kept for something else")
    elif item is None or item.control or item.order.line.service != service["service"]:
        reject(event, "takes a text from what is no item of a batch, or of another service")
    elif item.families & families:
        reject(event, "asks somebody who answered the item in its batch")


def _open(state: State, event: Event, name: str, *states: str) -> Calibration:
    found = state.calibrations.get(name)
    if found is None or found.state not in states:
        reject(event, "is about a session that was not opened, or stands elsewhere")
    return found


def begin_rating(state: State, event: Event, item: str) -> None:
    """Somebody takes an item of a session; raises Failure unless it was given to them."""
    found = _open(state, event, state.rated.get(item, ""), "open")
    taken = found.claimed.setdefault(item, set())
    if event.actor not in found.raters or event.actor in taken:
        reject(event, "takes an item of a calibration that was not given to its taker, or twice")
    taken.add(event.actor)


def rate(state: State, event: Event) -> None:
    """Somebody answers an item of a session, to the same questions as the others."""
    item = event.public["item"]
    found = _open(state, event, state.rated.get(item, ""), "open")
    given = found.answered.setdefault(item, {})
    given[event.actor] = frozenset(name.removeprefix("answers.") for name in event.sealed)
    if len(set(given.values())) > 1:
        reject(event, "answers other questions than another rater of the session")


@rule(
    "assurance.calibration-compared",
    {"calibration": text, "item": text, "groups": mapping(places)},
    roles=MANAGER,
    stages=FROM_TRANSFER,
)
def _compared(state: State, event: Event, _: Member) -> None:
    p = event.public
    found = _open(state, event, p["calibration"], "open")
    if p["item"] not in found.items or p["item"] in found.groups:
        reject(event, "compares what is no item of the session, or is compared")
    given = found.answered.get(p["item"], {})
    agreed = found.items[p["item"]] in state.controls
    for numbers in p["groups"].values():
        if len(numbers) != len(found.raters):
            reject(event, "does not have one number a rater")
        for rater, number in zip(found.raters, numbers, strict=True):
            if (number == -1) is not (rater not in given):
                reject(event, f"says wrongly whether {rater} answered")
        said = [n for n in dict.fromkeys(numbers) if n > 0]
        if said != list(range(1, len(said) + 1)) or (0 in numbers and not agreed):
            reject(event, "numbers its groups otherwise than in order, or has an agreed answer")
    if given and set(p["groups"]) != next(iter(given.values())):
        reject(event, "compares other questions than were answered")
    found.groups[p["item"]] = p["groups"]


@rule(
    "assurance.calibration-closed",
    {"calibration": text, "differences": count},
    roles=MANAGER,
    stages=FROM_TRANSFER,
)
def _closed(state: State, event: Event, _: Member) -> None:
    found = _open(state, event, event.public["calibration"], "open")
    if found.groups.keys() != found.items.keys() or not any(found.answered.values()):
        reject(event, "closes a session that nobody answered, or of which an item is not compared")
    differences = len(_differences(state, found))
    if event.public["differences"] != differences:
        reject(event, f"counts another number of differences than {differences}")
    for asked in state.assignments.values():
        if asked.purpose == "calibrate" and asked.item in found.items:
            asked.done = True
    found.state = "closed"


def _expected(state: State, found: Calibration, item: str) -> int:
    """The number of whoever is right where all say the same."""
    return 0 if found.items[item] in state.controls else 1


def _differences(state: State, found: Calibration) -> set[tuple[str, str]]:
    return {
        (item, question)
        for item, groups in found.groups.items()
        for question, numbers in groups.items()
        if set(numbers) - {-1, _expected(state, found, item)}
    }


@rule(
    "assurance.difference-settled",
    {
        "calibration": text, "item": text, "question": text, "stands": whole, "clause": text,
        "guideline_version": positive, "changed": flag,
    },
    ["reason"],
    roles=MANAGER,
    stages=FROM_TRANSFER,
)  # fmt: skip
def _settled(state: State, event: Event, _: Member) -> None:
    p = event.public
    found = _open(state, event, p["calibration"], "closed")
    if (p["item"], p["question"]) not in _differences(state, found):
        reject(event, "settles what is no difference")
    known = {0} if found.items[p["item"]] in state.controls else set()
    if p["stands"] not in {-1} | known | {
        n for n in found.groups[p["item"]][p["question"]] if n > 0
    }:
        reject(event, "lets an answer stand that nobody gave")
    if p["clause"] not in state.clauses or p["guideline_version"] != state.guideline_version:
        reject(event, "cites a clause that is not in the guideline in force")
    if p["changed"] and p["guideline_version"] == found.version:
        reject(event, "says that a clause changed since, under the same guideline")
    found.settled[p["item"], p["question"]] = p["stands"], p["clause"]


@rule(
    "assurance.calibration-concluded",
    {"calibration": text, "results": mapping(shown)},
    roles=MANAGER,
    stages=FROM_TRANSFER,
)
def _concluded(state: State, event: Event, _: Member) -> None:
    p = event.public
    found = _open(state, event, p["calibration"], "closed")
    if _differences(state, found) != found.settled.keys():
        reject(event, "concludes a session with a difference that is not settled")
    if p["results"].keys() != set(found.raters) or state.bar is None:
        reject(event, "does not state a result for each rater, or there is no bar")
    for name, result in p["results"].items():
        _result(state, event, found, name, result)
    found.state = "concluded"


def _result(
    state: State, event: Event, found: Calibration, name: str, result: dict[str, Any]
) -> None:
    """A rater's figures again, and the pause that follows from them."""
    member, place = state.members[name], found.raters.index(name)
    right, asked, clauses = 0, 0, set()
    for item, groups in found.groups.items():
        for question, numbers in groups.items():
            if numbers[place] == -1:
                continue
            stands, clause = found.settled.get(
                (item, question), (_expected(state, found, item), "")
            )
            asked += 1
            right += numbers[place] == stands
            if numbers[place] != stands:
                clauses.add(clause)
    if (result["right"], result["asked"]) != (right, asked):
        reject(event, f"counts otherwise than {right} right of {asked} for {name}")
    assert state.bar is not None  # asked before
    bar = Decimal(state.bar["agents" if member.kind == "agent" else "people"])
    confidence = float(Decimal(state.bar["confidence"]))
    lower, upper = Decimal(result["lower"]), Decimal(result["upper"])
    if asked:
        exact = [clopper_pearson_lower(n, asked, confidence) for n in (right, asked - right)]
        if not floor_stated(str(lower), exact[0]) or not floor_stated(str(1 - upper), exact[1]):
            reject(event, f"states other bounds for {name} than {exact[0]:.8f}, {1 - exact[1]:.8f}")
    elif lower != 0 or upper != 1:
        reject(event, f"states a bound for {name}, who answered nothing")
    shows = "calibrated" if asked and lower >= bar else "retrain" if upper < bar else "undecided"
    if Decimal(result["bar"]) != bar or result["state"] != shows:
        reject(event, f"says of {name} what does not follow from the bounds and the bar")
    if shows == "retrain" and member.roles & {"analyst", "agent"} and member.paused is None:
        member.retrain = frozenset(clauses)
