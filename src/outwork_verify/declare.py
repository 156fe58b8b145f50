"""Declaring a rule: the kind of event, its exact fields, and who may do such an act.

What every kind has in common is checked here; the function that is declared judges the rest. A
kind or version without a rule fails the replay: what is not understood is not verified.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outwork_verify import usual
from outwork_verify.entry import Event, instant, reject
from outwork_verify.state import STAGES, Member, State, WorkOrder

Handler = Callable[[State, Event], None]
Fits = Callable[[Any], bool]
Judge = Callable[[State, Event, Member], None]

HANDLERS: dict[tuple[str, int], Handler] = {}
QUICK: dict[Handler, tuple[usual.Read, Handler]] = {}
"""By handler: what recognises the usual lines of its kind, and what then is left to judge."""

_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?(E[+-]?[0-9]{1,2})?")
_WORD = r"[a-z0-9]{1,30}(-[a-z0-9]{1,30}){0,4}"
_CODE = re.compile(rf"{_WORD}(\.{_WORD}){{0,4}}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def text(value: Any) -> bool:
    """A string that is not empty."""
    return isinstance(value, str) and value != ""


def words(value: Any) -> bool:
    """A string, perhaps empty."""
    return isinstance(value, str)


def texts(value: Any) -> bool:
    """A list of strings."""
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def count(value: Any) -> bool:
    """A whole number from 0."""
    return type(value) is int and value >= 0


def positive(value: Any) -> bool:
    """A whole number from 1."""
    return type(value) is int and value >= 1


def flag(value: Any) -> bool:
    """True or false."""
    return isinstance(value, bool)


def digest(value: Any) -> bool:
    """64 lower-case hex digits."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def moment(value: Any) -> bool:
    """An instant with a zone."""
    return isinstance(value, str) and bool(instant(value))


def decimal(value: Any) -> bool:
    """A decimal number as text."""
    return isinstance(value, str) and _DECIMAL.fullmatch(value) is not None


def money(value: Any) -> bool:
    """An amount that is not negative, and its currency."""
    return (
        isinstance(value, dict)
        and value.keys() == {"amount", "currency"}
        and decimal(value["amount"])
        and Decimal(value["amount"]) >= 0
        and text(value["currency"])
    )


def one_of(*allowed: str) -> Fits:
    """One of some words."""
    spelled = "|".join(map(re.escape, allowed))
    return _spelled(
        lambda value: isinstance(value, str) and value in allowed, f'"({spelled})"', None
    )


def level(value: Any) -> bool:
    """A clearance, from 0 to 9."""
    return count(value) and value <= 9


def codes(value: Any) -> bool:
    """A sorted list of codes, none twice: words of lower-case letters and digits."""
    return texts(value) and all(map(_CODE.fullmatch, value)) and value == sorted(set(value))


def code(value: Any) -> bool:
    """A code: words of lower-case letters and digits."""
    return isinstance(value, str) and _CODE.fullmatch(value) is not None


def optional(fits: Fits) -> Fits:
    """Null, or what fits."""
    return lambda value: value is None or fits(value)


def mapping(fits: Fits) -> Fits:
    """An object whose values all fit."""
    return _spelled(
        lambda value: isinstance(value, dict) and all(map(fits, value.values())), *usual.flat(fits)
    )


@dataclass(frozen=True)
class Occasional:
    """What fits a field that is left out where there is nothing to say."""

    fits: Fits


def classes(**parts: Fits) -> Occasional:
    """Severities that are judged by themselves, each with exactly these parts; not none."""

    def fits(value: Any) -> bool:
        return (
            isinstance(value, dict)
            and value.keys() <= {"critical", "major", "minor"}
            and all(isinstance(of, dict) and of.keys() == parts.keys() for of in value.values())
            and all(check(of[name]) for of in value.values() for name, check in parts.items())
            and bool(value)
        )

    return Occasional(fits)


Public = Mapping[str, Fits | Occasional]


def anything(_: Any) -> bool:
    """Whatever it is; the rule itself looks."""
    return True


def _spelled(fits: Fits, pattern: str, convert: usual.Convert | None) -> Fits:
    usual.USUAL[fits] = (pattern, convert)
    return fits


_spelled(text, usual.TEXT, None)
_spelled(words, usual.WORDS, None)
_spelled(count, usual.COUNT, int)
_spelled(positive, usual.POSITIVE, int)
_spelled(flag, "(true|false)", "true".__eq__)
_spelled(digest, usual.DIGEST, None)
_spelled(moment, usual.MOMENT, None)

SIDE = one_of("client", "provider", "auditor")
STAGE = one_of(*STAGES)
SEVERITY = one_of("critical", "major", "minor")
UNIT = one_of("item", "answer", "statement")
USE = one_of("certification", "production", "calibration")
SHAPE = one_of("itemised", "bespoke")
PURPOSE = one_of(
    "produce", "certify", "control", "overlap", "review", "inspect", "adjudicate", "calibrate"
)

