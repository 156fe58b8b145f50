"""Dates as contracts write them."""

from __future__ import annotations

import pytest

from outwork_practices.legal.contract_management import dates


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("made as of May 8, 2014 by", "2014-05-08"),
        ("the 8th day of May 2014", "2014-05-08"),
        ("this 8th day of May, 2014", "2014-05-08"),
        ("as of 1st January, 2019", "2019-01-01"),
        ("on 5/8/14", "2014-05-08"),
        ("on 5/8/1998", "1998-05-08"),
        ("on 5/8/98", "1998-05-08"),
        ("on 25.12.2010 at", "2010-12-25"),
        ("12-23-2019", "2019-12-23"),
        ("2014-05-08", "2014-05-08"),
        ("14t h day of April, 2015", "2015-04-14"),
        ("April. 1st 2019", "2019-04-01"),
        ("(1st)  day of January, 1996", "1996-01-01"),
        ("this first day of July, 2017", "2017-07-01"),
        ("Sept. 3, 2001", "2001-09-03"),
        ("3 March 2001", "2001-03-03"),
        ("20 March day of 1998", "1998-03-20"),
        ("February 30, 2001", None),
        ("the ____ day of March, 2001", None),
        ("March __, 2001", None),
        ("Section 5.2.11 applies", None),
        ("nothing here", None),
    ],
)
def test_normalises(text: str, iso: str | None) -> None:
    assert dates.normalise(text) == iso


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("as of the ____ day of March, 2001 by", "____ day of March, 2001"),
        ("dated as of ____________, 2015 (the", "____________, 2015"),
        ("dated as of June , 2010 (the", "June , 2010"),
        ("made the 8th day of May 2014.", "8th day of May 2014"),
    ],
)
def test_finds_the_place(text: str, quote: str) -> None:
    [found] = dates.find(text)
    assert text[found.start : found.end] == quote


def test_offsets_are_of_the_whole_text() -> None:
    text = "é" * 10 + " on May 8, 2014 and June 9, 2015"
    second = dates.find(text, 20)[-1]
    assert text[second.start : second.end] == "June 9, 2015"


def test_version_numbers_and_money_are_no_dates() -> None:
    assert dates.find("pay 1,000 under 10.2.1 for 12 months in 2014") == []
