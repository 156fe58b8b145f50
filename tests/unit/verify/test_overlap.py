"""The verifier draws who answers twice, and lets nothing lead past the comparison of the two."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.verify.recorded import Entry, Log, committed, lie

from outwork.stages import execution
from outwork_verify import rules_review
from outwork_verify.state import Item, State, Watch

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
COMPARED, DECIDED = "execution.overlap-compared", "execution.item-adjudicated"
CLAIMED, SUBMITTED = "execution.item-claimed", "execution.item-submitted"


def test_the_log_of_an_overlap_verifies(doubled_log: Log) -> None:
    report = doubled_log.copy().judged()
    assert report.failure is None
    (order,) = report.figures["work_orders"]
    assert order["overlap"] == {"items": 4, "answers": 12, "agreed": 10, "adjudicated": 2}
    told = doubled_log.all(COMPARED)
    assert sum(not all(e["public"]["agreed"].values()) for e in told) == 2


@given(
    st.tuples(HEX, HEX), st.decimals("0.000001", 1, places=6),
    st.text("itm_0", min_size=1), st.text("sub_1", min_size=1),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_both_draw_alike(
    commitments: tuple[str, str], share: Decimal, item: str, made: str
) -> None:
    order = committed(commitments)
    state = State(watches={"lin": Watch(Fraction(0), Fraction(share), 1, 1)})
    theirs = rules_review.twice_due(state, Item(item, order), made)
    assert theirs == execution.is_answered_twice(commitments, share, item, made)
    once = Item(item, order, twice=("sub_1", "sub_2"))
    assert not rules_review.twice_due(state, once, made)


def _differing(log: Log) -> Entry:
    return next(e for e in log.all(COMPARED) if not all(e["public"]["agreed"].values()))


def test_a_second_answer_left_out(doubled_log: Log) -> None:
    """Nobody was asked twice, says the operator: then the item was never submitted."""
    log = doubled_log.copy()
    agreeing = next(e for e in log.all(COMPARED) if all(e["public"]["agreed"].values()))
    item = agreeing["public"]["item"]
    log.drop(agreeing, *log.all(CLAIMED, item=item, purpose="overlap"),
             *log.all(SUBMITTED, item=item, purpose="overlap"))  # fmt: skip
    lie(log, log.one("agreements.stage-passed", reached="assurance"), "items-unfinished")


def test_a_smaller_share(doubled_log: Log) -> None:
    log = doubled_log.copy()
    log.one("setup.control-planned")["public"]["overlap_share"] = "0.000001"
    lie(log, log.one(CLAIMED, purpose="overlap"), "for which none waits")


def test_a_second_answer_by_the_first(doubled_log: Log) -> None:
    log = doubled_log.copy()
    claimed = log.one(CLAIMED, purpose="overlap")
    item = claimed["public"]["item"]
    claimed["actor"] = log.one(SUBMITTED, item=item, purpose="produce", level=1)["actor"]
    lie(log, claimed, "maker is never checker")


def test_a_difference_told_as_agreement(doubled_log: Log) -> None:
    log = doubled_log.copy()
    told = _differing(log)
    told["public"]["agreed"] = dict.fromkeys(told["public"]["agreed"], True)
    item = told["public"]["item"]
    lie(log, log.after(told, CLAIMED, item=item, purpose="adjudicate"), "for which none waits")


def test_a_comparison_of_other_answers(doubled_log: Log) -> None:
    log = doubled_log.copy()
    told = log.one(COMPARED)
    told["public"]["first"] = log.one(COMPARED, 1)["public"]["first"]
    lie(log, told, "other answers than the two")


def test_a_question_that_is_not_compared(doubled_log: Log) -> None:
    log = doubled_log.copy()
    told = _differing(log)
    del told["public"]["agreed"]["governing-law"]
    lie(log, told, "of every question")


def test_a_comparison_a_second_time(doubled_log: Log) -> None:
    log = doubled_log.copy()
    told = log.one(COMPARED)
    lie(log, log.put(log.after(told, CLAIMED), told), "is compared")


def test_a_decision_by_one_of_the_two(doubled_log: Log) -> None:
    log = doubled_log.copy()
    claimed = log.one(CLAIMED, purpose="adjudicate")
    maker = log.one(SUBMITTED, item=claimed["public"]["item"], purpose="overlap")["actor"]
    joined = log.one("agreements.member-joined", subject=maker)
    joined["public"]["roles"] = ["analyst", "reviewer"]
    claimed["actor"] = maker
    lie(log, claimed, "maker is never checker")


def test_a_decision_left_out(doubled_log: Log) -> None:
    log = doubled_log.copy()
    log.drop(log.all(DECIDED)[-1])
    lie(log, log.one("agreements.stage-passed", reached="assurance"), "items-unfinished")


def test_a_decision_told_otherwise(doubled_log: Log) -> None:
    for name, value, reason in (
        ("chosen", {"governing-law": "sub_other"}, "neither of the two"),
        ("chosen", {}, "exactly the questions"),
        ("clauses", {"governing-law": "c-none"}, "not in the guideline"),
        ("clauses", {"renewal": "c-law"}, "exactly the questions"),
    ):
        log = doubled_log.copy()
        told = log.one(DECIDED)
        told["public"][name] = value
        lie(log, told, reason)


def test_a_decision_by_somebody_else(doubled_log: Log) -> None:
    log = doubled_log.copy()
    told = log.one(DECIDED)
    told["actor"] = log.member("reviewer", 1)
    lie(log, told, "somebody else decided")


def test_an_inspection_by_the_adjudicator(doubled_log: Log) -> None:
    log = doubled_log.copy()
    decided = {e["public"]["item"]: e["actor"] for e in log.all(DECIDED)}
    claimed = [e for e in log.all(CLAIMED, purpose="inspect") if e["public"]["item"] in decided]
    for entry in claimed[:1]:
        entry["actor"] = decided[entry["public"]["item"]]
        lie(log, entry, "maker is never checker")
    assert claimed or len(log.all(CLAIMED, purpose="inspect")) < 4
