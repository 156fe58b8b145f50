"""Units of a contract and their headings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from outwork_practices.legal.contract_management.segments import MAX_UNIT, units

TEXT = (
    "SAMPLE SUPPLY AGREEMENT\n\n"
    'This Agreement is made by Alder Works, Inc. ("Alder") and Birch Ltd. ("Birch"). It binds both.'
    "\n\n5.2 Term. This Agreement runs for two years. It then ends unless renewed by\n\n"
    "written consent of both parties.\n\n(a) first item of the list; and\n\n(b) second item."
)


def quotes(text: str) -> list[str]:
    return [text[u.start : u.end] for u in units(text)]


def test_sentences_are_units_and_abbreviations_do_not_end_them() -> None:
    found = quotes(TEXT)
    assert (
        'This Agreement is made by Alder Works, Inc. ("Alder") and Birch Ltd. ("Birch").' in found
    )
    assert "5.2 Term. This Agreement runs for two years." in found


def test_a_sentence_goes_on_across_a_page_break() -> None:
    assert any(q.startswith("It then ends") and q.endswith("both parties.") for q in quotes(TEXT))


def test_units_carry_their_heading() -> None:
    heading = {TEXT[u.start : u.end][:8]: u.heading for u in units(TEXT)}
    assert heading["5.2 Term"] == "Term"
    assert heading["SAMPLE S"] == "SAMPLE SUPPLY AGREEMENT"


def test_single_newlines_wrap_lines_or_end_paragraphs() -> None:
    wrapped = (
        "This clause goes on over the end of its line because the page is narrow and\n"
        "it ends here.\nNext clause."
    )
    assert quotes(wrapped) == [wrapped.split("\nN")[0], "Next clause."]


def test_a_text_without_sentences_is_cut() -> None:
    text = "word " * 3000
    assert max(u.end - u.start for u in units(text)) <= MAX_UNIT


def test_blank_texts_have_no_units() -> None:
    assert units("") == units(" \n\n\t") == []


@given(st.text(alphabet='aB .;:\n\t("1\u201d\u00e9', max_size=400))
def test_units_are_ordered_disjoint_and_keep_every_word(text: str) -> None:
    found = units(text)
    edges = [edge for u in found for edge in (u.start, u.end)]
    assert edges == sorted(edges)
    assert "".join("".join(text[u.start : u.end].split()) for u in found) == "".join(text.split())
