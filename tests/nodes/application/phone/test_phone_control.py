"""Control messages: what is sent arrives once, whatever the path loses, repeats or puts in another order."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catenet.nodes.application.phone.control import FRAGMENT, MOST_FRAGMENTS, TRIES, TRY, Controls, Fragment, Kind
from catenet.nodes.machine import DecodeError

LONGEST = FRAGMENT * MOST_FRAGMENTS


class Side:
    def __init__(self) -> None:
        self.counters: Counter[str] = Counter()
        self.controls = Controls(lambda counter, by=1: self.counters.update({counter: by}))

    def sends(self) -> list[bytes]:
        return [data for _, data in self.controls.take_sends()]


def test_a_fragment_is_as_its_diagram_says() -> None:
    fragment = Fragment(0x1234, Kind.OFFER, 1, 2, b"abc")
    assert bytes(fragment).hex() == "123402120003616263000000"
    assert Fragment.parse(bytes(fragment)) == fragment


@given(st.integers(0, 65_535), st.sampled_from(Kind), st.integers(0, 7), st.binary(max_size=FRAGMENT))
def test_a_fragment_is_a_whole_number_of_words_and_is_read_as_it_was_written(
    sequence: int, kind: Kind, number: int, content: bytes
) -> None:
    fragment = Fragment(sequence, kind, number, 7, content)
    assert len(bytes(fragment)) % 4 == 0, "RFC 3550 section 6.7: the data of an APP packet"
    assert Fragment.parse(bytes(fragment)) == fragment


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("1234", "control.length"),
        ("1234 07 00 0000 0000", "control.kind"),
        ("1234 02 10 0000 0000", "control.number"),
        ("1234 02 08 0000 0000", "control.number"),
        ("1234 02 00 0003 0000", "control.length"),
        ("1234 02 00 0000 0000 00000000", "control.length"),
        ("1234 02 00 ffff 0000", "control.length"),
    ],
)
def test_what_is_no_fragment_is_refused_by_the_field_that_is_wrong(text: str, field: str) -> None:
    with pytest.raises(DecodeError) as error:
        Fragment.parse(bytes.fromhex(text))
    assert error.value.field == field


@given(st.binary(max_size=60))
def test_what_comes_is_counted_or_understood_and_never_raises(data: bytes) -> None:
    side = Side()
    message = side.controls.receive(data)
    assert message is None or len(message.content) < len(data)


@pytest.mark.parametrize("length", [0, 1, FRAGMENT, FRAGMENT + 1, LONGEST])
def test_a_message_of_any_length_arrives_whole_and_is_acknowledged(length: int) -> None:
    one, other = Side(), Side()
    content = Random(length).randbytes(length)
    one.controls.send(Kind.OFFER, content, 5.0)
    packets = one.sends()
    assert len(packets) == max(1, -(-length // FRAGMENT))
    got = [message for packet in packets if (message := other.controls.receive(packet)) is not None]
    assert [(each.kind, each.content) for each in got] == [(Kind.OFFER, content)]
    [acknowledgement] = other.sends()
    one.controls.receive(acknowledgement)
    assert one.controls.next_wake() is None
    assert not one.controls.is_open(Kind.OFFER)


def test_what_is_too_long_is_an_error_of_the_one_who_sends() -> None:
    with pytest.raises(ValueError, match="control message of 8801 octets"):
        Side().controls.send(Kind.OFFER, bytes(LONGEST + 1), 0.0)


def test_it_is_sent_eight_times_a_quarter_of_a_second_apart_and_then_given_up() -> None:
    one = Side()
    one.controls.send(Kind.HANG_UP, b"", 10.0)
    times, now = [], 10.0
    for _ in range(20):
        times += [now] * len(one.sends())
        at = one.controls.next_wake()
        if at is None:
            break
        now = at
        one.controls.wake(now)
    assert times == [10.0 + TRY * number for number in range(TRIES)]
    assert not one.controls.is_open(Kind.HANG_UP)
    assert one.counters == {"controls_unanswered": 1}


@pytest.mark.parametrize("seed", range(20))
def test_over_a_path_that_loses_repeats_and_reorders_each_arrives_once(seed: int) -> None:
    random = Random(seed)
    sides = Side(), Side()
    got: list[tuple[int, bytes]] = []
    way: list[tuple[int, bytes]] = []
    wanted = [(0, Kind.OFFER, random.randbytes(3000)), (1, Kind.ANSWER, random.randbytes(2000)), (0, Kind.HANG_UP, b"")]
    for by, kind, content in wanted:
        sides[by].controls.send(kind, content, 0.0)
    for tick in range(80):
        for number, side in enumerate(sides):
            side.controls.wake(tick * 0.025)
            way += [(1 - number, data) for data in side.sends() for _ in range(random.choice((0, 1, 1, 2)))]
        random.shuffle(way)
        for _ in range(len(way) // 2):
            to, data = way.pop()
            message = sides[to].controls.receive(data)
            if message is not None:
                got.append((1 - to, message.content))
    assert sorted(got) == sorted((by, content) for by, _, content in wanted)
    assert not any(side.controls.is_open(kind) for side in sides for kind in Kind)


def test_a_newer_message_of_a_kind_is_sent_instead_of_the_older_one() -> None:
    one = Side()
    one.controls.send(Kind.OFFER, b"old", 0.0)
    one.controls.send(Kind.OFFER, b"new", 0.1)
    one.sends()
    one.controls.wake(0.1 + TRY)
    assert [Fragment.parse(data).content for data in one.sends()] == [b"new"]


def test_fragments_of_messages_that_never_become_whole_do_not_heap_up() -> None:
    side = Side()
    first = Fragment(0, Kind.OFFER, 0, 1, b"a")
    for sequence in range(1, 1000):
        side.controls.receive(bytes(Fragment(sequence, Kind.OFFER, 0, 1, b"x")))
    side.controls.receive(bytes(first))
    side.controls.receive(bytes(Fragment(1, Kind.OFFER, 1, 1, b"y")))
    assert side.sends() == [], "the first of that one has been forgotten"
    message = side.controls.receive(bytes(first._replace(number=1, content=b"b")))
    assert message is not None and message.content == b"ab"


def test_fragments_of_one_sequence_that_disagree_are_not_put_together() -> None:
    side = Side()
    assert side.controls.receive(bytes(Fragment(1, Kind.OFFER, 0, 1, b"a"))) is None
    assert side.controls.receive(bytes(Fragment(1, Kind.ANSWER, 1, 1, b"b"))) is None
    assert side.controls.receive(bytes(Fragment(1, Kind.OFFER, 1, 2, b"c"))) is None
