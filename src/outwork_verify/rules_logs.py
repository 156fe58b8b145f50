"""The log of logs: that it knows the bundle's log, and no other version of it.

Source: docs/formats/logs.md. Ids in it are blinded by a secret that a log's parties hold.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from outwork_verify import canonical, note, tree
from outwork_verify.container import Bundle, Failure
from outwork_verify.declare import count, digest, founding
from outwork_verify.entry import Event, read_event, reject
from outwork_verify.policy import Policy
from outwork_verify.state import State

MEMBER = "logs.json"
KIND = "ledger.log-covered"

_BLINDING = "outwork-log-of-logs/1"
_SECRET = re.compile(r"[0-9a-f]{64}")
_MOST_HASHES = 63


@founding(KIND, {"log": digest, "size": count, "root": digest})
def _log_covered(state: State, event: Event) -> None:
    if state.currency is not None:
        reject(event, "belongs in the log of logs and not in an engagement's")


@dataclass(frozen=True)
class Known:
    """What the log of logs knows: this log's blinded id, and the head of the log of logs."""

    id: str
    log: note.Key
    size: int
    root: bytes
    signed: dict[note.Key, int | None]


def check_known(bundle: Bundle, policy: Policy, lines: Sequence[bytes]) -> dict[str, Any]:
    """What the bundle's proof shows, for people; empty where it has none and none is demanded.

    The entry has to be of this log, in the log of logs, and fit the log's own beginning. Raises
    Failure.
    """
    data = bundle.members.get(MEMBER)
    if data is None:
        if policy.covering is not None:
            raise Failure(MEMBER, None, "is missing, and the policy names a log of logs")
        return {}
    known, event = _read(data, bundle, policy)
    if event.public["size"] > len(lines):
        _reject_longer(event, lines, MEMBER, None)
    _check_roots([event], lines, MEMBER)
    times = {key.name: time for key, time in known.signed.items() if time is not None}
    return {
        "log": known.log.name,
        "trusted": policy.covering is not None,
        "id": known.id,
        "entry": event.seq,
        "entries": known.size,
        "covered": event.public["size"],
        "cosigned": times,
    }


def check_whole(
    bundle: Bundle, policy: Policy, lines: Sequence[bytes], whole: Sequence[bytes]
) -> int:
    """Checks every entry about this log in the log of logs; gives how many there are.

    `whole` are the entries of the log of logs, at least as many as the bundle's proof is of. Raises
    Failure naming the entry that another version of the log left there.
    """
    if MEMBER not in bundle.members:
        raise Failure(MEMBER, None, "is missing: nothing says by which id the log is known")
    known, _ = _read(bundle.members[MEMBER], bundle, policy)
    if len(whole) < known.size:
        raise Failure("logs", None, f"has {len(whole)} entries where the proof is of {known.size}")
    if tree.root(whole[: known.size]) != known.root:
        raise Failure("logs", None, "is not the log of logs that the proof is of")
    about = [
        event
        for seq, line in enumerate(whole)
        if (event := _event(line, seq, "logs", seq)).public["log"] == known.id
    ]
    for event in about:
        # What came after the proof may be of a log that has grown since.
        if event.public["size"] > len(lines) and event.seq < known.size:
            _reject_longer(event, lines, "logs", event.seq)
    _check_roots([e for e in about if e.public["size"] <= len(lines)], lines, "logs")
    return len(about)


