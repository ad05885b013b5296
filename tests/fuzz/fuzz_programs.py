"""What programs of others print: a user's own, FRR, BIRD, and the tools that checks run."""

from __future__ import annotations

import json

from fuzz_target import Target, sliced

from catenet.nodes.implementations.bird import rip as bird_rip
from catenet.nodes.implementations.frr import rip as frr_rip
from catenet.nodes.implementations.program_output import ProgramOutput
from catenet.nodes.runtime.lines import LINE_LIMIT, LineSplitter
from catenet.orchestrator.checks.fetch import read_response
from catenet.orchestrator.observe.program import Finished
from catenet.orchestrator.observe.tools import read_dig, read_hops, read_ping, read_traceroute


def _read_lines(data: bytes) -> list[str]:
    whole, parts = sliced(data)
    lines, one = LineSplitter(), LineSplitter()
    found = [line for part in parts for line in lines.feed(part)] + lines.end()
    if len(whole) <= LINE_LIMIT:  # a line that is cut is given at once, however long the piece that it came in
        assert found == one.feed(whole) + one.end()
    return found


def _check_lines(lines: list[str]) -> None:
    kinds = ProgramOutput()
    for line in lines:
        assert "\n" not in line
        assert len(line.encode()) <= 3 * LINE_LIMIT + 3
        report = kinds.read(line, "stdout")
        if report is not None:
            json.dumps(report.data, allow_nan=False)
            assert len(report.text) <= 1000


said = Target(
    _read_lines,
    (),
    _check_lines,
    words=("ready\n", '{"kind": "a.b", "text": "c", "data": {}}', '"kind":', "NaN", "1e999", "\\ud800", "[", "{", "\n"),
    longest=20_000,
)


def _frr(data: bytes) -> None:
    """An odd table is refused by ValueError; no other."""
    for route in frr_rip.read_table(data.decode(errors="replace")):
        assert 0 <= route.metric < 16


def _bird(data: bytes) -> None:
    bird_rip.read_table(data.decode(errors="replace"))


frr = Target(
    _frr,
    (ValueError,),
    words=(
        "R(n) 10.1.2.0/24        10.0.1.2              2 10.0.1.2          0 00:14\n",
        "R(n) ",
        "/24",
        "16",
        "9" * 5000,
    ),
)
bird = Target(
    _bird,
    (ValueError,),
    words=(
        "10.1.2.0/24          unicast [rip1 01:12:13.123] * (120/3) [0009]\n",
        "\tvia 10.0.1.2 on eth1\n",
        "(120/",
        "[00ff]",
        "9" * 5000,
    ),
)


def _tools(data: bytes) -> None:
    """The output of ping, traceroute, dig and curl -i."""
    text = data.decode(errors="replace")
    found = read_ping(Finished(["ping"], data[:1] != b"\0", data, b""))
    assert all(each.isprintable() for each in found.says)
    assert len(read_hops(text)) <= len(text.splitlines())
    read_traceroute(text)
    read_dig(text)
    response = read_response(data)
    assert response is None or response.status >= 0


tools = Target(
    _tools,
    words=(
        *(
            "traceroute to b (10.0.0.1), 30 hops max\n 1  10.0.1.1  0.1 ms\n 2  *\n",
            ";; ->>HEADER<<- opcode: QUERY, status: ",
            "From 10.0.0.1 icmp_seq=1 Time to live exceeded\n3 packets transmitted, 2 received, +1 duplicates\n",
            "64 bytes from 10.0.0.1: icmp_seq=1 ttl=63 time=0.2 ms (DUP!)\n",
        ),
        *("www.a. 300 IN A 10.0.0.1\n", "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", "HTTP/1.1 ", "\r\n\r\n", "9" * 5000),
    ),
)
