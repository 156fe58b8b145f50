"""The ledger's public test vectors, each through the code that production runs.

Inclusion and consistency go through both trees, the ledger's and the verifier's; subtrees through
the ledger's. A published log is rebuilt byte for byte. Wycheproof's Ed25519 goes through both
readers of notes and its AES-GCM with our key and nonce sizes through the keyring; what Outwork does
not use (other sizes, AES-GCM-SIV, AES-KWP, HKDF) goes through the library as installed. The
published witness exchange holds two answers that the specification no longer gives: stray padding
bits in base64 are malformed (400, the file says 403), and an unknown log is 404 (there, 403).
"""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.witnesses import witness
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)

from outwork.kit.keyring import SealBroken, open_under
from outwork.ledger import checkpoint, tiles, tree
from outwork_verify import note as second_note
from outwork_verify import tree as second_tree

Case = dict[str, Any]
WITNESS_DEVIATIONS = {1: (400, 403), 2: (404, 403)}  # step: (today's specification, the file)
_REFUSALS = (tree.ProofError, second_tree.TreeError, checkpoint.NoteError, second_note.NoteError)
# Lengths of nonces that the library takes, in bytes; ours has 12. It refuses others, valid or not.
_NONCES = range(8, 129)


def run(data: Path, _seed: int, log: Callable[[str], None]) -> dict[str, Any]:
    """`inclusion`, `consistency`, `subtree`, `tessera_files`, `wycheproof`: vectors that agree;
    `notes` and `witness_steps` likewise; `disagreements`: those that do not, of all of them;
    `wycheproof_outside`: valid ones with a nonce of a length that the library does not take."""
    folder = data / "ledger"
    proofs = json.loads((folder / "rfc6962_proofs.json").read_text())
    notes = json.loads((folder / "c2sp_notes_witness.json").read_text())
    judged: dict[str, Sequence[bool | None]] = {
        "inclusion": [_inclusion(case) for case in proofs["inclusion"]],
        "consistency": [_consistency(case) for case in proofs["consistency"]],
        "subtree": [_subtree(case) for case in proofs["subtreeconsistency"]],
        "tessera_files": _tessera(json.loads((folder / "tessera_log.json").read_text())),
        "notes": [_note(case) for case in notes["signed_notes"]],
        "witness_steps": _witness(notes["litewitness_exchange"]),
    }
    for name, check in WYCHEPROOF.items():
        text = gzip.decompress((folder / f"wycheproof_{name}.json.gz").read_bytes())
        groups = json.loads(text)["testGroups"]
        judged[f"wycheproof_{name}"] = [check(group, case) for group in groups
                                        for case in group["tests"]]  # fmt: skip
    figures = {name: agreed.count(True) for name, agreed in judged.items()}
    for name, agreed in judged.items():
        log(f"{name}: {agreed.count(True)} of {len(agreed)} agree, {agreed.count(None)} outside")
    figures["wycheproof"] = sum(figures[f"wycheproof_{name}"] for name in WYCHEPROOF)
    figures["wycheproof_outside"] = sum(agreed.count(None) for agreed in judged.values())
    figures["disagreements"] = sum(agreed.count(False) for agreed in judged.values())
    figures["witness_deviations"] = len(WITNESS_DEVIATIONS)
    raw = {"at": time.time(), "command": f"outwork bench vectors --data {data}"} | figures
    Path("raw.jsonl").write_text(json.dumps(raw) + "\n")
    return figures


def _accepts(check: Callable[..., Any], *arguments: Any) -> bool:
    try:
        check(*arguments)
    except _REFUSALS:
        return False
    return True


