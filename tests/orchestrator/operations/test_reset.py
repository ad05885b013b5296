from __future__ import annotations

import re
from dataclasses import replace

import pytest

from catenet.nodes.address import Address
from catenet.nodes.control.questions import ASK_COMMAND, Answer, Question
from catenet.orchestrator.backend.protocols import EngineError, EngineGoneError
from catenet.orchestrator.observe.running import UserError
from catenet.orchestrator.operations.drift import find_drift
from catenet.orchestrator.operations.reset import reset

# What b's programs say, where nothing was changed: iproute2 6.15, nft 1.1.3.
AS_AFTER_UP = """\
addr 1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever
addr 541: eth0    inet 10.0.1.2/24 brd 10.0.1.255 scope global eth0\\       valid_lft forever preferred_lft forever
addr 549: eth1    inet 10.0.2.2/24 brd 10.0.2.255 scope global eth1\\       valid_lft forever preferred_lft forever
route 10.0.1.0/24 dev eth0 proto kernel scope link src 10.0.1.2
route 10.0.2.0/24 dev eth1 proto kernel scope link src 10.0.2.2
route 10.0.3.0/24 via 10.0.2.3 dev eth1 proto rip metric 120
route local 10.0.1.2 dev eth0 table local proto kernel scope host src 10.0.1.2
route broadcast 10.0.1.255 dev eth0 table local proto kernel scope link src 10.0.1.2
route unreachable 127.0.0.11 table local
rule 0:	from all lookup local
rule 32766:	from all lookup main
rule 32767:	from all lookup default
link 1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000
link 527: eth1@if528: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP mode DEFAULT group default
filter table ip nat {
filter 	chain DOCKER_OUTPUT {
filter 		ip daddr 127.0.0.11 tcp dport 53 counter packets 0 bytes 0 dnat to 127.0.0.11:40987
filter 	}
filter
filter 	chain OUTPUT {
filter 		type nat hook output priority dstnat; policy accept;
filter 		ip daddr 127.0.0.11 counter packets 0 bytes 0 jump DOCKER_OUTPUT
filter 	}
filter }
program nc -N -U /run/catenet.sock
program /bin/sh /usr/local/bin/health
"""


class World:
    """The small lab, whose nodes can be looked into. `extra`: node → lines that its programs say more."""

    def __init__(self, small):
        self.small, self.ordinary = small, small.engine.answer
        self.extra, self.looked = {}, []
        small.engine.answer = self.answer
        small.engine.before = self.restarted
        self.tables = {"rip": {"table": []}, "routes": []}  # one router: it has nothing to learn

    def answer(self, container, command, given):
        node = container.removeprefix("small-")
        if command[0] == "sh":
            self.looked.append(node)
            return 0, self.programs(node).encode(), b""
        if tuple(command) == ASK_COMMAND:
            question = Question.parse(given)
            what = question.arguments.get("what")
            if question.ask == "flush" or what in self.tables:
                self.small.asked.append((node, question))
                return 0, bytes(Answer(self.tables.get(what))), b""
        return self.ordinary(container, command, given)

    def programs(self, node):
        places = self.small.running.lab.nodes[node].attachments
        state = self.ordinary(f"small-{node}", ASK_COMMAND, bytes(Question("status")))[1].decode()
        lines = [line for line in AS_AFTER_UP.splitlines() if node == "b" or line.split()[0] not in ("addr", "route")]
        if node != "b":
            lines += [f"addr 541: eth0 inet {place.address}/24 brd" for place in places]
            lines += ["addr 1: lo inet 127.0.0.1/8 scope host lo"]
            lines += [f"route 10.0.{place.lan[-1]}.0/24 dev eth0 proto kernel scope link" for place in places]
        return "\n".join([f"state {state.strip()}", *lines, *self.extra.get(node, ())])

    def restarted(self, call, name):
        if call == "kill":
            self.extra.pop(name.removeprefix("small-"), None)

    def reset(self):
        return reset(self.small.engine, self.small.running)

    def changes(self):
        return [call for call in self.small.engine.calls if call[0] in ("kill", "start", "pause", "resume")]


@pytest.fixture
def world(small):
    world = World(small)
    small.engine.calls.clear()
    return world


def test_a_lab_as_after_up_is_left_alone(world):
    done = world.reset()
    assert (done.changed, done.remarks) == (False, ())
    assert world.changes() == []
    assert sorted(world.looked) == ["a", "b", "c"]


def test_what_is_cut_paused_and_dead_is_mended(world):
    world.small.down = {("a", "link1"), ("b", "link1"), ("b", "link2")}
    world.small.engine.pause("small-b")
    world.small.kill("c")
    done = world.reset()
    assert done.changed
    assert done.remarks == ("b resumed", "c started, was exited (137)", "link1 healed", "link2 healed")
    assert world.small.down == set()
    assert {container.state for container in world.small.running.containers.values()} == {"running"}


