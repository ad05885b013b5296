"""The way to an engine on another machine: OpenSSH carries the engine's own Unix socket here.

One process of ssh a server and a process of ours. Why not docker-py's own ssh://: it logs in once a thread, against
sshd's MaxStartups and MaxSessions (10 each); its streams cannot be half closed and have no deadlines; it knows neither
jumps nor the known hosts of the user's configuration; and it needs Docker's command line on the server. By a socket
everything is as on this machine, and keys, agent, jumps and known hosts are ssh's own affair.

ssh is a master (ssh_config(5), ControlMaster) without forwardings of its own, and is told by `ssh -O forward` to carry
the socket: so a LocalForward of the user's configuration, whose port his open session has taken, does not end it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress

from catenet.orchestrator.backend.docker_socket import ping
from catenet.orchestrator.backend.machine import finished
from catenet.orchestrator.backend.protocols import EngineError, EngineGoneError
from catenet.orchestrator.backend.signs import sign_of_life
from catenet.orchestrator.backend.ssh_errors import DIAGNOSIS, LOST, lost_words, refused_engine, ssh_error
from catenet.orchestrator.backend.ssh_folder import SocketFolder
from catenet.orchestrator.backend.ssh_place import SshPlace

__all__ = ["Tunnel", "close_tunnels", "ssh_environment", "tunnel_to"]

_START = 20.0
"""Seconds until ssh is logged in: five to connect, by each of its jumps, and a machine that is busy."""
_ANSWER = 10.0
"""Seconds that the master, or the engine behind it, may take for an answer."""
_END = 1.0
"""Seconds between the end of what ssh carries and its own."""
_LOOK = 0.005
_LINES = 40

_OPTIONS = {
    "BatchMode": "yes",  # it asks nobody for anything: no password, no passphrase, no yes
    "StrictHostKeyChecking": "yes",
    "UpdateHostKeys": "no",
    "ConnectTimeout": "5",
    "ServerAliveInterval": "1",  # a server that is silent for three seconds is lost
    "ServerAliveCountMax": "3",
    "ControlPersist": "no",
    "ClearAllForwardings": "yes",
    "ForwardAgent": "no",
    "ForwardX11": "no",
    "PermitLocalCommand": "no",
    "RemoteCommand": "none",
    "LogLevel": "DEBUG1",  # its steps are signs of life, and what else it says is our error
}
_STEP = "debug1: "
_GREETING = "OpenSSH_"
"""How a line of ssh's begins that tells a step, and how the one before these."""
_ALIVE = ("Connection established", "Remote protocol version")  # from here on the server has its part in each step
# The kernel ends ssh together with us, however we end. It means the thread that started it: hence `_keep`.
_WITH_US = """import ctypes, os, sys
ctypes.CDLL(None).prctl(1, 9)  # prctl(2): PR_SET_PDEATHSIG, SIGKILL
if os.getppid() == int(sys.argv[1]): os.execv(sys.argv[2], sys.argv[2:])"""


