"""The hooks, options and fixtures that pytest sees. Every run of pytest loads this: what is slow is imported late."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from catenet.orchestrator.harness.marks import MARKERS, MarkerError, wanted, words_of

if TYPE_CHECKING:
    from catenet.orchestrator.backend.protocols import Engine
    from catenet.orchestrator.harness.failed import Witness
    from catenet.orchestrator.harness.lab import LabUnderTest
    from catenet.orchestrator.harness.labs import Labs

_OURS = "_catenet_word"
"""A fixture that only our fixture `lab` asks for: whoever has another `lab` is left alone."""
_LAST: pytest.StashKey[dict[object, str]] = pytest.StashKey()
_KEPT: pytest.StashKey[list[str]] = pytest.StashKey()
_STUCK: pytest.StashKey[str] = pytest.StashKey()
_WITNESS: pytest.StashKey[Witness] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `catenet` in `pytest --help`."""
    group = parser.getgroup("catenet", "catenet: labs of containers")
    group.addoption(
        "--lab-reuse",
        action="store_true",
        help="use the copy of a lab that runs under the lab's own name, or start it, and leave it up",
    )
    group.addoption("--lab-keep", action="store_true", help="leave the labs up at the end, and say how they are called")
    group.addoption(
        "--lab-artifacts",
        metavar="DIR",
        default=".catenet/failures",
        help="where logs, events, tables and captures of a lab whose test failed are kept (default: %(default)s)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The markers, for --strict-markers and `pytest --markers`."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test runs once with each of its implementations. A wrong marker is an error of collection, with its test."""
    node = metafunc.definition
    if _OURS not in metafunc.fixturenames:
        return
    try:
        words = words_of(node)
        wanted(node, next(iter(words), ""))
    except MarkerError as error:
        raise pytest.Collector.CollectError(f"{node.nodeid}: {error}") from None
    if words:
        metafunc.parametrize(_OURS, words, ids=words, indirect=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of one class or module that share a copy follow each other, so that it can go before the next one comes."""
    keys = {item: _key(item) for item in items if _OURS in getattr(item, "fixturenames", ())}
    ordered: list[pytest.Item] = []
    for _, group in groupby(items, key=lambda item: item.parent):
        members = list(group)
        ours = [item for item in members if item in keys]
        order = list(dict.fromkeys(keys[item] for item in ours))
        sorted_ones = iter(sorted(ours, key=lambda item: order.index(keys[item])))
        ordered += [next(sorted_ones) if item in keys else item for item in members]
    items[:] = ordered
    config.stash[_LAST] = {keys[item]: item.nodeid for item in items if item in keys}


def _key(item: pytest.Item) -> object:
    callspec = getattr(item, "callspec", None)
    return wanted(item, callspec.params.get(_OURS, "") if callspec else "").key


@pytest.fixture(scope="session")
def catenet_engine() -> Engine:
    """The container engine that labs run on: that of CATENET_HOST, else Docker's own, as for the command line. A
    conftest.py may override it with another."""
    from catenet.orchestrator.observe.meant_engine import named_engine

    with _told():
        return named_engine()


@pytest.fixture
def _catenet_word(request: pytest.FixtureRequest) -> str:
    """The implementation that this run of the test is with; empty where it says nothing about that."""
    return getattr(request, "param", "")


@pytest.fixture(scope="session")
def _catenet_labs(request: pytest.FixtureRequest, catenet_engine: Engine) -> Iterator[Labs]:
    from catenet.orchestrator.harness.labs import Labs, SessionOptions

    config = request.config
    worker = getattr(config, "workerinput", {}).get("workerid", "")
    options = SessionOptions(
        config.getoption("--lab-reuse"), config.getoption("--lab-keep"), _artifacts(config), worker
    )
    with _told():
        labs = Labs(catenet_engine, options)
    with _termination_interrupts():
        try:
            yield labs
        finally:
            with _told():
                labs.close()
            _note_kept(config, labs.kept)


@pytest.fixture
def lab(request: pytest.FixtureRequest, _catenet_word: str, _catenet_labs: Labs) -> Iterator[LabUnderTest]:
    """A running lab, as after `up`: that of @pytest.mark.lab, else of the lab.yaml beside the test file or above it."""
    from catenet.orchestrator.harness.failed import Witness
    from catenet.orchestrator.harness.lab import LabUnderTest

    item: pytest.Item = request.node
    asked = wanted(item, _catenet_word)
    with _told():
        copy = _catenet_labs.take(asked)

    witness = item.stash[_WITNESS] = Witness(copy, item.nodeid, _artifacts(item.config), item.user_properties)
    for claim in asked.claims:
        witness.note_claim(claim)
    tested = LabUnderTest(witness)
    with tested.connections:
        yield tested
    del item.stash[_WITNESS]
    if asked.fresh or item.config.stash[_LAST].get(asked.key) == item.nodeid:
        with _told():
            _catenet_labs.remove(copy)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The report of a failure says what the lab was like."""
    report = yield
    witness = item.stash.get(_WITNESS, None)
    if witness is not None and report.failed and call.excinfo is not None:
        report.sections.append((f"lab {witness.copy.name}", witness.report(call.excinfo.value)))
    elif witness is not None and report.when == "call":
        witness.forget()
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The labs that were left up: how to look into and remove them; what the engine does not let go of."""
    kept = config.stash.get(_KEPT, [])
    if kept:
        terminalreporter.section("labs that are left up")
    for name in kept:
        terminalreporter.write_line(f"{name}: catenet status --lab {name}; to remove it: catenet down {name}")
    if stuck := config.stash.get(_STUCK, ""):
        terminalreporter.section("a network that the engine does not let go of")
        terminalreporter.write_line(stuck)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of xdist has ended: the labs that it left up are told by the process that has the terminal."""
    _note_kept(node.config, getattr(node, "workeroutput", {}).get("catenet_kept", []))


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """xdist's workers end, and remove their labs, when the process that has the terminal is interrupted."""
    with _termination_interrupts() if _has_workers(session) else nullcontext():
        return (yield)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """xdist has ended its workers: labs of those that were killed, or had no time to remove them, are removed here."""
    if _has_workers(session):
        from catenet.orchestrator.harness.labs import remove_what_is_left

        session.config.stash[_STUCK] = remove_what_is_left()


def _has_workers(session: pytest.Session) -> bool:
    return bool(session.config.pluginmanager.hasplugin("dsession"))


def _note_kept(config: pytest.Config, names: Sequence[str]) -> None:
    config.stash.setdefault(_KEPT, []).extend(names)
    if hasattr(config, "workeroutput"):
        config.workeroutput["catenet_kept"] = [*names]


def _artifacts(config: pytest.Config) -> Path:
    return config.invocation_params.dir / str(config.getoption("--lab-artifacts"))


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong with a lab itself is told in its own words, without the lines of ours that it passed."""
    from catenet.orchestrator.backend.protocols import EngineError
    from catenet.orchestrator.deploy.ready import NotReadyError
    from catenet.orchestrator.lab.model import LabFileError
    from catenet.orchestrator.observe.running import UserError
    from catenet.orchestrator.plan.desired import PlanError

    try:
        yield
    except (EngineError, LabFileError, NotReadyError, PlanError, UserError) as error:
        raise pytest.fail.Exception(f"catenet: {error}", pytrace=False) from None  # else pytest shows it twice


@contextmanager
def _termination_interrupts() -> Iterator[None]:
    """SIGTERM and SIGHUP end the session as Ctrl-C does, so that its labs are removed."""

    def interrupt(number: int, _frame: object) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    in_main = threading.current_thread() is threading.main_thread()
    signals = [each for each in (signal.SIGTERM, signal.SIGHUP) if in_main and signal.getsignal(each) is signal.SIG_DFL]
    for each in signals:
        signal.signal(each, interrupt)
    try:
        yield
    finally:
        for each in signals:
            signal.signal(each, signal.SIG_DFL)
