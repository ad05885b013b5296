"""A lab as a file for docker compose: what `up` would make, in the words that Compose 1.29 and 2 both read.

No `name:`, `configs`, `container_name` or `start_interval`, which the older one refuses or breaks on. What Compose
labels by itself is left out, and so is the copy's name: the project's name, which the user chooses, is that.
The text is written here rather than by a YAML library, so that it stays readable: anchors for what nodes share, flow
mappings for what is short, and folded JSON, whose spaces between words mean nothing.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import indent
from types import SimpleNamespace

from catenet.nodes.catalogue import services
from catenet.nodes.control.config import CONFIG_VARIABLE
from catenet.nodes.control.printable import printable
from catenet.nodes.control.service import Service
from catenet.orchestrator.backend.docker_options import (
    DATA,
    LOG_DRIVER,
    LOG_OPTIONS,
    NETWORK_OPTIONS,
    SECURITY,
    network_options,
)
from catenet.orchestrator.backend.protocols import (
    LABEL_FILE,
    LABEL_HASH,
    LABEL_LAB,
    LABEL_LAN,
    LABEL_MOVED,
    LABEL_NETWORK,
    LABEL_NODE,
    LABEL_ROUTING,
    LABEL_SEGMENTS,
    LABEL_STACK,
    LABEL_UNDERLAY,
    LABEL_WIRING,
    ContainerSpec,
    NetworkSpec,
)
from catenet.orchestrator.lab.model import MTU
from catenet.orchestrator.plan.desired import COMPOSE_IMAGE, Desired

__all__ = ["ComposePaths", "compose_file", "folded"]

_WIDTH = 112
_SHORT = 36  # characters of JSON that share a line with others
_VARIANT = (LABEL_STACK, LABEL_ROUTING, LABEL_MOVED, LABEL_WIRING, LABEL_SEGMENTS)
_OF_NETWORK = (LABEL_LAN, LABEL_UNDERLAY, LABEL_SEGMENTS)
_BUILDERS = ("image", "node-image", "image-of-the-nodes")
_BASE = "${BASE_IMAGE:-debian:trixie-slim}"
_HEALTH = "{test: [CMD, health], interval: 500ms, timeout: 60s, retries: 1, start_period: 300s}"
_PLAIN = re.compile(r"[A-Za-z/.][\w./-]*")
_YAML_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_FOLD = re.compile(r'(?<=,) (?=["{\[\d-])')  # one space alone: another, in a string, would be lost


@dataclass(frozen=True, slots=True)
class ComposePaths:
    """Paths, from the file's own folder. `repository` is empty where the image is made by other means."""

    lab_file: str
    data: str
    repository: str


@dataclass(frozen=True, slots=True)
class _Kind:
    """What many nodes share."""

    image: str
    capabilities: tuple[str, ...]
    sysctls: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, spec: ContainerSpec) -> _Kind:
        return cls(spec.image, spec.capabilities, tuple(spec.sysctls.items()))


def compose_file(wanted: Desired, paths: ComposePaths, command: str) -> str:
    """The file's text. `command` is what the user typed to get it."""
    common = [spec.image for spec in wanted.containers if spec.image == COMPOSE_IMAGE]
    others = [spec.labels[LABEL_NODE] for spec in wanted.containers if spec.image != COMPOSE_IMAGE]
    configs = {spec.labels[LABEL_NODE]: json.loads(spec.environment[CONFIG_VARIABLE]) for spec in wanted.containers}
    builder = next(name for name in _BUILDERS if name not in configs) if paths.repository and common else ""
    kinds = _named(wanted.containers, configs)
    lans = {spec.name: spec.labels[LABEL_NETWORK] for spec in wanted.networks}
    lines = [
        *_header(configs, paths, command),
        *_others(others, paths),
        f"x-labels: &labels {{{LABEL_LAB}: '${{COMPOSE_PROJECT_NAME:-}}', {LABEL_FILE}: {_word(paths.lab_file)}}}",
        *_shared(paths, builder),
        *(line for kind, name in kinds.items() for line in _kind(kind, name)),
        *_lan_kind(),
        "",
        "services:",
        *(_builder(builder, paths, COMPOSE_IMAGE) if builder else ()),
    ]
    for spec in wanted.containers:
        lines += _service(spec, kinds[_Kind.of(spec)], configs[spec.labels[LABEL_NODE]], lans)
    lines += ["", "networks:", *(line for spec in wanted.networks for line in _network(spec))]
    return "\n".join([*lines, ""])


