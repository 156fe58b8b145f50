"""Bundles: what verifies, and that everything else is refused by both readers, place named."""

import base64
import contextlib
import hashlib
import io
import unicodedata
import warnings
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.ledger import bundles

import outwork_verify
from outwork.ledger import bundle, canonical, checkpoint

WHOLE = bundles.write()
PARTS = bundles.members(WHOLE)
CLIENT = checkpoint.generate_signer("client.test/witness", checkpoint.COSIGNATURE_V1)
PROVIDER = checkpoint.generate_signer("provider.test/witness", checkpoint.COSIGNATURE_V1)
NAMES = [name for name, _ in PARTS]
TRUSTED = outwork_verify.read_policy(f"log {bundles.SIGNER.verifier.encode()}")


def verdict(data: bytes, trusted: Any = None) -> outwork_verify.Report:
    return outwork_verify.verify(io.BytesIO(data), trusted, bundles.HANDLERS)


def blamed(data: bytes) -> str | None:
    """The member that both readers refuse; they must agree."""
    report = verdict(data)
    assert not report.ok
    assert report.failure is not None
    with pytest.raises(bundle.BundleError) as caught:
        bundle.read_bundle(io.BytesIO(data))
    assert caught.value.member == report.failure.member
    return report.failure.member


def resigned(
    parts: bundles.Members,
    signer: checkpoint.Ed25519Signer = bundles.SIGNER,
    **changes: Any,
) -> bytes:
    """The parts with a manifest that fits them, signed: what an insider with the key could do."""
    listed = [(n, d) for n, d in parts if n not in (bundle.MANIFEST, bundle.SIGNATURE)]
    manifest = {
        "format": bundle.FORMAT,
        "engagement": "eng-1",
        "origin": bundles.ORIGIN,
        "log": signer.verifier.encode(),
        "witnesses": [],
        "members": [
            {"name": n, "size": len(d), "sha256": hashlib.sha256(d).hexdigest()}
            for n, d in sorted(listed)
        ],
    }
    raw = canonical.encode(manifest | changes)
    digest = base64.b64encode(hashlib.sha256(raw).digest()).decode()
    text = f"{bundle.FORMAT}\neng-1\n{digest}\n"
    signed = checkpoint.sign_note(text, [signer])
    return bundles.pack([(bundle.MANIFEST, raw), (bundle.SIGNATURE, signed), *listed])


def replaced(member: str, data: bytes) -> bundles.Members:
    return [(n, data if n == member else d) for n, d in PARTS]


def test_a_bundle_verifies_and_reads_back() -> None:
    assert len(WHOLE) < 8192
    report = verdict(WHOLE, TRUSTED)
    assert (report.ok, report.authenticated) == (True, True)
    assert report.figures["entries"] == 6
    assert report.figures["opened"] == 1
    assert not verdict(WHOLE).authenticated
    read = bundle.read_bundle(io.BytesIO(WHOLE), bundles.SIGNER.verifier)
    assert read == bundles.contents()
    assert bundles.write(read) == WHOLE


def test_a_bare_bundle_and_an_empty_log_verify() -> None:
    bare: dict[str, Any] = {
        "disclosures": (),
        "deliverables": {},
        "certificate": None,
        "invoice": None,
    }
    assert verdict(bundles.write(bundles.contents([], **bare))).ok


@pytest.mark.parametrize("which", [0, 1, 2])
def test_every_byte_of_every_member_counts(which: int) -> None:
    for number, (name, data) in enumerate(PARTS):
        if number % 3 != which:
            continue
        for i in range(len(data)):
            damaged = data[:i] + bytes([data[i] ^ (1 << i % 8)]) + data[i + 1 :]
            assert blamed(bundles.pack(replaced(name, damaged))) == name, (name, i)


def test_a_flipped_byte_of_the_file_never_changes_what_is_accepted() -> None:
    harmless = 0
    for i in range(len(WHOLE)):
        damaged = WHOLE[:i] + bytes([WHOLE[i] ^ (1 << i % 8)]) + WHOLE[i + 1 :]
        try:
            report = verdict(damaged)
        except outwork_verify.Unreadable:
            continue
        if report.ok:
            harmless += 1
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert bundle.read_bundle(io.BytesIO(damaged)) == bundles.contents()
    assert harmless < len(WHOLE) / 5  # dates, versions and the like, which are not covered


