"""Rules: each side's witnesses, and which keys a bundle may name as theirs."""

from __future__ import annotations

import hashlib

from outwork_verify.container import Bundle, Failure
from outwork_verify.declare import MANAGERS, SIDE, digest, rule, text
from outwork_verify.entry import Event, reject
from outwork_verify.records import WitnessKey
from outwork_verify.state import Member, State


@rule(
    "agreements.witness-enrolled",
    {"witness": text, "side": SIDE, "key": digest},
    ["name", "url"],
    roles=MANAGERS,
)
def _witness_enrolled(state: State, event: Event, member: Member) -> None:
    p = event.public
    if p["side"] != member.side:
        reject(event, "enrols a witness for another side")
    if p["witness"] in state.witnesses:
        reject(event, "enrols a witness twice")
    if any(w.key == p["key"] and w.retired is None for w in state.witnesses.values()):
        reject(event, "enrols a key that is another witness's")
    state.witnesses[p["witness"]] = WitnessKey(p["side"], p["key"], event.at)


@rule("agreements.witness-retired", {"witness": text, "side": SIDE}, roles=MANAGERS)
def _witness_retired(state: State, event: Event, member: Member) -> None:
    found = state.witnesses.get(event.public["witness"])
    if found is None or found.retired is not None or found.side != member.side:
        reject(event, "retires a witness that is not enrolled, or another side's")
    if event.public["side"] != found.side:
        reject(event, "says of a witness that it is another side's")
    found.retired = event.at


def check_witnesses(state: State, bundle: Bundle) -> None:
    """Raises Failure where the manifest names a witness that the log has not enrolled.

    A log without any is one whose bundle was cosigned by arrangement outside of it.
    """
    enrolled = {witness.key for witness in state.witnesses.values()}
    for key in bundle.witnesses if enrolled else ():
        if hashlib.sha256(key.encode().encode()).hexdigest() not in enrolled:
            reason = f"names a witness that nobody enrolled, {key.name}"
            raise Failure("manifest.json", None, reason)
