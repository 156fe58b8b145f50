"""The suite passes our own witness over HTTP, and finds each way in which another may be wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.disk import LossyDisk
from tests.support.website import answering

from outwork import conformance
from outwork.interfaces.witness import witness_application
from outwork.ledger import checkpoint
from outwork.witness import Answer, Store, Witness, actions

NOW = 1_800_000_000
ROOT = Path(__file__).parents[3]


def witness() -> Witness:
    signer = checkpoint.generate_signer("witness.example", checkpoint.COSIGNATURE_V1)
    store = Store.create(Path("/witness"), signer, LossyDisk(random.Random(1)))
    store.trust(conformance.signer().verifier, NOW)
    return Witness(store, lambda: NOW)


def failures(tested: Witness) -> dict[str, str]:
    with answering(witness_application(tested)) as url:
        found = list(conformance.check_witness(url, tested.store.verifier, NOW + 60))
    assert len(found) == len({f.name for f in found}) > 35
    return {f.name: f.problem for f in found if f.problem}


def test_our_own_witness_is_as_specified() -> None:
    assert failures(witness()) == {}


def _judges_nothing(*_: object) -> None:
    return


def _confuses(status: int, other: int) -> Callable[[Witness], None]:
    def change(tested: Witness) -> None:
        whole = tested.add_checkpoint

        def answer(body: bytes) -> Answer:
            got = whole(body)
            return Answer(other, got.body, got.media_type) if got.status == status else got

        tested.add_checkpoint = answer  # type: ignore[method-assign]

    return change


@pytest.mark.parametrize(
    ("status", "other"), [(400, 403), (404, 403), (403, 400), (409, 422), (422, 409)]
)
def test_a_witness_with_another_status_fails(status: int, other: int) -> None:
    tested = witness()
    _confuses(status, other)(tested)
    assert failures(tested)


def test_a_witness_that_checks_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "judge", _judges_nothing)
    found = failures(witness())
    assert {"rolled back", "a fork with its own proof", "no proof", "at once"} <= found.keys()


def test_a_witness_that_signs_another_text_or_time_fails() -> None:
    tested = witness()
    tested._clock = lambda: NOW + 3 * 86_400
    assert "the cosignature's time is more than a day off" in failures(tested).values()
    tested = witness()
    keep = tested.store.keep

    def other_text(text: str, lines: tuple[checkpoint.SignatureLine, ...], time: int) -> str:
        keep(text, lines, time)
        return checkpoint.cosign(f"{text}more\n", tested.store.signer, time).encode()

    tested.store.keep = other_text  # type: ignore[method-assign]
    assert any("does not verify" in problem for problem in failures(tested).values())


def test_the_vectors_are_what_the_suite_asks() -> None:
    assert (ROOT / "docs/formats/witness.json").read_text() == conformance.vectors()


def test_nothing_at_the_address_is_said() -> None:
    key = witness().store.verifier
    with pytest.raises(conformance.Unreachable):
        list(conformance.check_witness("http://127.0.0.1:9", key, NOW))
    with pytest.raises(conformance.Unreachable):
        list(conformance.check_log("no address", key))
