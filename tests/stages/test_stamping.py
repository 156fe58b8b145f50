"""Checkpoints are stamped by an outside authority, and the tokens go out with the bundle."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from tests.support.authority import Authority, serving_authority
from tests.support.engagement import World

from outwork import ledger
from outwork.interfaces.worker import Authority as Configured
from outwork.interfaces.worker import Stamping
from outwork.kit.postgres import Dsns
from outwork.stages import acceptance
from outwork_verify import Report, read_policy, verify


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """An authority on this machine."""
    with serving_authority(tmp_path_factory.mktemp("tsa") / "own") as made:
        yield made


@pytest.fixture
def world(database: Dsns, tmp_path: Path) -> Iterator[World]:
    """Alone in its database: whoever stamps looks at every engagement."""
    with closing(World(database.app, tmp_path / "keys")) as made:
        yield made


def judged(world: World, authority: Authority) -> Report:
    """What a verifier says who trusts the log and the authority."""
    target = io.BytesIO()
    world.look(acceptance.export_bundle, world.engagement, target)
    der = base64.b64encode(authority.root.public_bytes(Encoding.DER)).decode()
    key = ledger.verifier_key(world.database.keyring, world.engagement)
    return verify(target, read_policy(f"log {key}\nauthority {der}\n"))


def test_each_log_that_has_grown_is_stamped_at_most_once_an_hour(
    world: World, authority: Authority
) -> None:
    stamping = Stamping(world.database, Configured(authority.url, (authority.root,)))
    assert stamping.step(world.now) == 0  # there is no checkpoint yet
    world.upto("add_line")
    world.integrate()
    assert not judged(world, authority).ok  # nobody has stamped
    assert stamping.step(world.now) == 1
    (first,) = world.look(ledger.timestamps_of, world.engagement, 1 << 40)
    assert stamping.step(first.at + timedelta(hours=2)) == 0  # it has not grown
    for step in (world.sign, world.compete):
        step()
        world.integrate()
        assert stamping.step(first.at + timedelta(minutes=50)) == 0
        assert stamping.step(first.at + timedelta(hours=2)) == 1
        assert stamping.step(first.at + timedelta(hours=2)) == 0
    stamps = world.look(ledger.timestamps_of, world.engagement, 1 << 40)
    assert [stamp.size for stamp in stamps] == sorted({stamp.size for stamp in stamps})
    report = judged(world, authority)
    assert report.ok, report.failure
    said = report.figures["timestamp"]
    assert (said["number"], said["size"], said["trusted"]) == (3, stamps[-1].size, True)


def test_an_authority_that_is_away_is_tried_again(world: World, authority: Authority) -> None:
    world.upto("add_line")
    world.integrate()
    nowhere = Configured("http://127.0.0.1:9/tsa")
    assert Stamping(world.database, nowhere).step(world.now) == 0
    assert Stamping(world.database, Configured(authority.url)).step(world.now) == 1