def test_what_is_silent_is_healed(world):
    world.small.silent = {("a", "link1"), ("b", "link1")}
    assert world.reset().remarks == ("link1 healed",)
    assert world.small.silent == set()
    assert world.changes() == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("addr 549: eth1    inet 10.9.9.9/24 brd 10.9.9.255 scope global eth1", "address 10.9.9.9/24"),
        ("route 10.9.0.0/16 via 10.0.2.3 dev eth1", "route 10.9.0.0/16 via 10.0.2.3 dev eth1"),
        ("route default via 10.0.2.3 dev eth1 proto static metric 1", "route default via 10.0.2.3 dev eth1 proto"),
        ("route blackhole 10.0.3.0/24", "route blackhole 10.0.3.0/24"),
        ("rule 100:	from 10.0.1.0/24 lookup 7", "rule 100: from 10.0.1.0/24 lookup 7"),
        ("neigh 10.0.1.1 dev eth0 lladdr 02:00:00:00:00:01 PERMANENT", "neighbour 10.0.1.1 dev eth0"),
        ("link 600: dummy0: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN", "link 600: dummy0"),
        ("link 527: eth1@if528: <BROADCAST,UP> mtu 1500 qdisc netem state UP", "link 527: eth1@if528"),
        ("link 527: eth1@if528: <BROADCAST,UP> mtu 1400 qdisc noqueue state UP", "link 527: eth1@if528"),
        ("link 527: eth1@if528: <BROADCAST,UP> mtu 900 qdisc noqueue state UP", "link 527: eth1@if528"),
        ("filter 		tcp dport 80 counter packets 0 bytes 0 drop", "filter tcp dport 80 counter"),
        ("filter 		type filter hook input priority filter; policy drop;", "filter type filter hook input"),
        ("file /etc/resolv.conf", "/etc/resolv.conf was changed"),
        ("program ping 10.0.2.3 ", "program ping 10.0.2.3"),
    ],
)
def test_a_node_in_which_something_was_left_behind_is_restarted_and_no_other(world, line, words):
    world.extra["b"] = [line]
    done = world.reset()
    assert [remark for remark in done.remarks if remark.startswith(f"b restarted: {words}")] == list(done.remarks) != []
    assert world.changes() == [("kill", "small-b"), ("start", "small-b")]


@pytest.mark.parametrize(
    ("gone", "words"),
    [
        ("addr 549", ("no address 10.0.2.2/24",)),
        ("route 10.0.2.0/24", ("no route 10.0.2.0/24",)),
        ("route 10.0.3.0/24", ()),  # the routing daemon's affair
    ],
)
def test_what_is_lacking_is_seen(world, gone, words):
    whole = world.programs("b")
    world.programs = lambda node: "\n".join(line for line in whole.splitlines() if not line.startswith(gone))
    small = world.small
    assert find_drift(small.engine, small.container("b"), small.running.lab).found == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("route unreachable 127.0.0.11 table local", ()),
        ("addr 541: eth0 inet 10.0.1.2/24 brd 10.0.1.255", ("address 10.0.1.2/24",)),
        ("route 10.0.9.0/24 dev eth1 proto static metric 1", ("route 10.0.9.0/24 dev eth1 proto static metric 1",)),
        ("route 10.0.9.0/24 dev eth1 scope link", ("route 10.0.9.0/24 dev eth1 scope link",)),
    ],
)
def test_the_kernel_of_a_node_on_our_own_stack_is_to_have_no_address_and_no_route(world, line, words):
    whole = world.programs("b")
    lines = [each for each in whole.splitlines() if not re.match("addr (541|549)|route 10", each)]
    world.programs = lambda node: "\n".join([*lines, line])
    small, lab = world.small, world.small.running.lab
    ours = replace(lab.nodes["b"], stack="userspace", gateway=Address.parse("10.0.2.3"))
    lab = replace(lab, nodes={**lab.nodes, "b": ours})
    assert find_drift(small.engine, small.container("b"), lab).found == words


def test_a_long_line_of_a_filter_is_read_in_linear_time(world):
    """In quadratic time it would take half an hour: who is root in a node says what its programs print."""
    line = "chain " + "a" * 400_000
    world.extra["b"] = [f"filter {line}"]
    small = world.small
    assert find_drift(small.engine, small.container("b"), small.running.lab).found == (f"filter {line}",)


