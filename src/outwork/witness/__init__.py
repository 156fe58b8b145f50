"""A party's own witness: cosigns a log only as far as it extends what it cosigned before.

It runs on the party's machine, with a key and a small store of its own, and trusts nothing that the
log says without a proof (C2SP tlog-witness, tlog-cosignature).
"""

from outwork.witness.actions import Answer, Witness
from outwork.witness.model import LARGEST_REQUEST, Head, Rejected, write_request
from outwork.witness.store import Damaged, Store

__all__ = [
    "LARGEST_REQUEST",
    "Answer",
    "Damaged",
    "Head",
    "Rejected",
    "Store",
    "Witness",
    "write_request",
]
