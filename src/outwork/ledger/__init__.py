"""What happened: events in a Merkle tree per engagement, signed checkpoints, bundles.

`record` writes an event in the transaction of its act; `integrate` gives settled events their
place in the tree and signs a checkpoint. Everything offline needs is in the bundle.
"""

from outwork.ledger import (
    bundle,
    canonical,
    checkpoint,
    signing,
    tiles,
    timestamps,
    tree,
    witnessing,
)
from outwork.ledger.actions import (
    NO_SALTS,
    Prepared,
    digest_of,
    integrate,
    prepare,
    record,
    record_all,
    seal_openings,
)
from outwork.ledger.model import (
    EVENTS,
    Covered,
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
    root_at,
    tile,
    verifier_key,
)
from outwork.ledger.rebuilding import rebuilt
from outwork.ledger.searching import Sought, about_item, timeline
from outwork.ledger.stamping import keep_timestamp, timestamps_of, to_be_stamped
from outwork.ledger.store import PLACED, RECORDED
from outwork.ledger.tree import inclusion_path, root_of_leaves
from outwork.ledger.witnessing import receipt, receipts

__all__ = [
    "EVENTS",
    "NO_SALTS",
    "PLACED",
    "RECORDED",
    "Covered",
    "Entry",
    "EventBody",
    "Head",
    "Nodes",
    "Prepared",
    "Proofs",
    "Sealed",
    "Sought",
    "Standing",
    "Witness",
    "about_item",
    "bundle",
    "canonical",
    "checkpoint",
    "digest_of",
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
    "keep_timestamp",
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
    "signing",
    "tile",
    "tiles",
    "timeline",
    "timestamps",
    "timestamps_of",
    "to_be_stamped",
    "tree",
    "verifier_key",
    "witnessing",
]
