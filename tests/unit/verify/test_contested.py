"""The verifier lets nobody judge their own case, nor tell a decision otherwise than it fell."""

from __future__ import annotations

from tests.unit.verify.recorded import Log, lie


def test_the_outcomes_are_counted(ladder_log: Log) -> None:
    report = ladder_log.copy().judged()
    assert report.failure is None
    assert report.figures["disputes"] == {"upheld": 1, "overturned": 1}


def test_an_upheld_rework_told_as_overturned(ladder_log: Log) -> None:
    log = ladder_log.copy()
    decided = log.one("execution.dispute-decided", overturned=False)
    decided["public"]["overturned"] = True
    item = decided["public"]["item"]
    again = log.after(decided, "execution.item-claimed", item=item, purpose="produce")
    lie(log, again, "reserves")


def test_a_decision_by_whose_judgment_it_was(ladder_log: Log) -> None:
    log = ladder_log.copy()
    disputed = log.one("execution.rework-disputed", cause="review")
    claimed = log.after(disputed, "execution.item-claimed", purpose="adjudicate")
    claimed["actor"] = disputed["public"]["against"]
    lie(log, claimed, "scores again what")


def test_a_contested_question_handed_in_as_work(ladder_log: Log) -> None:
    log = ladder_log.copy()
    decided, work = log.one("execution.dispute-decided"), log.one("execution.item-submitted")
    named = {name: decided["public"][name] for name in ("assignment", "item")}
    made = log.put(
        decided, work, actor=decided["actor"], purpose="adjudicate", level=1,
        submission="sub_forged", **named,
    )  # fmt: skip
    lie(log, made, "decides no dispute")


def test_a_dispute_of_what_one_did_not_answer(ladder_log: Log) -> None:
    log = ladder_log.copy()
    disputed = log.one("execution.rework-disputed", cause="review")
    disputed["actor"] = log.member("reviewer", 1)
    lie(log, disputed, "did not answer")


def test_an_item_taken_while_the_client_is_asked(ladder_log: Log) -> None:
    log = ladder_log.copy()
    answered = log.one("execution.escalation-answered")
    item = answered["public"]["item"]
    again = log.after(answered, "execution.item-claimed", item=item)
    log.drop(answered)
    lie(log, again, "waits for an answer")


def test_a_question_answered_twice(ladder_log: Log) -> None:
    log = ladder_log.copy()
    answered = log.one("execution.escalation-answered")
    made = log.put(log.one("execution.escalation-withdrawn"), answered)
    lie(log, made, "not open")


def test_another_effort_than_was_measured(ladder_log: Log) -> None:
    log = ladder_log.copy()
    entry = log.one("execution.effort-contested")
    entry["public"]["measured"] += 1
    lie(log, entry, "not measured so")


def test_an_effort_decided_twice(ladder_log: Log) -> None:
    log = ladder_log.copy()
    decided = log.one("execution.effort-decided")
    made = log.put(log.one("execution.work-order-closed"), decided)
    lie(log, made, "nobody contests")
