"""What a test does with its lab. Verbs and words are those of the command line and of the lab file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, NamedTuple

from catenet.nodes.control.pings import PingAsked, Pinged
from catenet.nodes.control.questions import Question
from catenet.orchestrator.backend.protocols import Container, Engine, EngineError, listed_of
from catenet.orchestrator.capture.capturing import capturing_on
from catenet.orchestrator.faults import verbs
from catenet.orchestrator.harness.failed import Witness
from catenet.orchestrator.lab.expect import read_duration, read_expectation
from catenet.orchestrator.lab.model import Check, Lab
from catenet.orchestrator.observe import reach
from catenet.orchestrator.observe.ask import ControlConnections
from catenet.orchestrator.observe.events import past
from catenet.orchestrator.observe.program import Finished, run_program
from catenet.orchestrator.observe.running import RunningLab, UserError, unknown
from catenet.orchestrator.operations import Result, run_checks
from catenet.orchestrator.operations.verb_result import VerbResult
from catenet.orchestrator.operations.verbs import do, options_of
from catenet.orchestrator.status.converged import wait_until_converged
from catenet.orchestrator.status.state import lab_state
from catenet.orchestrator.wire.packets import CapturedPacket

__all__ = ["Broken", "LabUnderTest", "NodeUnderTest"]

WITHIN = "20s"
_ANSWER = 100.0
"""Seconds that a node may take to answer a test, or to run a program, on a machine that is busy with others: what would
come late at a prompt is no failure here."""
CONVERGING = 60.0
"""Seconds that routing may take after something was mended, with RIP's own timers too: a neighbour repeats its table
every 30 s (RFC 2453 section 3.8)."""


class LabUnderTest:
    """A running copy of a lab."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness
        self._copy = witness.copy
        self.connections = ControlConnections(self._copy.engine)
        """To its nodes: for questions that a test asks again and again; closed when the test has ended."""

    @property
    def name(self) -> str:
        """The copy's: `catenet status --lab NAME` finds it, while it is up."""
        return self._copy.name

    @property
    def engine(self) -> Engine:
        """The engine that it runs on."""
        return self._copy.engine

    @property
    def model(self) -> Lab:
        """What its file says: LANs, nodes, addresses, checks."""
        return self._copy.model

    @property
    def implementation(self) -> str:
        """The program of the user's own, or the name, that @pytest.mark.implementations puts in; else empty."""
        return self._copy.implementation

    @property
    def running(self) -> RunningLab:
        """As the engine has it now.

        Raises:
            UserError: somebody has removed it.

        """
        return self._copy.running

    def __getitem__(self, node: str) -> NodeUnderTest:
        """A node by its name.

        Raises:
            UserError: the lab has no such node; the text lists them.

        """
        if node not in self:
            raise unknown("node", str(node), self, owner=f"lab {self.model.name}")
        return NodeUnderTest(self, node)

    def __iter__(self) -> Iterator[str]:
        """The names of its nodes, in the order of the file."""
        return iter(self.model.nodes)

    def __contains__(self, node: object) -> bool:
        """Whether it has a node of that name."""
        return node in self.model.nodes

    def __repr__(self) -> str:
        return f"<lab {self.name}>"

    def cut(self, lan: str, *, silent: bool = False) -> Broken:
        """The LAN carries nothing any more. In a `with`, it is healed and routing has converged when the block ends.

        `silent`: its interfaces stay up, and drop what comes in; only timeouts find out.

        Raises:
            UserError: no such LAN.
            EngineError: an end that runs did not do it.

        """
        return self.breaking("cut", lan, silent=silent)

    def breaking(self, verb: str, target: str, **options: object) -> Broken:
        """Any verb that breaks something, as of `do`. In a `with`, it is undone and routing has converged at the end.

        Raises:
            UserError: no such verb, LAN or node.
            EngineError: an end or a node did not do it.

        """
        return Broken(self, verb, target, **options)

    def heal(self, lan: str) -> VerbResult:
        """The LAN carries packets again; routing takes the time it takes.

        Raises:
            UserError: no such LAN.
            EngineError: an end that runs did not do it.

        """
        return self.do("heal", lan)

    def do(self, verb: str, target: str, **options: object) -> VerbResult:
        """cut, heal, kill or another verb that breaks or mends, by its name; `options` by theirs, with values as the
        lab file has them, like silent=True.

        The lab is reset before the next test that uses it.
        """
        self._copy.changed = True
        return do(self.engine, self.running, verb, target, options_of(verb, options))

    def check(self, *claims: str, within: str | None = None) -> list[Result]:
        """The lab's checks of these claims (none given: all) hold, each `within` its own time or the one given.

        Of a claim these are the checks of the lab file, and of its timeline the expectations for a lab that is broken
        just as this one is now.

        Raises:
            AssertionError: one does not; the text has what was expected beside what was seen, and what to type next.
            UserError: the lab has no check of such a claim.

        """
        __tracebackhide__ = True
        seconds = None if within is None else read_duration(within, "check: within")
        chosen = [check for claim in claims for check in self._checks_of(claim)] if claims else self.model.checks
        return self._must_hold([each if seconds is None else replace(each, within=seconds) for each in chosen])

    def wait_for(self, *, within: str = WITHIN, **words: Any) -> Result:
        """Returns as soon as a check holds, in the words of the lab file, like `ping={"from": "h1", "to": "h2"}`.

        Raises:
            AssertionError: it does not hold in time; the text has what was expected beside what was seen.
            ExpectationError: the words are wrong.

        """
        __tracebackhide__ = True
        return self._must_hold([read_expectation(self.model, {**words, "within": within})])[0]

    def wait_until_converged(self, within: str = f"{CONVERGING:g}s") -> None:
        """Every router knows every LAN that can be reached, by each routing protocol that it speaks and at its shortest
        cost, and its kernel too.

        Raises:
            AssertionError: not in time; the text says which router lacks what.

        """
        __tracebackhide__ = True
        lacking = wait_until_converged(self.engine, self.running, read_duration(within, "within"))
        if lacking:
            raise AssertionError(f"lab {self.name} has not converged within {within}:\n  " + "\n  ".join(lacking))

    @contextmanager
    def capture(self, target: str, expression: str = "") -> Iterator[list[CapturedPacket]]:
        """The UDP and TCP packets of a LAN or a node for the time of the block; after it, they are in the list.

        `expression`: pcap-filter(7), as tcpdump takes it.

        Raises:
            UserError: no such LAN or node, or a filter that tcpdump does not understand.
            CaptureError: a capture broke off.

        """
        packets: list[CapturedPacket] = []
        with capturing_on(self.engine, self.running, target, expression) as captures:
            try:
                yield packets
            except BaseException:
                with suppress(EngineError):  # the test's own error says more
                    packets += captures.stop()
                raise
            packets += captures.stop()

    def _checks_of(self, claim: str) -> list[Check]:
        checks = [each for each in self.model.checks if each.claim == claim]
        moments = [each for each in _expectations(self.model) if each[0].claim == claim]
        if not checks and not moments:
            known = {each.claim for each in (*self.model.checks, *(check for check, _ in _expectations(self.model)))}
            raise unknown("check of claim", claim, known - {""}, owner=f"lab {self.model.name}")
        broken = self._broken() if moments else frozenset()
        checks += [each for each, after in moments if after.keys() == broken]
        if not checks:
            states = sorted({", ".join(sorted(after.values())) for _, after in moments})
            raise AssertionError(
                f"lab {self.model.name} says of {claim} only what holds after: {'; or '.join(states) or 'nothing'}"
            )
        return checks

    def _broken(self) -> frozenset[_State]:
        """What is broken now."""
        state, nodes = lab_state(self.engine, self.running), self.running.containers.items()
        lans = [_State("LAN", lan.name, lan.word) for lan in state.lans if lan.is_broken]
        stopped = [_State("node", name, each.state) for name, each in nodes if each.state != "running"]
        return frozenset((*lans, *stopped))

    def _must_hold(self, checks: Collection[Check]) -> list[Result]:
        __tracebackhide__ = True
        for claim in dict.fromkeys(check.claim for check in checks if check.claim):
            self.witness.note_claim(claim)
        results = self._look(checks)
        failed = [result for result in results if not result.passed]
        if failed:
            self.witness.again = partial(self._look, [replace(result.check, within=0.0) for result in failed])
            lines = [line for result in failed for line in result.lines()]
            raise AssertionError("\n".join([f"lab {self.name}: {len(failed)} of {len(results)} checks fail", *lines]))
        return results

    def _look(self, checks: Collection[Check]) -> list[Result]:
        return run_checks(self.engine, self.running, tuple(checks), lambda _: None)


