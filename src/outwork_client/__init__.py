"""The SDK: speaks HTTP to a server and imports nothing of it.

with Client("http://127.0.0.1:8000") as client:
    client.sign_in("dana", "...")
    held = client.execution.claim(engagement="eng_...")
"""

from outwork_client.client import Acts, Client
from outwork_client.errors import (
    BadInput,
    ClientError,
    Forbidden,
    NotFound,
    NotSignedIn,
    Reason,
    Refused,
    Unreachable,
)

__all__ = [
    "Acts",
    "BadInput",
    "Client",
    "ClientError",
    "Forbidden",
    "NotFound",
    "NotSignedIn",
    "Reason",
    "Refused",
    "Unreachable",
]
