"""Words that give a clause away: strong ones nearly prove it, loose ones are the least it must say.

A strong cue found in a document that is said to lack the clause raises a doubt; a quote without a
single loose cue is hardly the clause it is said to be. Categories whose strong cues were right in
fewer than three of five documents of the drafter's training data have none: exceptions, price,
volume, disparagement and uncapped liability are too varied for a formula.
"""

from __future__ import annotations

import re
from typing import Final

_N: Final = r"\b(?:not|neither|nor|no)\b"
_LICENCE: Final = r"licen[sc]e"
_AFFILIATES: Final = r"(?:affiliates|subsidiaries|affiliated companies)"

# A blank matches any white space; ~ stands for up to 120 characters of one sentence, ~~ for 240.
_STRONG: Final = {
    "most-favored-nation": r"most favou?red (?:nation|customer|licensee|pric)"
    r"|sells?~to another~at a lower price|grants? any other customer~lower fees",
    "non-compete": rf"{_N}~~(?:compet(?:es?|ing) with|in competition with"
    r"|competing (?:product|busi))"
    r"|(?:shall|will) not own, operate or have an interest in",
    "exclusivity": r"(?<!non-)(?<!non\x20)(?:sole and |its |as the )exclusive "
    r"(?:distributor|reseller|agent"
    r"|supplier|provider|dealer|sponsor|right to (?:sell|distribute|market))"
    r"|is the only sponsor|not accept~from any other|promotion with any other",
    "no-solicit-of-customers": rf"{_N}~solicit (?:\w+ ){{0,8}}(?:customers?|clients?)\b",
    "no-solicit-of-employees": rf"{_N}~(?:solicit|hire|recruit|entice)~"
    r"(?:employees?|personnel|staff)\b",
    "termination-for-convenience": r"may~(?:terminate|cancel|end)~(?:without cause|for convenience"
    r"|with or without cause|(?:for|without) any (?:or no )?reason)",
    "rofr-rofo-rofn": r"first refusal|right of first (?:offer|negotiation)"
    r"|first offer them|first negotiate with",
    "change-of-control": r"(?:terminate|consent|end this|assignment)~(?:change (?:of|in) control"
    r"|majority of the voting)|(?:change (?:of|in) control|cease to control|gains control)"
    r"~(?:terminate|consent|end this|assignment)",
    "anti-assignment": rf"(?:{_N}|personal)~(?:assign|transfer)~"
    r"(?:consents?\b|approval|written agreement|permission)",
    "revenue-profit-sharing": r"royalty of|(?:per ?cent|percent|%)(?: \([^)]*\))? of"
    r"~(?:gross sales|net sales|revenues?|receipts|profits|fees)\b"
    r"|profits~shall be shared",
    "minimum-commitment": r"(?:shall|agrees to|must) (?:order|purchase|buy|license)~"
    r"(?:minimum|at least|not fewer than|not less than|no less than)"
    r"|minimum (?:annual )?(?:purchase|order|commitment|quantit)",
    "ip-ownership-assignment": r"hereby (?:irrevocably )?(?:assigns|transfers and assigns)"
    r"|works? made for hire|vests in",
    "joint-ip-ownership": r"jointly own|owned jointly|joint owners|co-own|belong to~jointly",
    "license-grant": rf"\bgrants?~{_LICENCE}",
    "non-transferable-license": rf"non-?transferable~{_LICENCE}|{_LICENCE}~non-?transferable",
    "affiliate-license-licensor": rf"itself and~{_AFFILIATES}~grants",
    "affiliate-license-licensee": rf"grants? to~and its {_AFFILIATES}~{_LICENCE}",
    "unlimited-all-you-can-eat-license": r"unlimited number of (?:users|authori[sz]ed users|copies)"
    r"|enterprise-wide",
    "irrevocable-or-perpetual-license": rf"(?:perpetual|irrevocable)~{_LICENCE}",
    "source-code-escrow": r"source (?:code|materials)~escrow|escrow~source (?:code|materials)",
    "post-termination-services": r"(?:after|on|upon|following|when)~(?:expir|terminat|\bends?\b)~~"
    r"(?:transition|sell-off|stock of|wind-down|continue to s|supply the"
    r"|continue (?:[\w-]+ ){0,2}support"
    r"|export)",
    "audit-rights": r"\b(?:may|right|allow|permit)~(?:audit|inspect|examine)\w*~"
    r"(?:books|records|premises|systems)",
    "cap-on-liability": r"liabilit(?:y|ies)~~(?:not exceed|limited to)|liability~shall exceed",
    "liquidated-damages": r"liquidated damages|termination fee",
    "warranty-duration": r"warrant(?:s|ed|y)?\b~~(?:for|period of) (?:a period of )?"
    r"[\w -]{1,20}(?:\(\d+\) )?(?:days|months|years?)\b",
    "insurance": r"(?:maintain|carry|hold|obtain|procure)~~insurance",
    "covenant-not-to-sue": rf"{_N}~(?:contest|challenge)~(?:validity|ownership|title)",
    "third-party-beneficiary": r"(?<!no\x20)(?<!any\x20)intended third[- ]party beneficiar"
    r"|although not a party, may enforce",
}  # fmt: skip

