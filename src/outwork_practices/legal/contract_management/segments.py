"""From a contract's text to its units: sentences or list items, with offsets and their heading.

Annotators of contracts mark sentences and items of lists, so these are what a classifier scores.
Offsets are code points of the text given; units are in order and do not overlap.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_UNIT = 2500  # code points; beyond it a "sentence" is a table or a page without punctuation

_BREAK = re.compile(r"\n(?:[ \t\r\f]*\n)*[ \t\r\f]*")
_END = re.compile(r"""([.?!;])(['"\u201d\u2019)\]]{0,3})\s+(?=[A-Z0-9("\u201c\u2018'\[])""")
_LIST = re.compile(
    r"(?<=[;,:.]) +(?=\((?:[a-z]|[ivx]{1,4}|\d{1,2})\) )| {3,}(?=\(?[a-z0-9]{1,3}[.)] )"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:Inc|Co|Corp|Ltd|No|Nos|Sec|Art|Mr|Ms|Mrs|Dr|Jr|Sr|St|Ste|Ave|Blvd|Rd|vs?|L\.L\.C|"
    r"L\.P|U\.S|U\.S\.A|N\.A|S\.A|N\.V|B\.V|i\.e|e\.g|etc|al|Attn|Tel|Fax|Reg|Ph\.D|P\.O|cf|"
    r"a\.m|p\.m|hereinafter|approx)|(?:^|[\s(\"\u201c])(?:[A-Za-z]|[ivxIVX]{1,5}|\d{1,3}(?:\.\d{1,3}){0,4}))$"
)
_NUMBERED = re.compile(
    r"\s*(?:(?:ARTICLE|Article|SECTION|Section)\s+[\dIVXLA-Z]+(?:\.\d+)*|\(?\d{1,3}(?:\.\d{1,3}){0,4}[.)]?"
    r"|\(?[a-zA-Z][.)]|\(?[ivxIVX]{1,5}[.)])[.:\s-]*"
)
_TITLE_END = re.compile(r"[.:]|\s-+\s|\u2014")


@dataclass(frozen=True, slots=True)
class Unit:
    """text[start:end], the paragraph it belongs to, and the heading it stands under."""

    start: int
    end: int
    paragraph: int
    heading: str


def paragraphs(text: str) -> list[tuple[int, int]]:
    """(start, end) of each paragraph; a break inside a running sentence does not end one.

    A blank line ends a paragraph unless the text before has no end mark and the text after goes on
    in lower case (a page break inside a sentence). A single newline ends one only where the line
    before looks finished: it is short, or ends with an end mark and the next begins afresh.
    """
    found: list[tuple[int, int]] = []
    start = line = 0
    for match in _BREAK.finditer(text):
        stop = match.start()
        while stop > start and text[stop - 1] in " \t\r\f":
            stop -= 1
        before, after = text[stop - 1 : stop], text[match.end() : match.end() + 1]
        blank = match.group().count("\n") > 1
        running = before not in ".;:?!" and after.islower()
        finished = before in ".;:?!" or stop - line < 60
        line = match.end()
        if running or not (blank or (finished and not after.islower())):
            continue
        if stop > start:
            found.append((start, stop))
        start = match.end()
    end = len(text.rstrip())
    if end > start:
        found.append((start, end))
    return found


def _sentence_ends(text: str, start: int, end: int) -> list[int]:
    """Offsets at which a new unit begins inside the paragraph text[start:end]."""
    cuts: list[int] = []
    for match in _END.finditer(text, start, end):
        if match.group(1) == "." and not match.group(2):
            head = text[max(start, match.start() - 14) : match.start()]
            if _ABBREVIATION.search(head):
                continue
        cuts.append(match.end())
    return cuts


def _pieces(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The paragraph cut into sentences; one of fewer than four words joins the next."""
    edges = [start, *_sentence_ends(text, start, end), end]
    pieces: list[tuple[int, int]] = []
    at = start
    for edge in edges[1:]:
        if edge != end and len(text[at:edge].split()) < 4:
            continue
        pieces.append((at, edge))
        at = edge
    cut: list[tuple[int, int]] = []
    for a, b in pieces:
        while b - a > MAX_UNIT:
            space = text.rfind(" ", a + MAX_UNIT // 2, a + MAX_UNIT)
            middle = space + 1 if space > 0 else a + MAX_UNIT
            cut.append((a, middle))
            a = middle
        cut.append((a, b))
    return cut


def _heading(text: str, start: int, end: int) -> str:
    """The title that a paragraph carries: a short line, or the first words of a numbered clause."""
    line = text[start : min(end, start + 120)]
    number = _NUMBERED.match(line)
    rest = line[number.end() :] if number else line
    if end - start <= 80 and not rest.rstrip().endswith((";", ",")):
        return rest.strip(" .:\n") if rest[:1].isupper() else ""
    stop = _TITLE_END.search(rest)
    if number and stop and stop.start() <= 60 and rest[:1].isupper():
        return rest[: stop.start()].strip()
    return ""


def units(text: str) -> list[Unit]:
    """The text's units in order, blanks at their edges trimmed; empty for a blank text."""
    found: list[Unit] = []
    heading = ""
    for number, (start, end) in enumerate(paragraphs(text)):
        heading = _heading(text, start, end) or heading
        for a, b in _pieces(text, start, end):
            while a < b and text[a].isspace():
                a += 1
            while b > a and text[b - 1].isspace():
                b -= 1
            if b > a:
                found.append(Unit(a, b, number, heading))
    return found
