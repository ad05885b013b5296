"""Two throw-away engines on this machine, as if each were on a machine of its own.

    python tests/engines.py start DIR     starts them, says where they are and what to type, and goes
    python tests/engines.py stop DIR      ends all of it

Each has its own data, containerd, and an OpenSSH server with a key made for the run, on a machine that `hosts.py` makes
of namespaces. Inside, /var/run/docker.sock is that engine's.

All of it ends with the process that began it, whatever kills that. Then only files and empty cgroups are left: the next
start removes those of the dead.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import docker
import pytest
from hosts import Host, Hosts
from namespaces import RunError, begin, end, inside_network, pause, processes, run, since
from sshd import NoServerError, host_key, sshd_command

__all__ = ["GOSSIP", "NAMES", "Engines", "NoEnginesError", "engines_running", "two_engines"]

NAMES = ("a", "b")
GOSSIP = 7946
"""The port of TCP by which the members of a swarm tell each other who is where."""
_LIMIT = 60.0
"""Seconds until an engine answers: only to end a hang."""
_PREFIX = "catenet-engines-"
_FOLDERS = Path("/var/tmp")
"""Where /tmp is memory, that is no place for images."""
_PROGRAMS = ("dockerd", "containerd", "ip", "iptables", "unshare", "nsenter", "ssh", "ssh-keygen")
_SSH_CONFIG = """Host {hosts}
    IdentityFile {folder}/key
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile {folder}/known_hosts
    GlobalKnownHostsFile /dev/null
    CheckHostIP no
