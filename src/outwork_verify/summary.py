"""The outcome in words for people, at most one screen."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from outwork_verify import Report

MOST_ORDERS = 4
MOST_FIELDS = 10
LONGEST = 100


def summary(path: Path, report: Report) -> list[str]:
    """The lines to print, not yet freed of control characters."""
    if report.failure is not None:
        bad = report.failure
        place = bad.member or "the container"
        if bad.entry is not None:
            place += f", entry {bad.entry}"
        return [f"{path}: DOES NOT VERIFY", f"  first bad  {place}", f"  reason     {bad.reason}"]
    word = "verified" if report.authenticated else "consistent, not authenticated"
    lines = [f"{path}: {word}"]
    if not report.authenticated:
        lines.append("  no policy was given, so nobody vouches for the key that signed it")
    return lines + [f"  {name:<12} {text}" for name, text in _rows(report.figures)]


def _disclosed(figures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """One item, without the rest of its engagement."""
    yield "item", f"{figures['disclosed']} of {figures['engagement']}"
    yield "log", f"{figures['log']}, {figures['entries']} entries"
    yield "root", figures["root"]
    for witness, time in sorted(figures["cosigned"].items())[:MOST_ORDERS]:
        yield "cosigned", f"{witness} at {time}"
    for text in figures["shown"][:MOST_FIELDS]:
        yield "entry", text
    yield "opened", f"{figures['opened']} sealed fields, {figures['contents']} contents"


def _proved(figures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What one entry says, proved alone."""
    yield "log", f"{figures['log']}, {figures['entries']} entries"
    yield "root", figures["root"]
    for witness, time in sorted(figures["cosigned"].items())[:MOST_ORDERS]:
        yield "cosigned", f"{witness} at {time}"
    yield "entry", f"{figures['receipt']}: {figures['kind']}"
    yield "at", f"{figures['at']} by {figures['actor']}"
    for name, value in list(figures["public"].items())[:MOST_FIELDS]:
        text = str(value)
        yield name, text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
    if figures["sealed"]:
        yield "sealed", ", ".join(figures["sealed"])[:LONGEST]


def _rows(figures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "disclosed" in figures:
        yield from _disclosed(figures)
        return
    if "receipt" in figures:
        yield from _proved(figures)
        return
    yield "engagement", figures["engagement"]
    yield "log", f"{figures['log']}, {figures['entries']} entries of {len(figures['kinds'])} kinds"
    yield "root", figures["root"]
    yield "members", f"{figures['members']}, {figures['opened']} sealed fields opened"
    for witness, time in sorted(figures["cosigned"].items())[:MOST_ORDERS]:
        yield "cosigned", f"{witness} at {time}"
    if figures["timestamp"]:
        stamp = figures["timestamp"]
        whose = "" if stamp["trusted"] else ", an authority that the policy does not name"
        yield "stamped", f"{stamp['size']} entries at {stamp['at']} by {stamp['authority']}{whose}"
    if "logs" in figures:
        known = figures["logs"]
        word = "" if known["trusted"] else ", which no policy names"
        yield "log of logs", f"{known['log']}, {known['entries']} entries{word}"
        yield "", f"knows the first {known['covered']} entries of this log, as {known['id'][:16]}"
    if figures["anchor"]:
        kept = figures["anchor"]
        whose = "" if kept["trusted"] else ", a block that the policy does not name"
        yield "anchored", f"{kept['size']} entries at {kept['at']} on chain {kept['chain']}{whose}"
        yield "", f"block {kept['block']}"
    if "stage" not in figures:
        return
    yield "stage", figures["stage"]
    lost = figures["keys_unendorsed"]
    note = f", {lost} keys that the one before did not endorse" if lost else ""
    yield "signed", f"{figures['signatures']} times by people's own keys{note}"
    yield "items", _counts(figures["items"]) or "none"
    orders = figures["work_orders"]
    for order in orders[:MOST_ORDERS]:
        for i, text in enumerate(_order(order)):
            yield ("work order", text) if i == 0 else ("", text)
    if len(orders) > MOST_ORDERS:
        yield "", f"and {len(orders) - MOST_ORDERS} more work orders"
    yield "invoiced", f"{figures['invoiced']} {figures['currency']}"


def _order(order: dict[str, Any]) -> Iterator[str]:
    number = order["round"]
    yield f"{order['work_order']}: {order['stage']}, round {number}, {_counts(order['items'])}"
    sample, verdict, stated = order["sample"], order["verdict"], order["certificate"]
    if sample and verdict:
        word = "accepted" if verdict["accepted"] else "rejected"
        yield (
            f"{sample['sample_size']} of {sample['lot']} {sample['unit']}s inspected, "
            f"{verdict['defective']} defective where {sample['acceptance_number']} may be: {word}"
        )
        for name, own in sorted(verdict.get("classes", {}).items()):
            said = f"{own['defective']} where {own['acceptance_number']} may be"
            yield f"{name} alone: {said}: {'accepted' if own['accepted'] else 'rejected'}"
    if stated:
        share, confidence = (
            100 * Decimal(stated[name]) for name in ("conforming_at_least", "confidence")
        )
        yield f"certificate: at least {share:f} % conform with {confidence:f} % confidence"
        for name, own in sorted(stated.get("classes", {}).items()):
            share, confidence = (
                100 * Decimal(own[part]) for part in ("conforming_at_least", "confidence")
            )
            yield f"{name} alone: at least {share:f} % with {confidence:f} % confidence"
    if order["invoice"]:
        total = order["invoice"]["total"]
        yield f"invoice {order['invoice']['number']}: {total['amount']} {total['currency']}"


def _counts(items: dict[str, int]) -> str:
    return ", ".join(f"{n} {state}" for state, n in items.items())
