"""Running the suite against a log or a witness at an address, whoever wrote it."""

from __future__ import annotations

import base64
import json
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from outwork import ledger
from outwork.conformance.model import ORIGIN, Case, cases, racing, signer

MOST_ENTRIES = 1_000_000
DAY_S = 86_400
TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that was checked; `problem` is empty if it is as specified."""

    name: str
    problem: str = ""


class Unreachable(Exception):
    """Nothing answers at the address."""


def vectors(origin: str = ORIGIN) -> str:
    """The cases as JSON, one a line, requests in base64, for those who test without a server."""
    rows = [
        {"name": c.name, "request": base64.b64encode(c.body).decode(), "status": c.status}
        | ({} if c.size is None else {"size": c.size})
        for c in cases(origin)
    ]
    head = json.dumps({"log": signer(origin).verifier.encode(), "cases": []})[:-2]
    body = ",\n".join(json.dumps(row) for row in rows)
    return f"{head}\n{body}\n]}}\n"


def check_witness(
    url: str, key: ledger.checkpoint.VerifierKey, now: float, origin: str = ORIGIN
) -> Iterator[Outcome]:
    """Asks a witness that trusts `signer(origin)` and has seen nothing of that log.

    `now` is POSIX seconds. Raises Unreachable.
    """
    with _client() as http:
        place = f"{url.rstrip('/')}/add-checkpoint"
        for case in cases(origin):
            got = _send(http, "POST", place, case.body)
            yield Outcome(case.name, _judge(case, got, key, now))
        got = _send(http, "GET", place)
        yield Outcome("asked by GET", "" if got.status_code >= 400 else "answers with success")
        asked = racing(origin)
        with ThreadPoolExecutor(len(asked)) as pool:
            every = list(pool.map(lambda c: _send(http, "POST", place, c.body), asked))
        statuses = sorted(got.status_code for got in every)
        wanted = [200, *[409] * (len(asked) - 1)]
        yield Outcome("at once", "" if statuses == wanted else f"answered {statuses}")


def _judge(case: Case, got: httpx.Response, key: ledger.checkpoint.VerifierKey, now: float) -> str:
    if got.status_code != case.status:
        return f"answered {got.status_code} instead of {case.status}"
    if case.size is not None:
        if got.text != f"{case.size}\n":
            return f"the body is not {case.size} and a newline"
        if got.headers.get("content-type", "").split(";")[0] != "text/x.tlog.size":
            return "the media type is not text/x.tlog.size"
    if case.status != 200:
        return ""
    note = case.body.split(b"\n\n", 1)[1]
    text = ledger.checkpoint.parse_note(note).text
    try:
        # What was cosigned is the text that was asked for, whatever else the witness sends along.
        whole = f"{text}\n{got.text}".encode()
        opened = ledger.checkpoint.open_note(whole, [key])
    except ledger.checkpoint.NoteError as error:
        return f"the cosignature does not verify: {error}"
    if abs(opened.times.get(key.name, 0) - now) > DAY_S:
        return "the cosignature's time is more than a day off"
    return ""


def check_log(
    url: str,
    key: ledger.checkpoint.VerifierKey,
    token: str = "",
    seen: bytes | None = None,
) -> Iterator[Outcome]:
    """Reads a whole log by its tiles and builds its root again.

    `token` is sent as a bearer's; `seen` is an earlier checkpoint that the log must extend. Raises
    Unreachable.
    """
    with _client(token) as http:
        reader = _Reader(http, url.rstrip("/"), key)
        head = yield from reader.checkpoint()
        if head is None:
            return
        if head.size > MOST_ENTRIES:
            yield Outcome("size", f"has more than {MOST_ENTRIES} entries")
            return
        rows = yield from reader.hash_tiles(head)
        yield from reader.entries(head.size, rows)
        yield from reader.absent(head.size)
        again = yield from reader.checkpoint()
        if again is not None:
            shrunk = again.size < head.size
            other = again.size == head.size and again.root != head.root
            yield Outcome("only grows", "shrank or changed while read" if shrunk or other else "")
        if seen is not None:
            yield _extends(seen, key, rows)


class _Reader:
    """A log's resources, each judged as it is fetched."""

    def __init__(self, http: httpx.Client, url: str, key: ledger.checkpoint.VerifierKey) -> None:
        self._http, self._url, self._key = http, url, key

    def checkpoint(self) -> Generator[Outcome, None, ledger.checkpoint.Checkpoint | None]:
        """The signed head, or None if it cannot be used."""
        got = _send(self._http, "GET", f"{self._url}/checkpoint")
        if got.status_code != 200:
            yield Outcome("checkpoint", f"answered {got.status_code}")
            return None
        kind = got.headers.get("content-type", "")
        right = kind.replace(" ", "").lower() == "text/plain;charset=utf-8"
        yield Outcome("checkpoint's media type", "" if right else f"is {kind}")
        try:
            head, _ = ledger.checkpoint.open_checkpoint(got.content, self._key)
        except ledger.checkpoint.NoteError as error:
            yield Outcome("checkpoint", str(error))
            return None
        named = head.origin == self._key.name
        yield Outcome("checkpoint", "" if named else "is of another log")
        return head if named else None

    def hash_tiles(
        self, head: ledger.checkpoint.Checkpoint
    ) -> Generator[Outcome, None, ledger.tree.Tree]:
        """The leaves' hashes; every tile above has to follow from those below."""
        grown, problems = ledger.tree.Tree(), []
        for wanted in ledger.tiles.hash_tiles(head.size):
            hashes, problem = self._tile(wanted)
            if wanted.level == 0:
                for digest in hashes:
                    grown.append_hash(digest)
            elif not problem and hashes != _above(wanted, grown):
                problem = "does not follow from the tiles below"
            if problem:
                problems.append(f"{wanted.path()} {problem}")
        yield Outcome("hash tiles", "; ".join(problems[:3]))
        same = grown.size == head.size and grown.root() == head.root
        yield Outcome("root", "" if same else "of the tiles is not the checkpoint's")
        return grown

    def _tile(self, wanted: ledger.tiles.Tile) -> tuple[list[bytes], str]:
        data, problem = self._get(wanted)
        try:
            return ([], problem) if problem else (ledger.tiles.decode_hash_tile(wanted, data), "")
        except ValueError:
            return [], f"has {len(data)} bytes instead of {32 * wanted.width}"

    def entries(self, size: int, grown: ledger.tree.Tree) -> Iterator[Outcome]:
        """Entry bundles, whose entries have to be the leaves."""
        problems = []
        for wanted in ledger.tiles.entry_bundles(size):
            data, problem = self._get(wanted)
            if not problem:
                problem = _not_the_leaves(wanted, data, grown)
            if problem:
                problems.append(f"{wanted.path()} {problem}")
        yield Outcome("entry bundles", "; ".join(problems[:3]))

    def absent(self, size: int) -> Iterator[Outcome]:
        """What a log of this size cannot have, and what is no tile's path."""
        beyond = ledger.tiles.Tile(0, size // ledger.tiles.WIDTH + 1).path()
        empty = ledger.tiles.Tile(7, 0, 1).path()
        for path in (
            beyond, empty, "tile/64/000", "tile/00/000", "tile/0/0", "tile/0/000.p/0",
            "tile/0/000.p/256", "tile/0/x000/000", "tile/entries/0",
        ):  # fmt: skip
            got = _send(self._http, "GET", f"{self._url}/{path}")
            yield Outcome(f"no {path}", "is served" if got.status_code == 200 else "")

    def _get(self, wanted: ledger.tiles.Tile) -> tuple[bytes, str]:
        got = _send(self._http, "GET", f"{self._url}/{wanted.path()}")
        if got.status_code != 200:
            return b"", f"answered {got.status_code}"
        kind = got.headers.get("content-type", "")
        return got.content, "" if kind == "application/octet-stream" else f"has media type {kind}"


def _above(wanted: ledger.tiles.Tile, grown: ledger.tree.Tree) -> list[bytes]:
    """What a tile above the leaves has to hold, as far as the leaves are known."""
    level, first = 8 * (wanted.level or 0), wanted.index * ledger.tiles.WIDTH
    row = grown.levels[level] if level < len(grown.levels) else []
    return row[first : first + wanted.width]


def _not_the_leaves(wanted: ledger.tiles.Tile, data: bytes, grown: ledger.tree.Tree) -> str:
    try:
        found = ledger.tiles.decode_entries(wanted, data)
    except ValueError as error:
        return str(error)
    first = wanted.index * ledger.tiles.WIDTH
    hashes = [ledger.tree.leaf_hash(line) for line in found]
    if hashes != grown.levels[0][first : first + len(hashes)]:
        return "does not hash to the tile of level 0"
    return ""


def _extends(seen: bytes, key: ledger.checkpoint.VerifierKey, grown: ledger.tree.Tree) -> Outcome:
    try:
        head, _ = ledger.checkpoint.open_checkpoint(seen, key)
    except ledger.checkpoint.NoteError as error:
        return Outcome("extends what was seen", str(error))
    if head.size > grown.size:
        return Outcome("extends what was seen", f"has fewer than the {head.size} entries seen")
    same = grown.root(head.size) == head.root
    return Outcome("extends what was seen", "" if same else "begins with other entries")


def _client(token: str = "") -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(headers=headers, timeout=TIMEOUT_S)


def _send(http: httpx.Client, method: str, url: str, body: bytes = b"") -> httpx.Response:
    try:
        return http.request(method, url, content=body or None)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreachable(f"{url}: {error}") from error
