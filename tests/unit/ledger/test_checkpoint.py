"""Notes, keys, checkpoints and cosignatures against published ones and against every bit flip."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from outwork.ledger import checkpoint as c

SIGNER = c.Ed25519Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = c.Ed25519Signer("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(32)))
WITNESS = c.Ed25519Signer("client.example/witness", OTHER.private_key, c.COSIGNATURE_V1)
HEAD = c.Checkpoint("example.com/log", 7, bytes(32))


def test_published_notes(ledger_vectors: Any) -> None:
    for case in ledger_vectors("c2sp_notes_witness.json")["signed_notes"]:
        note = c.open_note(case["note"].encode(), [c.parse_verifier_key(case["vkey"])])
        assert case["note"].startswith(note.text + "\n")
        assert c.parse_note(case["note"].encode()).encode() == case["note"].encode()


def test_published_checkpoints(ledger_vectors: Any) -> None:
    log = ledger_vectors("tessera_log.json")
    key = c.parse_verifier_key(log["vkey"])
    for name, text in log["files"].items():
        if name.startswith("checkpoint."):
            head, times = c.open_checkpoint(text.encode(), key, closed=True)
            assert (head.size, times) == (int(name[11:]), {})


def test_published_witness_requests(ledger_vectors: Any) -> None:
    exchange = ledger_vectors("c2sp_notes_witness.json")["litewitness_exchange"]
    key = c.VerifierKey(exchange["origin"], c.ED25519, bytes.fromhex(exchange["log_pubkey_hex"]))
    opened = []
    for step in exchange["steps"]:
        try:
            note = step["body"].split("\n\n", 1)[1]
            opened.append(c.open_checkpoint(note.encode(), key)[0].origin == key.name)
        except c.NoteError:
            opened.append(False)
    refused = [i for i, step in enumerate(exchange["steps"]) if step["status"] in (400, 403)]
    assert [i for i, ok in enumerate(opened) if not ok] == refused


def test_no_flipped_bit_of_a_checkpoint_is_accepted() -> None:
    data = c.sign_checkpoint(HEAD, SIGNER)
    assert c.open_checkpoint(data, SIGNER.verifier, closed=True) == (HEAD, {})
    for i in range(len(data)):
        for bit in range(8):
            damaged = bytearray(data)
            damaged[i] ^= 1 << bit
            with pytest.raises(c.NoteError):
                c.open_note(bytes(damaged), [SIGNER.verifier], closed=True)


def test_keys_read_back_and_refuse_any_change() -> None:
    for signer in (SIGNER, WITNESS, c.generate_signer("new.example")):
        assert c.parse_signer_key(signer.encode()).verifier == signer.verifier
        text = signer.verifier.encode()
        assert c.parse_verifier_key(text) == signer.verifier
        for i in range(len(text)):
            with pytest.raises(c.NoteError):
                c.parse_verifier_key(text[:i] + chr(ord(text[i]) ^ 1) + text[i + 1 :])
        assert signer.encode().split("+", 4)[4] not in repr(signer)


def test_unknown_lines_are_ignored_except_in_a_closed_note() -> None:
    data = c.sign_note(HEAD.text(), [SIGNER, OTHER])
    assert c.open_note(data, [SIGNER.verifier]).signers == (SIGNER.verifier,)
    with pytest.raises(c.NoteError, match="unknown key"):
        c.open_note(data, [SIGNER.verifier], closed=True)
    assert len(c.open_note(data, [SIGNER.verifier, OTHER.verifier], closed=True).signers) == 2
    twice = c.sign_note(HEAD.text(), [SIGNER, SIGNER])
    with pytest.raises(c.NoteError, match="twice"):
        c.open_note(twice, [SIGNER.verifier], closed=True)
    with pytest.raises(c.NoteError, match="no known key"):
        c.open_note(c.sign_note(HEAD.text(), [OTHER]), [SIGNER.verifier])


def test_a_malformed_line_fails_even_where_unknown_ones_are_ignored() -> None:
    data = c.sign_note(HEAD.text(), [SIGNER])
    for line in ("\u2014 other AAAA\n", "\u2014 other AAAAAAB=\n", "- other AAAAAAA=\n", "\n",
                 "\u2014 a+b AAAAAAA=\n", "\u2014  AAAAAAA=\n", "\u2014 other AAAAAAA=",
                 "\u2014 oth\u00a0er AAAAAAA=\n", "\u2014 other AAAAAAA=\r\n"):  # fmt: skip
        with pytest.raises(c.NoteError):
            c.open_note(data + line.encode(), [SIGNER.verifier])
    more = data + "\u2014 other AAAAAAA=\n".encode()
    assert c.open_note(more, [SIGNER.verifier]).text == HEAD.text()


def test_cosignatures() -> None:
    line = c.cosign(HEAD.text(), WITNESS, 1_700_000_000)
    data = c.sign_checkpoint(HEAD, SIGNER) + line.encode().encode()
    head, times = c.open_checkpoint(data, SIGNER.verifier, [WITNESS.verifier], closed=True)
    assert (head, times) == (HEAD, {WITNESS.name: 1_700_000_000})
    assert c.open_checkpoint(data, SIGNER.verifier) == (HEAD, {})
    with pytest.raises(c.NoteError):
        c.open_checkpoint(data, SIGNER.verifier, closed=True)
    later = c.SignatureLine(line.name, line.key_id, bytes(8) + line.signature[8:])
    with pytest.raises(c.NoteError, match="does not verify"):
        c.open_checkpoint(
            c.sign_checkpoint(HEAD, SIGNER) + later.encode().encode(),
            SIGNER.verifier,
            [WITNESS.verifier],
        )
    with pytest.raises(c.NoteError, match="the log did not sign"):
        c.open_checkpoint(
            HEAD.text().encode() + b"\n" + line.encode().encode(),
            SIGNER.verifier,
            [WITNESS.verifier],
        )
    with pytest.raises(c.NoteError, match="cosignature key"):
        c.cosign(HEAD.text(), SIGNER, 0)


@given(
    st.builds(
        c.Checkpoint,
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20),
        st.integers(0, 2**62),
        st.binary(min_size=32, max_size=32),
        st.lists(
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=9),
            max_size=2,
        ).map(tuple),
    )
)
def test_checkpoints_read_back(head: c.Checkpoint) -> None:
    assert c.parse_checkpoint(head.text()) == head
    assert c.open_checkpoint(c.sign_checkpoint(head, SIGNER), SIGNER.verifier)[0] == head


@pytest.mark.parametrize(
    "text",
    ["", "a\n1\n", "a\n01\n" + "A" * 43 + "=\n", "a\n+1\n" + "A" * 43 + "=\n", "a\n1\nAAAA\n",
     "a\n1\n" + "A" * 42 + "B=\n", "\n1\n" + "A" * 43 + "=\n", "a\n1\n" + "A" * 43 + "=",
     "a\n1\n" + "A" * 43 + "=\n\n", "a\n١\n" + "A" * 43 + "=\n", "a\n" + "9" * 5000 + "\nx\n"],
)  # fmt: skip
def test_malformed_checkpoints(text: str) -> None:
    with pytest.raises(c.NoteError):
        c.parse_checkpoint(text)


@given(st.binary(max_size=60))
def test_base64_reads_back_and_only_canonically(data: bytes) -> None:
    text = c.encode_base64(data)
    assert c.decode_base64(text) == data
    for wrong in (text + "\n", " " + text, text + "=", text.rstrip("=") + "==="):
        with pytest.raises(c.NoteError):
            c.decode_base64(wrong)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_calmly(data: bytes) -> None:
    with pytest.raises(c.NoteError):
        c.open_note(data, [SIGNER.verifier])
