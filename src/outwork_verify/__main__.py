"""`python -m outwork_verify FILE [--policy FILE] [--row FILE] [--seen FILE] [--logs FILE]
[--anchor FILE] [--json]`.

FILE is a bundle, a disclosed item, or a receipt, which is verified only by a policy.
Exit code 0: verified (or, without a policy, consistent); 1: does not verify; 2: unreadable or
wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from outwork_verify import Unreadable, read_policy, verify, verify_disclosure, verify_receipt
from outwork_verify.receipt import HEADER
from outwork_verify.summary import summary

_MOST_POLICY_BYTES = 1 << 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; gives the exit code. Wrong usage leaves by SystemExit(2)."""
    options = _parser().parse_args(arguments)
    try:
        policy = None if options.policy is None else read_policy(_read_text(options.policy))
    except (OSError, ValueError) as error:
        return _unreadable(options.policy, f"not a usable policy ({error})", options.json)
    try:
        row = None if options.row is None else json.loads(_read_text(options.row))
    except (OSError, ValueError) as error:
        return _unreadable(options.row, f"not a usable proof ({error})", options.json)
    try:
        seen = [_usable(path, "a usable checkpoint", _read_bytes) for path in options.seen]
        anchored = _usable(options.anchor, "a usable anchor", _read_bytes)
        logs = _usable(options.logs, "usable entries", _lines)
    except _Unusable as error:
        return _unreadable(error.path, error.reason, options.json)
    try:
        if _begins(options.bundle, HEADER.encode()):
            if policy is None:
                reason = "a receipt names no key that could be trusted: give a policy"
                return _unreadable(options.bundle, reason, options.json)
            report = verify_receipt(_read_text(options.bundle).encode(), policy)
        elif _begins(options.bundle, b"{"):
            report = verify_disclosure(options.bundle.read_bytes(), policy)
        else:
            report = verify(
                options.bundle, policy, row=row, seen=seen, logs=logs, anchored=anchored
            )
    except Unreadable as error:
        return _unreadable(options.bundle, str(error), options.json)
    except Exception as error:  # noqa: BLE001 - whatever a file does to us, no traceback
        reason = f"cannot be read ({type(error).__name__})"
        return _unreadable(options.bundle, reason, options.json)
    if options.json:
        print(json.dumps(report.as_json()))
    else:
        print("\n".join(_printable(line) for line in summary(options.bundle, report)))
    return 0 if report.ok else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="outwork_verify",
        description="Verify a bundle, receipt or disclosed item offline, without its maker.",
    )
    parser.add_argument("bundle", type=Path, metavar="FILE", help="the file to verify")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="the keys that you trust")
    parser.add_argument("--row", type=Path, metavar="FILE", help="the proof of a row taken in")
    parser.add_argument("--seen", type=Path, metavar="FILE", action="append", default=[],
                        help="a checkpoint seen before, which the log must extend")  # fmt: skip
    parser.add_argument("--logs", type=Path, metavar="FILE",
                        help="all entries of the log of logs, one a line")  # fmt: skip
    parser.add_argument("--anchor", type=Path, metavar="FILE", help="an anchor of the log")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    return parser


class _Unusable(Exception):
    """What a file that is given beside the bundle lacks."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path, self.reason = path, reason


def _usable(path: Any, what: str, read: Callable[[Path], Any]) -> Any:
    """What is read from a file, or None where none is given; raises _Unusable."""
    try:
        return None if path is None else read(path)
    except (OSError, ValueError) as error:
        raise _Unusable(path, f"not {what} ({error})") from error


def _read_bytes(path: Path) -> bytes:
    return _read_text(path).encode()


def _begins(path: Path, start: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(start)) == start
    except OSError:
        return False  # what reads it as a bundle says why


def _lines(path: Path) -> list[bytes]:
    lines = path.read_bytes().split(b"\n")
    if lines.pop():
        raise ValueError("the last line does not end")
    return lines


def _read_text(path: Path) -> str:
    with path.open("rb") as file:
        data = file.read(_MOST_POLICY_BYTES + 1)
    if len(data) > _MOST_POLICY_BYTES:
        raise ValueError("longer than a mebibyte")
    return data.decode("utf-8")


def _unreadable(path: Path, reason: str, as_json: bool) -> int:
    if as_json:
        bad = {"member": None, "entry": None, "reason": reason}
        outcome = {"ok": False, "authenticated": False, "first_bad": bad, "figures": {}}
        print(json.dumps(outcome))
    else:
        print(_printable(f"{path}: {reason}"), file=sys.stderr)
    return 2


def _printable(text: str) -> str:
    """Text without control characters, and without what the terminal's encoding lacks."""
    kept = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    encoding = sys.stdout.encoding or "utf-8"
    return kept.encode(encoding, "backslashreplace").decode(encoding)


if __name__ == "__main__":
    sys.exit(main())
