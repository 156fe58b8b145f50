"""The verifier lets nobody judge their own case, nor tell a decision otherwise than it fell."""

from __future__ import annotations

from tests.unit.verify.recorded import Entry, Log, lie


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


def test_a_dispute_of_what_was_only_opened_again(ladder_log: Log) -> None:
    log = ladder_log.copy()
    reopened = log.one("execution.item-reopened")
    item = reopened["public"]["item"]
    claimed = log.after(reopened, "execution.item-claimed", item=item, purpose="produce")
    handed_in = log.after(claimed, "execution.item-submitted", item=item)
    made = log.put(
        handed_in, log.one("execution.rework-disputed"), actor=claimed["actor"], item=item,
        assignment=claimed["public"]["assignment"], dispute="dsp_forged",
    )  # fmt: skip
    lie(log, made, "an item that is in none")


def test_a_dispute_by_another_assignment_than_the_rework(ladder_log: Log) -> None:
    log = ladder_log.copy()
    disputed = log.one("execution.rework-disputed", cause="review")
    disputed["public"]["assignment"] = "asg_forged"
    lie(log, disputed, "by another assignment")


def test_a_dispute_against_somebody_else(ladder_log: Log) -> None:
    log = ladder_log.copy()
    disputed = log.one("execution.rework-disputed", cause="recall")
    disputed["public"]["against"] = log.member("reviewer")
    lie(log, disputed, "contests something else")


def _asked(log: Log) -> tuple[Entry, Entry]:
    """The pause of the clock with a question, and the question."""
    asked = log.one("execution.escalated")
    (paused,) = [e for e in log.all("execution.clock-paused") if e["at"] == asked["at"]]
    return paused, asked


def test_a_question_for_which_no_clock_stands(ladder_log: Log) -> None:
    log = ladder_log.copy()
    paused, asked = _asked(log)
    log.drop(paused)
    lie(log, asked, "runs on")


def test_a_question_for_which_another_clock_stands(ladder_log: Log) -> None:
    log = ladder_log.copy()
    paused, asked = _asked(log)
    others = (e["public"]["item"] for e in log.all("execution.item-admitted"))
    paused["public"]["item"] = next(i for i in others if i != paused["public"]["item"])
    lie(log, asked, "of something else")


def test_a_clock_that_an_analyst_stops_for_no_question(ladder_log: Log) -> None:
    log = ladder_log.copy()
    paused, _ = _asked(log)
    paused["public"]["reason"] = "lunch"
    lie(log, paused, "by no manager")


def test_a_clock_that_stands_on_after_the_answer(ladder_log: Log) -> None:
    log = ladder_log.copy()
    answered = log.one("execution.escalation-answered")
    (resumed,) = [e for e in log.all("execution.clock-resumed") if e["at"] == answered["at"]]
    log.drop(resumed)
    lie(log, answered, "not with it the pause")


def test_an_inspector_may_contest_an_effort_too(ladder_log: Log) -> None:
    log = ladder_log.copy()
    inspected = log.all("assurance.item-inspected")[-1]
    name = inspected["public"]["assignment"]
    seconds = log.one("execution.item-submitted", assignment=name)["public"]["seconds"]
    made = log.put(
        log.entries[log.entries.index(inspected) + 1], log.one("execution.effort-contested"),
        actor=inspected["actor"], assignment=name, measured=seconds, claimed=seconds + 9,
    )  # fmt: skip
    assert log.judged().failure is None
    made["public"]["measured"] += 1
    lie(log, made, "not measured so")


def test_an_inspection_stated_twice(ladder_log: Log) -> None:
    log = ladder_log.copy()
    inspected = log.one("assurance.item-inspected")
    made = log.put(log.entries[log.entries.index(inspected) + 1], inspected)
    lie(log, made, "a second time")


def test_a_rework_that_cites_a_later_defect(genuine: Log) -> None:
    log = genuine.copy()
    raised = log.one("assurance.defect-raised")
    item = raised["public"]["item"]
    inspected = log.one("assurance.item-inspected", item=item)
    inspected["public"]["defects"] += 1
    other = next(
        e["public"] for e in log.all("assurance.defect-raised")
        if e["public"]["question"] != raised["public"]["question"]
    )  # fmt: skip
    log.put(raised, raised, defect="dft_forged", question=other["question"], clause=other["clause"])
    lie(log, log.after(raised, "execution.rework-ordered", item=item), "a later defect")


def test_a_witness_retired_in_the_name_of_the_other_side(genuine: Log) -> None:
    log = genuine.copy()
    retired = log.one("agreements.witness-retired")
    retired["public"]["side"] = "provider"
    lie(log, retired, "another side's")
