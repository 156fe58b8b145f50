"""The words for codes: every refusal, reason and error in plain sentences, through gettext.

Actions speak in codes and parameters; only interfaces speak to people. `explain` takes the
language that `speak` set for the current context, English unless told.
"""

from __future__ import annotations

import gettext as gettext_module
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from outwork.vocabulary import Json

LOCALE = Path(__file__).parent / "locale"

_language: ContextVar[str] = ContextVar("language", default="en")


@cache
def translation(language: str) -> gettext_module.NullTranslations:
    """The catalogue of a language; English where there is none."""
    return gettext_module.translation("outwork", LOCALE, languages=[language], fallback=True)


def speak(language: str) -> None:
    """Use a language for this request or command."""
    _language.set(language)


def translate(message: str) -> str:
    """A message in the current language."""
    return translation(_language.get()).gettext(message)


def translate_plural(one: str, several: str, n: int) -> str:
    """One of two messages, by number, in the current language."""
    return translation(_language.get()).ngettext(one, several, n)


def done(act: str) -> str:
    """What is said after an act was done."""
    message = DONE.get(act)
    if message is not None:
        return translate(message)
    return translate("Done: %(act)s.") % {"act": act.partition(".")[2].replace("_", " ")}


def msg(message: str) -> str:
    """Mark a message for extraction; it is translated when it is used."""
    return message


def explain(code: str, params: Mapping[str, Json]) -> str:
    """The sentence for a code, in the current language; the code itself if it has none."""
    message = MESSAGES.get(code)
    if message is None:
        return code.replace("-", " ").capitalize() + "."
    one = ONE.get(code)
    if one is not None and isinstance(count := params.get("count"), int):
        return translate_plural(one, message, count) % _Words(params)
    return translate(message) % _Words(params)


class _Words(dict[str, Json]):
    """Parameters as words: lists joined, and a missing one shown as a dash, never an error."""

    def __getitem__(self, key: str) -> str:
        value = self.get(key)
        if isinstance(value, list | tuple | set | frozenset):
            return ", ".join(str(v) for v in value)
        return "–" if value is None or value == "" else str(value)


