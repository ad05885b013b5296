"""`catenet hosts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from catenet.nodes.control.segment import OVERHEAD
from catenet.nodes.machine import Json
from catenet.orchestrator.backend.protocols import EngineError
from catenet.orchestrator.cli.arguments import HostsFileOption, JsonOption
from catenet.orchestrator.cli.context import engine, hosts_of_file
from catenet.orchestrator.cli.on_hosts import meant_hosts
from catenet.orchestrator.cli.phases import phases
from catenet.orchestrator.cli.screen import Cell, good_or_bad, print_json, say, table
from catenet.orchestrator.lab.model import MTU
from catenet.orchestrator.observe.running import UserError, unknown

if TYPE_CHECKING:
    from catenet.orchestrator.backend.swarm import OneEngine
    from catenet.orchestrator.deploy.host_paths import HostPath
    from catenet.orchestrator.deploy.hosts import HostReport
    from catenet.orchestrator.lab.hosts import Host

_NO_ANSWER = "does not answer"
_ENGINES = 3  # the exit code where one does not answer


def hosts(
    do: Annotated[Literal["status", "join", "leave"], typer.Argument(metavar="[status|join|leave]")] = "status",
    *,
    file: HostsFileOption = None,
    addresses: Annotated[
        list[str],
        typer.Option(
            "--address",
            metavar="HOST=ADDRESS",
            help="join: by which address the others reach this host. Default: its server's, else its engine looks.",
            show_default=False,
        ),
    ] = [],  # noqa: B006 -- typer gives a new one each time
    probe: Annotated[
        bool, typer.Option("--probe", help="status: send packets of full size from each host to each other one.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Make the engines of several hosts one Docker Swarm, which a LAN between hosts needs; see how it is; end it.

    \b
    catenet hosts join --host local --host user@server
    catenet hosts join --hosts hosts.yaml --address here=192.0.2.7
    catenet hosts --hosts hosts.yaml
    catenet hosts status --hosts hosts.yaml --probe
    catenet up internet --host local --host user@server
    catenet hosts leave --host local --host user@server

    Where none are named, they are those of the lab file of this folder, if it says `hosts:`.

    The first host makes the swarm and manages it; a swarm that is there already is used as it is. `leave` ends what
    `join` made, and nothing else. The hosts must reach each other at 2377/tcp, 7946/tcp, 7946/udp and 4789/udp, and
    what labs send between them is not encrypted. `join` and `--probe` find out how large a packet may be between them:
    LANs between hosts carry 100 octets less, 1,500 at most. Exit code 1: a host is in no swarm, or its manager does not
    see it at work, or it is deaf to the others, or nothing passes to it, or it could not leave; 3: one does not answer,
    or does not join.
    """
    meant = _meant(file)
    if do != "join" and addresses:
        raise UserError(f"--address goes with join, not with {do}")
    if do != "status" and probe:
        raise UserError(f"--probe goes with status, not with {do}")
    if do == "join":
        _join(meant, addresses, json=json)
    elif do == "leave":
        _leave(meant, json=json)
    else:
        _status(meant, probe=probe, json=json)


def _meant(file: Path | None) -> Mapping[str, Host]:
    found = meant_hosts(file)
    if hosts := hosts_of_file("") if found is None else found.hosts:
        return hosts
    raise UserError(
        "which hosts? --host local --host user@server, or --hosts FILE, or those of a lab file in this folder"
    )


def _engines(meant: Mapping[str, Host]) -> tuple[dict[str, OneEngine], dict[str, str]]:
    """Those that answer; and why the others do not. All are connected to at once: each may take seconds to be lost."""
    found: dict[str, OneEngine] = {}
    lost: dict[str, str] = {}
    with ThreadPoolExecutor(len(meant)) as pool:
        for name, host in meant.items():
            try:
                found[name] = cast("OneEngine", engine({name: host}))
            except EngineError as error:
                lost[name] = str(error)
        connected = {name: pool.submit(_connect, one) for name, one in found.items()}
    for name, each in connected.items():
        try:
            each.result()
        except EngineError as error:
            del found[name]
            lost[name] = str(error)
    return found, lost


def _connect(one: OneEngine) -> None:
    one.urls()


def _all(meant: Mapping[str, Host]) -> dict[str, OneEngine]:
    found, lost = _engines(meant)
    for host, why in lost.items():
        raise EngineError(f"{host}: {why}")
    return found


