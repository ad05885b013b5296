"""`services:` and `defaults:` → each service's options, complete.

What the node says goes before the lab's `defaults`, and those before the defaults of the service's own dataclass.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from catenet.nodes.catalogue import IMPLEMENTATION, SERVICES, options_class
from catenet.nodes.control.units import LAN, SECONDS
from catenet.nodes.machine import Json
from catenet.orchestrator.lab.document import Item
from catenet.orchestrator.lab.implementations import Chosen, read_implementation
from catenet.orchestrator.lab.problems import nearest, quote
from catenet.orchestrator.lab.reader import Reader, plain

__all__ = ["options_as_json", "options_schema", "read_defaults", "read_services"]

Options = Mapping[str, Item]
"""A service's options as they are written."""

DNS_PORT = 53


def read_defaults(item: Item | None, reader: Reader) -> dict[str, Options]:
    """What every node's service of a name gets unless it says otherwise. Each is judged here, once."""
    defaults: dict[str, Options] = {}
    for service, child in reader.mapping(item, "defaults").items():
        what = f"defaults: {service}"
        if not _known(service, child, "defaults", reader):
            continue
        written = reader.mapping(child, what)
        values = _values(service, written, what, reader)
        if values is None:
            continue
        _, faults = _validate(service, values)
        faults = [fault for fault in faults if fault["type"] != "missing"]  # each node may still say it
        _report(faults, written, child.line, what, reader)
        if not faults:
            defaults[service] = written
    return defaults


def read_services(
    item: Item | None, what: str, defaults: Mapping[str, Options], lans: Collection[str], reader: Reader
) -> tuple[dict[str, Any], dict[str, Chosen]]:
    """The services of one node, in the file's order → their options, and the implementations that are not ours.

    `lans` are those that the node is on.
    """
    services: dict[str, Any] = {}
    chosen: dict[str, Chosen] = {}
    named = _named(item, what, reader)
    for service, child in named.items():
        if not _known(service, child, what, reader):
            continue
        title = f"{what}: {service}"
        own = reader.mapping(child, title)
        _report_strange_lans(service, own, title, lans, reader)
        written = {**defaults.get(service, {}), **own}
        values = _values(service, written, title, reader)
        if values is None:
            continue
        options, faults = _validate(service, values)
        _report(faults, written, child.line, title, reader)
        if not faults:
            services[service] = options
            other = read_implementation(written.get(IMPLEMENTATION), service, options, title, reader)
            chosen |= {service: other} if other is not None else {}
    _report_shared_ports(services, named, what, reader)
    return services, chosen


def options_as_json(service: str, options: Any) -> Mapping[str, Json]:
    """The dataclass as JSON has it, complete, for the node."""
    return _adapter(service).dump_python(options, mode="json")  # type: ignore[no-any-return]


def options_schema(service: str) -> tuple[dict[str, Any], set[str]]:
    """The JSON Schema of a service's options as pydantic makes it, and those of them that are durations."""
    durations = {name for name, hint in _hints(service).items() if _is_duration(hint)}
    return _adapter(service).json_schema(ref_template=f"#/$defs/{service}-options/$defs/{{model}}"), durations


def _named(item: Item | None, what: str, reader: Reader) -> dict[str, Item]:
    """`[rip]` is short for `{rip: {}}`."""
    if item is None or isinstance(item.value, Mapping):
        return dict(reader.mapping(item, f"{what}: services"))
    named: dict[str, Item] = {}
    for child in reader.items(item, f"{what}: services"):
        service = reader.text(child, f"{what}: a service")
        if service in named:
            reader.problem(child.line, f"{what}: service {quote(service)} is here twice")
        if service is not None:
            named[service] = Item(None, child.line)
    return named


def _known(service: str, item: Item, what: str, reader: Reader) -> bool:
    if service not in SERVICES:
        reader.problem(item.line, f"{what}: unknown service {quote(service)}", nearest(service, SERVICES))
    return service in SERVICES