"""
_SSHD_CONFIG = """HostKey {folder}/host_key
AuthorizedKeysFile /run/catenet/authorized_keys
AuthenticationMethods publickey
PermitRootLogin prohibit-password
PidFile none
StrictModes no
UseDNS no
UsePAM no
"""


class NoEnginesError(Exception):
    """They cannot be started here. The text says why, and what to do."""


class Engines:
    """Hosts with an engine each, on one switch."""

    def __init__(self, folder: Path, *, tied: bool = True) -> None:
        """Starts them; `tied` to the life of this process. `folder` is empty, and removed by `stop`.

        Raises:
            NoEnginesError: something that it needs is not there.
            NoServerError: no SSH server, likewise.

        """
        if os.geteuid() != 0:
            raise NoEnginesError("engines in network namespaces of their own: run this as root")
        if missing := [program for program in _PROGRAMS if shutil.which(program) is None]:
            raise NoEnginesError(f"no {', '.join(missing)} here (Debian: apt-get install docker.io openssh-client)")
        self.folder = folder
        self._cgroups = f"{_PREFIX}{os.getpid()}"
        self._driver = _storage_driver(folder)
        self._sshd = sshd_command(folder)
        host_key(folder / "key")
        self._all = Hosts(folder, tied=tied)
        self._remember()
        try:
            self._begin()
        except BaseException:
            self._all.end()
            raise

    def _begin(self) -> None:
        for name in NAMES:
            self._all.add(name)
        self._write_ssh()
        with ThreadPoolExecutor(2 * len(NAMES)) as pool:
            jobs = [pool.submit(job, name) for job in (self.start_engine, self.start_ssh) for name in NAMES]
            for job in jobs:
                job.result()

    @property
    def hosts(self) -> Mapping[str, Host]:
        """By name: `a` and `b`."""
        return self._all.machines

    @property
    def ssh_config(self) -> Path:
        """What ssh needs to know (ssh_config(5)): the run's key, and the keys of the hosts."""
        return self.folder / "ssh_config"

    @property
    def bin(self) -> Path:
        """A folder with an `ssh` that goes by `ssh_config`: who has it first in PATH reaches the hosts."""
        return self.folder / "bin"

    def link(self, name: str, *, up: bool) -> None:
        """A host's network cable, plugged in or pulled: nobody is told, as when a machine loses its power."""
        self._all.link(name, up=up)

    def set_mtu(self, octets: int) -> None:
        """The largest IP packet that goes from any to any."""
        self._all.set_mtu(octets)

    def stop_ssh(self, name: str) -> None:
        """All its SSH connections end, and their server."""
        for program in ("sshd", "sshd-session"):  # before OpenSSH 9.8 the server is one program
            end(processes(self.hosts[name].inside, program))

    def start_ssh(self, name: str) -> None:
        """Returns when it listens."""
        host = self.hosts[name]
        config = Path(host.folder, "sshd_config")
        config.write_text(_SSHD_CONFIG.replace("{folder}", host.folder))
        self._start(host, [*self._sshd, "-D", "-e", "-f", str(config)], "sshd")

    def pause_engine(self, name: str) -> None:
        """It takes connections, and answers nothing."""
        pause(self._daemon(name))

    def resume_engine(self, name: str) -> None:
        os.kill(self._daemon(name), signal.SIGCONT)

    def kill_engine(self, name: str) -> None:
        """As by kill -9: it leaves its pid file and its containers behind."""
        end([self._daemon(name)])

    def start_engine(self, name: str) -> None:
        """Returns when it answers."""
        host = self.hosts[name]
        host.run("rm", "-f", "/run/docker.pid")
        config = Path(host.folder, "daemon.json")
        config.write_text("{}")  # the machine's own does not count
        command = [
            *("dockerd", "--config-file", str(config), "--data-root", f"{host.folder}/data"),
            *("--host", "unix:///var/run/docker.sock", "--host", host.socket, "--storage-driver", self._driver),
            *("--cgroup-parent", f"/{self._cgroups}", "--exec-opt", "native.cgroupdriver=cgroupfs"),
        ]
        self._start(host, command, "dockerd")

    def free_gossip(self) -> None:
        """For engines that are in no swarm: each that listens for one still is started anew.

        Who leaves has a second to say so four times, once in 0.2 s at most (hashicorp/memberlist). Now and then it does
        not in a swarm of two, and then Docker before 25.0.13 and 28.3 never shuts that port (moby issue 47859): in all
        later swarms the engine is deaf, and nothing gets to its containers.
        """
        for name, host in self.hosts.items():
            if host.run("ss", "--no-header", "--listening", "--tcp", f"sport = :{GOSSIP}"):
                self.kill_engine(name)
                self.start_engine(name)

    @contextmanager
    def listening(self, name: str, port: int) -> Iterator[None]:
        """Inside, another program than the engine has that port of TCP there."""
        code = f"import socket; held = socket.create_server(('', {port})); print('ready', flush=True); input()"
        command = [*inside_network(self.hosts[name].inside), sys.executable, "-c", code]
        with begin(command, stdin_open=True) as program:
            try:
                yield
            finally:
                program.kill()

    def carry(self, *images: str) -> None:
        """Images of the machine's engine, to all of them."""
        client = docker.from_env()
        with tempfile.NamedTemporaryFile(dir=self.folder) as kept:
            address = client.api._url("/images/get")  # get_image takes one name only, and what they share goes twice
            with client.api._get(address, params={"names": images}, stream=True) as answer:
                client.api._raise_for_status(answer)
                shutil.copyfileobj(answer.raw, kept)
            kept.flush()
            with ThreadPoolExecutor(len(self.hosts)) as pool:
                list(pool.map(lambda host: _load(host.socket, kept.name), self.hosts.values()))
        client.close()

    def stop(self) -> None:
        """All of it is gone."""
        self._all.end()
        stop(self.folder)

    def _daemon(self, name: str) -> int:
        return processes(self.hosts[name].inside, "dockerd")[0]

    def _start(self, host: Host, command: list[str], name: str) -> None:
        """Returns when it says that it is ready, in the way that it would tell systemd (sd_notify(3))."""
        told, log = Path(host.folder, f"{name}.ready"), Path(host.folder, f"{name}.log")
        told.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(told))
            ready.settimeout(_LIMIT)
            self._all.begin_on(host, command, log, NOTIFY_SOCKET=str(told))
            try:
                while b"READY=1" not in ready.recv(4096):
                    pass
            except TimeoutError:
                last = log.read_text(errors="replace").splitlines()[-1:]
                raise NoEnginesError(f"{name} does not start on {host.name}: {''.join(last)}") from None

    def _write_ssh(self) -> None:
        addresses = " ".join(host.address for host in self.hosts.values())
        config = _SSH_CONFIG.replace("{folder}", str(self.folder)).replace("{hosts}", addresses)
        self.ssh_config.write_text(config)
        keys = [f"{host.address} {Path(host.folder, 'host_key.pub').read_text()}" for host in self.hosts.values()]
        (self.folder / "known_hosts").write_text("".join(keys))
        self.bin.mkdir()
        program = self.bin / "ssh"
        program.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {self.ssh_config} "$@"\n')
        program.chmod(0o755)

    def _remember(self) -> None:
        state = {"first": self._all.first, "since": since(self._all.first), "cgroups": self._cgroups}
        (self.folder / "state.json").write_text(json.dumps(state))


