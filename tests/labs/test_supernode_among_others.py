"""Our supernode among coturn's programs and aioice, and coturn in its place: relaying, refusing, dying.

The programs all run at one time, and what comes to our supernode meanwhile is judged by tshark.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from dissected import complaints, is_sent_again, tshark
from lab_bench import PATIENCE, Bench, until, up
from on_engine import own

from catenet.orchestrator.observe.program import Finished

pytestmark = pytest.mark.engine

HERE = Path(__file__).parent
OURS, NARROW, THEIRS = "10.8.1.2", "10.8.1.3", "10.8.2.2"
ALICE, BOB = "10.8.1.10", "10.8.2.10"
PACKAGES = ("aioice", "ifaddr", "dns")
ECHO, CLOSED = 3480, 1
SENT = 5  # messages of each of uclient's connections
MEMORY = 4_000_000
"""Bytes by which a supernode may grow while it refuses: thousands of requests are forgotten."""

UCLIENT = {  # its options, and the connections that it makes: RTCP's own are among them without -c
    "channels": (OURS, f"-c -e {BOB}"),
    "pairs": (OURS, f"-e {BOB}"),
    "each other": (OURS, "-y"),
    "eight each other": (OURS, "-y -c -m 4"),
    "indications": (OURS, f"-s -e {BOB}"),
    "indications, each other": (OURS, "-y -s"),
    "tcp": (OURS, f"-t -e {BOB}"),
    "tcp, each other": (OURS, "-y -t"),
    "strict": (NARROW, f"-s -c -e {BOB}"),
    "coturn": (THEIRS, f"-c -e {ALICE}"),
}
MEETINGS = {  # who meets whom, each by which server
    "ours": (("ours", OURS, "udp"), ("ours", OURS, "udp")),
    "ours by coturn": (("ours", THEIRS, "udp"), ("ours", THEIRS, "udp")),
    "ours by both": (("ours", OURS, "udp"), ("ours", THEIRS, "udp")),
    "aioice": (("aioice", OURS, "udp"), ("aioice", OURS, "udp")),
    "aioice over TCP": (("aioice", OURS, "tcp"), ("aioice", OURS, "udp")),
    "ours and aioice": (("ours", OURS, "udp"), ("aioice", OURS, "udp")),
    "aioice and ours": (("aioice", OURS, "udp"), ("ours", OURS, "udp")),
}
NAMED = ("tcp.len", "stun.type.method", "stun.channel")
ON_ITS_PORT = ("-d", "udp.port==3478,stun", "-d", "tcp.port==3478,stun")


ALLOCATE, REFRESH, SEND, DATA, PERMISSION, CHANNEL_BIND = 3, 4, 6, 7, 8, 9
"""Methods (RFC 8656 section 17)."""


class Seen(NamedTuple):
    """What became of all programs, and what came to our supernode and left it, beside its relay ports."""

    clients: dict[str, Finished]
    meetings: dict[str, list[Finished]]
    refused: Finished
    capture: bytes


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("labs") / "supernodes"
    shutil.copytree(HERE / "supernodes", folder)
    for package in PACKAGES:
        found = find_spec(package)
        assert found is not None and found.origin is not None
        shutil.copytree(Path(found.origin).parent, folder / "packages" / package)
    with up(folder, own("supernodes")) as bench:
        for node, address in (("alice", ALICE), ("bob", BOB)):
            process = bench.engine.execute(
                bench.container(node).name, ["turnutils_peer", "-v", "-L", address, "-p", str(ECHO)]
            )
            assert process.read(PATIENCE) is not None  # it listens
        yield bench


@pytest.fixture(scope="module")
def seen(bench: Bench) -> Seen:
    with captured(bench) as capture, ThreadPoolExecutor(len(UCLIENT) + 2 * len(MEETINGS) + 1) as pool:
        clients = {
            name: pool.submit(uclient, bench, server, f"uclient{number}", options)
            for number, (name, (server, options)) in enumerate(UCLIENT.items())
        }
        refused = pool.submit(uclient, bench, OURS, "asks-for-more", f"-g -e {BOB}")
        meetings = {name: meet(pool, bench, 7000 + number, name) for number, name in enumerate(MEETINGS)}
        return Seen(
            {name: each.result() for name, each in clients.items()},
            {name: [each.result() for each in both] for name, both in meetings.items()},
            refused.result(),
            capture(),
        )


@contextmanager
def captured(bench: Bench) -> Iterator[Any]:
    """Inside it is captured; the function ends that and gives the file."""
    tcpdump = "tcpdump -Z root -n -i east -B 8192 -U -w - port 3478 & read -r _; sleep 0.2; kill -INT $!; wait"
    process = bench.engine.execute(bench.container("ours").name, ["sh", "-c", tcpdump], stdin=True)
    said = {1: b"", 2: b""}

    def file() -> bytes:
        process.write(b"\n")
        while (chunk := process.read(PATIENCE)) is not None:
            said[chunk[0]] += chunk[1]
        assert b" 0 packets dropped" in said[2].replace(b"\n", b" ")
        return said[1]

    try:
        while b"listening on" not in said[2]:
            chunk = process.read(PATIENCE)
            assert chunk is not None
            said[chunk[0]] += chunk[1]
        yield file
    finally:
        process.close()


def uclient(bench: Bench, server: str, user: str, options: str) -> Finished:
    common = ("-W", "north-north-west", "-u", user, "-n", str(SENT), "-z", "5", "-l", "172")
    node = "bob" if server == THEIRS else "alice"
    return bench.run(node, "turnutils_uclient", *common, *options.split(), server)


def meet(pool: ThreadPoolExecutor, bench: Bench, port: int, name: str) -> list[Future[Finished]]:
    (who, *by), (other, *by_other) = MEETINGS[name]
    script = ("python3", "-I", "/lab/meeting.py")
    return [
        pool.submit(bench.run, "alice", *script, who, *by, str(port), f"alice{port}", BOB),
        pool.submit(bench.run, "bob", *script, other, *by_other, str(port), f"bob{port}"),
    ]


class Client:
    """tests/labs/supernodes/obedient.py inside a node."""

    def __init__(self, bench: Bench, node: str, server: str, user: str) -> None:
        command = ["python3", "-I", "/lab/obedient.py", server, user]
        self._process = bench.engine.execute(bench.container(node).name, command, stdin=True)

    def __call__(self, word: str, *arguments: object) -> Any:
        self._process.write(json.dumps([word, *arguments]).encode() + b"\n")
        said = {1: b"", 2: b""}
        while not said[1].endswith(b"\n"):
            chunk = self._process.read(PATIENCE)
            assert chunk is not None, said[2].decode()
            said[chunk[0]] += chunk[1]
        return json.loads(said[1])

    def close(self) -> None:
        with suppress(OSError):
            self._process.close()


@contextmanager
def client(bench: Bench, server: str, user: str, node: str = "alice") -> Iterator[Client]:
    made = Client(bench, node, server, user)
    try:
        yield made
    finally:
        made.close()


by_either = pytest.mark.parametrize("server", [OURS, THEIRS], ids=["ours", "coturn"])


@pytest.mark.parametrize("name", UCLIENT)
def test_turnutils_uclient_loses_nothing(seen: Seen, name: str) -> None:
    """-c without RTCP's connections, -y between its own clients, -s by Send indications, -t over TCP."""
    done = seen.clients[name]
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Total lost packets 0 " in said
    (sent, received) = re.findall(r"tot_send_bytes ~ (\d+), tot_recv_bytes ~ (\d+)", said)[-1]
    assert int(sent) == int(received) >= SENT * 172


