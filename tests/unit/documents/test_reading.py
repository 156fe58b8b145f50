"""Files become one canonical text, or are refused with a stable code and their name."""

from __future__ import annotations

import hashlib
import io
import zipfile

import docx
import pytest
import typst
from docx.oxml import parse_xml

from outwork.documents import reading
from outwork.documents.reading import DOCX, HTML, PDF, TEXT, read
from outwork.vocabulary import BadInput

_NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def a_docx() -> bytes:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "CONFIDENTIAL HEADER"
    document.add_paragraph("First paragraph\twith a tab.")
    table = document.add_table(2, 2)
    for row, column, text in ((0, 0, "Fee"), (0, 1, "EUR 5"), (1, 0, "Term"), (1, 1, "two\nyears")):
        table.cell(row, column).text = text
    last = document.add_paragraph("Kept ")
    last._p.append(parse_xml(f"<w:del {_NS}><w:r><w:delText>gone </w:delText></w:r></w:del>"))
    last._p.append(parse_xml(f"<w:ins {_NS}><w:r><w:t>inserted</w:t></w:r></w:ins>"))
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def a_pdf(*pages: str) -> bytes:
    source = "#set page(width: 10cm, height: 6cm)\n" + "\n#pagebreak()\n".join(pages)
    return bytes(typst.compile(source.encode()))


def an_encrypted_pdf() -> bytes:
    """A password that nobody knows: the entries O and U are noise, so no password fits."""
    body = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
        b"4 0 obj<</Filter/Standard/V 1/R 2/P -4/O<" + b"ab" * 32 + b">/U<" + b"cd" * 32 + b">>>"
        b"endobj\n"
    )
    offsets = [body.index(b"%d 0 obj" % n) for n in range(1, 5)]
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % o for o in offsets)
    trailer = b"trailer<</Size 5/Root 1 0 R/Encrypt 4 0 R/ID[<aa><aa>]>>\nstartxref\n%d\n%%%%EOF"
    return body + b"xref\n0 5\n" + table + trailer % len(body)