def test_deleting_adding_and_doubling_name_the_member() -> None:
    for name, data in PARTS:
        assert blamed(bundles.pack([(n, d) for n, d in PARTS if n != name])) == name
        for twin in (data, data + b"x", b""):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert blamed(bundles.pack([*PARTS, (name, twin)])) == name
                assert blamed(bundles.pack([(name, twin), *PARTS])) == name
        assert blamed(bundles.pack(replaced(name, b""))) == name
        assert blamed(bundles.pack(replaced(name, data + b"\n"))) == name
    for extra in ("deliverable/more.txt", "extra.txt", "tile/0/000", "Manifest.JSON"):
        assert blamed(bundles.pack([*PARTS, (extra, b"x")])) == extra


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_the_same_members_zipped_again_verify(method: int) -> None:
    for parts in (PARTS, PARTS[::-1], sorted(PARTS)):
        data = bundles.pack(parts, method, comment=b"again")
        for again in (data, b"#!/bin/sh\n" + data):
            assert verdict(again, TRUSTED).ok
            assert bundle.read_bundle(io.BytesIO(again)) == bundles.contents()


@pytest.mark.parametrize(
    "name",
    ["../a", "deliverable/../../a", "/etc/a", "deliverable/", "deliverable//a", "deliverable/./a",
     "deliverable\\a", "deliverable/a\\b", "C:a", "deliverable/a:b", "deliverable/a\tb",
     "deliverable/" + unicodedata.normalize("NFD", "ü"), "deliverable/wo-1/SHEET.csv",
     "ENTRIES.jsonl", "other/a", "a", "deliverable/a\u202eb"],
)  # fmt: skip
def test_unsafe_names_are_refused_even_if_listed_and_signed(name: str) -> None:
    assert blamed(resigned([*PARTS, (name, b"x")])) == name


@pytest.mark.parametrize(
    "attributes",
    [{"external_attr": 0o120777 << 16}, {"external_attr": 0o040755 << 16}, {"external_attr": 0x10}],
)
def test_links_and_folders_are_refused(attributes: dict[str, int]) -> None:
    assert blamed(bundles.pack(PARTS, **attributes)) == "manifest.json"


def test_encrypted_members_are_refused() -> None:
    data = bytearray(bundles.pack(PARTS))
    at = data.rindex(b"PK\x01\x02")
    data[at + 8] |= 1
    assert blamed(bytes(data)) == NAMES[-1]


def test_bombs_are_refused_before_they_are_unpacked() -> None:
    huge = [*PARTS, ("deliverable/zeros", bytes(3_000_000))]
    data = io.BytesIO(bundles.pack(huge, zipfile.ZIP_DEFLATED))
    for limits in (
        bundle.Limits(member_bytes=1_000_000),
        bundle.Limits(total_bytes=1_000_000),
        bundle.Limits(members=3),
        bundle.Limits(manifest_bytes=10),
    ):
        with pytest.raises(bundle.BundleError, match=r"more than|larger than"):
            bundle.read_bundle(data, limits=limits)
    lying = bytearray(data.getvalue())
    at = lying.rindex(b"PK\x01\x02")
    lying[at + 24 : at + 28] = (10).to_bytes(4, "little")
    assert blamed(bytes(lying)) == "deliverable/zeros"


def test_what_an_insider_with_the_key_cannot_do() -> None:
    lines = [bundles.event(i) for i in range(6)]
    changed = {
        "shorter": lines[:5],
        "another order": [lines[1], lines[0], *lines[2:]],
        "altered": [*lines[:2], bundles.event(2, actor="p-2"), *lines[3:]],
        "inserted": [*lines, bundles.event(6)],
        "blank": [*lines, b""],
        "not canonical": [*lines[:5], lines[5].replace(b",", b", ", 1)],
    }
    for name, new in changed.items():
        data = b"".join(line + b"\n" for line in new)
        member = blamed(resigned(replaced(bundle.ENTRIES, data)))
        assert member in (bundle.ENTRIES, bundle.CHECKPOINT), name


