"""What the browser's own check of a proof is given: its module and its words."""

from __future__ import annotations

import json
from collections.abc import Mapping

from outwork.interfaces.web.desk import Context
from outwork.interfaces.web.rendering import url
from outwork.interfaces.wording import msg
from outwork.interfaces.wording import translate as _

# What static/proof.js and static/verify.js say; the codes are theirs.
CHECKED: Mapping[str, str] = {
    "check": msg("Verify in this browser"),
    "verified": msg("Verified: this entry is in the log, exactly as it stands here"),
    "failed": msg("This does not verify"),
    "step-receipt": msg("Receipt and policy"),
    "step-entry": msg("Entry"),
    "step-place": msg("Place in the tree"),
    "step-checkpoint": msg("Checkpoint"),
    "step-witnesses": msg("Cosignatures"),
    "step-policy": msg("Who has to cosign"),
    "not-checked": msg("Not checked, because of what failed before."),
    "receipt-read": msg("Both can be read; the proof has %(hashes)s hashes."),
    "entry-hashed": msg("It is number %(index)s. The SHA-256 of its leaf: %(hash)s"),
    "place-proved": msg("The proof leads to the root over %(size)s entries: %(root)s"),
    "checkpoint-signed": msg("%(name)s signed this root (Ed25519)."),
    "cosigned": msg("Cosigned, each signature checked: %(list)s."),
    "cosigned-by-none": msg("No witness has cosigned this checkpoint."),
    "quorum-held": msg("The policy’s quorum, %(quorum)s, is met."),
    "no-quorum": msg("The policy asks for no cosignatures."),
    "no-crypto": msg(
        "This browser gives a page no cryptography over plain http: open the workspace by https, or"
        " run outwork verify."
    ),
    "no-ed25519": msg(
        "This browser does not know Ed25519 signatures, so that nothing can be said of the"
        " checkpoint: use a newer one, or run outwork verify."
    ),
    "base64": msg("A part is not base64 as it is written in receipts."),
    "not-utf8": msg("The file is not text in UTF-8."),
    "too-long": msg("The file is longer than a mebibyte."),
    "not-a-receipt": msg("This is not a receipt (C2SP tlog-proof, version 1)."),
    "no-entry": msg("The receipt does not carry its entry."),
    "other-entry": msg("The entry shown is not the one that the receipt carries."),
    "not-event": msg("The entry is not an event of a log."),
    "other-place": msg("The entry names another place than the receipt does."),
    "index-beyond": msg(
        "The entry’s number %(index)s is not below the %(size)s of the checkpoint."
    ),
    "hash-length": msg("A hash of the proof is not 32 bytes."),
    "proof-long": msg("The proof is too long for a tree of this size."),
    "proof-short": msg("The proof is too short for a tree of this size."),
    "other-root": msg(
        "The proof leads to another root, %(root)s: entry, proof or root is altered."
    ),
    "note-unsigned": msg("The checkpoint has no signature."),
    "note-malformed": msg("The checkpoint has a control character."),
    "signature-malformed": msg("A signature line of the checkpoint is malformed."),
    "checkpoint-malformed": msg("The checkpoint is malformed."),
    "log-untrusted": msg("The policy trusts no key that signed the checkpoint of %(name)s."),
    "signature-wrong": msg("The signature of %(name)s does not verify."),
    "signer-unknown": msg("Signed by a key that the policy does not name, %(name)s."),
    "signed-twice": msg("Signed twice by %(name)s."),
    "quorum-missed": msg("The policy’s quorum, %(quorum)s, has not cosigned this checkpoint."),
    "key-malformed": msg("This is not a usable verifier key: %(key)s."),
    "policy-key": msg("A key in the policy is not of the kind that its rule needs."),
    "policy-line": msg("Line %(number)s of the policy is not understood."),
    "policy-without-log": msg("The policy names no log."),
    "policy-without-quorum": msg("The policy names witnesses and no quorum."),
    "broken": msg("It cannot be checked (%(at)s)."),
    "kind": msg("kind"),
    "at": msg("at"),
    "actor": msg("actor"),
    "sealed": msg("sealed"),
}


def checking(zone: str) -> Context:
    """What the browser's own check needs: its module, its words, and the reader's zone."""
    said = {name: _(message) for name, message in CHECKED.items()}
    return {"module": url("static", path="proof.js"), "words": json.dumps(said), "zone": zone}