def a_zip(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return buffer.getvalue()


def refusal(name: str, content: bytes) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read(name, content)
    assert caught.value.params["file"] == name
    return caught.value


def test_a_text_keeps_its_newlines_and_its_byte_order_mark() -> None:
    content = "\ufeffLine one\r\nline two — é\rline 3\n".encode()
    source = read("a.txt", content)
    assert source.text == content.decode()
    assert (source.media_type, source.pages) == (TEXT, (0,))
    assert source.digest == source.text_digest == hashlib.sha256(content).hexdigest()


def test_a_docx_gives_paragraphs_and_tables_in_order() -> None:
    source = read("a.docx", a_docx())
    assert source.text == (
        "First paragraph\twith a tab.\nFee\tEUR 5\nTerm\ttwo\nyears\nKept inserted\n"
    )
    assert source.media_type == DOCX


def test_a_pdf_knows_on_which_page_a_text_stands() -> None:
    source = read("a.pdf", a_pdf("Alpha clause.", "Beta clause.", "Gamma clause."))
    assert source.media_type == PDF
    assert [source.page_of(source.text.index(w)) for w in ("Alpha", "Beta", "Gamma")] == [1, 2, 3]
    assert len(source.pages) == 3


def test_html_gives_what_a_reader_sees() -> None:
    page = (
        "<!DOCTYPE html><html><head><title>t</title><style>p{}</style></head><body><!-- no -->"
        "<h1>Title</h1><p>One <b>two</b>\n three</p><script>x()</script>tail<br>more"
        "<table><tr><td>a</td><td>b</td></tr></table><div hidden>no</div>"
        '<p style="display: none">no</p><p>&euro;&nbsp;5</p></body></html>'
    )
    source = read("a.html", page.encode())
    assert source.text == "Title\n\nOne two three\ntail\nmore\n\na\tb\n\n€\xa05\n"
    assert source.media_type == HTML


def test_html_may_declare_another_encoding() -> None:
    page = '<html><meta charset="iso-8859-1"><p>caf\xe9</p></html>'.encode("latin-1")
    assert read("a.htm", page).text == "café\n"
    assert refusal("a.html", "<html><p>caf\xe9</p></html>".encode("latin-1")).code == "not-utf8"


def test_reading_is_deterministic_and_names_its_extractor() -> None:
    for name, content in (("a.docx", a_docx()), ("a.pdf", a_pdf("Text.")), ("a.txt", b"Text")):
        first = read(name, content)
        assert first == read(name, content)
        assert first.extractor
        assert first.extractor_version


def test_a_wrong_name_is_seen_through_where_the_content_says_what_it_is() -> None:
    assert read("scan.txt", a_pdf("Text.")).media_type == PDF
    assert read("contract.pdf", a_docx()).media_type == DOCX
    assert read("page.txt", b"\n<!doctype html><html><p>Hello</p></html>").text == "Hello\n"


def test_a_wrong_name_is_refused_where_the_content_is_silent() -> None:
    assert refusal("notes.pdf", b"just words").code == "unreadable"
    assert refusal("notes.docx", b"just words").code == "unreadable"
    assert refusal("notes.csv", b"a,b").code == "unsupported-type"
    assert refusal("noext", b"just words").code == "unsupported-type"


def test_what_is_damaged_is_refused() -> None:
    whole_docx, whole_pdf = a_docx(), a_pdf("Text.")
    assert refusal("a.docx", whole_docx[: len(whole_docx) // 2]).code == "unreadable"
    assert refusal("a.pdf", b"%PDF-1.7\n" + whole_pdf[9 : len(whole_pdf) // 3]).code == "unreadable"
    broken = a_zip(**{"[Content_Types].xml": b"<oops", "word__document.xml": b"<w:p"})
    assert refusal("a.docx", broken).code == "unreadable"


def test_a_flipped_byte_inside_a_docx_is_refused() -> None:
    content = bytearray(a_zip(**{"word__document.xml": b"<a/>" * 500}))
    content[60] ^= 0xFF
    assert refusal("a.docx", bytes(content)).code == "unreadable"


def test_what_is_encrypted_is_refused() -> None:
    assert refusal("a.pdf", an_encrypted_pdf()).code == "encrypted"
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le")
    assert refusal("a.docx", ole).code == "encrypted"
    locked = bytearray(a_zip(word__document=b"x"))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert refusal("a.docx", bytes(locked)).code == "encrypted"


def test_old_and_foreign_formats_are_refused() -> None:
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600
    assert refusal("a.doc", ole).code == "unsupported-type"
    assert refusal("a.txt", b"{\\rtf1 hello}").code == "unsupported-type"
    assert refusal("a.docx", a_zip(xl__workbook=b"x")).code == "unsupported-type"


def test_empty_and_binary_content_is_refused() -> None:
    assert refusal("a.txt", b"").code == "empty-file"
    assert refusal("a.txt", b" \r\n\t ").code == "empty-file"
    assert refusal("a.html", b"<html><script>x</script></html>").code == "empty-file"
    nul = refusal("a.txt", b"abc\0def")
    assert (nul.code, nul.params["offset"]) == ("unreadable", 3)
    assert refusal("a.html", b"<html>\0</html>").code == "unreadable"


def test_text_that_is_not_utf8_is_refused_with_the_place() -> None:
    error = refusal("a.txt", b"caf\xe9")
    assert (error.code, error.params["offset"]) == ("not-utf8", 3)
    assert refusal("a.txt", "hello".encode("utf-16")).code == "not-utf8"


def test_a_pdf_of_images_is_refused() -> None:
    assert refusal("scan.pdf", a_pdf("#rect(width: 3cm)")).code == "no-text-layer"


def test_limits_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = a_zip(**{"word__document.xml": b"\0" * (reading.MAX_UNPACKED + 1)})
    assert len(bomb) < 1_000_000
    assert refusal("bomb.docx", bomb).params["unit"] == "unpacked-bytes"
    monkeypatch.setattr(reading, "MAX_CHARACTERS", 10)
    assert refusal("a.txt", b"eleven char").params["unit"] == "characters"
    monkeypatch.setattr(reading, "MAX_PDF_PAGES", 1)
    assert refusal("a.pdf", a_pdf("One.", "Two.")).params["unit"] == "pages"
    monkeypatch.setattr(reading, "MAX_BYTES", 5)
    assert refusal("a.txt", b"123456").params["unit"] == "bytes"
