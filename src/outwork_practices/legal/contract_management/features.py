"""Units of a contract as sparse rows: words, hashed word pairs and triples, heading, place.

Rows are built with arrays, not row by row, so that a contract of 54 kB takes a few milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse

from outwork_practices.legal.contract_management.segments import Unit

HASHED = 1 << 17  # columns for pairs and triples of words
PLACES = 34  # columns for place in the document and length of the unit
WEIGHT_PREVIOUS, WEIGHT_NEXT, WEIGHT_HEADING = 0.6, 0.42, 0.2

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Sparse: TypeAlias = Any  # scipy.sparse.csr_array of float32; its stubs know float64 alone

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[$%\"\u201c(:]")
_YEAR = re.compile(r"(?:19|20)\d\d")


def words(text: str) -> list[str]:
    """Lower-case words; a year is `<year>`, other digits keep their count only (`<2>`)."""
    found = _TOKEN.findall(text.lower().replace("\u2019", "'"))
    return [_digits(token) if token.isdigit() else token for token in found]


def _digits(token: str) -> str:
    return "<year>" if _YEAR.fullmatch(token) else f"<{len(token)}>"


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse blocks of n units: own words (n, v), hashed (n, HASHED), heading (n, v), place."""

    own: Sparse
    hashed: Sparse
    heading: Sparse
    place: Floats


def _counts(rows: Ints, columns: Ints, shape: tuple[int, int]) -> Sparse:
    """1 + log(count) of each column in each row."""
    block: Sparse = sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    block.sum_duplicates()
    block.data = 1 + np.log(block.data)
    return block


def _scale(block: Sparse, factor: Floats) -> Sparse:
    """Rows of `block` times `factor` (n,), in place."""
    block.data *= np.repeat(factor, np.diff(block.indptr))
    return block


def _norms(block: Sparse) -> Floats:
    """Sum of squares of each row."""
    total = np.concatenate([[0.0], np.cumsum(block.data.astype(np.float64) ** 2)])
    return np.asarray(total[block.indptr[1:]] - total[block.indptr[:-1]], np.float32)


def _inverse(norms: Floats) -> Floats:
    """What a row of that sum of squares is multiplied by to have length 1."""
    return np.asarray(1 / np.sqrt(np.maximum(norms, 1e-6)), np.float32)


def _flat(texts: Sequence[str], vocabulary: Mapping[str, int]) -> tuple[Ints, Ints]:
    """(row, word id) of every token of every text; an unknown word has id 0."""
    lists = [[vocabulary.get(word, 0) for word in words(text)] for text in texts]
    lengths = np.fromiter((len(ids) for ids in lists), np.int64, len(lists))
    ids = np.fromiter((i for ids in lists for i in ids), np.int64, int(lengths.sum()))
    return np.repeat(np.arange(len(lists)), lengths), ids


def _hash(parts: Sequence[Ints]) -> Ints:
    """One column in [0, HASHED) for a tuple of word ids."""
    mixed = np.zeros(len(parts[0]), np.uint64)
    for part in parts:
        mixed = (mixed ^ part.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return (mixed % np.uint64(HASHED)).astype(np.int64)


def _ngrams(row: Ints, ids: Ints, n: int) -> tuple[Ints, Ints]:
    """(row, hashed column) of every run of n known words inside a row."""
    size = len(ids) - n + 1
    if size <= 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    parts = [ids[i : i + size] for i in range(n)]
    keep = (row[:size] == row[n - 1 : n - 1 + size]) & np.all([p > 0 for p in parts], axis=0)
    return row[:size][keep], _hash([p[keep] for p in parts])


def _places(units: Sequence[Unit], length: int) -> Floats:
    """(n, PLACES): tenth of the document, among the first units, length, count from the end."""
    n = len(units)
    place = np.zeros((n, PLACES), np.float32)
    index = np.arange(n)
    start = np.array([u.start for u in units])
    size = np.array([u.end - u.start for u in units])
    place[index, np.minimum(9, 10 * start // max(1, length)).astype(int)] = 0.3
    place[index, 10 + np.minimum(11, index)] = 0.3
    place[index, 22 + np.minimum(7, np.log2(size / 16 + 1)).astype(int)] = 0.3
    place[index, 30 + np.minimum(3, (n - 1 - index) // 4)] = 0.3
    return place


def encode(text: str, units: Sequence[Unit], vocabulary: Mapping[str, int], idf: Floats) -> Rows:
    """The rows of `units`; `vocabulary` maps words to 1..v-1, `idf` is (v,)."""
    n, v = len(units), len(idf)
    row, ids = _flat([text[u.start : u.end] for u in units], vocabulary)
    known = ids > 0
    own = _counts(row[known], ids[known], (n, v))
    own.data *= idf[own.indices]
    pairs, triples = _ngrams(row, ids, 2), _ngrams(row, ids, 3)
    hashed = _counts(
        np.concatenate([pairs[0], triples[0]]),
        np.concatenate([pairs[1], triples[1]]),
        (n, HASHED),
    )
    hashed.data *= np.float32(4.0)
    norm = _inverse(_norms(own) + _norms(hashed))
    heads = sorted({u.heading for u in units})
    at = {head: i for i, head in enumerate(heads)}
    hrow, hids = _flat(heads, vocabulary)
    block = _counts(hrow[hids > 0], hids[hids > 0], (len(heads), v))
    block.data *= idf[block.indices]
    block = _scale(block, np.float32(WEIGHT_HEADING) * _inverse(_norms(block)))
    heading = block[np.array([at[u.heading] for u in units], dtype=np.int64)] if n else block
    return Rows(_scale(own, norm), _scale(hashed, norm), heading, _places(units, len(text)))


def shifted(block: Sparse | Floats, by: int) -> Sparse | Floats:
    """Rows moved down by `by` (up if negative), blanks filled with zeros; same shape."""
    n = block.shape[0]
    if isinstance(block, np.ndarray):
        moved = np.zeros_like(block)
        if by > 0:
            moved[by:] = block[: n - by]
        else:
            moved[:by] = block[-by:]
        return moved
    eye = sparse.eye_array(n, k=-by, dtype=np.float32, format="csr")
    return sparse.csr_array(eye @ block)
