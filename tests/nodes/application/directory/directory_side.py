"""A client of the directory's, and the other end of its connection, by hand."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

from catenet.nodes.address import Address
from catenet.nodes.application.directory.client import (
    DirectoryClient,
    State,
)
from catenet.nodes.application.directory.message import Answer
from catenet.nodes.machine import Connect, Endpoint

HERE, DIRECTORY = Endpoint(Address.parse("10.0.0.7"), 40_000), Endpoint(Address.parse("10.0.0.1"), 5223)
TOKEN = "T" * 43


class Middle:
    """Draws the middle of everything."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


class Side:
    """The client, and the directory's end of its connection."""

    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        self.client = DirectoryClient(
            "alice",
            "12345678",
            DIRECTORY,
            "dir",
            tag=7,
            entropy=Random(1).randbytes,
            random=Middle(),
            count=lambda word, by=1: self.counters.update({word: by}),
        )
        self.now = 0.0
        self.stream: Any = None
        self.client.wake(0.0)

    def connect(self) -> None:
        assert Connect(DIRECTORY, 7, 2.0, "dir") in self.client.take_actions()
        self.stream = self.client.connected(HERE, DIRECTORY, self.now)

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.data_to_send().splitlines()]

    def hear(self, **message: Any) -> None:
        self.stream.receive_data(json.dumps(message).encode() + b"\n", self.now)

    def join(self) -> list[dict[str, Any]]:
        """→ what it asks then."""
        self.connect()
        (login,) = self.said()
        self.hear(id=login["id"], ok={"user": "alice", "token": TOKEN, "expires": 60, "contacts": []})
        return self.said()

    def pause(self) -> float:
        """How long it waits until it connects again."""
        self.client.wake(self.now)
        due = self.client.next_wake()
        assert due is not None
        waited, self.now = due - self.now, due
        self.client.wake(self.now)
        assert self.client.state is State.CONNECTING
        return round(waited, 3)

    def errors(self) -> list[tuple[str, str]]:
        return [(each.id, each.error) for each in self.client.take_said() if isinstance(each, Answer)]
