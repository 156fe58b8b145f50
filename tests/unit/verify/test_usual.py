"""The quick way to an event is the long way's: it takes nothing that the long way refuses.

The long way is canonical JSON parsed strictly, and the check of the declared fields.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
from tests.unit.verify.recorded import Log

from outwork.ledger import canonical
from outwork_verify.container import Failure
from outwork_verify.declare import HANDLERS, QUICK
from outwork_verify.entry import Event, instant, read_event
from outwork_verify.replay import replay
from outwork_verify.usual import kind_of

SHAPES = {kind: QUICK[handler][0] for (kind, _), handler in HANDLERS.items() if handler in QUICK}
# Marks that the grammar lives on, and values that are not what they look like.
PIECES = (
    b'"', b"\\", b"\\u0041", b",", b":", b"{", b"}", b"[]", b" ", b"\n", b"\t", b"0", b"00", b"-1",
    b"1.0", b"1e3", b"9" * 17, b"true", b"null", b'"x":1,', b'"a":"b",', b'""', b"\xc3\xa9",
    b"\xff", b"\x7f", b'"answers.a":"' + b"0" * 64 + b'",', b'"seq":', b'"kind":"',
    b"+00:00", b"Z", b"31",
)  # fmt: skip


def quick(line: bytes, seq: int) -> Event | None:
    text = line.decode("ascii", "replace")
    shape = SHAPES.get(kind_of(text))
    return shape(text, seq) if shape else None


def slow(line: bytes, seq: int) -> Event:
    """The event by the long way; raises Failure for a malformed one."""
    return read_event(line, seq)


def checked(event: Event) -> bool:
    """Whether the fields are those declared: the rule's own check comes first in its handler."""
    try:
        HANDLERS[event.kind, event.version](_Nothing(), event)  # type: ignore[arg-type]
    except Failure as failure:
        return not any(part in failure.reason for part in ("exactly the", "cannot stand there"))
    except (AttributeError, TypeError, LookupError, ValueError, ArithmeticError):
        return True  # it went on to judge, in a state that knows nothing
    return True


class _Nothing:
    """A state in which there is nobody, so that a handler stops after checking the form."""

    members: dict[str, Any] = {}  # noqa: RUF012 - never written


def lines_of(*logs: Log) -> list[tuple[int, bytes]]:
    return [(e["seq"], canonical.encode(e)) for log in logs for e in log.entries]


def test_both_ways_read_every_genuine_entry_alike(genuine: Log, answers_log: Log) -> None:
    seen, taken = set(), set()
    for seq, line in lines_of(genuine, answers_log):
        event = slow(line, seq)
        seen.add(event.kind)
        if (read := quick(line, seq)) is not None:
            assert read == event
            taken.add(event.kind)
    # The many: these must never fall off the quick way unnoticed.
    many = {"item-admitted", "item-claimed", "item-submitted", "item-returned", "rework-ordered"}
    assert {f"execution.{kind}" for kind in many} <= taken
    assert len(taken) > len(seen) / 3


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_altered_the_quick_way_takes_only_what_the_long_way_takes(
    genuine: Log, seed: int
) -> None:
    chance, taken, refused = random.Random(seed), 0, 0
    usual = [(seq, line) for seq, line in lines_of(genuine) if quick(line, seq) is not None]
    for _ in range(6_000):
        seq, line = chance.choice(usual)
        for _ in range(chance.choice((1, 1, 2))):
            line = altered(line, chance)
        event = quick(line, seq)
        if event is None:
            refused += 1
            continue
        taken += 1
        assert slow(line, seq) == event, line
        assert checked(event), line
    assert taken > 300  # a digit for another is as usual as before
    assert refused > 3_000


def altered(line: bytes, chance: random.Random) -> bytes:
    """A line with a byte changed, a piece put in, a stretch left out, doubled or moved."""
    at = chance.randrange(len(line))
    to = min(len(line), at + chance.randrange(1, 90))
    how = chance.randrange(5)
    if how == 0:
        return line[:at] + bytes([chance.choice(line)]) + line[at + 1 :]
    if how == 1:
        return line[:at] + chance.choice(PIECES) + line[at:]
    if how == 2:
        return line[:at] + line[to:]
    if how == 3:
        return line[:to] + line[at:]
    other = chance.randrange(len(line))
    return line[:other] + line[at:to] + line[other:]


def test_sealed_names_out_of_order_or_twice_go_the_long_way(genuine: Log) -> None:
    entry = genuine.one("execution.item-submitted")
    line = canonical.encode(entry)
    pairs = sorted(entry["sealed"].items())
    written = [f'"{name}":"{value}"'.encode() for name, value in pairs]
    assert b",".join(written) in line
    for wrong in ([*written[1:], written[0]], [written[0], *written], [*written, written[-1]]):
        bad = line.replace(b",".join(written), b",".join(wrong))
        assert quick(bad, entry["seq"]) is None
        with pytest.raises(Failure):
            slow(bad, entry["seq"])
    origins = next(e for e in genuine.all("execution.item-submitted") if e["public"]["origins"])
    line = canonical.encode(origins)
    bad = line.replace(b'"origins":{', b'"origins":{"zz":1,')
    assert quick(bad, origins["seq"]) is None


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("2026-02-28T23:59:59Z", "2026-02-28T23:59:59.000000Z"),
        ("2026-02-28T23:59:59.25+00:00", "2026-02-28T23:59:59.250000Z"),
        ("2026-02-28T23:59:59.000001+00:00", "2026-02-28T23:59:59.000001Z"),
        ("2026-03-01T01:00:00+02:00", "2026-02-28T23:00:00.000000Z"),
    ],
)
def test_instants_compare_in_one_form(written: str, same: str) -> None:
    assert instant(written) == same


@pytest.mark.parametrize(
    "wrong", ["2026-02-30T00:00:00Z", "2026-02-20T24:00:01Z", "2026-02-20", ""]
)
def test_what_is_no_instant_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        instant(wrong)


def test_a_replay_is_the_same_without_the_quick_way(
    genuine: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line for _, line in lines_of(genuine)]
    engagement = genuine.contents.engagement
    fast = replay(lines, engagement=engagement)
    for handler in list(QUICK):
        monkeypatch.delitem(QUICK, handler)
    long = replay(lines, engagement=engagement)
    assert fast.kinds == long.kinds
    assert list(fast.events) == list(long.events) == [slow(line, i) for i, line in enumerate(lines)]
    assert fast.inspected == long.inspected
    assert fast.figures() == long.figures()
    assert fast.tree.root() == long.tree.root()
