"""Names of jurisdictions as contracts write them, and the names that answers use."""

from __future__ import annotations

from typing import Final

_US: Final = """Alabama; Alaska; Arizona; Arkansas; California; Colorado; Connecticut; Delaware;
District of Columbia; Florida; Georgia; Hawaii; Idaho; Illinois; Indiana; Iowa; Kansas; Kentucky;
Louisiana; Maine; Maryland; Massachusetts; Michigan; Minnesota; Mississippi; Missouri; Montana;
Nebraska; Nevada; New Hampshire; New Jersey; New Mexico; New York; North Carolina; North Dakota;
Ohio; Oklahoma; Oregon; Pennsylvania; Puerto Rico; Rhode Island; South Carolina; South Dakota;
Tennessee; Texas; Utah; Vermont; Virginia; Washington; West Virginia; Wisconsin; Wyoming"""
_CANADA: Final = """Alberta; British Columbia; Manitoba; New Brunswick; Newfoundland and Labrador;
Nova Scotia; Ontario; Prince Edward Island; Quebec; Saskatchewan"""
_AUSTRALIA: Final = """New South Wales; Queensland; South Australia; Tasmania; Victoria;
Western Australia"""
_COUNTRIES: Final = """Argentina; Armenia; Australia; Austria; Bahamas; Bahrain; Bangladesh;
Barbados; Belgium; Bermuda; Brazil; British Virgin Islands; Bulgaria; Cambodia; Canada;
Cayman Islands; Chile; Colombia; Costa Rica; Croatia; Cyprus; Czech Republic; Denmark;
Dominican Republic; Ecuador; Egypt; England; Estonia; Finland; France; Germany; Gibraltar; Greece;
Guernsey; Hong Kong; Hungary; Iceland; India; Indonesia; Ireland; Isle of Man; Israel; Italy;
Jamaica; Japan; Jersey; Jordan; Kazakhstan; Kenya; Kuwait; Latvia; Lebanon; Liechtenstein;
Lithuania; Luxembourg; Macau; Malaysia; Malta; Marshall Islands; Mauritius; Mexico; Monaco; Morocco;
Netherlands; New Zealand; Nigeria; Northern Ireland; Norway; Oman; Pakistan; Panama; Peru;
Philippines; Poland; Portugal; Qatar; Romania; Russia; Saudi Arabia; Scotland; Senegal; Serbia;
Singapore; Slovakia; Slovenia; South Africa; South Korea; Spain; Sri Lanka; Sweden; Switzerland;
Taiwan; Thailand; Tunisia; Turkey; Ukraine; United Arab Emirates; Uruguay; Venezuela; Vietnam;
Wales"""
_SPOKEN: Final = {
    "Commonwealth of Massachusetts": "Massachusetts",
    "England and Wales": "England and Wales",
    "England & Wales": "England and Wales",
    "English law": "England",
    "Great Britain": "United Kingdom",
    "Korea": "South Korea",
    "Republic of Korea": "South Korea",
    "P.R. China": "People's Republic of China",
    "PR China": "People's Republic of China",
    "PRC": "People's Republic of China",
    "China": "People's Republic of China",
    "People's Republic of China": "People's Republic of China",
    "Peoples' Republic of China": "People's Republic of China",
    "Republic of China": "Taiwan",
    "Russian Federation": "Russia",
    "The Netherlands": "Netherlands",
    "Dutch law": "Netherlands",
    "French law": "France",
    "German law": "Germany",
    "Irish law": "Ireland",
    "Swiss law": "Switzerland",
    "Israeli law": "Israel",
    "Japanese law": "Japan",
    "Norwegian law": "Norway",
    "Swedish law": "Sweden",
    "United Kingdom": "United Kingdom",
    "Québec": "Quebec, Canada",
}  # fmt: skip


def _names(listed: str, suffix: str = "") -> dict[str, str]:
    return {name: name + suffix for name in (" ".join(n.split()) for n in listed.split(";"))}


#: Spelling in contracts -> name in answers.
JURISDICTIONS: Final[dict[str, str]] = (
    _names(_COUNTRIES)
    | _names(_US)
    | _names(_CANADA, ", Canada")
    | _names(_AUSTRALIA, ", Australia")
    | _SPOKEN
)