def _values(service: str, written: Options, what: str, reader: Reader) -> dict[str, object] | None:
    """The options without their lines, durations in seconds; None where one is wrong already."""
    hints = _hints(service)
    values: dict[str, object] = {}
    options = {key: item for key, item in written.items() if key != IMPLEMENTATION}
    for key, item in options.items():
        if key not in hints:
            reader.unknown_word(key, item.line, what, [*hints, IMPLEMENTATION])
        elif item.value is None:
            reader.problem(item.line, f"{what}: {key} is nothing", "give it a value, or leave it out")
        elif isinstance(item.value, bool) and hints[key] in (int, float):  # pydantic would take it for 1
            reader.problem(item.line, f"{what}: {key} is {item.value}, and should be a number")
        elif not _is_duration(hints[key]):
            values[key] = plain(item)
        elif (seconds := reader.duration(item, f"{what}: {key}")) is not None:
            values[key] = seconds
    return values if len(values) == len(options) else None


def _validate(service: str, values: Mapping[str, object]) -> tuple[Any, list[ErrorDetails]]:
    try:
        return _adapter(service).validate_python(values), []
    except ValidationError as error:
        return None, error.errors()


def _report(faults: Sequence[ErrorDetails], written: Options, line: int, what: str, reader: Reader) -> None:
    """Each thing that the dataclass refused, at the line of its option."""
    for fault in faults:
        message = fault["msg"].removeprefix("Value error, ")
        key = str(fault["loc"][0]) if fault["loc"] else ""
        if fault["type"] == "missing":
            reader.problem(line, f"{what}: `{key}:` is missing", f"like {{{key}: …}}; it has no default")
        elif key:
            reader.problem(written[key].line, f"{what}: {key} {quote(fault['input'])}: {_lower(message)}")
        else:  # the dataclass's own check, which names the option first
            words = message.replace(":", " ").split()
            reader.problem(next((written[word].line for word in words if word in written), line), f"{what}: {message}")


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


@lru_cache
def _hints(service: str) -> dict[str, Any]:
    cls = options_class(service)
    hints = get_type_hints(cls, include_extras=True)
    return {field.name: hints[field.name] for field in fields(cls)}


@lru_cache
def _adapter(service: str) -> TypeAdapter[Any]:
    return TypeAdapter(options_class(service))


def _report_strange_lans(service: str, own: Options, what: str, lans: Collection[str], reader: Reader) -> None:
    """Options that speak of LANs speak of the node's; those of `defaults` may name LANs of others."""
    for key, item in own.items():
        if not _names_lans(_hints(service).get(key)):
            continue
        names = (
            [Item(name, child.line) for name, child in item.value.items()] if isinstance(item.value, Mapping) else []
        )
        for name in names or (item.value if isinstance(item.value, tuple) else ()):
            reader.one_of(name, f"{what}: {key}", "LAN", lans)


def _names_lans(hint: Any) -> bool:
    return LAN in getattr(hint, "__metadata__", ()) or any(_names_lans(part) for part in get_args(hint))


def _is_duration(hint: Any) -> bool:
    """Whether the annotation is `Duration`, or `Duration | None`."""
    return SECONDS in getattr(hint, "__metadata__", ()) or any(_is_duration(part) for part in get_args(hint))


def _report_shared_ports(services: Mapping[str, Any], named: Mapping[str, Item], what: str, reader: Reader) -> None:
    """Two services of a node cannot listen on one port."""
    taken: dict[int, str] = {}
    for service, options in services.items():
        port = DNS_PORT if service in ("nameserver", "resolver") else getattr(options, "port", None)
        if port in taken:
            message = f"{what}: {taken[port]} and {service} both listen on port {port}"
            reader.problem(named[service].line, message, "give one of them a node of its own")
        elif port is not None:
            taken[port] = service
