"""What the tests of every engine put on it: networks, and a node that writes four lines and sleeps."""

from __future__ import annotations

import json
from collections.abc import Sequence

from on_engine import free_prefix, own

from catenet.nodes.address import Address
from catenet.orchestrator.backend.archive import pack_files
from catenet.orchestrator.backend.protocols import (
    LABEL_LAB,
    LABEL_LAN,
    LABEL_NODE,
    Container,
    ContainerSpec,
    Engine,
    Exec,
    NetworkSpec,
)
from catenet.orchestrator.deploy.down import down
from catenet.orchestrator.deploy.images import PROGRAM_REPOSITORY, ensure_node_image
from catenet.orchestrator.deploy.progress import NoProgress

LAB = own("backend")
IMAGE = f"{PROGRAM_REPOSITORY}:{LAB}"
LONG = "x" * 40_000  # over two of the pieces, of 16 kB, into which Docker cuts a line
PROGRAM = f"echo one; echo two >&2; head -c {len(LONG)} /dev/zero | tr '\\0' x; echo; echo last; exec sleep 100000"
SHELL = ["sh", "-c", "echo out; echo err >&2; exit 3"]


def build_image(engine: Engine) -> None:
    """A node that writes four lines, one of them long, and then sleeps."""
    command = json.dumps(["sh", "-c", PROGRAM])
    dockerfile = f"FROM {ensure_node_image(engine, NoProgress())}\nENTRYPOINT []\nCMD {command}\n"
    engine.build(IMAGE, pack_files({"Dockerfile": dockerfile.encode()}), {})


def answer(_container: str, command: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
    """The two programs that these tests run inside."""
    return (0, given, b"") if command == ["cat"] else (3, b"out\n", b"err\n")


def clear(engine: Engine) -> None:
    down(engine, LAB, NoProgress())


def network(engine: Engine, lan: str) -> NetworkSpec:
    """A LAN where the engine has room."""
    prefix = free_prefix(engine)
    labels = {LABEL_LAB: LAB, LABEL_LAN: lan}
    return NetworkSpec(f"{LAB}_{lan}", prefix, Address(prefix.broadcast - 1), labels)


def node(name: str, *lans: NetworkSpec) -> ContainerSpec:
    return ContainerSpec(
        name=f"{LAB}-{name}",
        hostname=name,
        image=IMAGE,
        environment={"GREETING": "hello"},
        endpoints={lan.name: Address(lan.prefix.network + 2) for lan in lans},
        labels={LABEL_LAB: LAB, LABEL_NODE: name},
        sysctls={"net.ipv4.ip_forward": "1"},
    )


def started(engine: Engine, name: str = "a", lans: int = 1) -> ContainerSpec:
    specs = []
    for number in range(lans):
        specs.append(network(engine, f"lan{number}"))
        engine.create_network(specs[-1])
    spec = node(name, *specs)
    engine.create(spec)
    engine.start(spec.name)
    return spec


def only(engine: Engine) -> Container:
    (container,) = engine.inspected(engine.listed({LABEL_LAB: LAB}))
    return container


def run(engine: Engine, name: str, *command: str) -> tuple[bytes, bytes, int]:
    """Output, error output and exit code of a program inside."""
    program = engine.execute(name, command)
    out, err = output(program)
    code = program.exit_code()
    program.close()
    return out, err, code


def output(program: Exec) -> tuple[bytes, bytes]:
    out, err = b"", b""
    while (piece := program.read(200)) is not None:
        stream, data = piece
        out, err = (out + data, err) if stream == 1 else (out, err + data)
    return out, err
