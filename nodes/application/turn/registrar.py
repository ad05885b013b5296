"""A supernode's side of the directory: it registers, hears what it is to be and with what credentials are made, says
how much is in use, and asks other supernodes whether they live (nodes/application/directory/election).

What it is said to be stays while the directory is away. A directory that is back tells who was elected by its file, but
only once somebody has reached him from outside: so long he stays what he was.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from math import inf

from catenet.nodes.application.directory.client import DirectoryClient, Joined, Left, State
from catenet.nodes.application.directory.message import Answer, Notice, Probe, Probed, Register, Reported, Role
from catenet.nodes.application.turn.credentials import Secrets
from catenet.nodes.application.turn.duty import Standing
from catenet.nodes.application.turn.prober import Prober
from catenet.nodes.machine import Action, Endpoint, Entropy, Json, Stream

__all__ = ["CONFIRM", "DIRECTORY_TAG", "REPORT", "Registrar"]

DIRECTORY_TAG = 0
"""Of the connection to the directory."""
REPORT = 2.0
"""Seconds between two words on how much is in use."""
CONFIRM = 60.0
"""Seconds that a supernode waits for the word of a directory that has it as a candidate."""
_AGAIN = 10.0  # seconds until it registers again where that was refused


class Registrar:
    """`standing`: its role is `unknown` until the directory has said one; `refused`: it may not even be a candidate."""

    def __init__(
        self,
        client: DirectoryClient,
        secrets: Secrets,
        *,
        port: int,
        quota: int,
        allocations: Callable[[], int],
        entropy: Entropy,
    ) -> None:
        """`client`: of DIRECTORY_TAG. `port`: where clients are served over UDP. `quota`: the most allocations;
        `allocations`: those that there are."""
        self.standing = Standing("unknown", "the directory was not there yet")
        self.client = client
        self._actions: list[Action] = []
        self.prober = Prober(entropy, self._actions.append, lambda at, answered: client.ask(Probed, at, answered))
        self._secrets = secrets
        self._port = port
        self._quota = quota
        self._allocations = allocations
        self._at: Endpoint | None = None  # where the directory is to see it
        self._registering = ""  # the id of that request
        self._register_at = self._report_at = self._confirm_by = inf
        self._said: list[Joined | Left | Answer | Notice] = []

    # What its machine passes on

    def connected(self, local: Endpoint, peer: Endpoint, now: float) -> Stream:
        self._at = Endpoint(local.address, self._port)
        return self.client.connected(local, peer, now)

    def wake(self, now: float) -> None:
        self.client.wake(now)
        self.prober.wake(now)
        self._collect()
        said, self._said = self._said, []
        for each in said:
            self._hear(each, now)
        if now >= self._register_at:
            self._register(now)
        if now >= self._report_at:
            self._report_at = now + REPORT
            self.client.ask(Reported, self._allocations())
        if now >= self._confirm_by:
            self._stand("candidate", "the directory has it as a supernode no more", now)

    def next_wake(self) -> float | None:
        if self._said:
            return 0.0
        due = min(self._register_at, self._report_at, self._confirm_by)
        times = (self.client.next_wake(), self.prober.next_wake(), None if due == inf else due)
        return min((at for at in times if at is not None), default=None)

    def take_actions(self) -> list[Action]:
        self._collect()
        actions = [*self._actions, *self.client.take_actions()]
        self._actions.clear()
        return actions

    # What the directory says

    def _collect(self) -> None:
        """It is looked at by `wake`, which knows the time."""
        self._said += self.client.take_said()

    def _hear(self, said: Joined | Left | Answer | Notice, now: float) -> None:
        match said:
            case Joined():
                self._register(now)
            case Left():
                self._register_at = self._report_at = self._confirm_by = inf
            case Answer() if said.id == self._registering:
                self._registered(said, now)
            case Role():
                self._secrets.take(said.secret)
                self._stand(said.role, said.why, now)
            case Probe():
                self.prober.ask(said.at, now)

    def _register(self, now: float) -> None:
        self._register_at = inf
        if self._at is not None and self.client.state is State.HERE:
            self._registering = self.client.ask(Register, self._at, self._quota)

    def _registered(self, answer: Answer, now: float) -> None:
        if answer.ok is not None:
            self._report_at = now + REPORT
            self._take_role(answer.ok, now)
        elif answer.error == "address":
            self._stand("refused", f"the directory sees it elsewhere than at {self._at}: behind a translator", now)
        elif self.client.state is State.HERE:
            self._register_at = now + max(_AGAIN, answer.retry_after)

    def _take_role(self, ok: Mapping[str, Json], now: float) -> None:
        """As in a `Role`, which follows where it is a supernode."""
        try:
            self._secrets.take(b64decode(str(ok.get("secret", "")), validate=True))
        except ValueError:  # of a directory that is none
            return
        role = str(ok.get("role"))
        if role == "candidate" and self.standing.role == "supernode":
            self._confirm_by = now + CONFIRM
        elif role != "supernode":
            self._stand(role, "it is registered", now)

    def _stand(self, role: str, why: str, now: float) -> None:
        self._confirm_by = inf
        since = self.standing.since if role == self.standing.role else now
        self.standing = Standing(role, why, since)
