"""From the bytes of one file to its canonical text: txt, docx, pdf and html.

Offsets of evidence count code points of the text made here, so every rule below is part of the
contract with stored answers; a change of a rule is a new extractor version.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

import docx
import pypdfium2 as pdfium
from lxml import etree

from outwork.vocabulary import BadInput, Digest, SourceText

MAX_BYTES = 50 * 1024 * 1024
MAX_CHARACTERS = 20_000_000
MAX_UNPACKED = 200 * 1024 * 1024
MAX_MEMBERS = 10_000
MAX_PDF_PAGES = 5_000

TEXT = "text/plain"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"
HTML = "text/html"
MEDIA_TYPES = (TEXT, DOCX, PDF, HTML)

_SUFFIXES = {
    ".txt": TEXT, ".text": TEXT, ".docx": DOCX, ".pdf": PDF,
    ".html": HTML, ".htm": HTML, ".xhtml": HTML,
}  # fmt: skip
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # container of old Office files and of encrypted new ones
_FOREIGN = (b"{\\rtf", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b")
_LEAD = b"\xef\xbb\xbf \t\r\n\x0c"
_HTML_HEAD = re.compile(
    rb"(?:<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)
_META_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]+)""", re.IGNORECASE)


def read(name: str, content: bytes) -> SourceText:
    """The canonical text of one file, decided by its content first and its suffix second.

    A file wrongly named is read as what it is where its first bytes say so. A plain text has no
    such bytes, so it is read only under a text suffix. The result is the same for the same bytes
    and library versions. Raises BadInput with `file` among its params and one of the codes
    empty-file, too-large, encrypted, unreadable, not-utf8, unsupported-type, no-text-layer.
    """
    if not content:
        raise BadInput("empty-file", file=name)
    if len(content) > MAX_BYTES:
        raise BadInput("too-large", file=name, limit=MAX_BYTES, unit="bytes")
    media_type = _media_type(name, content)
    extract, extractor, version = _EXTRACTORS[media_type]
    text, pages = extract(name, content)
    if len(text) > MAX_CHARACTERS:
        raise BadInput("too-large", file=name, limit=MAX_CHARACTERS, unit="characters")
    if not text.strip("\ufeff \t\r\n\x0c"):
        raise BadInput("no-text-layer" if media_type == PDF else "empty-file", file=name)
    return SourceText(
        name=name,
        media_type=media_type,
        text=text,
        digest=Digest(hashlib.sha256(content).hexdigest()),
        text_digest=Digest(hashlib.sha256(text.encode()).hexdigest()),
        extractor=extractor,
        extractor_version=version,
        pages=pages,
    )


# --- what kind of file it is -----------------------------------------------------------------


def _media_type(name: str, content: bytes) -> str:
    """The media type; raises BadInput where content and suffix leave it open."""
    suffix = PurePosixPath(name.lower()).suffix
    named = _SUFFIXES.get(suffix)
    head = content[:4096].lstrip(_LEAD)
    if head.startswith(b"%PDF-") or (named == PDF and b"%PDF-" in content[:1024]):
        return PDF
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_type(name, content)
    if content.startswith(_OLE):
        # An encrypted docx is an OLE container with a stream of this name.
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise BadInput("encrypted", file=name)
        raise BadInput("unsupported-type", file=name, suffix=suffix)
    if _HTML_HEAD.match(head):
        return HTML
    if named in (PDF, DOCX):
        raise BadInput("unreadable", file=name, reason="content-is-not-what-the-name-says")
    if named is None or head.startswith(_FOREIGN):
        raise BadInput("unsupported-type", file=name, suffix=suffix)
    return named


