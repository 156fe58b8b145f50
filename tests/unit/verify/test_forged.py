"""A dishonest operator who holds the log's key: each lie is found at its entry, with its reason.

Every case alters the genuine log as such an operator would, and signs it again as a whole. It
names the entry that must be blamed and a part of the reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.verify.forging import Forgeries, check
from tests.unit.verify.recorded import Entry, Log

from outwork.ledger import canonical
from outwork.methods import draw
from outwork_verify.container import Failure
from outwork_verify.replay import replay
from outwork_verify.worktime import Hours, instant_of, minute_of

CASES, AT_ANSWERS = Forgeries(), Forgeries()
forgery, change = CASES.forgery, CASES.change


def drop(reason: str, blamed: str, kind: str, nth: int = 0, at: int = 0, **public: Any) -> None:
    """Adds a case that leaves the nth entry of a kind out; the `at`th of `blamed` is at fault."""

    def alter(log: Log) -> Entry:
        log.drop(log.one(kind, nth, **public))
        return log.one(blamed, at)

    CASES[f"no {kind} {nth} {list(public.values())}"] = (alter, reason)


@pytest.mark.parametrize("name", CASES)
def test_a_lie_is_found(name: str, genuine: Log) -> None:
    check(genuine.copy(), *CASES[name])


@pytest.mark.parametrize("name", AT_ANSWERS)
def test_a_lie_about_answers_is_found(name: str, answers_log: Log) -> None:
    check(answers_log.copy(), *AT_ANSWERS[name])


# --- form --------------------------------------------------------------------------------------

change("public fields", "setup.rates-agreed", note="a value too many")
change("cannot stand there", "execution.item-submitted", seconds=-1)
change("cannot stand there", "agreements.stage-passed", left="somewhere")


@forgery("unknown kind")
def a_kind_nobody_knows(log: Log) -> Entry:
    entry = log.one("execution.item-claimed")
    entry["kind"] = "execution.item-forgotten"
    return entry


@forgery("unknown kind")
def a_version_nobody_knows(log: Log) -> Entry:
    entry = log.one("execution.item-claimed")
    entry["version"] = 2
    return entry


@forgery("public fields")
def a_field_less(log: Log) -> Entry:
    entry = log.one("assurance.verdict-given")
    del entry["public"]["accepted"]
    return entry


@forgery("sealed fields")
def a_sealed_field_less(log: Log) -> Entry:
    entry = log.one("agreements.signed")
    entry["sealed"].clear()
    return entry


# --- people ------------------------------------------------------------------------------------


@forgery("has not joined")
def an_actor_from_nowhere(log: Log) -> Entry:
    entry = log.one("transfer.bar-set")
    entry["actor"] = "p000000000000"
    return entry


@forgery("roles do not allow")
def an_analyst_signs_off_readiness(log: Log) -> Entry:
    entry = log.one("setup.quality-planned")
    entry["actor"] = log.member("analyst")
    return entry


@forgery("may not open this gate")
def the_provider_opens_the_clients_gate(log: Log) -> Entry:
    entry = log.one("agreements.stage-passed", left="execution", reached="closed")
    entry["actor"] = log.member("delivery-manager")
    return entry


@forgery("dates of")
def work_after_the_entitlement_ended(log: Log) -> Entry:
    dated = log.one("setup.entitlement-dated", subject=log.member("analyst"))
    claim = next(e for e in log.all("execution.item-claimed") if e["seq"] > dated["seq"]
                 and e["actor"] == log.member("analyst"))  # fmt: skip
    dated["public"]["valid_until"] = claim["at"]
    return claim


@forgery("nobody on the side")
def the_client_makes_itself_delivery_manager(log: Log) -> Entry:
    entry = log.one("agreements.member-joined")
    entry["public"]["roles"].append("delivery-manager")
    return entry


@forgery("other than as a delivery manager")
def an_agent_slips_in_as_an_analyst(log: Log) -> Entry:
    entry = log.one("agreements.member-joined", actor_kind="agent")
    entry["public"]["roles"] = ["agent", "analyst"]
    return entry


@forgery("may not bring in|another party")
def a_stranger_is_brought_in(log: Log) -> Entry:
    entry = log.one("agreements.member-joined", subject=log.member("analyst"))
    entry["public"]["party"] = "pty_stranger"
    return entry


# --- scope, competition, award -----------------------------------------------------------------

change("not better", "requirements.line-added", acceptable_quality="0.4")
change("between 0 and 1", "requirements.line-added", consumer_risk="1.5")
change("add up to 100", "selection.criteria-set", weights={"quality": 60, "price": 41})
change("more than 100", "selection.proposal-scored", points=101)
change("did not make", "selection.awarded", party="pty_other")
drop("not-scored", "selection.awarded", "selection.proposal-scored")
drop("not-signed", "agreements.stage-passed", "agreements.signed")
change("not there", "requirements.line-removed", line="lin_gone")


@forgery("fewer-than-two")
def a_competition_of_one(log: Log) -> Entry:
    lost = log.one("selection.proposal-submitted", 1)
    log.drop(lost, *log.all("selection.proposal-scored", proposal=lost["public"]["proposal"]))
    return log.one("selection.awarded")


@forgery("other prices")
def prices_raised_after_the_award_was_signed(log: Log) -> Entry:
    prices = log.one("selection.awarded")["public"]["prices"]
    next(iter(prices.values()))["amount"] = "13"
    return log.one("agreements.signed", 1)


@forgery("other rates")
def rates_that_were_not_awarded(log: Log) -> Entry:
    entry = log.one("setup.rates-agreed")
    next(iter(entry["public"]["rates"].values()))["amount"] = "13"
    return entry


@forgery("of another client|not awarded")
def an_agreement_with_somebody_else(log: Log) -> Entry:
    entry = log.one("agreements.agreement-concluded")
    entry["public"]["provider"] = "pty_other"
    return entry


# --- signatures --------------------------------------------------------------------------------

change("does not verify over this", "agreements.signed", signature="AA==")
change("does not verify over this", "agreements.signed", digest="ab" * 32)
change("does not prove itself", "agreements.signing-key-bound", proof="AA==")
change("than who acts", "agreements.signing-key-bound", subject="p000000000000")
change("replaces another key", "agreements.signing-key-bound", replaces="ab" * 32)
drop("not in force", "agreements.signed", "agreements.signing-key-bound")
drop("without a signature", "agreements.stage-passed", "agreements.signed", 4, 2)
change("other certifications", "agreements.signed", 4, digest="00" * 32)
drop("not both have signed", "agreements.waiver-countersigned", "agreements.signed", 2)
drop("not both have signed", "agreements.waiver-countersigned", "agreements.signed", 3)
change("nobody asked for", "agreements.signed", 2, digest="00" * 32)


@forgery("does not verify over this")
def a_signature_at_another_time(log: Log) -> Entry:
    entry = log.one("agreements.signed")
    at = datetime.fromisoformat(entry["at"]) + timedelta(microseconds=1)
    entry["at"] = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return entry


@forgery("does not verify over this")
def a_signature_under_another_printed_name(log: Log) -> Entry:
    entry = log.one("agreements.signed")
    entry["sealed"]["name"] = "ab" * 32
    return entry


@forgery("nobody asked for")
def a_waiver_that_asks_for_more_than_was_signed(log: Log) -> Entry:
    asked = log.one("agreements.waiver-requested")
    asked["sealed"]["risk_owner"] = "ab" * 32
    return log.after(asked, "agreements.signed")


@forgery("is signed by a key that is p[0-9a-f]+'s, and not by p")
def a_signature_by_anothers_key(log: Log) -> Entry:
    dana = log.one("agreements.signed", 1)
    entry = log.one("agreements.signed", 5)
    entry["public"]["key"] = dana["public"]["key"]
    log.sign_as(dana["actor"], entry)
    return entry


@forgery("nobody's before|somebody's before")
def one_key_for_two_people(log: Log) -> Entry:
    first, second = log.all("agreements.signing-key-bound")[:2]
    second["public"]["key"] = first["public"]["key"]
    return second


@forgery("not endorsed")
def a_key_replaced_with_a_forged_endorsement(log: Log) -> Entry:
    return log.binds_another_key(endorsed="AA==")


def test_a_key_that_nobody_endorsed_is_counted(genuine: Log) -> None:
    log = genuine.copy()
    entry = log.binds_another_key(endorsed=None)
    report = log.judged()
    assert report.ok, report.failure
    assert report.figures["keys_unendorsed"] == 1
    assert entry["public"]["replaces"]


# --- stages and waivers ------------------------------------------------------------------------


@forgery("not the next stage")
def a_stage_is_skipped(log: Log) -> Entry:
    entry = log.one("agreements.stage-passed", left="transfer")
    entry["public"]["reached"] = "execution"
    return entry


drop("stage was|while the engagement is at", "transfer.guideline-published",
     "agreements.stage-passed", left="selection")  # fmt: skip
drop("without a live waiver", "agreements.stage-passed", "agreements.waiver-countersigned", at=2)


@forgery("without a live waiver")
def a_waiver_that_had_expired(log: Log) -> Entry:
    countersigned = log.one("agreements.waiver-countersigned")
    at = datetime.fromisoformat(countersigned["at"]) + timedelta(microseconds=1)
    log.one("agreements.waiver-requested")["public"]["expires"] = at.isoformat()
    log.people_sign_again()
    return log.one("agreements.stage-passed", left="transfer")


@forgery("has expired")
def work_goes_on_after_a_waiver_ran_out(log: Log) -> Entry:
    passed = log.one("agreements.stage-passed", left="transfer")
    at = datetime.fromisoformat(passed["at"]) + timedelta(microseconds=1)
    log.one("agreements.waiver-requested")["public"]["expires"] = at.isoformat()
    log.people_sign_again()
    return log.one("agreements.work-order-opened")


@forgery("one's own")
def a_waiver_countersigned_by_its_owner(log: Log) -> Entry:
    entry = log.one("agreements.waiver-countersigned")
    entry["actor"] = log.one("agreements.waiver-requested")["actor"]
    entry["public"]["side"] = "provider"
    return entry


change("what no waiver lifts", "agreements.waiver-requested", codes=["maker-is-checker"])
change("not-certified", "agreements.stage-passed", 2, waived=[])
change("did not stand", "agreements.stage-passed", 3, waived=["calendar-missing"])
drop("calendar-missing", "agreements.stage-passed", "setup.calendar-set", at=3)

# --- transfer and set-up -----------------------------------------------------------------------

change("not version 1", "transfer.guideline-published", guideline_version=2)
change("lower bound", "transfer.certification-scored", lower="0.900000")
change("another bar", "transfer.certification-scored", bar="0.1")
change("does not follow", "transfer.certification-scored", passed=False)
change("count the questions", "transfer.certification-scored", asked=7)
change("cannot stand there", "setup.need-stated", clearance=10)
change("cannot stand there", "setup.need-stated", skills=["legal", "a whole sentence"])
change("cannot stand there", "setup.need-stated", skills=["legal", "legal"])
change("not in the statement of work", "setup.need-stated", line="lin_elsewhere")


@forgery("adverse to itself")
def a_client_against_itself(log: Log) -> Entry:
    entry = log.one("setup.need-stated")
    entry["public"]["adverse"] = [log.one("agreements.engagement-opened")["public"]["client"]]
    return entry


change("smallest plan", "setup.quality-planned", sample_size=3)
change("smallest plan", "setup.quality-planned", acceptance_number=1)
change("other risks", "setup.quality-planned", consumer_risk="0.100000")
change("another lot", "setup.quality-planned", lot=60)
drop("handed in all", "transfer.certification-scored", "execution.item-submitted")

# --- work --------------------------------------------------------------------------------------


@forgery("not certified")
def a_claim_by_an_uncertified_analyst(log: Log) -> Entry:
    entry = log.one("execution.item-claimed", purpose="produce", level=1)
    entry["actor"] = log.member("analyst", 1)
    return entry


@forgery("not certified")
def a_claim_under_a_failed_certification(log: Log) -> Entry:
    bar = log.one("transfer.bar-set")["public"]
    bar["people"] = "0.9"
    scored = log.one("transfer.certification-scored")["public"]
    scored |= {"bar": "0.9", "passed": False}
    log.people_sign_again()
    return log.one("execution.item-claimed", purpose="produce", level=1)


@forgery("maker is never checker")
def an_inspection_of_ones_own_work(log: Log) -> Entry:
    maker = log.member("analyst")
    entry = log.one("execution.item-claimed", purpose="inspect")
    joined = log.one("agreements.member-joined", subject=maker)
    log.put(entry, joined, roles=["analyst", "reviewer"])
    entry["actor"] = maker
    return entry


@forgery("has reserved until")
def a_reservation_taken_from_its_holder(log: Log) -> Entry:
    held = log.one("execution.item-claimed", purpose="produce", level=1)
    after = log.entries[log.entries.index(held) + 1]
    second = log.member("analyst", 1)
    assert second != held["actor"]
    return log.put(after, held, actor=second)


@forgery("does not hold")
def somebody_else_hands_in(log: Log) -> Entry:
    entry = log.one("execution.item-submitted", purpose="produce", level=1)
    entry["actor"] = log.member("analyst", 1)
    return entry


@forgery("does not hold")
def an_item_handed_in_twice(log: Log) -> Entry:
    done = log.one("execution.item-submitted", purpose="produce", level=1)
    return log.put(log.entries[log.entries.index(done) + 1], done)


@forgery("none waits")
def a_claim_of_an_item_that_is_done(log: Log) -> Entry:
    done = log.one("execution.item-submitted", purpose="produce", level=1)
    claimed = log.one("execution.item-claimed", assignment=done["public"]["assignment"])
    after = log.entries[log.entries.index(done) + 1]
    return log.put(after, claimed, assignment="asg_another")


@forgery("not given to")
def a_control_item_answered_by_somebody_else(log: Log) -> Entry:
    claimed = log.one("execution.item-claimed", purpose="certify")
    after = log.entries[log.entries.index(claimed) + 1]
    until = datetime.fromisoformat(after["at"]) + timedelta(hours=1)
    claimed["public"]["until"] = after["at"]
    return log.put(after, claimed, actor=log.member("agent"), until=until.isoformat())


change("by origin", "execution.item-submitted", origins={"drafted": 2})
change("machine", "execution.item-submitted", origins={"drafted": 3})
change("cannot stand", "execution.item-submitted", origins={"drafted": 0})
change("another number", "execution.work-order-released", items=5)
change("another number", "execution.work-order-closed", items=5)
change("control items", "execution.certification-started", items=1)
change("another purpose", "execution.item-submitted", purpose="inspect")
drop("before both sides", "execution.work-order-released", "execution.seed-committed", 1)


@forgery("copies")
def a_commitment_that_copies_the_other(log: Log) -> Entry:
    first, second = log.all("execution.seed-committed")[:2]
    second["public"]["commitment"] = first["public"]["commitment"]
    return second


@forgery("after the work order was released")
def an_item_taken_in_late(log: Log) -> Entry:
    released = log.one("execution.work-order-released")
    after = log.entries[log.entries.index(released) + 1]
    return log.put(after, log.one("execution.item-admitted"), item="itm_late")


@forgery("none waits|after the work order was closed")
def a_change_after_the_close(log: Log) -> Entry:
    closed = log.one("execution.work-order-closed")
    after = log.entries[log.entries.index(closed) + 1]
    claimed = log.one("execution.item-claimed", purpose="produce", level=1)
    return log.put(after, claimed, assignment="asg_polish")


@forgery("items-unfinished")
def a_batch_closed_with_an_item_open(log: Log) -> Entry:
    item = log.one("execution.rows-admitted")["public"]["first"]
    log.drop(
        *log.all("execution.item-claimed", item=item, level=1, purpose="produce")[:1],
        *log.all("execution.item-submitted", item=item, level=1, purpose="produce")[:1],
    )
    return log.one("agreements.stage-passed", left="execution", reached="assurance")


@forgery("neither a defect nor a recall")
def rework_without_a_reason(log: Log) -> Entry:
    closed = log.one("execution.work-order-closed")
    after = log.entries[log.entries.index(closed) + 1]
    return log.put(after, log.one("execution.rework-ordered"))


# --- rows in bulk ------------------------------------------------------------------------------

change("announced", "execution.upload-completed", digest="00" * 32)
change("does not count", "execution.upload-completed", parts=9)
change("more than the file", "execution.part-received", 1, size=10_000)
change("next part", "execution.part-received", 1, number=3)
drop("next part", "execution.part-received", "execution.part-received", 0, 0)
drop("not complete", "execution.rows-admitted", "execution.upload-completed")
change("is not chunk 1", "execution.rows-admitted", chunk=2)
change("1 to 1000 rows", "execution.rows-admitted", items=0, refused={}, first=None)
change("1 to 1000 rows", "execution.rows-admitted", items=1000)
change("without a first one", "execution.rows-admitted", first=None)
change("counted up", "execution.rows-admitted", first="itm_1")
change("root over no rows", "execution.rows-admitted", items=0, first=None)
change("does not count", "execution.import-finished", admitted=2)
change("does not count", "execution.import-finished", refused=0)
drop("under way", "execution.work-order-released", "execution.import-finished")
drop("under way", "execution.work-order-released", "execution.import-abandoned")
drop("not started", "execution.part-received", "execution.import-started")
change("another number", "execution.results-exported", items=7)


@forgery("takes an item in twice")
def a_row_that_came_as_a_file(log: Log) -> Entry:
    rows = log.one("execution.rows-admitted")
    rows["public"]["first"] = log.one("execution.item-admitted", 4)["public"]["item"]
    return rows


@forgery("starts an import twice")
def an_import_started_twice(log: Log) -> Entry:
    started = log.one("execution.import-started")
    return log.put(log.one("execution.part-received"), started)


@forgery("import that is over")
def rows_after_the_end(log: Log) -> Entry:
    finished = log.one("execution.import-finished")
    after = log.entries[log.entries.index(finished) + 1]
    return log.put(after, log.one("execution.rows-admitted"), chunk=2)


@forgery("after the work order was released")
def an_import_after_the_release(log: Log) -> Entry:
    released = log.one("execution.work-order-released")
    after = log.entries[log.entries.index(released) + 1]
    return log.put(after, log.one("execution.import-started"), import_id="imp_other")


change("does not hold", "execution.draft-given-up", assignment="asg_other")
change("another item", "execution.draft-given-up", item="itm_other")
change("cannot stand", "execution.work-retried", work="anything")


# --- assurance ---------------------------------------------------------------------------------

change("committed to", "assurance.seed-revealed", nonce="00" * 32)
change("another round", "assurance.seed-revealed", round=2)
change("smallest plan", "assurance.sample-drawn", sample_size=1)
change("smallest plan", "assurance.sample-drawn", acceptance_number=1)
change("another lot", "assurance.sample-drawn", lot=5)
change("does not follow", "assurance.sample-drawn", seed="00" * 32)
change("as it was closed", "assurance.sample-drawn", closing_size=4)
change("other units", "assurance.sample-drawn", units_digest="00" * 32)
change("the items answer", "assurance.sample-drawn", questions=["renewal"])
change("were drawn", "execution.inspection-requested", items=6)
change("part of the sample", "assurance.item-inspected", in_sample=False)
change("counts a critical", "assurance.defect-raised", counted=False)
change("counts 1 defective", "assurance.verdict-given", defective=1)
change("not the verdict", "assurance.verdict-given", accepted=True)
change("not the verdict", "assurance.verdict-given", acceptance_number=2)
change("cannot stand", "assurance.defect-raised", severity="harmless")
change("not in the guideline", "assurance.defect-raised", clause="c-none")
change("not asked", "assurance.defect-raised", question="colour")
drop("leaves out a defect", "assurance.verdict-given", "assurance.defect-raised")
drop("before both nonces", "assurance.sample-drawn", "assurance.seed-revealed", 1)


@forgery("happens before the work order is closed|while the work order")
def a_seed_opened_early(log: Log) -> Entry:
    closed = log.one("execution.work-order-closed")
    return log.put(closed, log.one("assurance.seed-revealed"))


@forgery("counts 2 defective")
def a_defect_made_harmless(log: Log) -> Entry:
    first = log.one("assurance.defect-raised")
    first["public"] |= {"severity": "minor", "counted": False}
    return log.one("assurance.verdict-given")


@forgery("has been inspected")
def a_drawn_item_left_out(log: Log) -> Entry:
    gone = log.one("assurance.item-inspected")
    item = gone["public"]["item"]
    log.drop(
        gone,
        log.one("execution.item-submitted", item=item, purpose="inspect"),
        *[d for d in log.all("assurance.defect-raised", item=item) if d["public"]["round"] == 1],
    )
    return log.one("assurance.verdict-given")


@forgery("not drawn|none waits")
def an_easy_item_inspected_instead(log: Log) -> Entry:
    drawn = {e["public"]["item"] for e in log.all("assurance.item-inspected", round=1)}
    easy = next(
        e["public"]["item"] for e in log.all("execution.item-admitted")
        if e["public"]["item"] not in drawn
    )  # fmt: skip
    entry = log.one("execution.item-claimed", purpose="inspect")
    entry["public"]["item"] = easy
    return entry


@forgery("too-many-defectives")
def a_rejected_batch_certified(log: Log) -> Entry:
    back = log.one("agreements.stage-passed", left="assurance", reached="execution")
    back["public"]["reached"] = "acceptance"
    back["actor"] = log.member("delivery-manager")
    return back


@forgery("has not been ordered|rework")
def corrections_that_were_never_ordered(log: Log) -> Entry:
    verdict = log.one("assurance.verdict-given", round=2)
    ordered = log.after(verdict, "execution.rework-ordered")
    item = ordered["public"]["item"]
    place = log.entries.index(verdict)
    passed = log.after(verdict, "agreements.stage-passed", left="assurance")
    log.drop(*[e for e in log.entries[place : log.entries.index(passed)]
               if e["public"].get("item") == item])  # fmt: skip
    return passed


def certified(reason: str, **figures: Any) -> None:
    """Adds a case in which the certificate states another figure, with a fitting digest."""

    def alter(log: Log) -> Entry:
        entry = log.one("assurance.certificate-issued")
        entry["public"]["figures"] |= figures
        stated = canonical.encode(entry["public"]["figures"])
        entry["public"]["digest"] = hashlib.sha256(stated).hexdigest()
        return entry

    CASES[f"certificate with {figures}"] = (alter, reason)


certified("states defectives_at_most", defectives_at_most=1)
certified("states conforming_at_least", conforming_at_least="0.999999")
certified("states inspected", inspected=3)
certified("states plan_corrected", plan_corrected=True)
certified("states defective", defective=1)
certified("states defects", defects={"critical": 0, "major": 0, "minor": 0})
certified("states confidence", confidence="0.99")
certified("states consumer_risk", consumer_risk="0.010000")
certified("states guideline_version", guideline_version=2)
certified("how well its inspectors see", inspector_error="none")
certified("exactly the figures", praise="excellent")
certified("another engagement", engagement="eng_other")
change("not of its figures", "assurance.certificate-issued", digest="00" * 32)


def seen(reason: str, nth: int, **error: Any) -> None:
    """Adds a case in which the nth certificate says something else of its inspectors."""

    def alter(log: Log) -> Entry:
        entry = log.one("assurance.certificate-issued", nth)
        entry["public"]["figures"]["inspector_error"] |= error
        stated = canonical.encode(entry["public"]["figures"])
        entry["public"]["digest"] = hashlib.sha256(stated).hexdigest()
        return entry

    CASES[f"certificate {nth} with inspectors {error}"] = (alter, reason)


ROSA = {"seeded": 60, "caught": 60, "clean": 40, "passed": 39}
seen("something else of its inspectors", 0, measured=True)
seen("something else of its inspectors", 1, measured=False)
seen("something else of its inspectors", 1, inspectors=[])
seen("something else of its inspectors", 1, inspectors=[ROSA])
seen("which the checks do not prove", 0, sensitivity_at_least="0.900000")
seen("which the checks do not prove", 1, sensitivity_at_least="1.000000")
seen("which the checks do not prove", 1, specificity_at_least="x")
seen("how well its inspectors see", 1, remark="excellent")


@forgery("defectives_at_most")
def bound_as_if_inspectors_saw_everything(log: Log) -> Entry:
    entry = log.one("assurance.certificate-issued", 1)
    figures = entry["public"]["figures"]
    figures["defectives_at_most"] -= 1
    figures["conforming_at_least"] = "1.000000"
    entry["public"]["digest"] = hashlib.sha256(canonical.encode(figures)).hexdigest()
    return entry


@forgery("something else of its inspectors")
def a_check_left_out(log: Log) -> Entry:
    log.drop(log.one("assurance.inspector-checked"))
    return log.one("assurance.certificate-issued", 1)


change("more units right than there were", "assurance.inspector-checked", caught=61)
change("more units right than there were", "assurance.inspector-checked", passed=41)
change("no reviewer", "assurance.inspector-checked", inspector="p000000000000")


@forgery("no reviewer, or the actor itself")
def a_check_of_oneself(log: Log) -> Entry:
    entry = log.one("assurance.inspector-checked")
    entry["public"]["inspector"] = entry["actor"]
    return entry


@AT_ANSWERS.forgery("not by the smallest plan")
def a_corrected_plan_for_better_inspectors(log: Log) -> Entry:
    drawn = log.one("assurance.sample-drawn")
    drawn["public"]["acceptance_number"] += 1
    return drawn


@AT_ANSWERS.forgery("which the checks do not prove")
def inspectors_said_to_see_everything(log: Log) -> Entry:
    drawn = log.one("assurance.sample-drawn")
    drawn["public"]["sensitivity_at_least"] = "1.000000"
    return drawn


@AT_ANSWERS.forgery("other inspectors than those who were checked")
def a_plan_that_reckons_with_nobody(log: Log) -> Entry:
    drawn = log.one("assurance.sample-drawn")
    drawn["public"]["inspectors"] = []
    return drawn


# --- acceptance --------------------------------------------------------------------------------

change("certificate of this round", "acceptance.delivered", certificate="00" * 32)
change("6 submitted", "acceptance.delivered", items=7)
change("not of its certificate", "acceptance.delivered", digest="00" * 32)
change("another delivery", "acceptance.delivery-accepted", digest="00" * 32)
change("not delivered", "acceptance.delivery-returned", items=["itm_other"])
change("waits for acceptance", "agreements.signed", 5, digest="00" * 32)
drop("signed for", "acceptance.delivery-accepted", "agreements.signed", 5)
drop("no-invoice", "agreements.stage-passed", "acceptance.invoiced", at=-2)
drop("not accepted", "acceptance.invoiced", "acceptance.delivery-accepted")
drop("before an accepted change", "agreements.stage-passed", "transfer.guideline-published", 1, -1)
change("not proposed", "acceptance.change-decided", change="chg_other")


def invoiced(reason: str, total: str | None = None, **line: Any) -> None:
    """Adds a case in which the invoice states something else."""

    def alter(log: Log) -> Entry:
        entry = log.one("acceptance.invoiced")
        entry["public"]["lines"][0] |= line
        if total is not None:
            entry["public"]["total"]["amount"] = total
        return entry

    CASES[f"invoice with {line} {total}"] = (alter, reason)


invoiced("invoices 7 units", quantity=7)
invoiced("rate card", unit_price={"amount": "13", "currency": "EUR"})
invoiced("should be 74.07", amount={"amount": "74.08", "currency": "EUR"})
invoiced("should be 74.07", total="75.07")
invoiced("should be 74.07", amount={"amount": "74.07", "currency": "USD"})

# --- where answers are the unit ----------------------------------------------------------------


@AT_ANSWERS.forgery("not drawn")
def a_defect_on_an_answer_that_was_not_drawn(log: Log) -> Entry:
    return _inspected(log, drawn=False)


@AT_ANSWERS.forgery("other units")
def a_sample_of_other_answers(log: Log) -> Entry:
    entry = log.one("assurance.sample-drawn")
    entry["public"]["units_digest"] = "00" * 32
    return entry


def _inspected(log: Log, *, drawn: bool) -> Entry:
    """An inspection with one defect at the end of the log, on a drawn answer or another."""
    sample = log.one("assurance.sample-drawn")["public"]
    items = [e["public"]["item"] for e in log.all("execution.item-admitted")]
    units = [f"{item}/{question}" for item in items for question in sample["questions"]]
    chosen = draw(bytes.fromhex(sample["seed"]), units, sample["sample_size"])
    inspected = {unit.partition("/")[0] for unit in chosen}
    item, _, question = next(
        unit for unit in units
        if (unit in chosen) is drawn and unit.partition("/")[0] in inspected
    ).partition("/")  # fmt: skip
    end = log.entries[-1]
    reviewer, base = log.member("reviewer"), {"assignment": "asg_i", "item": item}
    until = (datetime.fromisoformat(end["at"]) + timedelta(minutes=30)).astimezone(UTC)

    def add(kind: str, sealed: list[str], **public: Any) -> Entry:
        hidden = dict.fromkeys(sealed, "0" * 64)
        made = {"kind": kind, "actor": reviewer, "public": public, "sealed": hidden}
        log.entries.append(end | made)
        return log.entries[-1]

    here = {"work_order": sample["work_order"], "round": 1, "item": item, "in_sample": True}
    answers = [f"answers.{q}" for q in sample["questions"]]
    add("execution.item-claimed", ["blind"], **base, purpose="inspect", level=1,
        until=until.isoformat())  # fmt: skip
    add("execution.item-submitted", answers, **base, submission="sub_i", purpose="inspect",
        level=1, origins={"confirmed": len(answers)}, seconds=1, hints=0)  # fmt: skip
    add("assurance.item-inspected", [], **here, assignment="asg_i", defects=1)
    return add("assurance.defect-raised", ["note"], **here, defect="dft_i", question=question,
               clause="c-law", severity="minor", counted=False)  # fmt: skip


def test_a_defect_on_a_drawn_answer_is_none_of_them(answers_log: Log) -> None:
    log = answers_log.copy()
    _inspected(log, drawn=True)
    assert log.judged().failure is None


# --- values that nobody expects ----------------------------------------------------------------

JUNK = (None, -1, 10**15, 0.5, "", "x" * 99, [], [[]], {}, {"amount": "1E99"})


def test_no_value_makes_the_verifier_stumble(genuine: Log) -> None:
    """Whatever stands in a field, the outcome is a reason or, where it fits, none."""
    lines = [canonical.encode(e) for e in genuine.entries]
    for kind in sorted({e["kind"] for e in genuine.entries}):
        entry = genuine.one(kind)
        for name in entry["public"]:
            for number, junk in enumerate(JUNK):
                if (len(kind) + len(name) + number) % 3:
                    continue  # a third of them, so that it stays quick
                spoiled = entry | {"public": entry["public"] | {name: junk}}
                altered = list(lines)
                altered[entry["seq"]] = canonical.encode(spoiled)
                with suppress(Failure):
                    replay(altered, engagement=genuine.contents.engagement)


# --- the other members -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "spoil"),
    [
        ("certificate.json", lambda c: {"certificate": []}),
        ("certificate.json", lambda c: {"certificate": [*c.certificate, *c.certificate]}),
        ("certificate.json", lambda c: {"certificate": [{**c.certificate[0], "digest": "0"}]}),
        ("invoice.json", lambda c: {"invoice": []}),
        ("invoice.json", lambda c: {"invoice": [{**c.invoice[0], "number": "2026-0002"}]}),
        ("invoice.json", lambda c: {"invoice": [{**c.invoice[0], "lines": []}]}),
        ("invoice.json", lambda c: {"invoice": {"total": 1}}),
        ("sheet.csv", lambda c: {"deliverables": {k: d + b" " for k, d in c.deliverables.items()}}),
        ("sheet.csv", lambda c: {"deliverables": dict(list(c.deliverables.items())[:1])}),
        ("gift.txt", lambda c: {"deliverables": {**c.deliverables, "wo_x/gift.txt": b"for you"}}),
    ],
)  # fmt: skip
def test_members_that_differ_from_the_log(
    member: str, spoil: Callable[..., dict[str, Any]], genuine: Log
) -> None:
    failure = genuine.judged(**spoil(genuine.contents)).failure
    assert failure is not None
    assert failure.member is not None
    assert failure.member.endswith(member)
    assert failure.entry is None


def test_a_bundle_without_its_deliverables_verifies(genuine: Log) -> None:
    assert genuine.judged(deliverables={}).failure is None


def test_the_genuine_log_signed_again_is_no_lie(genuine: Log) -> None:
    again = Log(genuine.entries, replace(genuine.contents), genuine.signer)
    assert again.judged().failure is None


# --- the clock ---------------------------------------------------------------------------------

change("not of the work order", "execution.clock-paused", item="itm_other")
change("cannot stand there", "execution.clock-paused", reason="The client sleeps")
change("not under way", "execution.clock-resumed", pause="pse_other")
change("something else", "execution.clock-resumed", item=None)


@forgery("twice under one name")
def a_pause_twice(log: Log) -> Entry:
    entry = log.one("execution.clock-paused")
    return log.put(log.after(entry, "execution.clock-resumed"), entry)


# --- calendars, duties and what is due -----------------------------------------------------------

change("not version 1", "setup.calendar-defined", calendar_version=2)
change("cannot stand there", "setup.calendar-defined", shifts=[])
change("cannot stand there", "setup.calendar-defined", closed=["2026-12-25", "2026-12-24"])
change("ends before it begins", "setup.calendar-defined", last="2020-01-01")
change("not 10 days", "setup.hours-agreed", minutes=4801)
change("calendar that is not in force", "setup.hours-agreed", calendar_version=2)
change("calendar that is not there", "setup.rostered", calendar="elsewhere")
change("before it begins", "setup.absence-noted", ends="2020-01-01T00:00:00Z")
change("another due date", "execution.work-order-released", due="2026-12-24T12:00:00Z")
change("does not say when", "execution.work-order-released", due=None)


def _claim_of(log: Log, who: str) -> Entry:
    released = log.one("execution.work-order-released")
    return next(
        e for e in log.all("execution.item-claimed")
        if e["actor"] == who and log.entries.index(e) > log.entries.index(released)
    )  # fmt: skip


@forgery("outside the working hours")
def a_claim_after_hours(log: Log) -> Entry:
    rostered, calendar = log.one("setup.rostered"), log.one("setup.calendar-defined")
    for shift in calendar["public"]["shifts"]:
        shift["starts"], shift["ends"] = "03:00", "04:00"
    calendar["public"]["shifts"] = calendar["public"]["shifts"][:1]
    agreed, released = log.one("setup.hours-agreed"), log.one("execution.work-order-released")
    agreed["public"]["minutes"] = 600
    hours = Hours(calendar["public"])
    reached = hours.due(minute_of(released["at"]), 600)
    assert reached is not None
    released["public"]["due"] = instant_of(reached)
    return _claim_of(log, rostered["public"]["subject"])


@forgery("who is away")
def a_claim_while_away(log: Log) -> Entry:
    noted = log.all("setup.absence-noted")[-1]
    claim = _claim_of(log, noted["public"]["subject"])
    noted["public"] |= {"starts": claim["at"], "ends": "2027-01-01T00:00:00Z"}
    return claim


@forgery("states another due date")
def a_due_date_that_a_closing_day_would_move(log: Log) -> Entry:
    log.one("setup.calendar-defined")["public"]["closed"] = ["2026-11-10"]
    return log.one("execution.work-order-released")


# --- handing over ------------------------------------------------------------------------------

change("nobody else, or twice", "execution.handed-over", to="p0")
change("does not hold", "execution.handed-over", assignment="asg_other")
change("states another due date", "execution.handed-over", due=None)
change("a time that has passed", "execution.hand-over-accepted", until="2020-01-01T00:00:00Z")
change("not there", "execution.hand-over-accepted", hand_over="hnd_other")
change("settled, or of another item", "execution.hand-over-declined", item="itm_other")


@forgery("takes over what .* was given")
def accepting_what_another_was_given(log: Log) -> Entry:
    entry = log.one("execution.hand-over-accepted")
    entry["actor"] = log.one("execution.handed-over", 1)["actor"]
    return entry


@forgery("handed over to somebody")
def a_claim_of_what_was_handed_over(log: Log) -> Entry:
    given = log.one("execution.handed-over")
    claim = log.one("execution.item-claimed", assignment=given["public"]["assignment"])
    declined = log.after(given, "execution.hand-over-declined")
    return log.put(declined, claim, until="2027-01-01T00:00:00Z")


@forgery("is not")
def handing_an_answering_to_a_reviewer(log: Log) -> Entry:
    entry = log.one("execution.handed-over")
    entry["public"]["to"] = log.member("reviewer")
    return entry


@forgery("maker is never checker")
def an_inspection_by_one_who_handed_the_item_on(log: Log) -> Entry:
    """Whoever handed the answering on becomes a reviewer, and inspects the item."""
    given = log.one("execution.handed-over")
    passed = [e for e in log.all("execution.handed-over") if e["actor"] == given["actor"]]
    items = {e["public"]["item"] for e in passed}
    claim = next(
        e for e in log.all("execution.item-claimed", purpose="inspect")
        if e["public"]["item"] in items
    )  # fmt: skip
    joined = log.one("agreements.member-joined", subject=given["actor"])
    log.put(claim, joined, roles=["analyst", "reviewer"])
    claim["actor"] = given["actor"]
    return claim
