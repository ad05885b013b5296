"""What is said of the machine that an engine runs on, by its files and commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from catenet.orchestrator.backend.machine import LocalMachine, Machine
from catenet.orchestrator.deploy.machine import machine_findings

ROOMY = {
    "/proc/meminfo": "MemTotal:       16000000 kB\nMemFree:          100000 kB\nMemAvailable:    8000000 kB\n",
    "/proc/sys/fs/inotify/max_user_instances": "8192\n",
    "/proc/modules": "vxlan 155648 0 - Live 0x0000000000000000\n",
    "uname -sr": "Linux 6.1.0\n",
    "id -u": "0\n",
    "df -P -k /var/lib/docker": "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/a 9 9 90000000 1% /\n",
}


_IPV6 = "/proc/sys/net/ipv6/conf/default/disable_ipv6"


class PaperMachine:
    """It has these files and commands, and no others."""

    def __init__(self, has: Mapping[str, str]) -> None:
        self._has = has

    def __enter__(self) -> PaperMachine:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, command: Sequence[str]) -> str:
        return self._has.get(" ".join(command), "")

    def read(self, path: str) -> str:
        return self._has.get(path, "")


def found(has: Mapping[str, str], nodes: int = 20) -> list[tuple[str, str, str]]:
    machine: Machine = PaperMachine(has)
    return [(each.topic, each.verdict, each.words) for each in machine_findings(machine, nodes)]


def test_a_machine_with_room() -> None:
    assert found(ROOMY) == [
        ("kernel", "ok", "Linux 6.1.0"),
        ("kernel", "ok", "vxlan is there: LANs may span hosts"),
        ("bridges", "ok", "the machine is made deaf to those of labs"),
        (
            "limits",
            "ok",
            "enough for 20 nodes: memory, disk, open files, nodes on one LAN, fs.inotify.max_user_instances",
        ),
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"/proc/meminfo": "MemAvailable: 500000 kB\n"}, "memory: 512 MB, and 20 nodes need 800 MB"),  # 40 MB a node
        ({"/proc/sys/fs/inotify/max_user_instances": "64\n"}, "instances: 64, and 20 nodes need 70"),  # 2 a node, 30
        ({"/proc/modules": "", "ls /lib/modules/6.1.0": "kernel\n"}, "no vxlan: LANs that span hosts cannot be made"),
        (
            {"id -u": "1000\n", _IPV6: "0"},
            "the machine's services hear IPv4 and IPv6 of labs' bridges, and only its root can stop that",
        ),
        (
            {"id -u": "", _IPV6: "0", "/proc/sys/net/ipv4/conf/all/rp_filter": "2"},
            "the machine's services hear IPv6 of labs' bridges",
        ),
        ({"/proc/meminfo": "nonsense\n"}, "not judged: its memory is not told"),
        ({"df -P -k /var/lib/docker": "df: what?\n"}, "not judged: the disk of /var/lib/docker is not told"),
    ],
)
def test_what_is_lacking_is_a_warning(change: Mapping[str, str], words: str) -> None:
    warned = [said for _, verdict, said in found(ROOMY | change) if verdict == "warn"]
    assert len(warned) == 1
    assert words in warned[0]


def test_a_user_is_told_what_its_root_is_to_type() -> None:
    user = ROOMY | {"id -u": "1000\n", _IPV6: "0", "/proc/sys/net/ipv4/conf/default/rp_filter": "2"}
    (told,) = [each for each in machine_findings(PaperMachine(user), 20) if each.verdict == "warn"]
    assert told.do == "sysctl -w net.ipv6.conf.default.disable_ipv6=1, before up"
    assert ("bridges", "ok", "the machine is deaf to new ones by its settings") in found(user | {_IPV6: "1"})


def test_the_disk_is_that_of_the_engines_configuration() -> None:
    elsewhere = ROOMY | {
        "/etc/docker/daemon.json": '{"data-root": "/big"}',
        "df -P -k /big": "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/b 9 9 1000 1% /big\n",
    }
    assert ("limits", "warn", "disk: 1 MB, and 20 nodes need 900 MB") in found(elsewhere)
    for nonsense in ("[]", "{", '{"data-root": 7}'):
        assert found(ROOMY | {"/etc/docker/daemon.json": nonsense}) == found(ROOMY)


def test_this_machine_is_looked_at_by_itself() -> None:
    with LocalMachine() as machine:
        assert machine.read("/proc/sys/kernel/ostype") == machine.run(["uname", "-s"]) == "Linux\n"
        assert machine.read("/proc/nothing") == machine.run(["catenet-no-such-program"]) == machine.run(["false"]) == ""
