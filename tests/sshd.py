"""OpenSSH's server, for tests: that of the machine, else Debian's package, unpacked and not installed.

Once installed, it would listen on the machine's port 22.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

__all__ = ["NoServerError", "host_key", "sshd_command"]

_PACKAGES = ("openssh-server", "openssh-client", "libwrap0")
_PLACES = (os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin", "/sbin")


class NoServerError(Exception):
    """There is no server here, and none to be had. The text says what to type."""


def sshd_command(folder: Path) -> list[str]:
    """The program by its absolute path, as it wants to be called; what must be fetched is unpacked in `folder`.

    Raises:
        NoServerError: it is not installed, and cannot be fetched.

    """
    if there := shutil.which("sshd", path=os.pathsep.join(_PLACES)):
        return [there]
    root = _unpacked(folder / "openssh")
    libraries = next(iter(root.glob("usr/lib/*-linux-gnu*")), root / "usr/lib")
    helpers = root / "usr/lib/openssh"
    options = [f"-oSshd{word}Path={helpers / name}" for word, name in _HELPERS if (helpers / name).is_file()]
    return ["/usr/bin/env", f"LD_LIBRARY_PATH={libraries}", str(root / "usr/sbin/sshd"), *options]


_HELPERS = (("Session", "sshd-session"), ("Auth", "sshd-auth"))
"""From OpenSSH 9.8 on the server is three programs, whose places are compiled in."""


def _unpacked(root: Path) -> Path:
    if (root / "usr/sbin/sshd").is_file():
        return root
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise NoServerError("no sshd on this machine; Debian has it in openssh-server")
    with tempfile.TemporaryDirectory() as fetched:
        fetch = ["apt-get", "-qq", "-oAPT::Sandbox::User=root", "download", *_PACKAGES]
        if subprocess.run(fetch, cwd=fetched, capture_output=True, check=False).returncode != 0:
            _run(["apt-get", "-qq", "update"], fetched)  # the index is that of another day, or there is none
            _run(fetch, fetched)
        for package in Path(fetched).glob("*.deb"):
            _run(["dpkg-deb", "--extract", str(package), str(root)], fetched)
    return root


def _run(command: list[str], folder: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["it says nothing"]
        raise NoServerError(f"{' '.join(command)}: {last[0]}; install openssh-server by hand")


def host_key(file: Path) -> None:
    """A key of this run's own, without a passphrase, in `file`; what may be told of it in the file beside it, .pub."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)], check=True)
