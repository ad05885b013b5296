"""Programs for nodes on both sides of a translator: what a host outside sees of a datagram, and what it may send back.

REPORTER has two ports. It sends a datagram from each to a host, where it is told one, so that a translator before it
knows them, and then does what it is asked for, by the first words of a datagram:

    report                      says from which address and port it came, and how long it was, as long as it was
    poke PORT HOST              sends `uninvited port` from another port of its own, has HOST send `uninvited address`,
                                and says `done` after that

ASK asks for reports from one port. BEHAVIOUR finds out, behind several translators at once, by which outside ports
three peers see one inside port, and who else may send to it: by the order of the packets, not by waiting.
"""

from __future__ import annotations

from lab_bench import Bench

__all__ = ["ASK", "BEHAVIOUR", "FIRST", "SECOND", "reports"]

FIRST, SECOND = 6000, 6001
"""The ports of REPORTER."""

REPORTER = f"""
import select, socket, sys
ports = {{}}
for number in ({FIRST}, {SECOND}):
    ports[number] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ports[number].bind(("", number))
    for host in sys.argv[1:]:
        ports[number].sendto(b"", (host, 9))
print("listens", flush=True)
while True:
    for port in select.select(list(ports.values()), [], [])[0]:
        data, source = port.recvfrom(70000)
        word, *more = data.rstrip(b"\\0").decode().split()
        if word == "report":
            port.sendto(f"{{source[0]}} {{source[1]}} {{len(data)}}".encode().ljust(len(data)), source)
        elif word == "poke":
            ports[int(more[0])].sendto(b"uninvited port", source)
            port.sendto(f"send {{source[0]}} {{source[1]}}".encode(), (more[1], {FIRST}))
        elif word == "send":
            port.sendto(b"uninvited address", (more[0], int(more[1])))
            port.sendto(f"sent {{more[0]}} {{more[1]}}".encode(), source)
        elif word == "sent":
            port.sendto(b"done", (more[0], int(more[1])))
"""

ASK = """
import socket, sys
host, patience = sys.argv[1], float(sys.argv[2])
port, own, size, times = map(int, sys.argv[3:])
asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asker.bind(("", own))
asker.settimeout(patience)
for _ in range(times):
    asker.sendto(b"report".ljust(max(size, 6), b"\\0"), (host, port))
    try:
        print(asker.recv(70000).decode().strip())
        break
    except TimeoutError:
        continue
"""

BEHAVIOUR = f"""
import json, select, socket, sys
marks, server, other, patience = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
def opened(number, mark):
    asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asker.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, mark)
    asker.bind(("", number))
    return asker
found = {{}}
for name, mark in marks.items():
    seen, uninvited = [], []
    asker = opened(5000 + mark, mark)
    asker.settimeout(patience)
    for peer in ((server, {FIRST}), (server, {SECOND}), (other, {FIRST})):
        asker.sendto(b"report".ljust(40, b"\\0"), peer)
        seen.append(asker.recv(100).decode().split()[:2])
    asker = opened(5100 + mark, mark)
    asker.settimeout(patience)
    asker.sendto(f"poke {SECOND} {{other}}".encode(), (server, {FIRST}))
    while (data := asker.recv(100)) != b"done":
        uninvited.append(data.decode().split()[1])
    found[name] = {{"port": 5000 + mark, "seen": seen, "uninvited": uninvited}}
print(json.dumps(found))
"""


def reports(bench: Bench, node: str, *told: str) -> None:
    """REPORTER runs there until the lab ends."""
    process = bench.engine.execute(bench.container(node).name, ["python3", "-c", REPORTER, *told])
    assert process.read(200) == (1, b"listens\n")
