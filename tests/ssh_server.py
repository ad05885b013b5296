"""An sshd of a test's own: on this machine, at a port of its own, with keys made for the test.

The machine's own sshd, and the user's keys, known hosts and configuration, are left alone: ssh goes by a configuration
of the server's folder, given to it by the `ssh` in its folder `bin`, which a test puts first on PATH.
"""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from namespaces import descendants
from sshd import NoServerError, host_key, sshd_command

__all__ = ["SshServer", "ssh_server"]

USER = pwd.getpwuid(os.getuid()).pw_name
_SETTINGS = """
ListenAddress {address}:{port}
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UseDNS no
"""
_CLIENT = """
Host *
    IdentityFile {folder}/key
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile {folder}/known_hosts
    GlobalKnownHostsFile /dev/null
"""
_START = 60.0
_USER = "sshd"
"""Who does for it what comes before somebody has logged in."""


class SshServer:
    """One that listens, until `stop`. `settings`: further lines of sshd_config."""

    address = "127.0.0.1"

    def __init__(self, folder: Path, *settings: str) -> None:
        """Start it, and wait until it listens.

        Raises:
            NoServerError: there is no sshd, and none to be had.

        """
        self.folder = folder
        self.port = _free_port(self.address)
        self.said: list[str] = []
        self._listening = threading.Condition()
        folder.mkdir(parents=True, exist_ok=True)
        command = sshd_command(folder)
        host_key(folder / "host_key")
        host_key(folder / "key")
        public = (folder / "host_key.pub").read_text()
        (folder / "authorized_keys").write_text((folder / "key.pub").read_text())
        (folder / "known_hosts").write_text(f"[{self.address}]:{self.port} {public}")
        config = "\n".join([*settings, _SETTINGS.format(address=self.address, port=self.port, folder=folder)])
        (folder / "sshd_config").write_text(config)
        self.configure()
        self._process = subprocess.Popen(
            [*_prepared(folder), *command, "-D", "-e", "-f", str(folder / "sshd_config")],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        with self._listening:
            there = self._listening.wait_for(lambda: any("listening on" in line for line in self.said), _START)
        assert there, f"sshd does not listen: {self.said}"

    @property
    def url(self) -> str:
        return f"ssh://{USER}@{self.address}:{self.port}"

    @property
    def bin(self) -> Path:
        """The folder that goes first on PATH."""
        return self.folder / "bin"

    def configure(self, *lines: str) -> None:
        """What the user has in his ~/.ssh/config: these lines, before those that lead to this server's keys."""
        (self.folder / "ssh_config").write_text("\n".join([*lines, _CLIENT.format(folder=self.folder)]))
        self.bin.mkdir(exist_ok=True)
        real = shutil.which("ssh", path=os.pathsep.join(p for p in os.get_exec_path() if p != str(self.bin)))
        if real is None:
            raise NoServerError("no ssh on this machine; install OpenSSH's client (apt-get install openssh-client)")
        config = shlex.quote(str(self.folder / "ssh_config"))
        script = self.bin / "ssh"
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(real)} -F {config} "$@"\n')
        script.chmod(0o755)

    def signal(self, number: signal.Signals) -> None:
        """To it and all that serve its sessions."""
        for each in (*descendants(self._process.pid), self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(each, number)

    def end_sessions(self) -> None:
        """Those that there are; it listens on."""
        for each in descendants(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)

    def stop(self) -> None:
        """With all its sessions."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGSTOP)  # nobody comes in meanwhile
            self.signal(signal.SIGKILL)
        self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                with self._listening:
                    self.said.append(line.rstrip())
                    self._listening.notify_all()
        with self._listening:
            self._listening.notify_all()


def _prepared(folder: Path) -> list[str]:
    """What Debian does when it installs sshd, for root who runs one that is only unpacked: the folder in which it locks
    itself up, and the user that it is there, in a list of users that nobody else sees.
    """
    if os.geteuid() != 0:
        return []
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with suppress(KeyError):
        pwd.getpwnam(_USER)
        return []
    users = folder / "passwd"
    users.write_text(f"{Path('/etc/passwd').read_text()}{_USER}:x:65533:65534::/run/sshd:/usr/sbin/nologin\n")
    bind = f'mount --make-rprivate / && mount --bind {shlex.quote(str(users))} /etc/passwd && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", bind, "sh"]


def _free_port(address: str) -> int:
    with socket.create_server((address, 0)) as probe:
        return int(probe.getsockname()[1])


def ssh_server(folder: Path, monkeypatch: pytest.MonkeyPatch, *settings: str) -> SshServer:
    """One whose `ssh` this test's programs take; the test is left out where there is no sshd to be had."""
    try:
        server = SshServer(folder, *settings)
    except NoServerError as error:
        pytest.skip(str(error))
    monkeypatch.setenv("PATH", str(server.bin), prepend=os.pathsep)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return server
