"""One of two that meet by ICE, over relays alone: `meeting.py ours|aioice SERVER udp|tcp PORT USER [HOST]`.

They exchange what signalling carries over TCP: who is told no HOST listens on PORT. Printed is the pair that was
selected, and what was heard by it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import sys
import time
from typing import Any, Protocol

from catenet.nodes.address import Address
from catenet.nodes.application.ice.candidate import Candidate
from catenet.nodes.application.ice.check import Credentials
from catenet.nodes.application.ice.datastream import DataStream
from catenet.nodes.application.ice.relay import Server
from catenet.nodes.application.ice.timing import Timing
from catenet.nodes.application.turn.credentials import password_of
from catenet.nodes.machine import Endpoint

SECRET = "north-north-west"
PATIENCE, PACE, LAST = 60.0, 0.02, 10  # seconds; seconds; datagrams after the peer has heard

Told = dict[str, Any]
"""A side's fragment, password, and candidates as SDP has them, without the word `candidate:`."""


class Side(Protocol):
    """One of the two."""

    async def gather(self) -> Told: ...
    async def meet(self, peer: Told) -> list[str]:
        """Both ends of the pair."""

    async def say(self, data: bytes) -> None: ...
    async def hear(self) -> bytes: ...
    async def end(self) -> None: ...


class Ours(asyncio.DatagramProtocol):
    """Our data stream on a socket."""

    def __init__(self, server: Server, *, controlling: bool) -> None:
        self._server, self._controlling = server, controlling
        self._loop = asyncio.get_running_loop()
        self._heard: asyncio.Queue[bytes] = asyncio.Queue()
        self._changed = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    async def gather(self) -> Told:
        own = _own_address(str(self._server.endpoint.address))
        self._transport, _ = await self._loop.create_datagram_endpoint(lambda: self, (own, 0))
        base = Endpoint(Address.parse(own), self._transport.get_extra_info("sockname")[1])
        self._stream = DataStream(
            base,
            [self._server],
            Timing(),
            controlling=self._controlling,
            entropy=os.urandom,
            randomness=random.Random(7),
            count=lambda counter, by=1: None,
            relayed_only=True,
        )
        self._stream.gather(self._loop.time())
        self._act()
        await self._until(lambda: self._stream.is_gathered(self._loop.time()))
        candidates = [str(each).removeprefix("candidate:") for each in self._stream.candidates]
        return {**self._stream.agent.credentials._asdict(), "candidates": candidates}

    async def meet(self, peer: Told) -> list[str]:
        parsed = [Candidate.parse(f"candidate:{each}") for each in peer["candidates"]]
        credentials = Credentials(peer["fragment"], peer["password"])
        self._stream.begin(credentials, [each for each in parsed if each is not None], self._loop.time())
        self._act()
        await self._until(lambda: self._stream.usable)
        pair = self._stream.usable
        assert pair is not None
        return [str(each.endpoint.address) for each in (pair.local, pair.remote)]

    async def say(self, data: bytes) -> None:
        self._stream.send(data)
        self._act()

    async def hear(self) -> bytes:
        return await self._heard.get()

    async def end(self) -> None:
        self._stream.release(self._loop.time())
        self._act()
        await self._until(lambda: self._stream.is_released)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        heard = self._stream.receive(data, Endpoint(Address.parse(addr[0]), addr[1]), self._loop.time())
        if heard is not None:
            self._heard.put_nowait(heard)
        self._act()

    async def _until(self, true: Any) -> None:
        while not true():
            self._changed.clear()
            await self._changed.wait()

    def _act(self) -> None:
        for data, destination, _ in self._stream.take_sends():
            self._transport.sendto(data, (str(destination.address), destination.port))
        self._stream.take_events()
        self._changed.set()
        if self._timer is not None:
            self._timer.cancel()
        at = self._stream.next_wake()
        self._timer = None if at is None else self._loop.call_at(at, self._wake)

    def _wake(self) -> None:
        self._stream.wake(self._loop.time())
        self._act()


class Theirs:
    """aioice."""

    def __init__(self, server: Server, transport: str, *, controlling: bool) -> None:
        import aioice

        self._made = aioice.Candidate.from_sdp
        self._connection = aioice.Connection(
            ice_controlling=controlling,
            turn_server=(str(server.endpoint.address), server.endpoint.port),
            turn_username=server.username,
            turn_password=server.password,
            turn_transport=transport,
            use_ipv6=False,
            transport_policy=aioice.TransportPolicy.RELAY,
        )

    async def gather(self) -> Told:
        it = self._connection
        await it.gather_candidates()
        candidates = [each.to_sdp() for each in it.local_candidates if each.type == "relay"]
        return {"fragment": it.local_username, "password": it.local_password, "candidates": candidates}

    async def meet(self, peer: Told) -> list[str]:
        it = self._connection
        for each in peer["candidates"]:
            await it.add_remote_candidate(self._made(each))
        await it.add_remote_candidate(None)
        it.remote_username, it.remote_password = peer["fragment"], peer["password"]
        await it.connect()
        pair = it._nominated[1]
        return [pair.local_candidate.host, pair.remote_candidate.host]

    async def say(self, data: bytes) -> None:
        await self._connection.send(data)

    async def hear(self) -> bytes:
        heard: bytes = await self._connection.recv()
        return heard

    async def end(self) -> None:
        await self._connection.close()


async def main(who: str, address: str, transport: str, *signalling: str) -> None:
    port, user, host = (*signalling, "")[:3]
    username = f"{int(time.time()) + 3600}:{user}"
    server = Server(Endpoint(Address.parse(address), 3478), username, password_of(username, SECRET.encode()))
    controlling = bool(host)
    side: Side = (
        Ours(server, controlling=controlling) if who == "ours" else Theirs(server, transport, controlling=controlling)
    )
    own = await side.gather()
    reader, writer = await _signalling(host, int(port))
    writer.write(json.dumps(own).encode() + b"\n")
    peer = json.loads(await reader.readline())
    pair = await side.meet(peer)
    heard = await _talk(side, f"{who} {user}")
    writer.write(b"\n")
    await reader.readline()  # both have heard
    await side.end()
    sys.stdout.write(json.dumps({"pair": pair, "heard": heard}))


async def _talk(side: Side, name: str) -> str:
    """Say one's name until the other's has come."""
    heard = asyncio.ensure_future(side.hear())
    left = LAST
    while left:
        await side.say(name.encode())
        await asyncio.sleep(PACE)
        left -= heard.done()
    return heard.result().decode()


async def _signalling(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if host:
        while True:
            try:
                return await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(PACE)
    came: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Future()
    await asyncio.start_server(lambda *both: came.set_result(both), "0.0.0.0", port)
    return await came


def _own_address(towards: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.connect((towards, 9))
        return str(port.getsockname()[0])


sys.path.insert(0, "/lab/packages")
asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), PATIENCE))