# What is said after an act, where its name alone would say little.
DONE: Mapping[str, str] = {
    "acceptance.accept_delivery": msg("The delivery is accepted and signed."),
    "acceptance.close_engagement": msg("The engagement is closed."),
    "acceptance.close_order": msg("The work order is closed."),
    "acceptance.decide_change": msg("The proposed change is decided."),
    "acceptance.deliver": msg("The deliverable is with the client."),
    "acceptance.issue_invoice": msg("The invoice is issued."),
    "acceptance.propose_change": msg("The change is proposed."),
    "acceptance.return_delivery": msg("The items went back for rework; a new round has begun."),
    "agreements.accept_agent": msg("The agent is in the team."),
    "agreements.countersign_waiver": msg("The waiver is countersigned and holds."),
    "agreements.invite_member": msg("The person is in."),
    "agreements.enrol_witness": msg("The witness is enrolled and is sent every checkpoint."),
    "agreements.retire_witness": msg("The witness is sent nothing any more."),
    "agreements.change_password": msg("Your password is changed; sign in with the new one."),
    "agreements.rotate_signing_key": msg("You sign with a fresh key from now on."),
    "agreements.request_waiver": msg("The waiver is asked for; it holds once it is countersigned."),
    "assurance.certify": msg("The certificate is issued."),
    "assurance.check_inspector": msg("The check of the inspector is on record."),
    "assurance.draw_sample": msg("The sample is drawn."),
    "assurance.give_verdict": msg("The verdict is given."),
    "assurance.request_reinspection": msg("The items go to other inspectors, who are not told."),
    "assurance.close_calibration": msg("The session is closed; its answers are shown."),
    "assurance.conclude_calibration": msg("The calibration is concluded."),
    "assurance.open_calibration": msg("The items wait for each rater."),
    "assurance.settle_difference": msg("The difference is settled."),
    "assurance.reveal_seed": msg("Your seed is open."),
    "execution.close_work_order": msg("The batch is closed for sampling."),
    "execution.commit_seed": msg("Your seed is committed; keep the nonce."),
    "execution.answer_escalation": msg("The answer is given; the item goes on."),
    "execution.contest_effort": msg("The effort is contested; a delivery manager decides."),
    "execution.decide_effort": msg("The effort is decided; what was measured is kept."),
    "execution.dispute": msg("The rework is contested; somebody else scores the question again."),
    "execution.escalate": msg("The client's side is asked; the item waits for the answer."),
    "execution.withdraw_escalation": msg("The question is withdrawn; the item goes on."),
    "execution.abandon_import": msg("No more of the file is taken in."),
    "execution.complete_upload": msg("The file is complete; its rows become items."),
    "execution.open_work_order": msg("The work order is open."),
    "execution.accept_hand_over": msg("The item is yours."),
    "execution.decline_hand_over": msg("The item waits for anyone again."),
    "execution.hand_over": msg("The item is handed over; it is reserved for the receiver."),
    "execution.pause_clock": msg("The clock is paused."),
    "execution.recall": msg("The item went back to the analysts."),
    "execution.release": msg("Work on the batch has begun."),
    "execution.resume_clock": msg("The clock runs again."),
    "execution.route": msg("What waits is offered to whom it is worth most with."),
    "execution.set_routing": msg("Items are offered by these terms from now on."),
    "execution.state_cost": msg("The cost of the hour is stated."),
    "execution.review": msg("The review is handed in."),
    "execution.reopen": msg("The item may be changed again."),
    "execution.retry_work": msg("The machine work is tried again."),
    "execution.start_certification": msg("The control items are in your queue."),
    "requirements.add_line": msg("The line is in the statement of work."),
    "requirements.draft_engagement": msg("The engagement is open."),
    "requirements.remove_line": msg("The line is out of the statement of work."),
    "requirements.sign_scope": msg("The statement of work is signed."),
    "selection.accept_award": msg("The award is accepted and signed."),
    "selection.award": msg("The work is awarded."),
    "selection.award_directly": msg("The work is awarded."),
    "selection.invite_bidder": msg("The provider is invited."),
    "selection.score_proposal": msg("The score is kept."),
    "selection.set_criteria": msg("The criteria are fixed."),
    "selection.submit_proposal": msg("Your proposal is in."),
    "setup.agree_rates": msg("The rate card is agreed."),
    "setup.approve_readiness": msg("The readiness review is passed; execution begins."),
    "setup.date_entitlement": msg("The entitlement is dated."),
    "setup.plan_quality": msg("The quality plan is made."),
    "setup.agree_hours": msg("Turnaround is counted in this calendar."),
    "setup.define_calendar": msg("The calendar is defined."),
    "setup.end_absence": msg("The person is back."),
    "setup.note_absence": msg("The absence is noted."),
    "setup.roster": msg("The duty is set."),
    "setup.plan_reviews": msg("The review ladder is agreed."),
    "setup.set_calendar": msg("The calendar is set."),
    "setup.state_need": msg("The line's need is stated."),
    "transfer.pass_tollgate": msg("The tollgate is passed."),
    "transfer.publish_guideline": msg("The guideline is in force."),
    "transfer.set_bar": msg("The bar is set."),
    "workforce.bar": msg("The barrier stands."),
    "workforce.lift_barrier": msg("The barrier is lifted."),
    "workforce.qualify": msg("The qualification is stated."),
}

# The same messages where their count is one.
ONE: Mapping[str, str] = {
    "question-unanswered": msg("%(question)s is not answered yet; %(count)s question is open."),
    "fewer-than-two-proposals": msg("There is %(count)s proposal; an award needs two to compare."),
    "too-few-control-items": msg("There is %(count)s control item; %(needed)s are needed."),
    "items-unfinished": msg("%(count)s item is not submitted."),
    "inspection-open": msg("%(count)s item of the sample is not inspected."),
    "rework-open": msg("%(count)s item is in rework."),
    "differences-open": msg("%(count)s difference is not settled."),
    "reinspection-open": msg("%(count)s corrected item is not inspected again."),
}

