"""The guideline of contract abstraction: one clause a question, and clauses that hold for all.

Each clause says what counts, what does not, and the form of the value. Its id is the key of the
question, or begins with "general-".
"""

from __future__ import annotations

from typing import Final

from outwork.vocabulary import Clause

_GENERAL: Final = {
    "general-quoting": ("Quoting", """Quote the words that decide the answer, exactly as the
document has them, from the first word of the sentence to its last; where only a part of a long
sentence decides, quote that part. Quote every passage that decides, each once. Do not mend
spelling, spacing or line breaks: the quote must equal the source at its offsets."""),
    "general-absence": ("Absence", """Answer "no" (or leave the value empty) only after looking
through the whole document, including schedules. A heading without a rule, a definition that no
rule uses, and a sentence that denies the matter ("there are no third-party beneficiaries") are
absence. Where the clause is there but its value cannot be worked out from this document, leave the
value empty and quote the clause."""),
    "general-amendments": ("Amendments", """An amendment is a document of its own, and its answers
are the terms that it states. Where the batch holds an amendment of the agreement in hand, the
agreement's answers are the terms as amended; quote the amended words if the document shows them.
A recital that an amendment exists changes nothing by itself."""),
    "general-values": ("Form of values", """Dates are YYYY-MM-DD. Durations are P and a number with
Y, M, W or D: two years is P2Y, sixty days P60D, twelve months P1Y. Days are not converted into
months. Where words and numerals disagree, the words rule and a defect is noted."""),
}  # fmt: skip

