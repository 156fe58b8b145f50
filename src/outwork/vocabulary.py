"""The words every part shares: typed ids, money, questions, answers with evidence, refusals.

Nothing here knows a database, a clock or an interface. GLOSSARY.md defines each word once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any, Literal, NewType

# --- typed ids -------------------------------------------------------------------------------
# Text, so that they read well in an event and a URL: a prefix, an underscore, 26 characters that
# sort by time of creation (see kit.ids).

PartyId = NewType("PartyId", str)
PersonId = NewType("PersonId", str)
AgentId = NewType("AgentId", str)
ActorId = NewType("ActorId", str)
AgreementId = NewType("AgreementId", str)
EngagementId = NewType("EngagementId", str)
LineId = NewType("LineId", str)
WorkOrderId = NewType("WorkOrderId", str)
ProposalId = NewType("ProposalId", str)
ClauseId = NewType("ClauseId", str)
GuidelineId = NewType("GuidelineId", str)
DocumentId = NewType("DocumentId", str)
ItemId = NewType("ItemId", str)
ImportId = NewType("ImportId", str)
AssignmentId = NewType("AssignmentId", str)
SubmissionId = NewType("SubmissionId", str)
AnswerId = NewType("AnswerId", str)
EscalationId = NewType("EscalationId", str)
DisputeId = NewType("DisputeId", str)
DefectId = NewType("DefectId", str)
ActionId = NewType("ActionId", str)
CalibrationId = NewType("CalibrationId", str)
WaiverId = NewType("WaiverId", str)
WitnessId = NewType("WitnessId", str)
PauseId = NewType("PauseId", str)
HandOverId = NewType("HandOverId", str)
ProposedChangeId = NewType("ProposedChangeId", str)

Digest = NewType("Digest", str)  # lower-case hexadecimal SHA-256
NO_DIGEST = Digest("")

Json = Any  # a JSON value; never a float where money or counts are meant


# --- small closed sets -----------------------------------------------------------------------


class Side(StrEnum):
    """Who a person acts for in one engagement."""

    CLIENT = "client"
    PROVIDER = "provider"
    AUDITOR = "auditor"


class Role(StrEnum):
    """What a person does in one engagement; one person may have several."""

    VENDOR_MANAGER = "vendor-manager"
    CLIENT_REVIEWER = "client-reviewer"
    DELIVERY_MANAGER = "delivery-manager"
    ANALYST = "analyst"
    REVIEWER = "reviewer"
    AGENT = "agent"
    AUDITOR = "auditor"
    BIDDER = "bidder"


class Stage(StrEnum):
    """The seven stages, in order, and the end."""

    REQUIREMENTS = "requirements"
    SELECTION = "selection"
    TRANSFER = "transfer"
    SETUP = "setup"
    EXECUTION = "execution"
    ASSURANCE = "assurance"
    ACCEPTANCE = "acceptance"
    CLOSED = "closed"

    @property
    def position(self) -> int:
        """0 for the first stage, 7 for closed."""
        return list(Stage).index(self)


class Kind(StrEnum):
    """Kinds of question; each has one comparator in outwork.methods."""

    CHOICE = "choice"
    MULTI_CHOICE = "multi-choice"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    SPANS = "spans"
    RANKING = "ranking"
    TABLE = "table"
    RATING = "rating"
    FILE = "file"


class Severity(StrEnum):
    """Severity classes of a defect, fixed in the statement of work."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


class Origin(StrEnum):
    """How an answer came to be."""

    DRAFTED = "drafted"
    CONFIRMED = "confirmed"
    CORRECTED = "corrected"
    ADDED = "added"
    IMPORTED = "imported"


class Purpose(StrEnum):
    """Why an assignment exists; control and overlap look like produce to the worker."""

    PRODUCE = "produce"
    CERTIFY = "certify"
    CONTROL = "control"
    OVERLAP = "overlap"
    REVIEW = "review"
    INSPECT = "inspect"
    ADJUDICATE = "adjudicate"
    CALIBRATE = "calibrate"


class InspectionUnit(StrEnum):
    """What a sample counts: whole items, single answers, or statements of a bespoke deliverable."""

    ITEM = "item"
    ANSWER = "answer"
    STATEMENT = "statement"


class Shape(StrEnum):
    """Itemised: many items, same questions. Bespoke: one deliverable with statements."""

    ITEMISED = "itemised"
    BESPOKE = "bespoke"


class Confidentiality(StrEnum):
    """Confidentiality classes, least to most restricted."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"


# --- money -----------------------------------------------------------------------------------

# ISO 4217 minor units of the currencies accepted; a currency outside the table is refused rather
# than rounded by guess.
MINOR_UNITS: Mapping[str, int] = {
    "AED": 2, "AUD": 2, "BHD": 3, "BRL": 2, "CAD": 2, "CHF": 2, "CLP": 0, "CNY": 2, "CZK": 2,
    "DKK": 2, "EGP": 2, "EUR": 2, "GBP": 2, "HKD": 2, "HUF": 2, "IDR": 2, "ILS": 2, "INR": 2,
    "JPY": 0, "KES": 2, "KRW": 0, "KWD": 3, "LKR": 2, "MXN": 2, "MYR": 2, "NOK": 2, "NZD": 2,
    "PHP": 2, "PKR": 2, "PLN": 2, "RON": 2, "SAR": 2, "SEK": 2, "SGD": 2, "THB": 2, "TRY": 2,
    "TWD": 2, "UAH": 2, "USD": 2, "VND": 0, "ZAR": 2,
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An exact amount in one currency (ISO 4217).

    Raises BadInput for an unknown currency; arithmetic between currencies is a TypeError, because
    it is a bug and not something a user typed.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in MINOR_UNITS:
            raise BadInput("unknown-currency", currency=self.currency)
        if not self.amount.is_finite():
            raise BadInput("amount-not-finite", currency=self.currency)

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def times(self, factor: int | Decimal) -> Money:
        """The amount multiplied, unrounded."""
        return Money(self.amount * factor, self.currency)

    def rounded(self) -> Money:
        """To the currency's minor unit, half to even."""
        quantum = Decimal(1).scaleb(-MINOR_UNITS[self.currency])
        return Money(self.amount.quantize(quantum, rounding=ROUND_HALF_EVEN), self.currency)

    def __str__(self) -> str:
        return f"{self.rounded().amount} {self.currency}"

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise TypeError(f"cannot combine {self.currency} with {other.currency}")


