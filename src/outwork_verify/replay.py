"""The replay: every event again, by the rule of its kind; and the openings of sealed fields."""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Mapping, Sequence

from outwork_verify import (
    canonical,
    rules_agreement,
    rules_calibration,
    rules_certificate,
    rules_clock,
    rules_contest,
    rules_documents,
    rules_gates,
    rules_handing,
    rules_improvement,
    rules_logs,
    rules_overlap,
    rules_payment,
    rules_quality,
    rules_readiness,
    rules_reinspection,
    rules_review,
    rules_routing,
    rules_rows,
    rules_signatures,
    rules_watch,
    rules_witnesses,
    rules_work,
    usual,
)
from outwork_verify.container import Failure, lines_of
from outwork_verify.declare import HANDLERS, QUICK, Handler
from outwork_verify.entry import Event, read_event, reject
from outwork_verify.state import State

__all__ = ["HANDLERS", "RULES", "Event", "Handler", "State", "check_disclosures", "replay"]

# Importing them is what registers their rules.
RULES = (
    rules_agreement, rules_signatures, rules_gates, rules_readiness, rules_rows, rules_work,
    rules_clock, rules_handing, rules_review, rules_overlap, rules_contest, rules_watch,
    rules_calibration, rules_routing, rules_quality, rules_reinspection, rules_improvement,
    rules_certificate, rules_payment, rules_documents, rules_witnesses, rules_logs,
)  # fmt: skip
DISCLOSURES = "disclosures.jsonl"

_SALT = re.compile(r"[0-9a-f]{32}")


def replay(
    lines: Sequence[bytes],
    handlers: Mapping[tuple[str, int], Handler] = HANDLERS,
    engagement: str | None = None,
) -> State:
    """The state after all events; raises Failure naming the first entry that does not fit."""
    state = State(engagement=engagement)
    # Nothing here makes cycles; looking for them among a million entries is half the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        _replay(state, lines, handlers)
    finally:
        if collecting:
            gc.enable()
    rules_payment.check_ending(state)
    return state


def _replay(
    state: State, lines: Sequence[bytes], handlers: Mapping[tuple[str, int], Handler]
) -> None:
    grow, keep = state.tree.append, state.events.append
    kinds: list[str] = []
    count = kinds.append
    quick = {
        kind: QUICK[handler]
        for (kind, version), handler in handlers.items()
        if version == 1 and handler in QUICK
    }
    for seq, line in enumerate(lines):
        text = str(line, "ascii", "replace")
        known = quick.get(usual.kind_of(text))
        event = known[0](text, seq) if known else None
        if known is not None and event is not None:
            handler = known[1]
        else:
            event = read_event(line, seq)
            found = handlers.get((event.kind, event.version))
            if found is None:
                reject(event, f"has an unknown kind, {event.kind} version {event.version}")
            handler = found
        grow(line)
        try:
            handler(state, event)
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
            reject(event, f"does not have the fields of {event.kind} version {event.version}")
        keep(line)
        count(event.kind)
    state.kinds.update(kinds)


def check_disclosures(data: bytes, events: Sequence[Event]) -> int:
    """Checks every opened field against its commitment, SHA-256(salt || canonical value).

    Gives their number; raises Failure naming the line (from 0) that does not open.
    """
    last: tuple[int, str] = (-1, "")
    lines = lines_of(data, DISCLOSURES)
    sealed: tuple[int, Mapping[str, str]] = (-1, {})  # of the entry that is being opened
    for i, line in enumerate(lines):
        try:
            opening = canonical.decode(line)
        except canonical.CanonicalError as error:
            raise Failure(DISCLOSURES, i, str(error)) from error
        if not isinstance(opening, dict) or list(opening) != ["field", "salt", "seq", "value"]:
            raise Failure(DISCLOSURES, i, "is not an opening")
        name, salt, seq = opening["field"], opening["salt"], opening["seq"]
        if type(seq) is not int or not 0 <= seq < len(events) or not isinstance(name, str):
            raise Failure(DISCLOSURES, i, "opens no entry")
        if not isinstance(salt, str) or not _SALT.fullmatch(salt):
            raise Failure(DISCLOSURES, i, "has a malformed salt")
        content = bytes.fromhex(salt) + canonical.encode(opening["value"])
        if sealed[0] != seq:
            sealed = seq, events[seq].sealed
        if sealed[1].get(name) != hashlib.sha256(content).hexdigest():
            raise Failure(DISCLOSURES, i, "does not open the commitment")
        if last >= (seq, name):
            raise Failure(DISCLOSURES, i, "is not in order")
        last = (seq, name)
    return len(lines)
