"""Our agent and aioice's, by UDP on this machine: each role, each side first."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter

import aioice
import pytest

from catenet.nodes.address import Address
from catenet.nodes.application.ice.agent import Agent
from catenet.nodes.application.ice.candidate import Candidate, Foundations, Kind, priority_of
from catenet.nodes.application.ice.check import Credentials
from catenet.nodes.application.ice.timing import Timing
from catenet.nodes.machine import Endpoint

PATIENCE = 30.0


class Ours(asyncio.DatagramProtocol):
    """The agent on a socket."""

    def __init__(self, *, controlling: bool) -> None:
        self.loop = asyncio.get_running_loop()
        self.counters: Counter[str] = Counter()
        self.agent = Agent(
            Timing(),
            controlling=controlling,
            entropy=os.urandom,
            randomness=random.Random(7),
            count=lambda counter, by=1: self.counters.update({counter: by}),
        )
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()
        self.selected: asyncio.Future[None] = self.loop.create_future()
        self.timer: asyncio.TimerHandle | None = None

    async def open(self, address: str) -> None:
        self.transport, _ = await self.loop.create_datagram_endpoint(lambda: self, (address, 0))
        name = self.transport.get_extra_info("sockname")
        self.base = Endpoint(Address.parse(name[0]), name[1])
        foundation = Foundations().of(Kind.HOST, self.base.address)
        self.agent.set_local([Candidate(Kind.HOST, self.base, self.base, priority_of(Kind.HOST, 65535), foundation)])

    def begin(self, peer: aioice.Connection) -> None:
        told = [Candidate.parse("candidate:" + each.to_sdp()) for each in peer.local_candidates]
        credentials = Credentials(peer.local_username, peer.local_password)
        assert credentials.is_well_formed
        self.agent.set_remote(credentials, [each for each in told if each is not None], self.loop.time())
        self.act()

    def act(self) -> None:
        for data, _, (address, port) in self.agent.take_sends():
            self.transport.sendto(data, (str(address), port))
        if self.agent.selected is not None and not self.selected.done():
            self.selected.set_result(None)
        wake = self.agent.next_wake()
        if self.timer is not None:
            self.timer.cancel()
        self.timer = None if wake is None else self.loop.call_at(wake, self.wake)

    def wake(self) -> None:
        self.agent.wake(self.loop.time())
        self.act()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        source = Endpoint(Address.parse(addr[0]), addr[1])
        if not self.agent.receive(data, source, self.base, self.loop.time()):
            self.heard.put_nowait(data)
        self.act()

    def close(self) -> None:
        self.transport.close()
        if self.timer is not None:
            self.timer.cancel()


@pytest.mark.parametrize("controlling", [True, False], ids=["ours controls", "aioice controls"])
@pytest.mark.parametrize("first", ["ours", "aioice"])
@pytest.mark.parametrize("conflict", [False, True], ids=["", "both the same"])
def test_both_find_each_other_and_talk(controlling: bool, first: str, conflict: bool) -> None:
    async def run() -> None:
        theirs = aioice.Connection(ice_controlling=controlling is conflict, components=1, use_ipv6=False)
        await theirs.gather_candidates()
        ours = Ours(controlling=controlling)
        await ours.open(theirs.local_candidates[0].host)
        try:
            for each in ours.agent.local:
                text = str(each).removeprefix("candidate:")
                await theirs.add_remote_candidate(aioice.Candidate.from_sdp(text))
            await theirs.add_remote_candidate(None)
            theirs.remote_username, theirs.remote_password = ours.agent.credentials
            if first == "ours":
                ours.begin(theirs)
            connecting = asyncio.ensure_future(theirs.connect())
            if first == "aioice":
                await asyncio.sleep(0)
                ours.begin(theirs)
            await connecting
            await ours.selected
            assert ours.agent.selected is not None and ours.agent.controlling is not theirs.ice_controlling
            to = ours.agent.selected.remote.endpoint
            ours.transport.sendto(b"\x80from ours", (str(to.address), to.port))
            assert await theirs.recv() == b"\x80from ours"
            await theirs.send(b"\x80from theirs")
            assert await ours.heard.get() == b"\x80from theirs"
            assert not ours.counters["bad_messages"] and not ours.counters["auth_failures"]
        finally:
            ours.close()
            await theirs.close()

    asyncio.run(asyncio.wait_for(run(), PATIENCE))