MESSAGES: Mapping[str, str] = {
    # Who and where
    "not-found": msg("There is no such %(kind)s."),
    "not-signed-in": msg("Sign in first."),
    "sign-in-failed": msg("Login and password do not go together."),
    "not-permitted": msg("Your roles do not allow this. It is for: %(roles)s."),
    "role-missing": msg("It takes the role %(roles)s."),
    "entitlement-ended": msg("Your entitlement ended at %(until)s."),
    "wrong-stage": msg("This is done at the stage %(stages)s; the work stands at %(stage)s."),
    "roles-not-held": msg("The person's own organisation does not give these roles: %(roles)s."),
    "other-party": msg("This person belongs to another organisation."),
    "not-an-agent": msg("This is not an AI agent."),
    "not-a-provider": msg("This organisation is not a provider."),
    "login-taken": msg("The login %(login)s is taken."),
    "role-not-of-side": msg("These roles are not for the %(side)s's side: %(roles)s."),
    "agent-not-accepted": msg("An AI agent is accepted by name by the delivery manager."),
    "family-malformed": msg(
        "An agent has a family name such as contract-drafter; nobody else has."
    ),
    "password-short": msg("A password has at least %(shortest)s characters."),
    "name-empty": msg("A name is needed."),
    "name-differs": msg("To sign, type your name as it is registered: %(name)s."),
    "step-up-failed": msg("To sign, give your password again; this one is not yours."),
    "too-many-attempts": msg("Too many attempts; wait %(minutes)s minutes."),
    "form-expired": msg("The form is from an earlier session; send it again."),
    "cursor-malformed": msg("This place in the list is not one of ours."),
    # What was given
    "setting-malformed": msg("The setting %(setting)s cannot be used: %(problem)s."),
    "unknown-argument": msg("%(act)s has no argument %(argument)s."),
    "argument-missing": msg("%(act)s needs the argument %(argument)s."),
    "argument-malformed": msg("%(argument)s cannot be read: %(problem)s."),
    "unknown-currency": msg("The currency %(currency)s is not known."),
    "amount-not-finite": msg("An amount is a number."),
    "fraction-outside": msg("%(field)s lies between 0 and 1, and is %(value)s."),
    "text-unstorable": msg("%(argument)s holds characters that cannot be stored."),
    "amount-outside": msg("%(argument)s has to be from 0 to %(most)s."),
    "number-outside": msg("%(argument)s has to be from %(least)s to %(most)s."),
    "routing-not-set": msg("Nothing says by what people are preferred; set it first."),
    "code-malformed": msg("A code is words in lower case with hyphens."),
    "title-empty": msg("A title is needed."),
    "reason-empty": msg("A reason is needed."),
    "file-unreadable": msg("%(file)s cannot be read: %(problem)s."),
    "file-exists": msg("%(file)s is there already; name another file."),
    "chain-refused": msg("The chain does not do it: %(problem)s."),
    "file-too-large": msg("%(file)s is larger than %(largest)s bytes."),
    "file-empty": msg("%(file)s is empty."),
    "empty-file": msg("%(file)s is empty."),
    "too-large": msg("%(file)s is larger than the limit of %(largest)s."),
    "encrypted": msg("%(file)s is encrypted; bring it without a password."),
    "too-few-witnesses": msg("So many cannot be asked for: %(problem)s."),
    "witness-enrolled": msg("That key is a witness of this log already."),
    "witness-retired": msg("That witness has been retired already."),
    "witness-of-other-side": msg("Only the %(side)s side retires its own witness."),
    "too-many-witnesses": msg("A log has at most %(most)s witnesses."),
    "address-malformed": msg("%(address)s is not an address that checkpoints can be sent to."),
    "witness-ahead": msg("It has cosigned more entries than the log has now: look into it."),
    "witness-unreachable": msg("It does not answer."),
    "witness-unreadable": msg("Its answer is not a cosignature of the checkpoint."),
    "witness-elsewhere": msg("It has cosigned another tree than this log's."),
    "witness-refuses": msg("It refuses to cosign the checkpoint."),
    "key-malformed": msg("That is not a usable key: %(problem)s."),
    "witness-exists": msg("%(folder)s holds a witness already; its key is never made anew."),
    "witness-busy": msg("The witness in %(folder)s is running; stop it first."),
    "witness-damaged": msg(
        "The witness's memory is damaged, and it cosigns nothing until that is put right:"
        " %(problem)s."
    ),
    "address-taken": msg("%(address)s cannot be listened on: %(problem)s."),
    "log-unknown": msg("The witness does not know a log called %(log)s."),
    "unreachable": msg("Nothing answers there: %(problem)s."),
    "unwritable": msg("%(path)s cannot be written: %(reason)s."),
    "unreadable": msg("%(file)s is damaged or not what its name says."),
    "not-utf8": msg("%(file)s is not UTF-8 text."),
    "no-text-layer": msg(
        "%(file)s holds pictures of pages without text; bring it with a text layer."
    ),
    "unsupported-type": msg(
        "%(file)s is of a kind that is not read: bring txt, docx, pdf or html."
    ),
    "file-twice": msg("%(file)s is in the batch already."),
    "not-a-folder": msg("%(file)s is not a folder."),
    "folder-empty": msg("The folder %(file)s holds no files."),
    "engagement-file": msg("%(file)s, line %(line)s, %(key)s: %(problem)s."),
    "column-missing": msg("%(file)s, row %(row)s: the column %(column)s is missing."),
    "not-a-number": msg("%(file)s, row %(row)s: start and seconds are numbers."),
    "row-too-long": msg("%(file)s, row %(row)s has more cells than columns."),
    "row-without-file": msg("%(file)s, row %(row)s names no file."),
    "value-not-json": msg("%(file)s, row %(row)s: the value of %(question)s is not JSON."),
    "quote-not-in-source": msg("%(file)s, row %(row)s: the quote is not in %(input)s."),
    "question-unlisted": msg("%(file)s has no row for %(question)s of %(input)s."),
    "no-person-with-role": msg("%(party)s has nobody with the role %(role)s."),
    # Rows in bulk
    "header-malformed": msg("%(file)s: the first line does not name every column."),
    "column-twice": msg("%(file)s: the column %(column)s is there twice."),
    "digest-malformed": msg("The checksum of %(file)s is not 64 hexadecimal digits."),
    "part-differs": msg("Part %(number)s of %(file)s is not what its checksum says."),
    "part-missing": msg("Part %(number)s comes next."),
    "file-differs": msg("The parts together are not %(file)s: its checksum differs."),
    "import-state": msg("The import is %(state)s."),
    "job-state": msg("This machine work is %(state)s, not parked."),
    "import-open": msg("%(file)s is still being taken in."),
    "format-unknown": msg("%(file)s holds no rows that are read: bring jsonl, csv or xlsx."),
    "row-too-large": msg("%(file)s, line %(line)s is longer than a row may be."),
    "row-not-utf8": msg("%(file)s, line %(line)s, at %(place)s: this is not UTF-8 text."),
    "row-not-json": msg("%(file)s, line %(line)s, at %(place)s: this is not JSON."),
    "row-no-object": msg("%(file)s, line %(line)s: this is JSON, but no object."),
    "row-empty": msg("%(file)s, line %(line)s says nothing."),
    "row-unstorable": msg("%(file)s, line %(line)s holds characters that cannot be stored."),
    "row-malformed": msg("%(file)s, line %(line)s: the quotes do not match."),
    "row-cells": msg("%(file)s, line %(line)s has more or fewer cells than columns (%(place)s)."),
    "row-formula": msg("%(file)s, cell %(place)s holds a formula; bring its value."),
    "row-cell-error": msg("%(file)s, cell %(place)s holds an error."),
    "row-twice": msg("%(file)s, line %(line)s says the same as a row of the batch."),
    # Answers
    "unknown-question": msg("The service does not ask %(question)s."),
    "question-answered-twice": msg("%(question)s is answered twice."),
    "question-twice": msg("A question has two defects; put them into one."),
    "question-unanswered": msg("%(question)s is not answered yet; %(count)s questions are open."),
    "not-an-inspector": msg("Only a reviewer of this engagement can be checked as an inspector."),
    "check-counts": msg(
        "A check has at least one known defect, and no more units right than there were."
    ),
    "question-not-drawn": msg("%(question)s is not in the sample of this item."),
    "value-malformed": msg("The value of %(question)s cannot be read: %(problem)s."),
    "value-not-an-option": msg("%(value)s is not an option of %(question)s."),
    "quote-outside": msg("The quote for %(question)s lies outside the text."),
    "quote-does-not-match": msg("The quote for %(question)s is not what the text says there."),
    "confidence-outside": msg("The confidence of %(question)s lies between 0 and 1."),
    "seconds-outside": msg("The effort for %(question)s is a number of seconds, not negative."),
    "progress-too-large": msg("What was typed is larger than %(largest)s bytes."),
    # Reviews
    "too-many-levels": msg("A review ladder has at most %(most)s levels."),
    "review-share-outside": msg(
        "A share of items is above 0 and at most 1; this one is %(share)s."
    ),
    "work-begun": msg("Work has begun on this line; what was promised of it stands."),
    "under-review": msg("The item is under review; until that is decided nothing changes in it."),
    "review-under-way": msg("Somebody is reviewing the item just now."),
    "nothing-corrected": msg("No answer is corrected; approve the item, or correct one."),
    "clause-not-for-verdict": msg("A clause and a question are cited by a return alone."),
    "answers-not-for-verdict": msg("Answers are given with a correction alone."),
    # Escaped defects
    "already-reported": msg("A defect of this answer was reported before."),
    "quote-not-found": msg("The quote does not stand in the source like this."),
    # Two answers to one item
    "rulings-differ": msg("Decide exactly the questions on which the two differ: %(questions)s."),
    "ruling-unclear": msg(
        "Say which of the two answers to %(question)s stands, or give the right one."
    ),
    # Disputes, questions to the client, effort
    "not-yours": msg("This is for whoever it is about: it is not yours."),
    "not-rework": msg("This is no rework; there is nothing to contest."),
    "client-returned": msg("The client returned it; that is settled between the parties."),
    "already-disputed": msg("This rework was contested before; what was decided stands."),
    "text-empty": msg("Say it in words."),
    "escalation-closed": msg("The question is %(state)s; nothing is open about it."),
    "not-handed-in": msg("This is not handed in; nothing is measured yet."),
    "effort-contested": msg("This effort is contested already."),
    "effort-not-contested": msg("Nobody contests this effort."),
    "effort-outside": msg(
        "Claim other seconds than the %(measured)s measured, and at most a year."
    ),
    # Requirements
    "no-lines": msg("The statement of work has no lines."),
    "defects-undefined": msg("Line %(line)s does not say what a %(severity)s defect is."),
    "no-baseline": msg("Line %(line)s lacks the client's own baseline."),
    "not-signed": msg("The %(side)s has not signed the statement of work."),
    "volume-not-positive": msg("A volume is at least 1."),
    "volume-too-large": msg("A volume is at most %(largest)s."),
    "turnaround-too-long": msg("A turnaround is at most %(longest)s days."),
    "price-too-large": msg("A price is at most %(largest)s."),
    "turnaround-not-positive": msg("A turnaround is at least 1 day."),
    "unit-not-of-shape": msg("The unit %(unit)s does not go with %(shape)s work."),
    "price-negative": msg("A price is not negative."),
    "currency-differs": msg("The engagement is in %(agreed)s, not in %(given)s."),
    "quality-points-crossed": msg("The acceptable quality must be better than the limiting one."),
    "no-severity-counted": msg("At least one severity makes a unit defective."),
    # Selection
    "no-criteria": msg("There are no criteria yet."),
    "weight-not-positive": msg("A weight is at least 1."),
    "criterion-twice": msg("A criterion is there twice."),
    "criterion-malformed": msg("The key %(criterion)s is not words in lower case with hyphens."),
    "delivery-manager-needed": msg("A delivery manager accepts the award, and brings in the team."),
    "weights-not-100": msg("The weights add up to %(total)s instead of 100."),
    "proposals-already-in": msg("Criteria stay as they are once a proposal is in."),
    "fewer-than-two-proposals": msg(
        "There are %(count)s proposals; an award needs two to compare."
    ),
    "not-scored": msg("A proposal is not scored on: %(criteria)s."),
    "no-award": msg("The work is not awarded."),
    "award-not-accepted": msg("The provider has not accepted the award."),
    "award-to-another": msg("The award went to another provider."),
    "already-awarded": msg("The work is awarded already."),
    "justification-short": msg("A direct award needs a justification of %(shortest)s characters."),
    "prices-incomplete": msg("A proposal has a price for every line: %(lines)s."),
    "price-not-in-currency": msg("Prices are in %(agreed)s and not negative."),
    "proposal-already-made": msg("Your organisation has made its proposal."),
    "unknown-criterion": msg("There is no criterion %(criterion)s."),
    "points-outside": msg("Points go from 0 to 100."),
    # Transfer
    "no-guideline": msg("There is no guideline."),
    "clause-empty": msg("A clause has no text."),
    "clause-id-malformed": msg("The clause id %(clause)s is not words in lower case with hyphens."),
    "clause-twice": msg("Two clauses have the same id."),
    "no-bar": msg("The bar for certification is not set."),
    "too-few-control-items": msg("There are %(count)s control items; %(needed)s are needed."),
    "known-answers-incomplete": msg("The known answers lack: %(missing)s."),
    "no-analyst": msg("There is no analyst in the team."),
    "not-certified": msg("%(name)s is not certified for the guideline in force."),
    "certification-under-way": msg("The certification is under way already."),
    "paused": msg(
        "%(name)s is paused because of clauses %(clauses)s; a retraining on the work page, or the "
        "delivery manager, ends it."
    ),
    "already-paused": msg("This person or agent is paused already."),
    "at-work": msg("This person or agent is not paused."),
    "not-a-worker": msg("Only analysts and AI agents can be paused."),
    "reason-missing": msg("A reason is needed, of at most %(longest)s characters."),
    "share-outside": msg("%(field)s is %(value)s; it must lie between 0 and %(most)s."),
    "chart-impossible": msg(
        "The rate of wrong answers in control must be below the one to be found, and the run "
        "between false alarms from 1 to %(longest)s answers; rates too close need too many."
    ),
    # Workforce
    "barred-by-client": msg(
        "An information barrier stands between you and the client; only the "
        "administrator can lift it."
    ),
    "barred-by-adverse-party": msg(
        "An information barrier stands between you and a party on the "
        "other side; only the administrator can lift it."
    ),
    "skill-missing": msg(
        "It takes skills that are not on record: %(skills)s. The administrator records them."
    ),
    "language-missing": msg(
        "It takes languages that are not on record: %(languages)s. The administrator records them."
    ),
    "offered-to-others": msg(
        "They are kept for colleagues for a while; what is left of them is anybody’s then."
    ),
    "clearance-too-low": msg("It takes clearance %(needs)s; on record is %(has)s."),
    "credential-missing": msg("It takes credentials that are not on record: %(credentials)s."),
    "credential-expired": msg(
        "The credential %(credential)s expired at %(at)s; it has to be renewed and recorded."
    ),
    "already-barred": msg("That barrier stands already."),
    "not-barred": msg("There is no such barrier."),
    "reason-too-long": msg("A reason has at most %(most)s characters."),
    "codes-too-many": msg("At most %(most)s %(what)s can be named."),
    "not-a-code": msg(
        "%(value)s in %(what)s is not a code: lower-case letters and digits, "
        "joined by hyphens, parts by points."
    ),
    "clearance-outside": msg("Clearance goes from 0 to %(highest)s."),
    "client-adverse": msg("The client is not a party adverse to itself."),
    # Set-up
    "no-reviewer": msg("There is no reviewer in the team."),
    "duties-not-segregated": msg("The only reviewer is also the only analyst."),
    "calendar-missing": msg("%(name)s has no calendar."),
    "entitlement-undated": msg("%(name)s has no end date of entitlement."),
    "no-quality-plan": msg("Line %(line)s has no quality plan."),
    "no-rate": msg("Line %(line)s has no price on the rate card."),
    "unknown-zone": msg("The time zone %(zone)s is not known."),
    "country-malformed": msg("%(country)s is not a country of two letters (ISO 3166)."),
    "shifts-count": msg("A week has from 1 to %(most)s shifts."),
    "shift-not-in-minutes": msg("Shift %(shift)s begins and ends in whole local minutes."),
    "shifts-overlap": msg("Shifts of weekday %(weekday)s overlap."),
    "holidays-unknown": msg("The public holidays of %(country)s are not known."),
    "closing-days-too-many": msg("A calendar has at most %(most)s closing days of its own."),
    "load-outside": msg("From 1 to %(most)s items can be held at once."),
    "not-absent": msg("No absence is under way or to come."),
    "calendar-ends": msg("The calendar %(calendar)s ends before the work is due; define it anew."),
    "absent": msg("%(name)s is away until %(until)s."),
    "outside-hours": msg("%(name)s works again from %(opens)s (%(calendar)s)."),
    "at-capacity": msg("%(name)s holds %(held)s items, and at most %(most)s at once."),
    "weekdays-outside": msg("Weekdays go from 0 (Monday) to 6."),
    "hours-crossed": msg("Work starts at %(starts)s and ends at %(ends)s: the wrong way round."),
    "period-crossed": msg("The period ends before it begins."),
    "period-too-long": msg("An entitlement lasts at most %(days)s days."),
    # Execution
    "next-action-empty": msg("Say what is to be done next."),
    "text-too-long": msg("What is said of “%(what)s” has at most %(most)s characters."),
    "nobody-to-hand-to": msg("Nobody else on the team may take this item."),
    "handed-to-oneself": msg("An item is handed over to somebody else."),
    "handed-to-another": msg("This was handed over to somebody else."),
    "hand-over-settled": msg("This hand-over is settled already."),
    "not-paused": msg("The clock runs: this pause has ended."),
    "question-open": msg(
        "The clock stands for a question to the client's side: answer or withdraw the question."
    ),
    "effect-not-shown": msg(
        "The effect is not shown yet: %(before)s of %(before_units)s sampled items had such a "
        "defect before and %(after)s of %(after_units)s after; the rate after is at most %(most)s "
        "times that before, with 95 %% confidence, and must be below 1."
    ),
    "action-state": msg("The action is %(state)s, so this cannot be done to it."),
    "whys-outside": msg("Give one to %(most)s whys."),
    "rating-outside": msg("%(field)s is a rating from 1 to 10, not %(value)s."),
    "text-missing": msg("%(field)s needs words, at most %(longest)s characters of them."),
    "due-passed": msg("The time by which it is due has passed already."),
    "screening-open": msg("%(count)s items of the rejected lot wait to be screened."),
    "nothing-to-screen": msg("Only what a rejected sample did not hold can be screened."),
    "already-screened": msg("The lot is screened already in this round."),
    "not-released": msg("The batch is not released for work."),
    "already-released": msg("The batch is released already."),
    "intake-over": msg("Intake is over; open another work order."),
    "nothing-submitted": msg("No item is submitted; a batch of none proves nothing."),
    "nothing-admitted": msg("The batch holds no items."),
    "seed-uncommitted": msg("The %(side)s has not committed its seed."),
    "already-committed": msg("The %(side)s has committed its seed."),
    "commitment-malformed": msg("A commitment is 64 hexadecimal digits."),
    "commitment-copied": msg("This commitment is the other side's; make one of your own."),
    "items-unfinished": msg("%(count)s items are not submitted."),
    "maker-is-checker": msg("Whoever made a thing does not check it."),
    "not-open": msg("Someone else has it, or it is done (%(state)s)."),
    "not-reserved": msg("You have not reserved this item."),
    "reservation-expired": msg("Your reservation has run out; take the item again."),
    "already-submitted": msg("This item is submitted already."),
    "wrong-purpose": msg("This is an item to %(purpose)s."),
    "not-submitted": msg("The item is not submitted (%(state)s)."),
    "unknown-clause": msg("The guideline in force has no clause %(clause)s."),
    # Assurance
    "closing-checkpoint-pending": msg(
        "The closing checkpoint is being made; try again in a moment."
    ),
    "access-lapsed": msg(
        "A document is given out for %(minutes)s minutes after it was opened; open it again."
    ),
    "share-expired": msg("The share would end before it begins; choose a later time."),
    "event-too-long": msg(
        "This says more than fits into one entry of the log (%(kind)s, %(most)s bytes): name"
        " fewer things at once."
    ),
    "line-malformed": msg("A line is not a request: act, document, and what goes with them."),
    "too-many-lines": msg("At most %(most)s requests fit into one body."),
    "checkpoint-pending": msg(
        "The checkpoint that covers it is being made; try again in a moment."
    ),
    "seed-unrevealed": msg("The %(side)s has not opened its seed."),
    "already-revealed": msg("The %(side)s has opened its seed."),
    "nonce-malformed": msg("A nonce is 64 hexadecimal digits."),
    "nonce-differs": msg("This nonce is not the one that the %(side)s committed to."),
    "inspectors-unchecked": msg(
        "The plan is to be corrected for what inspectors miss, and no inspector was checked yet."
    ),
    "inspector-unchecked": msg(
        "The sample's plan does not reckon with you: only inspectors who were checked before the"
        " draw may inspect it."
    ),
    "inspectors-miss-too-much": msg(
        "With inspectors who err so much no sample of the %(lot)s units keeps both risks; check"
        " them on more units, or train them."
    ),
    "own-check": msg("Nobody puts a check of themselves on record."),
    "inspector-asks": msg(
        "Whoever inspects in this engagement does not ask for second inspections: they would know"
        " which ones these are."
    ),
    "reinspections-outside": msg(
        "Between 1 and the %(most)s items inspected once can be inspected a second time."
    ),
    "inspection-pending": msg(
        "The newest inspection is being put into the log; try again in a moment."
    ),
    "no-second-inspector": msg(
        "Nobody else on the team may inspect %(item)s: invite another reviewer who had no part"
        " in it."
    ),
    "sample-not-drawn": msg("The sample is not drawn."),
    "already-drawn": msg("The sample is drawn already."),
    "inspection-open": msg("%(count)s items of the sample are not inspected."),
    "verdict-missing": msg("There is no verdict."),
    "verdict-given": msg("The verdict is given already."),
    "too-many-defectives": msg("%(defective)s units are defective; %(allowed)s are allowed."),
    "rework-open": msg("%(count)s items are in rework."),
    "reinspection-open": msg("%(count)s corrected items are not inspected again."),
    # Acceptance
    "not-delivered": msg("Nothing is delivered."),
    "already-delivered": msg("It is delivered already."),
    "not-accepted": msg("The client has not accepted the delivery."),
    "already-decided": msg("This is decided already (%(state)s)."),
    "no-invoice": msg("There is no invoice."),
    "already-invoiced": msg("It is invoiced already."),
    "returned-count": msg("Name between 1 and %(most)s items to return."),
    "unknown-item": msg("The item %(item)s is not in this delivery."),
    "item-twice": msg("An item is named twice."),
    "change-incomplete": msg("A proposed change has a text and a reason."),
    "change-undecided": msg("A proposed change is not decided."),
    "work-order-open": msg("The work order %(title)s is not closed."),
    "too-many-rounds": msg("The batch was rejected %(most)s times."),
    # Gates and waivers
    "gate-closed": msg("Not yet."),
    "not-gate-owner": msg("The gate of %(gate)s belongs to the %(side)s."),
    "not-waivable": msg("No waiver lifts this: %(codes)s."),
    "waiver-incomplete": msg("A waiver has a reason and a risk owner."),
    "expiry-past": msg("The expiry lies in the past."),
    "countersigner-same-side": msg("A waiver is countersigned by the other side."),
    "already-countersigned": msg("The waiver is countersigned already."),
    "waiver-expired": msg("A waiver that this work relies on has expired."),
    # Calibration
    "calibration-items": msg("A session has 1 to %(most)s different items."),
    "calibration-raters": msg("A session has 2 to %(most)s different raters."),
    "calibration-services": msg("The items of a session ask the same questions."),
    "calibration-state": msg("The session does not stand where this is done."),
    "calibration-empty": msg("Nobody has answered anything yet."),
    "not-a-rater": msg(
        "%(name)s cannot rate: analysts, reviewers and agents who do not manage do."
    ),
    "control-item-kept": msg("This control item is kept for %(use)s; its answers stay secret."),
    "rater-answered": msg("%(name)s had a part in %(item)s already."),
    "rated-before": msg("%(name)s has rated one of these items in an earlier session."),
    "no-difference": msg("On %(question)s of this item nobody differs."),
    "no-such-answer": msg("Nobody gave such an answer to %(question)s."),
    "differences-open": msg("%(count)s differences are not settled."),
    # Services
    "service-twice": msg("Two packages bring the service %(service)s."),
    "service-without-samples": msg("The service %(service)s brings no samples, and is refused."),
    "no-checkout": msg("Benchmarks run from a checkout of the repository only."),
    "unknown-bench": msg("There is no benchmark %(name)s; there are: %(names)s."),
    # What a run waits for
    "sign-scope": msg("must sign the statement of work"),
    "award": msg("must award the work"),
    "accept-award": msg("must accept the award"),
    "certify": msg("must answer the control items"),
    "pass-tollgate": msg("must pass the tollgate"),
    "answer": msg("must answer items"),
    "inspect": msg("must inspect items"),
    "give-verdict": msg("must give the verdict"),
    "decide-change": msg("must decide on a proposed change"),
    "accept-delivery": msg("must accept or return the delivery"),
    "close": msg("must close the engagement"),
}