_LOOSE: Final = {
    "most-favored-nation": r"favou?r|lower|better|best|less|equal|same|discount|most",
    "competitive-restriction-exception": r"except|other than|notwithstanding|not|unless|may|permit"
    r"|provided|nothing|only|subject",
    "non-compete": r"compet|engag|similar|restrict|business|market|own|operat|sell|develop|licen",
    "exclusivity": r"exclusiv|sole|only|other|third part|require|from",
    "no-solicit-of-customers": r"solicit|customer|client|divert|contact|account|contract|market"
    r"|provider|approach|interfere",
    "no-solicit-of-employees": r"employ|personnel|staff|hire|solicit|recruit|engage|entice",
    "non-disparagement": r"disparag|derogat|denigrat|disrepute|reputation|goodwill|image|critic"
    r"|negative|unfavou?rabl|detriment|defam|adverse",
    "termination-for-convenience": r"terminat|cancel|\bend|notice|discontinu|withdraw",
    "rofr-rofo-rofn": r"first|offer|refus|negotiat|option|match|right",
    "change-of-control": r"control|merge|acqui|substantially|sale|sell|ownership|stock|shares"
    r"|consolidat|assign|transfer|successor",
    "anti-assignment": r"assign|transfer|delegat|successor|sublicens|convey|dispos|novat|sell"
    r"|subcontract|consent|permit",
    "revenue-profit-sharing": r"royalt|%|per ?cent|share|commission|revenue|profit|proceeds|fee"
    r"|pay|paid|split|sales",
    "price-restrictions": r"price|pricing|fee|rate|charge|cost|increase|discount|amount|pay",
    "minimum-commitment": r"minimum|least|fewer|less|purchase|order|quantit|commit|guarant"
    r"|pay|require",
    "volume-restriction": r"exceed|excess|limit|maximum|more|up to|additional|threshold|over"
    r"|number|further|per\b|only|each",
    "ip-ownership-assignment": r"assign|own|title|vest|property|hire|belong|transfer|convey|right",
    "joint-ip-ownership": r"joint|co-own|shared?|both|each|equal|together|parties",
    "license-grant": r"licen|grant|right|permi|use|authori",
    "non-transferable-license": r"transfer|assign|sublicens|personal|licen",
    "affiliate-license-licensor": r"affiliat|subsidiar|group|parent|related|itself|compan|licensor",
    "affiliate-license-licensee": r"affiliat|subsidiar|group|parent|related|compan|member|sublicens"
    r"|partner|entit|unit|part(?:y|ies)",
    "unlimited-all-you-can-eat-license": r"unlimited|enterprise|any number|without limit|as many"
    r"|\ball\b|unrestricted|any\b|no limit|multiple",
    "irrevocable-or-perpetual-license": r"perpet|irrevoc|forever|surviv|terminat|permanent"
    r"|indefinit|expir|revo|term\b|duration",
    "source-code-escrow": r"escrow|deposit|source|release",
    "post-termination-services": r"terminat|expir|after|surviv|\bend|following|thereafter|cease"
    r"|remain|continu|cancel|period|upon|beyond",
    "audit-rights": r"audit|inspect|examin|book|record|review|access|verif|visit|account|report",
    "uncapped-liability": r"limit|except|not apply|unlimited|gross|wil+ful|indemn|fraud|liab|breach"
    r"|damages|notwithstanding",
    "cap-on-liability": r"liab|exceed|limit|maximum|damages|claim|recover|amount|year|month|remed",
    "liquidated-damages": r"liquidat|fee|damages|pay|amount|penalt|sum|charge|refund|forfeit"
    r"|reimburs|cost|compensat|liable",
    "warranty-duration": r"warrant|defect|conform|guarant|repair|replac|free|\bday|month|year"
    r"|correct|accept|inspect",
    "insurance": r"insur|polic|coverage|workers",
    "covenant-not-to-sue": r"contest|challeng|\bsue|claim|attack|disput|oppos|valid|assert"
    r"|interfer|impair|waiv|releas|action|registr|own|adverse|object|question|property|title",
    "third-party-beneficiary": r"benefi|enforc|third|person|indemn|inure",
}  # fmt: skip


def _compiled(pattern: str) -> re.Pattern[str]:
    # Two gaps in a row would be tried in every way of sharing the characters between them.
    spaced = pattern.replace(" ", r"\s+").replace("~~", r"[^.;]{0,240}")
    return re.compile(spaced.replace("~", r"[^.;]{0,120}"), re.IGNORECASE)


STRONG: Final = {key: _compiled(pattern) for key, pattern in _STRONG.items()}
LOOSE: Final = {key: _compiled(pattern) for key, pattern in _LOOSE.items()}
_POINT: Final = re.compile(r"(?<=\d)\.(?=\d)")


def prepared(text: str) -> str:
    """The text, equally long, in which the point of "Section 8.1" does not end a sentence."""
    return _POINT.sub("·", text)