def test_turnutils_uclient_is_told_that_no_datagram_can_be_kept_whole(seen: Seen) -> None:
    """-g asks for DONT-FRAGMENT: RFC 8656 section 7.2, check 4."""
    assert "error 420 (Unknown Attribute)" in seen.refused.stdout + seen.refused.stderr


@pytest.mark.parametrize("name", MEETINGS)
def test_two_that_know_relays_alone_meet(seen: Seen, name: str) -> None:
    one, other = seen.meetings[name]
    assert (one.returncode, other.returncode) == (0, 0), one.last_words + other.last_words
    said = json.loads(one.stdout), json.loads(other.stdout)
    servers = [server for _, server, _ in MEETINGS[name]]
    assert [each["pair"] for each in said] == [servers, servers[::-1]]
    assert [each["heard"].split()[0] for each in said] == [who for who, *_ in reversed(MEETINGS[name])]


@pytest.mark.usefixtures("seen")
def test_who_has_met_gives_his_relay_back(bench: Bench) -> None:
    def held() -> list[str]:
        users = [row["user"] for row in bench.show("ours", "supernode")["allocations"]]
        return [user for user in users if user.startswith(("alice", "bob"))]

    until(held)


def test_tshark_names_every_packet_and_complains_of_none(seen: Seen) -> None:
    with tshark() as judge:
        packets = judge.read(seen.capture, *NAMED, checksums=False, options=ON_ITS_PORT)
    said = [packet for packet in packets if packet.get("tcp.len") != ["0"] and not is_sent_again(packet)]
    unnamed = [packet for packet in said if not {"stun.type.method", "stun.channel"} & packet.keys()]
    assert unnamed == []
    channels = [packet for packet in said if "stun.channel" in packet]
    methods = {method for packet in said for method in packet.get("stun.type.method", ())}
    assert methods >= {f"0x{method:04x}" for method in (ALLOCATE, REFRESH, SEND, DATA, PERMISSION, CHANNEL_BIND)}
    assert {"tcp.len" in packet for packet in channels} == {False, True}
    assert complaints(packets) == []