# --- source texts, evidence, answers ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceText:
    """The canonical text of one input and where its pages begin.

    `text` is Unicode code points; for a .txt file it is the file decoded as UTF-8, newlines
    untouched. `pages` holds the offset at which each page starts (the first is 0; a source without
    pages has one). `digest` is of the bytes received, `text_digest` of the UTF-8 of `text`.
    """

    name: str
    media_type: str
    text: str
    digest: Digest
    text_digest: Digest
    extractor: str
    extractor_version: str
    pages: tuple[int, ...] = (0,)

    def page_of(self, offset: int) -> int:
        """The 1-based page holding a character offset."""
        return max(1, sum(1 for start in self.pages if start <= offset))


@dataclass(frozen=True, slots=True)
class TextRange:
    """Evidence in a text: `text[start:end] == quote`, in code points of the canonical text."""

    document: str
    start: int
    end: int
    quote: str
    page: int | None = None
    extractor: str = ""
    extractor_version: str = ""
    text_digest: Digest = NO_DIGEST
    type: Literal["text-range"] = "text-range"


@dataclass(frozen=True, slots=True)
class PageBox:
    """Evidence on a page image: a box in points from the top left corner."""

    document: str
    page: int
    left: float
    top: float
    right: float
    bottom: float
    digest: Digest = NO_DIGEST
    type: Literal["page-box"] = "page-box"


@dataclass(frozen=True, slots=True)
class Cell:
    """Evidence in a sheet: sheet name and A1 reference, with the value seen there."""

    document: str
    sheet: str
    reference: str
    value: Json = None
    digest: Digest = NO_DIGEST
    type: Literal["cell"] = "cell"


@dataclass(frozen=True, slots=True)
class Computation:
    """Evidence that is a calculation: the expression, its named inputs and its result."""

    expression: str
    inputs: Mapping[str, Json]
    result: Json
    type: Literal["computation"] = "computation"


Evidence = TextRange | PageBox | Cell | Computation


@dataclass(frozen=True, slots=True)
class Answer:
    """One value for one question, with its evidence.

    `value` None means "looked for and not present". `confidence` is an estimated probability in
    [0, 1] where a machine wrote the answer, None where a person did. `seconds` is the effort of
    its author. `id`, `author` and `revises` are empty until the answer is stored.
    """

    question: str
    value: Json
    evidence: tuple[Evidence, ...] = ()
    origin: Origin = Origin.DRAFTED
    confidence: float | None = None
    seconds: float = 0.0
    id: AnswerId | None = None
    author: ActorId | None = None
    revises: AnswerId | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a service asks about every input.

    `clause` names the guideline clause that says how to answer; `severity` is the class of defect a
    wrong answer is, unless the statement of work says otherwise. `settings` goes to the comparator
    (for instance {"absolute": "0.5"} for a number).
    """

    key: str
    kind: Kind
    label: str
    clause: str
    severity: Severity = Severity.MAJOR
    options: tuple[str, ...] = ()
    unit: str | None = None
    help: str = ""
    settings: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a guideline: the rule an answer is held to."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Defect:
    """A requirement that an answer or a deliverable fails; it always cites a clause.

    `code` is stable and machine-readable; `params` fill its message.
    """

    code: str
    question: str
    clause: str
    severity: Severity
    params: Mapping[str, Json] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


# --- refusals --------------------------------------------------------------------------------

_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that stands in the way: a stable code, parameters, and where it is put right."""

    code: str
    params: Mapping[str, Json] = field(default_factory=dict)
    place: str = ""


class OutworkError(Exception):
    """An outcome that a user is told about: a stable code and parameters, worded by interfaces."""

    def __init__(self, code: str, /, *, reasons: Sequence[Reason] = (), **params: Json) -> None:
        if not _CODE.match(code):
            raise ValueError(f"not a code: {code!r}")
        self.code = code
        self.params: dict[str, Json] = params
        self.reasons: tuple[Reason, ...] = tuple(reasons)
        super().__init__(code, params, self.reasons)

    def __reduce__(self) -> tuple[Any, ...]:
        """The same error again, also on the other side of a process or a queue."""
        return _again, (type(self), self.code, self.reasons, self.params)


def _again(
    kind: type[OutworkError], code: str, reasons: Sequence[Reason], params: dict[str, Json]
) -> OutworkError:
    error = kind.__new__(kind)
    OutworkError.__init__(error, code, reasons=reasons, **params)
    return error


class Refusal(OutworkError):
    """The rules do not allow it now; `reasons` lists what stands in the way."""


class NotFound(OutworkError):
    """It does not exist, or the actor may not even know that it does."""

    def __init__(self, kind: str, identifier: str) -> None:
        super().__init__("not-found", kind=kind, id=identifier)


class BadInput(OutworkError):
    """What was given cannot be read: `params` name the place."""
