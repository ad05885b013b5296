"""A machine that is reached by SSH, for what its engine does not say: by fabric, imported late (0.5 s).

It goes by what OpenSSH's configuration has for the server (`ssh -G`): name, port, user, keys, known hosts, jumps. A key
that is not known is refused, and nobody is asked for a password.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from catenet.orchestrator.backend.machine import PATIENCE, finished
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.backend.ssh_place import SshPlace
from catenet.orchestrator.backend.ssh_tunnel import ssh_environment

__all__ = ["SshMachine"]

_CONNECT = 5.0
"""Seconds to connect."""


class SshMachine:
    """A server (the Protocol Machine), by one connection."""

    def __init__(self, place: SshPlace) -> None:
        """Connect.

        Raises:
            EngineError: the server is not reached, not known, or does not let us in.

        """
        import fabric
        import paramiko

        known = _configuration(place)
        self._connection = fabric.Connection(
            known["hostname"][0],
            user=known["user"][0],
            port=int(known["port"][0]),
            config=fabric.Config(ssh_config=paramiko.SSHConfig()),  # ssh has read it already
            gateway=_gateway(known),
            connect_timeout=_CONNECT,
            connect_kwargs=_keys(known),
        )
        client = self._connection.client
        client.set_missing_host_key_policy(paramiko.RejectPolicy())
        try:
            for file in known.get("userknownhostsfile", []) + known.get("globalknownhostsfile", []):
                for each in map(Path, shlex.split(file)):
                    if each.expanduser().is_file():
                        client.load_system_host_keys(str(each.expanduser()))
            self._connection.open()
        except (paramiko.SSHException, OSError, EOFError) as error:
            self._close()
            raise EngineError(f"look at {place}: {error}", f"`{place.command} true` must ask nothing") from error

    def run(self, command: Sequence[str]) -> str:
        from invoke.exceptions import CommandTimedOut
        from paramiko import SSHException

        try:
            done: Any = self._connection.run(
                shlex.join(command), hide=True, warn=True, in_stream=False, timeout=PATIENCE, encoding="utf-8"
            )
        except (CommandTimedOut, SSHException, OSError, EOFError):
            return ""
        return str(done.stdout) if done.ok else ""

    def read(self, path: str) -> str:
        return self.run(["cat", "--", path])

    def __enter__(self) -> SshMachine:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def _close(self) -> None:
        """Fabric leaves a refused connection open; paramiko leaves its command's pipes, and does not wait for it."""
        client = self._connection.client
        transport = client.get_transport()
        client.close()
        if transport is not None and (command := getattr(transport.sock, "process", None)) is not None:
            with command:
                transport.join(PATIENCE)  # it still reads, and signals to the command by its number
                command.kill()


def _configuration(place: SshPlace) -> Mapping[str, list[str]]:
    """What ssh's configuration has for it: word → its values, as `ssh -G` prints them."""
    try:
        done = finished(["ssh", "-G", *place.words], PATIENCE, ssh_environment())
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"look at {place}: {error}", "`apt-get install openssh-client`") from None
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        word, _, value = line.partition(" ")
        found.setdefault(word.lower(), []).append(value)
    if not {"hostname", "user", "port"} <= found.keys():
        said = done.stderr.strip()[-200:] or "ssh -G says nothing"
        raise EngineError(f"look at {place}: {said}", f"`{place.command} -G` says more")
    return found


def _keys(known: Mapping[str, list[str]]) -> dict[str, Any]:
    """The keys that ssh would try. A password is not among what may be tried."""
    files = [Path(name).expanduser() for name in known.get("identityfile", [])]
    return {
        "key_filename": [str(file) for file in files if file.is_file()],
        "look_for_keys": False,
        "allow_agent": known.get("identityagent", [""])[0] != "none",
        "banner_timeout": PATIENCE,
        "auth_timeout": PATIENCE,
    }


def _gateway(known: Mapping[str, list[str]]) -> str | None:
    """The command through which ssh would connect; jumps are ssh's own."""
    if command := next((each for each in known.get("proxycommand", []) if each != "none"), ""):
        return command.replace("%h", known["hostname"][0]).replace("%p", known["port"][0])
    if jumps := next((each for each in known.get("proxyjump", []) if each != "none"), ""):
        *before, last = jumps.split(",")
        over = ["-J", ",".join(before)] if before else []
        target = f"{known['hostname'][0]}:{known['port'][0]}"
        jump = f"ssh://{last.removeprefix('ssh://')}"  # where it has a port, ssh takes it as a URL alone
        return shlex.join(["ssh", "-oBatchMode=yes", *over, "-W", target, jump])
    return None
