"""The suite that any log server and any witness can be held to, at their address.

Sources: C2SP tlog-tiles, tlog-checkpoint, tlog-witness and tlog-cosignature; what is asked and what
has to come back is in docs/formats/log.md and witness.md.
"""

from outwork.conformance.actions import Outcome, Unreachable, check_log, check_witness, vectors
from outwork.conformance.model import ORIGIN, signer

__all__ = ["ORIGIN", "Outcome", "Unreachable", "check_log", "check_witness", "signer", "vectors"]