def _header(configs: Mapping[str, Mapping[str, object]], paths: ComposePaths, command: str) -> Iterator[str]:
    first = next(iter(configs))
    router, routing = _first(configs, lambda service: service.routing is not None)
    browser, browsing = _first(configs, lambda service: bool(service.fetches))
    page = next((url for node, config in configs.items() for url in _urls(node, config)), "")
    table = f"{router} show {routing.name}" if routing is not None else f"{first} show routes"
    yield "# A lab for docker compose (2; or 1.29, which is docker-compose). To change it, change"
    yield f"# {printable(paths.lab_file)}, and then: {printable(command)}"
    yield "#"
    yield "#     docker compose up -d --wait       starts it; every node is ready when it returns"
    yield "#     docker compose logs -f            what happens"
    yield f"#     docker compose exec {table}"
    if browsing is not None and page:
        yield f"#     docker compose exec {browser} {browsing.fetches} {page}"
    yield "#     docker compose down"
    yield "#"
    yield "# The verbs of catenet work on it too; there it has the name of Compose's project (-p NAME)."
    if paths.repository:
        yield "# The first start builds the image, from $BASE_IMAGE; where no registry can be reached: make image."
        yield "# After a change of code: docker compose build (or make image)."
    else:
        yield "# Its image comes first: python3 -m catenet.orchestrator.cli.image"


def _first(
    configs: Mapping[str, Mapping[str, object]], is_meant: Callable[[Service], bool]
) -> tuple[str, Service | None]:
    """The first node that has such a service, and that."""
    found = ((node, services()[name]) for node, config in configs.items() for name in _services(config))
    return next(((node, service) for node, service in found if is_meant(service)), ("", None))


def _urls(node: str, config: Mapping[str, object]) -> Iterator[str]:
    """By which a node's services are reached."""
    for name, options in _services(config).items():
        assert isinstance(options, Mapping)
        yield from (f"{scheme}://{node}/" for scheme in services()[name].schemes(SimpleNamespace(**options)))


def _others(nodes: Sequence[str], paths: ComposePaths) -> Iterator[str]:
    """Images that no builder of ours makes here: FRR's, or those of programs with a Dockerfile."""
    if nodes:
        yield f"# The image of {', '.join(nodes)} is made by catenet: first, and after a change of code,"
        file = printable(shlex.quote(paths.lab_file))
        yield f"# catenet up {file} && catenet down {file}"


def _services(config: Mapping[str, object]) -> Mapping[str, object]:
    services = config.get("services")
    return services if isinstance(services, Mapping) else {}


def _named(containers: Sequence[ContainerSpec], configs: Mapping[str, Mapping[str, object]]) -> dict[_Kind, str]:
    """Each kind with a name: router, host, router-2 …"""
    names: dict[_Kind, str] = {}
    for spec in containers:
        word = "router" if configs[spec.labels[LABEL_NODE]]["forward"] else "host"
        alike = sum(name.partition("-")[0] == word for name in names.values())
        names.setdefault(_Kind.of(spec), f"{word}-{alike + 1}" if alike else word)
    return names


def _shared(paths: ComposePaths, builder: str) -> Iterator[str]:
    yield "x-node: &node"
    yield "  pull_policy: never"
    if builder:
        yield f"  depends_on: {{{builder}: {{condition: service_completed_successfully}}}}"
    yield "  cap_drop: [ALL]"
    yield f"  security_opt: {_list(SECURITY)}"
    yield f"  volumes: [{{type: bind, source: {_word(paths.data)}, target: {DATA}, read_only: true}}]"
    yield f"  healthcheck: {_HEALTH}"
    yield f"  logging: {{driver: {LOG_DRIVER}, options: {_mapping(LOG_OPTIONS)}}}"


def _kind(kind: _Kind, name: str) -> Iterator[str]:
    yield f"x-{name}: &{name}"
    yield "  <<: *node"
    yield f"  image: {_quoted(kind.image)}"
    yield f"  cap_add: {_list(kind.capabilities)}"
    yield "  sysctls:"
    yield from (f"    {key}: {_word(value)}" for key, value in kind.sysctls)


