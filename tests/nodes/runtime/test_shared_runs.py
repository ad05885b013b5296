"""What services share is begun by the first, ended by the last, and never two at once."""

from __future__ import annotations

import asyncio

import pytest

from catenet.nodes.runtime.shared_runs import SharedRuns


class Life:
    """It is over when it is said to be; its end takes until it may."""

    def __init__(self, *, starts: bool = True) -> None:
        self.log: list[str] = []
        self.over = False
        self.started = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        if starts:
            self.started.set()

    async def start(self) -> None:
        self.log.append("start")
        await self.started.wait()
        if self.over:
            raise OSError("it cannot")
        self.log.append("there")

    def is_over(self) -> bool:
        return self.over

    async def end(self) -> None:
        await self.may_end.wait()
        self.log.append("end")


def user(runs: SharedRuns, life: Life) -> tuple[asyncio.Event, asyncio.Task[Life]]:
    """Somebody who uses it until the event."""
    leave = asyncio.Event()

    async def use() -> Life:
        async with runs.use("x", lambda: life) as used:
            await leave.wait()
            return used

    return leave, asyncio.create_task(use())


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_the_first_begins_it_and_the_last_ends_it() -> None:
    async def run() -> None:
        runs, one, two = SharedRuns(), Life(), Life()
        (first, a), (second, b) = user(runs, one), user(runs, two)
        await settle()
        first.set()
        assert await a is one
        assert one.log == ["start", "there"]
        second.set()
        assert await b is one
        assert one.log == ["start", "there", "end"]
        assert two.log == []

    asyncio.run(run())


def test_who_comes_to_one_that_is_over_waits_until_it_has_ended() -> None:
    async def run() -> None:
        runs, one, two = SharedRuns(), Life(), Life()
        leave, a = user(runs, one)
        await settle()
        one.over = True
        one.may_end.clear()
        again, b = user(runs, two)
        await settle()
        leave.set()
        await settle()
        assert two.log == []
        one.may_end.set()
        await a
        again.set()
        assert await b is two
        assert two.log == ["start", "there", "end"]

    asyncio.run(run())


def test_who_cannot_wait_for_it_does_not_take_it_from_the_others() -> None:
    async def run() -> None:
        runs, life = SharedRuns(), Life(starts=False)
        (_, a), (leave, b) = user(runs, life), user(runs, life)
        await settle()
        a.cancel()
        await asyncio.wait([a])
        life.started.set()
        leave.set()
        assert await b is life
        assert life.log == ["start", "there", "end"]

    asyncio.run(run())


def test_all_who_wait_hear_why_it_cannot_start_and_the_next_begins_another() -> None:
    async def run() -> None:
        runs, life, other = SharedRuns(), Life(starts=False), Life()
        (_, a), (_, b) = user(runs, life), user(runs, life)
        await settle()
        life.over = True
        life.started.set()
        for each in (a, b):
            with pytest.raises(OSError, match="it cannot"):
                await each
        assert life.log == ["start", "end"]
        leave, c = user(runs, other)
        leave.set()
        assert await c is other

    asyncio.run(run())


def test_one_that_all_leave_while_it_starts_is_ended() -> None:
    async def run() -> None:
        runs, life = SharedRuns(), Life(starts=False)
        _, a = user(runs, life)
        await settle()
        a.cancel()
        await asyncio.wait([a])
        assert life.log == ["start", "end"]

    asyncio.run(run())
