"""The driver: feeds, performs, and keeps one timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from catenet.nodes.address import ANY, Address, Prefix
from catenet.nodes.machine import Action, Datagram, DeleteRoute, Endpoint, NextHop, Report, Send, SetRoute
from catenet.nodes.runtime.driver import Driver

NOWHERE = Endpoint(ANY, 0)
PACKET = Datagram(b"ping", NOWHERE, NOWHERE)


class Echo:
    """Sends each packet back, and wants to be woken as often as it is told."""

    def __init__(self) -> None:
        self.actions: list[Action] = []
        self.wakes: list[float] = []
        self.woken: list[float] = []

    def receive(self, packet: Datagram, now: float) -> None:
        if packet.data == b"bad":
            raise ZeroDivisionError("our own mistake")
        self.actions.append(Send(packet))

    def wake(self, now: float) -> None:
        self.woken.append(now)
        self.wakes.remove(min(self.wakes))

    def next_wake(self) -> float | None:
        return min(self.wakes, default=None)

    def take_actions(self) -> list[Action]:
        actions, self.actions = self.actions, []
        return actions


class World:
    """What the driver did."""

    def __init__(self, machine: Echo) -> None:
        self.sent: list[Datagram] = []
        self.performed: list[Action] = []
        self.failures: list[Exception] = []
        loop = asyncio.get_running_loop()
        self.driver = Driver(machine, self.sent.append, self.performed.append, self.failures.append, loop)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(200):
        while not condition():
            await asyncio.sleep(0)


def test_actions_are_performed_in_order_each_by_who_can() -> None:
    async def run() -> None:
        machine = Echo()
        world = World(machine)
        others: list[Action] = [
            SetRoute(Prefix(ANY, 0), (NextHop(Address(1), "link1"),)),
            DeleteRoute(Prefix(ANY, 0)),
            Report("k", "t", {}),
        ]
        world.driver.call(lambda _: machine.actions.extend(others))
        world.driver.feed(PACKET, 0.0)
        world.driver.settle()
        assert world.performed == others
        assert world.sent == [PACKET]

    asyncio.run(run())


def test_the_machine_is_woken_when_it_said_and_never_early() -> None:
    async def run() -> None:
        machine = Echo()
        world = World(machine)
        began = asyncio.get_running_loop().time()
        times = [began + 0.02, began + 0.01]
        world.driver.call(lambda _: machine.wakes.extend(times))
        await until(lambda: not machine.wakes)
        assert machine.woken[0] >= began + 0.01
        assert machine.woken[1] >= began + 0.02

    asyncio.run(run())


def test_a_wish_for_an_earlier_wake_is_heard() -> None:
    async def run() -> None:
        machine = Echo()
        world = World(machine)
        now = asyncio.get_running_loop().time()
        world.driver.call(lambda _: machine.wakes.append(now + 3600))
        world.driver.call(lambda _: machine.wakes.append(now + 0.01))
        await until(lambda: len(machine.woken) == 1)
        assert machine.wakes == [now + 3600]
        world.driver.close()

    asyncio.run(run())


def test_a_wish_for_a_later_wake_is_heard() -> None:
    async def run() -> None:
        machine = Echo()
        world = World(machine)
        now = asyncio.get_running_loop().time()
        world.driver.call(lambda _: machine.wakes.append(now + 0.01))
        world.driver.call(lambda _: machine.wakes.__setitem__(0, now + 0.05))
        await until(lambda: len(machine.woken) == 1)
        assert machine.woken[0] >= now + 0.05

    asyncio.run(run())


def test_a_wish_that_is_taken_back_wakes_nobody() -> None:
    async def run() -> None:
        machine = Echo()
        world = World(machine)
        now = asyncio.get_running_loop().time()
        world.driver.call(lambda _: machine.wakes.append(now + 0.01))
        world.driver.call(lambda _: machine.wakes.clear())
        await until(lambda: asyncio.get_running_loop().time() > now + 0.03)
        assert (machine.woken, world.failures) == ([], [])

    asyncio.run(run())


def test_what_is_fed_together_is_settled_together() -> None:
    async def run() -> None:
        machine = Echo()
        world = World(machine)
        for _ in range(3):
            world.driver.feed(PACKET, 0.0)
        assert not world.sent
        world.driver.settle()
        assert world.sent == 3 * [PACKET]

    asyncio.run(run())


def test_the_machine_begins_only_when_its_owner_says_so() -> None:
    async def run() -> None:
        machine = Echo()
        machine.actions.append(Send(PACKET))
        world = World(machine)
        assert not world.sent
        world.driver.begin()
        assert world.sent == [PACKET]

    asyncio.run(run())


def test_what_a_machine_raises_is_told_and_a_closed_driver_does_nothing() -> None:
    async def run() -> None:
        machine = Echo()
        world = World(machine)
        world.driver.feed(PACKET, 0.0)
        world.driver.feed(PACKET._replace(data=b"bad"), 0.0)
        world.driver.settle()
        assert [type(error) for error in world.failures] == [ZeroDivisionError]
        world.driver.close()
        world.driver.feed(PACKET, 0.0)
        world.driver.settle()
        assert not world.sent

    asyncio.run(run())
