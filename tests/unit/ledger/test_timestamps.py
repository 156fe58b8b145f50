"""An outside clock: tokens of a real `openssl ts` authority, read a second time offline."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from tests.support.authority import Authority, serving_authority
from tests.unit.ledger.bundles import HANDLERS, ORIGIN, SIGNER, contents, event, write

from outwork.interfaces.worker import Authority as Configured
from outwork.interfaces.worker import authority_of
from outwork.ledger import canonical, checkpoint, tree
from outwork.ledger.timestamps import Timestamp, TimestampRefused, as_lines, query, token_of
from outwork.vocabulary import BadInput, EngagementId
from outwork_verify import Report, read_policy, verify
from outwork_verify.timestamp import TimestampError, check_token

LINES = [event(i) for i in range(6)]
HEAD = checkpoint.Checkpoint(ORIGIN, 6, tree.root_of_leaves(LINES))
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """An authority that signs with an elliptic curve, under an intermediate certificate."""
    with serving_authority(tmp_path_factory.mktemp("tsa") / "ec") as made:
        yield made


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """Another authority, which signs with RSA."""
    with serving_authority(tmp_path_factory.mktemp("tsa") / "rsa", rsa_key=True) as made:
        yield made


@pytest.fixture(scope="module")
def token(authority: Authority) -> bytes:
    """A token over the log of six entries."""
    return Configured(authority.url, (authority.root,)).stamp(HEAD)[0]


def bundle(*stamps: tuple[int, bytes]) -> io.BytesIO:
    """A bundle with tokens by size."""
    made = [
        Timestamp(EngagementId("eng-1"), size, f"http://tsa/{n}", AT, token)
        for n, (size, token) in enumerate(stamps)
    ]
    return io.BytesIO(write(contents(LINES, timestamps=as_lines(made))))


def judged(source: io.BytesIO, *roots: x509.Certificate) -> Report:
    """What the verifier says, trusting the log and these authorities."""
    lines = [f"log {SIGNER.verifier.encode()}"]
    for root in roots:
        der = root.public_bytes(serialization.Encoding.DER)
        lines.append(f"authority {base64.b64encode(der).decode()}")
    return verify(source, read_policy("\n".join(lines)), HANDLERS)


def test_a_genuine_token_verifies_to_the_authority_that_the_policy_names(
    authority: Authority, token: bytes
) -> None:
    report = judged(bundle((6, token)), authority.root)
    assert report.ok, report.failure
    stamp = report.figures["timestamp"]
    assert (stamp["size"], stamp["authority"]) == (6, "Test authority")
    assert stamp["trusted"]


def test_an_rsa_authority_verifies_too(other: Authority) -> None:
    made, at = Configured(other.url, (other.root,)).stamp(HEAD)
    found = check_token(made, HEAD.text().encode(), [other.root])
    assert found.trusted
    assert found.at == at


def test_a_token_over_an_earlier_part_of_the_log_counts_for_that_part(
    authority: Authority, token: bytes
) -> None:
    early = checkpoint.Checkpoint(ORIGIN, 2, tree.root_of_leaves(LINES[:2]))
    first = Configured(authority.url).stamp(early)[0]
    report = judged(bundle((2, first), (6, token)), authority.root)
    assert report.ok, report.failure
    assert report.figures["timestamp"]["number"] == 2
    wrong = judged(bundle((3, first)), authority.root)
    assert wrong.failure is not None
    assert (wrong.failure.member, wrong.failure.entry) == ("timestamps.jsonl", 0)
    assert "another checkpoint" in wrong.failure.reason


def test_another_authority_is_not_the_one_that_is_trusted(
    authority: Authority, other: Authority, token: bytes
) -> None:
    report = judged(bundle((6, token)), other.root)
    assert report.failure is not None
    assert "no authority that the policy names" in report.failure.reason
    assert not check_token(token, HEAD.text().encode(), [other.root]).trusted
    both = judged(bundle((6, token), (6, Configured(other.url).stamp(HEAD)[0])), other.root)
    assert both.ok, both.failure
    assert not judged(bundle(), authority.root).ok  # a demand is not met by nothing


def test_without_a_named_authority_a_token_is_only_consistent(token: bytes) -> None:
    report = judged(bundle((6, token)))
    assert report.ok
    assert not report.figures["timestamp"]["trusted"]


def test_no_altered_byte_of_a_token_passes(authority: Authority, token: bytes) -> None:
    text, roots = HEAD.text().encode(), [authority.root]
    passed = []
    for place in range(len(token)):
        altered = bytearray(token)
        altered[place] ^= 1 << place % 8
        try:
            if check_token(bytes(altered), text, roots).trusted:
                passed.append(place)
        except TimestampError:
            continue
    # Of no meaning and under no signature: versions, and digest algorithms listed ahead or inside.
    assert len(passed) < 60
    at = check_token(token, text, roots).at
    for place in passed:
        altered = bytearray(token)
        altered[place] ^= 1 << place % 8
        assert check_token(bytes(altered), text, roots).at == at, place


@pytest.mark.parametrize("cut", [0, 1, 2, 5, 100, -1])
def test_a_token_that_is_cut_off_is_said_to_be(
    authority: Authority, token: bytes, cut: int
) -> None:
    with pytest.raises(TimestampError):
        check_token(token[:cut], HEAD.text().encode(), [authority.root])


def test_an_entry_dated_after_its_timestamp_is_named(authority: Authority) -> None:
    lines = [*LINES[:5], event(5, at="2099-01-01T00:00:00.000000Z")]
    head = checkpoint.Checkpoint(ORIGIN, 6, tree.root_of_leaves(lines))
    made, at = Configured(authority.url).stamp(head)
    stamp = Timestamp(EngagementId("eng-1"), 6, "http://tsa", at, made)
    source = io.BytesIO(write(contents(lines, timestamps=as_lines([stamp]))))
    report = judged(source, authority.root)
    assert report.failure is not None
    assert (report.failure.member, report.failure.entry) == ("entries.jsonl", 5)


def test_an_answer_to_another_question_is_refused(authority: Authority) -> None:
    import httpx

    first, second = query(HEAD), query(HEAD)
    answer = httpx.post(authority.url, content=first.data).content
    assert token_of(first, answer, [authority.root])
    with pytest.raises(TimestampRefused, match="another question"):
        token_of(second, answer, [authority.root])
    with pytest.raises(TimestampRefused):
        token_of(first, answer[:-1], ())
    with pytest.raises(TimestampRefused):
        token_of(first, b"<html>busy</html>", ())


def test_an_answer_of_another_authority_is_refused(authority: Authority, other: Authority) -> None:
    with pytest.raises(TimestampRefused):
        Configured(authority.url, (other.root,)).stamp(HEAD)


def test_lines_that_are_no_timestamps_are_named(token: bytes) -> None:
    good = {"authority": "a", "size": 6, "token": base64.b64encode(token).decode()}
    for bad in (
        {**good, "size": 7},
        {**good, "size": 0},
        {**good, "more": 1},
        {**good, "token": "?"},
    ):
        source = io.BytesIO(write(contents(LINES, timestamps=canonical.encode(bad) + b"\n")))
        report = judged(source)
        assert report.failure is not None
        assert report.failure.member == "timestamps.jsonl"


def test_the_operator_names_the_authority(authority: Authority, tmp_path: Path) -> None:
    assert authority_of({}) is None
    given = {"OUTWORK_TIMESTAMP_URL": authority.url,
             "OUTWORK_TIMESTAMP_ROOTS": str(authority.folder / "root.pem")}  # fmt: skip
    assert authority_of(given) == Configured(authority.url, (authority.root,))
    for wrong in ({"OUTWORK_TIMESTAMP_URL": "ftp://x"},
                  {**given, "OUTWORK_TIMESTAMP_ROOTS": str(tmp_path / "none.pem")}):  # fmt: skip
        with pytest.raises(BadInput, match="setting-malformed"):
            authority_of(wrong)
