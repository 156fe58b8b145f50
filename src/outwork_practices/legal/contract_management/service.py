"""The service as a value: what is asked, how it is drafted, checked, rendered and tried."""

from __future__ import annotations

from typing import Final

from outwork.practices import Service
from outwork.vocabulary import Kind, Question, Severity, Shape
from outwork_practices.legal.contract_management.categories import KEYS, LABEL_OF
from outwork_practices.legal.contract_management.checks import check
from outwork_practices.legal.contract_management.drafting import DRAFTER, draft
from outwork_practices.legal.contract_management.guideline import GUIDELINE
from outwork_practices.legal.contract_management.mutations import MUTATIONS
from outwork_practices.legal.contract_management.render import render
from outwork_practices.legal.contract_management.samples import samples

# Expiration, renewal, notice and warranty are texts and not dates or numbers, because a date field
# cannot hold "perpetual" and a number cannot hold "successive P1Y" or "P60D".
_KINDS: Final = {
    "document-name": Kind.TEXT,
    "parties": Kind.TABLE,
    "agreement-date": Kind.DATE,
    "effective-date": Kind.DATE,
    "expiration-date": Kind.TEXT,
    "renewal-term": Kind.TEXT,
    "notice-period-to-terminate-renewal": Kind.TEXT,
    "governing-law": Kind.TEXT,
    "warranty-duration": Kind.TEXT,
}
_HELP: Final = {
    "parties": "One row a party: name, and alias without “the”",
    "expiration-date": "YYYY-MM-DD or perpetual",
    "renewal-term": "P1Y, successive P1Y, 2 successive P5Y or perpetual",
    "notice-period-to-terminate-renewal": "P60D, P6M",
    "governing-law": "Delaware; England and Wales; Ontario, Canada",
    "warranty-duration": "P90D, P18M, P2Y",
}
_SETTINGS: Final = {"parties": {"keys": ["name"]}}

# A wrong one of these loses a right or money unnoticed; those of the second set can be mended.
_CRITICAL: Final = frozenset({
    "parties", "expiration-date", "renewal-term", "notice-period-to-terminate-renewal",
    "governing-law", "exclusivity", "non-compete", "change-of-control", "uncapped-liability",
    "cap-on-liability",
})  # fmt: skip
_MINOR: Final = frozenset({
    "document-name", "non-disparagement", "affiliate-license-licensor",
    "affiliate-license-licensee", "third-party-beneficiary",
})  # fmt: skip


def _severity(key: str) -> Severity:
    if key in _CRITICAL:
        return Severity.CRITICAL
    return Severity.MINOR if key in _MINOR else Severity.MAJOR


def _question(key: str) -> Question:
    kind = _KINDS.get(key, Kind.CHOICE)
    return Question(
        key=key,
        kind=kind,
        label=LABEL_OF[key],
        clause=key,
        severity=_severity(key),
        options=("yes", "no") if kind is Kind.CHOICE else (),
        help=_HELP.get(key, ""),
        settings=_SETTINGS.get(key, {}),
    )


SERVICE: Final = Service(
    key="contract-management",
    version="1.0.0",
    name="Contract management",
    sector="legal",
    shape=Shape.ITEMISED,
    summary="Abstracts commercial contracts: 41 terms, each quoted, dated and checked, with an "
    "abstraction sheet, an obligations calendar and a summary.",
    questions=tuple(_question(key) for key in KEYS),
    guideline=GUIDELINE,
    skills=("contract-abstraction", "english"),
    credentials=(),
    media_types=(
        "text/plain",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/pdf",
        "text/html",
    ),
    drafter=DRAFTER,
    draft=draft,
    check=check,
    render=render,
    samples=samples,
    mutations=MUTATIONS,
)
