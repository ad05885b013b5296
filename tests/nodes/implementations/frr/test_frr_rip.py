"""What is FRR's alone: the programs that its services share, its table."""

from __future__ import annotations

from collections.abc import Callable

from catenet.nodes.address import Address, Prefix
from catenet.nodes.implementations.daemon import LearnedRoute, Task
from catenet.nodes.implementations.frr import rip as frr
from catenet.nodes.implementations.frr.program import GROUP

MakeTask = Callable[..., Task]
B, D = Address.parse("10.0.1.2"), Address.parse("10.0.3.4")


def test_zebra_and_the_manager_are_shared_and_come_first(task: MakeTask) -> None:
    given = task("frr")
    assert frr.DAEMON.group == GROUP
    shared, own = GROUP.run([given, given._replace(service="other", folder="/run/x/other")]), frr.DAEMON.run(given)
    assert [command.words[0] for command in shared.commands] == ["/usr/lib/frr/mgmtd", "/usr/lib/frr/zebra"]
    (ripd,) = own.commands
    assert ripd.words[0] == "/usr/lib/frr/ripd"
    zebra = shared.commands[1]
    assert zebra.makes == "/run/x/frr/zserv.api"  # ripd waits for it
    for words in (ripd.words, zebra.words):
        assert words[words.index("-z") + 1] == zebra.makes
    assert ripd.words[ripd.words.index("--vty_socket") + 1] == "/run/x/rip"
    assert not own.files.keys() & shared.files.keys()


def test_the_routes_of_all_its_daemons_go_into_one_table(task: MakeTask) -> None:
    given = task("frr", redistribute=("static",))
    assert GROUP.run([given]).commands[1].words[-2:] == ("-R", str(GROUP.table))
    assert [str(route.to) for route in frr.DAEMON.routes(given).to_find] == ["10.8.0.0/16"]  # zebra sees no other table
    assert frr.DAEMON.routes(task("frr")).to_find == ()


def test_the_table_of_frr() -> None:
    """As `show ip rip` of FRR 10.3 prints it; a route at 16 is no route."""
    text = """\
Codes: K - kernel route, C - connected, L - local, S - static,
       R - RIP, O - OSPF, I - IS-IS, B - BGP, E - EIGRP, N - NHRP,
Sub-codes:
      (n) - normal, (s) - static, (d) - default, (r) - redistribute,

     Network            Next Hop         Metric From            Tag Time
R(n) 10.0.2.0/24        10.0.1.2              2 10.0.1.2          0 00:14
C(i) 10.0.3.0/24        0.0.0.0               1 self              0
R(n) 10.1.3.0/24        10.0.3.4              4 10.0.3.4         10 00:11
R(n) 10.1.9.0/24        10.0.3.4             16 10.0.3.4          0 00:05
"""
    assert frr.read_table(text) == [
        LearnedRoute(Prefix.parse("10.0.2.0/24"), B, 2, 0),
        LearnedRoute(Prefix.parse("10.1.3.0/24"), D, 4, 10),
    ]
