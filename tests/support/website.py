"""The workspace, or another application, served on this machine as people reach it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import uvicorn

from outwork.interfaces.web import web
from outwork.kit.database import Database


@contextmanager
def serving(database: Database) -> Iterator[str]:
    """Serve the workspace on a free port of this machine; gives the address."""
    with answering(web(database)) as address:
        yield address


@contextmanager
def answering(
    application: Callable[..., Any], lifespan: Literal["on", "off"] = "off"
) -> Iterator[str]:
    """Serve any ASGI application on a free port of this machine; gives the address."""
    config = uvicorn.Config(application, port=0, log_level="error", lifespan=lifespan, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="website", daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the server did not start")
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        server.force_exit = lifespan == "off"  # a browser keeps its connections open
        thread.join()