MANAGERS = ("vendor-manager", "delivery-manager")


def founding(
    kind: str,
    public: Public,
    sealed: Collection[str] = (),
    *,
    version: int = 1,
) -> Callable[[Handler], Handler]:
    """Registers the rule of a kind and version of event that looks itself at who acts.

    `sealed` names the confidential fields; a name that ends in a point stands for any number of
    fields that begin with it. Public fields are all there, but for those that are `Occasional`.
    """
    check = _form(kind, public, sealed)

    def register(judge: Handler) -> Handler:
        def handler(state: State, event: Event) -> None:
            check(event)
            judge(state, event)

        _enter(handler, judge, kind, version, public, sealed)
        return judge

    return register


def rule(
    kind: str,
    public: Public,
    sealed: Collection[str] = (),
    *,
    roles: Collection[str],
    stages: Collection[str] = STAGES,
) -> Callable[[Judge], Judge]:
    """Registers the rule of a kind (version 1) that members with one of `roles` may cause, while
    the engagement is at one of `stages`. Fields as for `founding`.
    """
    check = _form(kind, public, sealed)
    allowed, here = frozenset(roles), frozenset(stages)

    def register(judge: Judge) -> Judge:
        def judged(state: State, event: Event) -> None:
            member = state.members.get(event.actor)
            if (
                member is None
                or not member.since <= event.at < member.until
                or allowed.isdisjoint(member.roles)
                or state.stage not in here
            ):
                member = acting(state, event, allowed, here)  # which says why not
            judge(state, event, member)

        def handler(state: State, event: Event) -> None:
            check(event)
            judged(state, event)

        _enter(handler, judged, kind, 1, public, sealed)
        return judge

    return register


def _enter(
    handler: Handler, judge: Handler, kind: str, version: int, public: Public,
    sealed: Collection[str],
) -> None:  # fmt: skip
    HANDLERS[kind, version] = handler
    # A line with a field that is mostly left out is not spelled as usual.
    plain = {name: fits for name, fits in public.items() if not isinstance(fits, Occasional)}
    read = usual.reader(kind, version, plain, sealed)
    if read is not None:
        QUICK[handler] = read, judge


def acting(
    state: State, event: Event, roles: frozenset[str], stages: Collection[str] = STAGES
) -> Member:
    """The member who acts, who joined before, is entitled at that time and has a role for it."""
    member = state.members.get(event.actor)
    if member is None:
        reject(event, f"is the act of {event.actor}, who has not joined")
    if not member.since <= event.at < member.until:
        reject(event, f"is outside the dates of {event.actor}'s entitlement")
    if roles.isdisjoint(member.roles):
        reject(event, f"is the act of {event.actor}, whose roles do not allow it")
    if state.stage not in stages:
        reject(event, f"cannot happen while the engagement is at {state.stage}")
    return member


def _form(kind: str, public: Public, sealed: Collection[str]) -> Callable[[Event], None]:
    needed = {name: fits for name, fits in public.items() if not isinstance(fits, Occasional)}
    spare = {name: one.fits for name, one in public.items() if isinstance(one, Occasional)}
    names, checks = frozenset(needed), tuple(needed.items())
    exact = frozenset(name for name in sealed if not name.endswith("."))
    families = tuple(name for name in sealed if name.endswith("."))

    def check(event: Event) -> None:
        values = event.public
        if values.keys() != names and values.keys() - spare.keys() != names:
            reject(event, f"does not have exactly the public fields of {kind}")
        for name in spare:
            if name in values and not spare[name](values[name]):
                reject(event, f"has a value in {name} that cannot stand there")
        for name, fits in checks:
            if not fits(values[name]):
                reject(event, f"has a value in {name} that cannot stand there")
        if exact != (_plain(event, families) if families else set(event.sealed)):
            reject(event, f"does not have exactly the sealed fields of {kind}")

    return check


def _plain(event: Event, families: tuple[str, ...]) -> set[str]:
    return {name for name in event.sealed if not name.startswith(families)}


def order_at(state: State, event: Event, *stages: str) -> WorkOrder:
    """The work order that an event names, which must stand at one of these stages."""
    order = state.orders.get(event.public["work_order"])
    if order is None:
        reject(event, "names a work order that was not opened")
    if order.stage not in stages:
        reject(event, f"cannot happen while the work order is at {order.stage}")
    if "round" in event.public and event.public["round"] != order.current.number:
        reject(event, f"is of another round than the work order's, {order.current.number}")
    return order


def share(event: Event, name: str, among: Mapping[str, Any] | None = None) -> Fraction:
    """A decimal strictly between 0 and 1, exactly; of the event's values unless told."""
    number = Fraction((event.public if among is None else among)[name])
    if not 0 < number < 1:
        reject(event, f"has a {name.replace('_', ' ')} that is not between 0 and 1")
    return number
