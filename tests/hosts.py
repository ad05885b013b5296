"""Machines on one switch, as far as Linux namespaces make them: each with network, mounts, processes and host name of
its own. This machine is on the switch too.

All their processes are in one process namespace, below one first process. When that ends, the kernel ends the others,
and with them go mounts, namespaces and cables. The switch stands in a namespace of its own, so that no firewall of this
machine's sees what they say to each other.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from namespaces import begin, end, first_below, inside, inside_network, run
from sshd import host_key

__all__ = ["Host", "Hosts"]

_SUBNETS = IPv4Network("100.126.0.0/15")
"""The end of the shared address space (RFC 6598); a lab has its beginning, if any of it."""
_LOOK = 0.05
_UNSHARED = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
# The first process of a namespace lets the kernel bury who dies there: an engine takes a dead containerd that nobody
# buried for one that lives. It ends with its standard input, or never.
_TIED = "echo ready; exec env --ignore-signal=CHLD cat >/dev/null"
_FREE = "echo ready; exec env --ignore-signal=CHLD sleep infinity"
_MACHINE = """set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir /run/sshd /run/catenet /run/lock /run/home
chmod 1777 /run/lock /run/home
cp "$1"/key.pub /run/catenet/authorized_keys
chmod 644 /run/catenet/authorized_keys
[ ! -d /etc/docker ] || mount -t tmpfs tmpfs /etc/docker
for each in passwd group shadow; do mount --bind "$1/$each" "/etc/$each"; done
hostname "$2"
ip link set lo up
"""
_FILES = {
    "passwd": """root:x:0:0:root:/root:/bin/sh
sshd:x:101:65534:sshd:/run/sshd:/usr/sbin/nologin
student:x:1000:1000:may use Docker:/run/home:/bin/sh
guest:x:1001:1001:may not:/run/home:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
""",
    "group": "root:x:0:\ndocker:x:999:student\nstudent:x:1000:\nguest:x:1001:\nnogroup:x:65534:\n",
    "shadow": "".join(f"{user}:*:19000:0:99999:7:::\n" for user in ("root", "sshd", "student", "guest", "nobody")),
}


@dataclass(frozen=True, slots=True)
class Host:
    """A machine with an engine. `inside`: the first process of its namespaces, as this machine numbers processes."""

    name: str
    address: str
    folder: str
    inside: int

    @property
    def socket(self) -> str:
        """Its engine without SSH, as DOCKER_HOST takes it: for what a test does behind the project's back."""
        return f"unix://{self.folder}/docker.sock"

    @property
    def url(self) -> str:
        """Its engine by SSH, as a user names it. `student` in the place of root may use Docker too, `guest` may not."""
        return f"ssh://root@{self.address}"

    def run(self, *command: str) -> str:
        """What a program on that machine prints."""
        return run(*inside(self.inside), *command)


class Hosts:
    """The switch and what is on it. `address`: this machine's there. `first`: the process with which all end."""

    def __init__(self, folder: Path, *, tied: bool) -> None:
        """`tied`: all end with this process, whatever kills it. In `folder` is the key that they let in, key.pub."""
        self._folder = folder
        self._started = [begin([*_UNSHARED, "sh", "-c", _TIED if tied else _FREE], stdin_open=tied)]
        self.first = first_below(self._started[0].pid)
        self._subnet = _free_subnet()
        self._free = self._subnet.hosts()
        self.address = str(self._subnet[-2])
        self.machines: dict[str, Host] = {}
        self._make_switch()

    def add(self, name: str) -> Host:
        """One more machine: its name is `catenet-NAME`."""
        folder = self._folder / name
        folder.mkdir()
        for file, text in _FILES.items():
            (folder / file).write_text(text)
        shutil.copy(self._folder / "key.pub", folder)
        host_key(folder / "host_key")
        command = ["sh", "-c", _MACHINE + _FREE, "sh", str(folder), f"catenet-{name}"]
        self._started += [begin([*inside(self.first), *_UNSHARED, "--uts", *command])]
        host = Host(name, str(next(self._free)), str(folder), first_below(self._started[-1].pid))
        self.machines[name] = host
        self._on_switch("link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", str(host.inside))
        self._on_switch("link", "set", f"to-{name}", "master", "lan", "up")
        host.run("ip", "address", "add", f"{host.address}/{self._subnet.prefixlen}", "dev", "eth0")
        host.run("ip", "link", "set", "eth0", "up")
        return host

    def link(self, name: str, *, up: bool) -> None:
        """Its network cable, plugged in or pulled: nobody is told, as when a machine loses its power. A cable that is
        plugged in carries frames when this returns: the kernel starts both ends a second later at the latest.
        """
        self._on_switch("link", "set", f"to-{name}", "up" if up else "down")
        while up and not self._carries(name):
            time.sleep(_LOOK)

    def _carries(self, name: str) -> bool:
        there = self._on_switch("-details", "link", "show", f"to-{name}")
        here = self.machines[name].run("ip", "link", "show", "eth0")
        return "state forwarding" in there and " state UP " in there and " state UP " in here

    def set_mtu(self, octets: int) -> None:
        """The largest IP packet that goes from any to any."""
        run("ip", "link", "set", self._device, "mtu", str(octets))
        for device in ("host", *(f"to-{name}" for name in self.machines), "lan"):
            self._on_switch("link", "set", device, "mtu", str(octets))
        for host in self.machines.values():
            host.run("ip", "link", "set", "eth0", "mtu", str(octets))

    def begin_on(self, host: Host, command: list[str], log: Path, **environment: str) -> None:
        """A program that goes on there, with the first process as its parent; what it says goes to `log`."""
        with log.open("ab") as said:  # nsenter does not stay: it would stop when what it has begun is stopped
            subprocess.run(
                [*inside(host.inside), "setsid", "--fork", *command],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env={**os.environ, **environment},
                check=True,
            )

    def end(self) -> None:
        """Returns when all processes are gone."""
        end([self.first])
        for process in self._started:
            if process.stdin:
                process.stdin.close()
            process.wait()

    @property
    def _device(self) -> str:
        """This machine's end of its cable to the switch; the kernel removes it with the other end."""
        return f"cn{self.first}"

    def _make_switch(self) -> None:
        run("ip", "link", "add", self._device, "type", "veth", "peer", "name", "host", "netns", str(self.first))
        run("ip", "address", "add", f"{self.address}/{self._subnet.prefixlen}", "dev", self._device)
        run("ip", "link", "set", self._device, "up")
        self._on_switch("link", "add", "lan", "type", "bridge")
        self._on_switch("link", "set", "host", "master", "lan", "up")
        self._on_switch("link", "set", "lan", "up")

    def _on_switch(self, *words: str) -> str:
        return run(*inside_network(self.first), "ip", *words)


def _free_subnet() -> IPv4Network:
    """One where this machine has no address yet; each process looks from another place on."""
    taken = run("ip", "-4", "-oneline", "address")
    blocks = list(_SUBNETS.subnets(new_prefix=28))
    at = os.getpid() % len(blocks)
    return next(block for block in blocks[at:] + blocks[:at] if f" {block[-2]}/" not in taken)
