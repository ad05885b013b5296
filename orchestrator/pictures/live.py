"""The picture of a running lab: what its file plans, and how each node and LAN is now."""

from __future__ import annotations

from dataclasses import replace

from catenet.nodes.address import Address
from catenet.nodes.control.fields import address_in
from catenet.nodes.control.link import BROKEN, HEALTHY
from catenet.orchestrator.backend.protocols import Engine
from catenet.orchestrator.lab.gates import call_way
from catenet.orchestrator.lab.model import Lab, LabFileError
from catenet.orchestrator.lab.realms import views
from catenet.orchestrator.observe.calls import Calls, phone_of
from catenet.orchestrator.observe.running import RunningLab, UserError
from catenet.orchestrator.pictures.picture import Picture, ShownEnd, ShownLan, ShownNode, short_address
from catenet.orchestrator.status.state import MISSING, LabState, LanState, NodeState, lab_state

__all__ = ["call_picture", "live_picture"]

_ENGINE_STATES = {"running": "waiting", "paused": "paused"}


def live_picture(engine: Engine, running: RunningLab, *, blank: bool = False) -> Picture:
    """The lab as it is now. Where its file has gone, of a node that does not answer no address is known."""
    state = lab_state(engine, running)
    try:
        lab = running.lab
    except (UserError, LabFileError):
        lab = None
    known = {node.name: node for node in state.nodes if node.condition != MISSING}
    names = list(dict.fromkeys((*(lab.nodes if lab else ()), *known)))
    nodes = tuple(_node(name, running, known.get(name), lab) for name in names)
    lans = {lan.name: lan for lan in state.lans}
    ordered = [lans[name] for name in dict.fromkeys((*(lab.lans if lab else ()), *lans)) if name in lans]
    return Picture(
        running.name, _subtitle(state, nodes), nodes, tuple(_lan(lan, known, names, lab) for lan in ordered), blank
    )


def call_picture(engine: Engine, running: RunningLab, word: str, *, blank: bool = False) -> Picture:
    """The lab now, with the way of the packets of the call that `word` has, a node or a user, or has had last.

    Raises:
        UserError: there is no such telephone, or there was no call by any path.
        EngineError: it gives no answer; the text says why.

    """
    lab, phone = running.lab, phone_of(running.lab, word)
    with Calls(engine, running) as calls:
        call = calls.call(phone)
    if not call.path:
        raise UserError(f"{word} has no call, and has had none")
    owners, other = views(lab).at(phone.node).owners, phone_of(lab, call.peer)
    by = [owners[address] for address in map(Address.parse, call.by) if address in owners]
    way = call_way(lab, phone.node, other.node, by, direct=call.path == "direct")
    words = " by ".join(filter(None, [call.path, " and ".join(by)]))
    picture = live_picture(engine, running, blank=blank)
    verb = "talk" if call.is_there else "talked"
    return replace(picture, subtitle=f"{phone.user} and {call.peer} {verb}: {words}", call=way)


def _node(name: str, running: RunningLab, state: NodeState | None, lab: Lab | None) -> ShownNode:
    if state is None:
        return ShownNode(name, router=lab is not None and lab.nodes[name].forward, state="dead", words="not there")
    planned = lab.nodes.get(name) if lab else None
    router = planned.forward if planned else len(state.lans) > 1
    container = running.containers.get(name)  # none on a host that does not answer
    word = "good" if state.ready else _ENGINE_STATES.get(container.state if container else "", "dead")
    own_stack = planned is not None and planned.stack == "userspace"
    return ShownNode(name, router, word, state.condition, own_stack, state.host)


def _lan(lan: LanState, known: dict[str, NodeState], order: list[str], lab: Lab | None) -> ShownLan:
    planned = lab.lans.get(lan.name) if lab else None
    prefix = planned.prefix if planned else None
    ends = []
    for name in sorted(lan.nodes, key=order.index):
        node = lab.nodes.get(name) if lab else None
        said = known[name].lans.get(lan.name, "")
        address = node.address_on(lan.name) if node else address_in(said)
        ends.append(ShownEnd(name, short_address(address, prefix)))
    state = "good" if lan.word == HEALTHY.word else lan.word
    return ShownLan(lan.name, str(prefix or ""), tuple(ends), state, lan.condition)


def _subtitle(state: LabState, nodes: tuple[ShownNode, ...]) -> str:
    """Running: 4 of 5 nodes ready; cut: link1; silent: link2."""
    broken = ""
    for each in BROKEN:
        lans = ", ".join(lan.name for lan in state.lans if lan.word == each.word)
        broken += f"; {each.word}: {lans}" if lans else ""
    ready = sum(node.state == "good" for node in nodes)
    return f"running: {ready} of {len(nodes)} nodes ready{broken}"