# What nft 1.1.3 says of the rules of runtime/crossing_rules.
GUARDED = """\
filter # Warning: table ip raw is managed by iptables-nft, do not touch!
filter table ip raw {
filter 	chain catenet-whole {
filter 		xt match "socket" counter packets 0 bytes 0
filter 	}
filter
filter 	chain PREROUTING {
filter 		type filter hook prerouting priority raw; policy accept;
filter 		counter packets 13 bytes 139402 jump catenet-whole
filter 	}
filter }
filter # Warning: table ip mangle is managed by iptables-nft, do not touch!
filter table ip mangle {
filter 	chain catenet-arriving {
filter 		iifname != "lo" ip daddr 203.0.113.1 counter packets 8 bytes 69761 queue to 20033
filter 	}
filter
filter 	chain FORWARD {
filter 		type filter hook forward priority mangle; policy accept;
filter 		counter packets 12 bytes 139372 jump catenet-forwarding
filter 	}
filter }
"""


def test_rules_by_which_packets_wait_for_a_service_are_no_difference_and_those_beside_them_are(world):
    small = world.small
    world.extra["b"] = GUARDED.splitlines()
    assert find_drift(small.engine, small.container("b"), small.running.lab).found == ()
    beside = "filter tcp dport 80 counter packets 0 bytes 0 drop"
    world.extra["b"] = [
        each for line in GUARDED.splitlines() for each in ([line, beside] if "jump" in line else [line])
    ]
    assert find_drift(small.engine, small.container("b"), small.running.lab).found == (beside, beside)


def test_a_node_whose_service_does_not_serve_is_restarted(world):
    ordinary = world.programs
    wrong = {"a": '"ready": false'}
    world.programs = lambda node: ordinary(node).replace('"ready": true', wrong.get(node, '"ready": true'))
    assert world.reset().remarks == ("a restarted: it is not ready",)


def test_a_node_that_cannot_be_looked_into_is_restarted(world):
    ordinary = world.small.engine.answer

    def answer(container, command, given):
        if (container, command[0]) == ("small-c", "sh"):
            return 137, b"", b"killed\n"
        return ordinary(container, command, given)

    world.small.engine.answer = answer
    assert world.reset().remarks == ("c restarted: c could not be looked into: killed",)


def test_without_an_engine_no_node_is_restarted(world):
    def answer(container, command, given):
        raise EngineGoneError("it hangs")

    world.small.engine.answer = answer
    with pytest.raises(EngineGoneError):
        world.reset()
    assert not world.changes()


def test_routers_whose_tables_stay_wrong_all_begin_anew(world):
    wrong = {"prefix": "10.0.1.0/24", "via": "10.0.2.3", "lan": "link2", "cost": 3, "metric": 4}
    world.tables["rip"] = {"table": [wrong]}

    def right(call, name):
        if (call, name) == ("start", "small-b"):
            world.tables["rip"] = {"table": []}

    world.small.engine.before = right
    done = world.reset()
    assert done.remarks == tuple(f"{node} restarted: its routes were not right" for node in "abc")


def test_a_node_that_was_removed_is_the_users_to_make_again(world):
    world.small.engine.remove("small-c")
    with pytest.raises(UserError, match=r"lab small: c is missing: catenet up .*lab.yaml --name small"):
        world.reset()


def test_a_node_that_does_not_come_back_is_the_engines_error(world):
    world.small.kill("a")

    def before(call, name):
        if call == "start":
            raise EngineError(f"start {name}: no space left on device")

    world.small.engine.before = before
    with pytest.raises(EngineError, match="start small-a: no space left"):
        world.reset()


@pytest.mark.parametrize(("hardware", "changed"), [("02:00:00:00:00:e2", False), ("02:00:00:00:00:e3", True)])
def test_a_hardware_address_of_the_file_that_was_changed_by_hand_is_set_again(world, hardware, changed):
    file = world.small.running.file
    file.write_text(file.read_text().replace("link2: 10.0.2.2", 'link2: {address: 10.0.2.2, mac: "02:00:00:00:00:e2"}'))
    world.extra["b"] = [
        f"link 9: eth3@if9: <UP> mtu 1500 qdisc noqueue state UP \\ link/ether {hardware} brd \\ altname link2"
    ]
    assert world.reset().changed is changed


@pytest.mark.parametrize("service", ["browse: {}", "resolver: {hints: {x: 10.0.2.2}}", "web: {root: x}"])
def test_the_caches_are_emptied_last(world, service):
    file = world.small.running.file
    (file.parent / "pages" / "x").mkdir(parents=True)
    keeping = f"c: {{lans: {{link2: 10.0.2.3}}, services: {{{service}}}}}"
    file.write_text(file.read_text().replace("c: {lans: {link2: 10.0.2.3}, services: {rip: {}}}", keeping))
    world.extra["a"] = ["program sleep 9"]
    world.reset()
    assert [node for node, question in world.small.asked if question.ask == "flush"] == ["a", "b", "c"]
    assert world.small.asked[-1][1].ask == "flush"
