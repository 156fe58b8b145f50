"""The offline verifier: proves a bundle with the standard library and `cryptography` alone.

`verify` checks container, signatures and tree, replays the events and recomputes the figures. It
shares no code with the system that made the bundle, so that it cannot share its mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from outwork_verify import (
    anchor,
    canonical,
    disclosed,
    note,
    receipt,
    replay,
    rules_logs,
    rules_payment,
    rules_rows,
    rules_signatures,
    rules_witnesses,
    timestamp,
    tree,
)
from outwork_verify.container import Bundle, Failure, Unreadable, lines_of, read_bundle
from outwork_verify.policy import Policy, PolicyError, read_policy
from outwork_verify.replay import HANDLERS, Handler

__all__ = [
    "Failure", "Policy", "PolicyError", "Report", "Unreadable", "read_policy", "verify",
    "verify_disclosure", "verify_receipt",
]  # fmt: skip


@dataclass(frozen=True)
class Report:
    """The outcome: `ok` (everything fits), `authenticated` (by a key that the reader trusts).

    `failure` names the first thing that does not fit; `figures` are those recomputed.
    """

    ok: bool
    authenticated: bool
    failure: Failure | None = None
    figures: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """{ok, authenticated, first_bad: {member, entry, reason} or None, figures}."""
        bad = self.failure
        return {
            "ok": self.ok,
            "authenticated": self.authenticated,
            "first_bad": bad and {"member": bad.member, "entry": bad.entry, "reason": bad.reason},
            "figures": self.figures,
        }


def verify(
    source: Path | BinaryIO,
    policy: Policy | None = None,
    handlers: Mapping[tuple[str, int], Handler] = HANDLERS,
    row: Mapping[str, Any] | None = None,
    seen: Sequence[bytes] = (),
    logs: Sequence[bytes] | None = None,
    anchored: bytes | None = None,
) -> Report:
    """Verifies a bundle, by the keys of `policy` or, without one, by those it names itself.

    With `row`, also that this proof shows a row that the bundle's log took in. `seen` are
    checkpoints known from elsewhere (a witness's last, an earlier bundle's), which the log must
    extend: only so does a log that was cut back or forked show. `logs` are all entries of the log
    of logs, of which none may know another version of the bundle's log. With `anchored`, the file
    of an anchor, also that it is one of this log. Raises Unreadable if there is nothing to judge.
    """
    try:
        bundle = read_bundle(source, None if policy is None else policy.logs)
        figures = _verify(bundle, policy or _own(bundle), handlers, row, seen, logs, anchored)
    except Failure as failure:
        return Report(ok=False, authenticated=False, failure=failure)
    return Report(ok=True, authenticated=policy is not None, figures=figures)


def verify_receipt(data: bytes, policy: Policy) -> Report:
    """Verifies a receipt alone, by the keys of `policy`: a receipt itself names none."""
    try:
        return Report(ok=True, authenticated=True, figures=receipt.shown(data, policy))
    except receipt.ReceiptError as error:
        return Report(False, False, Failure("receipt", None, str(error)))


def verify_disclosure(data: bytes, policy: Policy | None = None) -> Report:
    """Verifies one disclosed item alone; without a policy by the key that the file itself names."""
    try:
        figures = disclosed.check(data, policy)
    except Failure as failure:
        return Report(ok=False, authenticated=False, failure=failure)
    return Report(ok=True, authenticated=policy is not None, figures=figures)


def _verify(
    bundle: Bundle,
    policy: Policy,
    handlers: Mapping[tuple[str, int], Handler],
    row: Mapping[str, Any] | None,
    seen: Sequence[bytes],
    logs: Sequence[bytes] | None,
    anchored: bytes | None,
) -> dict[str, Any]:
    if bundle.altered is not None:
        _blame(bundle, bundle.altered, handlers)
    lines = lines_of(bundle.members["entries.jsonl"], "entries.jsonl")
    state = replay.replay(lines, handlers, bundle.engagement)
    if row is not None:
        try:
            rules_rows.check_row(state, row)
        except ValueError as error:
            raise Failure("row", None, str(error)) from None
    stranger = rules_signatures.check_pinned(state, policy.signers)
    if stranger is not None:
        reason = f"signs for {stranger} with a key that the policy does not know as theirs"
        raise Failure("entries.jsonl", None, reason)
    root, cosigned = _check_checkpoint(bundle, len(lines), state.tree.root(), policy)
    rules_witnesses.check_witnesses(state, bundle)
    for earlier in seen:
        _check_extends(lines, earlier, policy)
    known = rules_logs.check_known(bundle, policy, lines)
    if logs is not None:
        known["found"] = rules_logs.check_whole(bundle, policy, lines, logs)
    opened = replay.check_disclosures(bundle.members.get("disclosures.jsonl", b""), state.events)
    checks = {
        "certificate.json": rules_payment.check_certificates,
        "invoice.json": rules_payment.check_invoices,
    }
    for name, check in checks.items():
        if name in bundle.members:
            check(state, _read_json(name, bundle.members[name]))
    rules_payment.check_deliverables(state, bundle.members)
    head: dict[str, Any] = {
        "engagement": bundle.engagement,
        "log": bundle.log.name,
        "root": root.hex(),
    }
    head |= _outside(bundle, lines, policy, anchored)
    head |= {"members": len(bundle.members), "cosigned": cosigned, "opened": opened}
    if known:
        head["logs"] = known
    return head | state.figures()


def _outside(
    bundle: Bundle, lines: Sequence[bytes], policy: Policy, anchored: bytes | None
) -> dict[str, Any]:
    """What is kept of the log outside: timestamps, and an anchor."""
    if policy.anchors and anchored is None:
        raise Failure(anchor.MEMBER, None, "the policy asks for an anchor, and none is given")
    stamps, name = bundle.members.get(timestamp.MEMBER, b""), bundle.log.name
    found = {"timestamp": timestamp.check_timestamps(stamps, lines, name, policy.authorities)}
    found["anchor"] = None
    if anchored is not None:
        found["anchor"] = anchor.check_anchor(anchored, lines, name, policy.anchors)
    return found


def _own(bundle: Bundle) -> Policy:
    """The policy of a reader who trusts whatever keys the bundle names: nobody need cosign."""
    return Policy([bundle.log], {key.name: key for key in bundle.witnesses})


def _check_extends(lines: Sequence[bytes], earlier: bytes, policy: Policy) -> None:
    """Raises Failure unless the log begins with the entries that an earlier checkpoint covers."""
    try:
        head = receipt.check_head(earlier, policy, quorum=False)
    except receipt.ReceiptError as error:
        raise Failure(
            "seen", None, f"the checkpoint seen before cannot be used ({error})"
        ) from error
    if head.size > len(lines):
        raise Failure(
            "checkpoint", None, f"has {len(lines)} entries where {head.size} were seen before"
        )
    if tree.root(lines[: head.size]) != head.root:
        raise Failure("checkpoint", None, f"forks from the {head.size} entries seen before")


def _blame(bundle: Bundle, member: str, handlers: Mapping[tuple[str, int], Handler]) -> None:
    """Raises Failure for an altered member; for the log, with the first entry that cannot stand."""
    entry = None
    if member == "entries.jsonl":
        try:
            replay.replay(lines_of(bundle.members[member], member), handlers, bundle.engagement)
        except Failure as failure:
            entry = failure.entry
    raise Failure(member, entry, "does not match the manifest")


def _check_checkpoint(
    bundle: Bundle, entries: int, replayed: bytes, policy: Policy
) -> tuple[bytes, dict[str, int]]:
    """Root of the checkpoint, and the cosigners' times in POSIX seconds by name."""
    try:
        text, signed = note.open_note(bundle.members["checkpoint"], [bundle.log, *bundle.witnesses])
        origin, size, root = note.read_checkpoint(text)
    except note.NoteError as error:
        raise Failure("checkpoint", None, str(error)) from error
    if bundle.log not in signed or origin != bundle.log.name:
        raise Failure("checkpoint", None, "is of another log")
    if size != entries:
        raise Failure("checkpoint", None, f"has {size} entries, the log {entries}")
    if replayed != root:
        raise Failure("checkpoint", None, "has another root than the entries")
    if not policy.satisfied(signed):
        raise Failure("checkpoint", None, "is not cosigned as the policy demands")
    return root, {key.name: time for key, time in signed.items() if time is not None}


def _read_json(name: str, data: bytes) -> Any:
    try:
        return canonical.decode(data)
    except canonical.CanonicalError as error:
        raise Failure(name, None, str(error)) from error