def _bytes(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def _inclusion(case: Case) -> bool:
    path = [_bytes(text) for text in case["proof"] or []]
    place = case["leafIdx"], case["treeSize"], _bytes(case["leafHash"]), path, _bytes(case["root"])
    checks = (tree.verify_inclusion, second_tree.check_inclusion)
    return all(_accepts(check, *place) is not case["wantErr"] for check in checks)


def _consistency(case: Case) -> bool:
    path = [_bytes(text) for text in case["proof"] or []]
    roots = _bytes(case["root1"]), _bytes(case["root2"])
    checks = (tree.verify_consistency, second_tree.check_consistency)
    return all(
        _accepts(check, case["size1"], case["size2"], *roots, path) is not case["wantErr"]
        for check in checks
    )


def _subtree(case: Case) -> bool:
    path = [_bytes(text) for text in case["proof"] or []]
    place = case["start"], case["end"], case["size"], _bytes(case["root1"]), _bytes(case["root2"])
    return _accepts(tree.verify_subtree_consistency, *place, path) is not case["wantErr"]


def _tessera(published: Case) -> list[bool]:
    """Each file of the published log, rebuilt from entries and key: whether its bytes are equal."""
    signer, files = checkpoint.parse_signer_key(published["skey"]), published["files"]
    entries, made, built = [text.encode() for text in published["entries"]], tree.Tree(), {}
    for size in range(len(entries) + 1):
        if size:
            made.append(entries[size - 1])
        head = checkpoint.Checkpoint(signer.name, size, made.root())
        built[f"checkpoint.{size}"] = checkpoint.sign_checkpoint(head, signer)
        before = max(0, size - 1)
        for tile in tiles.hash_tiles(size, before):
            built[tile.path()] = tiles.encode_hash_tile(tile, made.node)
        for tile in tiles.entry_bundles(size, before):
            built[tile.path()] = tiles.encode_entries(entries[:size])
    # `checkpoint` repeats the last of the numbered ones.
    return [
        built.get(path) == (text.encode() if path.startswith("checkpoint") else _bytes(text))
        for path, text in files.items()
        if path != "checkpoint"
    ]


def _note(case: Case) -> bool:
    data = case["note"].encode()
    first = _accepts(checkpoint.open_note, data, [checkpoint.parse_verifier_key(case["vkey"])])
    second = _accepts(second_note.open_note, data, [second_note.read_key(case["vkey"])])
    return first is second is case["ok"]


def _witness(exchange: Case) -> list[bool]:
    key = checkpoint.VerifierKey(
        exchange["origin"], checkpoint.ED25519, bytes.fromhex(exchange["log_pubkey_hex"])
    )
    asked, agreed = witness(exchange["witness_name"], key), []
    for number, step in enumerate(exchange["steps"]):
        answer = asked.add_checkpoint(step["body"].encode())
        status, body = answer.status, answer.body
        if number in WITNESS_DEVIATIONS:
            agreed.append((status, step["status"]) == WITNESS_DEVIATIONS[number])
        else:
            # The words of a refusal are each witness's own; what it gives back is not.
            said = status not in (200, 409) or step["body_contains"] in body
            agreed.append(status == step["status"] and said)
    return agreed


def _ed25519(group: Case, case: Case) -> bool:
    public = bytes.fromhex(group["publicKey"]["pk"])
    text, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
    first = checkpoint.VerifierKey("v", checkpoint.ED25519, public)
    second = second_note.Key("v", second_note.NOTE, first.key_id, public)
    wanted = case["result"] == "valid"
    return (
        _accepts(first.verify, text, signature)
        is _accepts(second_note.verify_signature, second, text, signature)
        is wanted
    )


def _aes_gcm(group: Case, case: Case) -> bool | None:
    key, nonce, extra, plain, sealed = _aead(case)
    wanted = case["result"] == "valid"
    opened = _opened(lambda: AESGCM(key).decrypt(nonce, sealed, extra))
    if wanted and opened is None and len(nonce) not in _NONCES:
        return None
    agreed = (opened == plain) is wanted
    if (group["keySize"], group["ivSize"]) == (256, 96) and _is_text(extra):
        ours = _opened(lambda: open_under(key, b"OS1" + nonce + sealed, extra.decode()))
        agreed = agreed and (ours == plain) is wanted
    return agreed


def _aes_gcm_siv(_: Case, case: Case) -> bool:
    key, nonce, extra, plain, sealed = _aead(case)
    opened = _opened(lambda: AESGCMSIV(key).decrypt(nonce, sealed, extra))
    return (opened == plain) is (case["result"] == "valid")


def _aes_kwp(_: Case, case: Case) -> bool:
    key, plain, sealed = (bytes.fromhex(case[name]) for name in ("key", "msg", "ct"))
    opened = _opened(lambda: aes_key_unwrap_with_padding(key, sealed))
    wrapped = case["result"] != "valid" or aes_key_wrap_with_padding(key, plain) == sealed
    return wrapped and ((opened == plain) is (case["result"] != "invalid"))


def _hkdf(_: Case, case: Case) -> bool:
    salt, info = bytes.fromhex(case["salt"]), bytes.fromhex(case["info"])
    try:
        made = HKDF(SHA256(), case["size"], salt, info).derive(bytes.fromhex(case["ikm"]))
    except ValueError:
        return bool(case["result"] == "invalid")
    return (made.hex() == case["okm"]) is (case["result"] == "valid")


def _aead(case: Case) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    key, nonce, extra, plain = (bytes.fromhex(case[n]) for n in ("key", "iv", "aad", "msg"))
    return key, nonce, extra, plain, bytes.fromhex(case["ct"] + case["tag"])


def _opened(decrypt: Callable[[], bytes]) -> bytes | None:
    try:
        return decrypt()
    except (InvalidTag, InvalidUnwrap, SealBroken, ValueError):
        return None


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


WYCHEPROOF: dict[str, Callable[[Case, Case], bool | None]] = {
    "ed25519": _ed25519,
    "aes_gcm": _aes_gcm,
    "aes_gcm_siv": _aes_gcm_siv,
    "aes_kwp": _aes_kwp,
    "hkdf_sha256": _hkdf,
}
