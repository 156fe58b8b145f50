"""One client for every act: a method's name is the act's, its arguments are the act's."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import decimal
import enum
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from outwork_client.errors import NotFound, Unreachable, from_answer

TIMEOUT = 60.0  # seconds


class Acts:
    """The acts of one slice: `client.execution.submit(...)` does the act `execution.submit`."""

    def __init__(self, client: Client, slice_name: str) -> None:
        self._client, self._slice = client, slice_name

    def __getattr__(self, name: str) -> Act:
        if name.startswith("_"):
            raise AttributeError(name)
        return Act(self._client, f"{self._slice}.{name}")


class Act:
    """One act, to be called with its arguments by name; gives its result as plain JSON."""

    def __init__(self, client: Client, name: str) -> None:
        self._client, self.name = client, name

    def __call__(self, **arguments: Any) -> Any:
        return self._client.do(self.name, arguments)


class Client:
    """A session with a server.

    Raises Refused, Forbidden, NotFound, BadInput or NotSignedIn as the server says, each with its
    code, and Unreachable where there is no answer. `http` stands for a connection made elsewhere.
    """

    def __init__(
        self, base_url: str = "http://127.0.0.1:8000", *, http: httpx.Client | None = None
    ) -> None:
        self._http = http or httpx.Client(base_url=base_url, timeout=TIMEOUT)
        self._token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __getattr__(self, name: str) -> Acts:
        if name.startswith("_"):
            raise AttributeError(name)
        return Acts(self, name)

    def close(self) -> None:
        """Let go of the connection; the session lasts until `sign_out` or its end."""
        self._http.close()

    def sign_in(self, login: str, password: str) -> Self:
        """Open a session; gives the client itself."""
        body = {"login": login, "password": password}
        self._token = self._json("POST", "session", body)["token"]
        return self

    def sign_out(self) -> None:
        """End the session."""
        self._send("DELETE", "session")
        self._token = ""

    def do(self, act: str, arguments: Mapping[str, Any]) -> Any:
        """Do an act by its name."""
        return self._json("POST", f"acts/{act}", _plain(arguments))["result"]

    # --- reads ---------------------------------------------------------------------------------

    def services(self) -> list[dict[str, Any]]:
        """The service catalogue."""
        found: list[dict[str, Any]] = self._json("GET", "services")
        return found

    def engagements(self, page_size: int | None = None) -> Iterator[dict[str, Any]]:
        """Engagements one takes part in, newest first; pages are fetched as they are needed."""
        return self._pages("engagements", page_size)

    def engagement(self, identifier: str) -> dict[str, Any]:
        """Where an engagement stands and what stops it."""
        found: dict[str, Any] = self._json("GET", f"engagements/{identifier}")
        return found

    def events(self, engagement: str, page_size: int | None = None) -> Iterator[dict[str, Any]]:
        """The log of an engagement, newest first."""
        return self._pages(f"engagements/{engagement}/events", page_size)

    def inbox(self) -> list[dict[str, Any]]:
        """What waits for one."""
        found: list[dict[str, Any]] = self._json("GET", "inbox")
        return found

    def assignment(self, identifier: str) -> dict[str, Any]:
        """An item one has reserved: source, questions, draft."""
        found: dict[str, Any] = self._json("GET", f"assignments/{identifier}")
        return found

    def bundle(self, engagement: str, target: Path) -> Path:
        """Save the signed bundle as a file, whole or not at all; gives the file."""
        return self._saved(f"engagements/{engagement}/bundle", target)

    def receipt(self, engagement: str, entry: int, target: Path) -> Path:
        """Save what proves an entry of the log by itself (C2SP tlog-proof); gives the file."""
        return self._saved(f"engagements/{engagement}/entries/{entry}/receipt", target)

    def document(self, identifier: str, target: Path) -> Path:
        """Download a document, which leaves an event in the log, and save it; gives the file."""
        event = self.do("documents.download_document", {"document": identifier})["event"]
        return self._saved(f"documents/{identifier}/content?event={event}", target)

    def _saved(self, path: str, target: Path) -> Path:
        answer = self._send("GET", path)
        fresh = target.with_name(f"{target.name}.new")
        fresh.write_bytes(answer.content)
        return fresh.replace(target)

    # --- rows in bulk --------------------------------------------------------------------------

    def import_rows(self, work_order: str, path: Path, part: int = 4 * 1024 * 1024) -> str:
        """Bring a file of rows (jsonl, csv, xlsx) in parts; called again, it goes on.

        Gives the import's id; its rows become items meanwhile, as `import_progress` tells.
        """
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            identifier: str = self.do("execution.start_import", {
                "work_order": work_order, "name": path.name, "size": path.stat().st_size,
                "form": path.suffix.removeprefix(".").lower(), "digest": digest,
            })  # fmt: skip
            done = self.import_progress(identifier)
            number = done["parts"]
            file.seek(done["received"])
            while content := file.read(part):
                number += 1
                summed = base64.b64encode(hashlib.sha256(content).digest()).decode()
                self._send(
                    "PUT", f"imports/{identifier}/parts/{number}", content=content,
                    more={"Content-Digest": f"sha-256=:{summed}:"},
                )  # fmt: skip
        self.do("execution.complete_upload", {"import_id": identifier})
        return identifier

    def import_progress(self, identifier: str) -> dict[str, Any]:
        """How far a file of rows is taken in: `state`, `admitted`, `refused` and more."""
        found: dict[str, Any] = self._json("GET", f"imports/{identifier}")
        return found

    def row_faults(self, identifier: str) -> Iterator[dict[str, Any]]:
        """Rows that were not taken in: line, code, message."""
        return self._pages(f"imports/{identifier}/faults", None)

    def results(self, work_order: str, target: Path, form: str = "jsonl") -> Path:
        """Save the answers of a work order as a file, whole or not at all; gives the file."""
        fresh = target.with_name(f"{target.name}.new")
        headers = {"Authorization": f"Bearer {self._token}"}
        address = f"/api/work-orders/{work_order}/results"
        try:
            with (
                self._http.stream("GET", address, params={"form": form}, headers=headers) as answer,
                fresh.open("wb") as file,
            ):
                if not answer.is_success:
                    answer.read()
                    raise _said(answer)
                file.writelines(answer.iter_bytes())
        except httpx.HTTPError as error:
            raise Unreachable("unreachable", f"The server does not answer: {error}.") from None
        return fresh.replace(target)

    # --- HTTP ----------------------------------------------------------------------------------

    def _pages(self, path: str, page_size: int | None) -> Iterator[dict[str, Any]]:
        query: dict[str, str] = {} if page_size is None else {"limit": str(page_size)}
        while True:
            page = self._json("GET", path, query=query)
            yield from page["rows"]
            if page["next"] is None:
                return
            query["after"] = page["next"]

    def _json(
        self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> Any:
        answer = self._send(method, path, body, query)
        try:
            return answer.json()
        except ValueError:
            raise Unreachable("unexpected-answer", "The server did not answer in JSON.") from None

    def _send(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        *,
        content: bytes | None = None,
        more: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        headers |= more or {}
        try:
            answer = self._http.request(
                method, f"/api/{path}", json=body, content=content, params=query, headers=headers
            )
        except httpx.HTTPError as error:
            raise Unreachable("unreachable", f"The server does not answer: {error}.") from None
        if answer.is_success:
            return answer
        try:
            said = answer.json()
        except ValueError:
            said = None
        if answer.status_code == httpx.codes.NOT_FOUND and path.startswith("acts/"):
            unknown = not isinstance(said, dict) or "code" not in said
            if unknown:
                raise NotFound("not-found", f"There is no act {path.removeprefix('acts/')}.")
        raise from_answer(answer.status_code, said)


def _said(answer: httpx.Response) -> Exception:
    try:
        said = answer.json()
    except ValueError:
        said = None
    return from_answer(answer.status_code, said)


def _plain(value: Any) -> Any:
    """JSON for what people pass: dates, amounts, bytes, sets, choices and small records."""
    if isinstance(value, enum.Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(part) for part in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return value