_QUESTIONS: Final = {
    "document-name": ("Document name", """The title that the document gives itself, on its first
page or in its opening words, in its own capitals. A letter without a title has none: the subject
line is not one. Leave out the parties' names and the words "by and between"."""),
    "parties": ("Parties", """One row for each person or company that is bound, with its full name
as in the opening and the short name that the document defines for it, without "the". Signatories
for a company are not parties; neither are guarantors of others' debts unless they sign. A form
that names nobody has no parties."""),
    "agreement-date": ("Agreement date", """The date that the document bears: "dated", "made on",
"entered into as of". If it bears none, the date of the last signature. Blanks left for a day or
month mean that there is no date."""),
    "effective-date": ("Effective date", """The date from which the terms bind, if the document
states or defines one; where it says "as of the date first written above", that date. Do not
repeat the agreement date where the document says nothing about taking effect."""),
    "expiration-date": ("Expiration date", """The day on which the initial term ends, leaving
renewals and early termination aside. A term of years or months is counted from the date that the
clause names, and ends on the same day of the month (three years from 1 March 2024 is 2027-03-01),
or on the last day of a shorter month. Answer "perpetual" where the document says that it lasts
for ever or until terminated. Quote the clause even if the date cannot be worked out."""),
    "renewal-term": ("Renewal term", """How long each renewal lasts after the initial term, whether
it comes by itself or on a party's notice. Write "successive P1Y" where it repeats without end,
"2 successive P5Y" where it repeats a stated number of times, "P3Y" where it happens once, and
"perpetual" where the term simply runs on."""),
    "notice-period-to-terminate-renewal": ("Notice to prevent renewal", """How long before the end
of the term a party must say that it does not want the renewal. A notice period for termination at
any other time belongs to termination for convenience."""),
    "governing-law": ("Governing law", """The state or country whose law governs the document, by
its usual name and without "the State of": Delaware; England and Wales; Ontario, Canada. Where
several govern, part them by semicolons. The place of courts or arbitration is not governing
law."""),
    "most-favored-nation": ("Most favored nation", """Yes if a buyer or licensee must be given terms
as good as those that a third party gets. A promise to match a competitor's offer counts; a general
discount schedule does not."""),
    "competitive-restriction-exception": ("Exceptions to competitive restrictions", """Yes if the
document carves something out of its non-compete, its exclusivity or its ban on soliciting
customers: named customers, existing business, passive holdings. Without such a restriction there
is no exception."""),
    "non-compete": ("Non-compete", """Yes if a party may not compete with the other, or may not work
in a field, area or technology, during the term or after. Duties of confidence are not a
non-compete."""),
    "exclusivity": ("Exclusivity", """Yes if a party must deal only with the other: sole
appointments, a duty to buy all needs from one seller, a promise not to sell, license or work with
others in some field. "Non-exclusive" and an exclusive jurisdiction are not exclusivity."""),
    "no-solicit-of-customers": ("No solicitation of customers", """Yes if a party may not approach,
contract with or take away the other's customers or partners, during the term or after."""),
    "no-solicit-of-employees": ("No solicitation of employees", """Yes if a party may not approach
or hire the other's employees or contractors. An exception for general advertisements does not
change the answer."""),
    "non-disparagement": ("Non-disparagement", """Yes if a party may not speak ill of the other, its
products or its people. A duty to use trademarks in good taste is not enough."""),
    "termination-for-convenience": ("Termination for convenience", """Yes if a party may end the
document by notice alone, without a breach or other event. Refusing a renewal is not termination
for convenience."""),
    "rofr-rofo-rofn": ("First refusal, offer or negotiation", """Yes if a party has the first right
to match, receive or negotiate an offer for shares, assets, products, territory or a further
contract."""),
    "change-of-control": ("Change of control", """Yes if a merger, a sale of shares or of
substantially all assets, or an assignment by law gives the other party a right to end the document
or to consent or be told. Note that an anti-assignment clause alone does not say this."""),
    "anti-assignment": ("Anti-assignment", """Yes if a party needs consent or must give notice to
assign the document or its rights. A clause that lets both assign freely is "no"."""),
    "revenue-profit-sharing": ("Revenue or profit sharing", """Yes if a party must pay the other a
share of revenue or profit: royalties on sales, commissions, a split of profits. A fixed fee is not
a share."""),
    "price-restrictions": ("Price restrictions", """Yes if a party's freedom to raise or lower its
prices is limited: a ceiling, an index, a freeze, a minimum interval. Notice of a new price alone
is not a limit."""),
    "minimum-commitment": ("Minimum commitment", """Yes if a party must buy, order, license or pay a
least quantity or amount in a period. A target or forecast without consequence is not a
commitment."""),
    "volume-restriction": ("Volume restriction", """Yes if use above a threshold costs more, needs
consent or is barred: call-outs, users, storage, transactions."""),
    "ip-ownership-assignment": ("Assignment of intellectual property", """Yes if intellectual
property that one party makes becomes the other's, at once or on some event. Words of present
assignment ("hereby assigns"), of vesting and of works made for hire all count. A statement that
each keeps its own does not."""),
    "joint-ip-ownership": ("Joint ownership of intellectual property", """Yes if intellectual
property belongs to the parties together, whatever the shares."""),
    "license-grant": ("License grant", """Yes if one party licenses intellectual property to the
other, including marks and access to hosted software where a license is given in words. An end
user license that one party is to grant to its customers is not a grant between the parties."""),
    "non-transferable-license": ("Non-transferable license", """Yes if a license between the parties
may not be transferred. Quote the grant that carries the word, or the clause that forbids transfer
of the license."""),
    "affiliate-license-licensor": ("License by the licensor's affiliates", """Yes if affiliates of
the licensor grant the license too, or if it extends to their intellectual property."""),
    "affiliate-license-licensee": ("License to the licensee's affiliates", """Yes if the grant runs
to affiliates of the licensee as well. A right to sublicense to affiliates counts."""),
    "unlimited-all-you-can-eat-license": ("Unlimited license", """Yes if use is open without limit
of users, sites, copies or amount for one price. "Unlimited liability" has nothing to do with
it."""),
    "irrevocable-or-perpetual-license": ("Irrevocable or perpetual license", """Yes if a license
between the parties is irrevocable or perpetual or both. A perpetual duty of confidence is not a
license."""),
    "source-code-escrow": ("Source code escrow", """Yes if source code must be deposited with a
third party for release to the other in stated events. Quote both duty and events."""),
    "post-termination-services": ("Duties after termination", """Yes if a party must do something
substantial after the end: help in transition, sell-off, supply of spare parts, winding down,
final payments under a rule of their own. A bare list of surviving clauses, and the return of
confidential information, are not enough."""),
    "audit-rights": ("Audit rights", """Yes if a party may inspect the other's books, records,
systems or premises to see whether the document is kept. The duty to keep records alone is not
an audit right."""),
    "uncapped-liability": ("Uncapped liability", """Yes if some liability is without limit, or is
taken out of the cap: breach of confidence, infringement, gross negligence, indemnities. Quote the
exception, not the cap. What the law itself does not allow to be limited is no agreed
exception."""),
    "cap-on-liability": ("Cap on liability", """Yes if liability is limited to an amount, to a
formula or to a time for bringing claims. An exclusion of indirect loss alone is not a cap."""),
    "liquidated-damages": ("Liquidated damages", """Yes if a sum, or a formula for one, is agreed in
advance for a breach, a delay or an early end, including termination fees. Interest on late
payment and service credits against the fee are not."""),
    "warranty-duration": ("Warranty duration", """How long a warranty against defects in goods,
software or work lasts, as a duration. Where several last differently, the longest. Leave the value
empty and quote the clause where there is such a warranty without a stated time; answer absent
where there is none."""),
    "insurance": ("Insurance", """Yes if a party must keep insurance for the other's benefit or
reassurance. Insurance of goods in transit under a trade term alone does not count."""),
    "covenant-not-to-sue": ("Covenant not to sue", """Yes if a party may not contest the other's
intellectual property, or gives up claims that have nothing to do with the document. A release of
claims under the document is not enough."""),
    "third-party-beneficiary": ("Third-party beneficiary", """Yes if someone who is not a party may
enforce a term. A statement that nobody may is "no"; an indemnity that covers officers without a
right to enforce is "no" as well."""),
}  # fmt: skip

GUIDELINE: Final[tuple[Clause, ...]] = tuple(
    Clause(id=key, title=title, text=" ".join(text.split()))
    for key, (title, text) in (_GENERAL | _QUESTIONS).items()
)