class NodeUnderTest:
    """A node of the lab; it may be dead or paused at the moment."""

    def __init__(self, lab: LabUnderTest, name: str) -> None:
        self._lab, self.name = lab, name

    def __repr__(self) -> str:
        return f"<node {self.name} of lab {self._lab.name}>"

    @property
    def container(self) -> Container:
        """As the engine has it now."""
        engine = self._lab.engine
        own = [listed for listed in listed_of(engine, self._lab.name) if listed.node == self.name]
        return next(iter(engine.inspected(own)), None) or self._lab.running.node(self.name)

    def run(self, *command: str, within: str = f"{_ANSWER:g}s") -> Finished:
        """An unmodified program inside the node, run to its end: `returncode`, `stdout`, `stderr`, as `subprocess.run`
        has them (with `text=True`).

        Raises:
            TypeError, ValueError: these are no program and its arguments; no shell takes a line apart.
            ProgramError: the node does not run, or the program did not end in time.

        """
        _must_be_words(command)
        return run_program(self._lab.engine, self.container, command, read_duration(within, "run: within"))

    def ping(self, to: str, number: int = 3, size: int = 56) -> Pinged:
        """So many echo requests to a node or an address, with `size` octets of data each: `received`, `ms`, `says`. By
        the node's program ping; on the userspace stack, where programs have no network, by the stack itself.

        Raises:
            UserError: no such node or address.
            ProgramError, EngineError: the node does not run, or gives no answer.

        """
        asked = PingAsked(reach.address_of(self._lab.running, self.name, to), number, size, every=0.1, wait=1.0)
        return reach.ping(self._lab.engine, self.container, asked)

    def kill(self) -> Broken:
        """It dies at once, without a farewell (SIGKILL). In a `with`, it is started again when the block ends, and
        routing has converged.
        """
        return self._lab.breaking("kill", self.name)

    def pause(self) -> Broken:
        """Its processes stand still; its kernel goes on forwarding packets. In a `with`, it is resumed when the block
        ends, and routing has converged.
        """
        return self._lab.breaking("pause", self.name)

    def resume(self) -> VerbResult:
        """A paused node goes on."""
        return self._lab.do("resume", self.name)

    def start(self) -> VerbResult:
        """A dead node starts again; returns when it is ready."""
        return self._lab.do("start", self.name)

    def show(self, what: str = "") -> Any:
        """What `catenet show NODE WHAT --json` prints; without WHAT, the words that there are.

        Raises:
            EngineError: the node did not answer; the text says why.

        """
        return self._ask(Question("show", {"what": what}))

    def status(self) -> Any:
        """Its services and their counters, its interfaces, its memory in bytes.

        Raises:
            EngineError: the node did not answer; the text says why.

        """
        return self._ask(Question("status"))

    def logs(self) -> list[str]:
        """What it has written, a line each; a dead node's too."""
        return [line.text for line in past(self._lab.engine, [self.container])]

    def _ask(self, question: Question) -> Any:
        answer = self._lab.connections.ask(self.container, question, _ANSWER)
        if answer.error is not None:
            raise EngineError(f"{self.name}: {answer.error}")
        return answer.answer


