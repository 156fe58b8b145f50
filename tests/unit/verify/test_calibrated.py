"""The verifier counts a calibration again, judges its raters again, and misses no lie."""

from __future__ import annotations

import pytest
from tests.unit.verify.forging import Forgeries, check
from tests.unit.verify.recorded import Entry, Log

OPENED, COMPARED = "assurance.calibration-opened", "assurance.calibration-compared"
CLOSED, SETTLED = "assurance.calibration-closed", "assurance.difference-settled"
CONCLUDED, PAUSED = "assurance.calibration-concluded", "transfer.worker-paused"
CASES = Forgeries()
forgery, change = CASES.forgery, CASES.change


def test_it_verifies(calibrated_log: Log) -> None:
    assert calibrated_log.copy().judged().failure is None
    (concluded,) = calibrated_log.all(CONCLUDED)
    states = {r["state"] for r in concluded["public"]["results"].values()}
    assert states == {"calibrated", "undecided", "retrain"}
    (pause,) = calibrated_log.all(PAUSED)
    assert pause["public"]["cause"] == "calibration"
    assert {e["public"]["changed"] for e in calibrated_log.all(SETTLED)} == {True, False}


change("not under the guideline in force", OPENED, guideline_version=9)
change("has no items", OPENED, items={})
change("takes a text from what is no item of a batch", OPENED, items={"itm_x": "itm_nowhere"})
change("counts another number of differences", CLOSED, differences=0)
change("settles what is no difference", SETTLED, question="another")
change("lets an answer stand that nobody gave", SETTLED, stands=9)
change("cites a clause that is not in the guideline", SETTLED, clause="c-none")
change("in the guideline in force", SETTLED, guideline_version=1)
change("does not state a result for each rater", CONCLUDED, results={})
change("pauses somebody whom no calibration retrains", PAUSED, clauses=["c-law"])
change("names a chart", PAUSED, cause="manager")


@forgery("asks fewer than two raters")
def one_rater_alone(log: Log) -> Entry:
    entry = log.one(OPENED)
    entry["public"]["raters"] = entry["public"]["raters"][:1]
    return entry


@forgery("manages")
def a_manager_rates(log: Log) -> Entry:
    entry = log.one(OPENED)
    entry["public"]["raters"][0] = log.member("delivery-manager")
    return entry


@forgery("is kept for something else")
def a_control_item_of_a_certification(log: Log) -> Entry:
    entry = log.one(OPENED)
    item = next(iter(entry["public"]["items"]))
    kept = log.one("transfer.control-item-added", use="certification")
    entry["public"]["items"][item] = kept["public"]["control_item"]
    return entry


@forgery("who answered the item in its batch")
def a_rater_who_drafted_the_item(log: Log) -> Entry:
    entry = log.one(OPENED, 1)
    entry["public"]["raters"].append(log.member("agent"))
    return entry


@forgery("in an earlier session")
def the_same_text_a_second_time(log: Log) -> Entry:
    entry = log.one(OPENED, 1)
    used = next(iter(log.one(OPENED)["public"]["items"].values()))
    entry["public"]["items"] = dict.fromkeys(entry["public"]["items"], used)
    return entry


@forgery("was not given to its taker")
def somebody_else_answers(log: Log) -> Entry:
    entry = log.one("execution.item-claimed", purpose="calibrate")
    raters = log.one(OPENED)["public"]["raters"]
    raters[raters.index(entry["actor"])] = log.member("reviewer", 0)
    log.one(OPENED)["public"]["raters"] = list(dict.fromkeys(raters))
    return entry


@forgery("says wrongly whether")
def an_answer_that_nobody_gave(log: Log) -> Entry:
    entry = next(
        e for e in log.all(COMPARED) if any(-1 in n for n in e["public"]["groups"].values())
    )
    for numbers in entry["public"]["groups"].values():
        numbers[numbers.index(-1)] = 0
    return entry


@forgery("compares other questions")
def a_question_left_out(log: Log) -> Entry:
    entry = log.one(COMPARED)
    entry["public"]["groups"].popitem()
    return entry


@forgery("numbers its groups otherwise")
def groups_out_of_order(log: Log) -> Entry:
    entry = log.one(COMPARED)
    numbers = entry["public"]["groups"]["governing-law"]
    entry["public"]["groups"]["governing-law"] = [n + 1 if n > 0 else n for n in numbers]
    return entry


@forgery("of which an item is not compared")
def a_comparison_left_out(log: Log) -> Entry:
    log.drop(log.one(COMPARED))
    return log.one(CLOSED)


@forgery("with a difference that is not settled")
def concluded_too_early(log: Log) -> Entry:
    log.drop(log.one(SETTLED))
    return log.one(CONCLUDED)


@forgery("right of")
def a_rater_made_better(log: Log) -> Entry:
    entry = log.one(CONCLUDED)
    worst = min(entry["public"]["results"].values(), key=lambda r: r["right"])
    worst["right"] += 1
    return entry


@forgery("states other bounds")
def bounds_made_narrower(log: Log) -> Entry:
    entry = log.one(CONCLUDED)
    worst = min(entry["public"]["results"].values(), key=lambda r: r["right"])
    worst["upper"] = "0.999999"
    return entry


@forgery("does not follow from the bounds and the bar")
def a_rater_let_off(log: Log) -> Entry:
    entry = log.one(CONCLUDED)
    for result in entry["public"]["results"].values():
        result["state"] = "undecided"
    return entry


@forgery("consequences still to come")
def a_retraining_without_its_pause(log: Log) -> Entry:
    pause = log.one(PAUSED)
    log.drop(pause, log.one("transfer.retraining-started"))
    entry = log.one("execution.item-claimed", purpose="certify")
    claims = [
        e for e in log.all("execution.item-claimed")
        if e["actor"] == pause["public"]["subject"]
        and log.entries.index(e) > log.entries.index(log.one(CONCLUDED))
    ]  # fmt: skip
    assert entry is not claims[0]
    return claims[0]


@forgery("stands elsewhere")
def an_answer_after_the_close(log: Log) -> Entry:
    claimed = log.one("execution.item-claimed", purpose="calibrate")
    return log.put(log.one(SETTLED), claimed, assignment="asg_late")


@pytest.mark.parametrize("name", CASES)
def test_a_lie_about_a_calibration_is_found(name: str, calibrated_log: Log) -> None:
    check(calibrated_log.copy(), *CASES[name])
