"""Rows that one event each tells of: who made them, when, and what else of them is public."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from outwork_verify.entry import instant as spelled

Row = Mapping[str, Any]
Fields = dict[str, dict[Any, Any]]


@dataclass(frozen=True, eq=False)
class Near:
    """A share of which the sixth place was rounded, perhaps from a float: equal if that near."""

    value: Fraction

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Near) and abs(self.value - other.value) <= Fraction(2, 1_000_000)

    def __hash__(self) -> int:
        return 0


def number(value: Any) -> str:
    """A decimal in one spelling."""
    return f"{Decimal(str(value)).normalize():f}"


def at(value: Any) -> str:
    """An instant in the log's spelling."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return spelled(value)


class Table:
    """Rows of one table, collected field by field."""

    def __init__(self, into: Fields, name: str) -> None:
        self._into, self._name = into, name

    def add(self, row: Any, **values: Any) -> None:
        """A row's values."""
        for name, value in values.items():
            self._into.setdefault(f"{self._name}.{name}", {})[row] = value


@dataclass(frozen=True)
class Told:
    """A kind of event and the table of which each tells a row; the last of a key stands.

    `key` are names of public values, `columns` those of the row's own key in the same order; `by`
    and `at` the columns of actor and instant; `same` maps further columns to public values.
    """

    kind: str
    table: str
    key: tuple[str, ...] = ()
    columns: tuple[str, ...] = ("id",)
    by: str = ""
    at: str = ""
    same: Mapping[str, str] = field(default_factory=dict)

    def of_event(self, actor: str, at: str, public: Row) -> tuple[Any, dict[str, Any]]:
        """Key and values by column, as an event says them."""
        values = {column: public[name] for column, name in self.same.items()}
        return _key([public[name] for name in self.key]), values | self._made(actor, at)

    def of_row(
        self, row: Row, names: Mapping[str, str], instant: Callable[[Any], str]
    ) -> tuple[Any, dict[str, Any]]:
        """The same as a row says it; `names` are the pseudonyms of actors."""
        values = {column: row[column] for column in self.same}
        key = [names.get(row[c], row[c]) for c in self.columns] if self.key else []
        actor = names[row[self.by]] if self.by else ""
        return _key(key), values | self._made(actor, instant(row[self.at]) if self.at else "")

    def _made(self, actor: str, at: str) -> dict[str, Any]:
        return ({self.by: actor} if self.by else {}) | ({self.at: at} if self.at else {})


def _key(parts: Iterable[Any]) -> Any:
    """One value, several together, or the engagement itself."""
    found = tuple(parts)
    return "it" if not found else found[0] if len(found) == 1 else found


ROWS = (
    Told("agreements.engagement-opened", "engagement", at="opened_at", same={"shape": "shape"}),
    Told("agreements.work-order-opened", "work_order", ("work_order",), at="opened_at"),
    Told("selection.proposal-submitted", "proposal", ("proposal",), by="submitted_by",
         at="submitted_at"),
    Told("selection.awarded", "award", by="awarded_by", at="awarded_at"),
    Told("transfer.control-item-added", "control_item", ("control_item",), same={"use": "use"}),
    Told("documents.document-shared", "document_share", ("document", "subject"),
         ("document_id", "actor_id"), by="shared_by", at="shared_at"),
    Told("execution.import-started", "import", ("import_id",), by="started_by", at="started_at",
         same={"format": "format"}),
    Told("execution.part-received", "import_part", ("import_id", "number"),
         ("import_id", "number"), same={"size": "size", "digest": "digest"}),
    Told("execution.item-reviewed", "review", ("assignment",), ("assignment_id",),
         same={"item_id": "item", "level": "level", "verdict": "verdict", "clause": "clause",
               "seconds": "seconds"}),
    Told("execution.clock-paused", "clock_pause", ("pause",), by="paused_by", at="paused_at",
         same={"reason": "reason"}),
    Told("assurance.sample-drawn", "sample", ("work_order", "round"), ("work_order_id", "round"),
         at="drawn_at"),
    Told("assurance.item-inspected", "inspection", ("assignment",), ("assignment_id",),
         same={"work_order_id": "work_order"}),
    Told("acceptance.change-proposed", "proposed_change", ("change",), by="proposed_by",
         at="proposed_at"),
)  # fmt: skip
