"""Anchors on a chain of the Ethereum kind: a contract that keeps which root a log had at a size.

For those who want it, by the extra `chain`. Whoever holds a bundle may anchor it, with a key and at
an endpoint of their own; docs/formats/anchors.md says what is kept and what it shows.
"""

from outwork.anchoring.actions import Chain, ChainRefused, compiled
from outwork.anchoring.model import Head, head_of

__all__ = ["Chain", "ChainRefused", "Head", "compiled", "head_of"]
