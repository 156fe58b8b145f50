"""Quoted words become values, or None where the words do not give one."""

from __future__ import annotations

from datetime import date

import pytest

from outwork_practices.legal.contract_management.normalise import (
    PERPETUAL,
    first_date,
    governing_law,
    longest,
    notice_period,
    renewal_term,
    term_end,
)
from outwork_practices.legal.contract_management.times import (
    Duration,
    durations,
    earlier,
    later,
    number,
    ordinal,
    parsed,
)

START = date(2024, 3, 1)


@pytest.mark.parametrize(
    ("words", "value"),
    [("sixty", 60), ("one hundred and twenty", 120), ("thirty-six", 36), ("many", None)],
)
def test_numbers_in_words(words: str, value: int | None) -> None:
    assert number(words) == value


def test_ordinals() -> None:
    assert [ordinal(w) for w in ("fifteenth", "twenty-first", "3rd", "last")] == [15, 21, 3, None]


@pytest.mark.parametrize(
    ("quote", "iso"),
    [
        ("the 8th day of May 2014", "2014-05-08"),
        ("June 30, 2022", "2022-06-30"),
        ("15th day of January, 2020", "2020-01-15"),
        ("on 1 October 2023", "2023-10-01"),
        ("sometime in May 2014", None),
        ("February 30, 2014", None),
    ],
)
def test_dates(quote: str, iso: str | None) -> None:
    assert first_date([quote]) == iso


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("sixty (60) days", "P60D"),
        ("twelve months", "P1Y"),
        ("eighteen (18) months", "P18M"),
        ("a two-year period", "P2Y"),
        ("2 (two) years", "P2Y"),
        ("two quarters", "P6M"),
    ],
)
def test_durations(text: str, iso: str) -> None:
    assert [length.iso for length in durations(text)] == [iso]


def test_words_rule_over_numerals_and_the_clash_is_kept() -> None:
    (length,) = durations("not less than sixty (90) days")
    assert (length.iso, length.disagrees) == ("P60D", True)
    assert not durations("ninety (90) days")[0].disagrees


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        (date(2020, 2, 29), Duration(0, 0, 10, "Y"), date(2030, 2, 28)),
        (date(2020, 2, 29), Duration(0, 0, 4, "Y"), date(2024, 2, 29)),
        (date(2023, 8, 31), Duration(0, 0, 6, "M"), date(2024, 2, 29)),
        (date(2023, 11, 30), Duration(0, 0, 15, "M"), date(2025, 2, 28)),
        (date(2023, 12, 31), Duration(0, 0, 1, "D"), date(2024, 1, 1)),
        (date(2024, 2, 1), Duration(0, 0, 6, "W"), date(2024, 3, 14)),
    ],
)
def test_calendar_arithmetic(start: date, length: Duration, end: date) -> None:
    assert later(start, length) == end


def test_a_deadline_is_counted_back() -> None:
    assert earlier(date(2025, 3, 31), Duration(0, 0, 1, "M")) == date(2025, 2, 28)
    assert earlier(date(2027, 3, 1), Duration(0, 0, 90, "D")) == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("quote", "end"),
    [
        (
            "continues for an initial term of three (3) years from the Effective Date",
            date(2027, 3, 1),
        ),
        ("shall commence on May 1, 2020 and shall end on April 30, 2029", date(2029, 4, 30)),
        ("until the fifteenth anniversary of the Effective Date", date(2039, 3, 1)),
        ("in effect until the end of the current calendar year", date(2024, 12, 31)),
        ("commencing on 1 June 2020 for a period of twelve months", date(2021, 6, 1)),
        ("continues in perpetuity unless terminated", PERPETUAL),
        ("shall remain in force until terminated by either party", PERPETUAL),
        ("for two (2) years from the Launch Date", None),
        ("until the later of three years and the end of the Project", None),
        ("Either party may terminate upon thirty (30) days' written notice", None),
    ],
)
def test_the_end_of_the_term(quote: str, end: date | str | None) -> None:
    assert term_end([quote], START).value == end


def test_an_end_that_was_computed_says_from_what() -> None:
    end = term_end(["for a term of two (2) years"], START)
    assert (end.start, end.term, end.value) == (START, "P2Y", date(2026, 3, 1))
    assert term_end(["for a term of two (2) years"], None).value is None


@pytest.mark.parametrize(
    ("quote", "value"),
    [
        ("shall renew automatically for successive one (1) year periods", "successive P1Y"),
        ("may renew for one further period of two (2) years", "P2Y"),
        ("renewed for two additional successive terms of five (5) years", "2 successive P5Y"),
        ("shall thereafter continue from month to month", "successive P1M"),
        ("thereafter this Agreement shall continue indefinitely", PERPETUAL),
        ("renews for one (1) year unless 60 days' notice is given", "P1Y"),
        ("is not renewed", None),
    ],
)
def test_renewals(quote: str, value: str | None) -> None:
    assert renewal_term([quote]) == value


@pytest.mark.parametrize(
    ("quote", "value"),
    [
        ("renews for one (1) year unless a party gives ninety (90) days' prior notice", "P90D"),
        ("notice of non-renewal at least six (6) months before the end", "P6M"),
        ("renews for one year", None),
    ],
)
def test_notice_periods(quote: str, value: str | None) -> None:
    assert notice_period([quote]) == value


@pytest.mark.parametrize(
    ("quote", "law"),
    [
        ("governed by the laws of the State of New York", "New York"),
        ("governed by the law of England and Wales; courts of England decide", "England and Wales"),
        ("laws of the Province of Ontario and the federal laws of Canada", "Ontario, Canada"),
        ("governed by Singapore law", "Singapore"),
        ("governed by the laws of Texas; arbitration shall be held in Florida", "Texas"),
        ("under the laws of the People's Republic of China", "People's Republic of China"),
        ("laws of Illinois, except that the laws of Ohio apply to title", "Illinois; Ohio"),
        ("the laws applicable to it", None),
    ],
)
def test_governing_law(quote: str, law: str | None) -> None:
    assert governing_law([quote]) == law


def test_the_longest_warranty() -> None:
    assert longest(["for ninety (90) days", "parts for two years"]) == "P2Y"
    assert longest(["a fair time"]) is None


def test_only_durations_are_parsed() -> None:
    assert [parsed(text) is not None for text in ("P60D", "P2Y", "60 days", "P0D")] == [
        True, True, False, False,
    ]  # fmt: skip
