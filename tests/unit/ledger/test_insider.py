"""What an insider does to a log is noticed with a witness; and receipts are read strictly.

The attacks and the flips are those of `outwork bench tamper`, fewer of them.
"""

import random
from typing import Any

import pytest
from bench import tamper

from outwork.ledger import checkpoint, tree
from outwork.witness import write_request
from outwork_verify import read_policy
from outwork_verify.receipt import ReceiptError, check_receipt, read_receipt

CHANCE = random.Random(20)
SCENE = tamper.scene(random.Random(21), size=11, every=4)
LAST = SCENE.cosigned[11]


@pytest.mark.parametrize("attack", range(len(tamper.ATTACKS)), ids=tamper.ATTACKS)
def test_no_attack_of_an_insider_is_believed(attack: int) -> None:
    chance = random.Random(attack)
    found = [tamper.trial(attack, chance) for _ in range(8)]
    assert not any(believed or cosigned for believed, _, cosigned in found)
    # Without a witness a reader believes what the log's key signs: only the others are found.
    assert any(alone for _, alone, _ in found) is (attack >= 5)


def test_what_was_not_attacked_verifies() -> None:
    whole = tamper.packed(SCENE, SCENE.lines, LAST)
    own = SCENE.client.store.latest(tamper.ORIGIN)[1]  # what the client's witness keeps, alone
    for seen in ([], [LAST], [SCENE.cosigned[4], LAST], [own]):
        assert tamper._ok(whole, SCENE.policy, seen)


def test_no_flipped_byte_is_accepted() -> None:
    judged = tamper.flipped(CHANCE, size=5)
    assert sum(flips for flips, _ in judged.values()) > 2_000
    assert {name: bad for name, (_, bad) in judged.items() if bad} == {}


def test_a_checkpoint_seen_before_is_extended_or_blamed() -> None:
    short = tamper.packed(SCENE, SCENE.lines[:8], SCENE.cosigned[8])
    reports = {
        size: tamper.verify(
            tamper.io.BytesIO(short), SCENE.policy, tamper.HANDLERS, seen=[SCENE.cosigned[size]]
        )
        for size in (4, 8, 11)
    }
    assert [report.ok for report in reports.values()] == [True, True, False]
    blamed = reports[11].failure
    assert blamed is not None
    assert (blamed.member, blamed.reason) == (
        "checkpoint",
        "has 8 entries where 11 were seen before",
    )
    other = tamper.scene(random.Random(1), size=11, every=4)
    report = tamper.verify(
        tamper.io.BytesIO(short), SCENE.policy, tamper.HANDLERS, seen=[other.cosigned[4]]
    )
    assert report.failure is not None
    assert report.failure.member == "seen"


def receipt(index: int = 3, **changes: Any) -> bytes:
    grown = tree.Tree()
    for line in SCENE.lines:
        grown.append(line)
    proof = tree.inclusion_proof(index, grown.size, grown.node)
    return tamper.receipts_text(index, proof, LAST, changes.get("entry"))


def test_a_receipt_proves_its_entry_alone_or_with_the_line() -> None:
    for index in range(11):
        line = SCENE.lines[index]
        shown = check_receipt(receipt(index), SCENE.policy, line)
        assert (shown.origin, shown.size) == (tamper.ORIGIN, 11)
        assert {key.name for key in shown.signed} == {
            tamper.ORIGIN, "client.example", "provider.example",
        }  # fmt: skip
        assert check_receipt(receipt(index, entry=line), SCENE.policy) == shown
        with pytest.raises(ReceiptError, match="another root"):
            check_receipt(receipt(index), SCENE.policy, SCENE.lines[index - 1])
        with pytest.raises(ReceiptError, match="carries another entry"):
            check_receipt(receipt(index, entry=b"{}"), SCENE.policy, line)


def test_a_receipt_without_entry_or_of_strangers_is_refused() -> None:
    with pytest.raises(ReceiptError, match="does not carry its entry"):
        check_receipt(receipt(), SCENE.policy)
    stranger = checkpoint.generate_signer(tamper.ORIGIN)
    trusting = read_policy(f"log {stranger.verifier.encode()}")
    with pytest.raises(ReceiptError, match="unknown key"):
        check_receipt(receipt(), trusting, SCENE.lines[3])


def test_a_receipt_without_the_clients_cosignature_fails_the_quorum() -> None:
    lines = LAST.split(b"\n")
    uncosigned = b"\n".join(line for line in lines if b"client.example" not in line)
    with pytest.raises(ReceiptError, match="cosigned as the policy demands"):
        check_receipt(receipt().replace(LAST, uncosigned), SCENE.policy, SCENE.lines[3])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"@v1", b"@v2"), (b"index 3", b"index 03"), (b"index 3", b"index -3"),
        (b"index 3\n", b""), (b"index 3\n", b"index 3\n\n"), (b"index 3", b"index 3 "),
        (b"index 3\n", b"index 3\nAAAA=\n"), (b"index 3\n", b"extra !\nindex 3\n"),
        (b"index 3\n", b"index 3\n" + b"AAAA\n" * 64), (b"\n", b"\r\n"),
        (b"index", "ïndex".encode()),
    ],
)  # fmt: skip
def test_malformed_receipts_are_refused(old: bytes, new: bytes) -> None:
    with pytest.raises(ReceiptError):
        check_receipt(receipt().replace(old, new), SCENE.policy, SCENE.lines[3])


def test_a_receipt_reads_back() -> None:
    read = read_receipt(receipt(entry=b"what"))
    assert (read.index, read.extra, read.checkpoint, len(read.proof)) == (3, b"what", LAST, 4)


def test_a_witness_refuses_what_it_must() -> None:
    witness, note = SCENE.client, tamper.signed(SCENE.signer, bytes(32), 12)
    unsigned = tamper.signed(checkpoint.generate_signer(tamper.ORIGIN), bytes(32), 12)
    for body, status in [
        (b"", 400), (write_request(3, [], note), 409), (write_request(13, [], note), 400),
        (write_request(11, [], note), 422), (write_request(11, [bytes(32)], note), 422),
        (write_request(11, [], unsigned), 403),
    ]:  # fmt: skip
        assert witness.add_checkpoint(body).status == status, body
    assert witness.store.latest(tamper.ORIGIN)[1].startswith(LAST[:20])
    assert witness.head(tamper.ORIGIN).size == 11
