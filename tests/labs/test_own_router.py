"""A program of one's own in a router's place: the lab does not notice."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from lab_bench import LABS, Bench, until, up
from on_engine import own as own_name

pytestmark = pytest.mark.engine

PROGRAM = "/my-(rip|machine)$|^/program/run"

OWN = {  # node → its program, its own LAN, its address on a link, and who is at the other end
    "a": ("./my-rip", "10.1.1.0/24", "10.0.3.1", "d"),
    "b": ("./my-rip-c", "10.1.2.0/24", "10.0.4.2", "e"),
    "c": ("./my-rip-go", "10.1.3.0/24", "10.0.5.3", "e"),
    "d": ("./my-machine", "10.1.4.0/24", "10.0.6.4", "e"),
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Each of the examples at a node of its own, and ours at e: one lab for all of them."""
    folder = tmp_path_factory.mktemp("labs") / "own"
    shutil.copytree(LABS / "five-routers", folder)
    lines = (LABS / "five-routers" / "lab.yaml").read_text().splitlines()
    for node, (program, *_) in OWN.items():
        number = next(number for number, line in enumerate(lines) if line.startswith(f"  {node}: "))
        assert lines[number].count("rip: {}") == 1
        lines[number] = lines[number].replace("rip: {}", f"rip: {{implementation: {program}}}")
    (folder / "lab.yaml").write_text("\n".join(lines))
    with up(folder, own_name("own")) as bench:
        yield bench


def around(own: Bench, node: str, prefix: str, lan: str, cost: int) -> None:
    """Until this is the node's way, as far as its kernel's table says."""

    def another() -> object:
        row = next((row for row in own.show(node, "rip")["table"] if row["prefix"] == prefix), {})
        return None if (row.get("lan"), row.get("cost")) == (lan, cost) else row or "no route"

    until(another)


def test_the_lab_holds_with_own_programs(own: Bench) -> None:
    own.until_all_holds()
    for node, (program, *_) in OWN.items():
        assert own.show(node, "rip")["implementation"] == program
        assert any(line["protocol"] == "rip" for line in own.show(node, "routes"))


@pytest.mark.parametrize("lan", ["link1", "link5"])
def test_they_see_a_cut_and_its_healing(own: Bench, lan: str) -> None:
    own.do("cut", lan)
    if lan == "link1":
        around(own, "a", "10.1.2.0/24", "link3", 3)
        around(own, "b", "10.1.1.0/24", "link4", 3)
    else:
        around(own, "c", "10.1.5.0/24", "link2", 2)
        around(own, "c", "10.1.4.0/24", "link2", 3)
    own.do("heal", lan)
    own.until_all_holds()


def test_a_router_dies_and_joins_again(own: Bench) -> None:
    own.do("kill", "b")
    around(own, "a", "10.1.3.0/24", "link3", 3)
    around(own, "c", "10.1.1.0/24", "link5", 3)
    own.do("start", "b")
    own.until_all_holds()


@pytest.mark.parametrize("node", OWN)
def test_its_last_words_are_16_for_all_and_it_is_started_again(own: Bench, node: str) -> None:
    """SIGTERM to the program alone. Nothing else than its end makes it say that its own LAN cannot be reached."""
    _, lan, here, neighbour = OWN[node]
    restarts = own.status(node)["services"]["rip"]["restarts"]
    with own.tcpdump(neighbour, "-l", "-v", "-c", "20", f"udp port 520 and src {here}") as text:
        own.run(node, "pkill", "-TERM", "-f", PROGRAM)
        text(f"{lan}, tag 0x0000, metric: 16")
    until(lambda: own.status(node)["services"]["rip"]["restarts"] == restarts)
    assert "exit code 0" in own.status(node)["services"]["rip"]["error"]
    own.until_all_holds()


def test_its_routes_do_not_outlive_it(own: Bench) -> None:
    own.run("a", "pkill", "-9", "-f", PROGRAM)
    until(lambda: "ended by SIGKILL" not in own.status("a")["services"]["rip"]["error"])
    own.until_all_holds()


HOSTILE = """
import random, socket, struct, sys
dice, entry = random.Random(7), struct.Struct(">HHIIII")
net, mask = 0x0A090000, 0xFFFF0000
bad = [
    entry.pack(*fields)
    for fields in (
        (2, 0, net, mask, 0, 0), (2, 0, net, mask, 0, 17), (2, 0, net, mask, 0, 2**32 - 1), (9, 0, net, mask, 0, 1),
        (2, 0, 0x7F000000, 0xFF000000, 0, 1), (2, 0, 0x00010000, mask, 0, 1), (2, 0, 0xE0000000, mask, 0, 1),
        (2, 0, net + 9, mask, 0, 1), (2, 0, net, 0xFF00FF00, 0, 1), (2, 0, net, mask, 0, 16),
    )
]
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)  # port 520 is the neighbour's own
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asking.settimeout(1)
for _ in range(10):
    for _ in range(40):
        entries = b"".join(dice.choice(bad) for _ in range(dice.randrange(30))) + dice.randbytes(dice.choice((0, 0, 7)))
        data = bytes([dice.randrange(4), dice.randrange(4), 0, 0])[: dice.choice((4, 4, 4, 2))] + entries
        raw.sendto(struct.pack(">HHHH", dice.choice((520, 9)), 520, 8 + len(data), 0) + data, (sys.argv[1], 0))
    for attempt in range(200):  # its answer says that it has received all that was sent before
        asking.sendto(bytes([1, 2, 0, 0]) + entry.pack(0, 0, 0, 0, 0, 16), (sys.argv[1], 520))
        try:
            answer, peer = asking.recvfrom(65535)
            break
        except TimeoutError:
            continue
    assert (answer[:2], peer) == (bytes([2, 2]), (sys.argv[1], 520)), (answer, peer)
print("answered")
"""


@pytest.mark.parametrize("node", OWN)
def test_hostile_messages_neither_end_it_nor_reach_its_table(own: Bench, node: str) -> None:
    _, _, here, neighbour = OWN[node]
    own.until_all_holds()
    restarts = own.status(node)["services"]["rip"]["restarts"]
    done = own.run(neighbour, "python3", "-c", HOSTILE, here)
    assert done.stdout == "answered\n", done.last_words
    assert own.status(node)["services"]["rip"]["restarts"] == restarts
    assert {row["prefix"] for row in own.show(node, "rip")["table"]} <= {
        str(lan.prefix) for lan in own.lab.lans.values()
    }
    own.until_all_holds()