class Tunnel:
    """An engine's socket, carried here: `path`. It ends with this process, or by `close`."""

    def __init__(self, place: SshPlace) -> None:
        """Log in, and reach the engine.

        Raises:
            EngineGoneError: the server does not answer, or no engine is there.
            EngineError: the server refuses, or ssh does; the text says what to type.

        """
        self.place = place
        self._ssh = shutil.which("ssh")
        if self._ssh is None:
            raise EngineError(f"reach {place}: there is no ssh on this machine", "`apt-get install openssh-client`")
        try:
            self._folder = SocketFolder()
        except OSError as error:
            raise EngineError(f"reach {place}: no folder for its socket can be made: {error}", "set TMPDIR") from None
        self.path = str(self._folder.path / "engine.sock")
        self._control = str(self._folder.path / "ctl")
        self._said: deque[str] = deque(maxlen=_LINES)
        self._sign = sign_of_life()
        self._may_set = True
        self._process: subprocess.Popen[str] | None = None
        self._started, self._ended = threading.Event(), threading.Event()
        threading.Thread(target=self._keep, name=f"ssh to {place}", daemon=True).start()
        try:
            self._log_in()
            self._carry()
            self._sign("logged in by SSH, its engine was asked")
            self._try_engine()
        except BaseException:
            self.close()
            raise

    def lost(self) -> str:
        """Why it carries nothing any more, as far as can be seen from here; empty while it does."""
        if not self._ended.is_set() and self._listens():
            return ""
        self._ended.wait(_END)
        return lost_words(self.place, [*self._said])

    def unanswered(self) -> str:
        """Why no engine answers behind it; empty where one does. It costs a round trip.

        An end of its own shows in what it carries before it shows in itself: hence the wait.
        """
        with suppress(OSError):
            if ping(self.path, _ANSWER):
                return ""
        if self._ended.wait(_END):
            return lost_words(self.place, [*self._said])
        return f"{LOST} to {self.place} stands, and no engine answers behind it"

    def set_there(self, script: str) -> None:
        """Run that script (of a POSIX shell, without a quotation mark) as the user that is logged in. Where it fails,
        he may not do such things, or may run nothing: nobody hears of it, and it is not tried again.
        """
        if self._may_set:
            done = self._ask_master("-T", "--", "engine", f"sh -c '{script}'")
            self._may_set = done.returncode == 0

    def close(self) -> None:
        """End it; who reads by it sees the end at once."""
        if self._started.wait(_ANSWER) and self._process is not None:
            self._process.kill()  # a signal to a process that has ended goes nowhere
            self._ended.wait(_ANSWER)
        self._folder.remove()

    def _keep(self) -> None:
        """Starts ssh, and notes what it says, in a thread that lives as long as ssh does."""
        options = [f"-o{name}={value}" for name, value in _OPTIONS.items()]
        command = [str(self._ssh), "-NT", "-M", "-S", self._control, *options, *self.place.words]
        try:
            with subprocess.Popen(
                [sys.executable, "-ISc", _WITH_US, str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=ssh_environment(),
                start_new_session=True,  # Ctrl-C is for us, who still have to remove what was made there
            ) as process:
                self._process = process
                self._started.set()
                assert process.stderr is not None
                self._read(process.stderr)
        except OSError as error:
            self._said.append(f"{self._ssh}: {error.strerror}")
        finally:
            self._ended.set()
            self._started.set()

    def _read(self, lines: Iterable[str]) -> None:
        """What ssh says, until it ends."""
        alive = False
        for line in lines:
            if not line.startswith((_STEP, _GREETING)):
                self._said.append(line.rstrip())
            elif alive:
                self._sign("")
            elif any(words in line for words in _ALIVE):
                alive = True
                self._sign("its server takes the connection")

    def _log_in(self) -> None:
        deadline = time.monotonic() + _START
        while not os.path.exists(self._control):  # noqa: PTH110 -- a hundred times, until ssh has made it
            if self._ended.wait(_LOOK):
                raise ssh_error(self.place, [*self._said])
            if time.monotonic() > deadline:
                raise EngineGoneError(
                    f"reach {self.place}: not logged in after {_START:.0f} s", f"`{self.place.command} -v` says more"
                )

    def _carry(self) -> None:
        done = self._ask_master("-O", "forward", "-L", f"{self.path}:{self.place.socket}", "--", "engine")
        if done.returncode != 0:
            raise ssh_error(self.place, [*self._said, *done.stderr.splitlines()])

    def _ask_master(self, *words: str) -> subprocess.CompletedProcess[str]:
        """An ssh that speaks to ours, and needs no configuration and no network."""
        command = [str(self._ssh), "-F", "none", "-S", self._control, *words]
        try:
            return finished(command, _ANSWER, ssh_environment())
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 255, "", f"{self.place.host} timed out")

    def _try_engine(self) -> None:
        """The server says only when it is asked that it does not join us to its engine."""
        try:
            if ping(self.path, _ANSWER):
                return
        except TimeoutError:
            hint = "there: `docker ps`; restart it if that hangs"
            raise EngineGoneError(f"connect to the engine at {self.place}: the engine timed out", hint) from None
        except OSError as error:
            self._said.append(str(error.strerror))
        if self._ended.wait(0):
            raise EngineGoneError(lost_words(self.place, [*self._said]))
        found = self._ask_master("-T", "--", "engine", DIAGNOSIS.format(path=self.place.socket))
        raise refused_engine(self.place, found.stdout if found.returncode == 0 else "")

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
            probe.connect(self.path)
            return True
        return False


def ssh_environment() -> dict[str, str]:
    """Ours, with English for the words that are looked for in what ssh says."""
    return {**os.environ, "LC_ALL": "C"}


_tunnels: dict[SshPlace, Tunnel] = {}
_opening: dict[SshPlace, threading.Lock] = {}
_table = threading.Lock()


def tunnel_to(place: SshPlace) -> Tunnel:
    """This process's tunnel to that place; a new one where there is none, or the old one was lost.

    Raises:
        EngineError: as `Tunnel`.

    """
    with _table:
        opening = _opening.setdefault(place, threading.Lock())
    with opening:  # two servers are reached at the same time, one of them once
        tunnel = _tunnels.get(place)
        if tunnel is not None and tunnel.lost():
            _tunnels.pop(place).close()
            tunnel = None
        if tunnel is None:
            tunnel = _tunnels[place] = Tunnel(place)
        return tunnel


@atexit.register
def close_tunnels() -> None:
    """All of this process's; what comes by them is no more."""
    while _tunnels:
        _, tunnel = _tunnels.popitem()
        tunnel.close()
