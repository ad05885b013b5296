"""A client whose node has another address, or none."""

from __future__ import annotations

from directory_side import DIRECTORY, HERE, Side

from catenet.nodes.address import Address
from catenet.nodes.application.directory.client import (
    State,
)
from catenet.nodes.machine import Connect, Endpoint

ELSEWHERE = Endpoint(Address.parse("10.0.0.9"), 40_001)


def test_with_another_address_it_is_back_at_once_by_token() -> None:
    side = Side()
    side.join()
    side.client.take_said()
    earlier = side.stream
    side.client.renew(ELSEWHERE.address, HERE.address, 3.0)
    assert earlier.finished
    assert side.client.next_wake() == 3.0, "not after a pause"
    side.client.wake(3.0)
    assert Connect(DIRECTORY, 7, 2.0, "dir") in side.client.take_actions()
    side.stream = side.client.connected(ELSEWHERE, DIRECTORY, 3.1)
    assert [each["ask"] for each in side.said()] == ["resume"]
    earlier.receive_eof(3.2)
    assert side.client.state is State.JOINING


def test_without_an_address_it_tries_nothing() -> None:
    side = Side()
    side.join()
    side.client.suspend()
    assert side.stream.finished
    assert side.client.next_wake() is None
    side.client.take_actions()
    side.client.wake(100.0)
    assert not side.client.take_actions()
    side.client.renew(HERE.address, HERE.address, 100.0)
    side.client.wake(100.0)
    assert side.client.state is State.CONNECTING


def test_what_was_still_connecting_counts_no_more_but_where_it_stands() -> None:
    side = Side()
    side.client.suspend()
    side.client.renew(HERE.address, HERE.address, 1.0)
    side.client.wake(1.0)
    assert side.client.take_actions().count(Connect(DIRECTORY, 7, 2.0, "dir")) == 2
    side.client.connect_failed("timed out", 2.0)
    assert side.client.state is State.CONNECTING, "the other one is to come"
    side.stream = side.client.connected(HERE, DIRECTORY, 2.1)
    assert [each["ask"] for each in side.said()] == ["login"]


def test_a_connection_from_an_address_that_has_gone_is_not_taken() -> None:
    side = Side()
    side.client.renew(ELSEWHERE.address, HERE.address, 1.0)
    side.client.wake(1.0)
    assert side.client.connected(HERE, DIRECTORY, 1.1).finished
    side.stream = side.client.connected(ELSEWHERE, DIRECTORY, 1.2)
    assert [each["ask"] for each in side.said()] == ["login"]
    late = side.client.connected(ELSEWHERE, DIRECTORY, 1.3)
    assert late.finished
    assert side.client.state is State.JOINING


def test_where_only_such_a_connection_stands_it_tries_again() -> None:
    side = Side()
    side.client.renew(ELSEWHERE.address, HERE.address, 1.0)
    side.client.wake(1.0)
    side.client.connect_failed("timed out", 1.1)
    assert side.client.connected(HERE, DIRECTORY, 1.2).finished
    assert side.client.state is State.WAITING
    assert side.client.next_wake() is not None


def test_who_was_refused_tries_from_nowhere_else_either() -> None:
    side = Side()
    side.connect()
    (login,) = side.said()
    side.hear(id=login["id"], error="refused")
    side.client.suspend()
    side.client.renew(ELSEWHERE.address, HERE.address, 1.0)
    assert side.client.state is State.REFUSED
    assert side.client.next_wake() is None