def stop(folder: Path) -> None:
    """All that was started there ends, and the folder is removed. Nothing to do where nothing was started."""
    with suppress(FileNotFoundError):
        state = json.loads((folder / "state.json").read_text())
        if since(state["first"]) == state["since"]:
            end([state["first"]])
        groups = Path("/sys/fs/cgroup")
        for group in [*groups.glob(state["cgroups"]), *groups.glob(f"*/{state['cgroups']}")]:
            for each, _, _ in os.walk(group, topdown=False):
                Path(each).rmdir()
    shutil.rmtree(folder, ignore_errors=True)


def _reap() -> None:
    """What is left of runs that were killed: their files. The number of the process is in the folder's name."""
    for folder in _FOLDERS.glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdecimal() and not since(int(owner)):
            stop(folder)


def _storage_driver(folder: Path) -> str:
    """overlay2 where the kernel can mount an overlay there; it cannot on another overlay."""
    layers = [folder / name for name in ("lower", "upper", "work", "merged")]
    for each in layers:
        each.mkdir()
    lower, upper, work, merged = map(str, layers)
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    with suppress(RunError):
        run("unshare", "--mount", "mount", "-t", "overlay", "overlay", "-o", options, merged)
        return "overlay2"
    return "fuse-overlayfs" if shutil.which("fuse-overlayfs") else "vfs"


def _load(engine: str, kept: str) -> None:
    client = docker.DockerClient(base_url=engine, timeout=_LIMIT)
    with Path(kept).open("rb") as images:
        client.images.load(images)
    client.close()


@contextmanager
def engines_running() -> Iterator[Engines]:
    """Inside, they run; they end with this process at the latest, whatever kills it.

    Raises:
        NoEnginesError: they cannot run here.
        NoServerError: no SSH server, likewise.

    """
    _reap()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_FOLDERS))
    try:
        engines = Engines(folder)
    except BaseException:
        stop(folder)
        raise
    try:
        yield engines
    finally:
        engines.stop()


@pytest.fixture(scope="session")
def two_engines() -> Iterator[Engines]:
    """The hosts `a` and `b`. They have no image yet: `carry`."""
    if os.geteuid() != 0:
        pytest.skip("engines in network namespaces of their own: only for root")
    with engines_running() as engines:
        yield engines


def _by_hand() -> str:
    parser = argparse.ArgumentParser(description="Two throw-away engines, as if each were on a machine of its own.")
    parser.add_argument("what", choices=("start", "stop"))
    parser.add_argument("folder", type=Path, help="where they are; it is made, and removed by stop")
    words = parser.parse_args()
    folder: Path = words.folder.absolute()
    if words.what == "stop":
        stop(folder)
        return ""
    folder.mkdir(parents=True)
    try:
        engines = Engines(folder, tied=False)
    except BaseException:
        stop(folder)
        raise
    return "\n".join(
        [
            *(f"{host.name}  {host.url}  {host.socket}" for host in engines.hosts.values()),
            f"ssh's configuration is {engines.ssh_config}; all programs of this shell go by it after",
            f"  export PATH={engines.bin}:$PATH",
            f"to end them: {sys.executable} {Path(__file__)} stop {folder}",
        ]
    )


if __name__ == "__main__":
    try:
        print(_by_hand())  # noqa: T201
    except (NoEnginesError, NoServerError, RunError, FileExistsError) as error:
        sys.exit(f"engines: {error}")
