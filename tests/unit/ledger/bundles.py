"""A small bundle for tests, and ways to damage it."""

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from outwork.ledger import bundle, canonical, checkpoint, sealing, tree
from outwork_verify.replay import Event, State
from outwork_verify.state import Delivery, Line, Points, WorkOrder

ORIGIN = "outwork.test/eng-1"
SIGNER = checkpoint.Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
FORGER = checkpoint.Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
SALT = bytes(range(16))

Members = list[tuple[str, bytes]]


FILES = {"wo-1/sheet.csv": b"a,b\n1,2\n", "wo-1/summary/über.txt": b"All is well.\n"}


def accept(state: State, event: Event) -> None:
    """A handler that has nothing to say, except that the files of this module were delivered."""
    half = Fraction(1, 2)
    nothing = frozenset[str]()
    price = {"amount": "1", "currency": "EUR"}
    points = Points(half, half, half, half)
    line = Line("l", "s", 1, "item", {}, points, {}, nothing, False, nothing, price, 1)
    order = state.orders.setdefault("wo-1", WorkOrder("wo-1", line, "itemised"))
    files = Counter((hashlib.sha256(data).hexdigest(), len(data)) for data in FILES.values())
    order.delivery = Delivery(1, 1, "", files)


HANDLERS = {("test.happened", 1): accept}


def event(seq: int, **changes: Any) -> bytes:
    sealed = {"note": sealing.commit(f"note {seq}", SALT)} if seq % 2 else {}
    entry = {
        "seq": seq,
        "kind": "test.happened",
        "version": 1,
        "at": f"2026-03-01T09:00:{seq:02d}.000000Z",
        "actor": "p-1",
        "public": {"count": seq},
        "sealed": sealed,
    }
    return canonical.encode(entry | changes)


def contents(
    entries: Iterable[bytes] | None = None,
    signer: checkpoint.Signer = SIGNER,
    **changes: Any,
) -> bundle.Contents:
    lines = [event(i) for i in range(6)] if entries is None else list(entries)
    head = checkpoint.Checkpoint(ORIGIN, len(lines), tree.root_of_leaves(lines))
    values: dict[str, Any] = {
        "engagement": "eng-1",
        "origin": ORIGIN,
        "entries": lines,
        "checkpoint": checkpoint.sign_checkpoint(head, signer),
        "disclosures": [bundle.Disclosure(3, "note", SALT, "note 3")],
        "deliverables": dict(FILES),
        "certificate": [],
        "invoice": [],
    }
    return bundle.Contents(**(values | changes))


def write(made: bundle.Contents | None = None, signer: checkpoint.Signer = SIGNER) -> bytes:
    target = io.BytesIO()
    bundle.write_bundle(target, made or contents(), signer)
    return target.getvalue()


def members(data: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(data)) as container:
        return [(info.filename, container.read(info)) for info in container.infolist()]


def pack(parts: Members, method: int = zipfile.ZIP_STORED, **attributes: Any) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as container:
        for name, data in parts:
            info = zipfile.ZipInfo(name, (2026, 5, 4, 3, 2, 2))
            info.compress_type = method
            for attribute, value in attributes.items():
                setattr(info, attribute, value)
            container.writestr(info, data)
    return target.getvalue()
