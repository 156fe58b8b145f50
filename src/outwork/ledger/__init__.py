"""What happened: events in a Merkle tree per engagement, signed checkpoints, bundles.

`record` writes an event in the transaction of its act; `integrate` gives settled events their
place in the tree and signs a checkpoint. Everything offline needs is in the bundle.
"""

from outwork.ledger import bundle, canonical, checkpoint, tiles, tree, witnessing
from outwork.ledger.actions import (
    PLACED,
    RECORDED,
    Prepared,
    integrate,
    prepare,
    record,
    record_all,
    seal_openings,
)
from outwork.ledger.model import (
    EVENTS,
    EventBody,
    Sealed,
    Standing,
    Witness,
    event,
    instant_text,
)
from outwork.ledger.proving import Proofs
from outwork.ledger.queries import (
    Entry,
    Head,
    Nodes,
    disclosures,
    entries,
    entries_about,
    event_entry,
    find_entry,
    head,
    latest_checkpoint,
    leaf_hashes,
    log_signer,
    pending,
    placed_entry,
    prove,
    read_nodes,
    receipts,
    root_at,
    tile,
    timeline,
    verifier_key,
)
from outwork.ledger.rebuilding import rebuilt
from outwork.ledger.tree import inclusion_path, root_of_leaves
from outwork.ledger.witnessing import receipt

__all__ = [
    "EVENTS",
    "PLACED",
    "RECORDED",
    "Entry",
    "EventBody",
    "Head",
    "Nodes",
    "Prepared",
    "Proofs",
    "Sealed",
    "Standing",
    "Witness",
    "bundle",
    "canonical",
    "checkpoint",
    "disclosures",
    "entries",
    "entries_about",
    "event",
    "event_entry",
    "find_entry",
    "head",
    "inclusion_path",
    "instant_text",
    "integrate",
    "latest_checkpoint",
    "leaf_hashes",
    "log_signer",
    "pending",
    "placed_entry",
    "prepare",
    "prove",
    "read_nodes",
    "rebuilt",
    "receipt",
    "receipts",
    "record",
    "record_all",
    "root_at",
    "root_of_leaves",
    "seal_openings",
    "tile",
    "tiles",
    "timeline",
    "tree",
    "verifier_key",
    "witnessing",
]