def _join(meant: Mapping[str, Host], addresses: list[str], *, json: bool) -> None:
    from catenet.orchestrator.deploy.host_address import host_address
    from catenet.orchestrator.deploy.host_paths import prove_paths
    from catenet.orchestrator.deploy.hosts import join, report

    if len(meant) < 2:
        raise UserError("one host needs no swarm: name two or more")
    said = _addresses(addresses, meant)
    first, *others = meant
    if first not in said and (address := host_address(meant[first].url, [meant[other].url for other in others])):
        said[first] = address
    engines = _all(meant)
    with phases(quiet=json) as progress:
        done = join(engines, said, progress)
        paths = prove_paths(engines, progress)
    found = report(engines)
    if json:
        print_json({"joined": list(done), "hosts": [each.to_json() for each in found], "paths": _paths_json(paths)})
    else:
        _show(found, {})
        say(f"joined: {', '.join(done)}" if done else "they were one swarm already")
        _say_paths(paths)
    if not all(path.mtu for path in paths or ()):
        raise typer.Exit(1)


def _say_paths(paths: Sequence[HostPath] | None) -> None:
    if paths is None:
        say("no packet was sent between them, for no host has the node image yet: after the first `catenet up`,")
        say("`catenet hosts status --probe` does that")
        return
    for path in paths:
        if not path.mtu:
            where = f"from {path.source} to {path.target}"
            say(f"nothing passes {where}: UDP port 4789 is closed between them, or the address of one is wrong")
    least = min((path.mtu for path in paths), default=0)
    if least:
        say(f"packets of {least:,} octets pass: LANs between hosts carry {min(MTU, least - 2 * OVERHEAD):,}")


def _paths_json(paths: Sequence[HostPath] | None) -> Json:
    return [{"from": path.source, "to": path.target, "mtu": path.mtu} for path in paths or ()]


def _addresses(words: list[str], meant: Mapping[str, Host]) -> dict[str, str]:
    from catenet.nodes.address import Address

    found: dict[str, str] = {}
    for word in words:
        host, _, address = word.rpartition("=")
        if host not in meant:
            raise unknown("host", host or word, meant, hint="--address HOST=ADDRESS")
        try:
            found[host] = str(Address.parse(address))
        except ValueError:
            raise UserError(f"--address {word}: {address!r} is no address, like {host}=192.0.2.7") from None
    return found


def _leave(meant: Mapping[str, Host], *, json: bool) -> None:
    from catenet.orchestrator.deploy.hosts import leave

    engines, lost = _engines(meant)
    gone, stay = leave(engines, lost) if engines else ([], {})
    if json:
        print_json({"left": list(gone), "stay": dict(stay), "lost": dict(lost)})
    else:
        said = [f"{host} has left" for host in gone] + [f"{host} stays: {why}" for host, why in stay.items()]
        for line in (*said, *(f"{host} {_NO_ANSWER}: {why}" for host, why in lost.items())):
            say(line)
        if not said and not lost:
            say("none of them is in a swarm")
    if lost or stay:
        raise typer.Exit(_ENGINES if lost else 1)


def _status(meant: Mapping[str, Host], *, probe: bool, json: bool) -> None:
    from catenet.orchestrator.deploy.host_paths import prove_paths
    from catenet.orchestrator.deploy.hosts import report

    engines, lost = _engines(meant)
    found = report(engines) if engines else []
    fine = not lost and all(each.fine for each in found)
    paths: Sequence[HostPath] | None = ()
    if probe and fine and len(engines) > 1:
        with phases(quiet=json) as progress:
            paths = prove_paths(engines, progress)
        found = report(engines)
    if json:
        gone: list[Json] = [{"host": host, "role": _NO_ANSWER, "reason": why} for host, why in lost.items()]
        print_json({"hosts": [*(each.to_json() for each in found), *gone], "paths": _paths_json(paths)})
    else:
        _show(found, lost)
        if not lost and not any(each.membership.active for each in found):
            say("they are no swarm yet: catenet hosts join")
        if paths != ():
            _say_paths(paths)
    if not fine or not all(path.mtu for path in paths or ()):
        raise typer.Exit(_ENGINES if lost else 1)


def _show(found: list[HostReport], lost: Mapping[str, str]) -> None:
    rows: list[list[Cell]] = []
    for each in found:
        seen = each.seen.state if each.seen is not None else ""
        state = good_or_bad(seen, good=seen == "ready")
        mtu = f"{each.seen.mtu:,}" if each.seen is not None and each.seen.mtu else ""
        rows.append([each.host, each.version, each.role, each.membership.address, state, mtu, each.reason])
    rows += [[host, "", good_or_bad(_NO_ANSWER, good=False), "", "", "", why] for host, why in lost.items()]
    table(["host", "engine", "swarm", "address", "its manager says", "mtu", ""], rows)
