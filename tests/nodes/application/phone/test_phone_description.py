"""What one side says of a data stream over the path: read as written, and refused by the field that is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.address import Address
from catenet.nodes.application.ice.candidate import Candidate, Kind
from catenet.nodes.application.ice.check import Credentials
from catenet.nodes.application.phone.control import FRAGMENT, MOST_FRAGMENTS
from catenet.nodes.application.phone.description import MOST_CANDIDATES, Description
from catenet.nodes.application.phone.terms import Stream
from catenet.nodes.machine import DecodeError, Endpoint

GOOD: dict[str, Any] = {
    "stream": 1,
    "round": 3,
    "fragment": "abcd",
    "password": "p" * 22,
    "candidates": ["candidate:1 1 UDP 2130706431 10.0.1.7 5000 typ host"],
}


def description(candidates: int = 2) -> Description:
    ends = [Endpoint(Address.parse("192.168.100.100"), 60_000 + number) for number in range(candidates)]
    found = tuple(Candidate(Kind.SERVER_REFLEXIVE, each, each, 1_694_498_815, "12") for each in ends)
    return Description(1, 65_535, Stream(Credentials("f" * 8, "p" * 24), found))


def test_it_is_read_as_it_was_written() -> None:
    assert Description.parse(bytes(description())) == description()


def test_the_longest_one_fits_into_a_message() -> None:
    assert len(bytes(description(MOST_CANDIDATES))) < FRAGMENT * MOST_FRAGMENTS


def test_a_candidate_of_a_kind_that_is_not_spoken_is_left_out() -> None:
    texts = [*GOOD["candidates"], "candidate:2 1 TCP 1 10.0.1.7 9 typ host tcptype active"]
    read = Description.parse(json.dumps(GOOD | {"candidates": texts}).encode())
    assert [each.endpoint.port for each in read.stream.candidates] == [5000]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"stream": 2}, "description.stream"),
        ({"stream": True}, "description.stream"),
        ({"round": -1}, "description.round"),
        ({"round": 1 << 16}, "description.round"),
        ({"fragment": "a"}, "description.fragment"),
        ({"password": "p" * 21}, "description.fragment"),
        ({"fragment": 7}, "description.fragment"),
        ({"candidates": "candidate"}, "description.candidates"),
        ({"candidates": [1]}, "description.candidates"),
        ({"candidates": GOOD["candidates"] * 17}, "description.candidates"),
        ({"candidates": ["candidate:x"]}, "candidate"),
        ({"more": 1}, "description"),
    ],
)
def test_what_is_wrong_is_refused_by_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(DecodeError) as error:
        Description.parse(json.dumps(GOOD | change).encode())
    assert error.value.field == field


@given(st.binary(max_size=100))
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        Description.parse(data)