@pytest.mark.parametrize("node", ["alice", "bob"])
@by_either
def test_turnutils_stunclient_learns_its_address(bench: Bench, node: str, server: str) -> None:
    address = {"alice": ALICE, "bob": BOB}[node]
    assert f"UDP reflexive addr: {address}:" in bench.sh(node, f"turnutils_stunclient {server}")


@by_either
def test_loopback_groups_and_denied_prefixes_are_no_peers(bench: Bench, server: str) -> None:
    with client(bench, server, "denied") as ask:
        assert ask("allocate")[0] == 0
        for address in ("127.0.0.1", "224.0.0.1", "10.8.2.200", "0.0.0.1", "169.254.1.1", "8.8.8.8"):
            assert (address, ask("permit", address)) == (address, 403)
            assert (address, ask("bind", 0x4000, address, ECHO)) == (address, 403)
        assert ask("permit", BOB) == 0
        assert ask("refresh", 0) == 0


def test_of_its_own_ports_relays_alone_are_peers(bench: Bench) -> None:
    """RFC 8656 section 21.1.4; permissions have no port (section 9)."""
    with client(bench, OURS, "curious") as ask, client(bench, OURS, "neighbour", "bob") as other:
        (code, address, port), (_, _, its) = ask("allocate"), other("allocate")
        assert (code, address) == (0, OURS)
        assert ask("permit", OURS) == 0
        assert ask("bind", 0x4000, OURS, 3478) == 403
        assert ask("send", OURS, 3478, "to its own port") == []
        assert other("permit", OURS) == ask("bind", 0x4001, OURS, its) == 0
        assert other("send", OURS, port, "to a relay") == []
        assert ask("say", 0x4001, "and back") == ["channel", 0x4001, "to a relay"]
        assert other("refresh", 0) == ask("refresh", 0) == 0


@by_either
def test_by_an_indication_and_by_a_channel_data_come_back(bench: Bench, server: str) -> None:
    with client(bench, server, "sender") as ask:
        assert ask("allocate")[0] == ask("permit", BOB) == 0
        assert ask("send", BOB, ECHO, "by an indication") == ["data", "by an indication", BOB, ECHO]
        assert ask("bind", 0x4000, BOB, ECHO) == 0
        assert ask("say", 0x4000, "by a channel") == ["channel", 0x4000, "by a channel"]
        assert ask("refresh", 0) == 0


def test_channels_above_0x4fff_are_rfc_5766s(bench: Bench) -> None:
    """RFC 8656 section 12."""
    for server, code in ((OURS, 0), (NARROW, 400)):
        with client(bench, server, "high") as ask:
            assert ask("allocate")[0] == 0
            assert ask("bind", 0x5000, BOB, ECHO) == code
            assert ask("refresh", 0) == 0


def test_a_client_is_told_that_there_is_no_such_port(bench: Bench) -> None:
    """RFC 8656 section 11.5: ICMP type 3, code 3, of the host itself."""
    with client(bench, OURS, "told") as ask:
        assert ask("allocate")[0] == ask("permit", BOB) == 0
        assert ask("send", BOB, CLOSED, "is anybody there?") == ["icmp", 3, 3, 0, BOB, CLOSED]
        assert ask("refresh", 0) == 0


def test_a_flood_of_allocations_is_refused_and_forgotten(bench: Bench) -> None:
    with client(bench, NARROW, "first") as ask:
        assert ask("crowd", "greedy", 6) == [0] * 4 + [486] * 2
        codes = ask("crowd", "one-", 10)
        held = len(bench.show("narrow", "supernode")["allocations"])
        assert held == 12
        assert codes == sorted(codes) and set(codes) == {0, 508}
        flood(ask)
        before = bench.status("narrow")
        flood(ask)
        after = bench.status("narrow")
        assert after["memory"] - before["memory"] < MEMORY
        was, now = (each["services"]["supernode"] for each in (before, after))
        assert now["state"] == "ready"
        assert now["counters"]["limited_401"] > was["counters"]["limited_401"]
        assert now["counters"]["refused_508"] >= was["counters"]["refused_508"] + 200
    assert "UDP reflexive addr: " in bench.sh("bob", f"turnutils_stunclient {NARROW}")


def flood(ask: Client) -> None:
    """By a user whose name is good, and by nobody."""
    assert ask("insist", 200) == [508]
    ask("nameless", 500)


def test_paused_it_is_silent_and_killed_it_has_forgotten_all(bench: Bench) -> None:
    with client(bench, OURS, "patient") as ask:

        def relays() -> None:
            assert ask("allocate")[0] == ask("bind", 0x4000, BOB, ECHO) == 0
            assert ask("say", 0x4000, "hello") == ["channel", 0x4000, "hello"]

        relays()
        bench.do("pause", "ours")
        assert ask("say", 0x4000, "is anybody there?") == []
        bench.do("resume", "ours")
        until(lambda: not ask("say", 0x4000, "again"))
        assert ask("refresh", 600) == 0
        bench.restart("ours")
        assert ask("refresh", 600) == 437
        relays()