def _lan_kind() -> Iterator[str]:
    yield "x-lan: &lan"
    yield "  driver: bridge"
    yield "  driver_opts:"
    yield from (f"    {key}: {_word(value)}" for key, value in NETWORK_OPTIONS.items())


def _builder(name: str, paths: ComposePaths, image: str) -> Iterator[str]:
    yield f"  {name}:  # it builds what the nodes run, and ends"
    yield f"    image: {_quoted(image)}"
    yield "    build:"
    yield f"      context: {_word(paths.repository)}"
    yield "      dockerfile: images/node/Dockerfile"
    yield f"      args: {{BASE_IMAGE: '{_BASE}'}}"
    yield "    entrypoint: ['true']"
    yield "    network_mode: none"
    yield "    labels: *labels"


def _service(spec: ContainerSpec, kind: str, config: Mapping[str, object], lans: Mapping[str, str]) -> Iterator[str]:
    node = spec.labels[LABEL_NODE]
    yield ""
    yield f"  {_word(node)}:"
    yield f"    <<: *{kind}"
    yield f"    hostname: {_word(spec.hostname)}"
    variant = "".join(f"{label}: {_word(spec.labels[label])}, " for label in _VARIANT if label in spec.labels)
    own = f"{LABEL_NODE}: {_word(node)}, {variant}{LABEL_HASH}: {_quoted(spec.labels[LABEL_HASH])}"
    yield f"    labels: {{<<: *labels, {own}}}"
    if spec.endpoints:
        yield "    networks:"
        yield from (
            f"      {_word(lans[name])}: {{ipv4_address: {address}}}" for name, address in spec.endpoints.items()
        )
    else:
        yield "    network_mode: none"
    yield "    environment:"
    yield f"      {CONFIG_VARIABLE}: >-"
    yield indent("\n".join(folded(config)), " " * 8)


def _network(spec: NetworkSpec) -> Iterator[str]:
    yield f"  {_word(spec.labels[LABEL_NETWORK])}:"
    yield "    <<: *lan"
    if spec.mtu != MTU:
        yield "    driver_opts:"
        yield from (f"      {key}: {_word(value)}" for key, value in network_options(spec.mtu).items())
    yield f"    ipam: {{config: [{{subnet: {spec.prefix}, gateway: {spec.gateway}}}]}}"
    said = {label: spec.labels[label] for label in _OF_NETWORK if label in spec.labels}
    own = ", ".join(f"{label}: {_word(value)}" for label, value in said.items())
    yield f"    labels: {{<<: *labels, {own}, {LABEL_HASH}: {_quoted(spec.labels[LABEL_HASH])}}}"


def folded(config: Mapping[str, object]) -> Iterator[str]:
    """JSON in lines that a folded scalar joins again, each with one space; what is long begins on a line of its own."""
    short: list[str] = []
    items = [f"{json.dumps(key)}: {_escaped(json.dumps(value))}" for key, value in config.items()]
    ends = [","] * (len(items) - 1) + ["}"]
    for item in ["{" * (number == 0) + item + end for number, (item, end) in enumerate(zip(items, ends, strict=True))]:
        if len(item) <= _SHORT:
            short.append(item)
            continue
        yield from _wrapped(short)
        yield from _wrapped(_FOLD.split(item))
        short = []
    yield from _wrapped(short)


def _wrapped(pieces: Sequence[str]) -> Iterator[str]:
    line = ""
    for piece in pieces:
        if line and len(line) + 1 + len(piece) > _WIDTH:
            yield line
            line = piece
        else:
            line = f"{line} {piece}" if line else piece
    if line:
        yield line


def _escaped(text: str) -> str:
    """Compose takes `$` for the begin of a variable."""
    return text.replace("$", "$$")


def _word(text: str) -> str:
    """A scalar of YAML, quoted where it must be."""
    return text if _PLAIN.fullmatch(text) and text.lower() not in _YAML_WORDS else _quoted(text)


def _quoted(text: str) -> str:
    return json.dumps(_escaped(text), ensure_ascii=not text.isprintable())


def _list(words: Sequence[str]) -> str:
    return f"[{', '.join(map(_word, words))}]"


def _mapping(of: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{key}: {_word(value)}' for key, value in of.items())}}}"