def test_the_first_entry_that_does_not_fit_is_named() -> None:
    for seq in range(6):
        lines = [bundles.event(i) for i in range(6)]
        lines[seq] = bundles.event(seq, version=2)
        report = verdict(bundles.write(bundles.contents(lines, disclosures=())))
        assert report.failure is not None
        assert (report.failure.member, report.failure.entry) == ("entries.jsonl", seq)


@pytest.mark.parametrize(
    "change",
    [{"kind": "nobody.knows"}, {"version": 2}, {"version": True}, {"at": "2026-03-01T09:00:00Z"},
     {"at": "2026-02-30T09:00:00.000000Z"}, {"at": "2026-03-01T09:00:00.000000+00:00"},
     {"actor": ""}, {"actor": None}, {"public": []}, {"sealed": {"a": "F" * 64}},
     {"sealed": {"a": 1}}, {"kind": ["test.happened"]}, {"more": 1}],
)  # fmt: skip
def test_malformed_events_do_not_replay(change: dict[str, Any]) -> None:
    lines = [bundles.event(0), bundles.event(1, **change)]
    report = verdict(bundles.write(bundles.contents(lines, disclosures=())))
    assert report.failure is not None
    assert (report.failure.member, report.failure.entry) == ("entries.jsonl", 1)


@pytest.mark.parametrize(
    "opening",
    [{"seq": 3, "field": "note", "salt": "00" * 16, "value": "note 3"},
     {"seq": 3, "field": "note", "salt": bundles.SALT.hex(), "value": "note 4"},
     {"seq": 2, "field": "note", "salt": bundles.SALT.hex(), "value": "note 2"},
     {"seq": 9, "field": "note", "salt": bundles.SALT.hex(), "value": "note 9"},
     {"seq": True, "field": "note", "salt": bundles.SALT.hex(), "value": "note 1"},
     {"seq": 3, "field": "note", "salt": bundles.SALT.hex().upper(), "value": "note 3"},
     {"seq": 3, "field": "note", "salt": "", "value": "note 3"},
     {"seq": 3, "field": ["note"], "salt": bundles.SALT.hex(), "value": "note 3"},
     {"seq": 3, "field": "note", "value": "note 3"}, [], None],
)  # fmt: skip
def test_openings_that_do_not_open(opening: Any) -> None:
    data = canonical.encode(opening) + b"\n"
    assert blamed(resigned(replaced(bundle.DISCLOSURES, data))) == bundle.DISCLOSURES


def test_repeated_openings_are_refused() -> None:
    data = dict(PARTS)[bundle.DISCLOSURES]
    assert blamed(resigned(replaced(bundle.DISCLOSURES, data * 2))) == bundle.DISCLOSURES


@pytest.mark.parametrize(
    "changes",
    [{"format": "outwork-bundle/2"}, {"more": 1}, {"engagement": ""}, {"members": {}},
     {"origin": "outwork.test/eng-2"}, {"log": bundles.FORGER.verifier.encode()[:-1]},
     {"members": [{"name": "checkpoint"}]}, {"engagement": "eng-2"}, {"witnesses": None},
     {"witnesses": [1]}, {"witnesses": ["x"]}, {"witnesses": [bundles.SIGNER.verifier.encode()]},
     {"witnesses": [CLIENT.verifier.encode()] * 2}],
)  # fmt: skip
def test_manifests_that_are_none(changes: dict[str, Any]) -> None:
    assert blamed(resigned(PARTS, **changes)) == bundle.MANIFEST


def test_unknown_signature_lines_fail() -> None:
    for member in (bundle.SIGNATURE, bundle.CHECKPOINT):
        data = dict(PARTS)[member] + "\u2014 witness AAAAAAA=\n".encode()
        parts = replaced(member, data)
        again = bundles.pack(parts) if member == bundle.SIGNATURE else resigned(parts)
        assert blamed(again) == member