def _zip_type(name: str, content: bytes) -> str:
    """DOCX, after the limits that make opening it safe."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise BadInput("unreadable", file=name, reason="damaged-archive") from error
    if any(member.flag_bits & 1 for member in members):
        raise BadInput("encrypted", file=name)
    # zipfile never yields more bytes than a member declares, so the sum of declared sizes bounds
    # what opening the document can cost.
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED:
        raise BadInput("too-large", file=name, limit=MAX_UNPACKED, unit="unpacked-bytes")
    if not any(member.filename.startswith("word/document") for member in members):
        raise BadInput("unsupported-type", file=name, suffix=PurePosixPath(name.lower()).suffix)
    return DOCX


# --- txt -------------------------------------------------------------------------------------


def _read_text(name: str, content: bytes) -> tuple[str, tuple[int, ...]]:
    """The file decoded as UTF-8 and nothing else done to it.

    A byte order mark stays, as U+FEFF: offsets are then those of any program that decodes the
    file as UTF-8, which is what exchanged answers promise.
    """
    text = _utf8(name, content)
    if "\x00" in text:
        # No text editor writes it and PostgreSQL cannot store it: a binary under a text's name.
        raise BadInput("unreadable", file=name, reason="nul-byte", offset=text.index("\x00"))
    return text, (0,)


def _utf8(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput("not-utf8", file=name, offset=error.start) from error


# --- docx ------------------------------------------------------------------------------------

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# Deleted and moved-away text, and the second rendering of a text box, are not part of the document.
_DOCX_SKIPPED = frozenset({f"{_W}del", f"{_W}moveFrom", f"{_W}pPr", f"{_W}rPr", _FALLBACK})
_DOCX_MARKS = {
    f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n",
    f"{_W}noBreakHyphen": "\u2011", f"{_W}softHyphen": "",
}  # fmt: skip


def _read_docx(name: str, content: bytes) -> tuple[str, tuple[int, ...]]:
    """Paragraphs and tables of the body in document order; one page, since pages are a rendering.

    A paragraph ends with a newline; cells of a row are parted by a tab. Insertions still tracked
    count as text, deletions do not. Headers, footers, notes and automatic numbers are left out.
    """
    try:
        body = docx.Document(io.BytesIO(content)).element.body
        text = "".join(_docx_block(body))
    except (BadInput, MemoryError):
        raise
    except Exception as error:  # python-docx and lxml raise whatever a damaged part provokes
        raise BadInput("unreadable", file=name, reason="damaged-document") from error
    return text, (0,)


def _docx_block(parent: Any) -> Iterator[str]:
    for element in parent.iterchildren():
        if element.tag == f"{_W}p":
            yield from _docx_inline(element)
            yield "\n"
        elif element.tag == f"{_W}tbl":
            for row in element.iter(f"{_W}tr"):
                if _docx_owner(row) is element:
                    cells = (cell for cell in row.iter(f"{_W}tc") if _docx_owner(cell) is element)
                    yield "\t".join("".join(_docx_block(cell)).strip("\n") for cell in cells)
                    yield "\n"
        elif element.tag not in _DOCX_SKIPPED:
            yield from _docx_block(element)  # content controls, insertions, custom XML


def _docx_owner(element: Any) -> Any:
    """The innermost table around a row or cell, so that a nested table is read once."""
    return next(element.iterancestors(f"{_W}tbl"), None)


def _docx_inline(element: Any) -> Iterator[str]:
    for child in element.iterchildren():
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _DOCX_MARKS:
            yield _DOCX_MARKS[child.tag]
        elif child.tag in (f"{_W}p", f"{_W}tbl"):  # inside a text box
            yield "\n" + "".join(_docx_block(child.getparent()))
            return
        elif child.tag not in _DOCX_SKIPPED:
            yield from _docx_inline(child)


# --- pdf -------------------------------------------------------------------------------------

_PDFIUM = threading.Lock()  # PDFium is not safe to enter from two threads of one process
_PDF_CODE_PASSWORD = 4  # FPDF_ERR_PASSWORD


def _read_pdf(name: str, content: bytes) -> tuple[str, tuple[int, ...]]:
    """The text layer page by page, lines ended by a newline; pages begin at the given offsets."""
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    with _PDFIUM:
        document = _open_pdf(name, content)
        try:
            if len(document) > MAX_PDF_PAGES:
                raise BadInput("too-large", file=name, limit=MAX_PDF_PAGES, unit="pages")
            for number in range(len(document)):
                page = _pdf_page(name, document, number) + "\n"
                starts.append(length)
                parts.append(page)
                length += len(page)
                if length > MAX_CHARACTERS:
                    break  # `read` refuses it; no need to extract the rest
        finally:
            document.close()  # type: ignore[no-untyped-call]
    return "".join(parts), tuple(starts) or (0,)


def _open_pdf(name: str, content: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(content)  # type: ignore[no-untyped-call]
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == _PDF_CODE_PASSWORD or "assword" in str(error):
            raise BadInput("encrypted", file=name) from error
        raise BadInput("unreadable", file=name, reason="damaged-document") from error


def _pdf_page(name: str, document: pdfium.PdfDocument, number: int) -> str:
    try:
        page = document[number]
        text: str = page.get_textpage().get_text_range()
    except pdfium.PdfiumError as error:
        raise BadInput("unreadable", file=name, reason="damaged-page", page=number + 1) from error
    # U+FFFE is how PDFium marks a hyphen at the end of a line. It stays a hyphen: contracts are
    # seldom hyphenated by the typesetter, so most of these belong to words such as "third-party".
    return text.replace("\r\n", "\n").replace("\ufffe", "-").replace("\x00", "")


# --- html ------------------------------------------------------------------------------------

_HTML_UNSEEN = frozenset({
    "head", "script", "style", "template", "noscript", "svg", "math", "iframe", "object", "select",
    "textarea",
})  # fmt: skip
_HTML_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3",
    "h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav", "ol", "p", "pre", "section",
    "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
})  # fmt: skip
_HTML_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")


def _read_html(name: str, content: bytes) -> tuple[str, tuple[int, ...]]:
    """Visible text: white space collapsed, blocks and <br> as newlines, cells parted by tabs."""
    text = _html_decoded(name, content)
    if "\x00" in text:
        raise BadInput("unreadable", file=name, reason="nul-byte", offset=text.index("\x00"))
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadInput("unreadable", file=name, reason="damaged-document") from error
    if root is None:
        raise BadInput("empty-file", file=name)
    return _tidy("".join(_html_pieces(root))), (0,)


def _html_decoded(name: str, content: bytes) -> str:
    """UTF-8 where it is UTF-8, else the encoding the page declares; raises BadInput not-utf8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        declared = _META_CHARSET.search(content[:4096])
        try:
            if declared is None:
                raise LookupError
            return content.decode(codecs.lookup(declared[1].decode()).name)
        except (LookupError, UnicodeError):
            raise BadInput("not-utf8", file=name, offset=error.start) from error