def _read(data: bytes, bundle: Bundle, policy: Policy) -> tuple[Known, Event]:
    """The proof, checked but for what the entry says of the log's size and root."""
    proof = _form(data)
    try:
        log = note.read_key(proof["log"])
        if log.kind != note.NOTE or policy.covering not in (None, log):
            raise Failure(MEMBER, None, f"the policy does not trust the log of logs {log.name}")
        keys = [log, *policy.witnesses.values()]
        text, signed = note.open_note(proof["checkpoint"].encode(), keys)
        origin, size, root = note.read_checkpoint(text)
        path = [note.unbase64(digest) for digest in proof["proof"]]
    except note.NoteError as error:
        raise Failure(MEMBER, None, str(error)) from error
    if log not in signed or origin != log.name:
        raise Failure(MEMBER, None, "the checkpoint is not signed by the log of logs")
    if policy.covering_quorum is not None and not policy.holds(policy.covering_quorum, signed):
        raise Failure(MEMBER, None, "the log of logs is not cosigned as the policy demands")
    line = proof["entry"].encode()
    seq = _seq(line)
    event = _event(line, seq, MEMBER, None)
    try:
        tree.check_inclusion(seq, size, tree.leaf_hash(line), path, root)
    except tree.TreeError as error:
        raise Failure(MEMBER, None, str(error)) from error
    own = blinded(bytes.fromhex(proof["secret"]), bundle.log.name)
    if event.public["log"] != own:
        raise Failure(MEMBER, None, "is about another log")
    return Known(own, log, size, root, signed), event


def blinded(secret: bytes, origin: str) -> str:
    """The id of a log in the log of logs: HMAC-SHA256, in hexadecimal."""
    message = f"{_BLINDING}\n{origin}".encode()
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def _form(data: bytes) -> dict[str, Any]:
    try:
        proof = canonical.decode(data)
    except canonical.CanonicalError as error:
        raise Failure(MEMBER, None, str(error)) from error
    names = ["checkpoint", "entry", "log", "proof", "secret"]
    if not isinstance(proof, dict) or sorted(proof) != names:
        raise Failure(MEMBER, None, "is not a proof of the log of logs")
    path = proof.pop("proof")
    whole = isinstance(path, list) and len(path) <= _MOST_HASHES
    if not whole or not all(isinstance(v, str) for v in [*path, *proof.values()]):
        raise Failure(MEMBER, None, "is not a proof of the log of logs")
    if not _SECRET.fullmatch(proof["secret"]):
        raise Failure(MEMBER, None, "has a malformed secret")
    return {**proof, "proof": path}


def _seq(line: bytes) -> int:
    try:
        value = canonical.decode(line)
    except canonical.CanonicalError as error:
        raise Failure(MEMBER, None, str(error)) from error
    seq = value.get("seq") if isinstance(value, dict) else None
    if type(seq) is not int or seq < 0:
        raise Failure(MEMBER, None, "the entry has no place")
    return seq


def _event(line: bytes, seq: int, member: str, entry: int | None) -> Event:
    try:
        event = read_event(line, seq)
        _log_covered_form(event)
    except Failure as failure:
        raise Failure(member, entry, f"the entry {failure.reason}") from failure
    return event


def _log_covered_form(event: Event) -> None:
    if (event.kind, event.version) != (KIND, 1):
        reject(event, "is not one of the log of logs")
    fits = {"log": digest, "size": count, "root": digest}
    if event.sealed or set(event.public) != set(fits) or not all(
        fit(event.public[name]) for name, fit in fits.items()
    ):  # fmt: skip
        reject(event, f"does not have the fields of {KIND}")


def _reject_longer(
    event: Event, lines: Sequence[bytes], member: str, entry: int | None
) -> NoReturn:
    size = event.public["size"]
    reason = f"the log of logs knows {size} entries where the log has {len(lines)}"
    raise Failure(member, entry, reason)


def _check_roots(events: Sequence[Event], lines: Sequence[bytes], member: str) -> None:
    """Raises Failure unless the log begins with what the log of logs knows of it."""
    frontier, at = tree.Frontier(), 0
    for event in sorted(events, key=lambda e: e.public["size"]):
        size = event.public["size"]
        for line in lines[at:size]:
            frontier.append(line)
        at = size
        if frontier.root().hex() != event.public["root"]:
            reason = f"the log of logs knows another history of {size} entries"
            raise Failure(member, event.seq if member == "logs" else None, reason)
