"""Whether the machine that an engine runs on can carry labs, by its files: this one, or one that is reached by SSH."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import suppress

from catenet.orchestrator.backend.machine import Machine
from catenet.orchestrator.deploy.doctor import Diagnosis
from catenet.orchestrator.deploy.limits import limits

__all__ = ["machine_findings"]

_ROOT = "/var/lib/docker"
_KILOBYTE = 1024


def machine_findings(machine: Machine, nodes: int, root: str = "") -> Iterator[Diagnosis]:
    """For a lab of so many nodes. `root`: the engine's data root (empty: as its configuration has it)."""
    kernel = machine.run(["uname", "-sr"]).strip()
    yield Diagnosis("kernel", "ok", kernel or "not told")
    if _setting(machine, "net.bridge.bridge-nf-call-iptables"):
        words = "br_netfilter is on: this machine's packet filter sees what crosses a LAN, and reassembles fragments"
        yield Diagnosis("kernel", "ok", words)
    yield from _vxlan(machine, kernel.rpartition(" ")[2])
    yield from _ears(machine)
    yield from _limits(machine, nodes, root or _data_root(machine))


def _vxlan(machine: Machine, release: str) -> Iterator[Diagnosis]:
    """Loaded, built in, or to be loaded when it is needed; nothing of a kernel that has no list of its modules."""
    listed = f"{machine.read('/proc/modules')}\n{machine.read(f'/lib/modules/{release}/modules.builtin')}"
    if "vxlan" in listed or machine.run(["modinfo", "-F", "filename", "vxlan"]):
        yield Diagnosis("kernel", "ok", "vxlan is there: LANs may span hosts")
    elif machine.run(["ls", f"/lib/modules/{release}"]):
        yield Diagnosis("kernel", "warn", "no vxlan: LANs that span hosts cannot be made", "modprobe vxlan")


def _ears(machine: Machine) -> Iterator[Diagnosis]:
    """Whether its own services hear what labs' bridges carry: root's `up` sees to that, and so may its settings."""
    if machine.run(["id", "-u"]).strip() == "0":
        yield Diagnosis("bridges", "ok", "the machine is made deaf to those of labs")
        return
    hears = {
        "IPv4": not any(_setting(machine, f"net.ipv4.conf.{name}.rp_filter") for name in ("all", "default")),
        "IPv6": _setting(machine, "net.ipv6.conf.default.disable_ipv6") == 0,
    }
    cures = {"IPv4": "net.ipv4.conf.default.rp_filter=1", "IPv6": "net.ipv6.conf.default.disable_ipv6=1"}
    heard = [family for family in hears if hears[family]]
    if heard:
        words = f"the machine's services hear {' and '.join(heard)} of labs' bridges, and only its root can stop that"
        yield Diagnosis("bridges", "warn", words, f"sysctl -w {' '.join(cures[family] for family in heard)}, before up")
    else:
        yield Diagnosis("bridges", "ok", "the machine is deaf to new ones by its settings")


def _limits(machine: Machine, nodes: int, root: str) -> Iterator[Diagnosis]:
    memory, disk = _memory(machine), _free(machine, root)
    if memory is None or disk is None:
        words = f"not judged: {'its memory' if memory is None else f'the disk of {root}'} is not told"
        yield Diagnosis("limits", "warn", words, "catenet doctor on that machine")
        return
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)  # of this process, wherever the engine is
    met = list(limits(nodes, lambda name: _setting(machine, name), memory, disk, files))
    for limit in met:
        if not limit.holds:
            unit = f" {limit.unit}" if limit.unit else ""
            words = f"{limit.name}: {limit.has}{unit}, and {nodes} nodes need {limit.needs}{unit}"
            yield Diagnosis("limits", "warn", words, limit.do)
    enough = [limit.name for limit in met if limit.holds]
    yield Diagnosis("limits", "ok", f"enough for {nodes} nodes: {', '.join(enough)}")


def _setting(machine: Machine, name: str) -> int | None:
    """A sysctl of that machine."""
    with suppress(ValueError):
        return int(machine.read(f"/proc/sys/{name.replace('.', '/')}"))
    return None


def _memory(machine: Machine) -> int | None:
    """Octets that can be had without swapping (proc(5), MemAvailable)."""
    with suppress(ValueError, IndexError, StopIteration):
        lines = machine.read("/proc/meminfo").splitlines()
        return next(int(line.split()[1]) * _KILOBYTE for line in lines if line.startswith("MemAvailable:"))
    return None


def _free(machine: Machine, root: str) -> int | None:
    """Octets free where that folder lies: the fourth word of the second line (POSIX, df -P)."""
    said = machine.run(["df", "-P", "-k", root]) or machine.run(["df", "-P", "-k", "/"])
    with suppress(ValueError, IndexError):
        return int(said.splitlines()[1].split()[3]) * _KILOBYTE
    return None


def _data_root(machine: Machine) -> str:
    with suppress(ValueError):
        told = json.loads(machine.read("/etc/docker/daemon.json"))
        if isinstance(told, dict) and isinstance(told.get("data-root"), str):
            return str(told["data-root"])
    return _ROOT
