"""A long-term client and its server over a path that loses, doubles and delays: simulated, by named seeds."""

from __future__ import annotations

from heapq import heappop, heappush
from random import Random

import pytest

from catenet.nodes.address import Address
from catenet.nodes.application.stun import binding
from catenet.nodes.application.stun.credentials import Login, Realm, Refusal
from catenet.nodes.application.stun.message import Message
from catenet.nodes.application.stun.nonce import Nonces
from catenet.nodes.application.stun.transaction import Failure, Outcome, Transaction
from catenet.nodes.machine import Endpoint

CLIENT = Endpoint(Address.parse("192.0.2.1"), 40_000)
LONGEST = 39.5
"""Seconds of one transaction."""


class Path:
    """What is on its way, both ways, and a clock."""

    def __init__(self, seed: int, loss: float) -> None:
        self.random = Random(seed)
        self.loss = loss
        self.now = 0.0
        self._number = 0
        self._coming: list[tuple[float, int, bool, bytes]] = []
        self._realm = Realm("lab", Nonces(b"secret of 16 or more", lifetime=30.0), {"alice": "secret"}.get)
        self.answered: set[bytes] = set()

    def send(self, data: bytes, to_server: bool) -> None:
        for _ in range(self.random.choice((1, 1, 2))):
            if self.random.random() >= self.loss:
                self._number += 1
                heappush(self._coming, (self.now + self.random.uniform(0.01, 0.9), self._number, to_server, data))

    def serve(self, data: bytes) -> None:
        asked = Message.parse(data)
        result = self._realm.check(asked, CLIENT, self.now)
        if isinstance(result, Refusal):
            self.send(result.response(asked).encode(), False)
        else:
            self.answered.add(asked.transaction)
            response = binding.answer(asked, CLIENT, result)
            assert response is not None
            self.send(response, False)

    def run(self, transaction: Transaction) -> Outcome:
        """Until it has ended; what comes later is left on the way, for the next one to hear."""
        while (when := transaction.next_wake()) is not None:
            if self._coming and self._coming[0][0] <= when:
                due, _, to_server, data = heappop(self._coming)
                self.now = max(self.now, due)
                if to_server:
                    self.serve(data)
                else:
                    transaction.receive(Message.parse(data))
                continue
            self.now = when
            if (sent := transaction.wake(when)) is not None:
                self.send(sent, True)
        assert transaction.outcome is not None
        return transaction.outcome


def ask(path: Path, login: Login) -> tuple[Outcome, bytes]:
    """One request, again as often as the client may."""
    while True:
        asked, signing = login.sign(binding.request(path.random.randbytes(12)))
        begun = path.now
        outcome = path.run(Transaction(asked, signing, now=path.now))
        assert path.now - begun < LONGEST + 0.001
        if outcome.failure is None:
            login.accepted()
        if outcome.response is None or not login.challenged(asked, outcome.response):
            return outcome, asked.transaction


@pytest.mark.parametrize("seed", range(40))
def test_it_is_known_over_a_path_that_loses_half(seed: int) -> None:
    """Twenty requests, a nonce that ends now and then: each is accepted or has timed out, and of what is accepted the
    server knows."""
    path, login = Path(seed, 0.5), Login("alice", "secret")
    accepted = 0
    for _ in range(20):
        outcome, transaction = ask(path, login)
        assert outcome.failure in (None, Failure.TIMEOUT)
        if outcome.failure is None:
            assert transaction in path.answered
            assert outcome.response is not None
            assert binding.mapped_address(outcome.response) == CLIENT
            accepted += 1
        path.now += path.random.uniform(0.0, 20.0)
    assert accepted >= 12  # one in three of a transaction's seven attempts comes through, there and back


@pytest.mark.parametrize("seed", range(5))
def test_nothing_comes_over_a_path_that_is_cut(seed: int) -> None:
    outcome, _ = ask(Path(seed, 1.0), Login("alice", "secret"))
    assert outcome == Outcome(None, Failure.TIMEOUT)
