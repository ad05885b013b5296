"""The checks of calls: what they make of what the two telephones say."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from speech import noise, speech

from catenet.nodes.address import Address
from catenet.nodes.application.rtp.g711 import PCMU
from catenet.nodes.control.calls import Call
from catenet.nodes.machine import Endpoint
from catenet.orchestrator.checks.call import CallCheck
from catenet.orchestrator.checks.expectation import Finding, NoAnswerError, Talk
from catenet.orchestrator.checks.relayed import RelayedCheck
from catenet.orchestrator.checks.silence import SilenceCheck
from catenet.orchestrator.wire.packets import UDP, CapturedPacket

SAID, ANSWERED = speech(4.0, 1), speech(4.0, 2)
UP = Call("alice", "up", path="relayed", by=("10.0.0.9",), received=200, mos=4.2)


class Scene:
    """A lab in which the two talk like that, or do not; `packets` pass s1 meanwhile."""

    def __init__(
        self, one: Talk | None = None, other: Talk | None = None, why: str = "", packets: Sequence[bytes] = ()
    ) -> None:
        self.ends = one or Talk(UP, SAID, ANSWERED), other or Talk(UP._replace(user="bob"), ANSWERED, SAID)
        self.why = why
        self.packets = packets
        self.kept: list[bool] = []

    def talk(
        self, source: str, target: str, seconds: float, *, sound: bool = False, keep: bool = False
    ) -> tuple[Talk, Talk]:
        assert (source, target) == ("h1", "h2")
        self.kept.append(keep)
        if self.why:
            raise NoAnswerError(self.why)
        return self.ends

    def call(self, node: str) -> Call:
        return self.ends[0].call

    def name(self, address: str, at: str) -> str:
        return {"10.0.0.9": "s1"}.get(address, address)

    @contextmanager
    def capture(self, node: str, expression: str) -> Iterator[list[CapturedPacket]]:
        assert (node, expression) == ("s1", "udp")
        end = Endpoint(Address.parse("10.0.0.9"), 3478)
        packets: list[CapturedPacket] = []
        yield packets
        packets += [CapturedPacket(0.0, node, UDP, end, end, data, 0, 64, False) for data in self.packets]


def look(scene: Scene, **words: Any) -> Finding:
    return CallCheck("h1", "h2", **words).run(scene)  # type: ignore[arg-type]


def ends(**changes: Any) -> Scene:
    """Both ends' calls are like that."""
    call = UP._replace(**changes)
    return Scene(Talk(call, SAID, ANSWERED), Talk(call, ANSWERED, SAID))


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"path": "relayed"},
        {"path": "relayed", "via": ("s1", "s2")},
        {"mos": 420},
        {"likeness": 90},
        {"likeness": 90, "one_way": True},
    ],
)
def test_what_is_so_holds(words: dict[str, Any]) -> None:
    assert look(Scene(), **words).holds


@pytest.mark.parametrize(
    ("scene", "words", "seen"),
    [
        (Scene(), {"path": "direct"}, "relayed by s1, MOS 4.20, 4.20"),
        (Scene(), {"via": ("s2",)}, "relayed by s1, MOS 4.20, 4.20"),
        (ends(by=()), {"via": ("s1",)}, "relayed, MOS 4.20, 4.20"),
        (Scene(), {"mos": 421}, "relayed by s1, MOS 4.20, 4.20"),
        (ends(mos=None), {"mos": 101}, "relayed by s1, MOS 1.00, 1.00"),
        (ends(state="ended", path=""), {}, "ended by s1, MOS 4.20, 4.20"),
        (Scene(why="busy"), {}, "busy"),
        (Scene(), {"fails": "busy"}, "relayed by s1, MOS 4.20, 4.20"),
        (Scene(why="busy"), {"fails": "no answer"}, "busy"),
    ],
)
def test_what_is_not_so_does_not_hold_and_is_told(scene: Scene, words: dict[str, Any], seen: str) -> None:
    done = look(scene, **words)
    assert (done.holds, done.seen) == (False, seen)


