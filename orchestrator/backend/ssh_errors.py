"""What ssh says → EngineError: what is wrong, and what to type. Pure: the words are OpenSSH's own, in English."""

from __future__ import annotations

import re
import shlex

from catenet.orchestrator.backend.protocols import EngineError, EngineGoneError
from catenet.orchestrator.backend.ssh_place import SshPlace

__all__ = ["DIAGNOSIS", "LOST", "lost_words", "refused_engine", "ssh_error"]

LOST = "the SSH connection"
"""How what is said of a lost one begins."""

_CHANGED = re.compile(r"Host key for (\S+) has changed")
_OPEN_KEY = re.compile(r"Permissions \d+ for '([^']+)' are too open")
_PRINTABLE = re.compile(r"[^\x20-\x7e]")
_LONGEST = 300


def ssh_error(place: SshPlace, said: list[str]) -> EngineError:
    """Why ssh ended, from the lines of its standard error."""
    text = "\n".join(said)
    what = f"reach {place}"
    if changed := _CHANGED.search(text):
        forget = shlex.join(["ssh-keygen", "-R", changed[1]])
        return EngineError(
            f"{what}: its host key is another one than before: another machine answers, or it was installed anew",
            f"only if you know that it was: `{forget}`, then `{place.command}` and compare the fingerprint",
        )
    if "Host key verification failed" in text or "host key is known" in text:
        fingerprint = "`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` there prints it"
        return EngineError(
            f"{what}: its host key is unknown",
            f"`{place.command}` once, and compare the fingerprint that it shows: {fingerprint}",
        )
    if "Permission denied" in text or "Too many authentication failures" in text:
        return EngineError(f"{what}: it takes none of your keys, or has no such user", _which_key(place, text))
    for piece, words, hint, gone in _REASONS:
        if piece in text:
            kind = EngineGoneError if gone else EngineError
            return kind(f"{what}: {words}", hint.format(command=place.command, host=place.host))
    last = next((line for line in reversed(said) if line.strip()), "ssh ended without a word")
    return EngineError(f"{what}: {_PRINTABLE.sub(' ', last)[:_LONGEST].strip()}", f"`{place.command} -v` says more")


def lost_words(place: SshPlace, said: list[str]) -> str:
    """That a connection which stood has ended, and why, as far as ssh said."""
    text = "\n".join(said)
    why = next((words for piece, words, _, _ in _REASONS if piece in text), "ssh has ended")
    return f"{LOST} to {place} is lost: {why}"


def _which_key(place: SshPlace, text: str) -> str:
    if unprotected := _OPEN_KEY.search(text):
        return f"ssh ignores a key that others may read: `chmod 600 {shlex.quote(unprotected[1])}`"
    copy = place.command.replace("ssh", "ssh-copy-id", 1)
    asks = f"`{place.command} true` must ask nothing"
    return f"`ssh-add -l` shows your keys, `ssh-add` adds one, `{copy}` lets it in; {asks}"


_REASONS = (
    # a piece of what ssh says → in our words, what to do, and whether nothing at all can be asked of it
    (
        "Could not resolve hostname",
        "no machine has this name",
        "`getent hosts {host}` must find it, or a Host of ~/.ssh/config",
        True,
    ),
    (
        "Connection refused",
        "connection refused",
        "its sshd must run, and listen at that port: `systemctl status ssh` there",
        True,
    ),
    ("No route to host", "no route to it", "is it on, and its network up? `ping {host}`", True),
    ("Network is unreachable", "your machine has no network that leads there", "`ip route get {host}`", True),
    ("timed out", "it does not answer", "is it on, and does a firewall let you in? `{command} -v`", True),
    (
        "Not allowed at this time",
        "too many log in at once",
        "try again; MaxStartups in its sshd_config is the limit",
        False,
    ),
    (
        "kex_exchange_identification",
        "it closed the connection before a word was said",
        "too many log in at once, or it forbids your address: try `{command} -v`; MaxStartups, /etc/hosts.deny there",
        False,
    ),
    ("not responding", "it answers no longer", "is it on, and its network up? `{command} true`", True),
    ("closed by remote host", "it closed the connection", "is it going down? `{command} true`", True),
)

DIAGNOSIS = """sh -c 'p={path}
if [ ! -S "$p" ]; then echo absent
elif [ ! -w "$p" ]; then echo closed $(id -un)
elif ! grep -q "/${{p##*/}}$" /proc/net/unix; then echo stale
else echo open; fi'"""
"""What is asked on the server where its engine's socket could not be reached; `path`: of the socket."""


def refused_engine(place: SshPlace, answer: str) -> EngineError:
    """Why the server did not join us to its engine, by its answer to DIAGNOSIS (empty: it runs no commands for us)."""
    what = f"connect to the engine at {place}"
    verdict, _, user = answer.strip().partition(" ")
    if verdict in ("absent", "stale"):
        listens = "there is no engine" if verdict == "absent" else "no engine listens"
        return EngineGoneError(
            f"{what}: {listens} at {place.socket}",
            "there: `systemctl start docker`, or `apt-get install docker.io`; a socket elsewhere: "
            f"{place}/run/user/1000/docker.sock",
        )
    if verdict == "closed":
        add = f"{place.command} sudo usermod -aG docker {shlex.quote(user)}" if user else place.command
        return EngineError(f"{what}: the user there may not speak to it", f"`{add}`, and try again")
    forwarding = "AllowStreamLocalForwarding yes, and no DisableForwarding, in its sshd_config or authorized_keys"
    if verdict == "open":
        return EngineError(
            f"{what}: its sshd forbids to forward a socket", f"{forwarding}; then `systemctl reload ssh`"
        )
    return EngineError(
        f"{what}: its sshd does not join us to {place.socket}",
        f"it must be there, yours to write (group docker), and its sshd must allow it: {forwarding}",
    )