def _html_pieces(root: Any) -> Iterator[str]:
    """Text in document order; newlines of the source count only inside <pre>."""
    unseen: Any = None
    preformatted = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag
        opening = event == "start"
        if tag == "pre":
            preformatted += 1 if opening else -1
        if opening and unseen is None and _html_is_unseen(element):
            unseen = element
        if unseen is None:
            if tag in _HTML_BLOCKS or (tag == "br" and opening):
                yield "\n"
            elif tag in ("td", "th") and not opening:
                yield "\t"
        said = element.text if opening else element.tail
        if unseen is element and not opening:
            unseen = None
        if said and unseen is None:
            yield said if preformatted else _SPACE.sub(" ", said)


def _html_is_unseen(element: Any) -> bool:
    return (
        element.tag in _HTML_UNSEEN
        or "hidden" in element.attrib
        or _HTML_HIDDEN.search(element.get("style", "")) is not None
    )


def _tidy(text: str) -> str:
    """Spaces at the ends of lines out, at most one empty line in a row, one newline at the end."""
    text = re.sub(r" {2,}", " ", text)
    text = re.sub(r"[ \t]*\n ?", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n \t") + "\n"


_Extractor = tuple[Callable[[str, bytes], tuple[str, tuple[int, ...]]], str, str]
_LXML = ".".join(str(part) for part in etree.LXML_VERSION[:3])
# The number after + is the version of the rules in this file.
_EXTRACTORS: dict[str, _Extractor] = {
    TEXT: (_read_text, "utf-8", "1"),
    DOCX: (_read_docx, "python-docx", f"{docx.__version__}+1"),
    PDF: (_read_pdf, "pypdfium2", f"{pdfium.version.PYPDFIUM_INFO.tag}+1"),
    HTML: (_read_html, "lxml", f"{_LXML}+1"),
}
