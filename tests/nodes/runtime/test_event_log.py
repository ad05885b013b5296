"""The event log: lines in order, a share for each kind, and a reader that stalls holds up nobody."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator

import pytest

from catenet.nodes.control.events import Event
from catenet.nodes.runtime.log import EventLog
from catenet.nodes.token_bucket import TokenBucket


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    yield reader, writer
    os.close(reader)
    os.close(writer)


def read_all(reader: int) -> bytes:
    found = b""
    while True:
        try:
            found += os.read(reader, 1 << 20)
        except BlockingIOError:
            return found


async def drain(reader: int, into: list[bytes]) -> None:
    while True:
        into.append(read_all(reader))
        await asyncio.sleep(0)


async def close_and_read(log: EventLog, reader: int) -> list[Event]:
    """All that was written, as somebody has it who reads while the log is closed."""
    into: list[bytes] = []
    reading = asyncio.get_running_loop().create_task(drain(reader, into))
    log.close()
    while log.queued:
        await asyncio.sleep(0)
    reading.cancel()
    lines = (b"".join(into) + read_all(reader)).decode().splitlines()
    events = [Event.parse(line) for line in lines]
    assert None not in events
    return [event for event in events if event is not None]


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = TokenBucket(rate=2, burst=3, now=10.0)
    assert [bucket.take(10.0) for _ in range(4)] == [True, True, True, False]
    assert [bucket.take(11.0) for _ in range(3)] == [True, True, False]
    assert [bucket.take(99.0) for _ in range(4)] == [True, True, True, False]


def test_a_line_carries_its_json(pipe: tuple[int, int]) -> None:
    async def run() -> None:
        log = EventLog("a", True, asyncio.get_running_loop(), pipe[1])
        log.write("rip", "route.lost", "gone\nby", {"prefix": "10.0.0.0/8"})

    asyncio.run(run())
    (line,) = read_all(pipe[0]).decode().splitlines()
    event = Event.parse(line)
    assert event is not None
    assert (event.node, event.service, event.kind, event.data) == ("a", "rip", "route.lost", {"prefix": "10.0.0.0/8"})
    assert "gone?by" in line


def test_too_many_of_one_kind_are_counted_and_others_still_pass(pipe: tuple[int, int]) -> None:
    async def run() -> list[Event]:
        log = EventLog("a", True, asyncio.get_running_loop(), pipe[1])
        for _ in range(5000):
            log.write("dns", "dns.query", "q", {})
        log.write("rip", "route.lost", "r", {})
        return await close_and_read(log, pipe[0])

    events = asyncio.run(run())
    kinds = [event.kind for event in events]
    queries = kinds.count("dns.query")
    assert 0 < queries < 5000
    dropped = [event for event in events if event.kind == "events.dropped"]
    assert "route.lost" in kinds
    assert [dict(event.data) for event in dropped] == [{"kind": "dns.query", "count": 5000 - queries}]


def test_who_asks_first_leaves_out_the_same(pipe: tuple[int, int]) -> None:
    """Two kinds that go together: either both are written, or both count as left out."""

    async def run() -> list[Event]:
        log = EventLog("a", True, asyncio.get_running_loop(), pipe[1])
        now = asyncio.get_running_loop().time()
        for _ in range(5000):
            if log.wants(("dns.query", "dns.answer"), now):
                log.write("dns", "dns.query", "q", {})
                log.write("dns", "dns.answer", "a", {})
        assert log.wants(("route.lost",), now)
        return await close_and_read(log, pipe[0])

    events = asyncio.run(run())
    counts = Counter(event.kind for event in events)
    assert 0 < counts["dns.query"] == counts["dns.answer"] < 5000
    assert {event.data["kind"]: event.data["count"] for event in events if event.kind == "events.dropped"} == {
        "dns.query": 5000 - counts["dns.query"],
        "dns.answer": 5000 - counts["dns.answer"],
    }


def test_what_happened_so_many_times_is_left_out_so_many_times(pipe: tuple[int, int]) -> None:
    async def run() -> list[Event]:
        loop = asyncio.get_running_loop()
        log = EventLog("a", True, loop, pipe[1])
        now = loop.time()
        while log.wants(("k",), now):
            log.write("s", "k", "t", {})
        assert not log.wants(("k",), now, 63)
        return await close_and_read(log, pipe[0])

    (dropped,) = [event.data for event in asyncio.run(run()) if event.kind == "events.dropped"]
    assert dropped == {"kind": "k", "count": 64}


class StandingClock(asyncio.SelectorEventLoop):
    """A loop whose time moves when it is told to."""

    at = 10.0

    def time(self) -> float:
        return self.at


def test_a_kind_that_was_left_out_is_wanted_again_at_its_rate(pipe: tuple[int, int]) -> None:
    loop = StandingClock()
    log = EventLog("a", False, loop, pipe[1])

    def written() -> int:
        count = 0
        while log.wants(("k",), loop.at):
            log.write("s", "k", "t", {})
            count += 1
        return count

    assert (written(), written()) == (1000, 0)
    loop.at += 0.009
    assert written() == 0
    loop.at += 0.002
    assert (written(), written()) == (1, 0)
    loop.at += 60.0
    assert written() == 1000
    loop.close()


def test_a_stalled_reader_holds_up_nobody_and_gets_whole_lines_later(pipe: tuple[int, int]) -> None:
    text = "x" * 1000

    async def run() -> bytes:
        loop = asyncio.get_running_loop()
        log = EventLog("a", False, loop, pipe[1])
        for number in range(400):  # 400 kB, far over what a pipe holds
            log.write("s", f"kind{number % 2}", text, {})
        into: list[bytes] = []
        reading = loop.create_task(drain(pipe[0], into))
        while sum(map(len, into)) < 400 * 1000:
            await asyncio.sleep(0)
        reading.cancel()
        return b"".join(into) + read_all(pipe[0])

    lines = asyncio.run(asyncio.wait_for(run(), 200)).decode().splitlines()
    assert len(lines) == 400
    assert all(line.endswith(text) for line in lines)


def test_what_no_reader_takes_is_bounded(pipe: tuple[int, int]) -> None:
    async def run() -> int:
        log = EventLog("a", False, asyncio.get_running_loop(), pipe[1])
        for number in range(4000):
            log.write("s", f"kind{number % 8}", "x" * 2000, {})
        return log.queued

    assert asyncio.run(run()) < 1_100_000


def test_a_reader_that_is_gone_is_outlived() -> None:
    async def run() -> None:
        reader, writer = os.pipe()
        log = EventLog("a", False, asyncio.get_running_loop(), writer)
        os.close(reader)
        log.write("s", "k", "t", {})
        log.write("s", "k", "t", {})
        log.close()
        assert log.queued == 0
        os.close(writer)

    asyncio.run(run())


def test_what_a_log_for_people_leaves_out_is_kept_for_who_asks(pipe: tuple[int, int]) -> None:
    async def run() -> None:
        log = EventLog("a", False, asyncio.get_running_loop(), pipe[1])
        for number in range(1500):
            log.write("rip", f"kind.{'ab'[number % 2]}", str(number), {"number": number})
        lines = log.recent(0.0)
        events = [event for line in lines if (event := Event.parse(line)) is not None]
        assert [event.data["number"] for event in events] == list(range(500, 1500))
        assert read_all(pipe[0]).decode().splitlines()[-1000:] == [line.partition("\t")[0] for line in lines]
        assert log.recent(events[-1].at + 1e-5) == []

    asyncio.run(run())


def test_by_what_is_kept_each_link_route_and_service_is_known_however_long_ago_it_was_told(
    pipe: tuple[int, int],
) -> None:
    async def run() -> None:
        log = EventLog("a", False, asyncio.get_running_loop(), pipe[1])
        for cost in (3, 2):
            log.write("rip", "route.changed", f"x, cost {cost}", {"prefix": "10.0.2.0/24", "cost": cost})
        log.write("rip", "route.refused", "x not in the kernel's table", {"prefix": "10.0.2.0/24"})
        log.write("rip", "route.changed", "y", {"prefix": "10.0.3.0/24", "cost": 1})
        log.write("rip", "route.lost", "y", {"prefix": "10.0.3.0/24"})
        log.write("node", "link.up", "l", {"lan": "link1"})
        for number in range(2000):
            log.write("dns", f"kind.{number % 4}", str(number), {})
        events = [event for line in log.recent(0.0) if (event := Event.parse(line)) is not None]
        assert [(each.kind, each.data.get("cost")) for each in events[:3]] == [
            ("route.changed", 2),
            ("route.lost", None),
            ("link.up", None),
        ]
        assert len(events) == 1003
        assert [each.at for each in events] == sorted(each.at for each in events)

    asyncio.run(run())
