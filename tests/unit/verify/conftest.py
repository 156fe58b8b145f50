"""Bundles that the system itself made, once for a run of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.engagement import World
from tests.support.service import KEY, tiny_service
from tests.unit.verify.recorded import (
    Log,
    calibrated,
    direct,
    doubled,
    eventful,
    exported,
    improving,
    reinspected,
    reviewed,
    signing_keys,
    world_over,
)

from outwork import ledger, practices
from outwork.kit.keyring import Keyring
from outwork.kit.postgres import Cluster


@pytest.fixture(scope="session")
def tiny() -> Iterator[None]:
    """The tiny service, installed while these tests run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(practices.catalogue(), KEY, tiny_service())
        yield


@pytest.fixture(scope="session")
def eventful_world(
    cluster: Cluster, migrated: str, tiny: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The engagement in which nearly everything happened."""
    with world_over(cluster, migrated, tmp_path_factory.mktemp("eventful") / "keys") as world:
        yield eventful(world)


@pytest.fixture(scope="session")
def genuine(eventful_world: World) -> Log:
    """Its log, with the key that signed it."""
    return log_of(eventful_world)


@pytest.fixture(scope="session")
def answers_log(
    cluster: Cluster, migrated: str, tiny: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Log]:
    """The log of a direct award with answers as the unit, up to the sample."""
    with world_over(cluster, migrated, tmp_path_factory.mktemp("direct") / "keys") as world:
        yield log_of(direct(world))


@pytest.fixture(scope="session")
def improved_log(
    cluster: Cluster, migrated: str, tiny: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Log]:
    """The log of a rejected lot that was screened, and of an action whose effect was shown."""
    with world_over(cluster, migrated, tmp_path_factory.mktemp("improved") / "keys") as world:
        yield log_of(improving(world))


@pytest.fixture(scope="session")
def ladder_log(
    cluster: Cluster, migrated: str, tiny: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Log]:
    """The log of a batch under a review ladder."""
    with world_over(cluster, migrated, tmp_path_factory.mktemp("ladder") / "keys") as world:
        yield log_of(reviewed(world))


@pytest.fixture(scope="session")
def doubled_log(
    cluster: Cluster, migrated: str, tiny: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Log]:
    """The log of a batch of which every item was answered twice."""
    with world_over(cluster, migrated, tmp_path_factory.mktemp("doubled") / "keys") as world:
        yield log_of(doubled(world))


@pytest.fixture(scope="session")
def again_world(
    cluster: Cluster, migrated: str, tiny: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """A batch whose sample was inspected twice."""
    with world_over(cluster, migrated, tmp_path_factory.mktemp("again") / "keys") as world:
        yield reinspected(world)


@pytest.fixture(scope="session")
def again_log(again_world: World) -> Log:
    """Its log, with the key that signed it."""
    return log_of(again_world)


@pytest.fixture(scope="session")
def calibrated_log(
    cluster: Cluster, migrated: str, tiny: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Log]:
    """The log of a calibration that ended in a retraining, and of one that is still open."""
    with world_over(cluster, migrated, tmp_path_factory.mktemp("calibrated") / "keys") as world:
        yield log_of(calibrated(world))


def keyring(world: World) -> Keyring:
    """The installation's keys."""
    return world.database.keyring


def log_of(world: World) -> Log:
    signer = ledger.log_signer(keyring(world), world.engagement)
    return Log.read(exported(world), signer, signing_keys(world))
