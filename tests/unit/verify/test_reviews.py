"""The verifier draws who is reviewed again, and lets nothing lead past a review."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.verify.recorded import Log, committed, lie

from outwork.stages import execution
from outwork_verify import rules_review
from outwork_verify.state import Item

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)


def test_the_log_of_a_ladder_verifies(ladder_log: Log) -> None:
    report = ladder_log.copy().judged()
    assert report.failure is None
    verdicts = {e["public"]["verdict"] for e in ladder_log.all("execution.item-reviewed")}
    assert verdicts == {"approved", "corrected", "returned"}
    levels = {e["public"]["level"] for e in ladder_log.all("execution.item-reviewed")}
    assert levels == {1, 2}


@given(
    st.tuples(HEX, HEX), st.fractions(0, 1).filter(bool), st.integers(1, 9),
    st.text("itm_0", min_size=1), st.lists(st.text("sub_1", min_size=1), max_size=3),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_both_draw_alike(
    commitments: tuple[str, str], share: Fraction, level: int, item: str, made: list[str]
) -> None:
    written = f"{float(share):.6f}".rstrip("0")
    if not float(written):
        return
    order = committed(commitments)
    theirs = [rules_review.is_drawn(Item(item, order), level, Fraction(written), s) for s in made]
    ours = [execution.is_drawn(commitments, Decimal(written), level, item, s) for s in made]
    assert theirs == ours


def test_a_return_told_as_an_approval(ladder_log: Log) -> None:
    log = ladder_log.copy()
    entry = log.one("execution.item-reviewed", verdict="returned")
    entry["public"]["verdict"] = "approved"
    lie(log, entry, "cites them without a return")


def test_a_return_without_its_rework(ladder_log: Log) -> None:
    log = ladder_log.copy()
    returned = log.one("execution.item-reviewed", verdict="returned")
    item = returned["public"]["item"]
    log.drop(log.one("execution.rework-ordered", item=item))
    again = next(
        e for e in log.all("execution.item-claimed", item=item)
        if log.entries.index(e) > log.entries.index(returned)
    )  # fmt: skip
    lie(log, again, "for which none waits")


def test_a_review_left_out(ladder_log: Log) -> None:
    log = ladder_log.copy()
    last = log.all("execution.item-reviewed", verdict="approved")[-1]
    log.drop(last)
    lie(log, log.one("agreements.stage-passed", reached="assurance"), "items-unfinished")


def test_a_review_by_its_author(ladder_log: Log) -> None:
    log = ladder_log.copy()
    review = log.one("execution.item-reviewed", verdict="approved")
    item = review["public"]["item"]
    claimed = log.one("execution.item-claimed", item=item, purpose="review", level=1)
    maker = log.one("execution.item-submitted", item=item, purpose="produce", level=1)["actor"]
    joined = log.one("agreements.member-joined", subject=maker)
    joined["public"]["roles"] = ["analyst", "reviewer"]
    claimed["actor"] = maker
    lie(log, claimed, "maker is never checker")


def test_a_correction_that_says_nothing(ladder_log: Log) -> None:
    log = ladder_log.copy()
    entry = log.one("execution.item-reviewed", verdict="corrected")
    entry["public"] |= {"verdict": "approved", "questions": []}
    lie(log, entry, "corrects what it does not say")


def test_a_smaller_share(ladder_log: Log) -> None:
    log = ladder_log.copy()
    log.one("setup.reviews-planned")["public"]["shares"] = ["0.000001"]
    claimed = log.one("execution.item-claimed", purpose="review")
    lie(log, claimed, "for which none waits")


def test_a_ladder_changed_under_way(ladder_log: Log) -> None:
    log = ladder_log.copy()
    made = log.put(log.one("execution.item-reviewed"), log.one("setup.reviews-planned"), shares=[])
    lie(log, made, "while items are under way")


def test_reopening_what_was_not_handed_in(ladder_log: Log) -> None:
    log = ladder_log.copy()
    reopened = log.one("execution.item-reopened")
    made = log.put(log.one("execution.item-submitted", level=1, purpose="produce"), reopened)
    lie(log, made, "was not handed in")