class Broken:
    """Something that is broken now. As a context manager, it is mended at the end of the block, after an error too."""

    def __init__(self, lab: LabUnderTest, verb: str, target: str, **options: object) -> None:
        self._lab, self._target = lab, target
        self.done = lab.do(verb, target, **options)
        self._undo = verbs()[verb].undone_by

    def __enter__(self) -> Broken:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        if error is not None:
            self._lab.witness.note_error(error)
        try:
            self._lab.do(self._undo, self._target)
            self._lab.wait_until_converged()
        except (EngineError, UserError, AssertionError) as failure:
            if error is None:
                raise
            error.add_note(f"after that, {self._undo} {self._target}: {failure}")


def _must_be_words(command: tuple[str, ...]) -> None:
    like = 'like run("ping", "-c1", "c")'
    if not command or not all(isinstance(word, str) for word in command):
        raise TypeError(f"run: the program and its arguments are texts, one after the other, {like}: not {command!r}")
    if " " in command[0]:
        raise ValueError(f'run: {command[0]!r} is no program; its words are given apart, {like}; or run("sh", "-c", …)')


class _State(NamedTuple):
    """A LAN or a node, and how `status` calls it."""

    on: str
    target: str
    word: str


def _expectations(lab: Lab) -> list[tuple[Check, Mapping[_State, str]]]:
    """Each expectation of the timeline, and what is broken at its time → the words that broke it."""
    broken: dict[tuple[str, str], tuple[_State, str]] = {}
    found: list[tuple[Check, Mapping[_State, str]]] = []
    for moment in lab.timeline:
        if moment.expect is not None:
            found.append((moment.expect, dict(broken.values())))
            continue
        verb = verbs()[moment.verb]
        if verb.breaks:
            state = _State(verb.on, moment.target, verb.state_after(moment.options))
            broken[verb.undone_by, moment.target] = state, moment.words
        else:
            broken.pop((verb.name, moment.target), None)
    return found
