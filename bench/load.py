"""A load of HTTP clients in one process: each connection claims, then hands in, and again.

One thread, one epoll: what a client costs is the same whatever it is pointed at. A *flow* turns the
answer to one request into the next request; it is the only part that knows what is asked.
"""

from __future__ import annotations

import heapq
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


class Flow(Protocol):
    """What one connection asks, step by step."""

    def first(self) -> bytes:
        """The first request of a cycle."""

    def after(self, status: int, body: bytes) -> bytes | None:
        """The request that follows an answer; None where the cycle is complete."""


@dataclass
class Tally:
    """What a load did: latencies in seconds, of first requests and of whole cycles."""

    cycles: int = 0
    errors: int = 0
    elapsed: float = 0.0
    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


class _Connection:
    def __init__(self, port: int, flow: Flow) -> None:
        self.flow = flow
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.began = self.sent = 0.0
        self.is_first = True

    def send(self, request: bytes, now: float) -> None:
        self.sent = now
        self.socket.sendall(request)

    def receive(self) -> tuple[int, bytes] | None:
        """Status and body once the answer is whole; raises ConnectionError where it was cut off."""
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("closed by the server")
        self.buffer += part
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self.buffer[:end].lower()
        at = head.find(b"content-length:")
        size = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self.buffer) < end + 4 + size:
            return None
        body = self.buffer[end + 4 : end + 4 + size]
        self.buffer = self.buffer[end + 4 + size :]
        return int(head[9:12]), body


def closed_loop(port: int, flows: list[Flow], seconds: float, most: int | None = None) -> Tally:
    """Every connection goes on as soon as it is answered, for so long or so many cycles."""
    tally = Tally()
    poll = select.epoll()
    by_number = {}
    start = time.perf_counter()
    for flow in flows:
        connection = _Connection(port, flow)
        by_number[connection.socket.fileno()] = connection
        poll.register(connection.socket.fileno(), select.EPOLLIN)
        connection.began = time.perf_counter()
        connection.send(flow.first(), connection.began)
    until = start + seconds
    while by_number and time.perf_counter() < until:
        for number, _ in poll.poll(0.1):
            connection = by_number[number]
            answer = connection.receive()
            if answer is None:
                continue
            now = time.perf_counter()
            _note(tally, connection, answer[0], now)
            following = connection.flow.after(*answer)
            if following is None:
                tally.cycles += 1
                tally.whole.append(now - connection.began)
                if most is not None and tally.cycles >= most:
                    until = now
                following, connection.began, connection.is_first = (
                    connection.flow.first(),
                    now,
                    True,
                )
            connection.send(following, now)
    tally.elapsed = time.perf_counter() - start
    for connection in by_number.values():
        connection.socket.close()
    return tally


def stubborn_loop(
    port: int, flows: list[Flow], over: Callable[[], bool], tally: Tally | None = None
) -> Tally:
    """A closed loop of clients that do not give up: what is not answered is sent again.

    A connection that breaks, or an answer of 500 and above, is tried again a tenth of a second
    later, with the same bytes. Ends when `over` says so and nothing is under way.
    """
    tally = tally or Tally()
    start = time.perf_counter()
    clients = [_Stubborn(port, flow) for flow in flows]
    poll = select.epoll()
    by_number: dict[int, _Stubborn] = {}
    ending, patience = False, 0.0
    while True:
        now = time.perf_counter()
        if not ending and over():
            ending, patience = True, now + 60.0
        if ending and now > patience:
            raise RuntimeError("nothing answers any more")
        for client in clients:
            if client.connection is None and now >= client.due and not (ending and client.idle):
                client.connect(poll, by_number, tally)
        if ending and all(client.idle for client in clients):
            break
        for number, _ in poll.poll(0.05):
            by_number[number].step(by_number, tally, ending)
    tally.elapsed = time.perf_counter() - start
    for client in clients:
        client.drop(by_number)
    return tally


class _Stubborn:
    """One client of a stubborn loop: the request that is not answered yet, and its connection."""

    def __init__(self, port: int, flow: Flow) -> None:
        self.port, self.flow = port, flow
        self.connection: _Connection | None = None
        self.pending = flow.first()
        self.due = 0.0
        self.idle = False

    def connect(self, poll: select.epoll, by_number: dict[int, _Stubborn], tally: Tally) -> None:
        try:
            self.connection = _Connection(self.port, self.flow)
            by_number[self.connection.socket.fileno()] = self
            poll.register(self.connection.socket.fileno(), select.EPOLLIN)
            self.connection.send(self.pending, time.perf_counter())
        except OSError:
            tally.errors += 1
            self.drop(by_number)

    def step(self, by_number: dict[int, _Stubborn], tally: Tally, ending: bool) -> None:
        assert self.connection is not None  # it is registered
        try:
            answer = self.connection.receive()
            if answer is None:
                return
            if answer[0] >= 500:
                raise ConnectionError("to be tried again")
            following = self.flow.after(*answer)
            if following is None:
                tally.cycles += 1
                following = self.flow.first()
                if ending:
                    self.idle = True
                    self.drop(by_number)
                    return
            self.pending = following
            self.connection.send(following, time.perf_counter())
        except OSError:
            tally.errors += 1
            self.drop(by_number)

    def drop(self, by_number: dict[int, _Stubborn]) -> None:
        """Let go of the connection; another is made in a while."""
        if self.connection is not None:
            by_number.pop(self.connection.socket.fileno(), None)
            self.connection.socket.close()
        self.connection, self.due = None, time.perf_counter() + 0.1


def _note(tally: Tally, connection: _Connection, status: int, now: float) -> None:
    if status >= 400:
        tally.errors += 1
    if connection.is_first:
        tally.first.append(now - connection.sent)
    connection.is_first = False


def open_loop(
    port: int, flows: list[Flow], arrivals: list[float], log: Callable[[str], None]
) -> Tally:
    """A cycle begins at each arrival, on the first free connection; latency counts from arrival.

    `arrivals` are seconds from the start, in order. An arrival that finds every connection busy
    waits, and its waiting is part of its latency.
    """
    tally = Tally()
    poll = select.epoll()
    free = [_Connection(port, flow) for flow in flows]
    by_number = {c.socket.fileno(): c for c in free}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    start = time.perf_counter()
    waiting: list[float] = []
    due = iter(arrivals)
    following = next(due, None)
    busy = 0
    while following is not None or waiting or busy:
        now = time.perf_counter() - start
        while following is not None and following <= now:
            heapq.heappush(waiting, following)
            following = next(due, None)
        while waiting and free:
            connection = free.pop(0)
            connection.began, connection.is_first = heapq.heappop(waiting), True
            connection.send(connection.flow.first(), connection.began)
            busy += 1
        pause = 0.1 if following is None else max(0.0, following - (time.perf_counter() - start))
        for number, _ in poll.poll(min(pause, 0.1)):
            connection = by_number[number]
            answer = connection.receive()
            if answer is None:
                continue
            now = time.perf_counter() - start
            _note(tally, connection, answer[0], now)
            step = connection.flow.after(*answer)
            if step is not None:
                connection.send(step, now)
                continue
            tally.cycles += 1
            tally.whole.append(now - connection.began)
            free.append(connection)
            busy -= 1
    tally.elapsed = time.perf_counter() - start
    for connection in by_number.values():
        connection.socket.close()
    log(f"open loop: {tally.cycles} cycles, {tally.errors} errors, {tally.elapsed:.1f} s")
    return tally


def quantile(values: list[float], share: float) -> float:
    """The value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """An HTTP/1.1 request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
