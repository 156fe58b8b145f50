"""Tiles and entry bundles: paths, bytes, a published log byte for byte."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outwork.ledger import checkpoint, tiles, tree


def test_a_published_log_is_rebuilt_byte_for_byte(ledger_vectors: Any) -> None:
    log = ledger_vectors("tessera_log.json")
    files, signer = log["files"], checkpoint.parse_signer_key(log["skey"])
    assert signer.verifier == checkpoint.parse_verifier_key(log["vkey"])
    built: dict[str, bytes] = {}
    entries = [text.encode() for text in log["entries"]]
    made = tree.Tree()
    for size in range(len(entries) + 1):
        if size:
            made.append(entries[size - 1])
        head = checkpoint.Checkpoint("example.com/log/testdata", size, made.root())
        built[f"checkpoint.{size}"] = checkpoint.sign_checkpoint(head, signer)
        for tile in tiles.hash_tiles(size, max(0, size - 1)):
            built[tile.path()] = tiles.encode_hash_tile(tile, made.node)
        for tile in tiles.entry_bundles(size, max(0, size - 1)):
            built[tile.path()] = tiles.encode_entries(entries[:size])
    assert len(built) == 46
    for path, data in built.items():
        want = files[path]
        assert data == (want.encode() if "checkpoint" in path else base64.b64decode(want)), path
    assert set(files) - set(built) == {"checkpoint"}


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (tiles.Tile(0, 0), "tile/0/000"),
        (tiles.Tile(0, 1234067), "tile/0/x001/x234/067"),
        (tiles.Tile(1, 999, 17), "tile/1/999.p/17"),
        (tiles.Tile(None, 1000, 255), "tile/entries/x001/000.p/255"),
    ],
)
def test_paths_as_in_the_specification(tile: tiles.Tile, path: str) -> None:
    assert tile.path() == path
    assert tiles.parse_path(path) == tile


@given(
    st.builds(
        tiles.Tile, st.none() | st.integers(0, 63), st.integers(0, 10**12), st.integers(1, 256)
    )
)
def test_paths_read_back(tile: tiles.Tile) -> None:
    assert tiles.parse_path(tile.path()) == tile


@pytest.mark.parametrize(
    "path",
    ["tile/00/000", "tile/64/000", "tile/0/0", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000/",
     "tile/0/x000/000", "tile/0/001/000", "/tile/0/000", "tile/-1/000", "tile/0/000.p/01",
     "tile/0/٠٠٠", "tile/0/000\n"],
)  # fmt: skip
def test_other_spellings_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="tile"):
        tiles.parse_path(path)


def test_the_tiles_of_a_tree_of_70000() -> None:
    found = list(tiles.hash_tiles(70_000))
    assert [(t.level, t.width) for t in found if t.width < 256] == [(0, 112), (1, 17), (2, 1)]
    assert len([t for t in found if t.level == 0]) == 274
    assert list(tiles.hash_tiles(256)) == [tiles.Tile(0, 0), tiles.Tile(1, 0, 1)]


def test_growing_writes_what_is_new_only() -> None:
    made = tree.Tree()
    store: dict[str, bytes] = {}
    size = 0
    for step in (1, 3, 250, 2, 256, 300, 5, 1, 66):
        before, size = size, size + step
        for i in range(before, size):
            made.append(b"%d" % i)
        for tile in tiles.hash_tiles(size, before):
            assert tile.path() not in store
            store[tile.path()] = tiles.encode_hash_tile(tile, made.node)
    for tile in tiles.hash_tiles(size):
        hashes = tiles.decode_hash_tile(tile, store[tile.path()])
        assert tile.level is not None
        assert hashes == made.levels[8 * tile.level][tile.index * 256 :][: tile.width]


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=20))
def test_entry_bundles_read_back(entries: list[bytes]) -> None:
    tile = tiles.Tile(None, 0, len(entries))
    data = tiles.encode_entries(entries)
    assert tiles.decode_entries(tile, data) == entries
    for damaged in (data[:-1], data + b"\0", data + b"\0\0"):
        with pytest.raises(ValueError, match="tile"):
            tiles.decode_entries(tile, damaged)


def test_limits() -> None:
    for wrong in ([], [b""] * 257, [bytes(65_536)]):
        with pytest.raises(ValueError, match="entr"):
            tiles.encode_entries(wrong)
    with pytest.raises(ValueError, match="bytes"):
        tiles.decode_hash_tile(tiles.Tile(0, 0, 2), bytes(63))
    with pytest.raises(ValueError, match="no hashes"):
        tiles.encode_hash_tile(tiles.Tile(None, 0, 1), tree.Tree().node)