def test_one_who_hears_noise_makes_it_fail_but_where_one_way_is_enough() -> None:
    scene = Scene(Talk(UP, SAID, noise(4.0, 3)))
    assert not look(scene, likeness=80).holds
    assert look(scene, likeness=80, one_way=True).holds


def test_that_there_is_no_call_can_be_what_is_expected() -> None:
    assert look(Scene(why="alice calls bob: no-contact"), fails="no-contact").holds


def test_a_call_goes_on_where_it_is_to_be_kept() -> None:
    scene = Scene()
    look(scene)
    look(scene, keep=True)
    assert scene.kept == [False, True]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"target": "h1"}, "h1 calls itself"),
        ({"path": "straight"}, "path 'straight' is none of direct, punched, relayed"),
        ({"likeness": 50, "lasting": 2.0}, "likeness: 2s is too short"),
    ],
)
def test_words_that_do_not_fit_together_are_refused(words: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        CallCheck(**{"source": "h1", "target": "h2", **words})


def test_in_words() -> None:
    check = CallCheck("h1", "h2", path="relayed", via=("s1", "s2"), mos=400, likeness=80)
    assert check.describe() == "h1 calls h2: relayed by s1 or s2, MOS 4.00, likeness 80%"
    assert CallCheck("h1", "h2").describe() == "h1 calls h2: by any path"
    assert CallCheck("h1", "h2", fails="busy").describe() == "h1 calls h2: no call: busy"


# silence


@pytest.mark.parametrize(
    ("changes", "holds", "seen"),
    [
        ({"longest_silence": 2.0}, True, "2.00 s, up"),
        ({"longest_silence": 2.01}, False, "2.01 s, up"),
        ({"longest_silence": 0.3, "state": "ended", "why": "hung-up"}, True, "0.30 s, ended (hung-up)"),
        ({"longest_silence": 0.0, "state": "moving"}, False, "0.00 s, moving"),  # it is not over
        ({"received": 0}, False, "0.00 s, up"),
    ],
)
def test_a_silence_is_as_long_as_the_telephone_says(changes: dict[str, Any], holds: bool, seen: str) -> None:
    done = SilenceCheck("h1", 2.0).run(ends(**changes))  # type: ignore[arg-type]
    assert (done.holds, done.expected, done.seen) == (holds, "at most 2s", seen)


# relayed


def passing(pcm: bytes, tag: bytes = b"") -> list[bytes]:
    codes = PCMU.encode(pcm)
    frames = (codes[at : at + 160] for at in range(0, len(codes), 160))
    return [struct.pack("!BBHII", 0x80, 0, number, 0, 1) + each + tag for number, each in enumerate(frames)]


@pytest.mark.parametrize(
    ("packets", "heard", "holds"),
    [
        (passing(noise(4.0, 3), bytes(10)), False, True),
        (passing(noise(4.0, 3), bytes(10)), True, False),
        (passing(SAID), True, True),
        (passing(ANSWERED), True, True),
        (passing(SAID), False, False),
        ([], False, False),
        ([], True, False),
    ],
)
def test_what_passes_is_noise_or_speech(packets: list[bytes], heard: bool, holds: bool) -> None:
    done = RelayedCheck("h1", "h2", ("s1",), heard=heard).run(Scene(packets=packets))  # type: ignore[arg-type]
    assert done.holds is holds
    assert done.seen.startswith(f"{len(packets)} packets with" if packets else "no packet of a call")


def test_different_nodes_are_wanted() -> None:
    with pytest.raises(ValueError, match="different nodes"):
        RelayedCheck("h1", "h2", ("s1", "h2"))


def test_of_several_nodes_one_carries_it() -> None:
    class Two(Scene):
        @contextmanager
        def capture(self, node: str, expression: str) -> Iterator[list[CapturedPacket]]:
            if node == "s2":
                yield []
                return
            with super().capture(node, expression) as packets:
                yield packets

    check = RelayedCheck("h1", "h2", ("s2", "s1"), heard=True)
    assert check.run(Two(packets=passing(SAID))).holds  # type: ignore[arg-type]
    assert check.describe() == "s2 or s1 carries the call of h1 and h2, and hears every word"
