# pragma version ~=0.4.3
"""
@title Anchors of transparency logs
@license Apache-2.0
@notice Keeps, for each log, which root it had at which size. What is kept is never rewritten, a
        log never shrinks, and only who deployed this may add to it.
"""

event Anchored:
    origin: indexed(bytes32)  # SHA-256 of the log's origin
    size: uint256  # entries
    root: bytes32  # of the tree of these entries (RFC 6962)

SIGNER: public(immutable(address))
sizes: public(HashMap[bytes32, uint256])  # of each log as it was last anchored
roots: public(HashMap[bytes32, HashMap[uint256, bytes32]])


@deploy
def __init__():
    SIGNER = msg.sender


@external
def anchor(origin: bytes32, size: uint256, root: bytes32):
    """
    @notice Keep the root that a log has at a size beyond every one kept before.
    """
    assert msg.sender == SIGNER, "not the signer"
    assert size > self.sizes[origin], "not beyond the last anchor"
    self.sizes[origin] = size
    self.roots[origin][size] = root
    log Anchored(origin=origin, size=size, root=root)