def cosigned(*witnesses: checkpoint.Ed25519Signer) -> bytes:
    made = bundles.contents()
    text = checkpoint.parse_note(made.checkpoint).text
    lines = [checkpoint.cosign(text, w, 1_700_000_000 + i) for i, w in enumerate(witnesses)]
    signed = made.checkpoint + b"".join(line.encode().encode() for line in lines)
    keys = sorted(witness.verifier.encode() for witness in (CLIENT, PROVIDER))
    return bundles.write(replace(made, checkpoint=signed, witnesses=tuple(keys)))


@pytest.mark.parametrize(
    ("rules", "signers", "ok"),
    [
        ("quorum none", [], True),
        ("quorum client", [CLIENT], True),
        ("quorum client", [PROVIDER], False),
        ("group both all client provider\nquorum both", [CLIENT, PROVIDER], True),
        ("group both all client provider\nquorum both", [CLIENT], False),
        ("group one any client provider\nquorum one", [PROVIDER], True),
        ("group one 1 client provider\nquorum one", [], False),
        ("group one any client\ngroup all 2 one provider\nquorum all", [CLIENT, PROVIDER], True),
    ],
)
def test_cosignatures_that_a_policy_demands(rules: str, signers: Any, ok: bool) -> None:
    data = cosigned(*signers)
    names = {"client": CLIENT, "provider": PROVIDER}
    keys = "".join(f"witness {n} {s.verifier.encode()}\n" for n, s in names.items())
    policy = outwork_verify.read_policy(f"log {bundles.SIGNER.verifier.encode()}\n{keys}{rules}\n")
    report = verdict(data, policy)
    assert report.ok == ok
    assert verdict(data).ok
    if ok:
        times = {s.name: 1_700_000_000 + i for i, s in enumerate(signers)}
        assert report.figures["cosigned"] == times
    elif report.failure is not None:
        assert report.failure.member == "checkpoint"


def test_a_witness_cannot_stand_in_for_the_log() -> None:
    made = bundles.contents()
    note = checkpoint.parse_note(made.checkpoint)
    line = checkpoint.cosign(note.text, CLIENT, 1)
    data = checkpoint.Note(note.text, (line,)).encode()
    parts = replaced(bundle.CHECKPOINT, data)
    again = resigned(parts, witnesses=[CLIENT.verifier.encode()])
    assert blamed(again) == bundle.CHECKPOINT


def test_a_whole_forgery_fails_only_with_a_policy() -> None:
    forged = bundles.write(bundles.contents(signer=bundles.FORGER), bundles.FORGER)
    assert verdict(forged).ok
    assert not verdict(forged).authenticated
    report = verdict(forged, TRUSTED)
    assert not report.ok
    assert report.failure is not None
    assert report.failure.member == "manifest.json"
    with pytest.raises(bundle.BundleError, match="another log key"):
        bundle.read_bundle(io.BytesIO(forged), bundles.SIGNER.verifier)


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda b: b"PK\x05\x06" + b))
@settings(max_examples=200)
def test_any_bytes_are_refused_calmly(data: bytes) -> None:
    with pytest.raises(bundle.BundleError):
        bundle.read_bundle(io.BytesIO(data))
    with contextlib.suppress(outwork_verify.Unreadable):
        assert not verdict(data).ok


def test_the_writer_writes_nothing_that_it_would_not_read() -> None:
    wrong = [
        bundles.contents(deliverables={"../up": b""}),
        bundles.contents(deliverables={"a": b"", "A": b""}),
        bundles.contents(origin="another.log"),
        bundles.contents(entries=[bundles.event(1)]),
        bundles.contents(entries=[bundles.event(0, actor="x" * 70_000)], disclosures=()),
        bundles.contents(disclosures=[bundle.Disclosure(3, "note", bundles.SALT, "note 4")]),
        bundles.contents(signer=bundles.FORGER),
    ]
    for made in wrong:
        target = io.BytesIO()
        with pytest.raises(bundle.BundleError):
            bundle.write_bundle(target, made, bundles.SIGNER)
        assert not target.getvalue()
