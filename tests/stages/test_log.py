"""The log as others read it: tiles and checkpoint over HTTP, and proofs from what is kept."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from tests.support.engagement import PEOPLE, World
from tests.support.website import answering

from outwork import access, ledger
from outwork.interfaces.api import api
from outwork.kit.database import Connection
from outwork.ledger import Nodes, checkpoint, tiles, tree


@pytest.fixture
def http(world: World) -> Iterator[httpx.Client]:
    """The API over a world."""
    with (
        answering(api(world.database)) as address,
        httpx.Client(base_url=address, timeout=60) as made,
    ):
        yield made


def fetch(http: httpx.Client, world: World, who: str | None, path: str) -> httpx.Response:
    """What somebody gets at a path below the log's prefix."""
    headers = {}
    if who is not None:
        with world.database.transaction("job") as db:
            # The API reads the machine's clock.
            token = access.open_session(db, world.people[who], datetime.now(UTC))
        headers["Authorization"] = f"Bearer {token}"
    return http.get(f"/engagements/{world.engagement}/log/{path}", headers=headers)


def lines(world: World) -> list[bytes]:
    """The log's leaves."""
    return world.look(lambda db, e: [x.line for x in ledger.entries(db, e)], world.engagement)


def tree_of(world: World) -> tree.Tree:
    """The whole tree, built from the entries."""
    made = tree.Tree()
    for line in lines(world):
        made.append(line)
    return made


def test_the_log_is_rebuilt_from_what_it_serves(world: World, http: httpx.Client) -> None:
    world.upto("award")
    world.integrate()
    world.lengthen(300)
    size = world.integrate().size
    assert 256 < size < 512
    given = fetch(http, world, "audrey", "checkpoint")
    assert given.status_code == 404  # not in this engagement
    given = fetch(http, world, "vera", "checkpoint")
    assert given.headers["content-type"] == "text/plain; charset=utf-8"
    key = ledger.log_signer(world.database.keyring, world.engagement).verifier
    head, _ = checkpoint.open_checkpoint(given.content, key)
    assert head.size == size
    entries: list[bytes] = []
    for wanted in tiles.entry_bundles(size):
        got = fetch(http, world, "vera", wanted.path())
        assert got.headers["content-encoding"] == "gzip"  # and read by the client
        entries += tiles.decode_entries(wanted, got.content)
    assert tree.root_of_leaves(entries) == head.root
    whole = tree_of(world)
    for wanted in tiles.hash_tiles(size):
        got = fetch(http, world, "vera", wanted.path())
        assert (got.status_code, got.headers["content-type"]) == (200, "application/octet-stream")
        assert "immutable" in got.headers["cache-control"]
        assert got.content == tiles.encode_hash_tile(wanted, whole.node), wanted


@pytest.mark.parametrize(
    "path",
    ["tile/0/001", "tile/0/000.p/0", "tile/0/000.p/256", "tile/1/000", "tile/00/000", "tile/0/0",
     "tile/entries/001", "tile/entries/000.p/255", "tile/2/000.p/1", "tile/64/000", "tile/",
     "tile/0/x000/000", "tile/0/999999999999999999999"],
)  # fmt: skip
def test_what_the_log_does_not_have_is_not_found(
    world: World, http: httpx.Client, path: str
) -> None:
    world.upto("sign")
    world.integrate()
    assert fetch(http, world, "vera", path).status_code == 404
    assert fetch(http, world, "vera", "tile/0/000.p/1").status_code == 200


def test_who_may_not_read_is_told_that_there_is_none(world: World, http: httpx.Client) -> None:
    world.upto("compete")
    world.integrate()
    for path in ("checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"):
        assert fetch(http, world, "vera", path).status_code == 200
        for who in ("stranger", "audrey", "hugo", None):  # a bidder sees its own proposal alone
            assert fetch(http, world, who, path).status_code == 404, (who, path)


def test_entries_hold_nothing_that_is_sealed(world: World, http: httpx.Client) -> None:
    world.upto("finish")
    size = world.integrate().size
    served = b"".join(fetch(http, world, "vera", t.path()).content
                      for t in tiles.entry_bundles(size))  # fmt: skip
    opened = world.look(ledger.disclosures, world.engagement)
    secrets = {v for fields in opened.values() for _, v in fields.values() if isinstance(v, str)}
    assert len(secrets) > 20
    for text in secrets | {name for _, name, _, _ in PEOPLE}:
        if len(text) > 8:  # a shorter one may stand there by chance
            assert json.dumps(text).encode() not in served, text


def test_proofs_come_from_the_kept_nodes(world: World) -> None:
    world.upto("award")
    world.lengthen(900)
    head = world.integrate()
    whole, chance = tree_of(world), random.Random(5)

    def check(db: Connection) -> None:
        for _ in range(60):
            size = chance.randrange(1, head.size + 1)
            index, nodes = chance.randrange(size), Nodes(db, world.engagement)
            assert ledger.root_at(db, world.engagement, size) == whole.root(size)
            for prove in (tree.inclusion_proof, tree.consistency_proof):
                assert prove(index, size, nodes) == prove(index, size, whole.node)
        for level, index in ((8, 3), (0, head.size), (9, 4), (16, 0)):
            with pytest.raises(IndexError):
                Nodes(db, world.engagement)(level, index)

    world.look(check)


def test_gzip_is_for_those_who_read_it(world: World, http: httpx.Client) -> None:
    world.upto("sign")
    world.integrate()
    http.headers["accept-encoding"] = "identity"
    plain = fetch(http, world, "vera", "tile/entries/000.p/1")
    assert "content-encoding" not in plain.headers
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(plain.content)
