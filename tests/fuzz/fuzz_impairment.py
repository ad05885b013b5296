"""What a LAN is to suffer, as a node hears of it, and what then becomes of packets."""

from __future__ import annotations

import json
from random import Random

from fuzz_target import Target

from catenet.nodes.control.impairment import Impairment, in_words, parse_all, replaced
from catenet.nodes.control.strict_json import read_json
from catenet.nodes.link.impairment.channel import NEVER, Channel

PACKETS = 50


def _read(data: bytes) -> tuple[Impairment, ...]:
    return parse_all(read_json(data.decode()))


def _check(read: tuple[Impairment, ...]) -> None:
    again = json.loads(json.dumps([each.to_json() for each in read], allow_nan=False))
    assert parse_all(again) == read
    assert in_words(read).isprintable()
    for each in read:
        assert each.words or each.nothing
        assert replaced(read, each)[:1] or each.nothing
        _suffer(each)


def _suffer(asked: Impairment) -> None:
    channel = Channel(asked, lambda kind: Random(f"{asked.seed} {kind}"))
    last = 0.0
    for number in range(PACKETS):
        now = number * 0.01
        when = channel.take(100, now)
        assert when == NEVER or when >= now
        if channel.keeps_order and when != NEVER:
            assert when >= last
            last = when


impairments = Target(
    _read,
    (ValueError,),
    _check,
    words=(
        *('[{"delay": 0.02, "jitter": 0.01}]', '"distribution": "normal"', '"loss": 0.1, "burst": 3', '"from": "a"'),
        *('"duplicate": 0.5', '"reorder": 1', '"corrupt": 1e-3', '"rate": 1000', '"queue": 1', '"drop_every": 2'),
        *('"seed": 7', "1e999", "NaN", "true", "-1", "[]", "{}", ", "),
    ),
    longest=1024,
)
