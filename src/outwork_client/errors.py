"""What a server may answer instead of a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that stands in the way, and where it is put right."""

    code: str
    message: str
    params: Mapping[str, Any]
    place: str


class ClientError(Exception):
    """An answer that is no result: a stable code, a sentence for people, reasons."""

    def __init__(
        self,
        code: str,
        message: str,
        params: Mapping[str, Any] | None = None,
        reasons: tuple[Reason, ...] = (),
    ) -> None:
        super().__init__(f"{message} [{code}]")
        self.code, self.message, self.reasons = code, message, reasons
        self.params = dict(params or {})


class Refused(ClientError):
    """The rules do not allow it now."""


class Forbidden(Refused):
    """One's roles do not allow it."""


class NotFound(ClientError):
    """It does not exist, or one may not even know that it does."""


class BadInput(ClientError):
    """What was sent cannot be read; `params` name the place."""


class NotSignedIn(ClientError):
    """There is no session, or it has ended, or login and password do not go together."""


class Unreachable(ClientError):
    """No answer from the server, or one that is not Outwork's."""


KINDS: Mapping[int, type[ClientError]] = {
    401: NotSignedIn,
    403: Forbidden,
    404: NotFound,
    409: Refused,
    422: BadInput,
}


def from_answer(status: int, body: Any) -> ClientError:
    """The exception for an answer that is no result."""
    if status not in KINDS or not isinstance(body, dict) or "code" not in body:
        return Unreachable("unexpected-answer", f"The server answered with status {status}.")
    reasons = tuple(
        Reason(r["code"], r["message"], r.get("params", {}), r.get("place", ""))
        for r in body.get("reasons", [])
    )
    return KINDS[status](body["code"], body.get("message", ""), body.get("params"), reasons)
